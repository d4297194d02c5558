import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Built while the old code goes on writing."""

    atomic = False
    dependencies = [("grants", "0009_likenesses_compared")]

    operations = [
        AddIndexConcurrently(
            model_name="proposal",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("title", name="gin_trgm_ops"),
                condition=models.Q(("submitted_at", None), _negated=True),
                name="proposal_title_alike",
            ),
        ),
        AddIndexConcurrently(
            model_name="proposal",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Left("abstract", 600), name="gin_trgm_ops"
                ),
                condition=models.Q(("submitted_at", None), _negated=True),
                name="proposal_abstract_alike",
            ),
        ),
    ]
