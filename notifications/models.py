"""The outbox (what is to be said to whom), the deadlines, and the rules by which people are reminded of them.

A row is the queue of record; Celery only wakes whoever empties it.
"""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from core.models import UUIDModel, append_only
from notifications.registry import label_of
from notifications.seals import without_sealed

STAFF = tuple(Role.values)
PROPOSAL_READERS = (Role.ADMINISTRATOR, Role.PROGRAMME_OFFICER, Role.AUDITOR)
PROPOSAL_KINDS = ("review.", "conflict.", "proposal.")  # these name reviewers, or tell of proposals and their verdicts


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    def visible_to(self, user: User) -> "DeadlineQuerySet":
        """Who runs the fund's calls (and auditors) see all deadlines, less those about a subject sealed from them."""
        if not user.has_role(Role.ADMINISTRATOR, Role.PROGRAMME_OFFICER, Role.AUDITOR):
            return self.none()
        return self.filter(Exists(without_sealed(DeadlineTopic.objects.filter(pk=OuterRef("pk")), user)))

    def open(self) -> "DeadlineQuerySet":
        return self.filter(ended_at=None)


class Deadline(UUIDModel):
    """An instant by which people owe something, meant in a zone. `sequence` counts how often it was moved or reopened.

    `subject` is the thing that has the deadline (a stage, a review), by type and key only: nothing of it is known here.
    `about` is the root object (a call, a proposal) whose seal hides it. Who still owes is asked of the kind's owner.
    """

    kind = models.CharField(_("kind"), max_length=40)
    subject_type = models.CharField(max_length=64)
    subject_id = models.UUIDField()
    about_type = models.CharField(max_length=64)
    about_id = models.CharField(max_length=64)
    title = models.CharField(_("title"), max_length=200)
    due_at = models.DateTimeField(_("due"))
    zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    path = models.CharField(max_length=300, blank=True)
    sequence = models.PositiveIntegerField(default=1)
    set_at = models.DateTimeField(_("set or last moved"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("deadline"), _("deadlines")
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject_id"], name="deadline_once_for_a_subject"),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="deadline_sequence_from_one"),
            models.CheckConstraint(
                condition=~Q(title__contains="\n") & ~Q(title__contains="\r"), name="deadline_title_one_line"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="deadline_by_due"),
            models.Index(fields=["kind", "due_at"], name="deadline_open", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("notifications:deadline", args=[self.pk])

    @property
    def kind_label(self) -> str:
        return label_of(self.kind)

    def state_at(self, at: dt.datetime) -> str:
        """`ended` (done, cancelled or over), `overdue` or `scheduled`."""
        if self.ended_at is not None:
            return "ended"
        return "overdue" if self.due_at <= at else "scheduled"


class DeadlineTopic(models.Model):
    """A deadline as seals see it: its root object under the names that they narrow by. The same table, read only."""

    id = models.UUIDField(primary_key=True)
    subject_type = models.CharField(max_length=64, db_column="about_type")
    subject_id = models.CharField(max_length=64, db_column="about_id")

    class Meta:
        managed = False
        db_table = "notifications_deadline"


class ReminderRule(UUIDModel):
    """How long before a deadline of a kind people are reminded, and in which words. Switched off, never deleted.

    `since` keeps a new rule from reminding of what it would have reminded of before it was there.
    """

    kind = models.CharField(_("kind"), max_length=40)
    offset = models.DurationField(_("time before the deadline"))
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    active = models.BooleanField(_("in use"), default=True)
    since = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("reminder rule"), _("reminder rules")
        ordering = ["kind", "-offset"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "offset"], name="reminder_rule_once_for_an_offset"),
            models.CheckConstraint(condition=Q(offset__gt=dt.timedelta(0)), name="reminder_rule_before_the_deadline"),
            models.CheckConstraint(
                condition=~Q(subject__contains="\n") & ~Q(subject__contains="\r"), name="reminder_rule_subject_one_line"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind_label}: {self.offset}"

    @property
    def kind_label(self) -> str:
        return label_of(self.kind)


class ReminderRound(UUIDModel):
    """One reminder of one deadline fell due and was planned for everybody who owed then: once, whoever plans.

    `skipped`: while nobody planned, a nearer one fell due as well, and only that one was still true.
    """

    deadline = models.ForeignKey(Deadline, on_delete=models.PROTECT, related_name="rounds")
    sequence = models.PositiveIntegerField()
    offset = models.DurationField()
    fell_due_at = models.DateTimeField()
    planned_at = models.DateTimeField()
    people = models.PositiveIntegerField(default=0)
    skipped = models.BooleanField(default=False)

    class Meta:
        ordering = ["fell_due_at"]
        constraints = [
            models.UniqueConstraint(fields=["deadline", "sequence", "offset"], name="reminder_round_once"),
            models.CheckConstraint(
                condition=Q(skipped=False) | Q(people=0), name="reminder_round_skipped_reaches_nobody"
            ),
        ]


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: User) -> "NoticeQuerySet":
        """A person's own notices: their inbox."""
        return self.filter(recipient=user)

    def in_inbox(self, at: dt.datetime | Now) -> "NoticeQuerySet":
        """What is shown: not what was called off, is held for later, or carries a key that belongs in a mailbox only."""
        held = Q(attempts=0, state=Notice.State.WAITING, not_before__gt=at)
        return self.exclude(state=Notice.State.CANCELLED).filter(secret=False).exclude(held)

    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None)

    def log_visible_to(self, user: User) -> "NoticeQuerySet":
        """What staff may read of what was sent to others. What was written about proposals and reviews is not for finance."""
        if not user.has_role(*STAFF):
            return self.none()
        rows = self
        if not user.has_role(*PROPOSAL_READERS):
            for kind in PROPOSAL_KINDS:
                rows = rows.exclude(kind__startswith=kind)
        unsealed: NoticeQuerySet = without_sealed(rows, user)
        return unsealed

    def due(self, at: dt.datetime) -> "NoticeQuerySet":
        return self.filter(state=Notice.State.WAITING, not_before__lte=at).order_by("not_before", "id")


class Notice(UUIDModel):
    """One message to one person. Written in the transaction of its cause, sent at most once.

    waiting → sending (leased) → sent | failed; back to waiting where the mail server said "not now"; unknown where a
    crash leaves open whether the server took it: a person decides then, it is never repeated blindly. A reminder names
    its deadline, and is cancelled where it is no longer true.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown")
        CANCELLED = "cancelled", _("Cancelled")

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="notices")
    address = models.EmailField()
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200, unique=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    path = models.CharField(max_length=300, blank=True)
    secret = models.BooleanField(default=False)
    subject_type = models.CharField(max_length=64, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    deadline = models.ForeignKey(Deadline, null=True, blank=True, on_delete=models.PROTECT, related_name="notices")
    sequence = models.PositiveIntegerField(null=True, blank=True)
    offset = models.DurationField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["not_before", "id"], name="notice_due", condition=Q(state="waiting")),
            models.Index(fields=["lease_until"], name="notice_leased", condition=Q(state="sending")),
            models.Index(fields=["recipient", "-created_at"], name="notice_inbox"),
            models.Index(fields=["recipient"], name="notice_unread", condition=Q(read_at=None)),
            models.Index(fields=["created_at", "id"], name="notice_by_time"),
            models.Index(fields=["state", "created_at"], name="notice_by_state"),
            models.Index(fields=["kind", "created_at"], name="notice_by_kind"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="sending", lease_until__isnull=False)
                | ~Q(state="sending") & Q(lease_until__isnull=True),
                name="notice_leased_iff_sending",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | ~Q(state="sent") & Q(sent_at__isnull=True),
                name="notice_sent_at_iff_sent",
            ),
            models.CheckConstraint(
                condition=~Q(subject__contains="\n") & ~Q(subject__contains="\r"), name="notice_subject_one_line"
            ),
            models.CheckConstraint(
                condition=Q(deadline=None, sequence=None, offset=None)
                | Q(deadline__isnull=False, sequence__isnull=False, offset__isnull=False, recipient__isnull=False),
                name="notice_reminder_whole",
            ),
            models.UniqueConstraint(
                fields=["recipient", "deadline", "sequence", "offset", "kind"],
                condition=Q(deadline__isnull=False),
                name="notice_reminder_once",
            ),
        ]

    def __str__(self) -> str:
        """Not to whom: the audit trail keeps this, also for readers from whom the notice is sealed."""
        return f"{self.kind} of {self.created_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("notifications:notice", args=[self.pk])

    @property
    def kind_label(self) -> str:
        return label_of(self.kind)

    @property
    def message_id(self) -> str:
        """The same at every try, so that a mailbox can tell a repetition."""
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
        return f"<{self.pk}@{domain}>"


class Attempt(models.Model):
    """One try to send a notice, and what the server said to it."""

    class Result(models.TextChoices):
        SENT = "sent", _("Accepted by the mail server")
        DEFERRED = "deferred", _("The mail server said: not now")
        UNREACHABLE = "unreachable", _("The mail server could not be reached")
        REFUSED = "refused", _("Refused by the mail server")
        UNKNOWN = "unknown", _("No answer: it may have arrived")
        BROKEN = "broken", _("The message could not be written")

    id = models.BigAutoField(primary_key=True)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="tries")
    at = models.DateTimeField()
    result = models.CharField(max_length=12, choices=Result)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        triggers = append_only()


class Heartbeat(models.Model):
    """When the scheduler, and any worker, was last seen alive. One row for each."""

    BEAT, WORKER = "beat", "worker"

    name = models.CharField(max_length=16, primary_key=True)
    at = models.DateTimeField()


def inbox(user: User, at: dt.datetime) -> NoticeQuerySet:
    """What `user` is told, newest first."""
    return Notice.objects.visible_to(user).in_inbox(at).order_by("-created_at", "-id")
