"""A call: what is asked for, by when, with how much money, under which rules."""

import datetime as dt
import zoneinfo
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from accounts.names import validate_zone
from core.models import StateChange, UUIDModel, append_only
from core.money import MoneyField
from funds.models import Fund
from grants.models.laws import limit_law
from grants.zones import wall_of

CALL_STAFF = (Role.PROGRAMME_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR, Role.FINANCE_OFFICER, Role.FINANCE_APPROVER)


class Category(models.TextChoices):
    """The categories of a budget; calls allow some of them."""

    PERSONNEL = "personnel", _("Personnel")
    EQUIPMENT = "equipment", _("Equipment")
    TRAVEL = "travel", _("Travel")
    COMPUTE = "compute", _("Compute")
    OTHER = "other", _("Other direct costs")
    SUBAWARD = "subaward", _("Subawards")


def all_categories() -> list[str]:
    return list(Category.values)


class Programme(UUIDModel):
    """A line of funding within a fund; its calls draw on the fund's money."""

    code = models.SlugField(max_length=24, unique=True)
    name = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="programmes")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class CallQuerySet(models.QuerySet["Call"]):
    def visible_to(self, user: User | AnonymousUser | None) -> Self:
        """Staff see every call; everybody else, signed in or not, those that were published."""
        if isinstance(user, User) and user.has_role(*CALL_STAFF):
            return self
        return self.exclude(status=Call.Status.DRAFT).exclude(published_at=None)


class Call(UUIDModel):
    """A funding opportunity. Opening and closing are instants of its stages, not clicks: `status` follows them.

    `shape` says how its stages follow each other. While `paused_at` is set nothing is started or handed in, whatever the
    status. With `internal_limit`, so many proposals of one university come in: its office picks them (`InternalEntry`).
    A template (`is_template`) is copied from and never published.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")
        IN_REVIEW = "in_review", _("In review")
        DECIDED = "decided", _("Decided")
        ARCHIVED = "archived", _("Archived")
        CANCELLED = "cancelled", _("Cancelled")

    class Shape(models.TextChoices):
        ONE_DEADLINE = "one_deadline", _("One deadline")
        TWO_STAGE = "two_stage", _("Expression of interest, then full proposal by invitation")
        CUT_OFFS = "cut_offs", _("Always open, with cut-off dates")

    class Blinding(models.TextChoices):
        SINGLE = "single", _("Single-blind: reviewers see the applicants' names")
        DOUBLE = "double", _("Double-blind: reviewers don't see the applicants' names")

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="calls")
    code = models.SlugField(max_length=24, unique=True)
    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=400, blank=True)
    description = models.TextField(blank=True, help_text=_("Markdown."))
    who_may_apply = models.TextField(blank=True, help_text=_("Markdown."))
    contact_email = models.EmailField(blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    shape = models.CharField(max_length=12, choices=Shape, default=Shape.ONE_DEADLINE)
    is_template = models.BooleanField(default=False)
    paused_at = models.DateTimeField(null=True, blank=True)
    internal_limit = models.PositiveSmallIntegerField(null=True, blank=True)
    internal_until = models.DateTimeField(
        null=True, blank=True, help_text=_("By when the offices pick; after it nobody puts themselves forward.")
    )
    blinding = models.CharField(max_length=8, choices=Blinding, default=Blinding.SINGLE)
    award_floor = MoneyField(default=0)
    award_ceiling = MoneyField()
    envelope = MoneyField(help_text=_("How much this call may award in all."))
    shortest_months = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    longest_months = models.PositiveSmallIntegerField(default=36, validators=[MinValueValidator(1)])
    reviews_per_proposal = models.PositiveSmallIntegerField(default=3)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    last_number = models.PositiveIntegerField(default=0, editable=False)
    version = models.PositiveIntegerField(default=1)

    objects = CallQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["status", "id"], name="call_by_status")]
        constraints = [
            models.CheckConstraint(
                condition=Q(award_floor__gte=0, award_ceiling__gte=F("award_floor"), award_ceiling__gt=0),
                name="call_award_limits",
            ),
            models.CheckConstraint(condition=Q(envelope__gte=F("award_ceiling")), name="call_envelope_holds_one_award"),
            models.CheckConstraint(
                condition=Q(status="draft", published_at=None)
                | Q(status="cancelled")
                | ~Q(status__in=["draft", "cancelled"]) & Q(published_at__isnull=False),
                name="call_published_at_iff_published",
            ),
            models.CheckConstraint(
                condition=Q(is_template=False) | Q(status="draft"), name="call_template_is_never_published"
            ),
            models.CheckConstraint(
                condition=Q(internal_limit=None) | Q(internal_limit__gte=1), name="call_internal_limit_positive"
            ),
            models.CheckConstraint(
                condition=Q(shortest_months__gte=1, longest_months__gte=F("shortest_months")), name="call_months"
            ),
            models.CheckConstraint(
                condition=Q(paused_at=None) | ~Q(status__in=["draft", "cancelled", "archived"]),
                name="call_paused_is_public",
            ),
        ]
        triggers = [limit_law()]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("grants:call", args=[self.code])

    @property
    def currency(self) -> str:
        return self.programme.fund.currency


class CallStep(StateChange):
    subject = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="steps")

    class Meta(StateChange.Meta):
        triggers = append_only()


class StageQuerySet(models.QuerySet["Stage"]):
    def open_at(self, at: dt.datetime) -> Self:
        return self.filter(
            opens_at__lte=at, closes_at__gt=at, call__status__in=["published", "open"], call__paused_at=None
        )


class Stage(UUIDModel):
    """What is handed in when: one row for a plain call, two for two stages, n for cut-off dates.

    `walls`: what the clocks of the zone show at each date, by the rules of time zones as they were when it was set. Should
    a country change its rules, `services.zone_rules` finds by it that the clocks will show something else.
    """

    DATES = ("opens_at", "closes_at", "sign_off_until")

    class Kind(models.TextChoices):
        EOI = "eoi", _("Expression of interest")
        FULL = "full", _("Full proposal")

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="stages")
    number = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=4, choices=Kind, default=Kind.FULL)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    zone = models.CharField(max_length=64, default="UTC", validators=[validate_zone])
    sign_off_until = models.DateTimeField(
        null=True, blank=True, help_text=_("Offices may sign until then what was handed in before the deadline.")
    )
    form = models.ForeignKey("grants.FormVersion", null=True, on_delete=models.PROTECT, related_name="stages")
    walls = models.JSONField(default=dict, editable=False)

    objects = StageQuerySet.as_manager()

    class Meta:
        ordering = ["call", "number"]
        indexes = [models.Index(fields=["closes_at"], name="stage_by_closing")]
        constraints = [
            models.UniqueConstraint(fields=["call", "number"], name="stage_once"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="stage_closes_after_opening"),
            models.CheckConstraint(
                condition=Q(sign_off_until=None) | Q(sign_off_until__gte=F("closes_at")),
                name="stage_sign_off_not_before_closing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call.code} / {self.number}"

    def save(self, **how: Any) -> None:
        self.walls = self.walls_now()
        if how.get("update_fields") is not None:
            how["update_fields"] = {*how["update_fields"], "walls"}
        super().save(**how)

    def walls_now(self) -> dict[str, str]:
        dates = {name: getattr(self, name) for name in self.DATES}
        return {name: wall_of(at, self.zone).isoformat() for name, at in dates.items() if at is not None}

    @property
    def tz(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.zone)

    def is_open(self, at: dt.datetime) -> bool:
        """Whether what was fully received at `at` is in: from the opening instant up to, not including, the closing."""
        return self.takes_proposals and self.opens_at <= at < self.closes_at

    @property
    def takes_proposals(self) -> bool:
        """Whether the call is on at all, leaving its dates aside."""
        return self.call.status in {Call.Status.PUBLISHED, Call.Status.OPEN} and self.call.paused_at is None

    @property
    def by_invitation(self) -> bool:
        """Whether it takes only what follows an expression of interest that was invited."""
        return self.kind == self.Kind.FULL and self.call.shape == Call.Shape.TWO_STAGE

    def last_sign_off(self) -> dt.datetime:
        return self.sign_off_until or self.closes_at


class DeadlineChange(models.Model):
    """A deadline was moved: from when to when, by whom, why. What every reminder and page follows."""

    id = models.BigAutoField(primary_key=True)
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="deadline_changes")
    outage = models.ForeignKey("grants.Outage", null=True, on_delete=models.PROTECT, related_name="changes")
    before = models.DateTimeField()
    after = models.DateTimeField()
    reason = models.TextField()
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        triggers = append_only()


class BudgetRules(models.Model):
    """What a budget under this call may hold, and how its indirect costs are counted (`universities.indirect`).

    `caps` and `period_caps`: the largest amount per category, in all and in any one period, as text. `period_cap`: the
    most that any one period may ask for in all, indirect costs included. `cost_share_least`: what the university must
    bear, as a fraction of what it asks for.
    """

    class CostShare(models.TextChoices):
        NONE = "none", _("Not asked for, and not counted")
        VOLUNTARY = "voluntary", _("May be named")
        REQUIRED = "required", _("Required")

    class Base(models.TextChoices):
        TOTAL_DIRECT = "total_direct", _("Total direct costs")
        MODIFIED = "modified_total_direct", _("Modified total direct costs")

    call = models.OneToOneField(Call, on_delete=models.CASCADE, primary_key=True, related_name="budget_rules")
    categories = ArrayField(models.CharField(max_length=12, choices=Category), default=all_categories)
    base = models.CharField(max_length=24, choices=Base, default=Base.MODIFIED)
    excluded = ArrayField(models.CharField(max_length=12, choices=Category), default=list, blank=True)
    subaward_threshold = MoneyField(
        null=True, blank=True, help_text=_("Of each subaward, only so much is in the base.")
    )
    rate_cap = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.25"))
    caps = models.JSONField(default=dict, blank=True, help_text=_("Largest amount per category, as text."))
    period_caps = models.JSONField(default=dict, blank=True)
    period_cap = MoneyField(null=True, blank=True)
    cost_share = models.CharField(max_length=10, choices=CostShare, default=CostShare.NONE)
    cost_share_least = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal(0))

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rate_cap__gte=0, rate_cap__lte=2), name="budget_rules_rate_cap"),
            models.CheckConstraint(
                condition=Q(cost_share="required", cost_share_least__gt=0, cost_share_least__lte=5)
                | ~Q(cost_share="required") & Q(cost_share_least=0),
                name="budget_rules_cost_share",
            ),
        ]


class EligibilityRule(UUIDModel):
    """One condition of a call, as data (`grants.eligibility` knows the kinds).

    `blocks`: what does not meet it can't be handed in; otherwise it is only flagged to the officer who checks it.
    """

    class Kind(models.TextChoices):
        COUNTRY = "country", _("Country of the university")
        MEMBERSHIP = "membership", _("The university is a member of the alliance")
        PI_RANK = "pi_rank", _("Position of the principal investigator")
        MOST_PER_UNIVERSITY = "most_per_university", _("Most proposals of one university")
        MOST_PER_PI = "most_per_pi", _("Most proposals of one principal investigator")
        MOST_CONCURRENT = "most_concurrent", _("Most proposals and awards of one principal investigator at a time")
        CO_INVESTIGATOR = "co_investigator", _("At least so many co-investigators")
        EARLIER_AWARD = "earlier_award", _("Earlier award of the principal investigator")

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="eligibility_rules")
    kind = models.CharField(max_length=24, choices=Kind)
    params = models.JSONField(default=dict)
    blocks = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "kind"], name="eligibility_rule_once")]
