"""The tests' own PostgreSQL and Valkey: started by whoever needs them first, ended by the last run that used them."""

import contextlib
import fcntl
import os
from collections.abc import Iterator

import psycopg
from psycopg import sql

from config.embedded import layout
from config.embedded.postgres import Postgres
from config.embedded.valkey import Valkey
from tests import template

USERS = layout.VAR / "users.lock"
NAMES = layout.VAR / "names.lock"


def start() -> None:
    """Not durable: what a test writes need not survive a power cut."""
    Postgres(durable=False, max_connections=200).start()
    Valkey().start()


@contextlib.contextmanager
def in_use() -> Iterator[None]:
    """Around a whole run. Several runs may share the servers; the last to leave ends them and sweeps up."""
    layout.VAR.mkdir(parents=True, exist_ok=True)
    with USERS.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        with _own_names():
            yield
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        stop()


@contextlib.contextmanager
def _own_names() -> Iterator[None]:
    """Two runs at once must not drop each other's databases: the second gets names with its process id in them."""
    with NAMES.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.environ.setdefault("PYTEST_DB_SUFFIX", f"_{os.getpid()}")
        yield


def stop() -> None:
    postgres = Postgres(durable=False)
    if postgres.running() and not os.environ.get("KEEP_TEST_DATABASES"):
        _drop_left_databases(postgres)
    Valkey().stop()
    postgres.stop()


def _drop_left_databases(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        names = connection.execute("SELECT datname FROM pg_database WHERE NOT datistemplate").fetchall()
        keep = template.name()
        for name in (row[0] for row in names if row[0].startswith(("test_", "building_", template.PREFIX))):
            if name == keep:
                continue
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
