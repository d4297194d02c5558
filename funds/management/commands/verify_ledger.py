"""Prove the books of every fund, or name what is wrong."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from funds.models import Fund
from funds.queries import faults


class Command(BaseCommand):
    help = "Recompute the hash chain and every balance from the entries. Exits non-zero where something is wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        found = [f"{fund.code}: {fault}" for fund in Fund.objects.order_by("code") for fault in faults(fund)]
        if found:
            raise CommandError("\n".join(found))
        self.stdout.write(f"{Fund.objects.count()} funds verified: every entry and balance is as posted.")
