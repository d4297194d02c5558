"""`python -m config.prepare SIGNINS`: one process that brings the database up to date, loads the demo world where there
is none, and leaves the table of sign-ins in the file SIGNINS. One process, because each start of Django costs a second.
"""

import os
import sys
from pathlib import Path

import django
from django.core.management import call_command


def main(signins: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_demo")
    with signins.open("w") as table:
        call_command("demo_signins", stdout=table)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
