"""Kinds of questions and conditions on their own: what is taken, refused, found too much, shown, and asked at all."""

import json
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from django.utils.html import strip_tags
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from grants.asking import conditions, kinds
from grants.asking.checking import checked
from grants.asking.specs import QuestionSpec, SectionSpec
from grants.asking.versions import Carried, carried, changes
from tests.grants.stories_asking import EVERY_KIND, FAIR

BY_KEY = {one.key: one for one in EVERY_KIND}
# Row M9 of the threats, and what browsers and programs send besides.
HOSTILE: list[Any] = [
    *("-1", "NaN", "nan", "Infinity", "-inf", "1e9999", "1e-9999", "1e5", "0x10", "1_000", "1.000,00", "1,00,000", "1,2"),
    *("١٢٣", "１２", "²", "½", "1 2", "1\u00a0", "--1", "+1", ".", "", " ", "\0", "\ud800", "9" * 5000, "0." + "9" * 5000),
    *("1\n2", "=1+1", "<b>1</b>", "2027-02-30", "2027-W01-1", "31/03/2027", "0000-00-00", "9999-12-31"),
    *(10**18, -(10**18), 10**400, 1e308, float("nan"), float("inf"), 0.1, True, False, None),
    *([], {}, [[]], [{}], [None], [1], ["x"] * 1000, [{"item": []}], [{"cost": {}}], [{"strange": "x"}], {"a": [1]}),
    *([{"item": "x", "cost": "1e9999"}], [{"name": {"a": 1}}], [["Air"]], [{"a": 1}] * 500, ["Air", None], "yes", "on"),
]  # fmt: skip
EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[x](javascript:alert(1))",
    "<svg/onload=alert(1)>",
    "![x](https://evil.example/x.png)",
    "`</code><script>alert(1)</script>`",
    "{{ 7*7 }}",
    "[x]: data:text/html,<script>alert(1)</script>\n\n[x]",
)


def clean(key: str, value: Any) -> Any:
    return kinds.clean(BY_KEY[key], value, currency="USD")


def found(key: str, value: Any) -> list[str]:
    return [one.message for one in kinds.problems(BY_KEY[key], value, currency="USD")]


# --- what is taken --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", FAIR)
def test_clean_of_what_is_kept_changes_nothing_and_finds_nothing(key):
    assert (clean(key, FAIR[key]), found(key, FAIR[key])) == (FAIR[key], [])


@pytest.mark.parametrize(
    ("key", "typed", "kept"),
    [
        ("count", " 1,200 ", "1200"),
        ("count", "-0.50", "-0.5"),
        ("count", "-0", "0"),
        ("count", 7, "7"),
        ("count", 1e-7, "0.0000001"),
        ("sum", "1,200.5", "1200.50"),
        ("sum", "-0", "0.00"),
        ("many", ["Sea", "Air", "Air"], ["Air", "Sea"]),
        ("many", "Soil", ["Soil"]),
        ("people_in", "no", False),
        ("agreed", "on", True),
        ("day", "", None),
        ("one", None, ""),
        (
            "items",
            [{"item": " Desk ", "cost": "1,000"}, {"item": " ", "cost": ""}],
            [{"item": "Desk", "cost": "1000.00"}],
        ),
        ("who", [{"name": "Ben"}, {}], [{"name": "Ben", "email": "", "orcid": ""}]),
    ],
)
def test_clean_keeps_one_plain_form_of_what_was_typed(key, typed, kept):
    empty = {"item": "", "cost": "", "when": "", "how": ""}
    assert clean(key, typed) == ([{**empty, **row} for row in kept] if key == "items" else kept)


def taken(asked: QuestionSpec, value: Any) -> tuple[Any, str | None]:
    """(what is kept, None), or (None, the field that the refusal names)."""
    try:
        return kinds.clean(asked, value, currency="USD"), None
    except InvalidInput as error:
        return None, error.field or "no field"


def test_clean_of_a_hostile_corpus_is_an_answer_or_a_refusal_beside_the_field():
    for asked in EVERY_KIND:
        for value in HOSTILE:
            kept, refused = taken(asked, value)
            json.dumps(kept, allow_nan=False).encode()
            assert refused in {None, asked.key}
            assert refused or taken(asked, kept) == (kept, None), (asked.key, value)


@pytest.mark.parametrize("value", [one for one in HOSTILE if one not in ("", " ", None, 0.1, "1\u00a0", [], {})])
def test_an_amount_with_two_readings_without_end_or_below_zero_is_never_kept(value):
    with pytest.raises(InvalidInput):
        clean("sum", value)


def test_rows_are_capped_whatever_a_question_allows():
    for key, most in (("items", 200), ("who", 100)):
        name = "item" if key == "items" else "name"
        assert len(clean(key, [{name: "x"}] * most)) == most
        with pytest.raises(InvalidInput):
            clean(key, [{name: "x"}] * (most + 1))
    with pytest.raises(InvalidInput):
        clean("items", [{"item": "x" * 2001}])


# --- limits are findings --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("line", "one two three four five six seven eight nine ten eleven", "has 11 words; at most 10"),
        ("words", "x" * 201, "has 201 characters; at most 200"),
        ("count", "0.5", "at least 1 people"),
        ("count", "51", "at most 50 people"),
        ("count", "1.5", "a whole number"),
        ("sum", "1000.01", "at most 1,000.00 USD"),
        ("sum", "12.345", "USD has 2 decimals"),
        ("day", "2026-12-31", "2027-01-01 or later"),
        ("one", "Purple", "Choose one of the answers offered"),
        ("many", ["Air", "Soil", "Sea"], "at most 2"),
        ("items", [{"item": "", "cost": "1.00", "when": "", "how": ""}], "row 1: “Item” is empty"),
        ("items", [{"item": "x"}] * 6, "at most 5 rows"),
        ("who", [{"name": "", "email": "nobody", "orcid": ""}], "“nobody” is no email address"),
        ("who", [{"name": "Ben", "email": "", "orcid": "0000-0002-1825-0098"}], "is no ORCID"),
    ],
)
def test_a_limit_that_is_passed_is_said_and_the_answer_stays(key, value, message):
    assert any(message in one for one in found(key, value)), found(key, value)


# --- shown ----------------------------------------------------------------------------------------------------------
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from(["Air", "item", "name", "12"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["item", "name", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(value=JSON)
def test_any_stored_value_is_shown_by_any_kind_without_a_fault(value):
    for asked in EVERY_KIND:
        text, html = kinds.text(asked, value, currency="USD"), kinds.html(asked, value, currency="USD")
        if kinds.is_empty(asked, value):
            assert (text, html) == ("", "")
        kinds.problems(asked, value, currency="USD")


class Seen(HTMLParser):
    """Every element and attribute of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}


HARMLESS = {
    "p",
    "br",
    "ul",
    "ol",
    "li",
    "em",
    "strong",
    "code",
    "pre",
    "a",
    "hr",
    "h3",
    "h4",
    "h5",
    "blockquote",
    "del",
}
TABLES = {"div", "table", "thead", "tbody", "tfoot", "tr", "th", "td"}


@pytest.mark.parametrize("evil", EVIL)
def test_what_somebody_typed_is_inert_where_it_is_read(evil):
    for key, value in {
        **dict.fromkeys(("line", "words", "rich", "one", "count", "sum", "day"), evil),
        "many": [evil],
        "items": [{"item": evil, "cost": evil, evil: evil}],
        "who": [{"name": evil}],
        "plan": [{"name": evil}],
    }.items():
        seen = Seen(kinds.html(BY_KEY[key], value))
        assert seen.elements <= HARMLESS | TABLES, (key, seen.elements)
        links = {value for name, value in seen.attributes if name == "href"}
        assert {name for name, _value in seen.attributes} <= {"href", "rel", "class", "scope"}
        assert all(link.startswith(("http://", "https://", "mailto:")) for link in links), links


def test_a_table_is_shown_with_its_sums():
    rows = [{"item": "Desk", "cost": "100.00"}, {"item": "Lamp", "cost": "0.50"}]
    html = kinds.html(BY_KEY["items"], rows, currency="USD")
    assert "100.50 USD" in html
    assert kinds.text(BY_KEY["items"], rows, currency="USD").splitlines()[1] == "Desk | 100.00 USD |  | "
    assert strip_tags(kinds.html(BY_KEY["count"], "1200")) == "1,200 people"


# --- conditions -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("condition", "answers", "holds"),
    [
        ({"key": "a", "op": "is", "value": True}, {"a": True}, True),
        ({"key": "a", "op": "is", "value": True}, {"a": "True"}, False),
        ({"key": "a", "op": "is", "value": False}, {"a": False}, True),
        ({"key": "a", "op": "is", "value": False}, {}, False),
        ({"key": "a", "op": "is", "value": "1.0"}, {"a": "1"}, True),
        ({"key": "a", "op": "is_not", "value": "x"}, {"a": "y"}, True),
        ({"key": "a", "op": "is_not", "value": "x"}, {}, False),
        ({"key": "a", "op": "any_of", "value": ["x", "y"]}, {"a": "y"}, True),
        ({"key": "a", "op": "includes", "value": "x"}, {"a": ["y", "x"]}, True),
        ({"key": "a", "op": "answered"}, {"a": "  "}, False),
        ({"key": "a", "op": "answered"}, {"a": False}, True),
        ({"key": "a", "op": "not_answered"}, {}, True),
        ({"key": "a", "op": "at_least", "value": "10"}, {"a": "9"}, False),
        ({"key": "a", "op": "at_least", "value": "10"}, {"a": "100"}, True),
        ({"key": "a", "op": "at_most", "value": "2027-03-31"}, {"a": "2027-04-01"}, False),
        ({"key": "a", "op": "at_most", "value": "10"}, {}, False),
        ({"key": "a", "op": "at_most", "value": "10"}, {"a": "no number"}, False),
    ],
)
def test_a_condition_holds(condition, answers, holds):
    assert conditions.holds(condition, answers) is holds


def test_what_is_hidden_counts_as_not_answered_for_what_comes_later():
    answers = {"people_in": True, "approvals": "Yes.", "approver": ""}
    asked = [BY_KEY[key] for key in ("people_in", "approvals", "approver")]
    state = conditions.state(asked, {"people_in": True, "approvals": "Yes."})
    assert [(one.shown, one.required) for one in state.values()] == [(True, True), (True, True), (True, True)]
    state = conditions.state(asked, {**answers, "people_in": False})
    assert [(one.shown, one.required) for one in state.values()] == [(True, True), (False, False), (True, False)]


@pytest.mark.parametrize(
    "condition",
    [
        {"key": "later", "op": "answered"},
        {"key": "self", "op": "answered"},
        {"key": "first", "op": "at_least", "value": "1"},
        {"key": "first", "op": "is", "value": "Purple"},
        {"key": "first", "op": "any_of", "value": []},
        {"key": "number", "op": "at_least", "value": "1e99999"},
        {"key": "number", "op": "at_least", "value": []},
        {"key": "first", "op": []},
        {"key": [], "op": "is"},
        ["x"],
        "x",
    ],
)
def test_a_condition_that_can_not_be_asked_is_refused_beside_its_field(condition):
    form = [
        QuestionSpec("First", "choice", "first", options=("Red", "Green")),
        QuestionSpec("Number", "number", "number"),
        QuestionSpec("Self", "short", "self", shown_if=condition),
        QuestionSpec("Later", "short", "later"),
    ]
    with pytest.raises(InvalidInput) as refused:
        checked([SectionSpec("One", form)])
    assert refused.value.field == "s1-q3-shown_if"


def test_a_condition_in_words():
    said = conditions.in_words(BY_KEY["approvals"].shown_if, EVERY_KIND)
    assert said == "“Are people involved?” is “Yes”"
    assert conditions.in_words({"key": "one", "op": "any_of", "value": ["Red", "Blue"]}, EVERY_KIND) == (
        "“Which one?” is one of “Red” or “Blue”"
    )


# --- settings -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "how", "field"),
    [
        ("number", {"least": "x"}, "least"),
        ("number", {"least": "5", "most": "4"}, "most"),
        ("money", {"most": "1e999"}, "most"),
        ("date", {"earliest": "31.3.2027"}, "earliest"),
        ("multi", {"least": 99}, "least"),
        ("file", {"types": ["exe"]}, "types"),
        ("file", {"types": "pdf"}, "types"),
        ("file", {"most_mb": 51}, "most_mb"),
        ("file", {"most_pages": "many"}, "most_pages"),
        ("table", {}, "columns"),
        ("table", {"columns": [{"label": "A"}] * 11}, "columns"),
        ("table", {"columns": [{"label": ""}]}, "columns"),
        ("table", {"columns": [{"label": "A", "kind": "file"}]}, "columns"),
        ("table", {"columns": [{"label": "A", "kind": "choice", "options": ["x"]}]}, "columns"),
        ("table", {"columns": [{"label": "A", "key": "a"}, {"label": "B", "key": "a"}]}, "columns"),
        ("table", {"columns": [{"label": "A"}], "most_rows": 201}, "most_rows"),
        ("people", {"most": 101}, "most"),
        ("consent", {"statement": "x" * 4001}, "statement"),
        ("strange", {}, "kind"),
    ],
)
def test_settings_that_can_not_be_are_refused_beside_their_field(kind, how, field):
    spec = QuestionSpec("Q", kind, "q", options=("A", "B"), settings=how)
    with pytest.raises(InvalidInput) as refused:
        checked([SectionSpec("One", [spec])])
    assert refused.value.field == f"s1-q1-{field}"


def test_checking_a_form_that_is_kept_changes_nothing():
    (once,) = checked([SectionSpec("One", EVERY_KIND)])
    assert checked([once]) == [once]


# --- from version to version ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("old", "new", "value", "becomes", "whole"),
    [
        (("short", ()), ("rich", ()), "a\nb", "a\nb", True),
        (("number", ()), ("money", ()), "12.345", "12.345", True),
        (("choice", ("A", "B")), ("multi", ("B", "C")), "B", ["B"], True),
        (("choice", ("A", "B")), ("multi", ("B", "C")), "A", [], False),
        (("choice", ("A", "B")), ("choice", ("B", "C")), "A", "", False),
        (("short", ()), ("choice", ("B", "C")), "B", "B", True),
        (("multi", ("A", "B")), ("multi", ("B", "C")), ["A", "B"], ["B"], False),
        (("date", ()), ("long", ()), "2027-01-01", "2027-01-01", True),
        (("long", ()), ("number", ()), "12", None, False),
        (("yes_no", ()), ("consent", ()), True, False, False),
        (("long", ()), ("file", ()), "x", [], False),
        (("long", ()), ("number", ()), "", None, True),
    ],
)  # fmt: skip
def test_an_answer_becomes_what_the_new_question_can_take(old, new, value, becomes, whole):
    was, now = (QuestionSpec("Q", kind, "q", options=options) for kind, options in (old, new))
    result = carried(was, now, value)
    assert (result.value, result.whole) == (becomes, whole)


def test_a_consent_to_other_words_is_none():
    was = QuestionSpec("Q", "consent", "q", settings={"statement": "A"})
    now = QuestionSpec("Q", "consent", "q", settings={"statement": "B"})
    given = FAIR["agreed"]
    assert carried(was, now, given) == Carried(value=False, whole=False)
    assert carried(was, was, given) == Carried(value=True, whole=True)


def test_a_table_keeps_the_cells_whose_column_is_still_there():
    was = BY_KEY["items"]
    columns = [
        {"key": "item", "label": "Thing", "kind": "text"},
        {"key": "cost", "label": "Cost", "kind": "text"},
        {"key": "how", "label": "How", "kind": "choice", "options": ["Rent", "Borrow"]},
    ]
    now = QuestionSpec("Q", "table", "items", settings={"columns": columns})
    row = {"item": "Desk", "cost": "100.00", "when": "", "how": "Rent"}
    assert carried(was, now, [row]) == Carried([{"item": "Desk", "cost": "100.00", "how": "Rent"}], whole=True)
    lost = carried(was, now, [{**row, "when": "2027-01-01", "how": "Buy"}])
    assert (lost.value, lost.whole) == ([{"item": "Desk", "cost": "100.00", "how": ""}], False)


def test_changes_are_said_one_by_one():
    (old,) = checked([SectionSpec("One", EVERY_KIND)])
    kept = [one for one in old.questions if one.key != "rich"]
    new = [
        QuestionSpec("A line, please", "long", "line", words=5),
        *(one for one in kept if one.key != "line"),
        QuestionSpec("Anything else?", "long", "else"),
    ]
    said = [(one.key, one.code) for one in changes([old], [SectionSpec("One", new)])]
    assert said == [("line", "label"), ("line", "kind"), ("line", "words"), ("else", "added"), ("rich", "removed")]
    assert changes([old], [old]) == []
    assert [one.code for one in changes([old], [SectionSpec("Two", old.questions)])] == ["wording"]


def test_money_without_a_currency_is_read_as_a_number():
    assert kinds.clean(BY_KEY["sum"], "12.5") == str(Decimal("12.5"))
