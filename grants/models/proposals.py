"""A proposal: its parts while it is written, what was frozen when it was handed in, who may read it, who is sealed off."""

from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Left, Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.collected import Collected
from core.models import StateChange, StoredFile, UUIDModel, append_only
from core.money import MoneyField
from grants.models.access import PROPOSAL_STAFF as PROPOSAL_STAFF
from grants.models.access import TEAM as TEAM
from grants.models.access import ProposalAccess as ProposalAccess
from grants.models.access import ProposalSeal as ProposalSeal
from grants.models.access import of_office, of_user, review_open_to, sealed_from
from grants.models.calls import Call, Category, Stage
from grants.models.laws import stage_law
from universities.models import University

COMPARED_CHARACTERS = 600  # of an abstract, when likenesses are looked for: as many as the index holds
UNRELEASED = ("recommended", "not_recommended")  # known inside the review only, until the board has decided


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def visible_to(self, user: User) -> Self:
        """What `user` may see. Every page, file, search, export and endpoint starts from here.

        Staff who read proposals, unless sealed off by a conflict, and then only what was handed in at least once;
        whoever holds an access row (a sealed reviewer holds none); the office of its university.
        """
        mine, offices = of_user(user), of_office(user)
        if not user.has_role(*PROPOSAL_STAFF):
            # One way to the few that are theirs and none through all that there are.
            theirs = Proposal.objects.filter(university__in=offices).values("pk")
            return self.filter(Collected(mine.union(theirs, all=True)))
        # What holds for nearly every row is asked first; the rest is looked up in sets that are read once.
        handed_in = ~Q(submitted_at=None, handed_in_at=None)
        return self.filter(handed_in & ~Q(pk__in=sealed_from(user)) | Q(pk__in=mine) | Q(university__in=offices))

    def reviewable_by(self, user: User) -> Self:
        """Whose *review* (scores, ranking, decision before release) `user` may learn of as staff: never what they are
        on the team of, belong to the university of as its office, or are sealed off from."""
        return self.filter(review_open_to(user))

    def triaged_by(self, user: User) -> Self:
        """Of whose triage `user` may learn: `visible_to(user).reviewable_by(user)` for staff, said once; none for others."""
        if not user.has_role(*PROPOSAL_STAFF):
            return self.none()
        known = ~Q(submitted_at=None, handed_in_at=None) | Q(pk__in=of_user(user))
        return self.filter(known & review_open_to(user))

    def shown_to(self, user: User) -> Self:
        """`visible_to`, with `shown_status`: the state that `user` may know of.

        What a panel or a slate thinks before the board has decided is "under review" to everybody who may not learn of
        the review. Lists, filters and timelines use this, so that none of them tells.
        """
        rows = self.visible_to(user)
        inside: ExpressionWrapper[Any] | Value = Value(value=False)
        if user.has_role(*PROPOSAL_STAFF):
            inside = ExpressionWrapper(review_open_to(user), output_field=models.BooleanField())
        return rows.annotate(
            may_know_review=inside,
            shown_status=Case(
                When(Q(status__in=UNRELEASED) & Q(may_know_review=False), then=Value("under_review")),
                default=F("status"),
                output_field=models.CharField(max_length=20, choices=Proposal.Status),
            ),
        )

    def shown_as(self, *states: str) -> Self:
        """Of rows of `shown_to`: those that the reader is shown in one of these states. An index finds them by it."""
        found = Q(status__in=[state for state in states if state not in UNRELEASED])
        if "under_review" in states:
            found |= Q(status__in=UNRELEASED) & Q(may_know_review=False)
        if told := [state for state in states if state in UNRELEASED]:
            found |= Q(status__in=told) & Q(may_know_review=True)
        return self.filter(found)

    def full(self) -> Self:
        """Without expressions of interest: what is counted, reviewed and paid for. Every figure of a call starts here."""
        return self.filter(stage__kind=Stage.Kind.FULL)

    def expressions(self) -> Self:
        return self.filter(stage__kind=Stage.Kind.EOI)

    def handed_in(self) -> Self:
        return self.exclude(status__in=[Proposal.Status.DRAFT, Proposal.Status.AWAITING_SIGN_OFF]).exclude(
            submitted_at=None
        )


class Proposal(UUIDModel):
    """A university's request for money under one stage of a call.

    `form` is the version that it is written to. A full proposal `follows` the expression of interest that was invited;
    `handler` is the officer who works on it.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        AWAITING_SIGN_OFF = "awaiting_sign_off", _("Awaiting sign-off")
        SUBMITTED = "submitted", _("Submitted")
        ELIGIBLE = "eligible", _("Eligible")
        INVITED = "invited", _("Invited to the full proposal")
        INELIGIBLE = "ineligible", _("Ineligible")
        UNDER_REVIEW = "under_review", _("Under review")
        RECOMMENDED = "recommended", _("Recommended")
        NOT_RECOMMENDED = "not_recommended", _("Not recommended")
        AWARDED = "awarded", _("Awarded")
        DECLINED = "declined", _("Declined")
        RESERVE_LIST = "reserve_list", _("Reserve list")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="proposals")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="proposals")
    form = models.ForeignKey("grants.FormVersion", null=True, on_delete=models.PROTECT, related_name="proposals")
    follows = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="followed_by")
    handler = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="handled_proposals"
    )
    number = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=300)
    abstract = models.TextField(blank=True)
    keywords = models.JSONField(default=list, blank=True)
    pi = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="led_proposals")
    pi_name = models.CharField(max_length=150, blank=True, help_text=_("Where the PI has no account: imported."))
    university = models.ForeignKey(University, null=True, on_delete=models.PROTECT, related_name="proposals")
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT)
    requested = MoneyField(default=0)
    indirect_rate = models.DecimalField(
        max_digits=6,
        decimal_places=5,
        null=True,
        blank=True,
        help_text=_("The university's rate when the budget was last counted; empty: it has none on record."),
    )
    cost_share = MoneyField(default=0, help_text=_("What the university bears itself, on top of what it asks for."))
    starts_on = models.DateField(null=True, blank=True)
    months = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    handed_in_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, help_text=_("Rises with every change of anything in it."))
    part_versions = models.JSONField(
        default=dict, blank=True, help_text=_("At which version each detail, and the budget, was last changed.")
    )
    import_key = models.CharField(max_length=80, null=True, blank=True)  # noqa: DJ001  NULL: not imported; else unique
    import_checksum = models.CharField(max_length=64, blank=True)

    # Only on rows of `shown_to`: what the reader may know.
    shown_status: str
    may_know_review: bool

    objects = ProposalQuerySet.as_manager()

    class Meta:
        indexes = [
            # Holds all that counts, sums and conditions ask for: they never read the rows, which have long texts.
            models.Index(
                fields=["call", "status", "submitted_at", "id"],
                include=["requested", "university", "handed_in_at", "updated_at", "stage", "handler"],
                name="proposal_by_call_and_status",
            ),
            models.Index(Lower("title"), "id", name="proposal_by_title"),
            models.Index(F("submitted_at").desc(nulls_last=True), F("id").desc(), name="proposal_last_submitted"),
            models.Index(fields=["submitted_at", "id"], name="proposal_by_submission"),
            models.Index(fields=["updated_at", "id"], name="proposal_by_update"),
            models.Index(fields=["requested", "id"], name="proposal_by_requested"),
            models.Index(fields=["university", "id"], name="proposal_by_university"),
            GinIndex(
                OpClass("title", name="gin_trgm_ops"), condition=~Q(submitted_at=None), name="proposal_title_alike"
            ),
            GinIndex(
                OpClass(Left("abstract", COMPARED_CHARACTERS), name="gin_trgm_ops"),
                condition=~Q(submitted_at=None),
                name="proposal_abstract_alike",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["call", "import_key"], name="proposal_import_once"),
            models.CheckConstraint(condition=Q(requested__gte=0), name="proposal_requested_not_negative"),
            models.CheckConstraint(condition=Q(cost_share__gte=0), name="proposal_cost_share_not_negative"),
            models.CheckConstraint(condition=Q(months=None) | Q(months__gt=0), name="proposal_months_positive"),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "awaiting_sign_off", "withdrawn"]) | Q(submitted_at__isnull=False),
                name="proposal_submitted_at_if_in",
            ),
            models.CheckConstraint(
                condition=~Q(status="awaiting_sign_off") | Q(handed_in_at__isnull=False),
                name="proposal_handed_in_at_if_awaiting",
            ),
        ]
        triggers = [stage_law()]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("grants:proposal", args=[self.number])

    @property
    def currency(self) -> str:
        return self.call.currency

    @property
    def told_status(self) -> "Proposal.Status":
        """The state that a refusal may name to anybody: what is not released yet reads "under review"."""
        return self.Status.UNDER_REVIEW if self.status in UNRELEASED else self.Status(self.status)

    @property
    def is_expression(self) -> bool:
        """Of interest: it asks about how much, without a budget, and ends in an invitation or not."""
        return self.stage.kind == Stage.Kind.EOI

    @property
    def is_editable(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def lead_name(self) -> str:
        return str(self.pi) if self.pi else self.pi_name


class ProposalStep(StateChange):
    subject = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="steps")

    class Meta(StateChange.Meta):
        triggers = append_only()
        indexes = [models.Index(fields=["subject", "id"], name="proposal_step_by_proposal")]


class Answer(UUIDModel):
    """What was written to one question. `version` guards against a stale write: it rises with each save."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="answers")
    key = models.SlugField(max_length=40)
    value = models.JSONField(null=True)
    version = models.PositiveIntegerField(default=1)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "key"], name="answer_once")]


class KeptAnswer(models.Model):
    """An answer that the present form has no place for: its question was taken out, or asks for something else now.

    Written when a draft is carried over to another version of its form; nothing that was typed is lost.
    """

    id = models.BigAutoField(primary_key=True)
    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="kept_answers")
    form = models.ForeignKey("grants.FormVersion", on_delete=models.PROTECT, related_name="+")
    key = models.SlugField(max_length=40)
    label = models.CharField(max_length=200)
    kind = models.CharField(max_length=12)
    value = models.JSONField()
    kept_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        triggers = append_only()


class TeamMember(UUIDModel):
    """Somebody of the proposal's team besides the PI; with an account once the invitation is accepted."""

    class Part(models.TextChoices):
        CO_INVESTIGATOR = "co_investigator", _("Co-investigator")
        KEY_PERSON = "key_person", _("Key person")

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="team")
    name = models.CharField(max_length=150)
    email = models.EmailField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    university = models.ForeignKey(University, null=True, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=16, choices=Part, default=Part.CO_INVESTIGATOR)
    may_edit = models.BooleanField(default=True)
    invited_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["proposal", "email"], name="team_member_once")]

    def __str__(self) -> str:
        return self.name


class BudgetLine(UUIDModel):
    """One line of the budget: quantity × unit cost in a period (1 = first year of the project) and a category."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="budget_lines")
    period = models.PositiveSmallIntegerField()
    category = models.CharField(max_length=12, choices=Category)
    description = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=10, decimal_places=2, default=1)
    unit_cost = MoneyField()
    amount = MoneyField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["period", "position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(period__gte=1, period__lte=10), name="budget_line_period"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, unit_cost__gte=0, amount__gte=0), name="budget_line_not_negative"
            ),
        ]


class Attachment(StoredFile):
    """A file of a proposal, or the answer to a question of its form (`key`). Served only through `visible_to`."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="attachments")
    key = models.SlugField(max_length=40, blank=True)
    title = models.CharField(max_length=120, blank=True)
    pages = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["id"]


class Submission(UUIDModel):
    """One handing in: the frozen content and its receipt. Many per proposal; the last counts, all are kept."""

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="submissions")
    receipt = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)
    content = models.JSONField()
    eligibility = models.JSONField(default=list, help_text=_("What each rule of the call said at that instant."))
    handed_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["proposal", "-at"], name="submission_by_proposal")]
        triggers = append_only()

    def __str__(self) -> str:
        return self.receipt
