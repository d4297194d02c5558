"""Acts that start at the same instant, each in a thread with a database connection of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from django.db import connection

Act = Callable[[], object]
OK = "ok"


def _hang_up() -> None:
    connection.close()


class Racers:
    """Threads kept for many rounds, since a new connection costs more than most acts."""

    def __init__(self, most: int = 8) -> None:
        self.most = most
        self.pool = ThreadPoolExecutor(most)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.race([_hang_up] * self.most)
        self.pool.shutdown()

    def race(self, acts: Sequence[Act]) -> list[str]:
        """Run all acts at once, at most `most`; "ok" or the name of the error for each, sorted."""
        barrier = threading.Barrier(len(acts))

        def run(act: Act) -> str:
            barrier.wait(60)
            try:
                act()
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller compares its name
                return type(error).__name__
            return OK

        return sorted(self.pool.map(run, acts))


def at_once(act: Act, times: int = 2) -> list[str]:
    """One round: `act` in `times` threads."""
    with Racers(times) as racers:
        return racers.race([act] * times)
