"""The form builder without a browser: what is kept comes back as it was, over every kind; acts on parts; what is refused."""

from dataclasses import replace
from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from grants import building
from grants.asking import library
from grants.asking.checking import checked
from grants.asking.grids import COLUMN_KINDS
from grants.asking.specs import Kind, QuestionSpec, SectionSpec
from grants.models import Question
from grants.services.forms import DEFAULT
from tests.grants.stories_forms import query, sent_by, some_forms


def page_of(draft: building.Draft) -> str:
    """The builder's part of the page."""
    context: dict[str, Any] = {
        "call": type("Call", (), {"code": "AI-26"})(),
        "kind": "full",
        "draft": draft,
        "blocks": building.shown(draft),
        "troubles": building.troubles(draft),
        "kinds": Question.Kind.choices,
        "column_kinds": list(COLUMN_KINDS.items()),
        "form_address": "/calls/AI-26/edit/?step=form",
        "post": "",
        "library": library.shelves(),
    }
    return render_to_string("grants/_builder.html", context)


def posted(draft: building.Draft) -> building.Draft:
    """What the server reads when a browser sends this page back."""
    return building.from_post(query(sent_by(page_of(draft))))


def labels(draft: building.Draft) -> list[list[str]]:
    return [[row.label for row in block.rows] for block in draft.blocks]


# --- round trips --------------------------------------------------------------------------------------------------------
@settings(max_examples=30)
@given(some_forms())
def test_form_through_page_and_post_is_the_same_form(sections: list[SectionSpec]) -> None:
    specs, problems = building.to_specs(posted(building.from_specs(sections)))
    assert (specs, problems) == (sections, {})


@settings(max_examples=20)
@given(some_forms(), st.lists(st.tuples(st.integers(0, 8), st.sampled_from(["up", "down", "copy", "add"])), max_size=4))
def test_acts_on_a_page_lose_no_question_and_no_word(sections: list[SectionSpec], acts: list[tuple[int, str]]) -> None:
    draft = building.from_specs(sections)
    before = {row.handle: row.text for row in draft.rows}
    for number, verb in acts:
        rows = list(draft.rows)
        if rows:
            draft = posted(building.act_on(draft, f"{verb}:{rows[number % len(rows)].place}"))
    after = {row.handle: row.text for row in draft.rows}
    assert {handle: after.get(handle) for handle in before} == before
    assert len(after) == draft.questions  # every handle once


def test_kind_is_changed_and_changed_back_then_its_settings_are_still_there() -> None:
    spec = QuestionSpec("Which?", Kind.CHOICE, "which", options=("This", "That"))
    draft = building.from_specs([SectionSpec("One", (spec,))])
    sent = sent_by(page_of(draft), **{"s1-q1-kind": "number"})
    away = building.from_post(query(sent))
    assert building.to_specs(away)[0][0].questions[0].options == ()
    back = building.from_post(query(sent_by(page_of(away), **{"s1-q1-kind": "choice"})))
    assert building.to_specs(back)[0][0].questions[0] == spec


def test_default_form_and_every_item_of_the_library_can_be_kept() -> None:
    forms = [list(DEFAULT), *([replace(item.section, title="Title")] for item in library.ITEMS.values())]
    for sections in forms:
        specs, problems = building.to_specs(posted(building.from_specs(sections)))
        assert (specs, problems) == (checked(sections), {})


# --- acts ---------------------------------------------------------------------------------------------------------------
def small() -> building.Draft:
    first = (QuestionSpec("A", Kind.YES_NO, "a"), QuestionSpec("B", key="b", words=9))
    return building.from_specs([SectionSpec("One", first), SectionSpec("Two", (QuestionSpec("C", key="c", words=9),))])


@pytest.mark.parametrize(
    ("act", "wanted"),
    [
        ("down:s1-q1", [["B", "A"], ["C"]]),
        ("down:s1-q2", [["A"], ["B", "C"]]),  # past the end of its section: into the next one
        ("up:s2-q1", [["A", "B", "C"], []]),
        ("up:s1-q1", [["A", "B"], ["C"]]),
        ("down:s2-q1", [["A", "B"], ["C"]]),
        ("up:s2", [["C"], ["A", "B"]]),
        ("remove:s1-q1", [["B"], ["C"]]),
        ("remove:s1", [["C"]]),
        ("copy:s1-q2", [["A", "B", "B"], ["C"]]),
        ("copy:s2", [["A", "B"], ["C"], ["C"]]),
        ("add:s1-q1", [["A", "", "B"], ["C"]]),
        ("add:s2", [["A", "B"], ["C", ""]]),
        ("add-section", [["A", "B"], ["C"], [""]]),
        ("move:s1-q1:s2", [["B"], ["C", "A"]]),
        ("move:s2-q1:s1-q2", [["A", "C", "B"], []]),
        ("move:s1-q1:s1", [["B", "A"], ["C"]]),
        ("move:s1-q2:s1-q1", [["B", "A"], ["C"]]),
        ("up:s9-q9", [["A", "B"], ["C"]]),
        ("move:s1-q1:s9", [["A", "B"], ["C"]]),
        ("dance:s1-q1", [["A", "B"], ["C"]]),
        ("", [["A", "B"], ["C"]]),
    ],
)
def test_act_gives_the_questions_in_this_order(act: str, wanted: list[list[str]]) -> None:
    assert [[label or "" for label in block] for block in labels(building.act_on(small(), act))] == wanted


def test_moved_question_keeps_the_focus_on_its_button_and_says_where_it_is() -> None:
    moved = building.act_on(small(), "down:s1-q1")
    assert (moved.focus, moved.said) == ("down:s1-q2", "Moved: now question 2 of section 1.")
    assert 'value="down:s1-q2" data-tool="down"  autofocus' in page_of(moved)


def test_moved_to_the_top_where_it_can_go_no_higher_then_the_other_button_has_the_focus() -> None:
    assert 'value="down:s1-q1" data-tool="down"  autofocus' in page_of(building.act_on(small(), "up:s1-q2"))


def test_copied_question_gets_a_key_of_its_own() -> None:
    specs, problems = building.to_specs(posted(building.act_on(small(), "copy:s1-q2")))
    assert ([one.key for one in specs[0].questions], problems) == (["a", "b", "b_2"], {})


def test_copied_section_asks_about_its_own_questions() -> None:
    condition = {"key": "a", "op": "is", "value": True}
    questions = (QuestionSpec("A", Kind.YES_NO, "a"), QuestionSpec("B", key="b", words=9, shown_if=condition))
    draft = building.act_on(building.from_specs([SectionSpec("One", questions)]), "copy:s1")
    specs, problems = building.to_specs(posted(draft))
    assert (specs[1].questions[1].shown_if, problems) == ({"key": "a_2", "op": "is", "value": True}, {})


def test_condition_on_a_question_that_has_no_key_yet_is_kept_by_its_key() -> None:
    draft = building.act_on(small(), "add:s1-q1")
    new = draft.blocks[0].rows[1]
    sent = sent_by(
        page_of(draft),
        **{
            f"{new.place}-label": "Does it fly?",
            f"{new.place}-kind": "yes_no",
            "s2-q1-shown-asks": new.handle,
            "s2-q1-shown-op": "is",
            "s2-q1-shown-value": "yes",
        },
    )
    specs, problems = building.to_specs(building.from_post(query(sent)))
    assert problems == {}
    assert specs[1].questions[0].shown_if == {"key": "does_it_fly", "op": "is", "value": True}


def test_columns_of_a_table_are_added_moved_and_removed() -> None:
    table = QuestionSpec("T", Kind.TABLE, "t", settings={"columns": [{"key": "x", "label": "X", "kind": "text"}]})
    draft = building.act_on(building.from_specs([SectionSpec("One", (table,))]), "add-column:s1-q1")
    assert draft.focus == "s1-q1-c2-label"
    draft = building.from_post(query(sent_by(page_of(draft), **{"s1-q1-c2-label": "Y"})))
    draft = posted(building.act_on(draft, "up:s1-q1-c2"))
    kept = building.to_specs(draft)[0][0].questions[0].settings["columns"]
    assert [(one["key"], one["label"]) for one in kept] == [("y", "Y"), ("x", "X")]
    left = building.to_specs(posted(building.act_on(draft, "remove:s1-q1-c1")))[0][0].questions[0]
    assert [one["key"] for one in left.settings["columns"]] == ["x"]


# --- what nobody types --------------------------------------------------------------------------------------------------
NAMES = st.sampled_from(
    [
        *(f"s1-q1-{name}" for name in ("kind", "handle", "key", "need", "words", "types", "least", "options", "open")),
        *(f"s1-q2-{name}" for name in ("shown-asks", "shown-op", "shown-value", "needed-asks", "kind", "c1-label")),
        *("s1-q3-label", "s1-help", "s3-title", "s1-q1-c1-kind"),
    ]
)


@settings(max_examples=60)
@given(
    st.dictionaries(NAMES, st.lists(st.sampled_from(["*1", "*x", "a", "", "table", "multi", "is", "-1"]), min_size=1)),
    st.sampled_from(["up:s1-q2", "copy:s1", "move:s1-q1:s2", "add-column:s1-q1", "remove:s1-q1-c1", "move:::", "to:"]),
)
def test_whatever_is_posted_the_page_is_answered(changed: dict[str, list[str]], act: str) -> None:
    sent = {**sent_by(page_of(small())), **changed}
    draft = building.act_on(building.from_post(query(sent)), act)
    specs, problems = building.to_specs(draft)
    page_of(replace(draft, problems=problems))
    assert sum(len(one.questions) for one in specs) == draft.questions


# --- what is refused ------------------------------------------------------------------------------------------------------
def test_everything_that_is_wrong_is_said_at_once_beside_its_field() -> None:
    questions = (
        QuestionSpec("", key="a"),
        QuestionSpec("B", Kind.CHOICE, "b", options=("Only",)),
        QuestionSpec("C", Kind.NUMBER, "c", settings={"least": "9", "most": "1"}),
        QuestionSpec("D", Kind.TABLE, "d", settings={"columns": [{"key": "", "label": "", "kind": "text"}]}),
        QuestionSpec("E", Kind.LONG, "e", required=False, required_if={"key": "z", "op": "answered"}),
    )
    draft = building.from_specs([SectionSpec("", questions)])
    words = replace(draft.blocks[0].rows[4], text={**draft.blocks[0].rows[4].text, "words": "many"})
    block = replace(draft.blocks[0], rows=(*draft.blocks[0].rows[:4], words))
    problems = building.to_specs(replace(draft, blocks=(block,)))[1]
    assert sorted(problems) == [
        "s1-q1-label",
        "s1-q2-options",
        "s1-q3-most",
        "s1-q4-c1-label",
        "s1-q5-needed-asks",
        "s1-q5-words",
        "s1-title",
    ]
    refused = building.opened(replace(draft, problems=problems), list(problems))
    html = page_of(refused)
    assert [name for name in problems if f'id="id_{name}"' not in html] == []
    assert [name for name in problems if f'href="#id_{name}"' not in html] == []
    assert all(row.open for row in refused.rows)


def test_condition_on_a_question_that_comes_later_now_is_kept_marked_and_refused() -> None:
    condition = {"key": "a", "op": "is", "value": True}
    questions = (QuestionSpec("A", Kind.YES_NO, "a"), QuestionSpec("B", key="b", words=9, shown_if=condition))
    moved = building.act_on(building.from_specs([SectionSpec("One", questions)]), "down:s1-q1")
    assert "a question that is gone, or comes later now" in page_of(moved)
    assert list(building.to_specs(posted(moved))[1]) == ["s1-q1-shown-asks"]
    again = posted(building.act_on(posted(moved), "up:s1-q2"))
    assert building.to_specs(again) == ([SectionSpec("One", questions)], {})


def test_library_item_added_twice_gets_keys_of_its_own_and_asks_about_them() -> None:
    section = library.ITEMS["data"].section
    twice = library.without_taken_keys(section, {one.key for one in section.questions})
    assert twice.questions[1].shown_if == {"key": "has_data_2", "op": "is", "value": True}
    assert checked([section, replace(twice, title="Again")])[1].questions[1].key == "data_sets_2"
