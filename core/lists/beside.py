"""The rows before and after one of a list, in its filters and order: for pages that go from row to row."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from core.lists.keyset import beyond, in_order
from core.lists.query import ListQuery, as_expression

MOST_COUNTED = 1_000


@dataclass(frozen=True)
class Beside:
    """`before` and `after` hold the value asked for of the neighbours (None at the ends); `left`: how many follow, `more`
    when they are more than that."""

    before: Any = None
    after: Any = None
    left: int = 0
    more: bool = False


def beside(query: ListQuery, pk: Any, name: str) -> Beside:
    """By where the row stands in the order, whether or not it still matches the filters: what was decided has left them."""
    base = query._base.annotate(**{key.alias: as_expression(_source(query, key.alias)) for key in query.order})
    place = base.filter(pk=pk).values_list(*(key.alias for key in query.order)).first()
    if place is None:
        return Beside()
    rows = query.annotated()
    ahead = rows.filter(beyond(query.order, place, backwards=False))
    behind = rows.filter(beyond(query.order, place, backwards=True))
    left = ahead.values("pk")[: MOST_COUNTED + 1].count()
    return Beside(
        before=in_order(behind, query.order, backwards=True).values_list(name, flat=True).first(),
        after=in_order(ahead, query.order).values_list(name, flat=True).first(),
        left=min(left, MOST_COUNTED),
        more=left > MOST_COUNTED,
    )


def _source(query: ListQuery, alias: str) -> Any:
    return query.spec.sort_source(alias.removeprefix("s_"))


def filtered_but(query: ListQuery, names: Collection[str]) -> QuerySet[Any]:
    """The rows under all filters and the search ("q") but those called `names`: for counts that offer these as links."""
    rows: QuerySet[Any] = query._base
    if not query.valid:
        return rows.none()
    if query.filters is not None:
        for name, value in query.filters.form.cleaned_data.items():
            if name not in names:
                rows = query.filters.filters[name].filter(rows, value)
    return rows.order_by() if "q" in names else query.searched(rows).order_by()
