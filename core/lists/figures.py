"""Counts and sums over all rows of a list, in one statement."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet


def aggregate(
    rows: QuerySet[Any], groups: list[str], sums: list[str], names: QuerySet[Any] | None = None
) -> list[tuple[Any, ...]]:
    """(count, groups…, sums…) of `rows`, whatever these are made of: joins, DISTINCT, sums of their own.

    With `names` (k, c), the first group is a key, and its c is what is grouped by.
    """
    try:
        inner, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return []
    quoted, added = [f'"{name}"' for name in groups], [f'SUM("{name}")' for name in sums]
    sql = f"SELECT {', '.join(['COUNT(*)', *quoted, *added])} FROM ({inner}) AS rows"  # noqa: S608 - names of ours only
    sql += f" GROUP BY {', '.join(quoted)} ORDER BY {', '.join(quoted)}" if quoted else ""
    if names is not None:
        parts = ", ".join(["COUNT(*) AS n", *quoted, *(f"{one} AS t_{i}" for i, one in enumerate(added))])
        whole = ", ".join(["SUM(n)::bigint", "c", *(f"SUM(t_{i})" for i in range(len(added)))])
        lookup, more = names.query.sql_with_params()
        sql = (
            f"SELECT {whole} FROM (SELECT {parts} FROM ({inner}) AS rows GROUP BY {quoted[0]}) AS sums"  # noqa: S608 - names of ours only
            f" LEFT JOIN ({lookup}) AS names ON names.k = sums.{quoted[0]} GROUP BY c ORDER BY c"
        )
        params = (*params, *more)
    with connections[rows.db].cursor() as cursor:
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
