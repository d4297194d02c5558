"""The payment gate: every condition of a payment, as it holds at an instant. Read by pages, asked again by services."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from awards.models import Award, AwardReport, Disbursement, Instalment
from core.money import ZERO, format_money
from funds.queries import award_years
from universities.queries import usable_account


@dataclass(frozen=True)
class Condition:
    """One condition: `holds`, the detail that a person can check, and `lack`, the sentence for when it does not hold."""

    code: str
    label: str
    holds: bool
    detail: str = ""
    lack: str = ""

    @property
    def words(self) -> str:
        """What is missing, for a page that lists only that."""
        return self.lack or self.detail or self.label

    def as_data(self) -> dict[str, object]:
        return {"code": self.code, "label": self.label, "holds": self.holds, "detail": self.detail}


def shared_conditions(award: Award, reports: Iterable[AwardReport], at: dt.datetime) -> list[Condition]:
    """What holds, or not, for every instalment of an award alike."""
    active = award.status == Award.Status.ACTIVE
    return [
        Condition(
            "active",
            _("The award is active"),
            active,
            str(award.get_status_display()),
            _("The award is %(state)s.") % {"state": str(award.get_status_display()).lower()},
        ),
        _nothing_overdue(reports, at),
        _bank_account(award, at),
    ]


def of_instalment(instalment: Instalment, at: dt.datetime, *, shared: list[Condition] | None = None) -> list[Condition]:
    """What must hold before an instalment may be asked for and paid. `shared`: as read already for its award."""
    award = instalment.award
    if shared is None:
        shared = shared_conditions(award, award.reports.select_related("award"), at)
    come = instalment.due_on <= at.date()
    return [
        Condition(
            "due",
            _("The instalment's day has come"),
            come,
            f"{instalment.due_on:%d %B %Y}",
            _("Its day is %(day)s.") % {"day": f"{instalment.due_on:%d %B %Y}"},
        ),
        _report_accepted(instalment),
        *shared,
    ]


def _report_accepted(instalment: Instalment) -> Condition:
    label = _("The report that it waits for is accepted")
    report = instalment.after_report
    if report is None:
        return Condition("report", label, holds=True, detail=_("It waits for no report."))
    holds = report.status == AwardReport.Status.ACCEPTED
    lack = _("It waits for %(report)s.") % {"report": str(report).lower()}
    return Condition("report", label, holds, f"{report}: {report.get_status_display()}", lack)


def _nothing_overdue(reports: Iterable[AwardReport], at: dt.datetime) -> Condition:
    owed = {AwardReport.Status.DUE, AwardReport.Status.RETURNED}
    late = [str(report) for report in reports if report.status in owed and report.due_at <= at]
    detail = ", ".join(late) if late else _("None is overdue.")
    return Condition(
        "overdue", _("No report is overdue"), not late, detail, _("Overdue: %(reports)s") % {"reports": detail}
    )


def _bank_account(award: Award, at: dt.datetime) -> Condition:
    account = usable_account(award.university, at, currency=award.currency)
    detail = (
        _("Confirmed, and past their waiting time.")  # which account it is, finance reads on the payment
        if account
        else _("No bank account of the university is confirmed and past its waiting time.")
    )
    return Condition("bank", _("Bank details are confirmed"), account is not None, detail)


def of_payment(payment: Disbursement, at: dt.datetime) -> list[Condition]:
    """The instalment's conditions and the payment's own: the money is there, and different people acted."""
    years = award_years(payment.award.subaccount)
    amounts = years.get(payment.instalment.fund_year)
    held = payment.status in {Disbursement.Status.APPROVED, Disbursement.Status.BATCHED, Disbursement.Status.SENT}
    available = ZERO if amounts is None else amounts.in_process if held else amounts.obligated
    people = [payment.requested_by_id, *([payment.approved_by_id] if payment.approved_by_id else [])]
    currency = payment.award.currency
    return [
        *of_instalment(payment.instalment, at),
        Condition(
            "balance",
            _("The obligation covers it"),
            available >= payment.amount,
            _("%(there)s there, %(asked)s asked for")
            % {"there": format_money(available, currency), "asked": format_money(payment.amount, currency)},
        ),
        Condition("people", _("Different people asked and approved"), len(set(people)) == len(people)),
    ]
