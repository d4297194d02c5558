"""Who is on a proposal's team, who is sealed off from it, and how both are left out of other people's lists."""

from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from accounts.models import User
from grants.models import Likeness, Proposal, ProposalAccess, ProposalSeal
from grants.models.proposals import TEAM
from universities.models import OfficeMember


def is_sealed(proposal: Proposal, user: User) -> bool:
    return ProposalSeal.objects.filter(proposal=proposal, user=user, lifted_at=None).exists()


def is_team(proposal: Proposal, user: User) -> bool:
    """PI or of the team, whatever their right to edit."""
    if proposal.pi_id == user.pk:
        return True
    return ProposalAccess.objects.filter(proposal=proposal, user=user, role__in=TEAM).exists()


def without_sealed(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    """`rows` (audit events, notices, deadlines) less those about a proposal whose review `user` must not learn of.

    One condition more on the same query: sealed off by a conflict, on the team, or of the university's office.
    """
    office = Exists(OfficeMember.objects.in_force().filter(university=OuterRef("university"), user=user))
    sealed = Exists(ProposalSeal.objects.filter(proposal=OuterRef("pk"), user=user, lifted_at=None))
    team = Exists(ProposalAccess.objects.filter(proposal=OuterRef("pk"), user=user, role__in=TEAM))
    hidden = Proposal.objects.filter(Q(pi=user) | office | sealed | team)
    keys = hidden.annotate(text=Cast("pk", CharField())).values("text")
    return rows.exclude(subject_type=Proposal._meta.label_lower, subject_id__in=keys)


def without_hidden_likenesses(events: QuerySet[Any], user: User) -> QuerySet[Any]:
    """Audit events less those about a pair of alike proposals of which one is hidden from `user`, whichever it is."""
    shown = Proposal.objects.reviewable_by(user)
    both = Exists(shown.filter(pk=OuterRef("proposal"))) & Exists(shown.filter(pk=OuterRef("other")))
    hidden = Likeness.objects.filter(~both)
    keys = hidden.annotate(text=Cast("pk", CharField())).values("text")
    return events.exclude(target_type=Likeness._meta.label_lower, target_id__in=keys)
