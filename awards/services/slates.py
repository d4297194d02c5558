"""Slates: put together from the ranking, put to the board, carried out when the board adopts."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from accounts.models import User
from alliance.models import Resolution
from alliance.services.resolutions import propose_resolution, withdraw_resolution
from audit.services import record
from awards import schedule, transitions
from awards.models import Slate, SlateLine, SlateLineYear, SlateStep
from awards.services.awards import offer_award
from awards.services.steps import begin, move
from core.errors import InvalidInput, StaleWrite, WrongState
from core.money import ZERO, checked_money, format_money
from core.numbering import next_number
from core.text import given_reason
from funds.models import FundYear
from funds.queries import positions
from grants.models import Call, Proposal
from grants.services import decisions
from reviews.ranking import by_rank, ranked

CANDIDATES = (Proposal.Status.RECOMMENDED, Proposal.Status.NOT_RECOMMENDED, Proposal.Status.RESERVE_LIST)
SHORTEST_MONTHS = 12


@transaction.atomic
def create_slate(call: Call, *, title: str, actor: User, at: dt.datetime, rationale: str = "") -> Slate:
    """A draft from the call's ranking as `actor` may see it: recommended ones funded as asked, the others declined."""
    if not title.strip():
        raise InvalidInput("Give the slate a title.", field="title")
    slate = Slate.objects.create(
        number=next_number(Slate, "SL", at),
        fund=call.programme.fund,
        call=call,
        title=title.strip(),
        rationale=rationale.strip(),
        created_by=actor,
        created_at=at,
    )
    begin(slate, SlateStep, actor=actor, at=at)
    rows = by_rank(ranked(actor, call).filter(status__in=CANDIDATES))
    for proposal in rows:
        _first_line(slate, proposal)
    record(actor, "slate.created", slate, at=at, after={"call": call.code})
    return slate


def _first_line(slate: Slate, proposal: Proposal) -> None:
    funded = proposal.status == Proposal.Status.RECOMMENDED and proposal.requested > ZERO
    rank, mean = getattr(proposal, "rank", None), getattr(proposal, "mean", None)
    line = SlateLine.objects.create(
        slate=slate,
        proposal=proposal,
        rank=rank,
        score=mean,
        decision=SlateLine.Decision.FUND if funded else SlateLine.Decision.DECLINE,
        amount=proposal.requested if funded else ZERO,
    )
    if funded:
        _set_years(line, default_years(slate, proposal, proposal.requested))


def project_dates(proposal: Proposal) -> tuple[dt.date, dt.date]:
    """First and last day of the work, as proposed; a year from the call's closing where nothing was said."""
    starts_on = proposal.starts_on or schedule.add_months(proposal.stage.closes_at.date().replace(day=1), 6)
    months = proposal.months or SHORTEST_MONTHS
    return starts_on, schedule.add_months(starts_on, months) - dt.timedelta(days=1)


def default_years(slate: Slate, proposal: Proposal, amount: Decimal) -> dict[FundYear, Decimal]:
    """An amount over the fund's years by the project's days in each."""
    starts_on, ends_on = project_dates(proposal)
    years = list(FundYear.objects.filter(fund=slate.fund))
    return schedule.by_fund_year(amount, starts_on, ends_on, years, slate.fund.currency)


def _set_years(line: SlateLine, by_year: Mapping[FundYear, Decimal]) -> None:
    line.years.all().delete()
    SlateLineYear.objects.bulk_create(
        SlateLineYear(line=line, fund_year=year, amount=amount) for year, amount in by_year.items()
    )


def _locked(slate: Slate) -> Slate:
    return Slate.objects.select_for_update(of=("self",)).select_related("fund", "call").get(pk=slate.pk)


@transaction.atomic
def set_line(
    slate: Slate,
    proposal: Proposal,
    *,
    decision: str,
    by_year: Mapping[FundYear, Decimal],
    version: int,
    actor: User,
    at: dt.datetime,
    note: str = "",
) -> SlateLine:
    """What the slate says of one proposal. Amounts only where it is funded; each year of the slate's fund.

    `version` is the line's, 0 for a proposal that is not on the slate yet.
    """
    held = _locked(slate)
    if held.status != Slate.Status.DRAFT:
        raise WrongState("This slate was put to the board; withdraw it to change it.")
    line = held.lines.filter(proposal=proposal).first() or SlateLine(slate=held, proposal=proposal, version=0)
    if line.version != version:
        raise StaleWrite("A colleague changed this line meanwhile. Look at it again.", version=line.version)
    if decision not in SlateLine.Decision.values or proposal.call_id != held.call_id or proposal.is_expression:
        raise InvalidInput("This decision can't be put on this slate.", field="decision")
    amounts = _amounts(held, decision, by_year)
    total = sum(amounts.values(), ZERO)
    before = {"decision": line.decision, "amount": str(line.amount)} if line.version else {}
    line.decision, line.amount, line.note = decision, total, note.strip()
    line.version += 1
    line.save()
    _set_years(line, amounts)
    after = {"decision": decision, "amount": str(total)}
    record(actor, "slate.line_set", held, at=at, subject=proposal, before=before, after=after)
    return line


def _amounts(held: Slate, decision: str, by_year: Mapping[FundYear, Decimal]) -> dict[FundYear, Decimal]:
    """The money of a line, year by year: within the fund, of sane size, and there only where the proposal is funded."""
    if any(year.fund_id != held.fund_id for year in by_year):
        raise InvalidInput("A year of another fund can't be used.", field="by_year")
    currency = held.fund.currency
    amounts = {year: checked_money(amount, currency, field="by_year") for year, amount in by_year.items() if amount}
    if any(amount < 0 for amount in amounts.values()):
        raise InvalidInput("An amount can't be negative.", field="by_year")
    total = sum(amounts.values(), ZERO)
    if (decision == SlateLine.Decision.FUND) != (total > 0):
        raise InvalidInput("Give an amount where the proposal is funded, and none where not.", field="by_year")
    if total > held.call.award_ceiling:
        most = format_money(held.call.award_ceiling, currency)
        raise InvalidInput(f"An award of this call is {most} at most.", field="by_year")
    return amounts


def totals_by_year(slate: Slate) -> dict[FundYear, Decimal]:
    """What the slate's funded lines take from each fund year."""
    rows = SlateLineYear.objects.filter(line__slate=slate).order_by().values("fund_year").annotate(total=Sum("amount"))
    sums = {row["fund_year"]: row["total"] for row in rows}
    return {year: sums.get(year.pk, ZERO) for year in FundYear.objects.filter(fund=slate.fund).order_by("number")}


def problems(slate: Slate) -> list[str]:
    """What speaks against putting the slate to the board now, in words. The ledger decides again when it is adopted."""
    found: list[str] = []
    totals = totals_by_year(slate)
    if not any(totals.values()):
        found.append("Nothing on the slate is funded.")
    currency = slate.fund.currency
    for position in positions(slate.fund):
        wanted = totals.get(position.year, ZERO)
        if wanted > position.free:
            found.append(
                f"{position.year.label} has {format_money(position.free, currency)} free; "
                f"the slate takes {format_money(wanted, currency)}."
            )
    if sum(totals.values(), ZERO) > slate.call.envelope:
        found.append(f"The slate is larger than the call's envelope of {format_money(slate.call.envelope, currency)}.")
    return found


@transaction.atomic
def propose(slate: Slate, *, actor: User, at: dt.datetime) -> Resolution:
    """Put the slate to the board. Adopting the resolution commits the money and makes the awards."""
    held = _locked(slate)
    found = problems(held)
    if found:
        raise InvalidInput(" ".join(found))
    resolution = propose_resolution(
        fund=held.fund,
        kind="slate",
        title=held.title,
        text=held.rationale,
        payload={"slate": str(held.pk), "number": held.number},
        subject=held,
        actor=actor,
        at=at,
    )
    held.resolution = resolution
    move(held, Slate.Status.PROPOSED, transitions.SLATE, SlateStep, actor=actor, at=at)
    return resolution


@transaction.atomic
def withdraw(slate: Slate, *, reason: str, actor: User, at: dt.datetime) -> Slate:
    """Take a slate back, with its resolution if there is one: that is locked first, as by the last vote on it."""
    reason = given_reason(reason, "Say why the slate is withdrawn.")
    resolution = Resolution.objects.filter(slate=slate).first()
    if resolution is not None:
        withdraw_resolution(resolution, reason=reason, actor=actor, at=at)
    held = _locked(slate)
    move(held, Slate.Status.WITHDRAWN, transitions.SLATE, SlateStep, actor=actor, at=at, reason=reason)
    return held


def carry_out(resolution: Resolution, actor: User | None, at: dt.datetime) -> None:
    """The board adopted: the effect `slate`. Commits the money of every funded line and offers the awards, all or none."""
    held = Slate.objects.select_for_update(of=("self",)).select_related("fund", "call").get(resolution=resolution)
    for line in held.lines.select_related("proposal__stage", "proposal__university", "proposal__pi"):
        if line.decision == SlateLine.Decision.FUND:
            offer_award(line, source=resolution.number, actor=actor, at=at)
        elif line.decision == SlateLine.Decision.RESERVE:
            decisions.put_on_reserve(line.proposal, reason=line.note, actor=actor, at=at)
        else:
            decisions.decline(line.proposal, reason=line.note, actor=actor, at=at)
    move(held, Slate.Status.ADOPTED, transitions.SLATE, SlateStep, actor=actor, at=at)


def turned_down(resolution: Resolution, actor: User | None, at: dt.datetime) -> None:
    """The board rejected the resolution: the slate is over, its proposals wait for another."""
    held = Slate.objects.select_for_update().get(resolution=resolution)
    if held.status == Slate.Status.PROPOSED:
        move(held, Slate.Status.REJECTED, transitions.SLATE, SlateStep, actor=actor, at=at)
