"""The pages of calls: the shop window, one call, and what staff do with it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from grants import calling
from grants.call_forms.common import ReasonForm
from grants.call_forms.dates import ExtendForm
from grants.lists.calls import CALLS
from grants.models import Call, Stage
from grants.rules import calls as rules
from grants.services import calls as services
from grants.standing import standing_of
from grants.views.common import cards_of

Status = Call.Status


# --- lists ----------------------------------------------------------------------------------------------------------
def calls(request: HttpRequest) -> HttpResponse:
    """Open calls first, for everybody."""
    at = server_now()
    context = {
        "board": calling.board(request.user, at),
        "staff": rules.is_staff(request.user),
        "may_create": rules.can_run_calls(request.user) is None,
        "at": at,
    }
    return render(request, "grants/calls.html", context)


@login_required
def calls_table(request: HttpRequest) -> HttpResponse:
    """All calls with their drafts, as staff work with them."""
    may_create = rules.can_run_calls(request.user) is None
    return render_list(request, CALLS, "grants/calls_table.html", {"may_create": may_create})


# --- one call ---------------------------------------------------------------------------------------------------------
def call_for(user: Any, code: str) -> Call:
    """The call if this reader, signed in or not, may see it; else a 404 as for one that is not there."""
    rows = calling.with_stages(Call.objects.visible_to(user)).select_related(
        "programme__fund", "budget_rules", "created_by"
    )
    return get_object_or_404(rows.prefetch_related("eligibility_rules"), code=code)


def call(request: HttpRequest, code: str) -> HttpResponse:
    return call_page(request, call_for(request.user, code))


def call_page(
    request: HttpRequest,
    found: Call,
    *,
    extend_form: forms.Form | None = None,
    cancel_form: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    at, staff = server_now(), rules.is_staff(request.user)
    stage = calling.current_stage(found, at)
    user = request.user if request.user.is_authenticated else None
    context = {
        **calling.facts(found, stage),
        "staff": staff,
        "open": stage.is_open(at),
        "at": at,
        "mine": list(calling.own_proposals(user).filter(call=found)) if user else [],
        "changes": list(stage.deadline_changes.all()),
        "panels": cards_of(request, user, found),
    }
    if staff:
        context |= _for_staff(signed_in(request), found, stage, at)
        context["extend_form"] = extend_form or ExtendForm(stage=stage)
        context["cancel_form"] = cancel_form or ReasonForm(auto_id="cancel_%s")
    return render(request, "grants/call.html", context, status=status)


def _for_staff(user: User, found: Call, stage: Stage, at: Any) -> dict[str, Any]:
    standing = standing_of(found, user)
    runs = rules.can_run_calls(user) is None
    return {
        "standing": standing,
        "next": calling.next_act(found, stage, standing.to_triage, at),
        "may_run": runs,
        "may_edit": rules.can_edit(user, found) is None,
        "may_extend": runs and found.status in services.TAKING_BACK,
        "may_cancel": runs and found.status not in {Status.DECIDED, Status.ARCHIVED, Status.CANCELLED},
        "may_start_review": runs and found.status == Status.CLOSED and at >= stage.last_sign_off(),
        "may_see_intake": rules.can_see_intake(user) is None,
        "steps": [(step, Status(step.state).label) for step in found.steps.select_related("actor")],
        "changes": list(stage.deadline_changes.select_related("actor")),
    }


# --- acts -------------------------------------------------------------------------------------------------------------
def _running(request: HttpRequest, code: str) -> tuple[User, Call]:
    user = signed_in(request)
    found = call_for(user, code)
    require(rules.can_run_calls(user))
    return user, found


@login_required
@require_POST
def extend(request: HttpRequest, code: str) -> HttpResponse:
    user, found = _running(request, code)
    at = server_now()
    stage = calling.current_stage(found, at)
    form = ExtendForm(request.POST, stage=stage)
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.extend_deadline(stage, given["closes_at"], reason=given["reason"], actor=user, at=at)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("The deadline has moved. Everybody concerned is told, reminders follow."))
            return redirect(found)
    return call_page(request, found, extend_form=form, status=422)


@login_required
@require_POST
def cancel(request: HttpRequest, code: str) -> HttpResponse:
    user, found = _running(request, code)
    form = ReasonForm(request.POST, auto_id="cancel_%s")
    if form.is_valid():
        try:
            services.cancel_call(found, reason=form.cleaned_data["reason"], actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("The call is cancelled. Everybody concerned is told why."))
            return redirect(found)
    return call_page(request, found, cancel_form=form, status=422)


def _act(service: Callable[..., Call], words: Any) -> Callable[[HttpRequest, str], HttpResponse]:
    """A page that does one thing to a call without asking for more."""

    @login_required
    @require_POST
    def view(request: HttpRequest, code: str) -> HttpResponse:
        user, found = _running(request, code)
        service(found, actor=user, at=server_now())
        messages.success(request, words)
        return redirect(found)

    return view


start_review = _act(services.start_review, gettext_lazy("The review can begin: reviewers can be assigned."))
mark_decided = _act(services.mark_decided, gettext_lazy("The call is marked as decided."))
archive = _act(services.archive_call, gettext_lazy("The call is archived."))
