"""Questions to a list that somebody keeps under a name. A higher app keeps them (`keep_by`); here they are opened and shown.

A saved view is an address and no more: whoever opens it sees the rows that they may see at that moment.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core.lists.keyset import BadQuery
from core.lists.query import EVERYTHING, VIEW, ListQuery
from core.lists.spec import ListSpec

PLACE = ("after", "before")  # where one was in the list is no part of the question


@dataclass(frozen=True)
class Saved:
    """A named question; `is_start`: the list opens with it."""

    pk: Any
    name: str
    query: str
    is_start: bool = False

    def fits(self, fixed: Mapping[str, str]) -> bool:
        """Not where the page itself sets what the view asks for: there it would ask for something else."""
        return not set(QueryDict(self.query)) & set(fixed)


Keeper = Callable[[Any, str], Sequence[Saved]]
_keepers: list[Keeper] = []


def keep_by(keeper: Keeper) -> None:
    """`keeper(user, key)` answers what somebody keeps for a list, in their order; one app does that."""
    if _keepers:
        raise ValueError("Saved views are kept by one app.")
    _keepers.append(keeper)


def saved_of(user: Any, spec: ListSpec, fixed: Mapping[str, str]) -> list[Saved]:
    if not _keepers or not getattr(user, "is_authenticated", False):
        return []
    return [view for view in _keepers[0](user, spec.key) if view.fits(fixed)]


def question(query: str) -> str:
    """A question as it is kept and compared: without the place in the list, without what is empty."""
    kept = QueryDict(mutable=True)
    for name, values in sorted(QueryDict(query).lists()):
        if name not in {*PLACE, VIEW} and (given := [value for value in values if value]):
            kept.setlist(name, given)
    return kept.urlencode()


def check(spec: ListSpec, user: Any, query: str) -> str:
    """The question as it is kept. Refused, as the list would refuse it: `BadQuery`, `NotAllowed`."""
    kept = question(query)
    asked = ListQuery(spec, user, QueryDict(kept))
    for label, message in asked.errors():
        raise BadQuery(f"{label}: {message}", field="query")
    return kept


def usable(spec: ListSpec, user: Any, query: str, fixed: Mapping[str, str]) -> tuple[str, list[str]]:
    """What of an old question the list still understands, and the names of what was left out."""
    params, dropped = QueryDict(query, mutable=True), list[str]()
    while True:
        try:
            asked = ListQuery(spec, user, params, fixed=fixed)
        except BadQuery as refused:
            wrong = [name for name in params if name[:40] == refused.field]
        else:
            wrong = [name for name in asked.unusable() if name in params]
            if not wrong:
                return params.urlencode(), dropped
        if not wrong:
            return "", [*dropped, *params]
        for name in wrong:
            del params[name]
        dropped += wrong


def opened(request: HttpRequest, spec: ListSpec, fixed: Mapping[str, str]) -> HttpResponse | None:
    """A redirect where the address names a saved view, or nothing at all and the reader begins with one."""
    wanted = request.GET.get(VIEW, "")
    begins = not request.GET and "HX-Request" not in request.headers
    if wanted == EVERYTHING or not (wanted or begins):
        return None
    views = saved_of(request.user, spec, fixed)
    found = next((view for view in views if (str(view.pk) == wanted if wanted else view.is_start)), None)
    if found is None:
        if not wanted:
            return None
        messages.info(request, _("This view is not there any more. Here is the whole list."))
        return redirect(f"{request.path}?{VIEW}={EVERYTHING}")
    query, dropped = usable(spec, request.user, found.query, fixed)
    if dropped:
        words = _(
            "The view “%(name)s” asks for something that this list no longer has. That part was left out: %(what)s."
        )
        messages.warning(request, words % {"name": found.name, "what": ", ".join(dropped)})
    return redirect(f"{request.path}?{query or f'{VIEW}={EVERYTHING}'}")
