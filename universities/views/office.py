"""The desk of a research office: who waits, who acts for the university, where it is paid, at what rates."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from universities import queries, rules, services
from universities.forms import BankAccountForm, OfficeMemberForm, RateForm, ReasonForm
from universities.models import Affiliation, BankAccount, IndirectRate, OfficeMember, University
from universities.views import form_page, posted
from universities.views.directory import visible


class CheckForm(forms.Form):
    compared = forms.BooleanField(
        label=gettext_lazy(
            "I compared these details with a document of the bank, not with the message that sent them."
        ),
        error_messages={"required": gettext_lazy("Compare them first: this is what keeps payments safe.")},
    )


@login_required
def office_home(request: HttpRequest) -> HttpResponse:
    """One's own desk; a choice where there are several."""
    mine = list(queries.offices_of(signed_in(request)))
    if len(mine) == 1:
        return redirect("universities:office", mine[0].pk)
    return render(request, "universities/offices.html", {"universities": mine})


@login_required
def office(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    found = visible(user, pk)
    require(rules.can_see_desk(user, found))
    return render(request, "universities/office.html", _desk(found, user))


def _desk(found: University, user: User) -> dict[str, Any]:
    now, day = server_now(), timezone.localdate()
    waiting = Affiliation.objects.visible_to(user).claimed().filter(university=found)
    accounts = (
        BankAccount.objects.visible_to(user).filter(university=found).select_related("entered_by", "confirmed_by")
    )
    in_use = list(accounts.filter(status__in=["entered", "confirmed"]))
    usable = queries.usable_account(found, now)
    members = OfficeMember.objects.in_force(now).filter(university=found).select_related("user").order_by("user__name")
    rates = list(IndirectRate.objects.filter(university=found))
    return {
        "university": found,
        "waiting": waiting.select_related("user").order_by("claimed_at"),
        "people_count": Affiliation.objects.confirmed().filter(university=found).count(),
        "members": members,
        "signs": any(member.role == OfficeMember.Kind.AUTHORISED_REPRESENTATIVE for member in members),
        "may_add_member": rules.can_add_office_member(user, found) is None,
        "may_decide": user.has_role("administrator", "programme_officer") or queries.is_office(user, found),
        "rates": rates,
        "rate_now": next((r for r in rates if r.starts_on <= day and (not r.ends_before or r.ends_before > day)), None),
        "may_set_rate": rules.can_set_rate(user, found) is None,
        "today": day,
        "sees_bank": rules.can_see_bank(user, found),
        "may_enter": rules.can_enter_account(user, found) is None,
        "accounts": in_use,
        "to_check": [one for one in in_use if one.status == "entered" and rules.can_check_account(user, one) is None],
        "usable": usable,
        "reject_form": ReasonForm(prefix="reject"),
    }


# --- the team ---------------------------------------------------------------------------------------------------------
@login_required
def member_add(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    found = visible(user, pk)
    require(rules.can_add_office_member(user, found))
    form = OfficeMemberForm(posted(request))
    if form.is_valid() and form.person is not None:
        role = form.cleaned_data["role"]
        try:
            services.add_office_member(found, form.person, role=role, actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("%(person)s acts for the university now.") % {"person": form.person})
            return redirect("universities:office", found.pk)
    return form_page(
        request,
        form,
        title=_("Add to the research office"),
        submit=_("Add"),
        university=found,
        back="universities:office",
    )


@login_required
@require_POST
def member_end(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    members = OfficeMember.objects.visible_to(user).select_related("university", "user")
    member = get_object_or_404(members, pk=pk)
    require(rules.can_end_office_member(user, member))
    services.end_office_member(member, actor=user, at=server_now())
    messages.success(request, _("%(person)s no longer acts for the university.") % {"person": member.user})
    if rules.can_see_desk(user, member.university) is None:
        return redirect("universities:office", member.university_id)
    return redirect(member.university)


# --- rates ------------------------------------------------------------------------------------------------------------
@login_required
def rate_add(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    found = visible(user, pk)
    require(rules.can_set_rate(user, found))
    form = RateForm(posted(request))
    if form.is_valid():
        try:
            services.set_indirect_rate(found, **form.facts, actor=user, at=server_now())
        except DomainError as error:
            if error.field == "rate":
                error.field = "percent"
            apply_domain_error(form, error)
        else:
            messages.success(request, _("The rate is set."))
            return redirect("universities:office", found.pk)
    return form_page(
        request, form, title=_("Indirect rate"), submit=_("Set the rate"), university=found, back="universities:office",
    )  # fmt: skip


# --- bank details -----------------------------------------------------------------------------------------------------
@login_required
def bank_add(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    found = visible(user, pk)
    require(rules.can_enter_account(user, found))
    form = BankAccountForm(posted(request), initial={"holder": found.name, "country": found.country})
    if form.is_valid():
        try:
            account = services.enter_bank_account(found, **form.cleaned_data, actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("Entered. Somebody else must check them before a payment is made."))
            return redirect("universities:bank", account.pk)
    lead = _("Payments to the university wait until a second person has checked new details, and %(days)s days after.")
    return form_page(
        request,
        form,
        title=_("New bank details"),
        submit=_("Enter the details"),
        university=found,
        back="universities:office",
        lead=lead % {"days": settings.BANK_COOL_OFF.days},
    )


def _account(request: HttpRequest, pk: uuid.UUID) -> BankAccount:
    accounts = BankAccount.objects.visible_to(signed_in(request))
    return get_object_or_404(accounts.select_related("university", "entered_by", "confirmed_by"), pk=pk)


@login_required
def bank(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _bank_page(request, _account(request, pk))


def _bank_page(request: HttpRequest, account: BankAccount, **forms_: forms.BaseForm) -> HttpResponse:
    user = signed_in(request)
    entered = account.status == BankAccount.Status.ENTERED
    context = {
        "account": account,
        "university": account.university,
        "steps": account.steps.select_related("actor"),
        "former": BankAccount.objects.filter(
            university=account.university, currency=account.currency, status=BankAccount.Status.CONFIRMED
        ).exclude(pk=account.pk).first(),
        "may_check": entered and rules.can_check_account(user, account) is None,
        "why_not": rules.can_check_account(user, account) if entered else None,
        "may_reject": entered and rules.can_reject_account(user, account) is None,
        "own": account.entered_by_id == user.pk,
        "waits": bool(account.usable_from and account.usable_from > server_now()),
        "check_form": CheckForm(),
        "reject_form": ReasonForm(),
        **forms_,
    }  # fmt: skip
    return render(request, "universities/bank.html", context, status=422 if forms_ else 200)


@login_required
@require_POST
def bank_confirm(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user, account = signed_in(request), _account(request, pk)
    require(rules.can_check_account(user, account))
    form = CheckForm(request.POST)
    if not form.is_valid():
        return _bank_page(request, account, check_form=form)
    services.confirm_bank_account(account, actor=user, at=server_now())
    messages.success(request, _("Confirmed. The office is told, and payments use them after the waiting time."))
    return redirect("universities:bank", account.pk)


@login_required
@require_POST
def bank_reject(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user, account = signed_in(request), _account(request, pk)
    require(rules.can_reject_account(user, account))
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _bank_page(request, account, reject_form=form)
    services.reject_bank_account(account, reason=form.cleaned_data["reason"], actor=user, at=server_now())
    messages.success(request, _("Rejected. The office is told why."))
    return redirect("universities:bank", account.pk)
