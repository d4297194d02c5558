"""Exact money: decimals in numeric columns, minor units by ISO 4217, splits that sum to the whole."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django.db import models
from moneyed import get_currency

from core.errors import InvalidInput

ZERO = Decimal(0)
LARGEST = Decimal(10) ** 15

# One notation only: digits with an optional decimal point, thousands separated by commas or (thin, no-break) spaces in
# groups of three. "1.000,00" is refused, never guessed.
_AMOUNT = re.compile(r"-?(?:[0-9]{1,3}(?:[,\u0020\u00a0\u2009\u202f][0-9]{3})+|[0-9]+)(?:\.[0-9]+)?")


class MoneyField(models.DecimalField):  # type: ignore[type-arg]  # not subscriptable at run time
    """An amount in its row's currency. Four decimals hold every ISO 4217 minor unit; the ledger refuses finer ones."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"], kwargs["decimal_places"] = 20, 4
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"], kwargs["decimal_places"]
        return name, path, args, kwargs


def minor_units(currency: str) -> int:
    """Decimals of a currency by ISO 4217: 2 for USD, 0 for JPY, 3 for KWD."""
    sub_unit = get_currency(currency).sub_unit
    return len(str(sub_unit)) - 1


def quantum(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 for USD, 1 for JPY, 0.001 for KWD."""
    return Decimal(1).scaleb(-minor_units(currency))


def round_money(amount: Decimal, currency: str) -> Decimal:
    """To the currency's minor unit, half up, as budgets and rates are rounded in award documents."""
    return amount.quantize(quantum(currency), rounding=ROUND_HALF_UP)


def parse_money(text: str, currency: str, *, field: str | None = None) -> Decimal:
    """An amount as a person typed it. Refuses what has two readings, more decimals than the currency, or no sane size."""
    cleaned = text.strip()
    if not cleaned.isascii() and not re.fullmatch(r"[\x00-\x7f\u00a0\u2009\u202f]*", cleaned):
        raise InvalidInput("Write the amount with the digits 0-9.", field=field)
    if not _AMOUNT.fullmatch(cleaned):
        raise InvalidInput("Write the amount like 12,500.00 (a point before the decimals).", field=field)
    try:
        amount = Decimal(re.sub(r"[,\s]", "", cleaned))
    except InvalidOperation:
        raise InvalidInput("Write the amount like 12,500.00.", field=field) from None
    return checked_money(amount, currency, field=field)


def checked_money(amount: Decimal, currency: str, *, field: str | None = None) -> Decimal:
    """`amount` if it is finite, of sane size and no finer than the currency's minor unit."""
    if not amount.is_finite():
        raise InvalidInput("The amount must be a number.", field=field)
    if abs(amount) >= LARGEST:
        raise InvalidInput("The amount is too large.", field=field)
    exact = amount.quantize(quantum(currency), rounding=ROUND_HALF_EVEN)
    if exact != amount:
        raise InvalidInput(f"{currency} has {minor_units(currency)} decimals at most.", field=field)
    return exact


def format_money(amount: Decimal, currency: str = "") -> str:
    """`1,250,000.00 USD` with the currency's decimals; without a currency, two decimals."""
    digits = minor_units(currency) if currency else 2
    return f"{amount:,.{digits}f} {currency}".rstrip()


def split(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """`amount` in parts proportional to `weights`, summing to it exactly (largest remainder, ties to the earlier part).

    Refuses negative weights and weights that sum to zero. Source: Hamilton's method of apportionment.
    """
    total = sum(weights, ZERO)
    if total <= 0 or min(weights) < 0:
        raise InvalidInput("The weights of a split must be zero or more, and not all zero.")
    unit = quantum(currency)
    whole = int(checked_money(amount, currency) / unit)
    sign, whole = (-1, -whole) if whole < 0 else (1, whole)
    exact = [whole * weight / total for weight in weights]
    parts = [int(share) for share in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: whole - sum(parts)]:
        parts[i] += 1
    return [sign * part * unit for part in parts]
