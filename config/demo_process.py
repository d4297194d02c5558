"""A whole demo as a process of its own over a data folder of its own: for figures and pictures, beside one that runs."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config import commands
from config.embedded import layout
from config.embedded.postgres import Postgres
from config.embedded.processes import child_setup

OTHER_SERVERS = ("DATABASE_URL", "REDIS_URL", "ALLIANCE_ENV", "DEBUG", "SITE_URL", "S3_BUCKET")
PATIENCE = 30  # seconds for it to end


class DemoFailed(Exception):
    """It ended before its pages answered, or took too long; the message has the end of what it said."""


@dataclass(frozen=True)
class RunningDemo:
    """`seconds`: from the start of the process until its pages answered."""

    site: str
    pid: int
    seconds: float
    environment: dict[str, str]


@contextlib.contextmanager
def running_demo(folder: Path, *, within: float = 300) -> Iterator[RunningDemo]:
    """`make demo` with its data in `folder`, on the next free ports; ended with the block, its data kept."""
    environment = {name: value for name, value in os.environ.items() if name not in OTHER_SERVERS}
    environment["ALLIANCE_VAR"] = str(folder)
    folder.mkdir(parents=True, exist_ok=True)
    said, state = folder.with_name(f"{folder.name}.log"), folder / "demo.json"
    state.unlink(missing_ok=True)
    with said.open("wb") as out:
        began = time.monotonic()
        process = subprocess.Popen(
            [commands.PYTHON, "-m", "config.demo"],
            cwd=layout.ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=child_setup(dies_with_parent=True),  # noqa: PLW1509 - system calls only
        )
        try:
            _wait(process, state, said, began + within)
            seconds = time.monotonic() - began
            yield RunningDemo(json.loads(state.read_text())["site"], process.pid, seconds, environment)
        finally:
            _end(process)


def _wait(process: "subprocess.Popen[bytes]", state: Path, said: Path, deadline: float) -> None:
    while not (state.exists() and state.stat().st_size):
        if process.poll() is not None or time.monotonic() > deadline:
            tail = "\n".join(said.read_text(errors="replace").splitlines()[-15:])
            raise DemoFailed(f"The demo did not come up. It said:\n{tail}")
        time.sleep(0.02)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def remove_data(folder: Path) -> None:
    """Throw a demo's folder away, with the server that a killed run may have left in it."""
    if (folder / "postgres").exists():
        Postgres(data=folder / "postgres").stop()
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_name(f"{folder.name}.log").unlink(missing_ok=True)
