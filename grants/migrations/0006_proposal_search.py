"""What proposals are found by: a row of words for each, kept by triggers on all that the words come from.

`fund_english` stems (and drops "the", "of"), `fund_words` leaves words as they are; neither minds accents. The parser
takes "brain/computer" for a file and "end.Start" for a host, so strokes and dots are blanks, in texts and questions.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations, models

CONFIGURATIONS = """
CREATE TEXT SEARCH CONFIGURATION fund_english (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION fund_english
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, pg_catalog.english_stem;
CREATE TEXT SEARCH CONFIGURATION fund_words (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION fund_words
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, pg_catalog.simple;
"""
NO_CONFIGURATIONS = """
DROP TEXT SEARCH CONFIGURATION fund_words;
DROP TEXT SEARCH CONFIGURATION fund_english;
"""

# Marked immutable although what it rests on can be altered in principle: so a question is read once, when it is planned,
# and the planner knows how many rows to expect.
QUESTION = """
CREATE FUNCTION grants_search_question(wanted text, complete text, beginning text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    WITH plain AS (
        SELECT translate(wanted, '/.', '  ') AS wanted, translate(complete, '/.', '  ') AS complete,
            unaccent(lower(beginning)) AS beginning
    ), parts AS (
        SELECT websearch_to_tsquery('fund_english', wanted) AS stems, websearch_to_tsquery('fund_words', wanted) AS words,
            websearch_to_tsquery('fund_english', complete) AS before,
            CASE WHEN beginning = '' THEN ''::tsquery
                ELSE ('''' || replace(replace(beginning, '\\', '\\\\'), '''', '''''') || ''':*')::tsquery END AS last,
            beginning !~ '-' AND starts_with((ts_lexize('pg_catalog.english_stem', beginning))[1], beginning) AS covered
        FROM plain
    )
    SELECT CASE WHEN numnode(last) = 0 THEN ''::tsquery ELSE before && last END
        || CASE WHEN covered AND numnode(last) > 0 THEN ''::tsquery WHEN numnode(stems) = 0 THEN words ELSE stems END
    FROM parts
$$;
"""

WORDS = """
CREATE FUNCTION grants_search_words(number text, title text, keywords jsonb, abstract text, names text) RETURNS tsvector
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH plain AS (
        SELECT translate(title, '/.', '  ') AS title, translate(keywords::text, '/."[]', '     ') AS keywords,
            translate(abstract, '/.', '  ') AS abstract, translate(names, '/.', '  ') AS names
    )
    SELECT setweight(array_to_tsvector(ARRAY[lower(number)]) || to_tsvector('fund_words', number)
            || to_tsvector('fund_words', translate(number, '-', ' '))
            || to_tsvector('fund_english', title) || to_tsvector('fund_words', title), 'A')
        || setweight(to_tsvector('fund_english', keywords) || to_tsvector('fund_words', keywords), 'B')
        || setweight(to_tsvector('fund_english', abstract), 'C')
        || setweight(to_tsvector('fund_english', names) || to_tsvector('fund_words', names), 'D')
    FROM plain
$$;
"""

NAMES = """
CREATE FUNCTION grants_search_names(wanted uuid) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH universities AS (
        SELECT p.university_id AS id, 0 AS place FROM grants_proposal p WHERE p.id = wanted
        UNION ALL SELECT t.university_id, 1 FROM grants_teammember t WHERE t.proposal_id = wanted
    ), entries AS (
        SELECT id, place FROM universities WHERE id IS NOT NULL
        UNION SELECT u.merged_into_id, place FROM universities o JOIN universities_university u ON u.id = o.id
        WHERE u.merged_into_id IS NOT NULL
    ), named AS (
        SELECT 1 AS place, COALESCE(u.name, p.pi_name) AS name
        FROM grants_proposal p LEFT JOIN accounts_user u ON u.id = p.pi_id WHERE p.id = wanted
        UNION SELECT 2, t.name FROM grants_teammember t WHERE t.proposal_id = wanted
        UNION SELECT 2, u.name FROM grants_teammember t JOIN accounts_user u ON u.id = t.user_id
        WHERE t.proposal_id = wanted
        UNION SELECT 3 + e.place, u.name FROM entries e JOIN universities_university u ON u.id = e.id
        UNION SELECT 5 + e.place, u.short_name FROM entries e JOIN universities_university u ON u.id = e.id
        UNION SELECT 7 + e.place, n.name FROM entries e JOIN universities_universityname n ON n.university_id = e.id
    )
    SELECT COALESCE(string_agg(name, ' · ' ORDER BY place, name), '')
    FROM (SELECT name, min(place) AS place FROM named WHERE name <> '' GROUP BY name) once
$$;
"""

# Whoever comes second waits for the first and then reads what that one wrote: nothing is kept from before a wait.
REFRESH = """
CREATE FUNCTION grants_search_refresh(wanted uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM grants_proposalsearch WHERE proposal_id = ANY(wanted) ORDER BY proposal_id FOR UPDATE;
    INSERT INTO grants_proposalsearch AS kept (proposal_id, names, words)
    SELECT p.id, named.names, grants_search_words(p.number, p.title, p.keywords, p.abstract, named.names)
    FROM grants_proposal p CROSS JOIN LATERAL (SELECT grants_search_names(p.id) AS names) named
    WHERE p.id = ANY(wanted) ORDER BY p.id
    ON CONFLICT (proposal_id) DO UPDATE SET names = EXCLUDED.names, words = EXCLUDED.words
    WHERE (kept.names, kept.words) IS DISTINCT FROM (EXCLUDED.names, EXCLUDED.words);
END $$;

CREATE FUNCTION grants_search_of_universities(wanted uuid[]) RETURNS void LANGUAGE sql AS $$
    WITH entries AS (
        SELECT unnest(wanted) AS id
        UNION SELECT u.id FROM universities_university u WHERE u.merged_into_id = ANY(wanted)
    )
    SELECT grants_search_refresh(ARRAY(
        SELECT p.id FROM grants_proposal p JOIN entries e ON e.id = p.university_id
        UNION SELECT t.proposal_id FROM grants_teammember t JOIN entries e ON e.id = t.university_id
    ))
$$;
"""

TRIGGERS = """
CREATE FUNCTION grants_search_on_new_proposals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM grants_search_refresh(ARRAY(SELECT id FROM new_rows)); RETURN NULL; END $$;
CREATE TRIGGER search_of_new AFTER INSERT ON grants_proposal REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION grants_search_on_new_proposals();

CREATE FUNCTION grants_search_on_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM grants_search_refresh(ARRAY[NEW.id]); RETURN NULL; END $$;
CREATE TRIGGER search_of_changed
    AFTER UPDATE OF number, title, keywords, abstract, pi_id, pi_name, university_id ON grants_proposal FOR EACH ROW
    WHEN ((OLD.number, OLD.title, OLD.keywords, OLD.abstract, OLD.pi_id, OLD.pi_name, OLD.university_id)
        IS DISTINCT FROM (NEW.number, NEW.title, NEW.keywords, NEW.abstract, NEW.pi_id, NEW.pi_name, NEW.university_id))
    EXECUTE FUNCTION grants_search_on_proposal();

CREATE FUNCTION grants_search_on_team() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM grants_search_refresh(CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.proposal_id]
        WHEN 'DELETE' THEN ARRAY[OLD.proposal_id] ELSE ARRAY[OLD.proposal_id, NEW.proposal_id] END);
    RETURN NULL;
END $$;
CREATE TRIGGER search_of_team AFTER INSERT OR DELETE OR UPDATE OF proposal_id, name, user_id, university_id
    ON grants_teammember FOR EACH ROW EXECUTE FUNCTION grants_search_on_team();

CREATE FUNCTION grants_search_on_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM grants_search_refresh(ARRAY(
        SELECT id FROM grants_proposal WHERE pi_id = NEW.id
        UNION SELECT proposal_id FROM grants_teammember WHERE user_id = NEW.id
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER search_of_person AFTER UPDATE OF name ON accounts_user FOR EACH ROW
    WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION grants_search_on_user();

CREATE FUNCTION grants_search_on_university() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM grants_search_of_universities(ARRAY[NEW.id]); RETURN NULL; END $$;
CREATE TRIGGER search_of_university AFTER UPDATE OF name, short_name, merged_into_id ON universities_university
    FOR EACH ROW WHEN ((OLD.name, OLD.short_name, OLD.merged_into_id)
        IS DISTINCT FROM (NEW.name, NEW.short_name, NEW.merged_into_id))
    EXECUTE FUNCTION grants_search_on_university();

CREATE FUNCTION grants_search_on_university_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM grants_search_of_universities(ARRAY(SELECT DISTINCT university_id FROM changed)); RETURN NULL; END $$;
CREATE TRIGGER search_of_new_names AFTER INSERT ON universities_universityname REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION grants_search_on_university_names();
CREATE TRIGGER search_of_old_names AFTER DELETE ON universities_universityname REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION grants_search_on_university_names();
CREATE TRIGGER search_of_changed_names AFTER UPDATE ON universities_universityname REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION grants_search_on_university_names();
"""
NO_TRIGGERS = """
DROP TRIGGER search_of_changed_names ON universities_universityname;
DROP TRIGGER search_of_old_names ON universities_universityname;
DROP TRIGGER search_of_new_names ON universities_universityname;
DROP TRIGGER search_of_university ON universities_university;
DROP TRIGGER search_of_person ON accounts_user;
DROP TRIGGER search_of_team ON grants_teammember;
DROP TRIGGER search_of_changed ON grants_proposal;
DROP TRIGGER search_of_new ON grants_proposal;
DROP FUNCTION grants_search_on_university_names, grants_search_on_university, grants_search_on_user,
    grants_search_on_team, grants_search_on_proposal, grants_search_on_new_proposals;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0005_two_stages_and_competition"),
        ("accounts", "0001_initial"),
        ("universities", "0001_initial"),
    ]
    operations = [
        UnaccentExtension(),
        migrations.RunSQL(CONFIGURATIONS, NO_CONFIGURATIONS),
        migrations.CreateModel(
            name="ProposalSearch",
            fields=[
                (
                    "proposal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search",
                        serialize=False,
                        to="grants.proposal",
                    ),
                ),
                ("names", models.TextField(blank=True)),
                ("words", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["words"], name="proposal_search_words"
                    )
                ],
            },
        ),
        migrations.RunSQL(QUESTION, "DROP FUNCTION grants_search_question"),
        migrations.RunSQL(WORDS, "DROP FUNCTION grants_search_words"),
        migrations.RunSQL(NAMES, "DROP FUNCTION grants_search_names"),
        migrations.RunSQL(REFRESH, "DROP FUNCTION grants_search_of_universities, grants_search_refresh"),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
