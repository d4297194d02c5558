"""What the review and the board decide about a proposal. Called by the apps that decide; the reasons are theirs."""

import datetime as dt

from django.db import transaction

from accounts.models import User
from grants.models import Proposal
from grants.services import drafts, letters
from grants.services.moves import move

Status = Proposal.Status


@transaction.atomic
def _decide(
    proposal: Proposal,
    to: str,
    *,
    verb: str,
    reason: str,
    actor: User | None,
    at: dt.datetime,
    final: bool = False,
) -> Proposal:
    """A second time changes nothing. Nothing is told before the board has decided (`final`)."""
    locked = drafts.lock(proposal)
    if locked.status == to:
        return locked
    fields = {"decided_at": at} if final else {}
    step = move(locked, to, verb=f"proposal.{verb}", actor=actor, at=at, reason=reason.strip(), **fields)
    if final:
        letters.decided(locked, step, at)
    return locked


def set_under_review(proposal: Proposal, *, reason: str = "", actor: User | None, at: dt.datetime) -> Proposal:
    """The first reviewer is asked. The applicants see that it is being reviewed, never by whom."""
    return _decide(proposal, Status.UNDER_REVIEW, verb="under_review", reason=reason, actor=actor, at=at)


def recommend(proposal: Proposal, *, reason: str = "", actor: User | None, at: dt.datetime) -> Proposal:
    """Known inside the review only (`Proposal.shown_to`)."""
    return _decide(proposal, Status.RECOMMENDED, verb="recommended", reason=reason, actor=actor, at=at)


def not_recommend(proposal: Proposal, *, reason: str = "", actor: User | None, at: dt.datetime) -> Proposal:
    """Known inside the review only (`Proposal.shown_to`)."""
    return _decide(proposal, Status.NOT_RECOMMENDED, verb="not_recommended", reason=reason, actor=actor, at=at)


def award(proposal: Proposal, *, reason: str = "", actor: User | None, at: dt.datetime) -> Proposal:
    """The board chose it. The offer itself is told by the award, with its amount and terms."""
    return _decide(proposal, Status.AWARDED, verb="awarded", reason=reason, actor=actor, at=at, final=True)


def decline(proposal: Proposal, *, reason: str = "", actor: User | None, at: dt.datetime) -> Proposal:
    return _decide(proposal, Status.DECLINED, verb="declined", reason=reason, actor=actor, at=at, final=True)


def put_on_reserve(proposal: Proposal, *, reason: str = "", actor: User | None, at: dt.datetime) -> Proposal:
    """Good enough, but the money did not last: awarded if an award falls through."""
    return _decide(proposal, Status.RESERVE_LIST, verb="put_on_reserve", reason=reason, actor=actor, at=at, final=True)
