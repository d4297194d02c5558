"""A list as a file: the same rows, order, words and sums as its page, read through a server-side cursor."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from core.errors import InvalidInput
from core.lists.cells import labels_of
from core.lists.keyset import in_order
from core.lists.query import ListQuery
from core.lists.spec import Column, ListSpec

CHUNK = 2_000


@dataclass(frozen=True)
class ListExport:
    """What to write: `rows` gives one tuple per row, a value per column, and can be walked once.

    `totals` are the page's own: per summed column its (sum, currency). `filters` are (label, value) pairs in words.
    """

    title: str
    columns: list[Column]
    rows: Iterator[tuple[Any, ...]]
    count: int
    totals: dict[str, list[tuple[Any, str]]]
    as_of: dt.date | None
    filters: list[tuple[str, str]]


@contextmanager
def snapshot() -> Iterator[None]:
    """One unchanging view of the database, so that the rows of an export and its totals belong together."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def rows_for_export(spec: ListSpec, user: Any, params: QueryDict) -> ListExport:
    """Every row that `user` sees under `params`, in their order. Call it, and walk the rows, within `snapshot()`.

    Raises what the page would refuse: `NotAllowed`, `BadQuery`, and `InvalidInput` for a filter that can't be used.
    """
    query = ListQuery(spec, user, params)
    for label, message in query.errors():
        raise InvalidInput(f"{label}: {message}")
    columns = _with_currencies(spec, [column for column in query.columns if column.in_export])
    keys = [column.key for column in columns]
    rows = query.with_values(in_order(query.annotated(), query.order), [key for key in keys if key != "pk"])
    values = rows.values_list(*(f"c_{key}" if key != "pk" else "s_pk" for key in keys))
    words = [_words(labels_of(column, query.filtered)) for column in columns]
    return ListExport(
        title=str(spec.title),
        columns=columns,
        rows=(tuple(word(value) for word, value in zip(words, row, strict=True)) for row in values.iterator(CHUNK)),
        count=query.exact_count,
        totals=query.exact_totals,
        as_of=query.as_of,
        filters=[(label, words) for _names, label, words in query.filters_on()],
    )


def _with_currencies(spec: ListSpec, columns: list[Column]) -> list[Column]:
    """The columns, and after the money that they belong to the currencies that no column shows yet."""
    wide: list[Column] = []
    shown = {column.key for column in columns}
    for column in columns:
        wide.append(column)
        if column.currency and column.currency not in shown:
            shown.add(column.currency)
            label = _("Currency") if "currency" in column.currency else column.currency
            wide.append(Column(column.currency, label, source=spec.source(column.currency)))
    return wide


def _words(labels: dict[str, str]) -> Callable[[Any], Any]:
    if labels:
        return lambda value: value if value is None else labels.get(str(value), str(value))
    return lambda value: value
