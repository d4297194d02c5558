"""Each proposal is written to the form that its stage had: from here it says so itself."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("grants", "0003_calls_and_triage")]
    operations = [
        migrations.RunSQL(
            "UPDATE grants_proposal p SET form_id = s.form_id FROM grants_stage s WHERE s.id = p.stage_id AND p.form_id IS NULL",
            migrations.RunSQL.noop,
        )
    ]
