"""Where a proposal stands on the board that its reader came from: the address of every page of triage carries it."""

import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from accounts.models import User
from core.lists.beside import Beside, beside
from core.lists.query import ListQuery
from grants.lists.intake import INTAKE
from grants.models import Proposal

CODE = re.compile(r"[-a-zA-Z0-9_]+")


@dataclass(frozen=True)
class Place:
    """`query`: the board's question (filters and order), as every link of the page carries it on."""

    query: str
    board: str
    beside: Beside
    searched: str = ""

    def url(self, number: str) -> str:
        return triage_url(number, self.query)


def triage_url(number: str, query: str) -> str:
    return f"{reverse('grants:triage', args=[number])}?{query}"


def place_of(user: User, proposal: Proposal, asked: QueryDict) -> Place:
    """By the board's own rules: an address that no board has is refused. Without any: what waits, of the same call."""
    params = asked.copy()
    for name in ("after", "before", "size"):
        params.pop(name, None)
    if not any(value for _name, values in params.lists() for value in values):
        params = QueryDict(mutable=True)
        params["call"], params["state"] = proposal.call.code, Proposal.Status.SUBMITTED
    listed = ListQuery(INTAKE, user, params)
    query = listed.query_string()
    return Place(query, board_url(listed.params), beside(listed, proposal.pk, "number"), listed.params.get("q", ""))


def board_url(params: QueryDict) -> str:
    """The board itself: of the call that is asked for, or of all."""
    rest = params.copy()
    code = rest.pop("call", [""])[-1]
    path = reverse("grants:intake", args=[code]) if CODE.fullmatch(code) else reverse("grants:intake_all")
    return f"{path}?{rest.urlencode()}" if rest else path


def onwards(user: User, decided: Proposal, place: Place) -> HttpResponse:
    """To the next of the board; at its end to the first that still waits; else back to the board."""
    if place.beside.after:
        return redirect(place.url(place.beside.after))
    rows: Any = ListQuery(INTAKE, user, QueryDict(place.query)).filtered
    waiting = rows.filter(status=Proposal.Status.SUBMITTED).exclude(pk=decided.pk).order_by("submitted_at", "id")
    first = waiting.values_list("number", flat=True).first()
    return redirect(place.url(first) if first else place.board)
