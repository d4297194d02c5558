"""Reads of the alliance: what members pledged and paid, who governs a fund, and how a vote stands."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from accounts.models import User
from alliance.models import BoardSeat, Member, Pledge, Resolution, Vote
from core.money import ZERO
from funds import chart
from funds.models import Balance, Fund, Line
from notifications.models import Deadline

NOTHING = Value(Decimal(0), output_field=DecimalField(max_digits=20, decimal_places=4))
SIGNED = Case(When(side=F("account__side"), then=F("amount")), default=-F("amount"))


# --- money of members -------------------------------------------------------------------------------------------------
def held(code: str, path: str, as_of: dt.datetime | None = None, **where: object) -> Subquery:
    """What accounts `code` hold for the outer row, whose pledges' subaccounts lie at `path` (of a ledger line).

    From the kept balances, or from the lines posted at or before `as_of`. Empty where there is no such line.
    """
    rows: QuerySet[Balance] | QuerySet[Line]
    if as_of is None:
        rows, amount = Balance.objects.filter(account__code=code), Sum("amount")
    else:
        rows, amount = Line.objects.filter(account__code=code, entry__posted_at__lte=as_of), Sum(SIGNED)
    rows = rows.filter(**{path: OuterRef("pk")}, **where).order_by()
    return Subquery(rows.values(path).annotate(held=amount).values("held"))


def with_money(pledges: QuerySet[Pledge], as_of: dt.datetime | None = None) -> QuerySet[Any]:
    """Pledges with `pledged`, `outstanding`, `written_off` and `received`, in the currency of their fund."""
    return pledges.annotate(
        pledged=Coalesce(held(chart.CAPITAL, "subaccount__pledge", as_of), NOTHING),
        outstanding=Coalesce(held(chart.RECEIVABLE, "subaccount__pledge", as_of), NOTHING),
        written_off=Coalesce(held(chart.WRITTEN_OFF, "subaccount__pledge", as_of), NOTHING),
    ).annotate(received=F("pledged") - F("outstanding") - F("written_off"))


@dataclass(frozen=True)
class MemberPosition:
    """What one member promised to a fund in all its years, and what of it arrived; `share` of all that is pledged."""

    member: Member
    pledged: Decimal
    received: Decimal
    outstanding: Decimal
    share: Decimal


def member_positions(fund: Fund, as_of: dt.datetime | None = None) -> list[MemberPosition]:
    """One row for each member with a pledge to `fund`, the largest first, in one query; shares sum to one."""
    path = "pledges__subaccount__balances" if as_of is None else "pledges__subaccount__lines"
    amount: F | Case = F(f"{path}__amount")
    known = Q(pledges__fund_year__fund=fund)
    if as_of is not None:
        amount = Case(
            When(**{f"{path}__side": F(f"{path}__account__side")}, then=F(f"{path}__amount")),
            default=-F(f"{path}__amount"),
        )
        known &= Q(**{f"{path}__entry__posted_at__lte": as_of})
    sums = {
        name: Coalesce(Sum(amount, filter=known & Q(**{f"{path}__account__code": code})), NOTHING)
        for name, code in (
            ("pledged", chart.CAPITAL),
            ("outstanding", chart.RECEIVABLE),
            ("written_off", chart.WRITTEN_OFF),
        )
    }
    summed: QuerySet[Any] = Member.objects.annotate(**sums)
    rows = list(summed.filter(pledged__gt=0).order_by("-pledged", "name"))
    total = sum((row.pledged for row in rows), ZERO)
    return [
        MemberPosition(
            row, row.pledged, row.pledged - row.outstanding - row.written_off, row.outstanding, row.pledged / total
        )
        for row in rows
    ]


# --- the board --------------------------------------------------------------------------------------------------------
def board_of(fund: Fund, at: dt.datetime) -> list[BoardSeat]:
    """The seats in force, the chair first."""
    seats = BoardSeat.objects.filter(fund=fund).in_force(at).select_related("user")
    return list(seats.order_by("-chair", "-voting", "user__name", "pk"))


def is_board(user: User, fund: Fund) -> bool:
    """Whether `user` sits on the board of `fund` now, with or without a vote."""
    return BoardSeat.objects.filter(fund=fund, user=user).in_force().exists()


@dataclass(frozen=True)
class Tally:
    """How a vote stands. Those who recused themselves are out of the seats that quorum and majority are counted from."""

    seats: list[BoardSeat]
    votes: Mapping[uuid.UUID, Vote]
    quorum: Decimal
    majority: Decimal
    proposer: uuid.UUID | None

    def count(self, choice: str) -> int:
        return sum(vote.choice == choice for vote in self.votes.values())

    @property
    def for_(self) -> int:
        return self.count(Vote.Choice.FOR)

    @property
    def against(self) -> int:
        return self.count(Vote.Choice.AGAINST)

    @property
    def abstained(self) -> int:
        return self.count(Vote.Choice.ABSTAIN)

    @property
    def recused(self) -> int:
        return self.count(Vote.Choice.RECUSED)

    @property
    def base(self) -> int:
        return len(self.seats) - self.recused

    @property
    def given(self) -> int:
        return self.for_ + self.against + self.abstained

    @property
    def out(self) -> int:
        """Votes that can still come."""
        return self.base - self.given

    @property
    def needed(self) -> int:
        """Votes that make the quorum, and two at the least."""
        exact = self.quorum * self.base
        return max(2, int(exact) + (exact != int(exact)))

    @property
    def quorate(self) -> bool:
        return self.given >= self.needed

    @property
    def seconded(self) -> bool:
        """Two people decided, and one who did not propose it was for it: nobody adopts alone what they proposed."""
        for_it = [vote for vote in self.votes.values() if vote.choice == Vote.Choice.FOR]
        return self.for_ + self.against >= 2 and any(vote.user_id != self.proposer for vote in for_it)

    def _carried(self, for_: int, against: int) -> bool:
        return for_ > self.majority * (for_ + against)

    @property
    def carried(self) -> bool:
        return self.quorate and self.seconded and self._carried(self.for_, self.against)

    @property
    def complete(self) -> bool:
        return self.out == 0

    @property
    def settled(self) -> bool:
        """No vote still out can change the result."""
        if self.carried:
            return self._carried(self.for_, self.against + self.out)
        return self.complete or (self.base > 0 and not self._carried(self.for_ + self.out, self.against))


def tally_of(resolution: Resolution, at: dt.datetime) -> Tally:
    """Seats count that had a vote when voting opened and still had it at `at`, or when it was decided; two queries."""
    opened, until = resolution.opened_at or at, resolution.decided_at or at
    seats = BoardSeat.objects.filter(fund=resolution.fund_id, voting=True).in_force(opened).in_force(until)
    sitting = list(seats.select_related("user").order_by("-chair", "user__name", "pk"))
    users = {seat.user_id for seat in sitting}
    votes = {vote.user_id: vote for vote in resolution.votes.all() if vote.user_id in users}
    return Tally(
        sitting,
        votes,
        resolution.quorum or Decimal("0.5"),
        resolution.majority or Decimal("0.5"),
        resolution.proposed_by_id,
    )


def to_vote_on(user: User, at: dt.datetime) -> QuerySet[Resolution]:
    """Open resolutions on which `user` has a vote and has not used it, the most urgent first."""
    opened = OuterRef("opened_at")
    seats = BoardSeat.objects.filter(fund=OuterRef("fund"), user=user, voting=True).in_force(at)
    seats = seats.filter(Q(ends_at=None) | Q(ends_at__gt=opened), starts_at__lte=opened)
    rows = Resolution.objects.filter(Exists(seats), status=Resolution.Status.VOTING, closes_at__gt=at)
    return rows.exclude(votes__user=user).order_by("closes_at", "pk")


def who_owe_a_vote(deadline: Deadline) -> QuerySet[User]:
    """Those who had a vote when voting opened, still have it, and have not used it."""
    resolution = Resolution.objects.filter(pk=deadline.subject_id, status=Resolution.Status.VOTING).first()
    if resolution is None or resolution.opened_at is None:
        nobody: QuerySet[User] = User.objects.none()
        return nobody
    seats = BoardSeat.objects.filter(fund=resolution.fund_id, voting=True).in_force(resolution.opened_at).in_force()
    voted = Vote.objects.filter(resolution=resolution).values("user")
    people = User.objects.filter(pk__in=seats.values("user"), is_active=True)
    owing: QuerySet[User] = people.exclude(pk__in=voted)
    return owing
