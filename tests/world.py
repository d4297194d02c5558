"""The demo world for tests that only look: loaded once for all xdist workers of a run, served by each on its own port."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql

from config import commands
from config.embedded import layout
from config.embedded.postgres import Postgres
from config.embedded.processes import child_setup, locked
from config.screens import Sight, sights_of
from tests import servers

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")[:12]
DATABASE = f"test_world_{RUN}"  # swept up with the other databases of tests when the last run leaves


def environment() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.world_settings", "WORLD_DATABASE": DATABASE}


def load() -> None:
    """Have the world in its database: made beside it and renamed, so that a half-loaded one is never used."""
    servers.start()
    with locked(layout.VAR / "world.lock"):
        postgres, fresh = Postgres(durable=False), f"{DATABASE}_new"
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                return
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(fresh)))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(fresh)))
            command = [commands.PYTHON, "-m", "config.prepare", str(layout.VAR / f"{DATABASE}.txt")]
            subprocess.run(command, cwd=layout.ROOT, env={**environment(), "WORLD_DATABASE": fresh}, check=True)
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(rename.format(sql.Identifier(fresh), sql.Identifier(DATABASE)))


@dataclass(frozen=True)
class World:
    """The served demo world: its address, the main pages by name, and a session for each sign-in by email."""

    site: str
    sights: dict[str, Sight]
    sessions: dict[str, str]


@contextlib.contextmanager
def served() -> Iterator[World]:
    """The world's site, served by the production server for as long as the block runs."""
    load()
    sights, sessions = sights_of(environment())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = commands.web(f"127.0.0.1:{port}", workers=1)
    apart = child_setup(dies_with_parent=True)
    process = subprocess.Popen(command, cwd=layout.ROOT, env=environment(), preexec_fn=apart)  # noqa: PLW1509
    try:
        _wait_for(port, process)
        yield World(f"http://127.0.0.1:{port}", {sight.name: sight for sight in sights}, sessions)
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("The world's site did not come up; what it said is above.")
