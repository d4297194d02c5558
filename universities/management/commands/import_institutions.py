"""Read institutions from a CSV file, as the page does: all or nothing, unless `--skip-bad`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from core import imports
from core.csvfile import FileRefused, read_table
from universities.importing import READING

SHOWN = 50


class Command(BaseCommand):
    help = "Read institutions (name, country, domains, …) from a CSV file. Running it twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--skip-bad", action="store_true", help="leave out rows that can't be used")
        parser.add_argument("--as", dest="actor", metavar="EMAIL", help="who imports, for the audit trail")

    def handle(self, *args: Any, file: Path, skip_bad: bool, actor: str | None, **options: Any) -> None:
        person = User.objects.filter(email=actor.lower()).first() if actor else None
        if actor and person is None:
            raise CommandError(f"Nobody has the address {actor}.")
        try:
            with file.open("rb") as opened:
                mapping = imports.guess(read_table(opened).header, READING.fields)
                report = imports.load(opened, READING, mapping, actor=person, skip_bad=skip_bad)
        except (OSError, FileRefused) as error:
            raise CommandError(str(error)) from None
        for problem in [*report.problems[:SHOWN], *report.notes[:SHOWN]]:
            self.stderr.write(str(problem))
        used = report.ok or skip_bad
        words = imports.summary(report, used=used)
        if not used:
            raise CommandError(words)
        self.stdout.write(words)
