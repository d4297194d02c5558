"""What the rules are held against, fetched for many proposals at once: a query for each kind of fact, never for each row."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from accounts.models import User
from alliance.models.members import Member
from grants.models import Call, EligibilityRule, Proposal, Stage, TeamMember
from universities.models import Affiliation, University
from universities.queries import families

Kind = EligibilityRule.Kind
Status = Proposal.Status
OUT = (Status.WITHDRAWN, Status.INELIGIBLE)
# What nobody has decided on yet, as the applicants know it: before the board has spoken, what a panel thinks of it makes
# no difference here, so that no count tells.
LIVE = frozenset(
    {
        *(Status.AWAITING_SIGN_OFF, Status.SUBMITTED, Status.ELIGIBLE, Status.INVITED, Status.UNDER_REVIEW),
        *(Status.RECOMMENDED, Status.NOT_RECOMMENDED),
    }
)
OF_UNIVERSITY = frozenset({Kind.MEMBERSHIP, Kind.MOST_PER_UNIVERSITY, Kind.PI_RANK, Kind.CO_INVESTIGATOR})
OF_PI = frozenset({Kind.MOST_PER_PI, Kind.MOST_CONCURRENT, Kind.EARLIER_AWARD})
Place = tuple[dt.datetime, Any]


@dataclass(frozen=True)
class Subject:
    """Whom or what the rules are asked about: a proposal, or somebody who may begin one (`proposal` None).

    `moment`: the instant at which it is judged: when it was submitted, else now. `place`: when it came in, if it did:
    it counts what came in before it, where a draft counts all that is in.
    """

    key: Any
    call: Call
    stage: Any
    university: University | None
    pi: User | None
    moment: dt.datetime
    proposal: Proposal | None = None

    @property
    def place(self) -> Place | None:
        one = self.proposal
        came = (one.handed_in_at or one.submitted_at) if one else None
        return (came, self.key) if came else None


@dataclass(frozen=True)
class Earlier:
    """Another proposal, as far as rules count it."""

    pk: Any
    call: Any
    stage: Any
    kind: str
    status: str
    came: dt.datetime | None
    decided_at: dt.datetime | None = None
    ends_on: dt.date | None = None
    follows: Any = None
    fund: Any = None

    def before(self, one: Subject) -> bool:
        if self.came is None or self.pk == one.key:
            return False
        return one.place is None or (self.came, self.pk) < one.place


@dataclass(frozen=True)
class Facts:
    """All that was fetched; each is empty where no rule of these calls asks for it."""

    family: Mapping[Any, Any] = field(default_factory=dict)
    members: Mapping[Any, Sequence[tuple[dt.date, dt.date | None]]] = field(default_factory=dict)
    ranks: Mapping[tuple[Any, Any], str] = field(default_factory=dict)
    of_university: Mapping[Any, Sequence[Earlier]] = field(default_factory=dict)
    of_pi: Mapping[Any, Sequence[Earlier]] = field(default_factory=dict)
    team: Mapping[Any, Sequence[Any]] = field(default_factory=dict)
    stage_kinds: Mapping[Any, str] = field(default_factory=dict)

    def house(self, university: Any) -> Any:
        """The key of the entry that stays of what `university` was merged into."""
        return self.family.get(university, university)


def gather(subjects: Sequence[Subject]) -> Facts:
    """Seven queries at most, whatever the number of subjects: one for each kind of fact that some rule asks for."""
    kinds = {rule.kind for one in subjects for rule in one.call.eligibility_rules.all()}
    calls = {one.call.pk for one in subjects}
    pis = {one.pi.pk for one in subjects if one.pi}
    universities = {one.university.pk for one in subjects if one.university}
    team = _team(subjects) if Kind.CO_INVESTIGATOR in kinds else {}
    named = {university for members in team.values() for university in members if university}
    family = families(universities | named) if kinds & OF_UNIVERSITY else {}
    return Facts(
        family=family,
        members=_members(family) if Kind.MEMBERSHIP in kinds else {},
        ranks=_ranks(pis, family) if Kind.PI_RANK in kinds else {},
        of_university=_of_universities(calls, family) if Kind.MOST_PER_UNIVERSITY in kinds else {},
        of_pi=_of_pis(subjects, pis) if kinds & OF_PI else {},
        team=team,
        stage_kinds=_stage_kinds(calls) if kinds & {Kind.MOST_PER_UNIVERSITY, Kind.MOST_PER_PI} else {},
    )


def _stage_kinds(calls: set[Any]) -> dict[Any, str]:
    return dict(Stage.objects.filter(call__in=calls).values_list("pk", "kind"))


def _members(family: Mapping[Any, Any]) -> dict[Any, list[tuple[dt.date, dt.date | None]]]:
    found: dict[Any, list[tuple[dt.date, dt.date | None]]] = {}
    rows = Member.objects.filter(university__in=list(family)).values_list("university", "joined_on", "left_on")
    for university, joined, left in rows:
        found.setdefault(family[university], []).append((joined, left))
    return found


def _ranks(pis: set[Any], family: Mapping[Any, Any]) -> dict[tuple[Any, Any], str]:
    rows = Affiliation.objects.confirmed().filter(user__in=pis, university__in=list(family))
    found: dict[tuple[Any, Any], str] = {}
    for user, university, rank in rows.order_by("decided_at").values_list("user", "university", "rank"):
        found[user, family[university]] = rank or found.get((user, family[university]), "")
    return found


def _team(subjects: Sequence[Subject]) -> dict[Any, list[Any]]:
    """The universities of co-investigators by proposal; None for who is not known to have one yet."""
    found: dict[Any, list[Any]] = {}
    keys = [one.key for one in subjects if one.proposal]
    rows = TeamMember.objects.filter(proposal__in=keys, part=TeamMember.Part.CO_INVESTIGATOR)
    for proposal, university in rows.values_list("proposal", "university"):
        found.setdefault(proposal, []).append(university)
    return found


IS_IN = Q(handed_in_at__isnull=False) | Q(submitted_at__isnull=False)
COLUMNS = ("pk", "call", "stage", "stage__kind", "status", "handed_in_at", "submitted_at")


def _of_universities(calls: set[Any], family: Mapping[Any, Any]) -> dict[Any, list[Earlier]]:
    rows = Proposal.objects.filter(IS_IN, ~Q(status__in=OUT), call__in=calls, university__in=list(family))
    found: dict[Any, list[Earlier]] = {}
    for university, pk, call, stage, kind, status, handed_in, submitted in rows.values_list("university", *COLUMNS):
        other = Earlier(pk, call, stage, kind, status, handed_in or submitted)
        found.setdefault(family[university], []).append(other)
    return found


def _of_pis(subjects: Sequence[Subject], pis: set[Any]) -> dict[Any, list[Earlier]]:
    funds = {one.call.programme.fund_id for one in subjects}
    rows = Proposal.objects.filter(IS_IN, ~Q(status__in=OUT), pi__in=pis, call__programme__fund__in=funds)
    more = ("pi", "decided_at", "starts_on", "months", "follows", "call__programme__fund")
    found: dict[Any, list[Earlier]] = {}
    for pi, decided_at, starts_on, months, follows, fund, *own in rows.values_list(*more, *COLUMNS):
        pk, call, stage, kind, status, handed_in, submitted = own
        other = Earlier(
            pk, call, stage, kind, status, handed_in or submitted, decided_at, _end(starts_on, months), follows, fund
        )
        found.setdefault(pi, []).append(other)
    return found


def _end(starts_on: dt.date | None, months: int | None) -> dt.date | None:
    """The first day after a project of so many months."""
    if starts_on is None or months is None:
        return None
    year, month = divmod(starts_on.month - 1 + months, 12)
    return dt.date(starts_on.year + year, month + 1, min(starts_on.day, 28))
