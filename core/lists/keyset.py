"""Pages by the last row seen, not by offset: page 1,000 costs as much as page 1, and new rows shift nothing.

Empty values come last in either direction. Only a key that can be empty asks the database for that, because a plain
index serves `ORDER BY x DESC` but not `ORDER BY x DESC NULLS LAST`.
"""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.db.models import F, Field, Q, QuerySet
from django.db.models.expressions import OrderBy

from core.errors import InvalidInput

AnyField: TypeAlias = "Field[Any, Any]"
LONGEST_CURSOR = 8_000
WIDEST_EXPONENT = 1_000


class BadQuery(InvalidInput):
    """An address that no page of ours produces: refused whole, since ignoring a part would answer another question."""

    code = "bad_query"
    status = 400


@dataclass(frozen=True)
class SortKey:
    """One key of an order: the queryset's annotation `alias`, its direction, and whether it can be empty."""

    alias: str
    descending: bool
    nullable: bool

    def order(self, *, backwards: bool) -> OrderBy:
        descending = self.descending ^ backwards
        nulls = {"nulls_first" if backwards else "nulls_last": True} if self.nullable else {}
        return OrderBy(F(self.alias), descending=descending, **nulls)

    def same(self, value: Any) -> Q:
        return Q(**{f"{self.alias}__isnull": True}) if value is None else Q(**{self.alias: value})

    def beyond(self, value: Any, *, backwards: bool, or_at: bool = False) -> Q | None:
        """Rows after `value` (before it, if backwards; or at it) by this key alone; None where there can't be any."""
        if value is None:
            return Q(**{f"{self.alias}__isnull": False}) if backwards and not or_at else None
        comparison = ("lt" if self.descending ^ backwards else "gt") + ("e" if or_at else "")
        further = Q(**{f"{self.alias}__{comparison}": value})
        return further | Q(**{f"{self.alias}__isnull": True}) if self.nullable and not backwards else further


def in_order(rows: QuerySet[Any], keys: Sequence[SortKey], *, backwards: bool = False) -> QuerySet[Any]:
    return rows.order_by(*(key.order(backwards=backwards) for key in keys))


def beyond(keys: Sequence[SortKey], values: Sequence[Any], *, backwards: bool) -> Q:
    """The rows that follow (precede) the row with these key values, in the order of `keys`, the last of them unique."""
    found, equal = Q(), Q()
    for key, value in zip(keys, values, strict=True):
        further = key.beyond(value, backwards=backwards)
        if further is not None:
            found |= equal & further
        equal &= key.same(value)
    # Said again for the first key alone, because the planner can walk an index from there but not from an OR.
    first = keys[0].beyond(values[0], backwards=backwards, or_at=True)
    return found if first is None else found & first


def encode_cursor(order: str, values: Sequence[Any]) -> str:
    """An opaque place in a list. Not secret and not signed: it holds nothing but what its reader saw in a row."""
    plain = [value if value is None or isinstance(value, bool | int) else str(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps([order, *plain]).encode()).decode().rstrip("=")


def decode_cursor(token: str, order: str, keys: Sequence[SortKey], fields: Sequence[AnyField]) -> list[Any]:
    """The key values in a cursor, as the fields' own types. Refuses a cursor of another order or one that was bent."""
    refused = BadQuery("This link to a page of the list is damaged. Start again from the first page.", field="page")
    try:
        if len(token) > LONGEST_CURSOR:
            raise refused
        raw = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
        if not isinstance(raw, list) or raw[:1] != [order]:
            raise refused
        return [_typed(value, key, field) for value, key, field in zip(raw[1:], keys, fields, strict=True)]
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError, ArithmeticError, ValidationError):
        raise refused from None


def _typed(value: Any, key: SortKey, field: AnyField) -> Any:
    """`value` as the field's type, or an error where PostgreSQL could not compare it."""
    if value is None and key.nullable:
        return None
    if not isinstance(value, str | int):
        raise TypeError
    typed = field.to_python(value)
    if typed is None:
        raise ValueError
    if isinstance(typed, str) and b"\0" in typed.encode():
        raise ValueError
    if isinstance(typed, Decimal) and (not typed.is_finite() or abs(typed.adjusted()) > WIDEST_EXPONENT):
        raise ValueError
    if isinstance(typed, dt.datetime):
        if typed.tzinfo is None:
            raise ValueError
        return typed.astimezone(dt.UTC)  # an instant before the year 1 in UTC overflows here, and not in the database
    return typed
