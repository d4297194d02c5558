"""Each fund's decimals by ISO 4217."""

from django.db import migrations
from moneyed import get_currency


def fill(apps, schema_editor):
    Fund = apps.get_model("funds", "Fund")
    for currency in Fund.objects.values_list("currency", flat=True).distinct():
        decimals = len(str(get_currency(currency).sub_unit)) - 1
        Fund.objects.filter(currency=currency).update(minor_units=decimals)


class Migration(migrations.Migration):
    dependencies = [("funds", "0002_minor_units")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
