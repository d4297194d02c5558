"""Who works where, and who acts for a university."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from core.models import StateChange, UUIDModel, append_only
from universities.models.directory import MANAGERS, University


class AffiliationQuerySet(models.QuerySet["Affiliation"]):
    def visible_to(self, user: User) -> "AffiliationQuerySet":
        """One's own, those of universities whose office one is of, and all for staff who deal with people."""
        if user.has_role(*MANAGERS, Role.AUDITOR):
            return self
        return self.filter(Q(user=user) | Q(university__in=office_universities(user)))

    def claimed(self) -> "AffiliationQuerySet":
        return self.filter(status=Affiliation.Status.CLAIMED)

    def confirmed(self) -> "AffiliationQuerySet":
        return self.filter(status=Affiliation.Status.CONFIRMED)


class Affiliation(UUIDModel):
    """A person says that they work at a university; its email domain or its research office confirms it.

    `decided_at` without `decided_by`: confirmed by the address. Nobody decides about their own.
    """

    class Status(models.TextChoices):
        CLAIMED = "claimed", _("Waiting to be confirmed")
        CONFIRMED = "confirmed", _("Confirmed")
        REJECTED = "rejected", _("Not confirmed")
        ENDED = "ended", _("Ended")

    class Rank(models.TextChoices):
        PROFESSOR = "professor", _("Professor")
        ASSOCIATE = "associate", _("Associate professor")
        ASSISTANT = "assistant", _("Assistant professor or lecturer")
        SCIENTIST = "scientist", _("Research scientist")
        POSTDOC = "postdoc", _("Postdoctoral researcher")
        DOCTORAL = "doctoral", _("Doctoral student")
        OTHER = "other", _("Other")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="affiliations")
    university = models.ForeignKey(University, on_delete=models.PROTECT, related_name="affiliations")
    department = models.CharField(_("department"), max_length=150, blank=True)
    position = models.CharField(_("position"), max_length=150, blank=True)
    rank = models.CharField(
        _("rank"),
        max_length=10,
        choices=Rank,
        blank=True,
        default="",
        db_default="",
        help_text=_("Calls may ask for it. Your research office sees it when it confirms you."),
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.CLAIMED)
    claimed_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = AffiliationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "university"],
                condition=Q(status__in=["claimed", "confirmed"]),
                name="affiliation_open_once",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("user")), name="affiliation_not_decided_by_oneself"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["confirmed", "rejected"]) | Q(decided_at__isnull=False),
                name="affiliation_decided_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="claimed") | Q(decided_at=None, decided_by=None), name="affiliation_claim_undecided"
            ),
            models.CheckConstraint(
                condition=Q(status="ended", ended_at__isnull=False) | ~Q(status="ended") & Q(ended_at__isnull=True),
                name="affiliation_ended_at_iff_ended",
            ),
        ]
        indexes = [
            models.Index(
                fields=["university", "claimed_at"], name="affiliation_to_decide", condition=Q(status="claimed")
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.university}"

    @property
    def by_address(self) -> bool:
        """Confirmed by the email address, no person had to."""
        return self.decided_at is not None and self.decided_by_id is None


class AffiliationStep(StateChange):
    subject = models.ForeignKey(Affiliation, on_delete=models.PROTECT, related_name="steps")

    class Meta(StateChange.Meta):
        triggers = append_only()

    @property
    def label(self) -> str:
        return str(Affiliation.Status(self.state).label)


class OfficeMemberQuerySet(models.QuerySet["OfficeMember"]):
    def in_force(self, at: dt.datetime | None = None) -> "OfficeMemberQuerySet":
        now = at or timezone.now()
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)

    def visible_to(self, user: User) -> "OfficeMemberQuerySet":
        """Whom to ask is known to everybody signed in; who it was in the past, to the office and staff."""
        if user.has_role(*Role.values):
            return self
        return self.filter(
            Q(university__in=office_universities(user)) | Q(pk__in=OfficeMember.objects.in_force().values("pk"))
        )


class OfficeMember(UUIDModel):
    """A person of a university's research office. Ended, never deleted; nobody adds themselves."""

    class Kind(models.TextChoices):
        OFFICER = "officer", _("Research office")
        AUTHORISED_REPRESENTATIVE = "authorised_representative", _("Authorised representative")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="offices")
    university = models.ForeignKey(University, on_delete=models.PROTECT, related_name="office")
    role = models.CharField(_("role"), max_length=28, choices=Kind, default=Kind.OFFICER)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = OfficeMemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "university"], condition=Q(ends_at=None), name="office_member_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="office_member_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(added_by=None) | ~Q(added_by=F("user")), name="office_member_not_by_oneself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.university} ({self.get_role_display()})"


def office_universities(user: User) -> models.QuerySet[OfficeMember]:
    """Ids of the universities whose research office `user` is of now, for use in other queries."""
    return OfficeMember.objects.in_force().filter(user_id=user.pk).values("university")  # type: ignore[return-value]
