"""The research office: its queue, and the page on which it reads, signs or returns a proposal."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import signed_in
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from grants import windows
from grants.lists.proposals import SIGNOFFS
from grants.models import Proposal
from grants.reading import reading, unmet
from grants.rules import proposals as rules
from grants.services import submission
from grants.views.common import proposal_for

CHECKLIST = (
    ("staff", gettext_lazy("The principal investigator works here and may lead this project.")),
    ("costs", gettext_lazy("The budget is right: costs, indirect rate, and what we pay ourselves.")),
    ("open", gettext_lazy("What comes out of it may be published openly.")),
    ("terms", gettext_lazy("The university accepts the terms of the call and is bound by this signature.")),
)


class SignForm(forms.Form):
    """Every point ticked, or it is not signed. An expression of interest has no budget to look at."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, proposal: Proposal, data: Any = None) -> None:
        super().__init__(data, initial={"version": proposal.version})
        for key, words in CHECKLIST:
            if key == "costs" and proposal.is_expression:
                continue
            self.fields[key] = forms.BooleanField(
                label=words, error_messages={"required": _("Tick this, or return the proposal.")}
            )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), widget=forms.Textarea(attrs={"rows": 4}), max_length=4000)


@login_required
def queue(request: HttpRequest) -> HttpResponse:
    return render_list(request, SIGNOFFS)


@login_required
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, number: str) -> HttpResponse:
    """The whole proposal beside the checklist; a POST signs it. Signed already: the receipt."""
    user = signed_in(request)
    proposal = proposal_for(user, number)
    if request.method == "POST":
        require(rules.can_sign_off(user, proposal))
        form = SignForm(proposal, request.POST)
        if form.is_valid():
            try:
                given = submission.sign_off(proposal, version=form.cleaned_data["version"], actor=user, at=server_now())
            except DomainError as error:
                apply_domain_error(form, error)
                return _page(request, proposal, form, status=error.status)
            messages.success(request, _("Signed. The proposal is in."))
            return redirect("grants:receipt", receipt=given.receipt)
        return _page(request, proposal, form, status=422)
    require(rules.can_return(user, proposal))
    if proposal.status != Proposal.Status.AWAITING_SIGN_OFF:
        return redirect(proposal)
    return _page(request, proposal, SignForm(proposal))


def _page(
    request: HttpRequest, proposal: Proposal, form: forms.Form, back: forms.Form | None = None, *, status: int = 200
) -> HttpResponse:
    user = signed_in(request)
    context = {
        **reading(proposal, user),
        "form": form,
        "return_form": back or ReasonForm(auto_id="return_%s"),
        "cannot_sign": rules.can_sign_off(user, proposal),
        "warnings": unmet(proposal, server_now()),
        "stage": proposal.stage,
        "times": windows.times_of(proposal, server_now()),
    }
    return render(request, "grants/signoff.html", context, status=status)


@login_required
@require_POST
def give_back(request: HttpRequest, number: str) -> HttpResponse:
    """Return it to its writers with what should be corrected."""
    user = signed_in(request)
    proposal = proposal_for(user, number)
    require(rules.can_return(user, proposal))
    form = ReasonForm(request.POST, auto_id="return_%s")
    if form.is_valid():
        try:
            submission.return_for_correction(proposal, reason=form.cleaned_data["reason"], actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("Returned. The principal investigator has been told why."))
            return redirect("grants:signoffs")
    return _page(request, proposal, SignForm(proposal), form, status=422)
