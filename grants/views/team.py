"""The team's part of the editor, and the page that an invitation's link leads to."""

import uuid

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import signed_in
from core.clock import server_now
from core.errors import DomainError, InvalidInput, require
from core.forms import apply_domain_error
from grants.models import Proposal, TeamMember
from grants.rules import proposals as rules
from grants.services import team as services
from grants.views.common import proposal_for, saves
from grants.views.editor import closed_to_edits, frame


class MemberForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)
    email = forms.EmailField(label=gettext_lazy("Email"))
    part = forms.ChoiceField(label=gettext_lazy("Takes part as"), choices=TeamMember.Part.choices)
    may_edit = forms.BooleanField(label=gettext_lazy("May edit the proposal"), required=False, initial=True)


@saves
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, number: str) -> HttpResponse:
    """Who is on the team; a POST invites one more."""
    user = signed_in(request)
    proposal = proposal_for(user, number)
    require(rules.can_invite(user, proposal))
    if request.method == "GET" and (away := closed_to_edits(request, proposal)):
        return away
    form = MemberForm(request.POST or None)
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                member = services.add_member(proposal, **form.cleaned_data, actor=user, at=server_now())
            except InvalidInput as error:
                apply_domain_error(form, error)
            else:
                messages.success(request, _("An invitation is on its way to %(name)s.") % {"name": member.name})
                return redirect("grants:proposal_team", number=number)
    members = proposal.team.select_related("user", "university")
    context = {**frame(proposal, "team", server_now()), "form": form, "members": members}
    return render(request, "grants/editor_team.html", context, status=status)


def _member_of(proposal: Proposal, pk: uuid.UUID) -> TeamMember:
    return get_object_or_404(TeamMember.objects.select_related("proposal", "user"), pk=pk, proposal=proposal)


@saves
@require_POST
def remove(request: HttpRequest, number: str, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    proposal = proposal_for(user, number)
    require(rules.can_invite(user, proposal))
    member = _member_of(proposal, pk)
    services.remove_member(member, actor=user, at=server_now())
    messages.success(request, _("%(name)s is no longer on the team.") % {"name": member.name})
    return redirect("grants:proposal_team", number=number)


@saves
@require_POST
def set_rights(request: HttpRequest, number: str, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    proposal = proposal_for(user, number)
    require(rules.can_invite(user, proposal))
    may_edit = request.POST.get("may_edit") == "yes"
    member = services.set_rights(_member_of(proposal, pk), may_edit=may_edit, actor=user, at=server_now())
    words = _("%(name)s may edit now.") if may_edit else _("%(name)s may only read now.")
    messages.success(request, words % {"name": member.name})
    return redirect("grants:proposal_team", number=number)


@login_required
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever holds the mailed link reads what they are named in, and joins with the account they are signed in with."""
    user = signed_in(request)
    member = services.invited_by_token(token)
    if member is None:
        raise Http404("invitation")
    if member.user_id == user.pk:
        return redirect(member.proposal)
    error: DomainError | None = None
    if request.method == "POST":
        try:
            services.accept_invitation(member, actor=user, at=server_now())
        except DomainError as refused:
            error = refused
        else:
            messages.success(request, _("You are on the team now."))
            return redirect(member.proposal)
    context = {"member": member, "proposal": member.proposal, "error": error}
    return render(request, "grants/proposal_invitation.html", context, status=error.status if error else 200)
