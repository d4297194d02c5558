"""Where a call stands, in figures that its reader may know: how far its proposals have come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from accounts.models import User
from grants.models import Call, Proposal

Status = Proposal.Status
WRITING = (Status.DRAFT, Status.AWAITING_SIGN_OFF)
REVIEWED = (
    Status.UNDER_REVIEW,
    Status.RECOMMENDED,
    Status.NOT_RECOMMENDED,
    Status.AWARDED,
    Status.DECLINED,
    Status.RESERVE_LIST,
)
IN = (Status.SUBMITTED, Status.ELIGIBLE, Status.INELIGIBLE, *REVIEWED)


@dataclass(frozen=True)
class Standing:
    """`counts` by shown state, of proposals that came in; `writing`: drafts and those that wait for a signature.

    A reader who is sealed off from a proposal counts without it.
    """

    counts: Mapping[str, int]
    drafts: int
    awaiting: int

    def of(self, *states: str) -> int:
        return sum(self.counts.get(state, 0) for state in states)

    @property
    def handed_in(self) -> int:
        return self.of(*IN)

    @property
    def begun(self) -> int:
        return self.drafts + self.awaiting + self.handed_in

    @property
    def to_triage(self) -> int:
        return self.of(Status.SUBMITTED)

    @property
    def eligible(self) -> int:
        return self.of(Status.ELIGIBLE, *REVIEWED)

    @property
    def awarded(self) -> int:
        return self.of(Status.AWARDED)

    @property
    def steps(self) -> Sequence[tuple[str, int, str]]:
        """(name, how many came so far, state to filter by)."""
        return (
            (_("Begun"), self.begun, ""),
            (_("Handed in"), self.handed_in, ""),
            (_("Eligible"), self.eligible, Status.ELIGIBLE),
            (_("In review or decided"), self.of(*REVIEWED), Status.UNDER_REVIEW),
            (_("Awarded"), self.awarded, Status.AWARDED),
        )

    @property
    def chart(self) -> dict[str, Any]:
        tones = ("neutral", "1", "1", "1", "success")
        steps = [
            {"name": name, "value": n, "tone": tone} for (name, n, _state), tone in zip(self.steps, tones, strict=True)
        ]
        return {"kind": "funnel", "steps": steps}


def standing_of(call: Call, user: User) -> Standing:
    """Two queries. Drafts are only counted: nobody but their writers reads them."""
    shown: Any = (
        Proposal.objects.shown_to(user).filter(call=call).exclude(status__in=WRITING).exclude(submitted_at=None)
    )
    counts = dict(shown.order_by().values_list("shown_status").annotate(n=Count("pk")))
    begun = dict(
        Proposal.objects.filter(call=call, status__in=WRITING).order_by().values_list("status").annotate(n=Count("pk"))
    )
    return Standing(counts, begun.get(Status.DRAFT, 0), begun.get(Status.AWAITING_SIGN_OFF, 0))
