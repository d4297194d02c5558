"""Finance's part: what waits to be paid and for whom, what can still be spent, what has not arrived."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from alliance.models import Pledge
from alliance.queries import with_money
from awards import rules
from awards.models import Disbursement, PaymentBatch
from core.money import ZERO
from funds.board import board_chart
from funds.models import Fund
from funds.queries import CashPosition, YearPosition, cash_position, positions
from reports.homes.base import Part, Task
from reports.pictures import main_fund
from universities.models import BankAccount

Status = Disbursement.Status
MOST = 8


@dataclass(frozen=True)
class Queue:
    """Payments at one place of their road: how many, how much, and how many of them the reader may move on."""

    state: str
    label: str
    count: int
    total: Decimal
    mine: int


@dataclass(frozen=True, kw_only=True)
class FinanceHome(Part):
    template = "reports/home/_finance.html"
    title = gettext_lazy("The money")
    icon = "coins"
    charts = True

    queues: list[Queue]
    failed: list[Disbursement]
    fund: Fund | None
    years: list[YearPosition]
    cash: CashPosition
    chart: dict[str, Any]
    late_pledges: list[Any]

    @property
    def free(self) -> Decimal:
        return sum((year.free for year in self.years), ZERO)


def gather(user: User, at: dt.datetime) -> FinanceHome:
    payments = open_payments(user)
    failed = [payment for payment in payments if payment.status in {Status.FAILED, Status.RETURNED}]
    fund = main_fund()
    years = positions(fund) if fund else []
    return FinanceHome(
        tasks=[
            *(_failed(payment) for payment in failed),
            *(task for payment in payments if (task := _payment(user, payment))),
            *_batches(user),
            *_accounts(user),
            *_to_follow(payments),
        ],
        queues=_queues(user, payments, fund),
        failed=failed,
        fund=fund,
        years=years,
        cash=cash_position(fund) if fund else CashPosition(),
        chart=board_chart(fund, years) if fund else {},
        late_pledges=late_pledges(user, fund, at.date()) if fund else [],
    )


# --- payments ---------------------------------------------------------------------------------------------------------
def open_payments(user: User) -> list[Disbursement]:
    """What is on its way, and what failed and was not asked for again."""
    again = Disbursement.objects.filter(instalment=OuterRef("instalment"), status__in=Disbursement.LIVE)
    on_the_way = Q(status__in=[Status.REQUESTED, Status.APPROVED, Status.BATCHED, Status.SENT])
    rows = Disbursement.objects.visible_to(user).filter(
        on_the_way | Q(status__in=[Status.FAILED, Status.RETURNED]) & ~Exists(again)
    )
    return list(rows.select_related("award__fund", "award__university").order_by("requested_at", "id"))


def _payment(user: User, payment: Disbursement) -> Task | None:
    """Only what the reader may do: who asked for a payment or approved it sees it go to others."""
    if payment.status == Status.REQUESTED and rules.can_approve(user, payment) is None:
        words, act, icon = _("Approve %(number)s"), _("Check and approve"), "check"
    elif payment.status == Status.APPROVED and payment.batch_id is None and rules.can_release(user, payment) is None:
        words, act, icon = _("Release %(number)s"), _("Check and release"), "lock-open"
    else:
        return None
    return Task(
        title=words % {"number": payment.number},
        detail=f"{payment.award.university} · {payment.award.title}",
        url=payment.get_absolute_url(),
        act=act,
        icon=icon,
        amount=payment.amount,
        currency=payment.award.currency,
    )


def _failed(payment: Disbursement) -> Task:
    said = {"number": payment.number, "state": str(payment.get_status_display()).lower()}
    return Task(
        title=_("Payment %(number)s %(state)s") % said,
        detail=_("%(university)s: its money is back in the obligation; the office may ask again")
        % {"university": payment.award.university},
        url=payment.get_absolute_url(),
        act=_("Look into it"),
        icon="alert-triangle",
        tone="danger",
        amount=payment.amount,
        currency=payment.award.currency,
    )


def _to_follow(payments: Sequence[Disbursement]) -> list[Task]:
    """What the bank has to answer for, in one line each."""
    tasks = []
    for state, one, many, icon in (
        (Status.BATCHED, _("Send %(n)d released payment"), _("Send %(n)d released payments"), "send"),
        (Status.SENT, _("Settle %(n)d sent payment"), _("Settle %(n)d sent payments"), "building-bank"),
    ):
        found = [payment for payment in payments if payment.status == state]
        if found:
            tasks.append(
                Task(
                    title=(one if len(found) == 1 else many) % {"n": len(found)},
                    detail=", ".join(payment.number for payment in found[:3]) + ("…" if len(found) > 3 else ""),
                    url=f"{reverse('awards:payments')}?state={state}",
                    act=_("See them"),
                    icon=icon,
                    amount=sum((payment.amount for payment in found), ZERO),
                    currency=found[0].award.currency,
                )
            )
    return tasks


def _queues(user: User, payments: Sequence[Disbursement], fund: Fund | None) -> list[Queue]:
    words = dict(Status.choices)
    queues = []
    for state in (Status.REQUESTED, Status.APPROVED, Status.BATCHED, Status.SENT):
        found = [p for p in payments if p.status == state and (fund is None or p.award.fund_id == fund.pk)]
        mine = sum(_payment(user, payment) is not None for payment in found)
        queues.append(Queue(state, str(words[state]), len(found), sum((p.amount for p in found), ZERO), mine))
    return queues


def _batches(user: User) -> list[Task]:
    rows = PaymentBatch.objects.visible_to(user).filter(status=PaymentBatch.Status.DRAFT).select_related("fund")
    counted: Any = rows.annotate(n=Count("disbursements"), total=Sum("disbursements__amount")).order_by("created_at")
    return [
        Task(
            title=_("Release the batch %(number)s") % {"number": batch.number},
            detail=ngettext("%(n)d payment", "%(n)d payments", batch.n) % {"n": batch.n},
            url=batch.get_absolute_url(),
            act=_("Check and release"),
            icon="stack-2",
            amount=batch.total,
            currency=batch.fund.currency,
        )
        for batch in counted
        if rules.can_release_batch(user, batch) is None
    ]


def _accounts(user: User) -> list[Task]:
    rows = BankAccount.objects.visible_to(user).filter(status=BankAccount.Status.ENTERED).exclude(entered_by=user)
    return [
        Task(
            title=_("Check bank details of %(university)s") % {"university": account.university},
            detail=_("Payments to it are held until a second person has checked them"),
            url=reverse("universities:bank", args=[account.pk]),
            act=_("Check them"),
            icon="shield-question",
        )
        for account in rows.select_related("university").order_by("entered_at")
    ]


# --- pledges ----------------------------------------------------------------------------------------------------------
def late_pledges(user: User, fund: Fund, day: dt.date) -> list[Any]:
    """Pledges of years that have begun and are not paid in full, the largest first."""
    rows: Any = with_money(Pledge.objects.visible_to(user).filter(fund_year__fund=fund, fund_year__starts_on__lte=day))
    return list(rows.filter(outstanding__gt=0).select_related("member", "fund_year").order_by("-outstanding")[:MOST])
