"""Proposals: the list, starting one, its page, and the acts that change where it stands."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from grants import completeness, costing, windows
from grants.inviting import full_stage, pair_of
from grants.lists.proposals import PROPOSALS
from grants.models import Proposal
from grants.reading import reading, timeline
from grants.rules import proposals as rules
from grants.services import submission
from grants.views.common import cards_of, proposal_for
from grants.views.editor import outline_of, part_url
from grants.views.signoffs import ReasonForm


@login_required
def proposals(request: HttpRequest) -> HttpResponse:
    return render_list(request, PROPOSALS, extra={"actions_template": "grants/_proposals_actions.html"})


# --- its page -------------------------------------------------------------------------------------------------------
@login_required
def proposal(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    return _page(request, user, proposal_for(user, number))


def _page(
    request: HttpRequest, user: User, found: Proposal, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    at = server_now()
    inside = bool(found.may_know_review)
    context = {
        **reading(found, user),
        "stage": found.stage,
        "times": windows.times_of(found, at),
        "steps": timeline(found, inside=inside),
        "limits": costing.limits_of(found),
        "may_edit": rules.can_edit(user, found) is None,
        "may_take_back": rules.can_take_back(user, found, at) is None,
        "may_withdraw": rules.can_withdraw(user, found) is None,
        "may_sign": found.status == Proposal.Status.AWAITING_SIGN_OFF and rules.can_return(user, found) is None,
        "withdraw_form": form or ReasonForm(auto_id="withdraw_%s"),
        "panels": cards_of(request, user, found),
        **_two_stages(user, found, at),
    }
    if context["may_edit"]:
        context.update(outline_of(found, at))
    return render(request, "grants/proposal.html", context, status=status)


def _two_stages(user: User, found: Proposal, at: dt.datetime) -> dict[str, Any]:
    """The other half of a two-stage call's proposal, and the way to it while it waits to be begun."""
    full = full_stage(found.call)
    if full is None:
        return {"call_has_two_stages": False}
    pair = pair_of(found, user)
    waits = found.is_expression and pair.full is None
    return {
        "call_has_two_stages": True,
        "pair": pair,
        "full_stage": full,
        "may_follow": waits and rules.can_follow(user, found, full, at) is None,
    }


# --- handing in and the ways back -----------------------------------------------------------------------------------
@login_required
@require_http_methods(["GET", "POST"])
def hand_in(request: HttpRequest, number: str) -> HttpResponse:
    """The last look: what will be sent, until when, and what happens next. A second click answers as the first."""
    user = signed_in(request)
    found = proposal_for(user, number)
    require(rules.can_hand_in(user, found))
    error: DomainError | None = None
    if request.method == "POST":
        version = _version(request)  # reads the whole body: only then does the clock count
        try:
            submission.hand_in(found, version=version, actor=user, at=server_now())
        except DomainError as refused:
            error = refused
            found = proposal_for(user, number)
        else:
            messages.success(request, _("Sent to your research office. You will get the receipt when it is signed."))
            return redirect(found)
    elif not found.is_editable:
        return redirect(found)
    at = server_now()
    findings = [
        (finding, f"{part_url(found, finding.part)}#{finding.anchor}") for finding in completeness.missing(found, at)
    ]
    context = {
        **reading(found, user),
        "stage": found.stage,
        "times": windows.times_of(found, at),
        "findings": findings,
        "error": error,
        "server_time": at,
    }
    return render(request, "grants/proposal_hand_in.html", context, status=error.status if error else 200)


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


@login_required
@require_POST
def take_back(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    found = proposal_for(user, number)
    at = server_now()
    require(rules.can_take_back(user, found, at))
    submission.take_back(found, actor=user, at=at)
    messages.warning(request, _("It is a draft again. It is not in until you hand it in anew."))
    return redirect("grants:proposal_edit", number=number)


@login_required
@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    user = signed_in(request)
    found = proposal_for(user, number)
    require(rules.can_withdraw(user, found))
    form = ReasonForm(request.POST, auto_id="withdraw_%s")
    if form.is_valid():
        try:
            submission.withdraw(found, reason=form.cleaned_data["reason"], actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("The proposal is withdrawn."))
            return redirect(found)
    return _page(request, user, found, form, status=422)
