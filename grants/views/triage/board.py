"""The board of what came in, of one call or of all: counts that are links, and what stands against each proposal."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.http import signed_in
from accounts.models import User
from core.errors import require
from core.lists import ListPage, render_list
from core.lists.beside import filtered_but
from core.lists.keyset import in_order
from core.lists.query import ListQuery
from grants.lists.intake import FACETS, INTAKE, MINE, NOBODY, OTHERS
from grants.models import Call, Proposal, Stage
from grants.rules import calls as rules
from grants.views.triage.place import board_url, triage_url

Status = Proposal.Status
Counted = dict[tuple[str, str, str], int]


@login_required
def intake(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    call = get_object_or_404(Call.objects.visible_to(user), code=code)
    require(rules.can_see_intake(user))
    return _board(request, user, {"call": call}, {"call": call.code})


@login_required
def intake_all(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    require(rules.can_see_intake(user))
    return _board(request, user, {"call": None}, {})


def _board(request: HttpRequest, user: User, context: dict[str, Any], fixed: Mapping[str, str]) -> HttpResponse:
    def with_page(page: ListPage) -> Mapping[str, Any]:
        many = (
            page.query.too_many_to_sum
        )  # found: then the links stand without numbers, which took longer than all else
        counted = _counted(user, page.query, ("q",) if many else ())
        waiting = any(state == Status.SUBMITTED for state, _kind, _whose in counted)
        facets = _facets(page, counted)
        for one in (one for facet in facets.values() for one in facet if many):
            one["n"] = ""
        return {"facets": facets, "waiting": waiting}

    context["may_triage"] = rules.can_run_calls(user) is None
    return render_list(request, INTAKE, "grants/intake.html", context, fixed=fixed, with_page=with_page)


@login_required
def first(request: HttpRequest) -> HttpResponse:
    """Where "one after the other" begins: the first of the board that is to be decided."""
    user = signed_in(request)
    query = ListQuery(INTAKE, user, request.GET)
    rows: Any = query.annotated(query.filtered.filter(status=Status.SUBMITTED))
    number = in_order(rows, query.order).values_list("number", flat=True).first()
    if number is None:
        return redirect(board_url(query.params))
    return redirect(triage_url(number, query.query_string()))


# --- counts that are links --------------------------------------------------------------------------------------------
def _counted(user: User, query: ListQuery, but: tuple[str, ...] = ()) -> Counted:
    """How many there are by state, stage and handler under all other filters: one query for every count of the page."""
    by_name = query.params.get("handler", "") not in {"", MINE, NOBODY, OTHERS}  # a colleague, named: no group of these
    rows: Any = filtered_but(query, (*(FACETS[:2] if by_name else FACETS), *but))
    found = rows.values_list("status", "stage__kind", "handler").annotate(n=Count("pk"))
    counted: Counted = {}
    for state, kind, handler, n in found:
        key = state, kind, NOBODY if handler is None else MINE if handler == user.pk else OTHERS
        counted[key] = counted.get(key, 0) + n
    return counted


def _facets(page: ListPage, counted: Counted) -> dict[str, Any]:
    """For each facet what it offers, counted under what the other two have chosen: a link leads to as many rows."""
    chosen = tuple(page.query.params.get(name, "") for name in FACETS)
    words: dict[str, dict[str, Any]] = {
        "state": {"": _("All"), **dict(Status.choices), Status.SUBMITTED: _("To check")},
        "kind": {"": _("Both stages"), **dict(Stage.Kind.choices)},
        "handler": {"": _("Anybody’s"), MINE: _("Mine"), NOBODY: _("Nobody’s"), OTHERS: _("A colleague’s")},
    }
    return {name: _facet(page, counted, name, chosen, words[name]) for name in FACETS}


def _facet(
    page: ListPage, counted: Counted, name: str, chosen: tuple[str, ...], words: Mapping[str, Any]
) -> list[dict[str, Any]]:
    place = FACETS.index(name)
    others = [(at, value) for at, value in enumerate(chosen) if at != place and value in _known(at)]
    sums: dict[str, int] = {}
    for key, n in counted.items():
        if all(key[at] == value for at, value in others):
            sums[key[place]] = sums.get(key[place], 0) + n
    shown = [key for key in words if not key or key in sums or key == chosen[place] or key == Status.SUBMITTED]
    return [
        {
            "label": words[key],
            "n": sums.get(key, 0) if key else sum(sums.values()),
            "url": _url(page, name, key),
            "active": chosen[place] == key,
        }
        for key in shown
    ]


def _known(at: int) -> frozenset[str]:
    return frozenset((Status.values, Stage.Kind.values, [MINE, NOBODY, OTHERS])[at])


def _url(page: ListPage, name: str, value: str) -> str:
    query = page.query.query_string(frozenset({name, "size"}), **({name: value} if value else {}))
    return f"{page.path}?{query}" if query else page.path
