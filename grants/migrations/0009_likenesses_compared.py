import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0008_public_answers_and_changed_documents"),
        ("universities", "0001_initial"),  # pg_trgm
    ]

    operations = [
        migrations.CreateModel(
            name="Compared",
            fields=[
                (
                    "proposal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="compared",
                        serialize=False,
                        to="grants.proposal",
                    ),
                ),
                ("submitted_at", models.DateTimeField()),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
