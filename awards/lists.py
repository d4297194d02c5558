"""The lists of awards: slates, awards with their balances, payments, batches, reports."""

import datetime as dt
from typing import Any

import django_filters
from django.db.models import (
    Case,
    CharField,
    Count,
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
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from awards import rules
from awards.models import (
    Award,
    AwardReport,
    AwardStep,
    Disbursement,
    DisbursementStep,
    PaymentBatch,
    ReportStep,
    Slate,
)
from core.clock import end_of_day
from core.lists import BulkAction, Column, ListSpec, register
from funds import chart
from funds.models import Balance, Line

MONEY = DecimalField(max_digits=20, decimal_places=4)
NOTHING = Value(0, output_field=MONEY)


def _held(codes: tuple[str, ...], as_of: dt.date | None) -> Any:
    """What the ledger holds for an award in these accounts, now or at the end of a day."""
    if as_of is None:
        rows: QuerySet[Any] = Balance.objects.filter(subaccount=OuterRef("subaccount"), account__code__in=codes)
        summed: QuerySet[Any] = rows.order_by().values("subaccount").annotate(total=Sum("amount"))
    else:
        lines: QuerySet[Any] = Line.objects.filter(
            subaccount=OuterRef("subaccount"), account__code__in=codes, entry__posted_at__lt=end_of_day(as_of)
        )
        signed = Case(When(side=F("account__side"), then=F("amount")), default=-F("amount"), output_field=MONEY)
        summed = lines.order_by().values("subaccount").annotate(total=Sum(signed))
    return Coalesce(Subquery(summed.values("total"), output_field=MONEY), NOTHING)


def _state(steps: Any, as_of: dt.date | None) -> Any:
    """The state of a thing now, or at the end of a day: the last step before."""
    if as_of is None:
        return F("status")
    rows = steps.objects.filter(subject=OuterRef("pk"), at__lt=end_of_day(as_of)).order_by("-id")
    return Subquery(rows.values("state")[:1])


def _awards(user: User, as_of: dt.date | None) -> QuerySet[Award]:
    rows = Award.objects.visible_to(user)
    if as_of is not None:
        rows = rows.filter(offered_at__lt=end_of_day(as_of))
    return rows.annotate(
        state=_state(AwardStep, as_of),
        committed=_held((chart.COMMITTED,), as_of),
        obligated=_held((chart.OBLIGATED, chart.IN_PROCESS, chart.DISBURSED), as_of),
        disbursed=_held((chart.DISBURSED,), as_of),
        left=_held((chart.OBLIGATED, chart.IN_PROCESS), as_of),
    )


class AwardFilter(django_filters.FilterSet):
    state = django_filters.MultipleChoiceFilter(choices=Award.Status.choices, label=_("State"))
    call = django_filters.CharFilter(field_name="proposal__call__code", label=_("Call"))
    fund = django_filters.CharFilter(field_name="fund__code", label=_("Fund"))


AWARDS = register(
    ListSpec(
        key="awards",
        title=_("Awards"),
        columns=(
            Column("number", _("Number"), sort=True, link="awards:award", link_args=("number",), css="nowrap"),
            Column("title", _("Title"), css="clip"),
            Column("university", _("University"), source="university__name", sort=True),
            Column("call", _("Call"), source="proposal__call__code", on_page=False),
            Column("state", _("State"), "status", choices=tuple(Award.Status.choices)),
            Column("starts_on", _("Starts"), "date", sort=True, on_page=False),
            Column("ends_on", _("Ends"), "date", sort=True),
            Column("amount", _("Amount"), "money", currency="currency", total=True, sort=True),
            Column("committed", _("Committed"), "money", currency="currency", total=True, on_page=False),
            Column("obligated", _("Obligated"), "money", currency="currency", total=True, on_page=False),
            Column("disbursed", _("Disbursed"), "money", currency="currency", total=True),
            Column("left", _("Left"), "money", currency="currency", total=True),
        ),
        extra={"currency": "fund__currency"},
        queryset=_awards,
        filterset=AwardFilter,
        search=("number", "title", "university__name"),
        search_hint=_("Number, title or university"),
        default_order=("-number",),
        as_of=True,
        empty_title=_("No awards yet"),
        empty_text=_("Awards are made when the board adopts a slate."),
    )
)


def _payments(user: User, as_of: dt.date | None) -> QuerySet[Disbursement]:
    rows = Disbursement.objects.visible_to(user)
    if as_of is not None:
        rows = rows.filter(requested_at__lt=end_of_day(as_of))
    return rows.annotate(
        state=_state(DisbursementStep, as_of),
        paid_on=_once(F("settled_on"), Q(state__in=["settled", "returned"]), as_of, DateField()),
        paid_as=_once(F("bank_reference"), Q(state__in=["settled", "returned"]), as_of, CharField()),
        approver=_by("approved", as_of),
        releaser=_by("released", as_of),
    )


def _once(value: Any, came: Q, as_of: dt.date | None, field: Any) -> Any:
    """`value`, but empty as of a day on which `came` did not hold yet."""
    return value if as_of is None else Case(When(came, then=value), default=None, output_field=field)


def _by(act: str, as_of: dt.date | None) -> Any:
    """Who approved or released a payment, unless that was after the day."""
    came = Q() if as_of is None else Q(**{f"{act}_at__lt": end_of_day(as_of)})
    return _once(F(f"{act}_by__name"), came, as_of, CharField())


class PaymentFilter(django_filters.FilterSet):
    state = django_filters.MultipleChoiceFilter(choices=Disbursement.Status.choices, label=_("State"))
    award = django_filters.CharFilter(field_name="award__number", label=_("Award"))
    fund = django_filters.CharFilter(field_name="award__fund__code", label=_("Fund"))
    year = django_filters.NumberFilter(field_name="instalment__fund_year__number", label=_("Fund year"))


PAYMENTS = register(
    ListSpec(
        key="disbursements",
        title=_("Payments"),
        columns=(
            Column("number", _("Number"), sort=True, link="awards:payment", link_args=("number",), css="nowrap"),
            Column(
                "award",
                _("Award"),
                source="award__number",
                sort=True,
                link="awards:award",
                link_args=("award",),
                css="nowrap",
            ),
            Column("university", _("University"), source="award__university__name"),
            Column("instalment", _("Instalment"), "int", source="instalment__number", on_page=False),
            Column("year", _("Fund year"), "int", source="instalment__fund_year__number", on_page=False),
            Column("amount", _("Amount"), "money", currency="currency", total=True, sort=True),
            Column("state", _("State"), "status", choices=tuple(Disbursement.Status.choices)),
            Column("requested_at", _("Asked for"), "datetime", sort=True),
            Column("settled_on", _("Paid on"), "date", source="paid_on", sort=True),
            Column("requested_by", _("By"), source="requested_by__name", on_page=False),
            Column("approved_by", _("Approved by"), source="approver", on_page=False),
            Column("released_by", _("Released by"), source="releaser", on_page=False),
            Column("bank_reference", _("Bank reference"), source="paid_as", on_page=False),
        ),
        extra={"currency": "award__fund__currency"},
        queryset=_payments,
        filterset=PaymentFilter,
        search=("number", "award__number", "award__university__name", "bank_reference"),
        search_hint=_("Payment, award or university"),
        default_order=("-requested_at",),
        as_of=True,
        may=rules.can_see_payments,
        bulk_actions=(
            BulkAction(
                _("Put into a batch"), "awards:batch_make", "stack-2", may=lambda user: rules.can_batch(user) is None
            ),
        ),
        empty_title=_("No payments yet"),
        empty_text=_("A university's research office asks for an instalment on the page of its award."),
    )
)


class SlateFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(choices=Slate.Status.choices, label=_("State"))


SLATES = register(
    ListSpec(
        key="slates",
        title=_("Slates"),
        columns=(
            Column("number", _("Number"), sort=True, link="awards:slate", link_args=("number",)),
            Column("title", _("Title"), css="clip"),
            Column("call", _("Call"), source="call__code", sort=True),
            Column("status", _("State"), "status"),
            Column("created_at", _("Made"), "datetime", sort=True),
        ),
        queryset=lambda user, _as_of: Slate.objects.visible_to(user),
        filterset=SlateFilter,
        search=("number", "title"),
        default_order=("-created_at",),
        may=rules.can_see_slates,
        empty_title=_("No slates yet"),
        empty_text=_("A slate is made from the ranking of a call."),
    )
)


class ReportFilter(django_filters.FilterSet):
    state = django_filters.MultipleChoiceFilter(choices=AwardReport.Status.choices, label=_("State"))
    overdue = django_filters.BooleanFilter(method="filter_overdue", label=_("Overdue"))
    award = django_filters.CharFilter(field_name="award__number", label=_("Award"))

    def filter_overdue(self, rows: QuerySet[AwardReport], _name: str, value: bool) -> QuerySet[AwardReport]:
        late = Q(status__in=["due", "returned"], due_at__lte=timezone.now())
        return rows.filter(late) if value else rows.exclude(late)


REPORTS = register(
    ListSpec(
        key="award_reports",
        title=_("Reports due"),
        columns=(
            Column("kind", _("Report"), link="awards:report", link_args=("pk",)),
            Column("number", _("No."), "int"),
            Column("award", _("Award"), source="award__number", sort=True, link="awards:award", link_args=("award",)),
            Column("title", _("Project"), source="award__title", css="clip"),
            Column("university", _("University"), source="award__university__name"),
            Column("due_at", _("Due"), "datetime", sort=True),
            Column("state", _("State"), "status", choices=(*AwardReport.Status.choices, ("overdue", _("Overdue")))),
            Column("spent", _("Spent"), "money", currency="currency"),
            Column("submitted_at", _("Submitted"), "datetime", sort=True),
        ),
        extra={"currency": "award__fund__currency"},
        queryset=lambda user, as_of: (
            AwardReport.objects.visible_to(user)
            .exclude(award__status__in=["offered", "declined"])
            .annotate(state=_report_state(as_of))
        ),
        filterset=ReportFilter,
        search=("award__number", "award__title", "award__university__name"),
        default_order=("due_at",),
        empty_title=_("No reports are due"),
    )
)


def _report_state(as_of: dt.date | None) -> Any:
    """As kept, but overdue where its time is past and nothing is in."""
    if as_of is not None:
        return _state(ReportStep, as_of)
    late = Q(status__in=["due", "returned"], due_at__lte=timezone.now())
    return Case(When(late, then=Value("overdue")), default=F("status"))


class BatchFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(choices=PaymentBatch.Status.choices, label=_("State"))


BATCHES = register(
    ListSpec(
        key="batches",
        title=_("Payment batches"),
        columns=(
            Column("number", _("Number"), sort=True, link="awards:batch", link_args=("number",)),
            Column("status", _("State"), "status"),
            Column("payments", _("Payments"), "int"),
            Column("total", _("Total"), "money", currency="currency", total=True),
            Column("made_by", _("Made by"), source="made_by__name"),
            Column("created_at", _("Made"), "datetime", sort=True),
        ),
        extra={"currency": "fund__currency"},
        queryset=lambda user, _as_of: _batches(user),
        filterset=BatchFilter,
        search=("number",),
        default_order=("-created_at",),
        may=rules.can_see_batches,
        empty_title=_("No batches yet"),
        empty_text=_("Tick approved payments in the list of payments, and put them into a batch."),
    )
)


def _batches(user: User) -> QuerySet[PaymentBatch]:
    inside = Disbursement.objects.filter(batch=OuterRef("pk")).order_by().values("batch")
    return PaymentBatch.objects.visible_to(user).annotate(
        payments=Coalesce(Subquery(inside.annotate(n=Count("pk")).values("n")), Value(0)),
        total=Coalesce(Subquery(inside.annotate(sum=Sum("amount")).values("sum"), output_field=MONEY), NOTHING),
    )
