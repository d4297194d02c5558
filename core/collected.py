"""Rows by keys that are collected first: for subqueries that the planner must not mix with the conditions around them."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, QuerySet


class _AnyOf(ArraySubquery):
    template = "ANY(ARRAY(%(subquery)s))"


class Collected(Func):
    """`filter(Collected(keys))`: the primary key is one of `keys`, which are read once, as one array.

    As `pk__in` means the same, but may be turned round: every row of a large table asked whether it is among the few. The
    planner does so where the other conditions look into sets of their own, whose reading it counts again for each row.
    """

    template = "%(expressions)s"
    arg_joiner = " = "

    def __init__(self, keys: QuerySet[Any]) -> None:
        super().__init__(F("pk"), _AnyOf(keys), output_field=BooleanField())
