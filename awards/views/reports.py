"""Reports that awards owe."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import signed_in
from accounts.models import User
from awards import lists, rules
from awards.forms import ReasonForm, ReportForm
from awards.models import AwardReport
from awards.services import reports
from core.clock import server_now
from core.errors import DomainError, StaleWrite, require
from core.forms import apply_domain_error
from core.lists import render_list


@login_required
@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    return render_list(request, lists.REPORTS)


def _report(user: User, pk: UUID) -> AwardReport:
    rows = AwardReport.objects.visible_to(user).select_related(
        "award__fund", "award__university", "award__proposal", "award__pi", "submitted_by", "decided_by"
    )
    return get_object_or_404(rows, pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One report: written by the project, then read and decided on by the fund."""
    user, now = signed_in(request), server_now()
    one = _report(user, pk)
    writes = rules.can_write_report(user, one) is None
    form = ReportForm(one, request.POST or None) if writes else None
    status, stale = 200, None
    if request.method == "POST":
        require(rules.can_write_report(user, one))
        assert form is not None
        status = 422
        if form.is_valid():
            service = reports.submit_report if "submit" in request.POST else reports.save_report
            try:
                service(one, **form.cleaned_data, actor=user, at=now)
            except StaleWrite as error:
                stale, status = error.data, 409
                form = _over(error.data["version"], one, request)
                apply_domain_error(form, error)
            except DomainError as error:
                apply_domain_error(form, error)
            else:
                words = _("The report is handed in.") if "submit" in request.POST else _("Saved.")
                messages.success(request, words)
                return redirect("awards:report", pk=one.pk)
    context: dict[str, Any] = {
        "report": one,
        "award": one.award,
        "form": form,
        "stale": stale,
        "overdue": one.status in {"due", "returned"} and one.due_at <= now,
        "blocked": one.instalments.order_by("number"),
        "may_decide": rules.can_decide_report(user, one) is None,
        "reason_form": ReasonForm(),
        "steps": one.steps.select_related("actor"),
    }
    return render(request, "awards/report.html", context, status=status)


def _over(version: int, one: AwardReport, request: HttpRequest) -> ReportForm:
    """What was typed, over the version that is kept now: saving it again is a choice, no accident."""
    data = request.POST.copy()
    data["version"] = str(version)
    form = ReportForm(one, data)
    form.is_valid()
    return form


@login_required
@require_POST
def accept(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    one = _report(user, pk)
    require(rules.can_decide_report(user, one))
    reports.accept_report(one, actor=user, at=server_now())
    messages.success(request, _("The report is accepted."))
    return redirect("awards:report", pk=pk)


@login_required
@require_POST
def return_(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    one = _report(user, pk)
    require(rules.can_decide_report(user, one))
    reports.return_report(one, reason=request.POST.get("reason", ""), actor=user, at=server_now())
    messages.success(request, _("The report is sent back with your reason."))
    return redirect("awards:report", pk=pk)
