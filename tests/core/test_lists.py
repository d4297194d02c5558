"""One description of a list: what its page shows, its filters and totals, and that no address of it tells too much."""

import datetime as dt
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count
from django.http import Http404, QueryDict
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import User
from core.errors import InvalidInput
from core.lists import (
    BadQuery,
    BulkAction,
    Column,
    ListPage,
    ListSpec,
    get_spec,
    register,
    render_list,
    rows_for_export,
)
from tests.core.listed import SPEC, codes, make_spec, make_things, page_of, query_of, visible
from tests.core.things import Owner, Thing


# --- what a list shows -----------------------------------------------------------------------------------------------
def cells_of(page: ListPage, code: str) -> dict[str, str]:
    row = next(row for row in page.rows if row.values["code"] == code)
    return {cell.column.key: cell.html for cell in row.cells}


def test_cells_are_drawn_by_kind_and_escaped(things: type[Thing]) -> None:
    make_things(at=dt.datetime(2026, 1, 1, 23, 30, tzinfo=dt.UTC))
    with timezone.override("Asia/Kathmandu"):
        page = page_of()
    a, b = cells_of(page, "A"), cells_of(page, "B")
    assert (a["owner"], b["title"]) == ("Ann &lt;b&gt;", "100% &lt;script&gt;")
    assert ("1,200.50" in a["amount"], "USD" in a["amount"], "900&nbsp;" in cells_of(page, "C")["amount"]) == (
        True,
    ) * 3
    assert (">Draft<" in a["status"], ">Sent off<" in b["status"]) == (True, True)
    assert "2 Jan 2026, 05:15" in a["at"]
    assert "25.0%" in a["share"]
    assert "5 Jan 2026" in b["day"]
    assert cells_of(page, "C")["title"] == cells_of(page, "B")["owner"] != ""


def test_a_list_uses_its_own_order_until_another_is_chosen(things: type[Thing]) -> None:
    make_things()
    assert (codes(page_of()), codes(page_of("sort=code")), codes(page_of("sort=-title"))) == (
        list("ABC"),
        list("ABC"),
        list("ABC"),
    )
    assert (codes(page_of("sort=rank")), codes(page_of("sort=title")), codes(page_of("sort=amount"))) == (
        list("CBA"), list("BAC"), list("BCA"),
    )  # fmt: skip


def test_totals_sum_every_filtered_row_by_currency(things: type[Thing]) -> None:
    make_things()
    page = page_of("size=25")
    assert page.query.totals == {"amount": [(Decimal(900), "JPY"), (Decimal("1200.75"), "USD")]}
    assert page.query.count == (3, True)
    assert page_of("status=sent").query.totals == {"amount": [(Decimal("0.25"), "USD")]}
    assert page_of("q=nothing").query.totals == {"amount": []}


def test_totals_count_a_row_once_however_the_queryset_repeats_it(things: type[Thing]) -> None:
    make_things()
    twice = lambda user, as_of: visible(user, as_of).filter(pk__in=Thing.objects.values("pk")).distinct()  # noqa: E731
    spec = make_spec(queryset=twice)
    page = page_of(spec=spec)
    assert (codes(page), page.query.totals["amount"][1], page.query.count) == (
        list("ABC"),
        (Decimal("1200.75"), "USD"),
        (3, True),
    )


def test_totals_and_pages_of_a_list_over_an_aggregate(things: type[Thing]) -> None:
    make_things()
    columns = (Column("code", "Code", sort=True), Column("owners", "Owners", "int", source="n", sort=True, total=True))
    spec = make_spec(
        columns=columns,
        queryset=lambda user, as_of: visible(user, as_of).annotate(n=Count("owner")),
        default_order=("-owners",),
        extra={},
    )
    page = page_of("size=25", spec)
    assert (codes(page)[0], page.query.totals, page.query.count) == ("A", {"owners": [(1, "")]}, (3, True))


def test_the_count_is_bounded_where_nothing_is_summed(things: type[Thing]) -> None:
    spec = make_spec(columns=(Column("code", "Code", sort=True), Column("rank", "Rank", sort=True)), extra={})
    things.objects.bulk_create(Thing(code=f"T{i:04}") for i in range(1_001))
    assert (page_of("", spec).count_text, page_of("q=T000", spec).count_text) == ("1,000+", "10")
    assert page_of("q=T0", spec).query.exact_count == 1_000


def test_a_page_makes_the_same_two_queries_with_one_row_and_with_many(
    things: type[Thing], django_assert_num_queries: Any
) -> None:
    things.objects.create(code="T")
    with django_assert_num_queries(2):
        draw(page_of())
    things.objects.bulk_create(Thing(code=f"T{i}") for i in range(200))
    following = query_of(page_of().next_url)
    with django_assert_num_queries(2):
        draw(page_of(following))


def draw(page: ListPage) -> None:
    assert (len(page.rows), bool(page.foot), page.count_text != "", page.headers[0].column.key) == (
        len(page.rows),
        True,
        True,
        "code",
    )


# --- addresses -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "query",
    [
        "secret=1", "secret__exact=1", "owner__name=Ann", "page=2", "sort=secret", "sort=share", "sort=--rank", "sort=owner__name",
        "sort=rank&sort=code", "size=10000", "size=-1", "size=0", "after=a&before=b", "after=!!", "order_by=rank", "fields=secret",
    ],
)  # fmt: skip
def test_an_address_that_no_page_makes_is_refused_whole(things: type[Thing], query: str) -> None:
    make_things()
    with pytest.raises(BadQuery) as refused:
        page_of(query)
    assert refused.value.status == 400


def test_as_of_and_search_are_refused_where_the_list_has_none(things: type[Thing]) -> None:
    spec = make_spec(as_of=False, search=())
    for query in ("as_of=2026-01-01", "q=soil"):
        with pytest.raises(BadQuery):
            page_of(query, spec)


@pytest.mark.parametrize("query", ["status=bogus", "day_after=31.12.2026", "rank_min=x", "owner=999999", "as_of=2999-01-01", "q=%00", f"q={'x' * 201}"])  # fmt: skip
def test_a_filter_that_cant_be_used_shows_no_row_and_says_why(things: type[Thing], query: str) -> None:
    make_things()
    page = page_of(query)
    assert (page.rows, page.query.valid, len(list(page.query.errors())), page.query.count) == ([], False, 1, (0, True))
    with pytest.raises(InvalidInput):
        rows_for_export(SPEC, AnonymousUser(), QueryDict(query))


def test_an_owner_of_hidden_things_only_is_refused_like_one_that_is_not_there(things: type[Thing]) -> None:
    make_things()
    hidden = Owner.objects.create(name="Hidden")
    things.objects.create(code="H", owner=hidden, secret=True)
    said = [list(page_of(f"owner={pk}").query.errors()) for pk in (hidden.pk, 999_999)]
    assert said[0] == said[1]


def test_filters_and_search_narrow_the_list_and_show_as_chips(things: type[Thing]) -> None:
    make_things()
    page = page_of("q=soil&statuses=draft&statuses=sent&rank_min=2&rank_max=5&as_of=")
    assert codes(page) == ["A"]
    assert [(chip.label, chip.value) for chip in page.chips] == [
        ("Search", "soil"),
        ("States", "Draft, Sent off"),
        ("Rank", "2 – 5"),
    ]
    assert parse_qs(query_of(page.chips[2].url)) == {"q": ["soil"], "statuses": ["draft", "sent"]}
    assert page.clear_url == "/things/"


def test_search_takes_wildcards_literally(things: type[Thing]) -> None:
    make_things()
    assert (codes(page_of("q=100%25")), codes(page_of("q=%25")), codes(page_of("q=_"))) == (["B"], ["B"], [])


def test_search_may_be_a_function(things: type[Thing]) -> None:
    make_things()
    spec = make_spec(search=lambda rows, text: rows.filter(code=text.upper()))
    assert codes(page_of("q=b", spec)) == ["B"]


def test_the_place_in_the_list_is_dropped_when_the_question_changes(things: type[Thing]) -> None:
    things.objects.bulk_create(Thing(code=f"T{i:02}", title="soil") for i in range(60))
    page = page_of(query_of(page_of("size=25&q=soil&sort=code").next_url))
    head = next(header for header in page.headers if header.column.key == "code")
    assert (head.direction, parse_qs(query_of(head.url))) == (
        "ascending",
        {"size": ["25"], "q": ["soil"], "sort": ["-code"]},
    )
    assert parse_qs(query_of(page.chips[0].url)) == {"size": ["25"], "sort": ["code"]}
    assert parse_qs(page.export_query) == {"q": ["soil"], "sort": ["code"]}


def test_a_cursor_of_another_order_is_refused(things: type[Thing]) -> None:
    things.objects.bulk_create(Thing(code=f"T{i:02}") for i in range(60))
    after = parse_qs(query_of(page_of("sort=code").next_url))["after"][0]
    with pytest.raises(BadQuery):
        page_of(f"sort=-code&after={after}")


def test_what_the_page_fixed_the_reader_cant_change(things: type[Thing]) -> None:
    make_things()
    page = page_of("", fixed={"status": "sent"})
    assert (codes(page), page.chips, [field.name for field in page.filter_fields]) == (
        ["B"],
        [],
        ["statuses", "rank", "day", "owner", "as_of"],
    )
    assert ("status" in page.first_url, parse_qs(page.export_query)) == (False, {"status": ["sent"]})
    with pytest.raises(BadQuery):
        page_of("status=draft", fixed={"status": "sent"})


def test_as_of_a_day_asks_the_queryset_for_that_day(things: type[Thing]) -> None:
    make_things()
    assert (codes(page_of("as_of=2026-02-01")), codes(page_of("as_of=2026-03-01"))) == (["B"], ["B", "C"])


# --- the view and the registry -----------------------------------------------------------------------------------------
def view(query: str = "", spec: ListSpec = SPEC, user: Any = None, **headers: str) -> Any:
    request = RequestFactory().get(f"/things/?{query}", headers=headers)
    request.user = user or AnonymousUser()
    return render_list(request, spec, "lists/_box.html")


def test_htmx_gets_the_list_alone_and_a_reader_without_it_the_page(things: type[Thing]) -> None:
    make_things()
    whole = view().content.decode()
    part = view(**{"HX-Request": "true", "HX-Target": "list"}).content.decode()
    assert ('id="list-filters"' in whole, 'id="list"' in whole) == (True, True)
    assert ('id="list-filters"' in part, part.strip().startswith('<section id="list"')) == (False, True)
    restored = view(**{"HX-Request": "true", "HX-History-Restore-Request": "true"}).content.decode()
    assert [text.partition("csrfmiddlewaretoken")[0] for text in (restored, whole)] == [
        whole.partition("csrfmiddlewaretoken")[0]
    ] * 2


def test_a_filter_that_cant_be_used_answers_400_and_swaps_for_htmx(things: type[Thing]) -> None:
    page, part = view("day_after=x"), view("day_after=x", **{"HX-Request": "true", "HX-Target": "list"})
    assert (page.status_code, part.status_code) == (400, 200)
    assert "Enter a valid date." in page.content.decode()
    assert 'value="x"' in page.content.decode()


def test_the_list_of_nothing_says_so_in_its_own_words(things: type[Thing]) -> None:
    spec = make_spec(empty_title="No things yet", empty_text="They come when they come.")
    assert "No things yet" in view(spec=spec).content.decode()
    assert "Nothing matches" in view("q=soil", spec=spec).content.decode()


def test_markup_in_a_filter_is_shown_and_not_run(things: type[Thing]) -> None:
    html = view("q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").content.decode()
    assert ("<script>" in html, "&lt;script&gt;alert(1)" in html) == (False, True)


@pytest.mark.urls("tests.core.urls")
def test_the_export_of_a_list_asks_its_question(things: type[Thing]) -> None:
    make_things()
    reader = User.objects.create_user("reader@example.org", name="Rita Reader")
    html = view("q=soil&sort=-code&size=25", user=reader).content.decode()
    assert "/reports/exports/" not in view().content.decode()
    assert 'action="/reports/exports/of/things/"' in html
    assert 'name="query" value="q=soil&amp;sort=-code"' in html


@pytest.mark.urls("tests.core.urls")
def test_a_cell_links_to_its_thing(things: type[Thing]) -> None:
    make_things()
    spec = make_spec(
        columns=(Column("title", "Title", link="thing", link_args=("code",)),),
        extra={"code": "code"},
        default_order=("code",),
    )
    html = view("q=100", spec=spec).content.decode()
    assert '<a href="/things/B/">100% &lt;script&gt;</a>' in html


@pytest.mark.urls("tests.core.urls")
def test_bulk_actions_are_offered_to_whom_they_are_for(things: type[Thing]) -> None:
    make_things()
    acts = (BulkAction("Send", "send"), BulkAction("Burn", "send", may=lambda _user: False))
    html = view(spec=make_spec(bulk_actions=acts)).content.decode()
    assert (html.count('form="list-bulk" name="pk"'), "Send" in html, "Burn" in html) == (3, True, False)


def test_get_spec_finds_what_was_registered_and_404s_else() -> None:
    spec = register(make_spec(key="only-in-this-test"))
    assert (get_spec("only-in-this-test"), register(spec)) == (spec, spec)
    with pytest.raises(ValueError, match="two lists"):
        register(make_spec(key="only-in-this-test", title="Other"))
    with pytest.raises(Http404):
        get_spec("no-such-list")


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": (Column("a", "A"), Column("a", "B"))},
        {"columns": (Column("A b", "A"),)},
        {"columns": (Column("code", "A", link="x", link_args=("nope",)),)},
        {"columns": (Column("code", "A", total=True),)},
        {"columns": (Column("code", "A"),), "default_order": ("-nope",)},
        {"extra": {"code": "code"}},
    ],
)
def test_a_list_that_contradicts_itself_does_not_load(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="List things"):
        make_spec(**{"extra": {}, "default_order": (), **changes})
