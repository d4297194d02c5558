"""Every write of the ledger: `post` is the only door, the events below are its vocabulary (docs/ledger.md)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from moneyed import CurrencyDoesNotExist

from accounts.models import User
from audit.services import record
from core.clock import check_plausible
from core.errors import InvalidInput, NotAllowed, WrongState
from core.money import ZERO, checked_money, minor_units
from funds import chart
from funds.errors import AlreadyReversed, KeyReused, NotEnoughMoney
from funds.hashing import content_hash, entry_hash
from funds.models import Account, Entry, Fund, FundYear, LedgerHead, Line, Subaccount


@dataclass(frozen=True)
class Posting:
    """One line to be: an amount on a side of an account, for a year and a subaccount where the account is carried by them."""

    code: str
    side: str
    amount: Decimal
    year: FundYear | None = None
    subaccount: Subaccount | None = None


def transfer(
    debit: str, credit: str, amount: Decimal, *, year: FundYear | None = None, subaccount: Subaccount | None = None
) -> list[Posting]:
    """Debit one account and credit another; year and subaccount are put on the lines whose account is carried by them."""
    kinds = {kind.code: kind for kind in chart.CHART}
    return [
        Posting(
            code,
            side,
            amount,
            year if kinds[code].by_year else None,
            subaccount if kinds[code].by_subaccount else None,
        )
        for code, side in ((debit, chart.DEBIT), (credit, chart.CREDIT))
    ]


@dataclass(frozen=True)
class YearPlan:
    """A fiscal year to be, with its ceiling in the fund's currency."""

    starts_on: dt.date
    ends_before: dt.date
    ceiling: Decimal


# Paths of pages under /funds/ that a fund's code would hide.
RESERVED_CODES = frozenset({"new", "sum", "ledger"})
MOST_YEARS = 12
LONGEST_REASON = 400


@transaction.atomic
def create_fund(
    *, code: str, name: str, currency: str, years: Sequence[YearPlan], actor: User | None, at: dt.datetime
) -> Fund:
    """A fund with its years, its chart of accounts and its ceilings posted; its total is their sum."""
    ceilings = _checked_plans(years, currency)
    fund = _new_fund(code, name, currency, sum(ceilings, ZERO), at)
    LedgerHead.objects.create(fund=fund)
    Account.objects.bulk_create(
        Account(
            fund=fund,
            code=kind.code,
            name=kind.name,
            book=kind.book,
            side=kind.side,
            by_year=kind.by_year,
            by_subaccount=kind.by_subaccount,
        )
        for kind in chart.CHART
    )
    rows = FundYear.objects.bulk_create(
        FundYear(fund=fund, number=n, starts_on=year.starts_on, ends_before=year.ends_before)
        for n, year in enumerate(years, 1)
    )
    record(actor, "fund.created", fund, at=at, after={"code": code, "currency": currency, "total": fund.total})
    postings = [
        posting
        for row, ceiling in zip(rows, ceilings, strict=True)
        for posting in transfer(chart.CEILING, chart.UNAPPROPRIATED, ceiling, year=row)
    ]
    post(fund, "ceiling.set", postings, text=f"Ceilings of {name}"[:500], actor=actor, at=at)
    return fund


def _checked_plans(years: Sequence[YearPlan], currency: str) -> list[Decimal]:
    """The ceilings, once years and currency can be used: years in order, none empty, none into the next."""
    try:
        minor_units(currency)
    except CurrencyDoesNotExist:
        raise InvalidInput(_("This is not a currency of ISO 4217, such as USD."), field="currency") from None
    if not 1 <= len(years) <= MOST_YEARS:
        raise InvalidInput(_("A fund has 1 to %(most)s fiscal years.") % {"most": MOST_YEARS}, field="years")
    for year in years:
        check_plausible(year.starts_on, field="years")
        check_plausible(year.ends_before, field="years")
    ends = [year.starts_on for year in years[1:]] + [dt.date.max]
    if any(year.ends_before <= year.starts_on or year.ends_before > end for year, end in zip(years, ends, strict=True)):
        raise InvalidInput(_("Each fiscal year starts after the one before it has ended."), field="years")
    ceilings = [checked_money(year.ceiling, currency, field="years") for year in years]
    if min(ceilings) <= 0:
        raise InvalidInput(_("The ceiling of a year must be above zero."), field="years")
    return ceilings


def _new_fund(code: str, name: str, currency: str, total: Decimal, at: dt.datetime) -> Fund:
    if code in RESERVED_CODES:
        raise InvalidInput(_("This code can't be used. Choose another."), field="code")
    try:
        with transaction.atomic():
            return Fund.objects.create(
                code=code,
                name=name,
                currency=currency,
                minor_units=minor_units(currency),
                total=checked_money(total, currency, field="years"),
                created_at=at,
            )
    except IntegrityError as error:
        raise InvalidInput(_("There is a fund with this code already."), field="code") from error


@transaction.atomic
def post(  # noqa: PLR0913  (an entry has this many facts, all but three by keyword)
    fund: Fund,
    event: str,
    postings: Sequence[Posting],
    *,
    text: str,
    actor: User | None,
    at: dt.datetime,
    effective_on: dt.date | None = None,
    source: str = "",
    key: str | None = None,
    reverses: Entry | None = None,
) -> Entry:
    """Write one balanced entry. Locks the fund's head, so entries have one order; refuses to overdraw any account.

    With a `key` seen before, answers the first entry if the content is the same, else raises `KeyReused`.
    """
    head = LedgerHead.objects.select_for_update().get(fund=fund)
    day = effective_on or at.date()
    posted_at = max(at, head.posted_at) if head.posted_at else at
    lines = _lines(fund, postings)
    content = content_hash(event, fund.currency, day, text=text, source=source, lines=lines)
    if key is not None and (earlier := Entry.objects.filter(fund=fund, key=key).first()):
        if earlier.content != content:
            raise KeyReused("This key was used for another entry. Nothing was posted.")
        return earlier
    entry = Entry(
        fund=fund,
        sequence=head.sequence + 1,
        event=event,
        effective_on=day,
        posted_at=posted_at,
        actor=actor,
        currency=fund.currency,
        text=text,
        source=source,
        key=key,
        content=content,
        reverses=reverses,
        previous_hash=head.hash,
    )
    entry.hash = entry_hash(entry)
    _write(entry, lines)
    LedgerHead.objects.filter(fund=fund).update(sequence=entry.sequence, hash=entry.hash, posted_at=posted_at)
    record(actor, f"ledger.{event}", entry, at=at, subject=fund, after={"sequence": entry.sequence, "text": text})
    return entry


def _lines(fund: Fund, postings: Sequence[Posting]) -> list[Line]:
    accounts = {account.code: account for account in Account.objects.filter(fund=fund)}
    return [
        Line(
            account=accounts[posting.code],
            side=posting.side,
            amount=checked_money(posting.amount, fund.currency, field="amount"),
            fund_year=posting.year,
            subaccount=posting.subaccount,
        )
        for posting in postings
    ]


def _write(entry: Entry, lines: list[Line]) -> None:
    """Entry and lines in one savepoint, so that a refusal leaves the caller's transaction usable."""
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
            for line in lines:
                line.entry = entry
            Line.objects.bulk_create(lines)
    except IntegrityError as error:
        if "balance_not_overdrawn" not in str(error):
            raise
        raise NotEnoughMoney(
            "There is not enough money for this: it would take an account below zero. Nothing was posted.",
            event=entry.event,
        ) from error


@transaction.atomic
def reverse(entry: Entry, *, reason: str, actor: User, at: dt.datetime) -> Entry:
    """Undo an entry by its mirror image. Only once, with a reason, and never by the person who posted it.

    Ceilings are not reversed: they would no longer sum to the fund's total.
    """
    if not reason.strip():
        raise InvalidInput("Say why the entry is reversed.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(f"Say it in {LONGEST_REASON} characters.", field="reason")
    if entry.actor_id == actor.pk:
        raise NotAllowed("Who posted an entry can't reverse it: ask a colleague.")
    if entry.event == Entry.Event.CEILING_SET:
        raise WrongState("The ceilings sum to the fund's total: they can't be taken back.")
    LedgerHead.objects.select_for_update().get(fund_id=entry.fund_id)
    if Entry.objects.filter(reverses=entry).exists():
        raise AlreadyReversed("This entry is reversed already.")
    swap = {chart.DEBIT: chart.CREDIT, chart.CREDIT: chart.DEBIT}
    postings = [
        Posting(line.account.code, swap[line.side], line.amount, line.fund_year, line.subaccount)
        for line in entry.lines.select_related("account", "fund_year", "subaccount")
    ]
    return post(
        entry.fund,
        "reversal",
        postings,
        text=f"Reverses #{entry.sequence}: {reason.strip()}",
        actor=actor,
        at=at,
        reverses=entry,
    )


@transaction.atomic
def open_subaccount(fund: Fund, *, kind: str, code: str, label: str) -> Subaccount:
    """The ledger's name for an award or a pledge."""
    return Subaccount.objects.create(fund=fund, kind=kind, code=code, label=label)


def appropriate(year: FundYear, amount: Decimal, **how: Any) -> Entry:
    """Make a year's money available, by the board's resolution. Refused above the year's ceiling."""
    postings = transfer(chart.UNAPPROPRIATED, chart.FREE, amount, year=year)
    return post(year.fund, "appropriation", postings, **how)


def commit(award: Subaccount, by_year: Mapping[FundYear, Decimal], **how: Any) -> Entry:
    """Set money aside for an award that the board chose: in every year it touches, or in none."""
    return _award_move("commitment", chart.FREE, chart.COMMITTED, award, by_year, how=how)


def decommit(award: Subaccount, by_year: Mapping[FundYear, Decimal], **how: Any) -> Entry:
    """Give committed money back to what is free: the award was declined or withdrawn."""
    return _award_move("decommitment", chart.COMMITTED, chart.FREE, award, by_year, how=how)


def obligate(award: Subaccount, by_year: Mapping[FundYear, Decimal], **how: Any) -> Entry:
    """Bind committed money: the award is signed."""
    return _award_move("obligation", chart.COMMITTED, chart.OBLIGATED, award, by_year, how=how)


def deobligate(award: Subaccount, by_year: Mapping[FundYear, Decimal], **how: Any) -> Entry:
    """Free what an award did not use, in the same years."""
    return _award_move("deobligation", chart.OBLIGATED, chart.FREE, award, by_year, how=how)


def _award_move(
    event: str, debit: str, credit: str, award: Subaccount, by_year: Mapping[FundYear, Decimal], *, how: dict[str, Any]
) -> Entry:
    postings = [
        posting
        for year, amount in by_year.items()
        for posting in transfer(debit, credit, amount, year=year, subaccount=award)
    ]
    return post(award.fund, event, postings, **how)


def approve_payment(award: Subaccount, year: FundYear, amount: Decimal, **how: Any) -> Entry:
    """Hold money of the obligation for one payment. Refused where the obligation has no more."""
    postings = transfer(chart.OBLIGATED, chart.IN_PROCESS, amount, year=year, subaccount=award)
    return post(award.fund, "payment.approved", postings, **how)


def settle_payment(award: Subaccount, year: FundYear, amount: Decimal, **how: Any) -> Entry:
    """The payment left the bank. Refused where the cash has not arrived."""
    postings = [
        *transfer(chart.IN_PROCESS, chart.DISBURSED, amount, year=year, subaccount=award),
        *transfer(chart.PAID, chart.BANK, amount, year=year, subaccount=award),
    ]
    return post(award.fund, "payment.settled", postings, **how)


def fail_payment(award: Subaccount, year: FundYear, amount: Decimal, **how: Any) -> Entry:
    """A payment failed before it settled: its money goes back to the obligation."""
    postings = transfer(chart.IN_PROCESS, chart.OBLIGATED, amount, year=year, subaccount=award)
    return post(award.fund, "payment.failed", postings, **how)


def return_payment(award: Subaccount, year: FundYear, amount: Decimal, **how: Any) -> Entry:
    """A settled payment came back: cash and obligation have it again."""
    postings = [
        *transfer(chart.DISBURSED, chart.OBLIGATED, amount, year=year, subaccount=award),
        *transfer(chart.BANK, chart.PAID, amount, year=year, subaccount=award),
    ]
    return post(award.fund, "payment.returned", postings, **how)


def pledge(pledge_account: Subaccount, year: FundYear, amount: Decimal, **how: Any) -> Entry:
    """A member promises money for a year."""
    postings = transfer(chart.RECEIVABLE, chart.CAPITAL, amount, year=year, subaccount=pledge_account)
    return post(pledge_account.fund, "pledge", postings, **how)


def receive(pledge_account: Subaccount, year: FundYear, amount: Decimal, **how: Any) -> Entry:
    """A contribution arrived. Refused above what its pledge still owes."""
    postings = transfer(chart.BANK, chart.RECEIVABLE, amount, year=year, subaccount=pledge_account)
    return post(pledge_account.fund, "contribution", postings, **how)
