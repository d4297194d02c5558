"""Questions answered with a number, an amount in the call's currency, or a day."""

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from core.errors import InvalidInput
from core.money import ZERO, format_money, minor_units, parse_money
from grants.asking.base import Manner, Problem, in_order, over, plain, short_of
from grants.asking.specs import Asked, QuestionSpec

LARGEST, MOST_DECIMALS = Decimal(10) ** 15, 10
LONGEST_UNIT = 20
_END = 10**16  # an int, so that it is compared with every number, and with NaN, in peace
_NUMBER = re.compile(r"-?(?:[0-9]{1,3}(?:[,\u0020\u00a0\u2009\u202f][0-9]{3})+|[0-9]+)(?:\.[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def number_of(value: Any, field: str) -> Decimal:
    """A number with one reading, or a refusal: "1.000,00" and digits of other scripts are not guessed at."""
    text = _typed(value)
    if len(text) > 60 or not _NUMBER.fullmatch(text):
        raise InvalidInput(_("Write a number, like 1200 or 0.5."), field=field)
    number = Decimal(re.sub(r"[,\s]", "", text))
    if abs(number) >= LARGEST:
        raise InvalidInput(_("This number is too large."), field=field)
    if number != round(number, MOST_DECIMALS):
        raise InvalidInput(_("Write at most %(most)d digits after the point.") % {"most": MOST_DECIMALS}, field=field)
    return number


def _typed(value: Any) -> str:
    """A number as somebody would type it; nothing where it is none, or has no end."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_END < value < _END:
        return ""
    return f"{Decimal(repr(value)):f}"


def decimal_or_none(value: Any) -> Decimal | None:
    """A stored number, however it came to be stored: finite, and short when written out."""
    try:
        number = Decimal(value) if isinstance(value, str) and len(value) <= 60 else Decimal("NaN")
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= LARGEST or int(number.as_tuple().exponent) < -60:
        return None
    return number


class Number(Manner):
    nothing = None

    def settings(self, spec: QuestionSpec, place: str) -> dict[str, Any]:
        found = {name: self._limit(spec, name, place) for name in ("least", "most")}
        in_order(spec, found, ("least", "most"), place)
        kept: dict[str, Any] = {name: f"{value:f}" for name, value in found.items() if value is not None}
        if spec.settings.get("whole") in (True, "on", "yes", "true"):
            kept["whole"] = True
        unit = " ".join(str(spec.settings.get("unit") or "").split())[:LONGEST_UNIT]
        return {**kept, **({"unit": unit} if unit else {})}

    def _limit(self, spec: QuestionSpec, name: str, place: str) -> Decimal | None:
        value = spec.settings.get(name)
        return None if value in (None, "") else number_of(value, f"{place}-{name}")

    def clean(self, asked: Asked, value: Any, currency: str) -> Any:  # noqa: ARG002
        if value in (None, ""):
            return None
        number = number_of(value, asked.key)
        return f"{number.normalize():f}" if number else "0"

    def limits(self, asked: Asked, value: Any, currency: str) -> list[Problem]:
        number = decimal_or_none(value)
        if number is None:
            return []
        found, names = [], {"question": asked.label}
        least, most = (decimal_or_none(asked.settings.get(name)) for name in ("least", "most"))
        if least is not None and number < least:
            words = _("“%(question)s” must be at least %(least)s.")
            found.append(short_of(words % {**names, "least": self.text(asked, str(least), currency)}))
        if most is not None and number > most:
            words = _("“%(question)s” must be at most %(most)s.")
            found.append(over(words % {**names, "most": self.text(asked, str(most), currency)}))
        if asked.settings.get("whole") and number != number.to_integral_value():
            found.append(short_of(_("“%(question)s” must be a whole number.") % names))
        return found

    def text(self, asked: Asked, value: Any, currency: str) -> str:  # noqa: ARG002
        number = decimal_or_none(value)
        if number is None:
            return plain(value)
        return f"{number:,f} {asked.settings.get('unit', '')}".rstrip()


class Money(Number):
    """An amount in the call's currency, never negative, no finer than the currency's smallest coin."""

    def settings(self, spec: QuestionSpec, place: str) -> dict[str, Any]:
        found = super().settings(spec, place)
        return {name: value for name, value in found.items() if name in {"least", "most"}}

    def clean(self, asked: Asked, value: Any, currency: str) -> Any:
        if value in (None, ""):
            return None
        if not currency:
            return super().clean(asked, value, currency)
        number = number_of(value, asked.key) if not isinstance(value, str) else None
        text = f"{number:f}" if number is not None else value
        if len(text) > 60:
            raise InvalidInput(_("This number is too large."), field=asked.key)
        amount = parse_money(text, currency, field=asked.key)
        if amount < ZERO:
            raise InvalidInput(_("An amount can't be negative."), field=asked.key)
        return f"{abs(amount):f}"

    def text(self, asked: Asked, value: Any, currency: str) -> str:  # noqa: ARG002
        number = decimal_or_none(value)
        if number is None:
            return plain(value)
        if currency and number == round(number, minor_units(currency)):
            return format_money(number, currency)
        return f"{number:,f} {currency}".rstrip()


class Day(Manner):
    nothing = None

    def settings(self, spec: QuestionSpec, place: str) -> dict[str, Any]:
        found = {
            name: day_of(value, f"{place}-{name}").isoformat()
            for name in ("earliest", "latest")
            if (value := spec.settings.get(name))
        }
        in_order(spec, found, ("earliest", "latest"), place)
        return found

    def clean(self, asked: Asked, value: Any, currency: str) -> Any:  # noqa: ARG002
        return None if value in (None, "") else day_of(value, asked.key).isoformat()

    def limits(self, asked: Asked, value: Any, currency: str) -> list[Problem]:  # noqa: ARG002
        found, names = [], {"question": asked.label, **asked.settings}
        if asked.settings.get("earliest", "") > plain(value):
            found.append(short_of(_("“%(question)s” must be %(earliest)s or later.") % names))
        if plain(value) > asked.settings.get("latest", "9"):
            found.append(over(_("“%(question)s” must be %(latest)s or earlier.") % names))
        return found


def day_of(value: Any, field: str) -> dt.date:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        day = value
    else:
        text = str(value).strip()
        try:
            day = dt.date.fromisoformat(text if _DAY.fullmatch(text) else "")
        except ValueError:
            raise InvalidInput(_("Write the date like 2027-03-31."), field=field) from None
    if not 2000 <= day.year <= 2100:
        raise InvalidInput(_("This date can't be meant."), field=field)
    return day
