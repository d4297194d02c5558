"""Many proposals out of few, by statements over sets: as many as a large funder has after years, each with its own people.

The copies keep the real titles, abstracts, keywords and sums. What the triggers would write for each is written here as
sets, too, because a hundred thousand stemmed abstracts take minutes.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from accounts.models import User
from grants.models import Call, Proposal
from universities.models import University

PEOPLE = 3_000
FIRST = "{Ada,Ben,Chidi,Dana,Emeka,Fay,Grace,Hugo,Ines,Jun,Kaia,Liv,Mara,Nils,Olu,Pia,Quinn,Rosa,Sven,Tove}"
LAST = (
    "{Adler,Berg,Castellan,Diarra,Eriksen,Fossheim,Grünwald,Haddad,Ivanov,Jørgensen,Kimura,Lindqvist,Moreau,Nakamura,"
    "Okafor,Petrov,Quiroga,Rossi,Sato,Tanaka,Ueda,Vassalou,Weiss,Xu,Yilmaz,Zhang}"
)


@dataclass(frozen=True)
class Share:
    """A call's part of all proposals in percent, and the states that they are in, those that are frequent more often."""

    call: Call
    percent: int
    states: tuple[str, ...]


def multiply(total: int, shares: list[Share]) -> None:
    """Add copies of the proposals that there are until there are `total`, divided among calls by their shares.

    Needs a superuser: triggers and checks of foreign keys are off meanwhile.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what was written before must not wait for the end of this
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(_PEOPLE, [FIRST, LAST, PEOPLE])
        cursor.execute(_SOURCES)
        (index,) = _one(cursor, "SELECT pg_get_indexdef('proposal_search_words'::regclass)")
        cursor.execute("DROP INDEX proposal_search_words")
        wanted, first = total - Proposal.objects.count(), 0
        for share in shares:
            rows = wanted * share.percent // 100
            cursor.execute(_copies(), _parameters(share, first, rows))
            first += rows
        for statement in (_ACCESS, _TEAM, _SEARCH, index):
            cursor.execute(statement)
        cursor.execute("DROP TABLE bench_source, bench_person, bench_university")
        cursor.execute("SET LOCAL session_replication_role = origin")


def seal(user: User, every: int) -> None:
    """A conflict with every so-manieth proposal."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO grants_proposalseal (id, proposal_id, user_id, sealed_at) SELECT gen_random_uuid(), id, %s, now() "
            "FROM (SELECT id, row_number() OVER (ORDER BY number) AS n FROM grants_proposal) p WHERE n %% %s = 0",
            [user.pk, every],
        )


def largest_university() -> University:
    with connection.cursor() as cursor:
        (key,) = _one(
            cursor,
            "SELECT university_id FROM grants_proposal GROUP BY university_id ORDER BY count(*) DESC, university_id LIMIT 1",
        )
    return University.objects.get(pk=key)


def _one(cursor: Any, sql: str) -> tuple[Any, ...]:
    cursor.execute(sql)
    row = cursor.fetchone()
    assert row is not None
    return tuple(row)


def _parameters(share: Share, first: int, rows: int) -> list[Any]:
    stage = share.call.stages.get()
    return [share.call.pk, stage.pk, stage.form_id, share.call.code, list(share.states), first + 1, first + rows]


def _copies() -> str:
    """An INSERT that names each column that the table has, so that a new one is copied as it is."""
    columns = [str(field.column) for field in Proposal._meta.concrete_fields]
    values = ", ".join(_VALUES.get(column, f"s.{column}") for column in columns).replace("%", "%%")
    return _COPIES.format(columns=", ".join(columns), values=values)


_PEOPLE = """
    CREATE TEMPORARY TABLE bench_person AS
        SELECT n, gen_random_uuid() AS id, f[1 + n %% cardinality(f)] || ' ' || l[1 + (n / 20) %% cardinality(l)] AS name
        FROM (SELECT %s::text[] AS f, %s::text[] AS l) parts, generate_series(0, %s - 1) n;
    INSERT INTO accounts_user (id, password, is_superuser, email, name, zone, is_active, is_staff, joined_at)
        SELECT id, '!', false, 'person-' || n || '@people.example', name, 'UTC', true, false, '2020-01-01' FROM bench_person
"""
_SOURCES = """
    CREATE TEMPORARY TABLE bench_source AS
        SELECT row_number() OVER (ORDER BY number) - 1 AS n, p.*,
            ts_delete(grants_search_words('x', title, keywords, abstract, ''), 'x') AS words FROM grants_proposal p;
    CREATE TEMPORARY TABLE bench_university AS
        SELECT row_number() OVER (ORDER BY name, id) - 1 AS n, id FROM universities_university WHERE status = 'listed'
"""
# Keys are of the time at which a proposal was begun, as real ones are; a few universities have many, most have few.
_VALUES = {
    "id": "(lpad(to_hex((extract(epoch FROM c.at) * 1000)::bigint), 12, '0') || '7' || substr(md5(c.n::text), 1, 3)"
    " || '8' || substr(md5(c.n::text), 4, 15))::uuid",
    "call_id": "c.call_id",
    "stage_id": "c.stage_id",
    "form_id": "c.form_id",
    "handler_id": "NULL",
    "follows_id": "NULL",
    "number": "c.code || '-' || lpad(c.n::text, 6, '0')",
    "pi_id": "b.id",
    "pi_name": "''",
    "university_id": "u.id",
    "status": "c.status",
    "requested": "round(s.requested * (0.5 + (c.n % 97) / 97.0))",
    "created_at": "c.at",
    "updated_at": "c.at + interval '20 days'",
    "handed_in_at": "CASE WHEN c.status <> 'draft' THEN c.at + interval '18 days' END",
    "submitted_at": "CASE WHEN c.status NOT IN ('draft', 'awaiting_sign_off') THEN c.at + interval '19 days' END",
    "decided_at": "CASE WHEN c.status IN ('awarded', 'declined', 'reserve_list') THEN c.at + interval '19 days' END",
    "import_key": "NULL",
    "import_checksum": "''",
}
_COPIES = """
    INSERT INTO grants_proposal ({columns})
    SELECT {values}
    FROM (
        SELECT n, asked.*, states[1 + n %% cardinality(states)] AS status,
            timestamptz '2024-01-01' + (('x' || substr(md5(n::text), 1, 7))::bit(28)::int / 268435456.0) * interval '900 days' AS at
        FROM (SELECT %s::uuid AS call_id, %s::uuid AS stage_id, %s::uuid AS form_id, %s AS code, %s::text[] AS states) asked,
            generate_series(%s, %s) n
    ) c
    JOIN bench_source s ON s.n = c.n %% (SELECT count(*) FROM bench_source)
    JOIN bench_person b ON b.n = c.n * 31 %% (SELECT count(*) FROM bench_person)
    JOIN bench_university u ON u.n = floor(
        (SELECT count(*) FROM bench_university) * power((('x' || substr(md5('u' || c.n), 1, 7))::bit(28)::int / 268435456.0), 2)
    )
"""
_ACCESS = """
    INSERT INTO grants_proposalaccess (id, proposal_id, user_id, role, granted_at)
    SELECT gen_random_uuid(), id, pi_id, 'pi', created_at FROM grants_proposal WHERE pi_id IS NOT NULL
    ON CONFLICT DO NOTHING
"""
_TEAM = """
    INSERT INTO grants_teammember (id, proposal_id, name, email, part, may_edit, position)
    SELECT gen_random_uuid(), p.id, b.name, 'member-' || b.n || '@people.example', 'co_investigator', true, 1
    FROM (SELECT id, row_number() OVER (ORDER BY number) AS n FROM grants_proposal) p
    JOIN bench_person b ON b.n = p.n * 17 % (SELECT count(*) FROM bench_person) WHERE p.n % 2 = 0
"""
_SEARCH = """
    INSERT INTO grants_proposalsearch (proposal_id, names, words)
    SELECT p.id, named.names,
        s.words || ts_filter(grants_search_words(p.number, '', '[]', '', named.names), '{a,d}')
    FROM grants_proposal p JOIN bench_source s ON s.title = p.title AND s.abstract = p.abstract
    JOIN accounts_user lead ON lead.id = p.pi_id JOIN universities_university u ON u.id = p.university_id
    LEFT JOIN grants_teammember t ON t.proposal_id = p.id AND t.position = 1
    CROSS JOIN LATERAL (SELECT concat_ws(' · ', lead.name, t.name, u.name) AS names) named
    ON CONFLICT DO NOTHING
"""
