"""Paging by keys: every row once, whatever the order, and no place made up by hand is an error of ours."""

import base64
import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.lists import BadQuery, ListPage
from core.lists.keyset import beyond, in_order
from tests.core.listed import COLUMNS, SPEC, codes, page_of, query_of
from tests.core.things import Owner, Thing

few = {
    "title": st.none() | st.sampled_from(["", "a", "A", "ä", "b", "日本", "a'\"%_\\"]),
    "amount": st.none() | st.sampled_from([Decimal("-0.0001"), Decimal(0), Decimal("9999999999999999.9999")]),
    "rank": st.integers(-1, 1),
    "day": st.none() | st.sampled_from([dt.date(1, 1, 1), dt.date(2026, 2, 28), dt.date(9999, 12, 31)]),
    "at": st.none()
    | st.sampled_from([dt.datetime(2026, 3, 29, 1, 0, 0, micro, tzinfo=dt.UTC) for micro in (0, 1, 999_999)]),
    "status": st.sampled_from(Thing.Status.values),
    "with_owner": st.booleans(),
}
SORTS = ["", *(sign + column.key for column in COLUMNS if column.sort for sign in ("", "-"))]


@given(rows=st.lists(st.fixed_dictionaries(few), min_size=30, max_size=70), sort=st.sampled_from(SORTS))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_paging_by_any_order_visits_every_row_once_in_both_directions(
    things: type[Thing], rows: list[dict[str, Any]], sort: str
) -> None:
    things.objects.all().delete()
    owner = Owner.objects.create(name="Ann")
    things.objects.bulk_create(
        Thing(code=f"T{i % 7}", owner=owner if row.pop("with_owner") else None, **row) for i, row in enumerate(rows)
    )
    page = page_of(f"size=25&sort={sort}")
    forwards = [[row.pk for row in page.rows]]
    while page.next_url:
        page = page_of(query_of(page.next_url))
        forwards.append([row.pk for row in page.rows])
    seen = [pk for pks in forwards for pk in pks]
    assert (len(seen), sorted(seen)) == (len(rows), sorted(things.objects.values_list("pk", flat=True)))

    backwards = [[row.pk for row in page.rows]]
    while page.previous_url:
        page = page_of(query_of(page.previous_url))
        backwards.append([row.pk for row in page.rows])
    assert [pk for pks in reversed(backwards) for pk in pks if pks] == seen


def test_paging_puts_the_empty_last_in_either_direction(things: type[Thing]) -> None:
    things.objects.bulk_create(
        Thing(code=c, day=d) for c, d in [("x", None), ("b", dt.date(2026, 2, 2)), ("a", dt.date(2026, 1, 1))]
    )
    assert (codes(page_of("sort=day")), codes(page_of("sort=-day"))) == (["a", "b", "x"], ["b", "a", "x"])


def test_a_row_added_meanwhile_shifts_nothing(things: type[Thing]) -> None:
    things.objects.bulk_create(Thing(code=f"T{i:02}", rank=i) for i in range(30))
    first = page_of("size=25&sort=rank")
    things.objects.create(code="new", rank=-1)
    assert codes(page_of(query_of(first.next_url))) == ["T25", "T26", "T27", "T28", "T29"]


@given(token=st.text(max_size=60) | st.binary(max_size=60).map(lambda b: base64.urlsafe_b64encode(b).decode()))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_bent_cursor_is_refused_and_never_an_error_of_ours(things: type[Thing], token: str) -> None:
    request = RequestFactory().get("/things/", {"after": token})
    request.user = AnonymousUser()
    if token:
        with pytest.raises(BadQuery):
            ListPage(SPEC, request)


json_values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(
        [
            "NaN",
            "sNaN",
            "Infinity",
            "1e999999999",
            "-1e-999999999",
            "\x00",
            "\ud800",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "0001-01-01T00:00:00+23:59",
            "9" * 6000,
            "99999-01-01",
        ]
    )
)


@given(values=st.lists(json_values, min_size=2, max_size=2), sort=st.sampled_from(SORTS[1:]))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_made_up_cursor_gives_a_page_or_is_refused(things: type[Thing], values: list[Any], sort: str) -> None:
    name = page_of(f"sort={sort}").query.order_name
    token = base64.urlsafe_b64encode(json.dumps([name, *values]).encode()).decode()
    try:
        page = page_of(f"sort={sort}&before={token}")
    except BadQuery:
        return
    assert page.rows == []


def test_the_planner_walks_an_index_to_a_deep_page(things: type[Thing]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX things_by_rank ON things_thing (rank, id)")
        things.objects.bulk_create(Thing(code="T", rank=i) for i in range(5_000))
        cursor.execute("ANALYZE things_thing")
    query = page_of("sort=-rank").query
    key = query.order
    rows = in_order(query.annotated().filter(beyond(key, [2_500, 1], backwards=False)), key)[:51]
    plan = rows.explain()
    assert ("things_by_rank" in plan, "Sort" in plan, "Index Cond" in plan) == (True, False, True)
