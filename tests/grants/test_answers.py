"""Answers of every kind saved, found missing or too much, attached as files, frozen, and sent by programs."""

import json
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.models import AuditEvent
from core.errors import InvalidInput, StaleWrite
from grants import completeness
from grants.answered import answered_sections, read_frozen
from grants.asking import kinds
from grants.asking.conditions import state
from grants.asking.sheets import sheet_of
from grants.asking.specs import QuestionSpec
from grants.models import Answer, Attachment, Proposal, Question
from grants.services import access, answers, attachments, submission
from tests.grants.stories import NOON, complete, make_call, make_draft, make_user, pdf
from tests.grants.stories_asking import EVERY_KIND, FAIR, asking_call, asking_draft
from tests.grants.test_asking import HOSTILE

pytestmark = pytest.mark.django_db


def save(draft: Proposal, key: str, value: Any, version: int = 0) -> Answer:
    return answers.save_answer(draft, key, value, version=version, actor=draft.pi, at=NOON)


def open_ends(draft: Proposal) -> list[str]:
    """Keys of questions that stop handing in."""
    found = completeness.missing(draft, NOON)
    return [one.anchor.removeprefix("field-") for one in found if one.part.startswith("section-")]


# --- saved ------------------------------------------------------------------------------------------------------------
def test_every_kind_is_saved_and_the_same_again_is_no_change():
    draft = asking_draft()
    answers.save_answers(draft, FAIR, actor=draft.pi, at=NOON)
    assert dict(Answer.objects.values_list("key", "value")) == FAIR
    for key, value in FAIR.items():
        assert save(draft, key, value, version=0).version == 1
    assert AuditEvent.objects.filter(verb="proposal.answer_saved").count() == len(FAIR)
    assert open_ends(draft) == []


@pytest.mark.parametrize("key", ["many", "items", "who", "agreed", "count"])
def test_a_stale_answer_of_any_kind_gives_both_back(key):
    draft = asking_draft()
    save(draft, key, FAIR[key])
    mine = {"many": ["Soil"], "items": [], "who": [{"name": "Cleo"}], "agreed": False, "count": "3"}[key]
    with pytest.raises(StaleWrite) as refused:
        save(draft, key, mine, version=0)
    assert refused.value.data["theirs"] == FAIR[key]
    assert Answer.objects.get().value == FAIR[key]


def test_a_consent_is_recorded_with_who_and_when_and_can_be_taken_back():
    draft = asking_draft()
    given = save(draft, "agreed", "on")
    assert (given.value, given.updated_by, given.updated_at) == (True, draft.pi, NOON)
    assert "agreed" not in open_ends(draft)
    save(draft, "agreed", value=False, version=1)
    assert "agreed" in open_ends(draft)


def test_what_people_are_named_is_not_in_the_audit_trail():
    draft = asking_draft()
    save(draft, "who", FAIR["who"])
    trail = json.dumps([[one.before, one.after] for one in AuditEvent.objects.filter(verb="proposal.answer_saved")])
    assert ("Ben" in trail, '"rows": 1' in trail) == (False, True)


# --- asked or not -------------------------------------------------------------------------------------------------------
def test_what_a_condition_hides_is_neither_missing_nor_read_nor_handed_in():
    draft = asking_draft()
    answers.save_answers(draft, {**FAIR, "approver": ""}, actor=draft.pi, at=NOON)
    assert open_ends(draft) == ["approver"]
    save(draft, "people_in", "no", version=1)
    assert open_ends(draft) == []
    labels = [one.label for _title, section in answered_sections(draft) for one in section]
    frozen = [one["key"] for section in submission.frozen_content(draft)["sections"] for one in section["questions"]]
    assert ("Which approvals?" in labels, "approvals" in frozen) == (False, False)
    assert Answer.objects.get(key="approvals").value == FAIR["approvals"]


VALUES = st.sampled_from([True, False, None])
FORM = [
    QuestionSpec("A", "yes_no", "a"),
    QuestionSpec("B", "short", "b", required=False, shown_if={"key": "a", "op": "is", "value": True}),
    QuestionSpec("C", "number", "c", shown_if={"key": "b", "op": "answered"}),
    QuestionSpec("D", "long", "d", required=False, required_if={"key": "c", "op": "at_least", "value": "10"}),
    QuestionSpec("E", "multi", "e", options=("X", "Y"), shown_if={"key": "c", "op": "not_answered"}),
    QuestionSpec("F", "consent", "f", shown_if={"key": "e", "op": "includes", "value": "X"}),
]
ANY = {
    "a": st.sampled_from([None, True, False]),
    "b": st.sampled_from(["", "words"]),
    "c": st.sampled_from([None, "9", "10"]),
    "d": st.sampled_from(["", "words"]),
    "e": st.sampled_from([[], ["X"], ["Y"]]),
    "f": st.booleans(),
}


@settings(max_examples=60)
@given(values=st.fixed_dictionaries(ANY))
def test_what_the_editor_says_live_is_what_handing_in_says(values):
    draft = Proposal.objects.filter(call__code="LIVE").first() or make_draft(asking_call(FORM, code="LIVE"))
    Answer.objects.filter(proposal=draft).delete()
    Answer.objects.bulk_create(Answer(proposal=draft, key=k, value=v, updated_at=NOON) for k, v in values.items())
    page = Client()
    page.force_login(draft.pi)
    url = reverse("grants:proposal_answer_save", args=[draft.number, "a"])
    sent = {"value-a": {True: "yes", False: "no", None: ""}[values["a"]], "version-a": 1}
    live = page.post(url, sent, HTTP_HX_REQUEST="true").content.decode()
    hidden = set(live.partition('data-hidden="')[2].partition('"')[0].split())
    optional = set(live.partition('data-optional="')[2].partition('"')[0].split())
    now = state(FORM, {one.key: values[one.key] for one in FORM if kinds.answered(one, values[one.key])})
    assert hidden == {key for key, one in now.items() if not one.shown}
    assert optional == {key for key, one in now.items() if not one.required}
    empty = {one.key for one in FORM if not kinds.answered(one, values[one.key])}
    assert set(open_ends(draft)) == empty - optional
    frozen = [one["key"] for section in submission.frozen_content(draft)["sections"] for one in section["questions"]]
    assert set(frozen) == set(values) - hidden


# --- hostile ------------------------------------------------------------------------------------------------------------
def test_a_hostile_value_sent_by_a_program_is_refused_or_kept_and_never_a_fault():
    draft = asking_draft()
    client = Client()
    client.force_login(draft.pi)
    statuses: dict[int, int] = {}
    for key in [*FAIR, "plan", "no_such"]:
        for value in HOSTILE[::3]:
            try:
                body = json.dumps({"value": value, "version": 0})
            except ValueError:  # a number longer than Python writes
                continue
            answer = client.put(f"/api/v1/proposals/{draft.number}/answers/{key}/", body, "application/json")
            statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
    assert set(statuses) <= {200, 400, 409, 422}, statuses
    for asked in Question.objects.filter(section__form=draft.form):
        stored = Answer.objects.filter(proposal=draft, key=asked.key).first()
        assert stored is None or kinds.clean(asked, stored.value, currency="USD") == stored.value


# --- files ----------------------------------------------------------------------------------------------------------------
def test_a_file_answers_its_question_and_another_one_replaces_it():
    draft = asking_draft([QuestionSpec("The plan", "file", "plan", settings={"most_pages": 3})])
    assert open_ends(draft) == ["plan"]
    attachments.attach(draft, pdf(pages=2), key="plan", actor=draft.pi, at=NOON)
    second = attachments.attach(draft, pdf("b.pdf", pages=3), key="plan", actor=draft.pi, at=NOON)
    assert (list(Attachment.objects.all()), open_ends(draft)) == ([second], [])
    assert submission.frozen_content(draft)["files"][0]["key"] == "plan"
    verbs = AuditEvent.objects.filter(verb__startswith="proposal.file").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["proposal.file_attached", "proposal.file_detached", "proposal.file_attached"]


@pytest.mark.parametrize(
    ("how", "upload"),
    [
        ({"most_pages": 1}, pdf(pages=2)),
        ({"most_pages": 1}, ContentFile(b"%PDF-1.7\nno pages at all", "x.pdf")),
        ({"types": ["png"]}, pdf()),
        ({"types": ["csv"]}, ContentFile(b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "x.csv")),
        ({"types": ["pdf"], "most_mb": 1}, ContentFile(b"%PDF-1.7\n" + b"0" * 1024 * 1024, "x.pdf")),
    ],
    ids=["pages", "uncountable", "type", "lying-name", "size"],
)
def test_a_file_that_the_question_does_not_take_is_refused_by_its_content(how, upload):
    draft = asking_draft([QuestionSpec("The plan", "file", "plan", settings=how)])
    with pytest.raises(InvalidInput) as refused:
        attachments.attach(draft, upload, key="plan", actor=draft.pi, at=NOON)
    assert (refused.value.field, Attachment.objects.count()) == ("file", 0)


def test_more_files_than_a_question_takes_and_files_for_other_questions_are_refused():
    draft = asking_draft(
        [QuestionSpec("Two", "file", "two", settings={"most_files": 2}), QuestionSpec("W", "long", "w")]
    )
    for name in ("a", "b"):
        attachments.attach(draft, pdf(title=name), key="two", actor=draft.pi, at=NOON)
    for key in ("two", "w", "nothing"):
        with pytest.raises(InvalidInput):
            attachments.attach(draft, pdf(title="c"), key=key, actor=draft.pi, at=NOON)
    assert Attachment.objects.count() == 2


# --- read -----------------------------------------------------------------------------------------------------------------
def test_a_submission_is_read_again_as_its_form_asked_for_it_and_an_old_one_too():
    draft = asking_draft()
    answers.save_answers(draft, FAIR, actor=draft.pi, at=NOON)
    content = submission.frozen_content(draft)
    (_title, read) = read_frozen(json.loads(submission.canonical(content)), draft)[0]
    (_title, live) = answered_sections(draft)[0]
    assert [(one.label, one.text, one.html, one.by) for one in read] == [
        (one.label, one.text, one.html, one.by) for one in live
    ]
    old = {
        "format": 1,
        "sections": [{"title": "One", "questions": [{"key": "q", "label": "Q", "answer": "a<b>\n\nc"}]}],
    }
    assert read_frozen(old, draft)[0][1][0].html == "<p>a&lt;b&gt;</p>\n\n<p>c</p>"
    assert not [value for value in _leaves(content) if isinstance(value, float)]


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict | list):
        return [leaf for one in (value.values() if isinstance(value, dict) else value) for leaf in _leaves(one)]
    return [value]


def test_answers_that_name_people_are_withheld_from_a_reviewer_of_a_double_blind_call(client):
    draft = complete_every(make_draft(asking_call(blinding="double")))
    reviewer = make_user("Rosa Reviewer")
    access.grant(draft, reviewer, "reviewer", at=NOON)
    Proposal.objects.update(status="under_review", submitted_at=NOON)
    client.force_login(reviewer)
    body = client.get(draft.get_absolute_url()).content.decode()
    for secret in ("Ben", "0000-0002-1825-0097", "plan.pdf", "Ada Example"):
        assert secret not in body, secret
    assert body.count("Left out: it names people") == 2
    frozen = read_frozen(submission.frozen_content(draft), draft, people=False)[0][1]
    assert [one.label for one in frozen if one.withheld] == ["A plan as a file", "Who takes part?"]
    assert not any("Ben" in one.text + one.html + one.by for one in frozen)


def complete_every(draft: Proposal) -> Proposal:
    answers.save_answers(draft, {**FAIR, "approver": "The board"}, actor=draft.pi, at=NOON)
    attachments.attach(draft, pdf("plan.pdf"), key="plan", actor=draft.pi, at=NOON)
    return draft


def test_a_value_from_another_time_is_shown_on_the_page_and_in_the_editor(client):
    draft = asking_draft()
    for asked in EVERY_KIND:
        for value in ({"a": [1, "<b>"]}, ["x", {"y": None}], "1.000,00", True, 7):
            Answer.objects.update_or_create(
                proposal=draft, key=asked.key, defaults={"value": value, "updated_at": NOON, "version": 1}
            )
            assert sheet_of(draft).state
    client.force_login(draft.pi)
    for url in (draft.get_absolute_url(), f"/proposals/{draft.number}/edit/section-1/"):
        assert client.get(url).status_code == 200


# --- programs -------------------------------------------------------------------------------------------------------------
def test_programs_send_answers_of_every_kind_and_files_with_a_key():
    draft = asking_draft()
    client = Client()
    client.force_login(draft.pi)
    for key, value in FAIR.items():
        body = {"value": value, "version": 0}
        answer = client.put(f"/api/v1/proposals/{draft.number}/answers/{key}/", body, "application/json")
        assert (answer.status_code, answer.json()["value"]) == (200, value)
    sent = client.post(f"/api/v1/proposals/{draft.number}/files/", {"file": pdf(), "key": "plan"})
    assert (sent.status_code, sent.json()["key"]) == (201, "plan")
    refused = client.post(f"/api/v1/proposals/{draft.number}/files/", {"file": pdf(title="x"), "key": "words"})
    assert refused.status_code == 422
    assert open_ends(Proposal.objects.get(pk=draft.pk)) == []


def test_the_usual_story_still_completes():
    assert open_ends(complete(make_draft(make_call()))) == []
