"""How much of a call's envelope falls in which fund year; and the lock under which money is promised."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput
from core.money import ZERO, checked_money, format_money
from funds.models import Fund, FundYear, LedgerHead
from grants.call_money import money_of
from grants.models import Call, CallYear
from grants.services.call_setup import lock_draft, touch


def hold_money(fund: Fund) -> None:
    """Whoever publishes a call, changes what a programme may give, or posts to the ledger of this fund waits here until
    the transaction ends: what was left of a year when it was looked at is still left when it is promised."""
    LedgerHead.objects.select_for_update().get(fund=fund)


@transaction.atomic
def set_years(call: Call, by_year: Mapping[FundYear, Decimal], *, actor: User | None, at: dt.datetime) -> Call:
    """Say how much of a draft's envelope falls in which fund year; zeros are left out.

    With none of them it is left to publishing: the earliest years first that still have money. Refused unless they add
    up to the envelope. Whether the years can give it is asked when the call is published.
    """
    locked = lock_draft(call)
    wanted = {year: _amount(locked, year, amount) for year, amount in by_year.items() if amount}
    total = sum(wanted.values(), ZERO)
    if wanted and total != locked.envelope:
        words = {
            "sum": format_money(total, locked.currency),
            "envelope": format_money(locked.envelope, locked.currency),
        }
        raise InvalidInput(_("The years add up to %(sum)s; the envelope is %(envelope)s.") % words, field="envelope")
    before = {one.year.label: one.amount for one in CallYear.objects.filter(call=locked).select_related("year")}
    after = {year.label: amount for year, amount in sorted(wanted.items(), key=lambda pair: pair[0].number)}
    if before == after:
        return locked
    _write(locked, wanted)
    touch(locked)
    record(actor, "call.years_set", locked, at=at, before=_plain(before), after=_plain(after))
    return locked


def _amount(call: Call, year: FundYear, amount: Decimal) -> Decimal:
    field = f"year_{year.pk}"
    if year.fund_id != call.programme.fund_id:
        raise InvalidInput(_("This is no year of the call's fund."), field=field)
    amount = checked_money(amount, call.currency, field=field)
    if amount < ZERO:
        raise InvalidInput(_("An amount can't be negative."), field=field)
    return amount


def _write(call: Call, by_year: Mapping[FundYear, Decimal]) -> None:
    CallYear.objects.filter(call=call).delete()
    CallYear.objects.bulk_create(CallYear(call=call, year=year, amount=amount) for year, amount in by_year.items())


def _plain(by_label: Mapping[str, Decimal]) -> dict[str, str]:
    return {label: str(amount) for label, amount in by_label.items()}


def settle_years(locked: Call, *, at: dt.datetime) -> None:
    """Of a call that is being published: keep the years that it draws on, where nobody had said which."""
    money = money_of(locked, at)
    if not money.by_hand:
        _write(locked, {one.year: one.asked for one in money.years if one.asked})
