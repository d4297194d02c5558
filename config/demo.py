"""`make demo`: the whole installation on this machine, on the embedded servers, with a world in it to look around.

Starts PostgreSQL, Valkey, the web server, the Celery worker with its scheduler and a mail catcher; ends what it started
on Ctrl-C, and the kernel ends it should this process be killed. `--reset` throws the demo's data away first.
"""

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import TextIO

from config import commands
from config.embedded import layout
from config.embedded.postgres import Postgres, ServerFailed
from config.embedded.processes import child_setup
from config.embedded.valkey import Valkey
from config.supervisor import Child, Supervisor

HERE = "127.0.0.1"
STATE = layout.VAR / "demo.json"
DATA = ("postgres", "valkey", "files", "mail", "log", "celerybeat-schedule", "demo.json")
ANSWER_WITHIN = 60.0  # seconds for the web server to answer its first page
LARGEST_LOG = 10 * 1024 * 1024


class CannotRun(Exception):
    """The demo can't start; the message says why and what to do."""


@dataclass(frozen=True)
class Addresses:
    """Where the running demo answers. Kept in var/demo.json while it runs, for the tools that use it."""

    site: str
    mail: str
    smtp_port: int
    pid: int


def say(text: str) -> None:
    print(text, flush=True)


def free_port(wanted: int, name: str) -> int:
    """`wanted`, or the next port that nobody listens on."""
    for port in range(wanted, wanted + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HERE, port))
            except OSError:
                continue
        if port != wanted:
            say(f"Port {wanted} is taken: {name} is at {port}.")
        return port
    raise CannotRun(f"No free port for {name} between {wanted} and {wanted + 99}.")


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Two demos in one folder would fight over its data."""
    layout.VAR.mkdir(parents=True, exist_ok=True)
    with (layout.VAR / "demo.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(f"The demo is running already{_where()}. End it with Ctrl-C there.") from None
        yield


def _where() -> str:
    return f" at {json.loads(STATE.read_text())['site']}" if STATE.exists() else ""


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - an address of our own making
            return True
    except OSError:  # refused, cut off, or an HTTP error
        return False


def reset() -> None:
    """Throw the demo's data away: database, queue, files, mail."""
    Postgres().stop()
    Valkey().stop()
    for name in DATA:
        for path in layout.VAR.glob(f"{name}*"):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.suffix != ".lock":
                path.unlink()
    say("The old data is gone.")


def static_fingerprint() -> str:
    """Changes whenever a file to be collected may have: what is installed, and our own files' sizes and times."""
    digest = hashlib.sha256((layout.ROOT / "package-lock.json").read_bytes())
    for path in sorted((layout.ROOT / "static").rglob("*")):
        status = path.stat()
        digest.update(f"{path}{status.st_size}{status.st_mtime_ns}".encode())
    return digest.hexdigest()


class Demo:
    """One run of the demo."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self.out = out
        self.supervisor = Supervisor(say)
        self.own_servers = "DATABASE_URL" in os.environ
        self.postgres, self.valkey = Postgres(), Valkey(dies_with_starter=True)
        self.postgres_is_ours = False
        self.valkey_is_ours = False
        self.began = time.monotonic()

    def run(self) -> None:
        try:
            web, mail, smtp = free_port(8000, "the site"), free_port(8025, "the mail page"), free_port(1025, "mail")
            addresses = Addresses(f"http://localhost:{web}", f"http://localhost:{mail}", smtp, os.getpid())
            environment = {**os.environ, "SITE_URL": addresses.site, "EMAIL_PORT": str(smtp), "EMAIL_HOST": HERE}
            if self.own_servers:
                environment.setdefault("ALLIANCE_ENV", "development")
            self._start_servers()
            self._prepare(environment)
            self._start_children(environment, web=web, mail=mail, smtp=smtp)
            self._wait_for_pages(web)
            STATE.write_text(json.dumps(asdict(addresses)))
            self._tell(addresses)
            self._look_after()
        finally:
            self._end()

    def _start_servers(self) -> None:
        if self.own_servers:
            return say("Using the servers that DATABASE_URL and REDIS_URL name.")
        self.postgres_is_ours = self.postgres.start(layout.DATABASE)
        self.valkey_is_ours = self.valkey.start()
        return say(f"PostgreSQL and Valkey are up; their data is in {layout.VAR}.")

    def _prepare(self, environment: dict[str, str]) -> None:
        """Static files and database at the same time, each in its process: they need nothing of each other."""
        stamp, fingerprint = layout.VAR / "static.stamp", static_fingerprint()
        steps = {"the database and the demo world": [commands.PYTHON, "-m", "config.prepare", str(self._signins)]}
        if not stamp.exists() or stamp.read_text() != fingerprint:
            collect = commands.manage("collectstatic", "--noinput", "--clear", "--verbosity", "0")
            steps["the static files"] = collect
        say(f"Preparing {' and '.join(steps)} …")
        running = {name: self._step(command, environment) for name, command in steps.items()}
        failed = [name for name, process in running.items() if process.wait()]
        if failed:
            raise CannotRun(f"Preparing {' and '.join(failed)} failed; the reason is above.")
        stamp.write_text(fingerprint)

    @property
    def _signins(self) -> Path:
        return layout.VAR / "signins.txt"

    def _step(self, command: list[str], environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        apart = child_setup(dies_with_parent=True)
        return subprocess.Popen(command, cwd=layout.ROOT, env=environment, preexec_fn=apart)  # noqa: PLW1509 - system calls only

    def _start_children(self, environment: dict[str, str], *, web: int, mail: int, smtp: int) -> None:
        schedule = layout.VAR / "celerybeat-schedule"
        for name, command in {
            "mail catcher": commands.mail_catcher(smtp=smtp, http=mail, keep=layout.VAR / "mail"),
            "web": commands.web(f"{HERE}:{web}", workers=1, threads=8),  # a process more would cost 130 MB
            "worker": commands.worker(with_beat=True, schedule=schedule),
        }.items():
            log = layout.VAR / "log" / f"{name.replace(' ', '-')}.log"
            if log.exists() and log.stat().st_size > LARGEST_LOG:
                log.rename(log.with_suffix(".old.log"))
            self.supervisor.add(Child(name, command, log, environment, layout.ROOT))

    def _wait_for_pages(self, port: int) -> None:
        deadline = time.monotonic() + ANSWER_WITHIN
        while time.monotonic() < deadline:
            self.supervisor.look_after()
            if _answers(f"http://{HERE}:{port}/readyz"):
                return
            time.sleep(0.1)
        raise CannotRun(f"The site does not answer. Its log: {layout.VAR / 'log' / 'web.log'}")

    def _tell(self, addresses: Addresses) -> None:
        say(f"\n{self._signins.read_text().rstrip()}\n")
        say(f"  The site   {addresses.site}")
        say(f"  Its mail   {addresses.mail}")
        say(f"  Ready after {time.monotonic() - self.began:.1f} s. Ctrl-C ends it; the data stays for the next time.\n")

    def _look_after(self) -> None:
        while True:
            time.sleep(0.5)
            self.supervisor.look_after()
            if not self.own_servers:
                self._revive("PostgreSQL", self.postgres)
                self._revive("Valkey", self.valkey)

    @staticmethod
    def _revive(name: str, server: Postgres | Valkey) -> None:
        if not server.running() and server.start():
            say(f"{name} had ended; it is up again, with its data.")

    def _end(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        say("\nEnding …")
        STATE.unlink(missing_ok=True)
        self.supervisor.end()
        if self.valkey_is_ours:
            self.valkey.stop()
        if self.postgres_is_ours:
            self.postgres.stop()
        say("Everything that the demo started has ended.")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make demo", description="The whole installation on this machine.")
    parser.add_argument("--reset", action="store_true", help="throw the demo's data away first")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        with only_one():
            if options.reset:
                reset()
            Demo().run()
    except KeyboardInterrupt:
        return 0
    except (CannotRun, ServerFailed, PermissionError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
