"""A member representative's part: the pledge, what of it is paid, the share, and what it made possible."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from alliance.models import Member, Pledge
from alliance.queries import MemberPosition, member_positions, with_money
from awards.models import Award
from core.money import ZERO, split
from funds.models import Fund
from funds.queries import cash_position
from reports.homes.base import Part, Task
from reports.pictures import main_fund
from reports.published import published

LATEST = 4


@dataclass(frozen=True)
class Ours:
    """One member that the reader speaks for, in the fund."""

    member: Member
    position: MemberPosition | None
    made_possible: Decimal
    pledges: list[Any]

    @property
    def paid_percent(self) -> Decimal:
        if self.position is None or not self.position.pledged:
            return ZERO
        return self.position.received * 100 / self.position.pledged


@dataclass(frozen=True, kw_only=True)
class MemberHome(Part):
    template = "reports/home/_member.html"
    title = gettext_lazy("Your membership")
    icon = "heart-handshake"

    fund: Fund | None
    ours: list[Ours]
    disbursed: Decimal
    awards: int
    latest: list[Award]


def gather(user: User, at: dt.datetime) -> MemberHome:
    """Awards are public facts; pledges are those of the own member alone."""
    members = list(Member.objects.represented_by(user).order_by("name"))
    fund = main_fund()
    if fund is None:
        return MemberHome(tasks=[], fund=None, ours=[], disbursed=ZERO, awards=0, latest=[])
    everybody = member_positions(fund)
    paid = cash_position(fund).paid
    parts = shares(paid, everybody, fund.currency)
    pledges: Any = with_money(Pledge.objects.visible_to(user).filter(member__in=members, fund_year__fund=fund))
    rows = list(pledges.select_related("fund_year", "member").order_by("fund_year__number"))
    ours = []
    for member in members:
        position = next((one for one in everybody if one.member.pk == member.pk), None)
        own = [row for row in rows if row.member_id == member.pk]
        ours.append(Ours(member, position, parts.get(member.pk, ZERO), own))
    funded = published().filter(fund=fund)
    return MemberHome(
        tasks=[_task(row, fund) for row in rows if row.outstanding > 0 and row.fund_year.starts_on <= at.date()],
        fund=fund,
        ours=ours,
        disbursed=paid,
        awards=funded.count(),
        latest=list(funded.select_related("university", "fund").order_by("-offered_at", "-id")[:LATEST]),
    )


def shares(disbursed: Decimal, positions: Sequence[MemberPosition], currency: str) -> dict[Any, Decimal]:
    """What was disbursed, shared among the members by what each has paid in; the parts sum to the whole."""
    paying = [one for one in positions if one.received > 0]
    if not paying:
        return {}
    parts = split(disbursed, [one.received for one in paying], currency)
    return {one.member.pk: part for one, part in zip(paying, parts, strict=True)}


def _task(row: Any, fund: Fund) -> Task:
    return Task(
        title=_("Pay the contribution for %(year)s") % {"year": row.fund_year.label},
        detail=row.member.name,
        url=row.member.get_absolute_url(),
        act=_("See the pledge"),
        icon="coins",
        tone="warning",
        amount=row.outstanding,
        currency=fund.currency,
    )
