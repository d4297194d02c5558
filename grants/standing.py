"""Where a call stands, in figures that its reader may know: how far its proposals have come."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from accounts.models import User
from grants.models import Call, Proposal, Stage

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
EOI = Stage.Kind.EOI


class Counted:
    """`counts` by shown state, of what came in."""

    counts: Mapping[str, int]

    def of(self, *states: str) -> int:
        return sum(self.counts.get(state, 0) for state in states)


@dataclass(frozen=True)
class Expressions(Counted):
    """Those of interest, of a two-stage call: counted by themselves, never as proposals."""

    counts: Mapping[str, int] = field(default_factory=dict)
    drafts: int = 0
    awaiting: int = 0

    @property
    def handed_in(self) -> int:
        return self.of(Status.SUBMITTED, Status.INVITED, Status.DECLINED, Status.INELIGIBLE)

    @property
    def to_decide(self) -> int:
        return self.of(Status.SUBMITTED)

    @property
    def invited(self) -> int:
        return self.of(Status.INVITED)

    @property
    def begun(self) -> int:
        return self.drafts + self.awaiting + self.handed_in


@dataclass(frozen=True)
class Standing(Counted):
    """Of full proposals, with the expressions of interest that they follow beside them (None: the call has no such stage).

    `drafts` and `awaiting` (a signature) are only counted. A reader who is sealed off from a proposal counts without it.
    """

    counts: Mapping[str, int]
    drafts: int
    awaiting: int
    expressions: Expressions | None = None

    @property
    def handed_in(self) -> int:
        return self.of(*IN)

    @property
    def begun(self) -> int:
        return self.drafts + self.awaiting + self.handed_in

    @property
    def came_in(self) -> int:
        """Of either stage: what there is to look at."""
        return self.handed_in + (self.expressions.handed_in if self.expressions else 0)

    @property
    def being_written(self) -> int:
        return self.drafts + (self.expressions.drafts if self.expressions else 0)

    @property
    def unsigned(self) -> int:
        return self.awaiting + (self.expressions.awaiting if self.expressions else 0)

    @property
    def has_begun(self) -> bool:
        return bool(self.begun or (self.expressions and self.expressions.begun))

    @property
    def to_triage(self) -> int:
        """What waits for a verdict: full proposals and expressions of interest alike."""
        return self.of(Status.SUBMITTED) + (self.expressions.to_decide if self.expressions else 0)

    @property
    def eligible(self) -> int:
        return self.of(Status.ELIGIBLE, *REVIEWED)

    @property
    def awarded(self) -> int:
        return self.of(Status.AWARDED)

    @property
    def steps(self) -> Sequence[tuple[str, int, str]]:
        """(name, how many came so far, state to filter by). With two stages, the first before the full proposals."""
        first = self.expressions
        before = (
            ((_("Expressions of interest"), first.handed_in, ""), (_("Invited"), first.invited, Status.INVITED))
            if first
            else ()
        )
        return (
            *before,
            (_("Full proposals begun") if first else _("Begun"), self.begun, ""),
            (_("Handed in"), self.handed_in, ""),
            (_("Eligible"), self.eligible, Status.ELIGIBLE),
            (_("In review or decided"), self.of(*REVIEWED), Status.UNDER_REVIEW),
            (_("Awarded"), self.awarded, Status.AWARDED),
        )

    @property
    def chart(self) -> dict[str, Any]:
        before = ("4", "4") if self.expressions else ()
        tones = (*before, "neutral", "1", "1", "1", "success")
        steps = [
            {"name": name, "value": n, "tone": tone} for (name, n, _state), tone in zip(self.steps, tones, strict=True)
        ]
        return {"kind": "funnel", "steps": steps}


def standing_of(call: Call, user: User) -> Standing:
    """Two queries. Drafts are only counted: nobody but their writers reads them."""
    return standings_of([call], user, writing=Proposal.objects.all())[call.pk]


def standings_of(calls: Iterable[Call], user: User, *, writing: Any) -> dict[Any, Standing]:
    """The same for many calls at once, by their keys; `writing` are the drafts that count."""
    calls = list(calls)
    shown: Any = Proposal.objects.shown_to(user).filter(call__in=calls).exclude(status__in=WRITING)
    rows = shown.exclude(submitted_at=None).order_by().values_list("call", "stage__kind", "shown_status")
    counts: dict[tuple[Any, str], dict[str, int]] = {}
    for call, kind, state, n in rows.annotate(n=Count("pk")):
        counts.setdefault((call, kind), {})[state] = n
    drafts = writing.filter(call__in=calls, status__in=WRITING).order_by().values_list("call", "stage__kind", "status")
    begun = {(call, kind, state): n for call, kind, state, n in drafts.annotate(n=Count("pk"))}
    return {call.pk: _standing(call, counts, begun) for call in calls}


def _standing(
    call: Call, counts: Mapping[tuple[Any, str], Mapping[str, int]], begun: Mapping[tuple[Any, str, str], int]
) -> Standing:
    def of(kind: str) -> tuple[Mapping[str, int], int, int]:
        drafts, awaiting = (begun.get((call.pk, kind, state), 0) for state in WRITING)
        return counts.get((call.pk, kind), {}), drafts, awaiting

    two = call.shape == Call.Shape.TWO_STAGE
    return Standing(*of(Stage.Kind.FULL), expressions=Expressions(*of(EOI)) if two else None)
