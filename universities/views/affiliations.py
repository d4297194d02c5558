"""Where a person says that they work, and how it is confirmed."""

import uuid
from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from universities import queries, rules, services
from universities.forms import ClaimForm, OptionalReasonForm, ProposeForm, RankForm, ReasonForm
from universities.identifiers import domains_above
from universities.lists import PEOPLE
from universities.models import Affiliation, Domain, University
from universities.views import form_page, posted

SUGGESTED = 10


# --- one's own --------------------------------------------------------------------------------------------------------
@login_required
def affiliation(request: HttpRequest) -> HttpResponse:
    """The reader's universities, and the search for one. htmx swaps the suggestions alone."""
    user = signed_in(request)
    text = request.GET.get("q", "").strip()[:200]
    found = University.objects.active().search(text).best_first(text)[:SUGGESTED] if text else []
    context: dict[str, Any] = {"text": text, "found": found}
    if request.headers.get("HX-Target") == "suggestions":
        return render(request, "universities/_suggestions.html", context)
    mine = Affiliation.objects.filter(user=user).select_related("university").order_by("-claimed_at")
    context |= {
        "open": [one for one in mine if one.status in {"claimed", "confirmed"}],
        "past": [one for one in mine if one.status in {"rejected", "ended"}],
        "by_address": [] if text else _by_address(user, {one.university_id for one in mine}),
        "reason_form": OptionalReasonForm(),
        "rank_form": RankForm(),
    }
    return render(request, "universities/affiliation.html", context)


def _by_address(user: User, named: set[uuid.UUID]) -> list[University]:
    """Universities under whose domain a confirmed address of the person is: one click confirms them."""
    addresses = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    wanted = {domain for address in addresses for domain in domains_above(address)}
    owners = Domain.objects.filter(domain__in=wanted).values("university")
    return list(University.objects.active().filter(pk__in=owners).exclude(pk__in=named)[:3])


@login_required
def claim(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    found = get_object_or_404(University.objects.visible_to(user), pk=pk)
    require(rules.can_claim(user, found))
    form = ClaimForm(posted(request))
    if form.is_valid():
        try:
            claimed = services.claim_affiliation(found, **form.cleaned_data, actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _told(claimed))
            return redirect("universities:affiliation")
    return form_page(
        request,
        form,
        title=_("I work at %(university)s") % {"university": found},
        submit=_("This is my university"),
        university=found,
        lead=_what_follows(user, found),
        cancel="universities:affiliation",
    )


def _what_follows(user: User, found: University) -> str:
    """What the person can expect, before they send the claim."""
    if found in _by_address(user, set()):
        return _("Your email address is under this university's domain: it is confirmed at once.")
    if queries.office_people(found).exists():
        return _("Its research office is asked to confirm you. You can start writing at once.")
    return _("It has no research office here yet, so the fund's staff is asked. You can start writing at once.")


def _told(claimed: Affiliation) -> str:
    if claimed.status == Affiliation.Status.CONFIRMED:
        return _("Confirmed by your email address. You can write proposals now.")
    return _("You were put forward to be confirmed. You hear as soon as somebody has looked at it.")


@login_required
def propose(request: HttpRequest) -> HttpResponse:
    """A university that the directory lacks, and the claim on it, in one go."""
    user = signed_in(request)
    form = ProposeForm(posted(request), initial={"name": request.GET.get("name", "")[:255]})
    if form.is_valid():
        facts = dict(form.cleaned_data)
        work, now = {name: facts.pop(name) for name in ("department", "position", "rank")}, server_now()
        try:
            with transaction.atomic():
                proposed = services.propose_university(**facts, actor=user, at=now)
                services.claim_affiliation(proposed, **work, actor=user, at=now)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("Thank you. The fund's staff looks at it and tells you."))
            return redirect("universities:affiliation")
    return form_page(
        request,
        form,
        title=_("Propose a university"),
        submit=_("Propose it"),
        university=None,
        lead=_("Search first, also by its name in English or its email domain. Staff adds what is really missing."),
        cancel="universities:affiliation",
    )


# --- the office's side ------------------------------------------------------------------------------------------------
@login_required
def people(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    found = get_object_or_404(University.objects.visible_to(user), pk=pk)
    require(rules.can_see_desk(user, found))
    return render_list(
        request, PEOPLE, "universities/people.html", {"university": found}, fixed={"university": str(found.pk)}
    )


def _seen(request: HttpRequest, pk: uuid.UUID) -> Affiliation:
    rows = Affiliation.objects.visible_to(signed_in(request)).select_related("user", "university", "decided_by")
    return get_object_or_404(rows, pk=pk)


@login_required
def person(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _person_page(request, _seen(request, pk))


def _person_page(request: HttpRequest, one: Affiliation, **forms_: forms.BaseForm) -> HttpResponse:
    user = signed_in(request)
    context = {
        "affiliation": one,
        "steps": one.steps.select_related("actor"),
        "addresses": EmailAddress.objects.filter(user_id=one.user_id, verified=True),
        "may_decide": rules.can_decide(user, one) is None,
        "may_end": rules.can_end(user, one) is None,
        "may_state_rank": one.user_id != user.pk and rules.can_state_rank(user, one) is None,
        "rank_form": RankForm(initial={"rank": one.rank}),
        "reject_form": ReasonForm(prefix="reject"),
        "end_form": ReasonForm(prefix="end"),
        **forms_,
    }
    return render(request, "universities/person.html", context, status=422 if forms_ else 200)


@login_required
@require_POST
def confirm(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user, one = signed_in(request), _seen(request, pk)
    require(rules.can_decide(user, one))
    services.confirm_affiliation(one, actor=user, at=server_now())
    messages.success(request, _("%(person)s is confirmed.") % {"person": one.user})
    return _back_to_desk(user, one)


@login_required
@require_POST
def reject(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user, one = signed_in(request), _seen(request, pk)
    require(rules.can_decide(user, one))
    form = ReasonForm(request.POST, prefix="reject")
    return _with_reason(request, one, form, "reject_form", services.reject_affiliation, _("The person is told why."))


@login_required
@require_POST
def end(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The person themselves needs no reason; the office does."""
    user, one = signed_in(request), _seen(request, pk)
    require(rules.can_end(user, one))
    if one.user_id == user.pk:
        services.end_affiliation(one, reason=request.POST.get("reason", "")[:2000], actor=user, at=server_now())
        messages.success(request, _("You are no longer at %(university)s.") % {"university": one.university})
        return redirect("universities:affiliation")
    form = ReasonForm(request.POST, prefix="end")
    return _with_reason(request, one, form, "end_form", services.end_affiliation, _("The affiliation has ended."))


@login_required
@require_POST
def rank(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What somebody is at the university: the person says it once, the office may correct it."""
    user, one = signed_in(request), _seen(request, pk)
    require(rules.can_state_rank(user, one))
    own = one.user_id == user.pk
    form = RankForm(request.POST)
    if not form.is_valid():
        if not own:
            return _person_page(request, one, rank_form=form)
        messages.error(request, _("Choose one of the ranks."))
        return redirect("universities:affiliation")
    services.state_rank(one, form.cleaned_data["rank"], actor=user, at=server_now())
    messages.success(request, _("Saved."))
    return redirect("universities:affiliation") if own else redirect("universities:person", one.pk)


def _with_reason(
    request: HttpRequest, one: Affiliation, form: ReasonForm, name: str, act: Callable[..., Any], words: str
) -> HttpResponse:
    user = signed_in(request)
    if form.is_valid():
        try:
            act(one, reason=form.cleaned_data["reason"], actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, words)
            return _back_to_desk(user, one)
    return _person_page(request, one, **{name: form})


def _back_to_desk(user: User, one: Affiliation) -> HttpResponse:
    if rules.can_see_desk(user, one.university) is None:
        return redirect("universities:office", one.university_id)
    return redirect("universities:person", one.pk)
