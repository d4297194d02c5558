"""What docs/operating.md says of backing up and restoring, done: the copy has every row, its laws and whole books."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection, connections
from psycopg import sql

from config.embedded.postgres import Postgres, find_binaries
from funds.models import Entry, Fund
from funds.queries import faults
from tests.funds.stories import funded, make_fund, make_user

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
TRIGGERS = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"


def run(program: str, *arguments: str) -> None:
    done = subprocess.run([find_binaries() / program, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def contents(url: str) -> dict[str, str]:
    """Each table with a checksum of its rows, and the triggers that are on."""
    with psycopg.connect(url) as database:
        found = {"triggers": str(database.execute(TRIGGERS).fetchall())}
        for (name,) in database.execute(TABLES).fetchall():
            rows = database.execute(sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(name)))
            found[name] = hashlib.sha256(str(rows.fetchall()).encode()).hexdigest()
    return found


@pytest.fixture
def copy() -> Iterator[str]:
    """The name of an empty database beside the test's."""
    name = f"{connection.settings_dict['NAME']}_copy"
    with psycopg.connect(Postgres().url(), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield name
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_restored_copy_has_every_row_and_trigger_and_its_books_are_whole(copy: str, tmp_path: Path) -> None:
    funded(make_fund(1000, 1000), 600, actor=make_user())
    original, dump = Postgres().url(connection.settings_dict["NAME"]), tmp_path / "alliance.dump"
    run("pg_dump", "--format", "custom", "--file", str(dump), original)
    run("pg_restore", "--dbname", Postgres().url(copy), "--no-owner", "--exit-on-error", str(dump))

    assert contents(Postgres().url(copy)) == contents(original)
    settings, before = connection.settings_dict, connection.settings_dict["NAME"]
    connections.close_all()
    settings["NAME"] = copy
    try:
        assert (Entry.objects.count(), faults(Fund.objects.get())) == (4, [])
    finally:
        connections.close_all()
        settings["NAME"] = before
