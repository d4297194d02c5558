"""The built-in kind of resolution: the board makes money of a fund year available."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from alliance.effects import Fact, Sum
from alliance.models import Resolution
from core.errors import InvalidInput
from core.money import checked_money, format_money
from funds import services as ledger
from funds.errors import NotEnoughMoney
from funds.models import Fund, FundYear
from funds.queries import YearPosition, positions

KIND = "appropriation"


def check(fund: Fund, payload: Mapping[str, Any]) -> dict[str, Any]:
    """`{"fund_year": id, "amount": "1000.00"}`: a year of the fund, and no more than its ceiling still leaves."""
    try:
        key, amount = UUID(str(payload["fund_year"])), Decimal(str(payload["amount"]))
    except (KeyError, ValueError, InvalidOperation):
        raise InvalidInput(_("Say which year, and how much."), field="amount") from None
    position = position_of(fund, key)
    amount = checked_money(amount, fund.currency, field="amount")
    if amount <= 0:
        raise InvalidInput(_("An appropriation is more than zero."), field="amount")
    if amount > position.unappropriated:
        left = format_money(position.unappropriated, fund.currency)
        words = {"year": position.year.label, "left": left}
        raise InvalidInput(
            _("Of the ceiling of %(year)s only %(left)s is left to appropriate.") % words, field="amount"
        )
    return {"fund_year": str(key), "amount": str(amount)}


def position_of(fund: Fund, year: UUID) -> YearPosition:
    for position in positions(fund):
        if position.year.pk == year:
            return position
    raise InvalidInput(_("Choose a year of this fund."), field="fund_year")


def amount_of(resolution: Resolution) -> Decimal:
    return Decimal(resolution.payload["amount"])


def apply(resolution: Resolution, actor: User | None, at: dt.datetime) -> None:
    """Post the appropriation, once whatever happens. Above the ceiling it is refused, and with it the adoption."""
    year = FundYear.objects.select_related("fund").get(pk=resolution.payload["fund_year"])
    text = f"Appropriation of {year.label}: {resolution.title}"[:500]
    key = f"resolution:{resolution.pk}"
    try:
        resolution.entry = ledger.appropriate(
            year, amount_of(resolution), text=text, source=resolution.number, key=key, actor=actor, at=at
        )
    except NotEnoughMoney as error:
        words = {
            "amount": format_money(amount_of(resolution), year.fund.currency),
            "left": format_money(position_of(year.fund, year.pk).unappropriated, year.fund.currency),
            "year": year.label,
        }
        raise NotEnoughMoney(
            _("%(amount)s can't be appropriated: the ceiling of %(year)s leaves only %(left)s. Nothing was posted.")
            % words
        ) from error


def describe(resolution: Resolution) -> list[Fact]:
    fund = resolution.fund
    amount = Sum(amount_of(resolution), fund.currency)
    position = position_of(fund, UUID(resolution.payload["fund_year"]))
    facts: list[Fact] = [
        (_("Makes available"), amount),
        (_("Fund year"), f"{position.year.label} ({fund.name})"),
        (_("Ceiling of the year"), Sum(position.ceiling, fund.currency)),
    ]
    if resolution.status in (Resolution.Status.DRAFT, Resolution.Status.VOTING):
        left = Sum(position.unappropriated, fund.currency)
        after = Sum(position.unappropriated - amount.amount, fund.currency)
        facts += [(_("Not yet appropriated"), left), (_("Left after it"), after)]
    return facts
