"""What lists of large tables do otherwise, and must answer alike: rows by keys, sums by a key, sums of what was found."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.lists import Column, Marked, rows_for_export, snapshot
from core.lists.spec import field_of
from tests.core.listed import COLUMNS, codes, make_spec, make_things, page_of, query_of
from tests.core.things import Owner, Thing


def found(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    return rows.filter(Q(code__icontains=text) | Q(title__icontains=text))


LARGE = make_spec(key="large", by_key=True, found_most=2, search=found)
SORTS = ["", *(sign + column.key for column in COLUMNS if column.sort for sign in ("", "-"))]
QUERIES = ["", "status=sent", "q=o", "rank_min=2", "q=nothing", "as_of=2026-02-01"]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("sort", SORTS)
def test_list_by_keys_shows_what_the_plain_one_shows(things: type[Thing], query: str, sort: str) -> None:
    make_things()
    asked = f"{query}&sort={sort}" if sort else query
    plain, large = page_of(asked, make_spec(search=found)), page_of(asked, LARGE)
    assert [row.values for row in large.rows] == [row.values for row in plain.rows]
    assert large.query.count == plain.query.count
    assert large.foot == plain.foot


@given(ranks=st.lists(st.none() | st.integers(-1, 1), min_size=26, max_size=40), sort=st.sampled_from(SORTS))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_list_by_keys_pages_through_every_row_once(things: type[Thing], ranks: list[int | None], sort: str) -> None:
    things.objects.all().delete()
    things.objects.bulk_create(
        Thing(code=f"T{i}", rank=rank or 0, title=None if rank is None else "x") for i, rank in enumerate(ranks)
    )
    page = page_of(f"size=25&sort={sort}", LARGE)
    seen = codes(page)
    while page.next_url:
        page = page_of(query_of(page.next_url), LARGE)
        seen += codes(page)
    assert sorted(seen) == sorted(f"T{i}" for i in range(len(ranks)))
    back = codes(page)
    while page.previous_url:
        page = page_of(query_of(page.previous_url), LARGE)
        back = codes(page) + back
    assert back == seen


def test_sums_by_a_key_are_given_the_currencies_behind_it(things: type[Thing]) -> None:
    """A currency over a foreign key: one sum for each currency, whoever the rows belong to; none for who has none."""
    for name in ("USD", "EUR", "USD"):
        owner = Owner.objects.create(name=name)
        Thing.objects.create(code=name, amount=Decimal(10), owner=owner)
    Thing.objects.create(code="none", amount=Decimal(1))
    columns = (Column("code", "Code"), Column("amount", "Amount", "money", currency="money", total=True))
    how: dict[str, Any] = {"columns": columns, "extra": {"money": "owner__name"}, "default_order": ("code",)}
    large, plain = page_of("", make_spec(by_key=True, **how)), page_of("", make_spec(**how))
    assert large.query.totals == plain.query.totals == {"amount": [(10, "EUR"), (20, "USD"), (1, None)]}
    assert large.query.count == (4, True)


def test_sums_of_what_was_found_are_drawn_up_to_a_bound_and_exported_in_full(committed_things: type[Thing]) -> None:
    for n in range(4):
        Thing.objects.create(code=f"S{n}", title="soil" if n else "silt", amount=Decimal(5))
    two = page_of("q=S1", LARGE)
    assert (two.query.count, two.query.too_many_to_sum, two.query.totals) == (
        (1, True),
        False,
        {"amount": [(5, "USD")]},
    )
    three = page_of("q=soil", LARGE)
    assert (three.query.count, three.query.too_many_to_sum, three.foot) == ((2, False), True, [])
    assert (three.count_text, len(three.rows)) == ("2+", 3)
    with snapshot():
        export = rows_for_export(LARGE, AnonymousUser(), QueryDict("q=soil"))
        assert (export.count, export.totals) == (3, {"amount": [(15, "USD")]})
    whole = page_of("", LARGE)  # nothing searched for: nothing is held back
    assert (whole.query.count, whole.query.totals) == ((4, True), {"amount": [(20, "USD")]})


def test_marks_replace_the_words_within_the_link_and_show_a_piece_under_the_first_cell(things: type[Thing]) -> None:
    make_things()
    asked: list[Any] = []

    def marks(keys: Any, text: str) -> dict[Any, Marked]:
        asked.append((list(keys), text))
        return {key: Marked({"code": mark_safe("<mark>B</mark>")}, mark_safe("<mark>why</mark>")) for key in keys}

    spec = make_spec(search=found, marks=marks, row_css="odd", row_name="code")
    page = page_of("q=script", spec)
    assert asked == [([row.pk for row in page.rows], "script")]
    start = '<tr class="odd"><td data-label="Code" class=""><mark>B</mark><span class="sub found"><mark>why</mark></span></td>'
    assert page.body.startswith(start)
    assert "<script>" not in page.body
    page_of("", spec)
    assert len(asked) == 1


def test_drawn_cell_is_made_of_the_row_and_its_link_carries_the_question(things: type[Thing], settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.core.urls"
    make_things()
    column = Column(
        "code", "Code", link="thing", link_args=("code",), carries=True, sort=True,
        draw=lambda row, html: format_html("{}<i>{}</i>", html, row["title"]),
    )  # fmt: skip
    page = page_of(
        "q=script", make_spec(columns=(column, Column("title", "Title")), default_order=("code",), search=found)
    )
    assert page.rows[0].cells[0].html == '<a href="/things/B/?q=script">B</a><i>100% &lt;script&gt;</i>'


def test_lower_of_a_field_that_is_never_empty_is_never_empty(things: type[Thing]) -> None:
    """Else its order asks for the empty last, and no plain index serves it downwards."""
    rows = Thing.objects.all()
    assert [field_of(rows, Lower(name))[1] for name in ("code", "title", "owner__name")] == [False, True, True]
