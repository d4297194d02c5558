"""The directory and a university's page, and what staff and offices do with an entry."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from universities import queries, rules, services
from universities.forms import DomainForm, MergeForm, NameForm, ReasonForm, UniversityForm
from universities.lists import UNIVERSITIES
from universities.models import Affiliation, BankAccount, Domain, OfficeMember, University
from universities.views import form_page, posted

SUGGESTED = 12


@login_required
def university_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    manages = rules.can_manage_directory(user) is None
    proposed = University.objects.filter(status=University.Status.PROPOSED).count() if manages else 0
    mine = Affiliation.objects.filter(user=user, status__in=["claimed", "confirmed"]).exists()
    context = {"manages": manages, "proposed": proposed, "has_affiliation": mine}
    return render_list(request, UNIVERSITIES, "universities/list.html", context)


def visible(user: User, pk: uuid.UUID) -> University:
    return get_object_or_404(University.objects.visible_to(user), pk=pk)


@login_required
def university(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One entry. A merged one leads to what it became, so that old links stay good."""
    user = signed_in(request)
    merged = University.objects.filter(pk=pk, status=University.Status.MERGED).select_related("merged_into").first()
    if merged is not None and merged.merged_into is not None:
        return redirect(merged.merged_into)
    found = visible(user, pk)
    return render(request, "universities/university.html", _page_of(found, user))


def _page_of(found: University, user: User) -> dict[str, Any]:
    day = timezone.localdate()
    rates = list(found.rates.all())
    office = OfficeMember.objects.in_force().filter(university=found).select_related("user").order_by("user__name")
    desk = rules.can_see_desk(user, found) is None
    return {
        "university": found,
        "names": found.other_names.all(),
        "domains": found.domains.all(),
        "office": office,
        "rates": [rate for rate in rates if rate.ends_before is None or rate.ends_before > day],
        "today": day,
        "mine": Affiliation.objects.filter(user=user, university=found).order_by("-claimed_at").first(),
        "people_count": Affiliation.objects.confirmed().filter(university=found).count(),
        "may_edit": rules.can_edit(user, found) is None,
        "manages": rules.can_manage_directory(user) is None,
        "may_claim": rules.can_claim(user, found) is None,
        "sees_desk": desk,
        "waiting": Affiliation.objects.visible_to(user).claimed().filter(university=found).count() if desk else 0,
        "sees_bank": rules.can_see_bank(user, found),
        "accounts": BankAccount.objects.visible_to(user).filter(university=found, status__in=["entered", "confirmed"]),
        "reason_form": ReasonForm(),
    }


@login_required
def new(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    require(rules.can_manage_directory(user))
    form = UniversityForm(posted(request))
    if form.is_valid():
        try:
            created = services.create_university(**form.cleaned_data, actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("%(name)s is in the directory.") % {"name": created})
            return redirect(created)
    return form_page(request, form, title=_("New university"), submit=_("Add to the directory"), university=None)


@login_required
def edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    found = visible(user, pk)
    require(rules.can_edit(user, found))
    form = UniversityForm(posted(request), instance=found)
    if form.is_valid():
        try:
            services.update_university(found, **form.cleaned_data, actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect(found)
    return form_page(request, form, title=_("Change the entry"), submit=_("Save"), university=found)


@login_required
def name_add(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    found = visible(user, pk)
    require(rules.can_edit(user, found))
    form = NameForm(posted(request))
    if form.is_valid():
        try:
            services.add_name(found, form.cleaned_data["other_name"], actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("It is found by this name now."))
            return redirect(found)
    return form_page(request, form, title=_("Another name"), submit=_("Add the name"), university=found)


@login_required
def domain_add(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    found = visible(user, pk)
    require(rules.can_manage_directory(user))
    form = DomainForm(posted(request))
    if form.is_valid():
        try:
            services.add_domain(found, form.cleaned_data["domain"], actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("Confirmed addresses under this domain confirm affiliations now."))
            return redirect(found)
    return form_page(request, form, title=_("Email domain"), submit=_("Add the domain"), university=found)


@login_required
@require_POST
def domain_remove(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    domain = get_object_or_404(Domain.objects.select_related("university"), pk=pk)
    require(rules.can_manage_directory(user))
    found = services.remove_domain(domain, actor=user, at=server_now())
    messages.success(request, _("%(domain)s was taken off.") % {"domain": domain})
    return redirect(found)


@login_required
@require_POST
def accept(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A proposed university is listed."""
    user = signed_in(request)
    found = visible(user, pk)
    require(rules.can_manage_directory(user))
    services.list_university(found, actor=user, at=server_now())
    messages.success(request, _("%(name)s is in the directory.") % {"name": found})
    return redirect(found)


@login_required
@require_POST
def refuse(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    found = visible(user, pk)
    require(rules.can_manage_directory(user))
    form = ReasonForm(request.POST)
    if form.is_valid():
        services.refuse_university(found, reason=form.cleaned_data["reason"], actor=user, at=server_now())
        messages.success(request, _("It was not added; who proposed it is told why."))
        return redirect("universities:list")
    return render(request, "universities/university.html", {**_page_of(found, user), "reason_form": form}, status=422)


@login_required
def merge(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Find the entry that stays, look at both, merge."""
    user = signed_in(request)
    found = visible(user, pk)
    require(rules.can_manage_directory(user))
    text = request.GET.get("q", found.name)[:200]
    form = MergeForm(posted(request), initial={"into": request.GET.get("into", "")})
    if form.is_valid():
        into = get_object_or_404(University.objects.visible_to(user), pk=form.cleaned_data["into"])
        try:
            into = services.merge(found, into, reason=form.cleaned_data["reason"], actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("Merged. The other entry leads here now."))
            return redirect(into)
    others = University.objects.active().exclude(pk=found.pk).search(text).best_first(text)
    context = {
        "university": found,
        "form": form,
        "text": text,
        "others": others.prefetch_related("domains")[:SUGGESTED],
        "chosen": _chosen(user, form["into"].value()),
        "people": Affiliation.objects.filter(university=found).count(),
        "office_count": queries.office_people(found).count(),
    }
    return render(request, "universities/merge.html", context, status=422 if form.errors else 200)


def _chosen(user: User, key: Any) -> University | None:
    try:
        return University.objects.visible_to(user).active().filter(pk=uuid.UUID(str(key))).first()
    except ValueError:
        return None
