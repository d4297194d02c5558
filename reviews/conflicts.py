"""Finding conflicts: set-based, from what the system knows. Each finding shows its evidence."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Lower, StrIndex, Substr

from accounts.models import User
from grants.models import Call, Proposal, ProposalAccess, ProposalSeal
from reviews.models import Conflict
from universities.models import Affiliation, Domain, OfficeMember


@dataclass(frozen=True)
class Found:
    """A conflict that the rules found."""

    user_id: object
    kind: str
    evidence: str


def find(proposal: Proposal, among: QuerySet[User]) -> list[Found]:
    """Who of `among` has a conflict with the proposal: on its team, at its university, or with an address of it.

    A number of queries that does not grow with the people: one for each rule.
    """
    return [*_on_team(proposal, among), *_same_employer(proposal, among), *_same_domain(proposal, among)]


def _on_team(proposal: Proposal, among: QuerySet[User]) -> Iterator[Found]:
    emails = proposal.team.annotate(address=Lower("email")).values("address")
    team = ProposalAccess.objects.filter(proposal=proposal, role__in=["pi", "editor", "reader"]).values("user")
    for pk in among.filter(Q(pk__in=team) | Q(email__in=emails) | Q(pk=proposal.pi_id)).values_list("pk", flat=True):
        yield Found(pk, Conflict.Kind.TEAM, "Named on the team of this proposal.")


def _universities(proposal: Proposal) -> list[UUID]:
    """The proposal's own university and those of its team."""
    others = proposal.team.exclude(university=None).values_list("university", flat=True)
    return [pk for pk in {proposal.university_id, *others} if pk is not None]


def _same_employer(proposal: Proposal, among: QuerySet[User]) -> Iterator[Found]:
    where = _universities(proposal)
    rows = Affiliation.objects.filter(status="confirmed", university__in=where, user__in=among)
    for user, university in rows.values_list("user", "university__name"):
        yield Found(user, Conflict.Kind.EMPLOYER, f"Affiliated with {university}.")
    desks = OfficeMember.objects.in_force().filter(university__in=where, user__in=among)
    for user, university in desks.values_list("user", "university__name"):
        yield Found(user, Conflict.Kind.EMPLOYER, f"Works for the research office of {university}.")


def _same_domain(proposal: Proposal, among: QuerySet[User]) -> Iterator[Found]:
    domains = dict(
        Domain.objects.filter(university__in=_universities(proposal)).values_list("domain", "university__name")
    )
    people = among.annotate(host=Substr("email", StrIndex("email", Value("@")) + 1)).filter(host__in=list(domains))
    for user, host in people.values_list("pk", F("host")):
        yield Found(user, Conflict.Kind.EMPLOYER, f"The address ends in {host}, a domain of {domains[host]}.")


def conflicted_users(proposal: Proposal) -> QuerySet[User]:
    """Whoever is sealed off from the proposal or on its team: never to be chosen."""
    sealed = ProposalSeal.objects.filter(proposal=proposal, lifted_at=None).values("user")
    team = ProposalAccess.objects.filter(proposal=proposal, role__in=["pi", "editor", "reader"]).values("user")
    users: QuerySet[User] = User.objects.filter(Q(pk__in=sealed) | Q(pk__in=team) | Q(pk=proposal.pi_id))
    return users


def stands_apart(user: User, call: Call) -> bool:
    """Whether the call has a proposal whose review `user` must not learn of.

    True or false by the conflict alone, whatever the review: what `user` may not do for its sake tells nothing of it.
    """
    open_to = Proposal.objects.reviewable_by(user).values("pk")
    return Proposal.objects.filter(call=call).exclude(pk__in=open_to).exists()


def set_aside_kinds(proposal: Proposal) -> set[tuple[object, str]]:
    """(user, kind) of what an officer has looked at and found to be none."""
    rows = Conflict.objects.filter(proposal=proposal, status=Conflict.Status.SET_ASIDE)
    return set(rows.values_list("user", "kind"))


def standing(proposal: Proposal, among: QuerySet[User]) -> dict[object, str]:
    """For each person of `among` who can't be chosen: why, in words for staff."""
    aside = set_aside_kinds(proposal)
    reasons: dict[object, str] = {
        found.user_id: found.evidence for found in find(proposal, among) if (found.user_id, found.kind) not in aside
    }
    declared = Conflict.objects.filter(proposal=proposal, status=Conflict.Status.CONFIRMED, user__in=among)
    for conflict in declared:
        reasons[conflict.user_id] = f"{conflict.get_kind_display()}: {conflict.get_source_display().lower()}."
    for pk in conflicted_users(proposal).filter(pk__in=among).values_list("pk", flat=True):
        reasons.setdefault(pk, "A conflict of interest is recorded.")
    return reasons


def deadline_of(review_due: dt.datetime | None, closes_at: dt.datetime) -> dt.datetime:
    """When a review is due where the call names no date: four weeks after its closing."""
    return review_due or closes_at + dt.timedelta(weeks=4)
