"""The lists of the alliance: members with their money, contributions, resolutions. Each can be drawn as of a past day."""

import datetime as dt
from typing import Any

import django_filters
from django.db.models import (
    Case,
    CharField,
    DateField,
    DecimalField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat, ExtractYear, Right
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from alliance import rules
from alliance.kinds import kinds
from alliance.models import Contribution, Member, Pledge, Resolution, ResolutionStep
from alliance.queries import SIGNED
from alliance.readers import is_staff, reads_members
from core.clock import end_of_day
from core.lists import Column, ListSpec, register
from funds import chart
from funds.lists import YearFilter
from funds.models import Balance, Fund, FundYear, Line
from funds.queries import last_instant, still_stands

FIGURES = {"pledged": chart.CAPITAL, "outstanding": chart.RECEIVABLE, "written_off": chart.WRITTEN_OFF}


def funds_shown(request: HttpRequest | None) -> QuerySet[Fund]:
    """Funds for a filter: for whoever reads the members."""
    found = request is not None and isinstance(request.user, User) and reads_members(request.user)
    return Fund.objects.order_by("code") if found else Fund.objects.none()


def years_shown(request: HttpRequest | None) -> QuerySet[FundYear]:
    return (
        FundYear.objects.filter(fund__in=funds_shown(request)).select_related("fund").order_by("fund__code", "number")
    )


def fund_filter(field_name: str = "fund", **more: Any) -> django_filters.ModelChoiceFilter:
    return django_filters.ModelChoiceFilter(
        field_name=field_name, to_field_name="code", queryset=funds_shown, label=_("Fund"), **more
    )


def year_label(path: str) -> Concat:
    """`FundYear.label` of the year at `path`, in the database."""
    first = Cast(ExtractYear(f"{path}__starts_on"), CharField())
    last_day = Cast(F(f"{path}__ends_before") - Value(dt.timedelta(days=1)), DateField())
    last = Cast(ExtractYear(last_day), CharField())
    return Concat(
        first,
        Case(
            When(Q(**{f"{path}__starts_on__year": ExtractYear(last_day)}), then=Value("")),
            default=Concat(Value("/"), Right(last, 2)),
        ),
    )


# --- members ----------------------------------------------------------------------------------------------------------
def figures(members: QuerySet[Member], user: User, as_of: dt.date | None, fund: Fund | None = None) -> QuerySet[Member]:
    """Members with `pledged`, `outstanding`, `written_off`, `received` in `currency`, of the pledges that `user` reads.

    Without `fund` these are all funds in one currency, that of the member's last pledge: sums never mix two of them.
    """
    pledges = Pledge.objects.visible_to(user)
    if fund is not None:
        pledges = pledges.filter(fund_year__fund=fund)
    latest = pledges.filter(member=OuterRef("pk")).order_by("-created_at", "-pk")
    members = members.annotate(currency=Subquery(latest.values("fund_year__fund__currency")[:1]))
    instant = last_instant(as_of)
    rows: QuerySet[Balance] | QuerySet[Line]
    if instant is None:
        rows, amount = Balance.objects.all(), Sum("amount")
    else:
        rows, amount = Line.objects.filter(entry__posted_at__lte=instant), Sum(SIGNED)
    rows = rows.filter(
        subaccount__pledge__member=OuterRef("pk"),
        subaccount__pledge__in=pledges,
        account__fund__currency=OuterRef("currency"),
    ).order_by()
    path = "subaccount__pledge__member"
    sums = {
        name: Subquery(rows.filter(account__code=code).values(path).annotate(held=amount).values("held"))
        for name, code in FIGURES.items()
    }
    received = F("pledged") - F("outstanding") - Coalesce(F("written_off"), Value(0), output_field=DecimalField())
    return members.annotate(**sums).annotate(received=received)


def members(user: Any, as_of: dt.date | None) -> QuerySet[Any]:
    """Members as of a day: those who had joined by then, with what they had pledged and paid."""
    shown = Member.objects.visible_to(user)
    if as_of is not None:
        shown = shown.filter(joined_on__lte=as_of)
    return figures(shown, user, as_of)


class MemberFilter(django_filters.FilterSet):
    kind = django_filters.MultipleChoiceFilter(choices=Member.Kind.choices, label=_("Kind"))
    fund = fund_filter(method="of_fund")
    owes = django_filters.BooleanFilter(method="that_owe", label=_("Still owes"))
    left = django_filters.BooleanFilter(method="that_left", label=_("Has left"))

    class Meta:
        model = Member
        fields: list[str] = []

    def of_fund(self, rows: QuerySet[Any], _name: str, fund: Fund) -> QuerySet[Any]:
        """Those who pledged to it, with the figures of that fund alone."""
        try:
            day = dt.date.fromisoformat(self.data.get("as_of") or "")
        except ValueError:
            day = None
        of_fund: QuerySet[Any] = figures(rows, self.request.user, day, fund)
        return of_fund.filter(currency__isnull=False)

    def that_owe(self, rows: QuerySet[Any], _name: str, owes: bool) -> QuerySet[Any]:
        return rows.filter(outstanding__gt=0) if owes else rows.exclude(outstanding__gt=0)

    def that_left(self, rows: QuerySet[Any], _name: str, left: bool) -> QuerySet[Any]:
        return rows.filter(left_on__isnull=not left)


MEMBERS = register(
    ListSpec(
        key="members",
        title=_("Members"),
        columns=(
            Column("name", _("Member"), sort=True, link="alliance:member", link_args=("code",)),
            Column("kind", _("Kind"), sort=True),
            Column("country", _("Country"), sort=True, on_page=False),
            Column("pledged", _("Pledged"), "money", currency="currency", total=True, sort=True),
            Column("received", _("Received"), "money", currency="currency", total=True, sort=True),
            Column("outstanding", _("Outstanding"), "money", currency="currency", total=True, sort=True),
            Column(
                "paid_part",
                _("Paid"),
                "percent",
                Case(When(pledged__gt=0, then=F("received") / F("pledged")), output_field=DecimalField()),
            ),
            Column("written_off", _("Written off"), "money", currency="currency", on_page=False),
            Column("joined_on", _("Joined"), "date", sort=True),
            Column("left_on", _("Left"), "date", on_page=False),
            Column("website", _("Website"), on_page=False),
        ),
        extra={"currency": "currency", "code": "code"},
        queryset=members,
        filterset=MemberFilter,
        search=("name", "code"),
        search_hint=_("Name or code"),
        default_order=("name",),
        as_of=True,
        may=rules.can_read_members,
        empty_title=_("No members yet"),
        empty_text=_("A member pledges money for each year of a fund; what arrives is recorded against its pledge."),
    )
)


# --- contributions ----------------------------------------------------------------------------------------------------
class ContributionFilter(django_filters.FilterSet):
    member = django_filters.CharFilter(field_name="pledge__member__code", max_length=24, label=_("Member (code)"))
    fund = fund_filter("pledge__fund_year__fund")
    year = YearFilter(field_name="pledge__fund_year", queryset=years_shown, label=_("Fund year"))
    received = django_filters.DateFromToRangeFilter(
        field_name="received_on",
        label=_("Received from, to"),
        widget=django_filters.widgets.DateRangeWidget(attrs={"type": "date"}),
    )

    class Meta:
        model = Contribution
        fields: list[str] = []


def contributions(user: Any, as_of: dt.date | None) -> QuerySet[Contribution]:
    """What had been recorded by the end of the day, whenever it arrived, less what had been reversed in the ledger."""
    known = Q() if as_of is None else Q(recorded_at__lt=end_of_day(as_of))
    return Contribution.objects.visible_to(user).filter(known, still_stands(as_of=last_instant(as_of)))


CONTRIBUTIONS = register(
    ListSpec(
        key="contributions",
        title=_("Contributions"),
        columns=(
            Column("received_on", _("Received"), "date", sort=True),
            Column(
                "member", _("Member"), source="pledge__member__name", link="alliance:member", link_args=("member_code",)
            ),
            Column("year", _("For the year"), source=year_label("pledge__fund_year")),
            Column("fund", _("Fund"), source="pledge__fund_year__fund__code"),
            Column("amount", _("Amount"), "money", currency="currency", total=True, sort=True),
            Column("reference", _("Reference")),
            Column("recorded_by", _("Recorded by"), source="recorded_by__name", may=is_staff),
            Column("recorded_at", _("Recorded"), "datetime", on_page=False),
        ),
        extra={"currency": "pledge__fund_year__fund__currency", "member_code": "pledge__member__code"},
        queryset=contributions,
        filterset=ContributionFilter,
        search=("pledge__member__name", "reference"),
        search_hint=_("Member or reference"),
        default_order=("-received_on",),
        as_of=True,
        may=rules.can_read_contributions,
        empty_title=_("No contribution yet"),
        empty_text=_("What arrives at the bank is recorded here, against the pledge that it fulfils."),
    )
)


# --- resolutions ------------------------------------------------------------------------------------------------------
class ResolutionFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(
        field_name="standing", choices=Resolution.Status.choices, label=_("State")
    )
    kind = django_filters.ChoiceFilter(choices=kinds, label=_("Kind"))
    fund = fund_filter()

    class Meta:
        model = Resolution
        fields: list[str] = []


def resolutions(user: Any, as_of: dt.date | None) -> QuerySet[Resolution]:
    """`standing` is the state now, or that of the last step by the end of the day."""
    shown = Resolution.objects.visible_to(user)
    if as_of is None:
        return shown.annotate(standing=F("status"))
    steps = ResolutionStep.objects.filter(subject=OuterRef("pk"), at__lt=end_of_day(as_of)).order_by("-pk")
    then = shown.annotate(standing=Subquery(steps.values("state")[:1])).filter(standing__isnull=False)
    return then if is_staff(user) else then.exclude(standing=Resolution.Status.DRAFT)


RESOLUTIONS = register(
    ListSpec(
        key="resolutions",
        title=_("Resolutions"),
        columns=(
            Column("number", _("Number"), sort=True, link="alliance:resolution", link_args=("number",), css="nowrap"),
            Column("title", _("Title"), css="clip", link="alliance:resolution", link_args=("number",)),
            Column("kind", _("Kind")),
            Column("standing", _("State"), "status", choices=tuple(Resolution.Status.choices)),
            Column("proposed_by", _("Proposed by"), source="proposed_by__name", on_page=False),
            Column("closes_at", _("Voting until"), "datetime", sort=True, css="nowrap"),
            Column("decided_at", _("Decided"), "datetime", sort=True, css="nowrap"),
            Column("fund", _("Fund"), source="fund__code", on_page=False),
        ),
        queryset=resolutions,
        filterset=ResolutionFilter,
        search=("number", "title"),
        search_hint=_("Number or title"),
        default_order=("-number",),
        as_of=True,
        may=rules.can_read_resolutions,
        empty_title=_("Nothing was put to the board yet"),
        empty_text=_("A slate of awards or an appropriation becomes a resolution; the board votes on it here."),
    )
)
