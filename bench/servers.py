"""The bench's own PostgreSQL and Valkey, and scratch databases in them: made from one migrated template, then dropped."""

import contextlib
import shutil
import uuid
from collections.abc import Iterator

import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from config.embedded import layout
from config.embedded.postgres import Postgres
from config.embedded.valkey import Valkey

TEMPLATE = "migrated"


@contextlib.contextmanager
def running() -> Iterator[None]:
    """Both servers up, durable as in production; at the end they are stopped and the folder is gone."""
    postgres, valkey = Postgres(), Valkey(dies_with_starter=True)
    postgres.stop()  # that of a run which was killed
    shutil.rmtree(layout.VAR, ignore_errors=True)
    try:
        postgres.start()
        valkey.start()
        yield
    finally:
        connections.close_all()
        valkey.stop()
        postgres.stop()
        shutil.rmtree(layout.VAR, ignore_errors=True)


@contextlib.contextmanager
def scratch() -> Iterator[str]:
    """Django on an empty, migrated database of this block's own; its name."""
    name = f"scratch_{uuid.uuid4().hex[:12]}"
    _make_template()
    _administer("CREATE DATABASE {} TEMPLATE {}", name, TEMPLATE)
    try:
        with _django_on(name):
            yield name
    finally:
        _administer("DROP DATABASE {} WITH (FORCE)", name)


def _make_template() -> None:
    with psycopg.connect(Postgres().url()) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
            return
    _administer("CREATE DATABASE {}", f"{TEMPLATE}_new")
    with _django_on(f"{TEMPLATE}_new"):
        call_command("migrate", interactive=False, verbosity=0)
    _administer("ALTER DATABASE {} RENAME TO {}", f"{TEMPLATE}_new", TEMPLATE)


def _administer(statement: str, *names: str) -> None:
    with psycopg.connect(Postgres().url(), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextlib.contextmanager
def _django_on(name: str) -> Iterator[None]:
    """All connections of all threads lead to `name`: they share this one dictionary of settings."""
    settings = connections["default"].settings_dict
    before = settings["NAME"]
    connections.close_all()
    settings["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        settings["NAME"] = before
