"""A migrated database that test databases are copied from: a copy takes half a second, migrating many.

Its name holds a checksum of every migration, so a change of one makes a new template. `python -m tests.template NAME`
migrates the database NAME.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "migrated_"


def name() -> str:
    digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    for path in sorted(ROOT.glob("*/migrations/*.py")):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return PREFIX + digest.hexdigest()[:16]


def ensure(url: str, lock: Path) -> str:
    """The template's name; made if it is not there. Whoever comes meanwhile waits."""
    wanted = name()
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with psycopg.connect(url, autocommit=True) as connection:
            there = {row[0] for row in connection.execute("SELECT datname FROM pg_database").fetchall()}
            if wanted not in there:
                _make(connection, wanted)
    return wanted


def _make(connection: "psycopg.Connection[tuple[object, ...]]", wanted: str) -> None:
    building = sql.Identifier(f"building_{wanted}")
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(building))
    connection.execute(sql.SQL("CREATE DATABASE {}").format(building))
    command = [sys.executable, "-m", "tests.template", f"building_{wanted}"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"The test database could not be migrated:\n{done.stdout}{done.stderr}")
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(building, sql.Identifier(wanted)))


def main(database: str) -> None:
    import django  # noqa: PLC0415 - the module is imported by runs that have Django set up already
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)


if __name__ == "__main__":
    main(sys.argv[1])
