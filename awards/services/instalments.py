"""The parts in which an award is paid."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from accounts.models import User
from audit.services import record
from awards import terms
from awards.models import Award, AwardReport, Instalment
from awards.schedule import InstalmentSpec
from core.errors import InvalidInput, WrongState
from core.money import ZERO, checked_money
from funds.models import FundYear

MOST = 60


def write(award: Award, parts: Sequence[InstalmentSpec]) -> None:
    """Number the parts and keep them; the caller has checked that they are the award's money."""
    reports = {report.number: report for report in award.reports.filter(kind=AwardReport.Kind.PROGRESS)}
    Instalment.objects.bulk_create(
        Instalment(
            award=award,
            number=number,
            fund_year=part.fund_year,
            amount=part.amount,
            due_on=part.due_on,
            after_report=reports.get(part.after_report) if part.after_report else None,
        )
        for number, part in enumerate(parts, 1)
    )


def by_year(award: Award) -> dict[FundYear, Decimal]:
    """What the award's instalments take from each fund year."""
    rows = award.instalments.order_by().values("fund_year").annotate(total=Sum("amount"))
    sums = {row["fund_year"]: row["total"] for row in rows}
    return {year: sums[year.pk] for year in FundYear.objects.filter(pk__in=sums).order_by("number")}


@transaction.atomic
def plan(award: Award, parts: Sequence[InstalmentSpec], *, actor: User, at: dt.datetime) -> Award:
    """Another schedule for an award that is not accepted yet: the same money of each year, in other parts."""
    held = (
        Award.objects.select_for_update(of=("self",)).select_related("fund", "university", "proposal").get(pk=award.pk)
    )
    if held.status != Award.Status.OFFERED:
        raise WrongState("The schedule is part of what was signed. It changes by an amendment only.")
    if not 1 <= len(parts) <= MOST:
        raise InvalidInput(f"An award has 1 to {MOST} instalments.", field="parts")
    before = by_year(held)
    sums: dict[FundYear, Decimal] = {}
    for part in parts:
        amount = checked_money(part.amount, held.currency, field="amount")
        sums[part.fund_year] = sums.get(part.fund_year, ZERO) + amount
    if sums != before:
        raise InvalidInput("The instalments of each fund year must sum to what the board gave for it.", field="amount")
    held.instalments.all().delete()
    write(held, sorted(parts, key=lambda part: part.due_on))
    held.terms = terms.text_of(held)
    held.terms_sha256 = terms.checksum(held.terms)
    held.save(update_fields=["terms", "terms_sha256"])
    record(actor, "award.scheduled", held, at=at, after={"instalments": len(parts), "terms_sha256": held.terms_sha256})
    return held
