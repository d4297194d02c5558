"""Who is on a proposal's team, who is sealed off from it, and how both are left out of other people's lists."""

from typing import Any

from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast

from accounts.models import User
from grants.models import Likeness, Proposal, ProposalAccess, ProposalSeal
from grants.models.access import TEAM, of_office, of_user, sealed_from


def is_sealed(proposal: Proposal, user: User) -> bool:
    return ProposalSeal.objects.filter(proposal=proposal, user=user, lifted_at=None).exists()


def is_team(proposal: Proposal, user: User) -> bool:
    """PI or of the team, whatever their right to edit."""
    if proposal.pi_id == user.pk:
        return True
    return ProposalAccess.objects.filter(proposal=proposal, user=user, role__in=TEAM).exists()


def without_sealed(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    """`rows` (audit events, notices, deadlines) less those about a proposal whose review `user` must not learn of.

    One condition more on the same query: sealed off by a conflict, on the team, or of the university's office. Each way to
    such a proposal is a set of its own, so that none goes through all that there are.
    """
    led = Proposal.objects.filter(pi=user)
    offices = Proposal.objects.filter(university__in=of_office(user))
    sets = [_as_text(found, "pk") for found in (led, offices)]
    sets += [_as_text(found, "proposal") for found in (of_user(user, *TEAM), sealed_from(user))]
    return rows.exclude(subject_type=Proposal._meta.label_lower, subject_id__in=sets[0].union(*sets[1:], all=True))


def _as_text(rows: QuerySet[Any], key: str) -> QuerySet[Any]:
    keys: QuerySet[Any] = rows.order_by().annotate(text=Cast(key, CharField())).values("text")
    return keys


def without_hidden_likenesses(events: QuerySet[Any], user: User) -> QuerySet[Any]:
    """Audit events less those about a pair of alike proposals of which one is hidden from `user`, whichever it is."""
    shown = Proposal.objects.reviewable_by(user)
    both = Exists(shown.filter(pk=OuterRef("proposal"))) & Exists(shown.filter(pk=OuterRef("other")))
    hidden = Likeness.objects.filter(~both)
    keys = hidden.annotate(text=Cast("pk", CharField())).values("text")
    return events.exclude(target_type=Likeness._meta.label_lower, target_id__in=keys)
