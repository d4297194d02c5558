"""Who may read a proposal, and who is sealed off from it: the rows, and the sets that every condition is made of.

The sets are subqueries that do not look at the row they are asked about: each is read once for a list of any length.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from core.models import UUIDModel
from universities.models import OfficeMember

PROPOSAL_STAFF = (Role.PROGRAMME_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR)
TEAM = ("pi", "editor", "reader")


class ProposalAccess(UUIDModel):
    """A person may read a proposal, as what. Written by whoever grants it: making a team, assigning a reviewer."""

    class As(models.TextChoices):
        PI = "pi", _("Principal investigator")
        EDITOR = "editor", _("Team member who edits")
        READER = "reader", _("Team member who reads")
        REVIEWER = "reviewer", _("Reviewer")
        CHAIR = "chair", _("Panel chair")

    proposal = models.ForeignKey("grants.Proposal", on_delete=models.CASCADE, related_name="access")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposal_access")
    role = models.CharField(max_length=10, choices=As)
    granted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "user", "role"], name="proposal_access_once")]
        indexes = [models.Index(fields=["user", "proposal"], name="proposal_access_by_user")]


class ProposalSeal(UUIDModel):
    """A conflict of interest: this person learns nothing about this proposal's review. Lifted, never deleted."""

    proposal = models.ForeignKey("grants.Proposal", on_delete=models.PROTECT, related_name="seals")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposal_seals")
    sealed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "user"], condition=Q(lifted_at=None), name="proposal_seal_once_in_force"
            )
        ]
        indexes = [models.Index(fields=["user", "proposal"], name="seal_by_user", condition=Q(lifted_at=None))]


def of_user(user: User, *roles: str) -> models.QuerySet["ProposalAccess", Any]:
    """Keys of the proposals that `user` has an access row of, in one of `roles` where any are named."""
    rows = ProposalAccess.objects.filter(user=user)
    return (rows.filter(role__in=roles) if roles else rows).values("proposal")


def of_office(user: User) -> models.QuerySet[OfficeMember, Any]:
    """Keys of the universities whose office `user` is of now."""
    return OfficeMember.objects.in_force().filter(user=user).values("university")


def sealed_from(user: User) -> models.QuerySet["ProposalSeal", Any]:
    """Keys of the proposals that a conflict seals `user` off from."""
    return ProposalSeal.objects.filter(user=user, lifted_at=None).values("proposal")


def review_open_to(user: User, of: str = "") -> Q:
    """Of proposals, or of rows that point to one by `of`: those whose review `user` may learn of as staff."""
    key, university = of or "pk", f"{of}__university" if of else "university"
    team, office, sealed = of_user(user, *TEAM), of_office(user), sealed_from(user)
    return ~Q(**{f"{key}__in": team}) & ~Q(**{f"{university}__in": office}) & ~Q(**{f"{key}__in": sealed})
