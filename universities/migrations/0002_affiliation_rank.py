"""What somebody is at their university, for calls that ask for it. Empty: nobody was asked yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("universities", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="affiliation",
            name="rank",
            field=models.CharField(
                blank=True,
                choices=[
                    ("professor", "Professor"),
                    ("associate", "Associate professor"),
                    ("assistant", "Assistant professor or lecturer"),
                    ("scientist", "Research scientist"),
                    ("postdoc", "Postdoctoral researcher"),
                    ("doctoral", "Doctoral student"),
                    ("other", "Other"),
                ],
                db_default="",
                default="",
                help_text="Calls may ask for it. Your research office sees it when it confirms you.",
                max_length=10,
                verbose_name="rank",
            ),
        )
    ]
