"""What happens to accounts, told to the apps above: `audit` writes it down, `notifications` tells the person.

Accounts stand below both, so the services here report and whoever is concerned has registered. All of it runs inside
the transaction of the act. An act that nobody would write down is refused: law 8 does not depend on who is installed.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model


@dataclass(frozen=True, kw_only=True)
class Act:
    """`actor` (None: the system) did `verb` to `target`; `subject` is the person whom it is about, where not the target."""

    actor: Any
    verb: str
    target: Model
    at: dt.datetime
    subject: Model | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Message:
    """What the person is told. `key` makes it once; `path` is the page that it is about."""

    recipient: Any
    kind: str
    key: str
    subject: str
    body: str
    at: dt.datetime
    path: str = ""


class NobodyRecords(RuntimeError):
    """No app registered to write acts down: a fault of the installation, so nothing is done at all."""


_recorders: list[Callable[[Act], object]] = []
_messengers: list[Callable[[Message], object]] = []


def on_act(recorder: Callable[[Act], object]) -> None:
    _recorders.append(recorder)


def on_message(messenger: Callable[[Message], object]) -> None:
    _messengers.append(messenger)


def report(act: Act) -> None:
    if not _recorders:
        raise NobodyRecords(act.verb)
    for recorder in _recorders:
        recorder(act)


def tell(message: Message) -> None:
    for messenger in _messengers:
        messenger(message)
