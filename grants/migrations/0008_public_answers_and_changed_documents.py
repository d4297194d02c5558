"""Public answers have words of their own; a document changed after publication says so."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0007_words_of_proposals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="callenquiry",
            name="call_enquiry_published_is_answered",
        ),
        migrations.AddField(
            model_name="calldocument",
            name="change_note",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="calldocument",
            name="changed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="callenquiry",
            name="changed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="callenquiry",
            name="public_answer",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="callenquiry",
            name="version",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddConstraint(
            model_name="callenquiry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("published_at", None),
                    models.Q(
                        ("answered_at__isnull", False),
                        models.Q(("public_text", ""), _negated=True),
                        models.Q(("public_answer", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="call_enquiry_published_is_answered",
            ),
        ),
    ]
