"""Conflicts of interest: declared, found, decided. A confirmed one seals the proposal's review off from the person."""

import datetime as dt

from django.db import transaction

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, NotAllowed, WrongState
from core.text import given_reason
from grants.models import Proposal
from grants.services import access
from notifications.deadlines import end_deadline
from reviews import conflicts as reads
from reviews.models import Conflict, Review
from reviews.services.steps import locked_review, move


@transaction.atomic
def declare(proposal: Proposal, user: User, *, kind: str, text: str, actor: User | None, at: dt.datetime) -> Conflict:
    """A person says that they have a conflict. It holds at once: it seals, and ends the review they may have had.

    Also where an officer had looked at it and set it aside: from here on it is what the person says of themselves.
    """
    if kind not in Conflict.Kind.values:
        raise InvalidInput("Choose what kind of conflict it is.", field="kind")
    conflict, _created = Conflict.objects.select_for_update().get_or_create(
        proposal=proposal,
        user=user,
        kind=kind,
        defaults={"source": Conflict.Source.DECLARED, "created_at": at, "evidence": text},
    )
    if conflict.status != Conflict.Status.CONFIRMED:
        conflict.source = Conflict.Source.DECLARED
    return _confirm(conflict, reason=text, actor=actor, at=at)


@transaction.atomic
def note_found(proposal: Proposal, user: User, *, kind: str, evidence: str, at: dt.datetime) -> Conflict:
    """Keep a conflict that the rules found, for an officer to decide. One that was decided before stays so."""
    conflict, created = Conflict.objects.get_or_create(
        proposal=proposal,
        user=user,
        kind=kind,
        defaults={"source": Conflict.Source.FOUND, "created_at": at, "evidence": evidence},
    )
    if created:
        record(None, "conflict.found", conflict, at=at, subject=proposal, after={"user": str(user.pk), "kind": kind})
    return conflict


@transaction.atomic
def decide_found(
    proposal: Proposal, user: User, *, holds: bool, reason: str, actor: User, at: dt.datetime
) -> list[Conflict]:
    """An officer decides about everything that the rules find between a person and a proposal now: it holds, or not.

    The findings are kept with the decision. Refused where the rules find nothing.
    """
    found = reads.find(proposal, User.objects.filter(pk=user.pk))
    if not found:
        raise WrongState("The rules find no conflict between this person and this proposal.")
    act = confirm if holds else set_aside
    decided = []
    for kind in dict.fromkeys(one.kind for one in found):
        evidence = " ".join(one.evidence for one in found if one.kind == kind)
        conflict = note_found(proposal, user, kind=kind, evidence=evidence, at=at)
        decided.append(act(conflict, reason=reason, actor=actor, at=at))
    return decided


@transaction.atomic
def confirm(conflict: Conflict, *, reason: str, actor: User, at: dt.datetime) -> Conflict:
    """An officer says that it is one. Not of themselves: who has a conflict declares it."""
    held = Conflict.objects.select_for_update().get(pk=conflict.pk)
    if held.user_id == actor.pk and held.source == Conflict.Source.FOUND:
        raise NotAllowed("Nobody decides on a conflict of their own. Declare it.")
    return _confirm(held, reason=reason, actor=actor, at=at)


def _confirm(conflict: Conflict, *, reason: str, actor: User | None, at: dt.datetime) -> Conflict:
    before = conflict.status
    if before == Conflict.Status.CONFIRMED:
        return conflict
    conflict.status, conflict.reason = Conflict.Status.CONFIRMED, reason.strip()
    conflict.decided_by, conflict.decided_at = actor, at
    conflict.save()
    for review in Review.objects.filter(proposal=conflict.proposal, reviewer=conflict.user).exclude(
        status__in=[Review.Status.RECUSED, Review.Status.WITHDRAWN, Review.Status.DECLINED]
    ):
        held = locked_review(review)
        move(held, Review.Status.RECUSED, actor=actor, at=at, reason=str(conflict.get_kind_display()))
        end_deadline(kind="review.due", subject=held, at=at)
        access.revoke(held.proposal, held.reviewer, "reviewer")
    access.seal(conflict.proposal, conflict.user, at=at)
    record(
        actor,
        "conflict.confirmed",
        conflict,
        at=at,
        subject=conflict.proposal,
        before={"status": before},
        after={"status": conflict.status, "user": str(conflict.user_id), "kind": conflict.kind},
    )
    return conflict


@transaction.atomic
def set_aside(conflict: Conflict, *, reason: str, actor: User, at: dt.datetime) -> Conflict:
    """An officer says that a found conflict is none; what a person declared of themselves is never set aside."""
    held = Conflict.objects.select_for_update().get(pk=conflict.pk)
    if held.source == Conflict.Source.DECLARED:
        raise NotAllowed("What a person declared of themselves can't be set aside.")
    if held.user_id == actor.pk:
        raise NotAllowed("Nobody decides on a conflict of their own.")
    reason = given_reason(reason, "Say why it is no conflict.")
    if held.status == Conflict.Status.SET_ASIDE:
        raise WrongState("This conflict is set aside already.")
    before = held.status
    held.status, held.reason, held.decided_by, held.decided_at = Conflict.Status.SET_ASIDE, reason.strip(), actor, at
    held.save()
    others = Conflict.objects.filter(proposal=held.proposal, user=held.user, status=Conflict.Status.CONFIRMED)
    if before == Conflict.Status.CONFIRMED and not others.exists():
        access.lift_seal(held.proposal, held.user, at=at)
    record(
        actor,
        "conflict.set_aside",
        held,
        at=at,
        subject=held.proposal,
        before={"status": before},
        after={"status": held.status, "reason": held.reason},
    )
    return held
