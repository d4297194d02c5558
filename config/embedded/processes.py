"""Starting children so that none outlives its purpose: locks, signals held back, death with the parent."""

import contextlib
import ctypes
import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

PR_SET_PDEATHSIG = 1
ENDING = frozenset({signal.SIGINT, signal.SIGTERM})
_libc = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold `path` against other starters; the kernel lets go when this process dies, however it dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def ending_signals_held() -> Iterator[None]:
    """Ctrl-C between a fork and the note of the child's id would orphan it: such signals wait until after the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def child_setup(*, dies_with_parent: bool) -> Callable[[], None]:
    """What a child does before it becomes its program.

    It takes signals again (they may be held in the parent), leaves the terminal's Ctrl-C to its parent, and, where
    asked, has the kernel send it SIGTERM when its parent is gone, even by SIGKILL.
    """
    parent = os.getpid()

    def setup() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.setsid()
        if dies_with_parent:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != parent:  # it died before the kernel was told
                os._exit(1)

    return setup


def living_in(folder: Path) -> list[int]:
    """Ids of the processes whose working folder is `folder`: a database server and all its helpers sit in its data."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "cwd").readlink() == folder:
                    found.append(int(entry.name))
    return found
