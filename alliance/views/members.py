"""Pages of members: who they are, what they pledged, what arrived."""

import uuid
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import signed_in
from accounts.models import User
from alliance import rules
from alliance.forms import ContributionForm, MemberForm, PersonForm, PledgeForm
from alliance.lists import CONTRIBUTIONS, MEMBERS
from alliance.models import Contribution, Member, Pledge, Representative
from alliance.queries import MemberPosition, member_positions, with_money
from alliance.services import members as services
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from core.money import ZERO, format_money
from funds.models import Fund, FundYear
from funds.queries import cash_position, still_stands

LATEST = 8


# --- lists ------------------------------------------------------------------------------------------------------------
@login_required
def member_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    own = Member.objects.represented_by(user).order_by("name")
    context = {
        "tab": "members",
        "may_manage": rules.can_manage_members(user) is None,
        "own": list(own),
        **(_fund_figures() if rules.reads_all_money(user) and "as_of" not in request.GET else {}),
    }
    return render_list(request, MEMBERS, "alliance/members.html", context)


def _fund_figures() -> dict[str, Any]:
    """The newest fund's pledges at a glance, as they stand now."""
    fund = Fund.objects.order_by("-created_at", "-pk").first()
    if fund is None:
        return {}
    count = Member.objects.current(timezone.localdate()).count()
    return {"fund": fund, "cash": cash_position(fund), "member_count": count}


@login_required
def contribution_list(request: HttpRequest) -> HttpResponse:
    return render_list(request, CONTRIBUTIONS, "alliance/members.html", {"tab": "contributions"})


# --- one member -------------------------------------------------------------------------------------------------------
def _member(user: User, code: str) -> Member:
    return get_object_or_404(Member.objects.visible_to(user).select_related("university"), code=code)


@login_required
def member(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    found = _member(user, code)
    return render(request, "alliance/member.html", _member_context(found, user, PersonForm()))


def _member_context(found: Member, user: User, form: PersonForm) -> dict[str, Any]:
    """Figures, pledges and speakers of a member as far as `user` may read them; the directory's facts for everybody."""
    at = server_now()
    pledges = with_money(Pledge.objects.visible_to(user).filter(member=found)).select_related("fund_year__fund")
    rows = list(pledges.order_by("fund_year__fund__code", "fund_year__number"))
    funds = {row.fund_year.fund: [] for row in rows}  # type: dict[Fund, list[Pledge]]
    for row in rows:
        funds[row.fund_year.fund].append(row)
    speakers = Representative.objects.visible_to(user).filter(member=found).select_related("user")
    contributions = Contribution.objects.visible_to(user).filter(still_stands(), pledge__member=found)
    return {
        "member": found,
        "boards": [_board(fund, found, of_fund) for fund, of_fund in funds.items()],
        "reads_money": bool(rows) or rules.reads_all_money(user) or speaks_for(user, found),
        "speaks": speaks_for(user, found),
        "speakers": [one for one in speakers if one.ends_at is None or one.ends_at > at],
        "former": [one for one in speakers if one.ends_at is not None and one.ends_at <= at],
        "latest": contributions.select_related("pledge__fund_year__fund")[:LATEST],
        "may_manage": rules.can_manage_members(user) is None,
        "may_pledge": rules.can_pledge(user) is None,
        "may_receive": rules.can_receive(user) is None and any(_open(row) for row in rows),
        "form": form,
    }


def speaks_for(user: User, found: Member) -> bool:
    return Representative.objects.filter(member=found, user=user).in_force().exists()


def _open(row: Any) -> bool:
    return bool(row.outstanding > 0)


def _board(fund: Fund, found: Member, rows: list[Any]) -> dict[str, Any]:
    """A member's part in one fund: its figures, its years, and the chart of them."""
    mine = next((p for p in member_positions(fund) if p.member.pk == found.pk), None)
    years = [row.fund_year.label for row in rows]
    return {
        "fund": fund,
        "rows": rows,
        "position": mine or MemberPosition(found, ZERO, ZERO, ZERO, ZERO),
        "paid": mine.received / mine.pledged if mine and mine.pledged else ZERO,
        "chart": {
            "kind": "stacked-bars",
            "unit": fund.currency,
            "categories": years,
            "series": [
                {"name": _("Received"), "values": [str(row.received) for row in rows], "tone": "success"},
                {"name": _("Outstanding"), "values": [str(row.outstanding) for row in rows], "tone": "ceiling"},
            ],
        },
    }


@login_required
def create(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    require(rules.can_manage_members(user))
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_member(actor=user, at=server_now(), **form.cleaned_data)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("%(name)s is a member.") % {"name": made.name})
            return redirect("alliance:member", made.code)
    context = {"form": form, "title": _("New member")}
    return render(request, "alliance/member_form.html", context, status=422 if form.is_bound else 200)


@login_required
def edit(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    found = _member(user, code)
    require(rules.can_manage_members(user))
    form = MemberForm(request.POST or None, member=found)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_member(found, actor=user, at=server_now(), **form.cleaned_data)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("alliance:member", found.code)
    context = {"form": form, "member": found, "title": _("Edit %(name)s") % {"name": found.name}}
    return render(request, "alliance/member_form.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def representative_add(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    found = _member(user, code)
    require(rules.can_manage_members(user))
    form = PersonForm(request.POST)
    if form.is_valid():
        try:
            services.add_representative(found, form.user, actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            words = {"person": form.user, "member": found.name}
            messages.success(request, _("%(person)s represents %(member)s.") % words)
            return redirect("alliance:member", found.code)
    return render(request, "alliance/member.html", _member_context(found, user, form), status=422)


@login_required
@require_POST
def representative_end(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    found = get_object_or_404(Representative.objects.visible_to(user).select_related("member"), pk=pk)
    require(rules.can_manage_members(user))
    ended = services.end_representative(found, actor=user, at=server_now())
    words = {"person": ended.user, "member": ended.member.name}
    messages.success(request, _("%(person)s no longer represents %(member)s.") % words)
    return redirect("alliance:member", ended.member.code)


# --- pledges ----------------------------------------------------------------------------------------------------------
@login_required
def pledge(request: HttpRequest, code: str, fund: str = "") -> HttpResponse:
    """Amounts for the years of a fund that the member has not pledged for: all of them are posted, or none."""
    user = signed_in(request)
    found = _member(user, code)
    require(rules.can_pledge(user))
    funds = list(Fund.objects.order_by("-created_at"))
    chosen = next((one for one in funds if one.code == fund), None) if fund else (funds[0] if funds else None)
    years = _free_years(found, chosen)
    form = PledgeForm(request.POST or None, years=years)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.make_pledges(found, form.by_year(), actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            total = format_money(sum((row.amount for row in made), Decimal(0)), made[0].fund_year.fund.currency)
            messages.success(request, _("%(member)s pledges %(total)s.") % {"member": found.name, "total": total})
            return redirect("alliance:member", found.code)
    context = {
        "form": form,
        "member": found,
        "fund": chosen,
        "funds": funds,
        "years": [(form[name], year) for name, year in form.years.items()],
        "existing": Pledge.objects.filter(still_stands(), member=found, fund_year__fund=chosen).select_related(
            "fund_year"
        ),
    }
    return render(request, "alliance/pledge_form.html", context, status=422 if form.is_bound else 200)


def _free_years(found: Member, fund: Fund | None) -> list[FundYear]:
    if fund is None:
        return []
    pledged = Pledge.objects.filter(still_stands(), member=found).values("fund_year")
    years = FundYear.objects.filter(fund=fund).exclude(pk__in=pledged).select_related("fund")
    return list(years.order_by("number"))


# --- contributions ----------------------------------------------------------------------------------------------------
@login_required
def contribution(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Record what arrived for a pledge (or another of the same member and fund)."""
    user = signed_in(request)
    found = get_object_or_404(Pledge.objects.visible_to(user).select_related("member", "fund_year__fund"), pk=pk)
    require(rules.can_receive(user))
    fund = found.fund_year.fund
    pledges = with_money(Pledge.objects.filter(member=found.member, fund_year__fund=fund))
    pledges = pledges.select_related("fund_year__fund").order_by("fund_year__number")
    offered = pledges if request.method == "POST" else pledges.filter(outstanding__gt=0)
    chosen = pledges.get(pk=found.pk)
    form = ContributionForm(request.POST or None, pledges=offered, chosen=chosen, currency=fund.currency)
    if request.method == "POST" and form.is_valid() and (made := _received(form, user)):
        words = {"amount": format_money(made.amount, fund.currency), "member": found.member.name}
        messages.success(request, _("%(amount)s of %(member)s is recorded.") % words)
        return redirect("alliance:member", found.member.code)
    held = Contribution.objects.filter(still_stands(), pledge=found).aggregate(total=Sum("amount"))["total"] or ZERO
    context = {"form": form, "member": found.member, "pledge": chosen, "fund": fund, "held": held}
    return render(request, "alliance/contribution_form.html", context, status=422 if form.is_bound else 200)


def _received(form: ContributionForm, user: User) -> Contribution | None:
    try:
        return services.receive_contribution(actor=user, at=server_now(), **form.cleaned_data)
    except DomainError as error:
        apply_domain_error(form, error)
        return None
