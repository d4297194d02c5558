"""The board of what came in, of one call or of all: counts that are links, and what stands against each proposal."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Case, CharField, Count, F, Value, When
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import require
from core.lists import ListPage, render_list
from core.lists.query import ListQuery
from grants import eligibility
from grants.lists.intake import FACETS, INTAKE, MINE, NOBODY, OTHERS
from grants.models import Proposal, Stage
from grants.rules import calls as rules
from grants.services import checklists
from grants.services.triage_many import for_planning
from grants.views.calls import call_for
from grants.views.triage.place import triage_url

Status = Proposal.Status
Counted = dict[tuple[str, str, str], int]


@login_required
def intake(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    call = call_for(user, code)
    require(rules.can_see_intake(user))
    return _board(request, user, {"call": call}, {"call": call.code})


@login_required
def intake_all(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    require(rules.can_see_intake(user))
    return _board(request, user, {"call": None}, {})


def _board(request: HttpRequest, user: User, context: dict[str, Any], fixed: Mapping[str, str]) -> HttpResponse:
    def with_page(page: ListPage) -> Mapping[str, Any]:
        _add_checks(page)
        counted = _counted(user, request.GET, fixed)
        return {
            "facets": _facets(page, counted),
            "first": _first_waiting(page),
            "board_query": page.export_query,
            "calls": not fixed,
        }

    context["may_triage"] = rules.can_run_calls(user) is None
    return render_list(request, INTAKE, "grants/intake.html", context, fixed=fixed, with_page=with_page)


# --- beside each row --------------------------------------------------------------------------------------------------
def _add_checks(page: ListPage) -> None:
    """What the rules say, and how far the checklist is, for the rows of this page: so many queries whatever their number."""
    keys = [row.pk for row in page.rows]
    findings = eligibility.findings_of(for_planning(keys), server_now()) if keys else {}
    calls = {row.values["of_call"] for row in page.rows}
    ticked, asked = checklists.progress_of(keys, calls), checklists.asked_of(calls)
    for row in page.rows:
        found = findings.get(row.pk, [])
        row.values["unmet"] = [one.short for one in found if one.met is False]
        row.values["judged"] = bool(found)
        row.values["ticked"], row.values["to_tick"] = ticked.get(row.pk, 0), asked.get(row.values["of_call"], 0)


def _first_waiting(page: ListPage) -> str:
    """Where "one after the other" begins: the first of the board that is to be decided."""
    rows = page.query.filtered.filter(status=Status.SUBMITTED).order_by("submitted_at", "id")
    number = rows.values_list("number", flat=True).first()
    return triage_url(number, page.export_query) if number else ""


# --- counts that are links --------------------------------------------------------------------------------------------
def _counted(user: User, asked: QueryDict, fixed: Mapping[str, str]) -> Counted:
    """How many there are by state, stage and handler under all other filters: one query for every count of the page."""
    params = asked.copy()
    facets = FACETS if params.get("handler", "") in {"", MINE, NOBODY, OTHERS} else FACETS[:2]  # a colleague by name
    for name in (*facets, "after", "before", "size", "sort"):
        params.pop(name, None)
    rows: Any = ListQuery(INTAKE, user, params, fixed=fixed).filtered
    whose = Case(
        When(handler=None, then=Value(NOBODY)),
        When(handler=user.pk, then=Value(MINE)),
        default=Value(OTHERS),
        output_field=CharField(),
    )
    groups = rows.annotate(of=F("shown_status"), at_stage=F("stage__kind"), whose=whose).order_by()
    found = groups.values_list("of", "at_stage", "whose").annotate(n=Count("pk"))
    return {(state, kind, handler): n for state, kind, handler, n in found}


def _facets(page: ListPage, counted: Counted) -> dict[str, Any]:
    """For each facet what it offers, counted under what the other two have chosen: a link leads to as many rows."""
    chosen = tuple(page.query.params.get(name, "") for name in FACETS)
    words = {
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
