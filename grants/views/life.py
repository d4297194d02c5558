"""The dates of a call while it runs: how they came about, and what an officer may do about them."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from grants.call_forms.common import ReasonForm
from grants.call_forms.dates import CutOffForm, ExtendForm
from grants.call_forms.running import ResumeForm, stage_label
from grants.history import dates_history
from grants.models import Call, LateAccess, Stage
from grants.rules import calls as call_rules
from grants.rules import dates as rules
from grants.services import calls as services
from grants.services.life import BY_DAYS, EXACTLY, dates_after_pause, still_takes
from grants.views.calls import call_for

Status = Call.Status


@login_required
@require_safe
def dates(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    call = call_for(user, code)
    require(rules.can_see_dates(user))
    if call.status == Status.DRAFT:
        return redirect(f"/calls/{call.code}/edit/?step=dates")
    return _page(request, user, call, server_now())


def _page(
    request: HttpRequest, user: User, call: Call, at: dt.datetime, failed: forms.Form | None = None
) -> HttpResponse:
    """`failed` is the form that a service refused: it stands there again with what was typed."""
    stages = list(call.stages.all())
    may_change = rules.can_change_dates(user, call) is None
    sees_late = rules.can_see_extra_time(user) is None
    late = LateAccess.objects.visible_to(user).filter(stage__call=call).in_force(at) if sees_late else None
    context = {
        "call": call,
        "at": at,
        "rows": [_row(call, stage, stages, at, may_change=may_change, failed=failed) for stage in stages],
        "history": dates_history(call),
        "may_change": may_change,
        "may_cancel": _may_cancel(user, call),
        "may_pause": may_change and call.paused_at is None and _takes_something(call, stages, at),
        "late": late.select_related("stage", "person", "university").order_by("until") if late is not None else None,
        "pause_form": _or_new(failed, "pause", lambda: _reason_form("pause")),
        "cancel_form": _or_new(failed, "cancel", lambda: _reason_form("cancel")),
        "cut_off_form": _or_new(failed, "cutoff", lambda: CutOffForm(last=stages[-1]))
        if may_change and call.shape == Call.Shape.CUT_OFFS
        else None,
        "failed": failed,
    }
    if call.paused_at is not None:
        context |= {
            "resume_form": failed if isinstance(failed, ResumeForm) else ResumeForm(),
            "pause": call.pauses.filter(until=None).first(),
            "after_pause": _after_pause(call, stages, at),
        }
    return render(request, "grants/life.html", context, status=422 if failed else 200)


def _row(
    call: Call,
    stage: Stage,
    stages: list[Stage],
    at: dt.datetime,
    *,
    may_change: bool,
    failed: forms.Form | None,
) -> dict[str, Any]:
    fixed = call.shape == Call.Shape.CUT_OFFS and stage.closes_at <= at and stage != stages[-1]
    form = failed if isinstance(failed, ExtendForm) and failed.stage.pk == stage.pk else ExtendForm(stage=stage)
    return {"stage": stage, "name": stage_label(call, stage), "form": form if may_change and not fixed else None}


def _after_pause(call: Call, stages: list[Stage], at: dt.datetime) -> list[dict[str, Any]]:
    """Each deadline as it would be by either way of moving; one that stays under both is left out."""
    found = []
    for stage, days, exact in zip(
        stages, dates_after_pause(call, BY_DAYS, at), dates_after_pause(call, EXACTLY, at), strict=True
    ):
        if days.moves:
            found.append({"name": stage_label(call, stage), "stage": stage, "days": days, "exact": exact})
    return found


def _takes_something(call: Call, stages: list[Stage], at: dt.datetime) -> bool:
    return call.status != Status.CLOSED or still_takes(stages, at)


def _may_cancel(user: User, call: Call) -> bool:
    over = {Status.DECIDED, Status.ARCHIVED, Status.CANCELLED}
    return call_rules.can_run_calls(user) is None and call.status not in over


def _reason_form(name: str, data: Any = None) -> ReasonForm:
    return ReasonForm(data, auto_id=f"{name}_%s")


def _or_new(failed: forms.Form | None, name: str, make: Callable[[], forms.Form]) -> forms.Form:
    return failed if failed is not None and str(failed.auto_id).startswith(f"{name}_") else make()


# --- acts -------------------------------------------------------------------------------------------------------------
def _held(request: HttpRequest, code: str) -> tuple[User, Call]:
    user = signed_in(request)
    call = call_for(user, code)
    require(call_rules.can_run_calls(user))
    return user, call


def _do(
    request: HttpRequest, call: Call, form: forms.Form, act: Callable[[dict[str, Any]], Any], words: str
) -> HttpResponse:
    """Done and back to the dates, or the page again with the refusal and all that was typed."""
    user = signed_in(request)
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, words)
            return redirect("grants:call_dates", call.code)
    return _page(request, user, call, server_now(), form)


@login_required
@require_POST
def extend(request: HttpRequest, code: str) -> HttpResponse:
    """`number` says which deadline; without it the one that comes next."""
    user, call = _held(request, code)
    stage, at = _stage(request, call), server_now()

    def act(given: dict[str, Any]) -> None:
        services.extend_deadline(stage, given["closes_at"], reason=given["reason"], actor=user, at=at)

    words = _("The deadline has moved. Everybody concerned is told, reminders follow.")
    return _do(request, call, ExtendForm(request.POST, stage=stage), act, words)


def _stage(request: HttpRequest, call: Call) -> Stage:
    stages, number = list(call.stages.all()), request.POST.get("number", "")
    if number:
        chosen = next((one for one in stages if str(one.number) == number), None)
    else:
        at = server_now()
        chosen = next((one for one in stages if at < one.closes_at), stages[-1])
    if chosen is None:
        raise Http404
    return chosen


@login_required
@require_POST
def add_cut_off(request: HttpRequest, code: str) -> HttpResponse:
    user, call = _held(request, code)
    last = list(call.stages.all())[-1]

    def act(given: dict[str, Any]) -> None:
        services.add_cut_off(call, **given, actor=user, at=server_now())

    words = _("The call has one more cut-off. Everybody concerned is told.")
    return _do(request, call, CutOffForm(request.POST, last=last), act, words)


@login_required
@require_POST
def pause(request: HttpRequest, code: str) -> HttpResponse:
    user, call = _held(request, code)

    def act(given: dict[str, Any]) -> None:
        services.pause_call(call, reason=given["reason"], actor=user, at=server_now())

    words = _("The call is paused. Everybody concerned is told why; reminders are called off.")
    return _do(request, call, _reason_form("pause", request.POST), act, words)


@login_required
@require_POST
def resume(request: HttpRequest, code: str) -> HttpResponse:
    user, call = _held(request, code)

    def act(given: dict[str, Any]) -> None:
        services.resume_call(call, move=given["move"], actor=user, at=server_now())

    words = _("The call goes on. Everybody concerned is told the dates that hold now.")
    return _do(request, call, ResumeForm(request.POST), act, words)


@login_required
@require_POST
def cancel(request: HttpRequest, code: str) -> HttpResponse:
    user, call = _held(request, code)

    def act(given: dict[str, Any]) -> None:
        services.cancel_call(call, reason=given["reason"], actor=user, at=server_now())

    words = _("The call is cancelled. Everybody concerned is told why.")
    return _do(request, call, _reason_form("cancel", request.POST), act, words)
