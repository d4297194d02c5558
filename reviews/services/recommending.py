"""From the ranking to a recommendation."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from accounts.models import User
from core.errors import WrongState
from grants.models import Call, Proposal
from grants.services import decisions
from reviews.models import Review
from reviews.ranking import ranked


@transaction.atomic
def recommend(
    call: Call, proposals: Sequence[Proposal], *, actor: User, at: dt.datetime, reason: str = ""
) -> list[Proposal]:
    """Recommend these proposals of the call; the others that `actor` may learn of and that are under review are not.

    Refused while one of those has a review outstanding, or none at all: the yardstick is the same for all.
    """
    seen = {row.pk: row for row in ranked(actor, call).filter(status=Proposal.Status.UNDER_REVIEW)}
    wanted = {proposal.pk for proposal in proposals}
    if missing := wanted - seen.keys():
        raise WrongState(f"{len(missing)} of the chosen proposals are not under review in this call.")
    waiting = Review.objects.outstanding().filter(proposal__in=list(seen))
    unreviewed = sum(1 for row in seen.values() if not getattr(row, "counted", 0))
    if waiting.exists() or unreviewed:
        raise WrongState(
            f"{waiting.count()} reviews are outstanding and {unreviewed} proposals have none yet. Wait for them, or take the "
            "assignments back."
        )
    done: list[Proposal] = []
    for pk, row in seen.items():
        act = decisions.recommend if pk in wanted else decisions.not_recommend
        done.append(act(row, reason=reason, actor=actor, at=at))
    return done
