"""Triage: what came in under a call, and the verdict on one proposal after the other."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, InvalidInput, require
from core.forms import apply_domain_error
from core.lists import ListPage, render_list
from grants import eligibility
from grants.call_forms.triage import VerdictForm
from grants.lists.calls import INTAKE
from grants.lists.calls import intake as in_intake
from grants.models import Call, Proposal
from grants.reading import reading
from grants.rules import calls as rules
from grants.services import triage as services
from grants.views.calls import call_for
from grants.views.common import cards_of, proposal_for

Status = Proposal.Status
MOST = 200
COUNTED = ("call__programme__fund", "university", "pi")


def findings_for(user: User, keys: Any) -> tuple[dict[Any, Proposal], dict[Any, list[eligibility.Finding]]]:
    rows = Proposal.objects.visible_to(user).filter(pk__in=keys)
    found = list(
        rows.defer("abstract", "part_versions").select_related(*COUNTED).prefetch_related("call__eligibility_rules")
    )
    return {one.pk: one for one in found}, eligibility.findings_of(found, server_now())


# --- the board --------------------------------------------------------------------------------------------------------
@login_required
def intake(request: HttpRequest, code: str) -> HttpResponse:
    """Counts by state that are links, and beside each proposal what the rules say."""
    user = signed_in(request)
    call = call_for(user, code)
    require(rules.can_see_intake(user))

    def with_page(page: ListPage) -> Mapping[str, Any]:
        _rows, findings = findings_for(user, [row.pk for row in page.rows])
        for row in page.rows:
            row.values["note"] = _note(row.values, findings.get(row.pk, []))
        return {}

    context = {
        "call": call,
        "counts": _counts(user, call, request.GET),
        "may_triage": rules.can_run_calls(user) is None,
        "first": _first_waiting(user, call),
    }
    return render_list(request, INTAKE, "grants/intake.html", context, fixed={"call": call.code}, with_page=with_page)


def _note(values: Mapping[str, Any], findings: list[eligibility.Finding]) -> SafeString:
    """Number, lead, and what the rules say, as one line."""
    who = " · ".join(filter(None, [values["known_as"], values["led_by"]]))
    if unmet := [one.short for one in findings if one.met is False]:
        words, css = _("Against the rules: %(what)s") % {"what": ", ".join(unmet)}, "finding-bad"
    else:
        words, css = _("all rules hold"), "finding-ok"
    return format_html('{} · <span class="{}">{}</span>', who, css, words)


def _counts(user: User, call: Call, asked: QueryDict) -> list[dict[str, Any]]:
    """Tabs: all, and each state that there is."""
    rows: Any = in_intake(user, None).filter(call=call).order_by()
    found = dict(rows.values_list("shown_status").annotate(n=Count("pk")))
    now, path = asked.get("state", ""), reverse("grants:intake", args=[call.code])
    tabs = [{"label": _("All"), "n": sum(found.values()), "url": path, "active": not now}]
    for state, label in Status.choices:
        if state in found or state == Status.SUBMITTED:
            words = _("To check") if state == Status.SUBMITTED else label
            tabs.append(
                {"label": words, "n": found.get(state, 0), "url": f"{path}?state={state}", "active": now == state}
            )
    return tabs


def _waiting(user: User, call: Call) -> Any:
    return in_intake(user, None).filter(call=call, status=Status.SUBMITTED).order_by("submitted_at", "id")


def _first_waiting(user: User, call: Call) -> Proposal | None:
    first: Proposal | None = _waiting(user, call).first()
    return first


# --- one after the other ------------------------------------------------------------------------------------------------
@login_required
@require_http_methods(["GET", "POST"])
def triage(request: HttpRequest, number: str) -> HttpResponse:
    """The whole proposal, what the rules say, and the verdict; then the next one that waits."""
    user = signed_in(request)
    require(rules.can_see_intake(user))
    found = proposal_for(user, number)
    form = VerdictForm(request.POST or None)
    if request.method == "POST":
        require(rules.can_triage(user, found))
        if form.is_valid():
            try:
                _decide(found, form.cleaned_data, user)
            except DomainError as error:
                apply_domain_error(form, error)
            else:
                return _onwards(request, user, found, form.cleaned_data["verdict"])
    return _triage_page(request, user, found, form)


def _decide(found: Proposal, given: dict[str, Any], user: User) -> None:
    if given["verdict"] == Status.ELIGIBLE:
        services.mark_eligible(found, note=given["reason"], actor=user, at=server_now())
    else:
        services.mark_ineligible(found, reason=given["reason"], actor=user, at=server_now())


def _onwards(request: HttpRequest, user: User, found: Proposal, verdict: str) -> HttpResponse:
    words = (
        _("%(number)s is eligible.")
        if verdict == Status.ELIGIBLE
        else _("%(number)s is not eligible; the applicants are told why.")
    )
    messages.success(request, words % {"number": found.number})
    following = _waiting(user, found.call).filter(submitted_at__gte=found.submitted_at).first()
    following = following or _first_waiting(user, found.call)
    return redirect("grants:triage", following.number) if following else redirect("grants:intake", found.call.code)


def _triage_page(request: HttpRequest, user: User, found: Proposal, form: VerdictForm) -> HttpResponse:
    _rows, findings = findings_for(user, [found.pk])
    waiting = list(_waiting(user, found.call).values_list("number", flat=True))
    place = waiting.index(found.number) if found.number in waiting else -1
    verdict = found.steps.filter(state__in=[Status.ELIGIBLE, Status.INELIGIBLE]).select_related("actor").last()
    context = {
        **reading(found, user),
        "call": found.call,
        "findings": findings[found.pk],
        "form": form,
        "may_decide": rules.can_triage(user, found) is None and found.status in services.OPEN_TO_VERDICT,
        "why_not": rules.can_triage(user, found),
        "verdict": verdict if found.status != Status.SUBMITTED else None,
        "panels": cards_of(request, user, found) if verdict is not None else [],
        "waiting": len(waiting),
        "before": waiting[place - 1] if place > 0 else "",
        "after": waiting[place + 1] if 0 <= place < len(waiting) - 1 else (waiting[0] if place < 0 and waiting else ""),
    }
    return render(request, "grants/triage.html", context, status=422 if form.errors else 200)


# --- many at once -------------------------------------------------------------------------------------------------------
@login_required
@require_POST
def mark_eligible(request: HttpRequest) -> HttpResponse:
    """First what will happen to the ticked ones, then (`confirm`) it happens, to all or none."""
    user = signed_in(request)
    require(rules.can_run_calls(user))
    rows, findings = _ticked(user, request.POST.getlist("pk"))
    ready = [one for one in rows if one.status == Status.SUBMITTED and rules.can_triage(user, one) is None]
    call = rows[0].call
    error = ""
    if "confirm" in request.POST:
        try:
            services.mark_many_eligible(ready, actor=user, at=server_now())
        except DomainError as refused:
            error = refused.message
        else:
            words = ngettext("%(n)d proposal is eligible.", "%(n)d proposals are eligible.", len(ready))
            messages.success(request, words % {"n": len(ready)})
            return redirect("grants:intake", call.code)
    context = {
        "call": call,
        "ready": [(one, [f for f in findings[one.pk] if f.met is False]) for one in ready],
        "others": [one for one in rows if one not in ready],
        "error": error,
    }
    return render(request, "grants/intake_eligible.html", context, status=422 if error else 200)


def _ticked(user: User, keys: list[str]) -> tuple[list[Proposal], dict[Any, list[eligibility.Finding]]]:
    try:
        by_key, findings = findings_for(user, keys[:MOST])
    except (ValidationError, ValueError):
        by_key, findings = {}, {}
    if not by_key:
        raise InvalidInput(_("Tick at least one proposal."))
    return sorted(by_key.values(), key=lambda one: one.number), findings
