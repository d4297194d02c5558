"""What an adopted resolution does. Each kind is registered by the app that it belongs to, from `AppConfig.ready()`:

    effects.register("slate", label=_("Slate of awards"), apply=carry_out, describe=in_words, may_propose=rule)

So the board decides on things that this app has never heard of.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import User
from alliance.kinds import LABELS
from alliance.models import Resolution
from core.errors import InvalidInput
from funds.models import Fund

HALF = Decimal("0.5")


@dataclass(frozen=True)
class Sum:
    """A value that is money."""

    amount: Decimal
    currency: str


Fact = tuple[str, str | Sum]
Act = Callable[[Resolution, User | None, dt.datetime], None]


@dataclass(frozen=True)
class Effect:
    """A kind of resolution.

    `apply` runs in the transaction that adopts; a `DomainError` of it leaves the resolution not adopted. It may set
    `resolution.entry`. `describe` says in words what adopting will do. `may_propose` answers None or the reason why
    not. `check` reads the payload when it is proposed and gives it back as it is kept. `turned_down` runs when the
    board rejects. `papers` is the address of a page with more to read. `quorum` and `majority` are those of the kind.
    `withdraw_elsewhere` says where such a resolution is taken back, if not on its own page. `withheld` answers None, or
    why a reader gets neither what it does nor what it got stuck on, nor may have it counted: a conflict of interest.
    """

    kind: str
    label: str | Promise
    apply: Act
    describe: Callable[[Resolution], Sequence[Fact]]
    may_propose: Callable[[User], str | None]
    check: Callable[[Fund, Mapping[str, Any]], dict[str, Any]] | None = None
    turned_down: Act | None = None
    papers: Callable[[Resolution], str] | None = None
    quorum: Decimal = HALF
    majority: Decimal = HALF
    withdraw_elsewhere: str | Promise = ""
    withheld: Callable[[Resolution, User], str | None] | None = None


_registered: dict[str, Effect] = {}


def register(
    kind: str,
    *,
    label: str | Promise,
    apply: Act,
    describe: Callable[[Resolution], Sequence[Fact]],
    may_propose: Callable[[User], str | None],
    **more: Any,
) -> None:
    """Make `kind` known; a second registration of the same kind is a mistake in the code. `more`: see `Effect`."""
    if kind in _registered:
        raise ValueError(f"There are two effects of the kind {kind}.")
    _registered[kind] = Effect(kind, label, apply, describe, may_propose, **more)
    LABELS[kind] = label


def withheld(resolution: Resolution, user: User) -> str | None:
    """Why `user` may not read what adopting it does, or None."""
    reason = effect_of(resolution.kind).withheld
    return reason(resolution, user) if reason else None


def effect_of(kind: str) -> Effect:
    try:
        return _registered[kind]
    except KeyError:
        raise InvalidInput(_("There is no such kind of resolution."), field="kind") from None
