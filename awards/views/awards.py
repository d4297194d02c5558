"""Awards: the list, one award's card, the university's answer, its schedule, its end."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import signed_in
from accounts.models import User
from awards import gate, lists, rules
from awards.forms import AcceptAwardForm, PlanRows, ReasonForm, RequestForm
from awards.models import Award, AwardReport, Disbursement, Instalment
from awards.schedule import InstalmentSpec
from awards.services import awards, instalments
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from core.money import ZERO
from funds.models import FundYear
from funds.queries import award_years
from grants.models import Proposal


@login_required
@require_safe
def award_list(request: HttpRequest) -> HttpResponse:
    return render_list(request, lists.AWARDS)


def _award(user: User, number: str) -> Award:
    rows = Award.objects.visible_to(user).select_related(
        "fund", "university", "proposal__call", "subaccount", "pi", "accepted_by", "slate_line__slate__resolution"
    )
    return get_object_or_404(rows, number=number)


@login_required
@require_safe
def award(request: HttpRequest, number: str) -> HttpResponse:
    """The award's card: its money by year, its instalments with what each waits for, its reports, its life."""
    user, now = signed_in(request), server_now()
    one = _award(user, number)
    years = award_years(one.subaccount)
    reports = list(one.reports.all())
    for report in reports:
        report.award = one
    rows = _instalments(user, one, reports, now)
    disbursed = sum((amounts.disbursed for amounts in years.values()), ZERO)
    context = {
        "award": one,
        "sees_proposal": Proposal.objects.visible_to(user).filter(pk=one.proposal_id).exists(),
        "years": years,
        "disbursed": disbursed,
        "share": 100 * disbursed / one.amount,
        "in_process": sum((amounts.in_process for amounts in years.values()), ZERO),
        "left": one.amount - disbursed,
        "rows": rows,
        "reports": reports,
        "overdue": [r for r in reports if r.status in {"due", "returned"} and r.due_at <= now]
        if one.accepted_at
        else [],
        "now": now,
        "may_answer": rules.can_answer_award(user, one) is None,
        "may_plan": rules.can_plan(user, one) is None,
        "may_close": rules.can_close(user, one) is None,
        "may_withdraw": rules.can_withdraw_offer(user, one, now) is None,
        "reason_form": ReasonForm(),
        "may_request": any(row["may_request"] for row in rows),
        "steps": one.steps.select_related("actor"),
        "resolution": one.slate_line.slate.resolution if one.slate_line else None,
        "see_resolution": "board" in user.personas or bool(user.roles),
    }
    return render(request, "awards/award.html", context)


def _instalments(user: User, one: Award, reports: list[AwardReport], now: Any) -> list[dict[str, Any]]:
    """Each instalment with its payment, and where it has none with what stands in its way."""
    by_pk = {report.pk: report for report in reports}
    payments: dict[Any, list[Disbursement]] = {}
    for payment in one.disbursements.order_by("requested_at", "pk"):
        payments.setdefault(payment.instalment_id, []).append(payment)
    parts = list(one.instalments.select_related("fund_year"))
    first_office = rules.can_request(user, parts[0]) is None if parts else False
    shared = gate.shared_conditions(one, reports, now)
    rows = []
    for part in parts:
        part.award = one
        if part.after_report_id:
            part.after_report = by_pk[part.after_report_id]
        paid = payments.get(part.pk, [])
        live = next((p for p in paid if p.status in Disbursement.LIVE), None)
        waits = [] if live else [c for c in gate.of_instalment(part, now, shared=shared) if not c.holds]
        rows.append(
            {
                "part": part,
                "live": live,
                "payments": paid,
                "waits": waits,
                "may_request": first_office and live is None and not waits,
            }
        )
    return rows


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, number: str) -> HttpResponse:
    """Read the agreement, type the name, accept; or decline with a reason."""
    user = signed_in(request)
    one = _award(user, number)
    require(rules.can_answer_award(user, one))
    form = AcceptAwardForm(request.POST or None, initial={"terms_sha256": one.terms_sha256})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                awards.accept_award(
                    one,
                    typed_name=data["typed_name"],
                    terms_sha256=data["terms_sha256"],
                    actor=user,
                    at=server_now(),
                )
            except DomainError as error:
                apply_domain_error(form, error)
                status = error.status
            else:
                messages.success(request, _("The award is accepted. Its money is obligated."))
                return redirect(one)
    context = {"award": one, "form": form, "reason_form": ReasonForm()}
    return render(request, "awards/accept.html", context, status=status)


@login_required
@require_POST
def decline(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    one = _award(user, number)
    require(rules.can_answer_award(user, one))
    awards.decline_award(one, reason=request.POST.get("reason", ""), actor=user, at=server_now())
    messages.success(request, _("The award is declined; its money is free again."))
    return redirect(one)


@login_required
@require_POST
def withdraw_offer(request: HttpRequest, number: str) -> HttpResponse:
    user, now = signed_in(request), server_now()
    one = _award(user, number)
    require(rules.can_withdraw_offer(user, one, now))
    awards.withdraw_offer(one, reason=request.POST.get("reason", ""), actor=user, at=now)
    messages.success(request, _("The offer is taken back; its money is free again."))
    return redirect(one)


@login_required
@require_POST
def close(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    one = _award(user, number)
    require(rules.can_close(user, one))
    awards.close_award(one, actor=user, at=server_now())
    messages.success(request, _("The award is closed; what was left of it is free again."))
    return redirect(one)


@login_required
@require_safe
def agreement(request: HttpRequest, number: str) -> HttpResponse:
    """The agreement as the text that its checksum is of."""
    one = _award(signed_in(request), number)
    response = HttpResponse(one.terms, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{one.number}-agreement.txt"'
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, number: str) -> HttpResponse:
    """Another schedule of instalments, while the award is offered."""
    user = signed_in(request)
    one = _award(user, number)
    require(rules.can_plan(user, one))
    by_year = instalments.by_year(one)
    years = list(FundYear.objects.filter(pk__in=[year.pk for year in by_year]).order_by("number"))
    progress = one.reports.filter(kind=AwardReport.Kind.PROGRESS).count()
    kwargs = {"years": years, "currency": one.currency, "reports": progress}
    initial = [
        {
            "year": part.fund_year.number,
            "amount": part.amount,
            "due_on": part.due_on,
            "after_report": part.after_report.number if part.after_report else "",
        }
        for part in one.instalments.select_related("fund_year", "after_report")
    ]
    rows = PlanRows(request.POST or None, prefix="p", form_kwargs=kwargs, initial=initial)
    problem, status = "", 200
    if request.method == "POST":
        status, problem = 422, _("Some rows need attention.")
        if rows.is_valid():
            try:
                instalments.plan(one, _specs(rows, years), actor=user, at=server_now())
            except DomainError as error:
                problem = error.message
            else:
                messages.success(request, _("The schedule is changed, and the agreement with it."))
                return redirect(one)
    context = {"award": one, "rows": rows, "by_year": by_year, "problem": problem}
    return render(request, "awards/plan.html", context, status=status)


def _specs(rows: Any, years: list[FundYear]) -> list[InstalmentSpec]:
    numbered = {year.number: year for year in years}
    return [
        InstalmentSpec(numbered[data["year"]], data["amount"], data["due_on"], data.get("after_report"))
        for data in (row.cleaned_data for row in rows)
        if data.get("amount")
    ]


def fresh_request_form() -> RequestForm:
    """A request to be, with a key of its own: sent twice it is one."""
    return RequestForm(initial={"key": f"form:{uuid4()}"})


def instalment_for(user: User, pk: Any) -> Instalment:
    rows = Instalment.objects.filter(award__in=Award.objects.visible_to(user)).select_related(
        "award__fund", "award__university", "award__subaccount", "fund_year", "after_report__award"
    )
    return get_object_or_404(rows, pk=pk)
