"""How long the demo takes to come up, and how much memory all its processes take when nobody does anything."""

import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import psutil

from bench.registry import CannotRun, Measured, figure, once
from config.demo_process import DemoFailed, RunningDemo, remove_data, running_demo
from config.embedded import layout
from config.embedded.processes import living_in

FOLDER = layout.VAR / "demo"
QUIET = 20  # seconds without a request before the memory is read
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Starts:
    """Seconds of the first start, which makes everything, and of the next one; then what the processes hold."""

    first: float
    next: float
    memory: dict[str, Any]


@once
def starts() -> Starts:
    """Both starts and the idle time, once for all three figures."""
    remove_data(FOLDER)
    try:
        with running_demo(FOLDER) as demo:
            first = demo.seconds
        with running_demo(FOLDER) as demo:
            _use(demo)
            time.sleep(QUIET)
            return Starts(first, demo.seconds, _memory(demo))
    except (DemoFailed, OSError) as error:  # it did not come up, or a page of it does not answer
        raise CannotRun(str(error)) from error
    finally:
        remove_data(FOLDER)


def _use(demo: RunningDemo) -> None:
    """Enough requests that each web process has answered some: what is loaded on first use is in memory, too."""
    for path in ["/readyz", "/", "/accounts/login/"] * 8:
        try:
            urllib.request.urlopen(f"{demo.site}{path}", timeout=30).close()  # noqa: S310 - the demo's own address
        except urllib.error.HTTPError as error:
            raise CannotRun(f"The demo's {path} answers {error.code}.") from error


def _memory(demo: RunningDemo) -> dict[str, Any]:
    """In MB. Resident memory counts a page once for each process that shares it, the proportional size once in all."""
    main = psutil.Process(demo.pid)
    ids = {main.pid, *(child.pid for child in main.children(recursive=True)), *living_in(FOLDER / "postgres")}
    full = [psutil.Process(pid).memory_full_info() for pid in ids]
    return {
        "resident": sum(info.rss for info in full) / MEGABYTE,
        "proportional_mb": round(sum(info.pss for info in full) / MEGABYTE),
        "processes": len(full),
        "idle_s": QUIET,
    }


@figure("demo.first_start_s", unit="s", aim=90)
def first_start() -> Measured:
    """From an installed environment without any data to pages that answer with the world loaded."""
    return Measured(starts().first, {"from": "no data, nothing collected"})


@figure("demo.next_start_s", unit="s", aim=10)
def next_start() -> Measured:
    return Measured(starts().next, {"from": "the data of the first start"})


@figure("demo.rss_mb", unit="MB", aim=600)
def resident_memory() -> Measured:
    """All processes: supervisor, web, worker with its scheduler, mail catcher, PostgreSQL, Valkey."""
    memory = dict(starts().memory)
    return Measured(memory.pop("resident"), memory)
