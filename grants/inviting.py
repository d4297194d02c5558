"""The two halves of a two-stage call as they are read: an expression of interest, and the full proposal that follows it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from grants.models import Call, Proposal, Stage

Status = Proposal.Status


def full_stage(call: Call) -> Stage | None:
    """Where the invited hand in: the full stage of a two-stage call."""
    if call.shape != Call.Shape.TWO_STAGE:
        return None
    return call.stages.select_related("call__programme__fund").filter(kind=Stage.Kind.FULL).order_by("number").first()


def invitations_of(user: User, call: Call | None = None) -> QuerySet[Proposal]:
    """The reader's own expressions of interest on which a full proposal waits to be begun, oldest invitation first."""
    rows = Proposal.objects.expressions().filter(pi=user, status=Status.INVITED, followed_by=None)
    if call is not None:
        rows = rows.filter(call=call)
    return rows.select_related("call__programme__fund", "stage", "university").order_by("decided_at", "id")


def to_begin(stage_key: Any) -> QuerySet[Proposal]:
    """Invited expressions of interest on which nothing was begun, where this is the full stage that they lead to."""
    calls = Stage.objects.filter(pk=stage_key, kind=Stage.Kind.FULL, call__shape=Call.Shape.TWO_STAGE).values("call")
    return Proposal.objects.expressions().filter(call__in=calls, status=Status.INVITED, followed_by=None)


@dataclass(frozen=True)
class Pair:
    """The other half of a proposal, as far as the reader may see it."""

    expression: Proposal | None = None
    full: Proposal | None = None

    def __bool__(self) -> bool:
        return self.expression is not None or self.full is not None


def pair_of(proposal: Proposal, user: User) -> Pair:
    if proposal.call.shape != Call.Shape.TWO_STAGE:
        return Pair()
    seen = Proposal.objects.shown_to(user)
    if proposal.is_expression:
        return Pair(full=seen.filter(follows=proposal).first())
    return Pair(expression=seen.filter(pk=proposal.follows_id).first() if proposal.follows_id else None)
