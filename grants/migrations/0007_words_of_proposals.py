"""The words of the proposals that there are: one statement for all of them."""

from django.db import migrations

BACKFILL = """
INSERT INTO grants_proposalsearch (proposal_id, names, words)
SELECT p.id, named.names, grants_search_words(p.number, p.title, p.keywords, p.abstract, named.names)
FROM grants_proposal p CROSS JOIN LATERAL (SELECT grants_search_names(p.id) AS names) named ORDER BY p.id
ON CONFLICT (proposal_id) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("grants", "0006_proposal_search")]
    operations = [migrations.RunSQL(BACKFILL, migrations.RunSQL.noop)]
