"""Read proposals from a CSV file into a call, as the page does: all or nothing, unless `--skip-bad`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from core import imports
from core.csvfile import read_table
from core.errors import DomainError
from grants.models import Call
from grants.services.importing import reading_for

SHOWN = 50


class Command(BaseCommand):
    help = "Read proposals (key, title, university, abstract, amount, …) from a CSV file. Running it twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--call", required=True, metavar="CODE", help="the call that they are handed in under")
        parser.add_argument("--skip-bad", action="store_true", help="leave out rows that can't be used")
        parser.add_argument("--as", dest="actor", metavar="EMAIL", help="who imports, for the audit trail")

    def handle(self, *args: Any, file: Path, call: str, skip_bad: bool, actor: str | None, **options: Any) -> None:
        found = Call.objects.select_related("programme__fund").filter(code=call).first()
        if found is None:
            raise CommandError(f"There is no call with the code {call}.")
        person = User.objects.filter(email=actor.lower()).first() if actor else None
        if actor and person is None:
            raise CommandError(f"Nobody has the address {actor}.")
        reading = reading_for(found)
        try:
            with file.open("rb") as opened:
                mapping = imports.guess(read_table(opened).header, reading.fields)
                report = imports.load(opened, reading, mapping, actor=person, skip_bad=skip_bad)
        except (OSError, DomainError) as error:
            raise CommandError(str(error)) from None
        for problem in [*report.problems[:SHOWN], *report.notes[:SHOWN]]:
            self.stderr.write(str(problem))
        used = report.ok or skip_bad
        words = imports.summary(report, used=used)
        if not used:
            raise CommandError(words)
        self.stdout.write(words)
