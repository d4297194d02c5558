"""A board member's part: what is to be voted on, with the money that it moves, and until when."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from alliance.appropriation import KIND
from alliance.models import BoardSeat, Resolution, Vote
from alliance.queries import to_vote_on
from core.money import ZERO
from funds.models import Fund
from funds.queries import YearPosition, positions
from grants.models import Proposal
from reports.homes.base import Part, Task
from reports.pictures import Slice, slices

LATEST = 4


@dataclass(frozen=True)
class Motion:
    """A resolution with the money that adopting it moves (None: it moves none), and what that is for."""

    resolution: Resolution
    moves: Decimal | None
    what: str


@dataclass(frozen=True, kw_only=True)
class BoardHome(Part):
    template = "reports/home/_board.html"
    title = gettext_lazy("The board")
    icon = "gavel"

    to_vote: list[Motion]
    voted: list[Motion]
    decided: list[Motion]
    fund: Fund
    bar: list[Slice]
    years: list[YearPosition]

    @property
    def free(self) -> Decimal:
        return sum((year.free for year in self.years), ZERO)

    @property
    def at_stake(self) -> Decimal:
        return sum((motion.moves for motion in self.to_vote if motion.moves), ZERO)


def gather(user: User, at: dt.datetime) -> BoardHome:
    seat = BoardSeat.objects.in_force(at).filter(user=user).select_related("fund").order_by("-starts_at", "pk")[0]
    waits: Any = to_vote_on(user, at)
    to_vote = motions(waits, user)
    open_to = Resolution.objects.papers_open_to(user)
    own = Vote.objects.filter(resolution=OuterRef("pk"), user=user)
    voted = open_to.filter(Exists(own), status=Resolution.Status.VOTING).order_by("closes_at", "pk")
    decided = open_to.filter(status__in=["adopted", "rejected"]).order_by("-decided_at", "-pk")[:LATEST]
    years = positions(seat.fund)
    return BoardHome(
        tasks=[_task(motion) for motion in to_vote],
        to_vote=to_vote,
        voted=motions(voted, user),
        decided=motions(decided, user),
        fund=seat.fund,
        bar=slices(years),
        years=years,
    )


def motions(rows: Any, user: User) -> list[Motion]:
    """One query: a slate's money is the sum of its lines, an appropriation's stands in it.

    A sum over a slate of which the reader sees no line for a conflict would tell of that line: it is left out, as on the
    slate's own page (`awards.rules.reads_whole`).
    """
    open_to = Proposal.objects.reviewable_by(user).values("pk")
    counted = rows.select_related("fund").annotate(
        apart=Exists(Proposal.objects.filter(call=OuterRef("slate__call")).exclude(pk__in=open_to)),
        slate_sum=Sum("slate__lines__amount"),
        slate_awards=Count("slate__lines", filter=Q(slate__lines__decision="fund")),
    )
    return [_motion(resolution) for resolution in counted]


def _motion(resolution: Any) -> Motion:
    if resolution.apart:
        return Motion(resolution, None, "")
    if resolution.slate_sum is not None:
        n = resolution.slate_awards
        return Motion(resolution, resolution.slate_sum, ngettext("%(n)d award", "%(n)d awards", n) % {"n": n})
    if resolution.kind == KIND:
        return Motion(resolution, _amount(resolution.payload), _("made available"))
    return Motion(resolution, None, "")


def _amount(payload: dict[str, Any]) -> Decimal | None:
    try:
        return Decimal(str(payload["amount"]))
    except (KeyError, InvalidOperation):
        return None


def _task(motion: Motion) -> Task:
    resolution = motion.resolution
    return Task(
        title=_("Vote on “%(title)s”") % {"title": resolution.title},
        detail=" · ".join(filter(None, [resolution.number, motion.what])),
        url=resolution.get_absolute_url(),
        act=_("Read and vote"),
        icon="checkbox",
        due_at=resolution.closes_at,
        amount=motion.moves,
        currency=resolution.fund.currency,
    )
