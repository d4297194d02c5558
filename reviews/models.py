"""Judging proposals by one yardstick: rubrics, reviewers, conflicts, reviews and their scores."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from accounts.names import validate_zone
from core.models import StateChange, UUIDModel, append_only
from grants.models import Call, Proposal
from grants.models.access import review_open_to
from reviews import triggers

REVIEW_STAFF = (Role.PROGRAMME_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR)


# --- the yardstick -----------------------------------------------------------------------------------------------------
class Rubric(UUIDModel):
    """A named yardstick, in versions; of a call, or shared by many."""

    name = models.CharField(max_length=120)
    call = models.ForeignKey(Call, null=True, blank=True, on_delete=models.PROTECT, related_name="own_rubrics")

    def __str__(self) -> str:
        return self.name


class RubricVersion(UUIDModel):
    """One version; frozen once published. Scores belong to the version they were given under."""

    rubric = models.ForeignKey(Rubric, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(default=1)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rubric", "number"], name="rubric_version_once")]

    def __str__(self) -> str:
        return f"{self.rubric} v{self.number}"


class CallRubric(models.Model):
    """The version by which a call is judged, and by when."""

    call = models.OneToOneField(Call, on_delete=models.PROTECT, primary_key=True, related_name="rubric")
    version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="calls")
    reviews_due_at = models.DateTimeField(null=True, blank=True)


class Criterion(UUIDModel):
    """One weighted scale. `weight` is relative: the weighted mean divides by the sum of weights."""

    version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="criteria")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=40)
    label = models.CharField(max_length=120)
    help = models.TextField(blank=True)
    weight = models.DecimalField(max_digits=6, decimal_places=3)
    lowest = models.SmallIntegerField(default=1)
    highest = models.SmallIntegerField(default=5)
    higher_is_better = models.BooleanField(default=True)
    comment_required = models.BooleanField(default=False)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="criterion_key_once"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="criterion_weight_positive"),
            models.CheckConstraint(condition=Q(highest__gt=F("lowest")), name="criterion_scale"),
        ]
        triggers = [triggers.frozen_rubric()]

    def __str__(self) -> str:
        return self.label


class ScalePoint(UUIDModel):
    """What one value of a criterion's scale means, in words."""

    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="points")
    value = models.SmallIntegerField()
    label = models.CharField(max_length=60)
    description = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["value"]
        constraints = [models.UniqueConstraint(fields=["criterion", "value"], name="scale_point_once")]


# --- the people --------------------------------------------------------------------------------------------------------
class Reviewer(UUIDModel):
    """Somebody in the pool: what they know, how much they take on."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviewer")
    keywords = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    most_reviews = models.PositiveSmallIntegerField(default=8)
    active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.user)


class Conflict(UUIDModel):
    """A reason why a person must not learn of a proposal's review. While confirmed, the seal is in force."""

    class Kind(models.TextChoices):
        EMPLOYER = "employer", _("Same employer")
        TEAM = "team", _("On the proposal's team")
        COLLABORATOR = "collaborator", _("Recent collaborator")
        ADVISOR = "advisor", _("Advisor or advisee")
        FAMILY = "family", _("Family or close friend")
        FINANCIAL = "financial", _("Financial interest")
        MEMBER_INTEREST = "member_interest", _("Interest of a member company")
        OTHER = "other", _("Other")

    class Source(models.TextChoices):
        DECLARED = "declared", _("Declared")
        FOUND = "found", _("Found")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CONFIRMED = "confirmed", _("Confirmed")
        SET_ASIDE = "set_aside", _("Set aside")

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="conflicts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="conflicts")
    kind = models.CharField(max_length=20, choices=Kind)
    source = models.CharField(max_length=8, choices=Source)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    evidence = models.TextField(blank=True)
    created_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["proposal", "user", "kind"], name="conflict_once"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("user")) | Q(source="declared"),
                name="conflict_not_decided_by_oneself",
            ),
        ]
        indexes = [models.Index(fields=["user", "status"], name="conflict_by_user")]


# --- the reviews -------------------------------------------------------------------------------------------------------
class ReviewQuerySet(models.QuerySet["Review"]):
    def visible_to(self, user: User) -> Self:
        """One's own, unless recused; and for staff who run reviews those of proposals whose review they may learn of.

        A team member, the office of the university or a sealed person sees none, whatever their role: applicants never
        learn who reviewed, and a conflict hides even the number of reviews.
        """
        own = Q(reviewer=user) & ~Q(status__in=[Review.Status.RECUSED, Review.Status.WITHDRAWN])
        open_to = review_open_to(user, "proposal")
        return self.filter(own | open_to) if user.has_role(*REVIEW_STAFF) else self.filter(own & open_to)

    def counting(self) -> Self:
        """Those whose scores count: submitted and final."""
        return self.filter(status__in=[Review.Status.SUBMITTED, Review.Status.FINAL])

    def outstanding(self) -> Self:
        return self.filter(status__in=Review.OUTSTANDING)


class Review(UUIDModel):
    """One reviewer's review of one proposal: it is the assignment, too. `version` guards against a stale write."""

    class Status(models.TextChoices):
        INVITED = "invited", _("Invited")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        REOPENED = "reopened", _("Reopened")
        FINAL = "final", _("Final")
        RECUSED = "recused", _("Recused")
        WITHDRAWN = "withdrawn", _("Withdrawn by staff")

    OUTSTANDING = ("invited", "accepted", "draft", "reopened")

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews")
    rubric_version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="reviews")
    status = models.CharField(max_length=10, choices=Status, default=Status.INVITED)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField()
    due_at = models.DateTimeField()
    zone = models.CharField(max_length=64, default="UTC", validators=[validate_zone])
    certified_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    confidence = models.PositiveSmallIntegerField(null=True, blank=True)
    for_applicant = models.TextField(blank=True)
    for_panel = models.TextField(blank=True)
    for_staff = models.TextField(blank=True)
    score = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()

    objects = ReviewQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["reviewer", "status", "due_at"], name="review_by_reviewer"),
            models.Index(fields=["proposal", "status"], name="review_by_proposal"),
            models.Index(fields=["due_at", "id"], name="review_by_due"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "reviewer"], name="review_once"),
            models.CheckConstraint(
                condition=Q(confidence=None) | Q(confidence__gte=1, confidence__lte=5), name="review_confidence"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["submitted", "final"]) | Q(submitted_at__isnull=False, score__isnull=False),
                name="review_scored_if_submitted",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["draft", "submitted", "reopened", "final"]) | Q(certified_at__isnull=False),
                name="review_certified_before_content",
            ),
        ]
        triggers = [triggers.no_review_against_a_seal()]

    def __str__(self) -> str:
        return f"Review of {self.proposal.number}"

    def get_absolute_url(self) -> str:
        return reverse("reviews:review", args=[self.pk])

    def is_late(self, at: dt.datetime) -> bool:
        return self.status in self.OUTSTANDING and self.due_at <= at


class ReviewStep(StateChange):
    subject = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="steps")

    class Meta(StateChange.Meta):
        triggers = append_only()


class Score(UUIDModel):
    """A value on one criterion, within its scale (by trigger), with a comment."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="scores")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="scores")
    value = models.SmallIntegerField(null=True, blank=True)
    comment = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "criterion"], name="score_once")]
        triggers = [triggers.score_in_range()]
