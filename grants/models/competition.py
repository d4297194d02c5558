"""A university's own competition: who wants to apply under a call that takes only so many from each, and whom the office picks."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.models import StateChange, UUIDModel, append_only
from grants.models.calls import Call
from grants.models.laws import slot_law
from grants.models.proposals import PROPOSAL_STAFF, ProposalSeal
from universities.models import OfficeMember, University


class InternalEntryQuerySet(models.QuerySet["InternalEntry"]):
    def visible_to(self, user: User) -> Self:
        """Whose it is, and the office of that university. The fund's officers see how many, and whom the office picked."""
        office = OfficeMember.objects.in_force().filter(user=user).values("university")
        mine = Q(person=user) | Q(university__in=office)
        if user.has_role(*PROPOSAL_STAFF):
            return self.unsealed_for(user).filter(mine | Q(status=InternalEntry.Status.PICKED))
        return self.filter(mine)

    def unsealed_for(self, user: User) -> Self:
        """Without those whose proposal a conflict seals off from `user`: a picked idea would tell of it."""
        sealed = ProposalSeal.objects.filter(
            user=user, lifted_at=None, proposal__call=OuterRef("call"), proposal__pi=OuterRef("person")
        )
        return self.filter(~Exists(sealed))


class InternalEntry(UUIDModel):
    """A researcher puts an idea forward at their university. A picked one holds a `slot` from 1 to the call's limit."""

    class Status(models.TextChoices):
        ENTERED = "entered", _("Waiting for the office")
        PICKED = "picked", _("Picked")
        NOT_PICKED = "not_picked", _("Not picked")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="internal_entries")
    university = models.ForeignKey(University, on_delete=models.PROTECT, related_name="internal_entries")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="internal_entries")
    title = models.CharField(max_length=300)
    summary = models.TextField()
    status = models.CharField(max_length=12, choices=Status, default=Status.ENTERED)
    slot = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.TextField(blank=True, help_text=_("What the office tells the researcher."))
    entered_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = InternalEntryQuerySet.as_manager()

    class Meta:
        ordering = ["entered_at", "id"]
        indexes = [models.Index(fields=["university", "call"], name="internal_entry_by_office")]
        constraints = [
            models.UniqueConstraint(
                fields=["call", "university", "person"],
                condition=~Q(status="withdrawn"),
                name="internal_entry_once",
            ),
            models.UniqueConstraint(
                fields=["call", "university", "slot"], condition=Q(slot__isnull=False), name="internal_slot_once"
            ),
            models.CheckConstraint(
                condition=Q(status="picked", slot__gte=1) | ~Q(status="picked") & Q(slot=None),
                name="internal_slot_iff_picked",
            ),
            models.CheckConstraint(condition=~Q(decided_by=F("person")), name="internal_entry_not_decided_by_oneself"),
        ]
        triggers = [slot_law()]

    def __str__(self) -> str:
        return self.title


class InternalEntryStep(StateChange):
    subject = models.ForeignKey(InternalEntry, on_delete=models.PROTECT, related_name="steps")

    class Meta(StateChange.Meta):
        triggers = append_only()
