"""What lists of a hundred thousand proposals are counted, summed and ordered by."""

import django.db.models.functions
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # indexes are built while people work

    dependencies = [("grants", "0011_years_of_published_calls")]
    operations = [
        AddIndexConcurrently(
            model_name="proposal",
            index=models.Index(
                fields=["call", "status", "submitted_at", "id"],
                include=("requested", "university", "handed_in_at", "updated_at", "stage", "handler"),
                name="proposal_by_call_and_status",
            ),
        ),
        AddIndexConcurrently(
            model_name="proposal",
            index=models.Index(
                django.db.models.functions.text.Lower("title"), models.F("id"), name="proposal_by_title"
            ),
        ),
        AddIndexConcurrently(
            model_name="proposal",
            index=models.Index(
                models.OrderBy(models.F("submitted_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                name="proposal_last_submitted",
            ),
        ),
        RemoveIndexConcurrently(model_name="proposal", name="proposal_by_call_status"),
        # So that the planner tells a rare word from a frequent one: it knows ten thousand of them.
        migrations.RunSQL(
            "ALTER TABLE grants_proposalsearch ALTER COLUMN words SET STATISTICS 1000",
            "ALTER TABLE grants_proposalsearch ALTER COLUMN words SET STATISTICS -1",
        ),
    ]
