"""Programmes: what they may give in which year, and what their calls draw of it."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, NotAllowed, require
from core.forms import apply_domain_error
from core.lists import render_list
from core.money import ZERO
from funds.models import Fund
from grants.call_forms.basics import ChangedProgrammeForm, ProgrammeForm
from grants.call_forms.money import YearsForm
from grants.call_money import ProgrammeMoney, programme_money
from grants.lists.programmes import PROGRAMMES
from grants.models import Call, CallYear, Programme
from grants.rules import calls as rules
from grants.services import programmes as services


def _staff(request: HttpRequest) -> User:
    user = signed_in(request)
    if not rules.is_staff(user):
        raise NotAllowed(_("Programmes are set up by staff of the fund."))
    return user


@login_required
@require_http_methods(["GET", "POST"])
def programmes(request: HttpRequest) -> HttpResponse:
    user = _staff(request)
    form = ProgrammeForm(request.POST or None, funds=Fund.objects.order_by("name"))
    if request.method == "POST":
        require(rules.can_run_calls(user))
        if form.is_valid():
            try:
                made = services.create_programme(**form.cleaned_data, actor=user, at=server_now())
            except DomainError as error:
                apply_domain_error(form, error)
            else:
                messages.success(request, _("The programme %(name)s is there.") % {"name": made.name})
                return redirect("grants:programme", made.code)
    context = {"form": form, "may_create": rules.can_run_calls(user) is None}
    answer = render_list(request, PROGRAMMES, "grants/programmes.html", context)
    if form.errors:
        answer.status_code = 422
    return answer


# --- one ----------------------------------------------------------------------------------------------------------------
def _one(code: str) -> Programme:
    return get_object_or_404(Programme.objects.select_related("fund"), code=code)


@login_required
@require_http_methods(["GET", "POST"])
def programme(request: HttpRequest, code: str) -> HttpResponse:
    user, found = _staff(request), _one(code)
    if request.method == "GET":
        return _page(request, user, found)
    require(rules.can_run_calls(user))
    form = ChangedProgrammeForm(request.POST)
    if form.is_valid():
        try:
            services.update_programme(found, **form.cleaned_data, actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("grants:programme", code)
    return _page(request, user, found, form=form)


@login_required
@require_POST
def years(request: HttpRequest, code: str) -> HttpResponse:
    user, found = _staff(request), _one(code)
    require(rules.can_run_calls(user))
    form = YearsForm(request.POST, years=programme_money(found), currency=found.fund.currency)
    if form.is_valid():
        try:
            services.set_programme_years(found, form.years(), actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("The programme's money is saved."))
            return redirect("grants:programme", code)
    return _page(request, user, found, years_form=form)


def _page(request: HttpRequest, user: User, found: Programme, **forms: Form) -> HttpResponse:
    rows = programme_money(found)
    context = {
        "programme": found,
        "years": rows,
        "bounded": any(one.amount is not None for one in rows),
        "totals": _totals(rows),
        "chart": _chart(rows, found.fund.currency),
        "calls": _calls(user, found, rows),
        "may_edit": rules.can_run_calls(user) is None,
        "form": ChangedProgrammeForm(initial={"name": found.name, "summary": found.summary}),
        "years_form": YearsForm(years=rows, currency=found.fund.currency),
        **forms,
    }
    return render(request, "grants/programme.html", context, status=422 if forms else 200)


def _totals(rows: list[ProgrammeMoney]) -> dict[str, Decimal | None]:
    def total(name: str) -> Decimal | None:
        known = [value for one in rows if (value := getattr(one, name)) is not None]
        return sum(known, ZERO) if known else None

    return {name: total(name) for name in ("ceiling", "others", "amount", "drawn", "left")}


def _chart(rows: list[ProgrammeMoney], currency: str) -> dict[str, Any]:
    def series(name: str, values: list[Decimal], tone: str) -> dict[str, Any]:
        return {"name": name, "values": [str(value) for value in values], "tone": tone}

    left = [max(ZERO, one.left) if one.left is not None else ZERO for one in rows]
    return {
        "kind": "stacked-bars",
        "categories": [one.year.label for one in rows],
        "series": [
            series(_("Its calls draw"), [one.drawn for one in rows], "1"),
            series(_("Left"), left, "free"),
            series(_("Other programmes"), [one.others for one in rows], "neutral"),
        ],
        "marks": [series(_("Ceiling of the fund"), [one.ceiling for one in rows], "ceiling")],
        "unit": currency,
    }


def _calls(user: User, found: Programme, rows: list[ProgrammeMoney]) -> list[tuple[Call, list[Decimal | None]]]:
    """(call, what it draws on each year), newest first; two queries."""
    calls = Call.objects.visible_to(user).filter(programme=found, is_template=False).order_by("-created_at")
    drawn: dict[tuple[Any, Any], Decimal] = {}
    for call, year, amount in CallYear.objects.filter(call__programme=found).values_list("call", "year", "amount"):
        drawn[call, year] = amount
    return [(call, [drawn.get((call.pk, one.year.pk)) for one in rows]) for call in calls]
