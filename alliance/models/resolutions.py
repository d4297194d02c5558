"""What the board is asked to decide, and how it voted."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from alliance import triggers
from alliance.kinds import kinds
from alliance.models.board import BoardSeat
from alliance.readers import is_staff
from core.models import StateChange, UUIDModel, append_only
from funds.models import Entry, Fund


class ResolutionQuerySet(models.QuerySet["Resolution"]):
    def visible_to(self, user: User) -> Self:
        """Staff see all; the fund's board (those who vote and those who advise) what was put to it.

        That there is a resolution, not what is in it: papers and tally start from `papers_open_to`.
        """
        if is_staff(user):
            return self
        seat = Exists(BoardSeat.objects.in_force().filter(fund=OuterRef("fund"), user=user))
        return self.filter(seat, opened_at__isnull=False)

    def papers_open_to(self, user: User) -> Self:
        """Those whose papers, votes and tally `user` may read: not one that they recused themselves from."""
        recused = Vote.objects.filter(resolution=OuterRef("pk"), user=user, choice=Vote.Choice.RECUSED)
        return self.visible_to(user).exclude(Exists(recused))


class Resolution(UUIDModel):
    """A decision asked of a fund's board. Adopting it does what `alliance.effects` has registered for its `kind`.

    `quorum` is the least share of votes given among the seats that may vote, `majority` the share of "for" among "for"
    and "against" that must be exceeded (0.5: more than half; 0.6666: two thirds). Both are frozen when voting opens.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        VOTING = "voting", _("Voting open")
        ADOPTED = "adopted", _("Adopted")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    number = models.CharField(max_length=16, unique=True)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="resolutions")
    kind = models.CharField(max_length=32, choices=kinds)
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("reasons"), blank=True)
    payload = models.JSONField(default=dict)
    subject_type = models.CharField(max_length=64, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="proposed_resolutions"
    )
    proposed_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(_("voting closes"), null=True, blank=True)
    quorum = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    majority = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True)
    problem = models.TextField(blank=True)
    entry = models.OneToOneField(
        Entry, null=True, blank=True, on_delete=models.PROTECT, related_name="adopted_resolution"
    )

    objects = ResolutionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("resolution"), _("resolutions")
        ordering = ["-number"]
        indexes = [
            models.Index(fields=["closes_at"], name="resolution_to_decide", condition=Q(status="voting")),
            models.Index(fields=["subject_type", "subject_id"], name="resolution_by_subject"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "withdrawn"])
                | Q(
                    opened_at__isnull=False, closes_at__gt=F("opened_at"), quorum__isnull=False, majority__isnull=False
                ),
                name="resolution_voted_on_is_opened",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "voting"], decided_at=None)
                | Q(status__in=["adopted", "rejected", "withdrawn"], decided_at__isnull=False),
                name="resolution_decided_at_iff_decided",
            ),
            models.CheckConstraint(
                condition=Q(quorum=None) | Q(quorum__gt=0, quorum__lte=1, majority__gte=0.5, majority__lt=1),
                name="resolution_quorum_and_majority",
            ),
            models.CheckConstraint(condition=Q(entry=None) | Q(status="adopted"), name="resolution_entry_if_adopted"),
        ]
        triggers = [triggers.adopted_by_two(), *triggers.resolution_frozen()]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("alliance:resolution", args=[self.number])


class ResolutionStep(StateChange):
    subject = models.ForeignKey(Resolution, on_delete=models.PROTECT, related_name="steps")

    class Meta(StateChange.Meta):
        triggers = append_only()


class VoteQuerySet(models.QuerySet["Vote"]):
    def visible_to(self, user: User) -> Self:
        """The board votes openly: whoever reads the papers sees the votes, and everybody their own."""
        return self.filter(Q(resolution__in=Resolution.objects.papers_open_to(user)) | Q(user=user))


class Vote(UUIDModel):
    """One person's vote on a resolution: changed as often as they like while voting is open, except a recusal."""

    class Choice(models.TextChoices):
        FOR = "for", _("For")
        AGAINST = "against", _("Against")
        ABSTAIN = "abstain", _("Abstained")
        RECUSED = "recused", _("Recused")

    resolution = models.ForeignKey(Resolution, on_delete=models.PROTECT, related_name="votes")
    seat = models.ForeignKey(BoardSeat, on_delete=models.PROTECT, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="board_votes")
    choice = models.CharField(max_length=8, choices=Choice)
    at = models.DateTimeField()

    objects = VoteQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["resolution", "user"], name="vote_once")]
        triggers = triggers.vote_fits()

    def __str__(self) -> str:
        return f"{self.user}: {self.choice}"
