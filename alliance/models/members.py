"""Member organisations, who speaks for them, what they pledged and what arrived."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from accounts.models import User
from alliance import triggers
from alliance.readers import is_staff, reads_members, reads_money_of_all
from core.models import UUIDModel, append_only
from core.money import MoneyField
from funds.models import Entry, FundYear, Subaccount
from universities.models import University


class InstantRange(Func):
    function = "tstzrange"
    output_field = DateTimeRangeField()


class MemberQuerySet(models.QuerySet["Member"]):
    def visible_to(self, user: User) -> Self:
        """The directory: staff, the board, and every member's representatives. Figures start from `Pledge.visible_to`."""
        return self if reads_members(user) else self.none()

    def represented_by(self, user: User) -> Self:
        """The members that `user` speaks for now."""
        own = Representative.objects.in_force().filter(member=OuterRef("pk"), user=user)
        return self.filter(Exists(own))

    def current(self, day: dt.date) -> Self:
        return self.filter(Q(left_on=None) | Q(left_on__gt=day), joined_on__lte=day)


class Member(UUIDModel):
    """An organisation of the alliance. A university that asks for money is a `University`; it may be a member as well."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("Company")
        START_UP = "start_up", _("Start-up")
        UNIVERSITY = "university", _("University")
        FOUNDATION = "foundation", _("Foundation")

    code = models.SlugField(_("code"), max_length=24, unique=True)
    name = models.CharField(_("name"), max_length=200, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    country = CountryField(_("country"))
    website = models.URLField(_("website"), max_length=300, blank=True)
    university = models.OneToOneField(
        University, null=True, blank=True, on_delete=models.PROTECT, related_name="member", verbose_name=_("university")
    )
    joined_on = models.DateField(_("joined on"))
    left_on = models.DateField(_("left on"), null=True, blank=True)
    created_at = models.DateTimeField()

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("member"), _("members")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(left_on=None) | Q(left_on__gte=F("joined_on")), name="member_left_not_before_joining"
            ),
            models.CheckConstraint(
                condition=Q(university=None) | Q(kind="university"), name="member_university_only_of_that_kind"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="member_has_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("alliance:member", args=[self.code])


class RepresentativeQuerySet(models.QuerySet["Representative"]):
    def in_force(self, at: "dt.datetime | Now | None" = None) -> Self:
        at = at or Now()
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=at), starts_at__lte=at)

    def visible_to(self, user: User) -> Self:
        """Who speaks for a member: staff, the board, and the member's own representatives."""
        if reads_money_of_all(user):
            return self
        return self.filter(member__in=Member.objects.represented_by(user))


class Representative(UUIDModel):
    """A person who speaks for a member, from an instant to another. Ended, never deleted."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="representatives")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="representing")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = RepresentativeQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="representative_ends_after_start"
            ),
            ExclusionConstraint(
                name="representative_once",
                expressions=[
                    ("member", RangeOperators.EQUAL),
                    ("user", RangeOperators.EQUAL),
                    (InstantRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} for {self.member}"


def money_shown(user: User, member: str, fund: str) -> Q:
    """Rows with the money of a member (at the path `member`) that `user` may read; `fund` is the path of their fund."""
    if is_staff(user):
        return Q()
    seats = user.board_seats.in_force().values("fund")
    return Q(**{f"{fund}__in": seats}) | Q(**{f"{member}__in": Member.objects.represented_by(user)})


class PledgeQuerySet(models.QuerySet["Pledge"]):
    def visible_to(self, user: User) -> Self:
        """Staff, the board of the fund, and the representatives of the member."""
        return self.filter(money_shown(user, "member", "fund_year__fund"))


class Pledge(UUIDModel):
    """What a member promised for a fund year, in the fund's currency. `entry` is where the ledger has it.

    What arrived, and what is still to come, is asked of the ledger (`alliance.queries`), never kept here.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="pledges")
    fund_year = models.ForeignKey(FundYear, on_delete=models.PROTECT, related_name="pledges")
    amount = MoneyField()
    subaccount = models.OneToOneField(Subaccount, on_delete=models.PROTECT, related_name="pledge")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="pledge")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = PledgeQuerySet.as_manager()

    class Meta:
        ordering = ["fund_year", "member"]
        constraints = [
            models.UniqueConstraint(fields=["member", "fund_year"], name="pledge_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="pledge_positive"),
        ]
        triggers = [triggers.pledge_fits()]

    def __str__(self) -> str:
        return f"{self.member.name}, {self.fund_year.label}"


class ContributionQuerySet(models.QuerySet["Contribution"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(money_shown(user, "pledge__member", "pledge__fund_year__fund"))


class Contribution(UUIDModel):
    """Money of a pledge that arrived. `key` is the sender's own: the same key twice is one contribution."""

    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, related_name="contributions")
    amount = MoneyField()
    received_on = models.DateField()
    reference = models.CharField(max_length=80)
    key = models.CharField(max_length=80, unique=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="contribution")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = ContributionQuerySet.as_manager()

    class Meta:
        ordering = ["-received_on", "-id"]
        indexes = [models.Index(fields=["received_on", "id"], name="contribution_by_day")]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="contribution_positive"),
            models.CheckConstraint(condition=~Q(key=""), name="contribution_has_key"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.reference} of {self.received_on}"
