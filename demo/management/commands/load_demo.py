"""`manage.py load_demo`: the demo world, where there is none."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from audit.services import origin
from core.clock import server_now
from demo.world.story import tell
from funds.models import Fund


class Command(BaseCommand):
    help = "Load the demo world: a fund, its members, universities, calls, proposals, reviews, awards. Once."

    def handle(self, *args: Any, **options: Any) -> None:
        if Fund.objects.exists():
            self.stdout.write("There is a world already; it is left as it is.")
            return
        began = time.monotonic()
        token = origin.set({"via": "demo"})
        try:
            tell(server_now().replace(second=0, microsecond=0), lambda words: self.stdout.write(f"  {words} …"))
        finally:
            origin.reset(token)
        self.stdout.write(f"The demo world is there after {time.monotonic() - began:.0f} s.")
