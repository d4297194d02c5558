"""What the parts of a home page are made of: what there is to do, and one part for each thing that the reader is."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from django.utils.functional import Promise

FAR = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing that waits for the reader. `act` are the words of its button; `tone` (danger, warning) how pressing."""

    title: str
    url: str
    act: str
    icon: str
    detail: str = ""
    due_at: dt.datetime | None = None
    tone: str = ""
    amount: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One role's or persona's part of the page, drawn by its template as `home`."""

    template: ClassVar[str]
    title: ClassVar[str | Promise]
    icon: ClassVar[str]
    charts: ClassVar[bool] = False

    tasks: list[Task]


def by_urgency(tasks: Iterable[Task]) -> list[Task]:
    """What is pressing or has a deadline first, by its instant; the rest in the order in which it came."""
    return sorted(tasks, key=lambda task: (task.tone != "danger", task.due_at or FAR))
