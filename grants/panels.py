"""Cards that higher apps put on the page of a call or a proposal: a view never imports up for them.

    panels.register("call", rubric_panel)  # from AppConfig.ready(): panel(user, call) -> Panel | None

A panel answers None for readers who must not know that there is anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from accounts.models import User
from grants.models import Call, Proposal

Place = Literal["call", "proposal"]
Make = Callable[[User | None, Any], "Panel | None"]
_makers: dict[Place, list[Make]] = {"call": [], "proposal": []}


@dataclass(frozen=True)
class Panel:
    """`template` is included with `context` in a card titled `title`; low `order` first."""

    title: str
    template: str
    context: Mapping[str, Any]
    order: int = 50


def register(place: Place, make: Make) -> Make:
    if make not in _makers[place]:
        _makers[place].append(make)
    return make


def panels_of(user: User | None, thing: Call | Proposal) -> list[Panel]:
    """The panels of the page of `thing` for `user` (None: the public)."""
    place: Place = "call" if isinstance(thing, Call) else "proposal"
    found = [panel for make in _makers[place] if (panel := make(user, thing)) is not None]
    return sorted(found, key=lambda panel: panel.order)
