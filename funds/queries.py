"""Reads of the ledger: the five-year position, balances as of an instant, and the proof that the books are whole."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, DecimalField, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from funds import chart
from funds.hashing import content_hash, entry_hash
from funds.models import Balance, Entry, Fund, FundYear, LedgerHead, Line

NOTHING = Value(Decimal(0), output_field=DecimalField(max_digits=20, decimal_places=4))


@dataclass(frozen=True)
class YearPosition:
    """The levels of one fund year, in the fund's currency. `obligated` is what awards still may draw."""

    year: FundYear
    ceiling: Decimal
    unappropriated: Decimal
    free: Decimal
    committed: Decimal
    obligated: Decimal
    in_process: Decimal
    disbursed: Decimal

    @property
    def reserved(self) -> Decimal:
        return self.committed + self.obligated + self.in_process

    @property
    def appropriated(self) -> Decimal:
        return self.free + self.reserved + self.disbursed


LEVELS = {
    "ceiling": chart.CEILING,
    "unappropriated": chart.UNAPPROPRIATED,
    "free": chart.FREE,
    "committed": chart.COMMITTED,
    "obligated": chart.OBLIGATED,
    "in_process": chart.IN_PROCESS,
    "disbursed": chart.DISBURSED,
}


def positions(fund: Fund, *, as_of: dt.datetime | None = None) -> list[YearPosition]:
    """The five-year board, one row a year: from the kept balances, or from lines posted at or before `as_of`."""
    years = FundYear.objects.filter(fund=fund).order_by("number")
    if as_of is None:
        sums = {
            name: Coalesce(Sum("balances__amount", filter=Q(balances__account__code=code)), NOTHING)
            for name, code in LEVELS.items()
        }
    else:
        signed = Case(When(lines__side=F("lines__account__side"), then=F("lines__amount")), default=-F("lines__amount"))
        known = Q(lines__entry__posted_at__lte=as_of)
        sums = {
            name: Coalesce(Sum(signed, filter=known & Q(lines__account__code=code)), NOTHING)
            for name, code in LEVELS.items()
        }
    return [YearPosition(year, *(getattr(year, name) for name in LEVELS)) for year in years.annotate(**sums)]


def faults(fund: Fund) -> list[str]:
    """What is wrong with a fund's books: the first bad entry of the chain, and each balance that lines don't give."""
    return [*_chain_fault(fund), *_balance_faults(fund)]


def _chain_fault(fund: Fund) -> list[str]:
    previous, sequence = "", 0
    for entry in Entry.objects.filter(fund=fund).order_by("sequence").prefetch_related("lines").iterator(2000):
        sequence += 1
        content = content_hash(
            entry.event,
            entry.currency,
            entry.effective_on,
            text=entry.text,
            source=entry.source,
            lines=entry.lines.all(),
        )
        if (entry.sequence, entry.previous_hash, entry.content, entry.hash) != (
            sequence,
            previous,
            content,
            entry_hash(entry),
        ):
            return [f"Entry {entry.sequence} ({entry.pk}) is not what was posted."]
        previous = entry.hash
    head = LedgerHead.objects.get(fund=fund)
    return [] if (head.sequence, head.hash) == (sequence, previous) else ["The end of the chain is missing."]


def _balance_faults(fund: Fund) -> list[str]:
    key = ("account_id", "fund_year_id", "subaccount_id")
    signed = Case(When(side=F("account__side"), then=F("amount")), default=-F("amount"))
    lines = Line.objects.filter(entry__fund=fund).order_by().values_list(*key).annotate(total=Sum(signed))
    computed = {row[:3]: row[3] for row in lines}
    kept = {row[:3]: row[3] for row in Balance.objects.filter(account__fund=fund).values_list(*key, "amount")}
    return [
        f"Balance {where} is kept as {kept.get(where, 0)}, its lines give {computed.get(where, 0)}."
        for where in sorted(computed.keys() | kept.keys(), key=str)
        if computed.get(where, 0) != kept.get(where, 0)
    ]
