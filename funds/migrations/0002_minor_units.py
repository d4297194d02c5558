"""How many decimals a fund's currency has, words for events, and the orders in which the ledger is read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("funds", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="fund",
            name="minor_units",
            field=models.PositiveSmallIntegerField(default=2),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="entry",
            name="event",
            field=models.CharField(
                choices=[
                    ("ceiling.set", "Ceilings set"),
                    ("appropriation", "Appropriation"),
                    ("commitment", "Commitment"),
                    ("decommitment", "Commitment given back"),
                    ("obligation", "Obligation"),
                    ("deobligation", "Obligation given back"),
                    ("payment.approved", "Payment approved"),
                    ("payment.settled", "Payment settled"),
                    ("payment.failed", "Payment failed"),
                    ("payment.returned", "Payment returned"),
                    ("carry_forward", "Carried forward"),
                    ("pledge", "Pledge"),
                    ("contribution", "Contribution"),
                    ("pledge.written_off", "Pledge written off"),
                    ("reversal", "Reversal"),
                ],
                max_length=32,
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["posted_at", "sequence", "id"], name="entry_by_time"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["effective_on", "id"], name="entry_by_effect"),
        ),
        migrations.AddConstraint(
            model_name="fund",
            constraint=models.CheckConstraint(
                condition=models.Q(("minor_units__lte", 4)), name="fund_minor_units_as_stored"
            ),
        ),
    ]
