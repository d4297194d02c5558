"""What officers work with while they check what came in: checklists, notes, questions, letters, likenesses."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.models import UUIDModel, append_only
from grants.models.access import TEAM, ProposalAccess
from grants.models.calls import Call
from grants.models.proposals import Proposal
from universities.models import OfficeMember


def of_reviewable(user: User, path: str = "proposal") -> Q:
    """Rows of proposals whose review `user` may learn of as staff: nothing of triage is for anybody else."""
    return Q(**{f"{path}__in": Proposal.objects.triaged_by(user).values("pk")})


class ChecklistItem(UUIDModel):
    """Something to look at in each proposal of a call before a verdict. `required`: no "eligible" without it."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="checklist")
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200)
    required = models.BooleanField(default=True)
    retired_at = models.DateTimeField(null=True, blank=True, help_text=_("Taken off; what was ticked stays."))

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text


class TickQuerySet(models.QuerySet["ChecklistTick"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(of_reviewable(user))


class ChecklistTick(UUIDModel):
    """What somebody found of one item of the checklist for one proposal."""

    class Finding(models.TextChoices):
        YES = "yes", _("Holds")
        NO = "no", _("Does not hold")
        NOT_APPLICABLE = "na", _("Does not apply")

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="ticks")
    item = models.ForeignKey(ChecklistItem, on_delete=models.PROTECT, related_name="ticks")
    finding = models.CharField(max_length=4, choices=Finding)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = TickQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "item"], name="checklist_tick_once")]


class NoteQuerySet(models.QuerySet["Note"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(of_reviewable(user))


class Note(models.Model):
    """What an officer writes to colleagues about a proposal. Stays as it was written."""

    id = models.BigAutoField(primary_key=True)
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.TextField()

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        triggers = append_only()


class ProposalEnquiryQuerySet(models.QuerySet["ProposalEnquiry"]):
    def visible_to(self, user: User) -> Self:
        """Staff who may deal with the proposal; its team and office, whom it is put to."""
        team = ProposalAccess.objects.filter(user=user, role__in=TEAM).values("proposal")
        offices = OfficeMember.objects.in_force().filter(user=user).values("university")
        return self.filter(of_reviewable(user) | Q(proposal__in=team) | Q(proposal__university__in=offices))


class ProposalEnquiry(UUIDModel):
    """A question of staff to the applicants about what they handed in, and the answer. Neither changes the proposal."""

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="enquiries")
    text = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = ProposalEnquiryQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "id"]
        indexes = [models.Index(fields=["proposal", "answered_at"], name="proposal_enquiry_open")]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="") | Q(answered_at__isnull=False) & ~Q(answer=""),
                name="proposal_enquiry_answered_at_iff_answer",
            )
        ]

    def __str__(self) -> str:
        return self.text


class LetterTemplate(UUIDModel):
    """The words in which a decision is told: of one call, or (no call) the house's own. `{placeholders}` are filled in."""

    class Kind(models.TextChoices):
        ELIGIBLE = "eligible", _("Eligible")
        INELIGIBLE = "ineligible", _("Not eligible")
        INVITED = "invited", _("Invited to the full proposal")
        NOT_INVITED = "not_invited", _("Not invited")
        ENQUIRY = "enquiry", _("Question to the applicants")

    call = models.ForeignKey(Call, null=True, on_delete=models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=12, choices=Kind)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "kind"], name="letter_template_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class LikenessQuerySet(models.QuerySet["Likeness"]):
    def visible_to(self, user: User) -> Self:
        """Staff who may know of the triage of both: a seal on either hides the pair."""
        return self.filter(of_reviewable(user), of_reviewable(user, "other"))


class Likeness(UUIDModel):
    """Two proposals whose title or abstract are nearly the same. Found after handing in; a person may set it aside."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="likenesses")
    other = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="+")
    parts = ArrayField(models.CharField(max_length=10))
    similarity = models.FloatField(help_text=_("Of the likest part: trigrams shared, 0 to 1."))
    found_at = models.DateTimeField()
    set_aside_at = models.DateTimeField(null=True, blank=True)
    set_aside_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    # Only on rows of `likenesses_of`: the other of the two as seen from one, and whether one person leads both.
    twin: Proposal
    same_lead: bool

    objects = LikenessQuerySet.as_manager()

    class Meta:
        ordering = ["-similarity", "id"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "other"], name="likeness_once"),
            models.CheckConstraint(condition=~Q(proposal=F("other")), name="likeness_not_of_oneself"),
        ]


class Compared(models.Model):
    """Likenesses of a proposal were looked for as it came in at `submitted_at`: what has no such row waits for it."""

    proposal = models.OneToOneField(Proposal, primary_key=True, on_delete=models.CASCADE, related_name="compared")
    submitted_at = models.DateTimeField()
    at = models.DateTimeField()
