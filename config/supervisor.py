"""Keeps a handful of processes running: starts them, starts again what dies and says so, and ends them all."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded.processes import child_setup, ending_signals_held

PATIENCE = 12.0  # seconds that a process gets to end by itself
LONGEST_PAUSE = 30.0
STEADY = 60.0  # seconds after which a process counts as well again
Say = Callable[[str], None]


@dataclass
class Child:
    """One process, its log, and when to start it again. Its id is also its process group's, so helpers go with it."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    folder: Path
    process: "subprocess.Popen[bytes] | None" = None
    deaths: int = 0
    started_at: float = 0.0
    again_at: float = 0.0

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with ending_signals_held(), self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=child_setup(dies_with_parent=True),  # noqa: PLW1509 - system calls only, one thread here
            )
        self.started_at = time.monotonic()

    def signal_all(self, number: signal.Signals) -> None:
        """To the process and whatever it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def tail(self, lines: int = 15) -> str:
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@dataclass
class Supervisor:
    """Children in the order of their start; they end in the reverse order."""

    say: Say
    children: list[Child] = field(default_factory=list)

    def add(self, child: Child) -> None:
        self.children.append(child)
        child.start()

    def look_after(self) -> None:
        """One round: start again what has died, after a pause that grows while it keeps dying."""
        now = time.monotonic()
        for child in self.children:
            if child.has_died() and child.process is not None:
                self._note_death(child, child.process.returncode, now)
            if child.process is None and now >= child.again_at:
                child.start()

    def _note_death(self, child: Child, code: int, now: float) -> None:
        child.signal_all(signal.SIGKILL)  # helpers that it left behind
        child.deaths = 1 if now - child.started_at > STEADY else child.deaths + 1
        pause = min(2.0 ** (child.deaths - 1) - 1, LONGEST_PAUSE)
        child.process, child.again_at = None, now + pause
        how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        when = f"in {pause:.0f} s" if pause else "now"
        self.say(f"{child.name} ended {how}; starting it again {when}. Its log: {child.log}")
        if child.deaths > 1:
            self.say(child.tail())

    def end(self) -> None:
        """End every child; one that takes too long is killed."""
        for child in reversed(self.children):
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + PATIENCE
        for child in reversed(self.children):
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.say(f"{child.name} did not end by itself; killed.")
            child.signal_all(signal.SIGKILL)
            child.process.wait()
        self.children.clear()
