"""What a call is run with besides its rules: money by year, documents, questions and answers, pauses, outages, late access."""

import datetime as dt
import hashlib
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from core.models import StoredFile, UUIDModel, append_only
from core.money import MoneyField
from funds.models import FundYear
from grants.models.calls import CALL_STAFF, Call, Programme, Stage
from universities.models import OfficeMember, University


class ProgrammeYear(UUIDModel):
    """How much of a fund year a programme may give: its calls' envelopes of that year never exceed it in sum."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="years")
    year = models.ForeignKey(FundYear, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField()

    class Meta:
        ordering = ["programme", "year"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "year"], name="programme_year_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="programme_year_not_negative"),
        ]


class CallYear(UUIDModel):
    """How much of a call's envelope falls in a fund year. Their sum is the envelope; publishing checks it."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="years")
    year = models.ForeignKey(FundYear, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField()

    class Meta:
        ordering = ["call", "year"]
        constraints = [
            models.UniqueConstraint(fields=["call", "year"], name="call_year_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="call_year_positive"),
        ]


class CallDocument(StoredFile):
    """A file that goes with a call: terms, guidance, a template. Public as the call is.

    `changed_at` and `change_note`: it came, or its content changed, after the call was published, and what is new in it.
    """

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="documents")
    title = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    changed_at = models.DateTimeField(null=True, blank=True)
    change_note = models.TextField(blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("grants:call_document", args=[self.call.code, self.pk])


class CallEnquiryQuerySet(models.QuerySet["CallEnquiry"]):
    def visible_to(self, user: User) -> Self:
        """Who asked, and who runs or watches calls. The public reads what was published (`published`), without names."""
        if user.has_role(*CALL_STAFF):
            return self
        return self.filter(asked_by=user)

    def published(self) -> Self:
        return self.exclude(published_at=None)


class CallEnquiry(UUIDModel):
    """A question about a call, asked privately. Answered to whoever asked, or for all: then in public words, unnamed.

    The public texts are their own: what was written to one person is never shown to all by publishing it. `changed_at`:
    the public answer was changed after people had read it.
    """

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="enquiries")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    text = models.TextField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    public_text = models.TextField(blank=True, help_text=_("The question as the public reads it: nobody named."))
    public_answer = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = CallEnquiryQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "id"]
        indexes = [models.Index(fields=["call", "answered_at"], name="call_enquiry_to_answer")]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="") | Q(answered_at__isnull=False) & ~Q(answer=""),
                name="call_enquiry_answered_at_iff_answer",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None)
                | Q(answered_at__isnull=False) & ~Q(public_text="") & ~Q(public_answer=""),
                name="call_enquiry_published_is_answered",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Question about %(call)s") % {"call": self.call.code})

    def get_absolute_url(self) -> str:
        return reverse("grants:call_question", args=[self.pk])

    @property
    def state(self) -> str:
        if self.published_at is not None:
            return "published"
        return "answered" if self.answered_at is not None else "to_answer"

    @property
    def anchor(self) -> str:
        """Its place on the call's page: the same for as long as it is there, and telling nothing of when it was asked."""
        return f"answer-{hashlib.sha256(self.pk.bytes).hexdigest()[:10]}"


class CallPause(UUIDModel):
    """A time in which a call took nothing. `until` is set when it goes on."""

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="pauses")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["since"]
        constraints = [
            models.UniqueConstraint(fields=["call"], condition=Q(until=None), name="call_pause_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="call_pause_ends_after_start"
            ),
        ]


class Outage(UUIDModel):
    """A time in which this installation could not be reached. Deadlines that fell into it were moved (`DeadlineChange`)."""

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.TextField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-starts_at"]
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="outage_ends_after_start")]
        triggers = append_only()


class LateAccessQuerySet(models.QuerySet["LateAccess"]):
    def visible_to(self, user: User) -> Self:
        """Whom it was given to, and staff: nobody else learns that there is one."""
        if user.has_role(Role.PROGRAMME_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR):
            return self
        offices = OfficeMember.objects.in_force().filter(user=user).values("university")
        return self.filter(Q(person=user) | Q(university__in=offices))

    def in_force(self, at: dt.datetime) -> Self:
        return self.filter(ended_at=None, until__gt=at)


class LateAccess(UUIDModel):
    """Extra time for one person or one university, with its reason. Ended, never deleted."""

    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="late_access")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    university = models.ForeignKey(University, null=True, on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField()
    reason = models.TextField()
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = LateAccessQuerySet.as_manager()

    class Meta:
        ordering = ["granted_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None) ^ Q(university=None), name="late_access_person_or_university"
            ),
            models.CheckConstraint(condition=~Q(granted_by=F("person")), name="late_access_not_to_oneself"),
            models.UniqueConstraint(
                fields=["stage", "person"], condition=Q(ended_at=None), name="late_access_person_once"
            ),
            models.UniqueConstraint(
                fields=["stage", "university"], condition=Q(ended_at=None), name="late_access_university_once"
            ),
        ]
