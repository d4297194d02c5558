"""The lists of the money: funds, entries, lines, and the trial balance. Each can be drawn as of a past day."""

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Cast, Concat, ExtractYear
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from core.lists import Column, ListSpec, register
from funds import chart
from funds.models import Account, Entry, Fund, FundYear, Line
from funds.queries import last_instant, trial_balance, with_levels
from funds.rules import can_read_entries, can_read_positions

ACCOUNT_CHOICES = [(kind.code, f"{kind.code} {kind.name}") for kind in chart.CHART]


def shown_funds(request: HttpRequest | None) -> QuerySet[Fund]:
    return Fund.objects.visible_to(request.user).order_by("code") if request else Fund.objects.none()  # type: ignore[arg-type]


def shown_years(request: HttpRequest | None) -> QuerySet[FundYear]:
    years = FundYear.objects.visible_to(request.user) if request else FundYear.objects.none()  # type: ignore[arg-type]
    return years.select_related("fund").order_by("fund__code", "number")


class YearChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.label} ({obj.fund.code})"


class YearFilter(django_filters.ModelChoiceFilter):
    field_class = YearChoice


class FundFilter(django_filters.ModelChoiceFilter):
    """A fund by its code."""

    def __init__(self, field_name: str = "fund") -> None:
        super().__init__(field_name=field_name, to_field_name="code", queryset=shown_funds, label=_("Fund"))


def lines_of_entry() -> QuerySet[Line]:
    return Line.objects.filter(entry=OuterRef("pk"))


class EntryFilter(django_filters.FilterSet):
    fund = FundFilter()
    event = django_filters.ChoiceFilter(choices=Entry.Event.choices, label=_("Event"))
    year = YearFilter(queryset=shown_years, method="of_year", label=_("Fund year"))
    award = django_filters.CharFilter(method="of_award", max_length=40, label=_("Award or pledge (number)"))
    effective = django_filters.DateFromToRangeFilter(
        field_name="effective_on",
        label=_("Effective from, to"),
        widget=django_filters.widgets.DateRangeWidget(attrs={"type": "date"}),
    )

    class Meta:
        model = Entry
        fields: list[str] = []

    @extend_schema_field(OpenApiTypes.UUID)
    def of_year(self, rows: QuerySet[Entry], _name: str, year: FundYear) -> QuerySet[Entry]:
        return rows.filter(Exists(lines_of_entry().filter(fund_year=year)))

    def of_award(self, rows: QuerySet[Entry], _name: str, code: str) -> QuerySet[Entry]:
        return rows.filter(Exists(lines_of_entry().filter(subaccount__code__iexact=code.strip())))


def entries(user: Any, as_of: dt.date | None) -> QuerySet[Entry]:
    """Entries posted by the end of `as_of`; one that was reversed later stands as not reversed."""
    known = Q() if as_of is None else Q(posted_at__lte=last_instant(as_of))
    reversal = Entry.objects.filter(known, reverses=OuterRef("pk"))
    return (
        Entry.objects.visible_to(user)
        .filter(known)
        .annotate(
            standing=Case(
                When(Exists(reversal), then=Value("reversed")),
                When(reverses__isnull=False, then=Value("reversal")),
                default=Value(None),
                output_field=CharField(null=True),
            )
        )
    )


def debited_in(book: str) -> Subquery:
    """What an entry moves in one of its books: the sum of its debits there, nothing where it does not touch it."""
    debits = lines_of_entry().filter(side=chart.DEBIT, account__book=book)
    return Subquery(debits.order_by().values("entry").annotate(moved=Sum("amount")).values("moved"))


ENTRIES = register(
    ListSpec(
        key="ledger_entries",
        title=_("Ledger entries"),
        columns=(
            Column("sequence", _("No."), link="funds:entry", link_args=("pk",)),
            Column("fund", _("Fund"), source="fund__code", link="funds:fund", link_args=("fund",)),
            Column("effective_on", _("Effective"), "date", sort=True),
            Column("event", _("Event")),
            Column("text", _("Text"), on_page=False),
            Column("authority", _("Authority"), "money", debited_in(chart.AUTHORITY), currency="currency", total=True),
            Column("cash", _("Cash"), "money", debited_in(chart.CASH), currency="currency", total=True),
            Column("actor", _("Posted by"), source="actor__name"),
            Column("posted_at", _("Posted"), "datetime", sort=True, on_page=False),
            Column(
                "standing",
                _("State"),
                "status",
                on_page=False,
                choices=(("reversed", _("Reversed")), ("reversal", _("Reversal"))),
            ),
            Column("source", _("Source"), on_page=False),
            Column("hash", _("Hash"), on_page=False),
        ),
        extra={"currency": "currency", "words": "text", "posted": "posted_at", "reversed": "standing"},
        row_template="funds/_entry_row.html",
        queryset=entries,
        filterset=EntryFilter,
        search=("text", "source", "actor__name"),
        search_hint=_("Text, source or person"),
        default_order=("-posted_at", "-sequence"),
        as_of=True,
        may=can_read_entries,
        empty_title=_("No entries yet"),
        empty_text=_("The first entry is posted when a fund is created: the ceilings of its years."),
    )
)


class LineFilter(django_filters.FilterSet):
    fund = FundFilter("entry__fund")
    account = django_filters.ChoiceFilter(field_name="account__code", choices=ACCOUNT_CHOICES, label=_("Account"))
    year = YearFilter(field_name="fund_year", queryset=shown_years, label=_("Fund year"))
    award = django_filters.CharFilter(method="of_award", max_length=40, label=_("Award or pledge (number)"))
    event = django_filters.ChoiceFilter(field_name="entry__event", choices=Entry.Event.choices, label=_("Event"))
    effective = django_filters.DateFromToRangeFilter(
        field_name="entry__effective_on",
        label=_("Effective from, to"),
        widget=django_filters.widgets.DateRangeWidget(attrs={"type": "date"}),
    )

    class Meta:
        model = Line
        fields: list[str] = []

    def of_award(self, rows: QuerySet[Line], _name: str, code: str) -> QuerySet[Line]:
        return rows.filter(subaccount__code__iexact=code.strip())


def lines(user: Any, as_of: dt.date | None) -> QuerySet[Line]:
    known = Q() if as_of is None else Q(entry__posted_at__lte=last_instant(as_of))
    return Line.objects.visible_to(user).filter(known)


LINES = register(
    ListSpec(
        key="ledger_lines",
        title=_("Ledger lines"),
        columns=(
            Column("sequence", _("Entry"), source="entry__sequence", link="funds:entry", link_args=("entry",)),
            Column("fund", _("Fund"), source="entry__fund__code", on_page=False),
            Column("effective_on", _("Effective"), "date", "entry__effective_on"),
            Column("event", _("Event"), source="entry__event"),
            Column("account", _("Account"), source=Concat("account__code", Value(" "), "account__name")),
            Column("year", _("Year"), source=Cast(ExtractYear("fund_year__starts_on"), CharField())),
            Column("subaccount", _("Award or pledge"), source="subaccount__code"),
            Column("subaccount_label", _("Of"), source="subaccount__label", on_page=False),
            Column(
                "debit",
                _("Debit"),
                "money",
                Case(When(side=chart.DEBIT, then=F("amount"))),
                currency="currency",
                total=True,
            ),
            Column(
                "credit",
                _("Credit"),
                "money",
                Case(When(side=chart.CREDIT, then=F("amount"))),
                currency="currency",
                total=True,
            ),
            Column("posted_at", _("Posted"), "datetime", "entry__posted_at", on_page=False),
            Column("text", _("Text"), source="entry__text", on_page=False),
        ),
        extra={"currency": "entry__currency", "entry": "entry_id", "of": "subaccount__label"},
        row_template="funds/_line_row.html",
        queryset=lines,
        filterset=LineFilter,
        search=("entry__text", "subaccount__code", "subaccount__label"),
        search_hint=_("Text, award or pledge"),
        default_order=("-pk",),
        as_of=True,
        may=can_read_entries,
        empty_title=_("No lines yet"),
    )
)


class AccountFilter(django_filters.FilterSet):
    fund = FundFilter()

    class Meta:
        model = Account
        fields: list[str] = []


ACCOUNTS = register(
    ListSpec(
        key="trial_balance",
        title=_("Trial balance"),
        columns=(
            Column("code", _("Account")),
            Column("name", _("Name")),
            Column("book", _("Book")),
            Column("side", _("Normal side")),
            Column("debits", _("Debits"), "money", currency="currency", total=True),
            Column("credits", _("Credits"), "money", currency="currency", total=True),
            Column("balance", _("Balance"), "money", currency="currency"),
            Column("fund", _("Fund"), source="fund__code", on_page=False),
        ),
        extra={"currency": "fund__currency"},
        queryset=lambda user, as_of: trial_balance(Account.objects.visible_to(user), last_instant(as_of)),
        filterset=AccountFilter,
        default_order=("fund", "code"),
        as_of=True,
        may=can_read_entries,
        row_template="funds/_account_row.html",
    )
)


FUNDS = register(
    ListSpec(
        key="funds",
        title=_("Funds"),
        columns=(
            Column("name", _("Fund"), link="funds:fund", link_args=("code",)),
            Column("code", _("Code"), on_page=False),
            Column("total", _("Total of ceilings"), "money", currency="currency", total=True),
            Column("appropriated", _("Appropriated"), "money", currency="currency", total=True),
            Column("reserved", _("Reserved"), "money", currency="currency", total=True),
            Column("disbursed", _("Disbursed"), "money", currency="currency", total=True),
            Column("free", _("Free"), "money", currency="currency", total=True),
            Column("bank", _("Cash at bank"), "money", currency="currency", total=True),
        ),
        extra={"currency": "currency"},
        queryset=lambda user, as_of: with_levels(Fund.objects.visible_to(user), last_instant(as_of)),
        search=("name", "code"),
        search_hint=_("Name or code"),
        default_order=("name",),
        as_of=True,
        may=can_read_positions,
        empty_title=_("No fund yet"),
        empty_text=_("A fund holds the five-year budget: its years, their ceilings, and every entry of its ledger."),
    )
)
