"""Reads of the ledger: the five-year position, balances as of an instant, and the proof that the books are whole."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, DecimalField, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from core.clock import end_of_day
from core.money import ZERO
from funds import chart
from funds.hashing import content_hash, entry_hash
from funds.models import Account, Balance, Entry, Fund, FundYear, LedgerHead, Line, Subaccount

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


def last_instant(day: dt.date | None) -> dt.datetime | None:
    """The instant that "as of `day`" means for the reads here: PostgreSQL's last microsecond before the day is over."""
    return None if day is None else end_of_day(day) - dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class SubaccountBalance:
    """What the ledger holds for one award. `obligated` is what it still may draw, apart from payments in process."""

    committed: Decimal = ZERO
    obligated: Decimal = ZERO
    in_process: Decimal = ZERO
    disbursed: Decimal = ZERO

    @property
    def reserved(self) -> Decimal:
        return self.committed + self.obligated + self.in_process

    @property
    def obligated_in_all(self) -> Decimal:
        """The award's binding amount: what it drew, what is on its way, and what it still may draw."""
        return self.obligated + self.in_process + self.disbursed


OF_AWARD = {
    chart.COMMITTED: "committed",
    chart.OBLIGATED: "obligated",
    chart.IN_PROCESS: "in_process",
    chart.DISBURSED: "disbursed",
}


def subaccount_balances(
    subaccounts: Iterable[uuid.UUID], as_of: dt.datetime | None = None
) -> dict[uuid.UUID, SubaccountBalance]:
    """Per key of a subaccount its balance now, or from lines posted at or before `as_of`; one query for all of them."""
    wanted = list(subaccounts)
    sums = _sums(as_of, "subaccount_id", Q(subaccount__in=wanted, account__code__in=list(OF_AWARD)))
    found: dict[uuid.UUID, dict[str, Decimal]] = {}
    for code, subaccount, amount in sums:
        found.setdefault(subaccount, {})[OF_AWARD[code]] = amount
    return {key: SubaccountBalance(**found.get(key, {})) for key in wanted}


def award_years(subaccount: Subaccount, as_of: dt.datetime | None = None) -> dict[FundYear, SubaccountBalance]:
    """One award's balance in each fund year that it touches, in their order."""
    sums = _sums(as_of, "fund_year_id", Q(subaccount=subaccount, account__code__in=list(OF_AWARD)))
    found: dict[uuid.UUID, dict[str, Decimal]] = {}
    for code, year, amount in sums:
        found.setdefault(year, {})[OF_AWARD[code]] = amount
    years = FundYear.objects.filter(pk__in=found).order_by("number")
    return {year: SubaccountBalance(**found[year.pk]) for year in years}


@dataclass(frozen=True)
class CashPosition:
    """A fund's cash book, in its currency."""

    bank: Decimal = ZERO
    receivable: Decimal = ZERO
    pledged: Decimal = ZERO
    paid: Decimal = ZERO
    written_off: Decimal = ZERO

    @property
    def received(self) -> Decimal:
        return self.pledged - self.receivable - self.written_off


OF_CASH = {
    chart.BANK: "bank",
    chart.RECEIVABLE: "receivable",
    chart.CAPITAL: "pledged",
    chart.PAID: "paid",
    chart.WRITTEN_OFF: "written_off",
}


def cash_position(fund: Fund, as_of: dt.datetime | None = None) -> CashPosition:
    """What members pledged and paid in, and what left, now or from lines posted at or before `as_of`; one query."""
    sums = _sums(as_of, "account__fund_id", Q(account__fund=fund, account__code__in=list(OF_CASH)))
    return CashPosition(**{OF_CASH[code]: amount for code, _fund, amount in sums})


def _sums(as_of: dt.datetime | None, key: str, where: Q) -> Iterable[tuple[str, uuid.UUID, Decimal]]:
    """(account code, key, amount on the account's normal side) per pair of them."""
    rows: QuerySet[Balance] | QuerySet[Line]
    if as_of is None:
        rows, amount = Balance.objects.filter(where), Sum("amount")
    else:
        signed = Case(When(side=F("account__side"), then=F("amount")), default=-F("amount"))
        rows, amount = Line.objects.filter(where, entry__posted_at__lte=as_of), Sum(signed)
    return rows.order_by().values_list("account__code", key).annotate(held=amount)


APPROPRIATED = (chart.FREE, chart.COMMITTED, chart.OBLIGATED, chart.IN_PROCESS, chart.DISBURSED)
RESERVED = (chart.COMMITTED, chart.OBLIGATED, chart.IN_PROCESS)


def with_levels(funds: QuerySet[Fund], as_of: dt.datetime | None = None) -> QuerySet[Fund]:
    """Funds with what all their years hold: `appropriated`, `reserved`, `disbursed`, `free`, and `bank`."""
    wanted = {
        "appropriated": APPROPRIATED,
        "reserved": RESERVED,
        "disbursed": (chart.DISBURSED,),
        "free": (chart.FREE,),
        "bank": (chart.BANK,),
    }
    amount: F | Case
    if as_of is None:
        amount, known = F("accounts__balances__amount"), Q()
    else:
        line = F("accounts__lines__amount")
        amount = Case(When(accounts__lines__side=F("accounts__side"), then=line), default=-line)
        known = Q(accounts__lines__entry__posted_at__lte=as_of)
    return funds.annotate(
        **{
            name: Coalesce(Sum(amount, filter=known & Q(accounts__code__in=codes)), NOTHING)
            for name, codes in wanted.items()
        }
    )


def trial_balance(accounts: QuerySet[Account], as_of: dt.datetime | None = None) -> QuerySet[Account]:
    """Accounts with all that was debited (`debits`) and credited (`credits`), and their `balance` on the normal side."""
    known = Q() if as_of is None else Q(lines__entry__posted_at__lte=as_of)
    sides = {
        name: Coalesce(Sum("lines__amount", filter=known & Q(lines__side=side)), NOTHING)
        for name, side in (("debits", chart.DEBIT), ("credits", chart.CREDIT))
    }
    debit = Q(side=chart.DEBIT)
    balance = Case(When(debit, then=F("debits") - F("credits")), default=F("credits") - F("debits"))
    return accounts.annotate(**sides).annotate(balance=balance)


def still_stands(entry: str = "entry", as_of: dt.datetime | None = None) -> Q:
    """Rows whose entry (at the path `entry`) was not reversed, or whose reversal was: what the balances hold.

    For rows of other apps that tell of an entry, so that their sums and the ledger's never part.
    """
    known = Q() if as_of is None else Q(posted_at__lte=as_of)
    again = Entry.objects.filter(known, reverses=OuterRef("pk"))
    return ~Q(Exists(Entry.objects.filter(known, ~Exists(again), reverses=OuterRef(entry))))


def is_as_posted(entry: Entry) -> bool:
    """Whether an entry and its lines (fetched or not) still give the hashes that were written with them."""
    content = content_hash(
        entry.event, entry.currency, entry.effective_on, text=entry.text, source=entry.source, lines=entry.lines.all()
    )
    return (entry.content, entry.hash) == (content, entry_hash(entry))


def faults(fund: Fund) -> list[str]:
    """What is wrong with a fund's books: the first bad entry of the chain, and each balance that lines don't give."""
    return [*_chain_fault(fund), *_balance_faults(fund)]


def _chain_fault(fund: Fund) -> list[str]:
    previous, sequence = "", 0
    for entry in Entry.objects.filter(fund=fund).order_by("sequence").prefetch_related("lines").iterator(2000):
        sequence += 1
        if (entry.sequence, entry.previous_hash) != (sequence, previous) or not is_as_posted(entry):
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
