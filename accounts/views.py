"""Pages about oneself (profile, tokens) and, for administrators and auditors, about people and their roles."""

import uuid
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from accounts import rules, services
from accounts.forms import GrantForm, ProfileForm, ReasonForm, TokenForm
from accounts.http import signed_in
from accounts.lists import PEOPLE
from accounts.models import ApiToken, RoleGrant, User
from accounts.queries import holders_by_role, standing
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list

PERSONAS = {
    "researcher": _lazy("researcher"),
    "research_office": _lazy("research office"),
    "reviewer": _lazy("reviewer"),
    "board": _lazy("board member"),
    "member_rep": _lazy("member representative"),
}


# --- oneself ----------------------------------------------------------------------------------------------------------
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    user, at = signed_in(request), server_now()
    form = ProfileForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_profile(user, name=form.cleaned_data["name"], zone=form.cleaned_data["zone"], at=at)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("Your profile is saved."))
            return redirect("accounts:profile")
    context = {"form": form, "person": user, "standing": standing(user, user, at), "may_token": _may_token(user)}
    return render(request, "accounts/profile.html", context, status=422 if form.errors else 200)


def _may_token(user: User) -> str | None:
    return rules.can_create_token(user, server_now())


@login_required
@reauthentication_required
@sensitive_variables("secret")
def token_new(request: HttpRequest) -> HttpResponse:
    """The answer shows the secret itself, not a redirect to it: it is kept nowhere, not even in the session."""
    user, at = signed_in(request), server_now()
    require(rules.can_create_token(user, at))
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            token, secret = services.create_token(user, name=form.cleaned_data["name"], life=form.life, at=at)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            return render(request, "accounts/token_created.html", {"token": token, "secret": secret})
    return render(request, "accounts/token_new.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
def token_revoke(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    token = get_object_or_404(ApiToken.objects.visible_to(user).select_related("user"), pk=pk)
    require(rules.can_revoke_token(user, token))
    services.revoke_token(token, actor=user, at=server_now())
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})
    return redirect("accounts:profile") if token.user_id == user.pk else redirect(token.user)


# --- people -----------------------------------------------------------------------------------------------------------
@login_required
def people(request: HttpRequest) -> HttpResponse:
    require(rules.can_see_people(signed_in(request)))
    return render_list(request, PEOPLE, "accounts/people.html", {"figures": holders_by_role(server_now())})


def _person(request: HttpRequest, pk: uuid.UUID) -> User:
    return get_object_or_404(User.objects.visible_to(signed_in(request)), pk=pk)


@login_required
def person(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _person_page(request, _person(request, pk))


def _person_page(
    request: HttpRequest, person: User, *, grant_form: GrantForm | None = None, reason_form: ReasonForm | None = None
) -> HttpResponse:
    user, at = signed_in(request), server_now()
    wrong = bool((grant_form and grant_form.errors) or (reason_form and reason_form.errors))
    context: dict[str, Any] = {
        "person": person,
        "standing": standing(user, person, at),
        "grant_form": grant_form or GrantForm(),
        "reason_form": reason_form or ReasonForm(),
        "may_grant": rules.can_grant_role(user, person) is None,
        "why_not_grant": rules.can_grant_role(user, person),
        "may_read_trail": rules.can_see_people(user) is None,
        "personas": [PERSONAS.get(name, name) for name in sorted(person.personas)],
        "may_end": rules.can_administer(user) is None,
        "may_deactivate": rules.can_deactivate(user, person) is None,
        "may_reactivate": rules.can_reactivate(user, person) is None,
    }
    return render(request, "accounts/person.html", context, status=422 if wrong else 200)


@login_required
@require_POST
def grant_role(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    person, user = _person(request, pk), signed_in(request)
    require(rules.can_grant_role(user, person))
    form = GrantForm(request.POST)
    if form.is_valid():
        try:
            grant = services.grant_role(person, actor=user, at=server_now(), **form.cleaned_data)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            words = {"name": person, "role": grant.get_role_display()}
            messages.success(request, _("%(name)s has the role %(role)s.") % words)
            return redirect(person)
    return _person_page(request, person, grant_form=form)


@login_required
@require_POST
def end_role(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user, at = signed_in(request), server_now()
    shown = User.objects.visible_to(user)
    grant = get_object_or_404(RoleGrant.objects.select_related("user"), Q(user__in=shown), pk=pk)
    require(rules.can_end_role(user, grant, at))
    services.end_role(grant, actor=user, at=at)
    words = {"name": grant.user, "role": grant.get_role_display()}
    messages.success(request, _("%(name)s no longer has the role %(role)s.") % words)
    return redirect(grant.user)


@login_required
@require_POST
def deactivate(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    person, user = _person(request, pk), signed_in(request)
    require(rules.can_deactivate(user, person))
    form = ReasonForm(request.POST)
    if form.is_valid():
        services.deactivate(person, actor=user, at=server_now(), reason=form.cleaned_data["reason"])
        messages.success(request, _("The account of %(name)s is closed.") % {"name": person})
        return redirect(person)
    return _person_page(request, person, reason_form=form)


@login_required
@require_POST
def reactivate(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    person, user = _person(request, pk), signed_in(request)
    require(rules.can_reactivate(user, person))
    services.reactivate(person, actor=user, at=server_now())
    messages.success(request, _("The account of %(name)s is open again.") % {"name": person})
    return redirect(person)
