"""A list as a file: the rows, order, words and totals of its page, for whom the page is."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connections
from django.http import QueryDict

from core.errors import NotAllowed
from core.lists import BadQuery, Column, rows_for_export, snapshot
from tests.core.listed import SPEC, make_spec, make_things, page_of
from tests.core.things import Thing


def test_a_column_not_for_the_reader_can_be_neither_seen_nor_sorted_nor_exported(committed_things: type[Thing]) -> None:
    make_things()
    hidden = Column("rank", "Rank", "int", sort=True, total=True, may=lambda user: user == "boss")
    spec = make_spec(columns=(Column("code", "Code"), hidden), extra={}, default_order=("code",))
    page = page_of("", spec)
    assert (set(page.rows[0].values), page.query.totals) == ({"pk", "code"}, {})
    with pytest.raises(BadQuery):
        page_of("sort=rank", spec)
    with snapshot():
        seen = [[c.key for c in rows_for_export(spec, who, QueryDict("")).columns] for who in ("boss", "clerk")]
    assert seen == [["code", "rank"], ["code"]]


def test_a_list_closed_to_a_reader_says_why(things: type[Thing]) -> None:
    spec = make_spec(may=lambda user: None if user == "boss" else "Only the board sees this.")
    for ask in (lambda: page_of("", spec), lambda: rows_for_export(spec, "clerk", QueryDict(""))):
        with pytest.raises(NotAllowed, match="Only the board"):
            ask()


def test_an_export_has_the_rows_order_words_and_totals_of_its_page(committed_things: type[Thing]) -> None:
    make_things()
    with snapshot():
        export = rows_for_export(SPEC, AnonymousUser(), QueryDict("sort=-rank&rank_min=2&size=25"))
        rows = list(export.rows)
    assert [column.key for column in export.columns] == [
        "code",
        "title",
        "status",
        "amount",
        "currency",
        *["rank", "share", "day", "at", "owner"],
    ]
    assert [row[:5] for row in rows] == [
        ("A", "Soil moisture", "Draft", Decimal("1200.5"), "USD"),
        ("B", "100% <script>", "Sent off", Decimal("0.25"), "USD"),
    ]
    page = page_of("sort=-rank&rank_min=2")
    assert (export.totals, export.count) == (page.query.totals, 2)
    assert export.filters == [("Rank", "from 2")]


def test_an_export_reads_one_view_of_the_data(committed_things: type[Thing]) -> None:
    make_things()
    with snapshot():
        export = rows_for_export(SPEC, AnonymousUser(), QueryDict(""))
        elsewhere(lambda: Thing.objects.create(code="late", amount=5))
        assert (len(list(export.rows)), export.count) == (3, 3)
    assert page_of().query.count == (4, True)


def elsewhere(act: Any) -> None:
    """Run `act` on a connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: (act(), connections.close_all())).result()
