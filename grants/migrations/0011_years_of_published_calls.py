"""Calls that were published before their money lay in fund years: the whole envelope in the year in which they close."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("grants", "0010_likeness_indexes")]
    operations = [
        migrations.RunSQL(
            """
            INSERT INTO grants_callyear (id, call_id, year_id, amount)
            SELECT gen_random_uuid(), c.id, y.id, c.envelope
            FROM grants_call c
            JOIN grants_programme p ON p.id = c.programme_id
            JOIN LATERAL (
                SELECT id FROM funds_fundyear WHERE fund_id = p.fund_id
                ORDER BY ends_before <= (
                    SELECT max(closes_at AT TIME ZONE 'UTC')::date FROM grants_stage WHERE call_id = c.id
                ), number
                LIMIT 1
            ) y ON true
            WHERE c.status NOT IN ('draft', 'cancelled')
              AND NOT EXISTS (SELECT 1 FROM grants_callyear WHERE call_id = c.id)
            """,
            migrations.RunSQL.noop,
        )
    ]
