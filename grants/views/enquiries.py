"""A question of the fund about a proposal, as its team and office see it: read, and answered by who writes."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import signed_in
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from grants.call_forms.triage import AnswerForm
from grants.models import ProposalEnquiry
from grants.services import enquiries
from grants.views.common import proposal_for


@login_required
@require_http_methods(["GET", "POST"])
def enquiry(request: HttpRequest, number: str, pk: Any) -> HttpResponse:
    """What was typed stays where it is refused. Who asked is nobody's name: it is the fund."""
    user = signed_in(request)
    found = proposal_for(user, number)
    rows = ProposalEnquiry.objects.visible_to(user).select_related("proposal__call", "proposal__stage", "answered_by")
    asked = get_object_or_404(rows, pk=pk, proposal=found)
    why_not = enquiries.why_no_answer(user, asked)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(why_not)
        if form.is_valid():
            try:
                enquiries.answer(asked, form.cleaned_data["answer"], actor=user, at=server_now())
            except DomainError as error:
                apply_domain_error(form, error)
                asked = rows.get(pk=pk)
            else:
                messages.success(request, _("Your answer is with the fund."))
                return redirect(found)
    context = {
        "proposal": found,
        "asked": asked,
        "form": form,
        "at": server_now(),
        "may_answer": why_not is None and is_open(asked),
        "why_not": why_not,
    }
    return render(request, "grants/enquiry.html", context, status=422 if form.errors else 200)


def is_open(asked: ProposalEnquiry) -> bool:
    return asked.answered_at is None and asked.withdrawn_at is None and asked.proposal.status not in enquiries.OVER
