"""Questions about a call: asked privately, answered to one or published for all, and never a word of who asked."""

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import User
from audit.models import AuditEvent
from core.errors import InvalidInput, StaleWrite, WrongState
from grants.identifying import traces
from grants.models import Call, CallEnquiry
from grants.services import call_questions
from grants.services.call_questions import Identifying
from notifications.models import Notice
from tests.crawling import canonical
from tests.grants.stories import (
    NOON,
    make_call,
    make_draft,
    make_member,
    make_researcher,
    make_submitted,
    make_university,
    make_user,
)
from tests.grants.stories_call_page import (
    make_officer,
    make_open_call,
    make_published,
    make_question,
    publish,
)
from universities.models import Domain

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def told(person: User, kind: str = "call.") -> list[str]:
    rows = Notice.objects.filter(recipient=person, kind__startswith=kind).order_by("created_at", "id")
    return list(rows.values_list("subject", flat=True))


# --- asking -----------------------------------------------------------------------------------------------------------
def test_ask_keeps_the_question_for_staff_and_tells_the_calls_officers():
    officer, ada = make_officer(), make_researcher()
    call = make_call(created_by=officer)
    asked = call_questions.ask(call, "  May we\r\nhire abroad? ", actor=ada, at=NOON)
    assert (asked.text, asked.asked_by, asked.state) == ("May we\nhire abroad?", ada, "to_answer")
    assert told(officer) == ["A question about AI-26"]
    notice = Notice.objects.get(recipient=officer)
    assert (notice.path, "May we\nhire abroad?" in notice.body) == (f"/call-questions/{asked.pk}/", True)
    assert [one.verb for one in AuditEvent.objects.filter(subject_id=str(call.pk))] == ["call.question_asked"]


def test_ask_the_same_again_is_the_one_that_is_there():
    call = make_call()
    assert make_question(call) == make_question(call)
    assert CallEnquiry.objects.count() == 1


def test_ask_more_than_twenty_at_a_time_is_refused_until_some_are_answered():
    call, other = make_call(), make_call("B-26")
    first = make_question(call, "Question 0")
    for n in range(1, 20):
        make_question([call, other][n % 2], f"Question {n}")
    with pytest.raises(InvalidInput) as refused:
        make_question(other, "One more")
    assert (refused.value.code, refused.value.field) == ("too_many_questions", "text")
    call_questions.answer(first, "Yes.", version=1, actor=make_officer(), at=NOON)
    assert make_question(other, "One more").text == "One more"
    assert (
        make_question(call, "Somebody else asks", person=make_researcher("Ben Example")).asked_by.name == "Ben Example"
    )


@pytest.mark.parametrize("status", ["in_review", "decided", "archived", "cancelled"])
def test_ask_about_a_call_that_takes_no_questions_is_refused(status):
    call = make_call(status=status)
    with pytest.raises(WrongState):
        make_question(call)
    ada = client_of(make_researcher())
    assert ada.post("/calls/AI-26/ask/", {"text": "Why?"}).status_code == 403


def test_ask_nothing_is_refused_beside_the_field_and_what_was_typed_stays():
    make_open_call()
    ada = client_of(make_researcher())
    answer = ada.post("/calls/AI-26/ask/", {"text": "   "})
    assert (answer.status_code, list(answer.context["ask_form"].errors)) == (422, ["text"])
    answer = ada.post("/calls/AI-26/ask/", {"text": "x" * 4001})
    assert (answer.status_code, b"x" * 4001 in answer.content) == (422, True)


# --- answering --------------------------------------------------------------------------------------------------------
def test_answer_goes_to_whoever_asked_and_to_nobody_else():
    call = make_call()
    writer = make_draft(call, pi=make_researcher("Wanda Writer")).pi
    asked = make_question(call)
    answered = call_questions.answer(asked, "Yes, you may.", version=1, actor=make_officer(), at=NOON)
    assert (answered.state, answered.public_answer) == ("answered", "")
    assert told(asked.asked_by) == ["Your question about AI-26 is answered"]
    assert "Yes, you may." in Notice.objects.get(recipient=asked.asked_by).body
    assert told(writer) == []
    assert b"Yes, you may." not in Client().get(call.get_absolute_url()).content


def test_answer_again_takes_the_place_of_the_first_and_the_same_again_is_nothing():
    asked = make_question(make_call())
    officer = make_officer()
    first = call_questions.answer(asked, "Yes.", version=1, actor=officer, at=NOON)
    same = call_questions.answer(first, "Yes.", version=2, actor=officer, at=NOON + HOUR)
    assert (same.version, same.answered_at) == (2, NOON)
    call_questions.answer(same, "No.", version=2, actor=officer, at=NOON + HOUR)
    assert told(asked.asked_by) == [
        "Your question about AI-26 is answered",
        "Another answer to your question about AI-26",
    ]
    event = AuditEvent.objects.filter(verb="call.question_answered").latest("at")
    assert (event.before, event.after) == ({"answer": "Yes."}, {"answer": "No."})


def test_answer_over_a_colleagues_is_refused_and_shows_theirs():
    asked = make_question(make_call())
    call_questions.answer(asked, "Theirs.", version=1, actor=make_user("Cy Colleague", "programme_officer"), at=NOON)
    with pytest.raises(StaleWrite) as refused:
        call_questions.answer(asked, "Mine.", version=1, actor=make_officer(), at=NOON)
    assert refused.value.data["answer"] == "Theirs."


# --- publishing -------------------------------------------------------------------------------------------------------
def test_publish_answers_whoever_asked_and_tells_writers_once_without_a_name():
    call = make_call()
    proposal = make_draft(call, pi=make_researcher("Wanda Writer"))
    editor, reader = make_member(proposal, "Eve Editor"), make_member(proposal, "Rae Reader", may_edit=False)
    handed_in = make_submitted(call, pi=make_researcher("Hal Handed"))
    Notice.objects.all().delete()
    asked = make_question(call, "May I, Ada of Northmoor, hire abroad?")
    published = publish(asked, "May one hire abroad?", "Yes, one may.")
    assert (published.state, published.answer) == ("published", "Yes, one may.")
    assert told(asked.asked_by) == ["Your question about AI-26 is answered for everybody"]
    assert [told(one) for one in (proposal.pi, editor, reader, handed_in.pi)] == [
        ["A new answer about AI-26"],
        ["A new answer about AI-26"],
        [],
        [],
    ]
    body = Notice.objects.get(recipient=editor).body
    assert ("Yes, one may." in body, "Ada" in body, "Northmoor" in body) == (True, False, False)
    assert "There is 1 answer on the page of the call now." in body


def test_publish_the_same_again_is_nothing_and_a_change_is_dated_and_told_only_where_asked_for():
    call = make_call()
    writer = make_draft(call, pi=make_researcher("Wanda Writer")).pi
    one = make_published(call)
    again = publish(one, "May one hire abroad?", "Yes, one may.")
    assert (again.version, again.changed_at) == (one.version, None)
    changed = publish(one, "May one hire abroad?", "No, one may not.", at=NOON)
    assert (changed.changed_at, changed.published_at) == (NOON, one.published_at)
    assert told(writer) == ["A new answer about AI-26"]
    publish(changed, "May one hire abroad?", "Only within Europe.", at=NOON + HOUR, tell_again=True)
    assert told(writer) == ["A new answer about AI-26", "A changed answer about AI-26"]


def test_publish_after_a_private_answer_keeps_the_private_one_private():
    call = make_call()
    asked = make_question(call)
    private = call_questions.answer(
        asked, "Dear Ada, for your soil maps: yes.", version=1, actor=make_officer(), at=NOON
    )
    published = publish(private, "May one hire abroad?", "Yes.")
    assert published.answer == "Dear Ada, for your soil maps: yes."
    html = Client().get(call.get_absolute_url()).content.decode()
    assert ("May one hire abroad?" in html, "soil maps" in html, "Dear Ada" in html) == (True, False, False)


def test_unpublish_takes_it_off_the_page_keeps_its_words_and_may_be_published_again():
    call = make_call()
    writer = make_draft(call, pi=make_researcher("Wanda Writer")).pi
    one = make_published(call)
    off = call_questions.unpublish(one, version=one.version, actor=make_officer(), at=NOON)
    assert (off.state, off.public_answer) == ("answered", "Yes, one may.")
    assert b"Yes, one may." not in Client().get(call.get_absolute_url()).content
    assert call_questions.unpublish(off, version=off.version, actor=None, at=NOON).version == off.version
    publish(off, "May one hire abroad?", "Yes, one may.", at=NOON + HOUR)
    assert b"Yes, one may." in Client().get(call.get_absolute_url()).content
    assert told(writer) == ["A new answer about AI-26"]


# --- nobody is named --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("words", "certain"),
    [
        ("We at the University of Northmoor ask.", False),
        ("May ada   EXAMPLE hire abroad?", True),
        ("Write to Ada.Example@people.example, please.", True),
        ("Dr Example asked this.", False),
        ("See northmoor.example for our rates.", False),
        ("It is about AI-26-0001.", False),
        ("“Open models of soil” needs it.", False),
        ("Answer to somebody@else.example.", False),
    ],
)
def test_publish_words_that_point_to_whoever_asked_are_refused_unless_sure(words, certain):
    call = make_call()
    Domain.objects.create(university=make_university(), domain="northmoor.example")
    make_draft(call)
    asked = make_question(call)
    for texts in ((words, "Yes."), ("May one?", words)):
        with pytest.raises(Identifying) as refused:
            publish(asked, *texts)
        assert any(one["certain"] for one in refused.value.data["traces"]) == certain
    if certain:
        with pytest.raises(Identifying):
            publish(asked, words, "Yes.", sure=True)
    else:
        assert publish(asked, words, "Yes.", sure=True).state == "published"


def test_traces_find_a_name_whatever_its_accents_and_leave_words_that_only_contain_it():
    person = make_user("Zoë Åberg")
    assert [one.words for one in traces(person, "Says Zoe ABERG.")] == ["Zoë Åberg"]
    assert traces(person, "An iceberg of data, Zoea larvae.") == []


def test_public_bytes_do_not_depend_on_who_asked():
    """The same published question, asked by another person of another university: not one byte differs."""
    call = make_open_call()
    enquiry = make_published(call, person=make_researcher("Ada Example"))
    other = make_researcher("Olaf Otherwise", make_university("Otherland University"))
    reader = make_researcher("Rita Reader")
    paths = ["/calls/AI-26/", "/calls/AI-26/?q=abroad", "/api/v1/calls/AI-26/", "/api/v1/calls/AI-26/questions/"]
    paths += ["/calls/AI-26/calendar.ics", "/calls/feed.atom", "/calls/?q=abroad"]

    def fetched() -> list[str]:
        return [canonical(client.get(path).content) for path in paths for client in (Client(), client_of(reader))]

    first = fetched()
    with transaction.atomic():
        CallEnquiry.objects.filter(pk=enquiry.pk).update(
            asked_by=other, text="Another text", asked_at=NOON, answer="Private", answered_by=other
        )
        assert fetched() == first
        CallEnquiry.objects.filter(pk=enquiry.pk).update(public_answer="Something else")
        assert fetched() != first


# --- pages ------------------------------------------------------------------------------------------------------------
def test_pages_of_questions_answer_each_person_as_they_may():
    call = make_open_call()
    asked = make_question(call)
    people: dict[str, User | None] = {
        "public": None,
        "asker": asked.asked_by,
        "another": make_researcher("Ben Example"),
        "officer": make_officer(),
        "auditor": make_user("Alan Auditor", "auditor"),
        "finance": make_user("Fred Finance", "finance_officer"),
    }
    clients = {name: client_of(user) if user else Client() for name, user in people.items()}
    at = f"/call-questions/{asked.pk}/"
    acts: list[tuple[str, str, dict[str, Any] | None]] = [
        ("list", "/call-questions/", None),
        ("one", at, None),
        ("answer", f"{at}answer/", {}),
        ("publish", f"{at}publish/", {}),
        ("unpublish", f"{at}unpublish/", {"version": "1"}),
        ("ask", "/calls/AI-26/ask/", {}),
        ("calendar", "/calls/AI-26/calendar.ics", None),
        ("feed", "/calls/feed.atom", None),
        ("call", "/calls/AI-26/", None),
    ]
    rows = {
        name: [
            (client.get(path) if data is None else client.post(path, data)).status_code for client in clients.values()
        ]
        for name, path, data in acts
    }
    assert rows == {  # public, asker, another, officer, auditor, finance
        "list": [302, 403, 403, 200, 200, 200],
        "one": [302, 302, 404, 200, 200, 200],
        "answer": [302, 403, 404, 422, 403, 403],
        "publish": [302, 403, 404, 422, 403, 403],
        "unpublish": [302, 403, 404, 302, 403, 403],
        "ask": [302, 422, 422, 403, 422, 422],
        "calendar": [200, 200, 200, 200, 200, 200],
        "feed": [200, 200, 200, 200, 200, 200],
        "call": [200, 200, 200, 200, 200, 200],
    }


def test_one_reads_ones_own_questions_on_the_page_and_nobody_elses():
    call = make_open_call()
    asked = make_question(call, "Only mine?")
    call_questions.answer(asked, "Only yours.", version=1, actor=make_officer(), at=NOON)
    pages = [client_of(one).get("/calls/AI-26/").content for one in (asked.asked_by, make_researcher("Ben Example"))]
    assert [(b"Only mine?" in page, b"Only yours." in page) for page in pages] == [(True, True), (False, False)]


def test_desk_lists_by_state_and_call_and_counts_what_waits():
    call, other = make_call(), make_call("B-26")
    asked, private, public = (make_question(call, f"Question {n}") for n in range(3))
    make_question(other, "Of another call")
    call_questions.answer(private, "Yes.", version=1, actor=make_officer(), at=NOON)
    publish(public, "Public words?", "Yes.")
    desk = client_of(make_officer())

    def listed(query: str) -> list[str]:
        page = desk.get(f"/call-questions/?{query}").context["page"]
        return sorted(row.values["text"] for row in page.rows)

    assert listed("") == ["Of another call", "Question 0", "Question 1", "Question 2"]
    assert listed("state=to_answer&call=AI-26") == [asked.text]
    assert listed("state=answered") == [private.text]
    assert listed("state=published") == [public.text]
    assert listed("q=public+words") == [public.text]
    tasks = desk.get("/home/").content.decode()
    assert "Answer 2 questions about calls" in tasks


def test_desk_page_publishes_with_the_words_that_were_typed_or_says_what_names_whom():
    asked = make_question(make_open_call())
    desk, at = client_of(make_officer()), f"/call-questions/{asked.pk}/publish/"
    sent = {"version": 1, "public_text": "May Dr Example hire?", "public_answer": "Yes."}
    answer = desk.post(at, sent)
    assert (answer.status_code, b"May Dr Example hire?" in answer.content) == (422, True)
    assert "part of their name" in answer.content.decode()
    assert desk.post(at, {**sent, "sure": "on"}).status_code == 302
    assert CallEnquiry.objects.get().public_text == "May Dr Example hire?"


def test_desk_page_after_a_colleague_keeps_what_was_typed_and_saves_it_the_second_time():
    asked = make_question(make_open_call())
    desk, at = client_of(make_officer()), f"/call-questions/{asked.pk}/answer/"
    call_questions.answer(asked, "Theirs.", version=1, actor=None, at=NOON)
    answer = desk.post(at, {"version": 1, "answer": "Mine."})
    html = answer.content.decode()
    assert (answer.status_code, "Theirs." in html, "Mine." in html) == (422, True, True)
    assert 'name="version" value="2"' in html
    assert desk.post(at, {"version": 2, "answer": "Mine."}).status_code == 302
    assert CallEnquiry.objects.get().answer == "Mine."


@pytest.mark.parametrize("n", [1, 3])
def test_desk_is_the_same_number_of_queries_for_any_number_of_rows(n, django_assert_num_queries):
    call = make_call()
    for each in range(n):
        make_question(call, f"Question {each}")
    desk = client_of(make_officer())
    desk.get("/call-questions/")
    with django_assert_num_queries(8):
        desk.get("/call-questions/")


# --- programs ---------------------------------------------------------------------------------------------------------
def test_api_asks_answers_publishes_and_tells_the_public_no_name():
    make_open_call()
    ada, desk, public = client_of(make_researcher()), client_of(make_officer()), Client()
    json = "application/json"
    assert public.post("/api/v1/calls/AI-26/questions/", {"text": "May we?"}, json).status_code in {401, 403}
    made = ada.post("/api/v1/calls/AI-26/questions/", {"text": "May we?"}, json)
    assert (made.status_code, made.json()["state"]) == (201, "to_answer")
    at = f"/api/v1/call-questions/{made.json()['id']}"
    assert desk.post(f"{at}/answer/", {"version": 1, "answer": "Yes."}, json).json()["state"] == "answered"
    sent = {"version": 2, "public_text": "May one?", "public_answer": "Ask Ada Example."}
    refused = desk.post(f"{at}/publish/", sent, json)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "identifies_the_asker")
    assert desk.post(f"{at}/publish/", {**sent, "public_answer": "Yes."}, json).json()["state"] == "published"
    shown = public.get("/api/v1/calls/AI-26/questions/").json()
    assert [(one["question"], one["answer"], sorted(one)) for one in shown] == [
        ("May one?", "Yes.", ["anchor", "answer", "changed_at", "published_at", "question"])
    ]
    assert public.get("/api/v1/calls/AI-26/").json()["answers"] == shown
    own = ada.get("/api/v1/call-questions/").json()["results"]
    assert [(one["answer"], "asked_by" in one) for one in own] == [("Yes.", False)]
    assert desk.get(f"{at}/").json()["asked_by"] == "Ada Example"
    assert ada.post(f"{at}/publish/", {**sent, "version": 3}, json).status_code == 403
    assert client_of(make_researcher("Ben Example")).get(f"{at}/").status_code == 404
    assert desk.post(f"{at}/unpublish/", {"version": 3}, json).json()["state"] == "answered"
    assert public.get("/api/v1/calls/AI-26/questions/").json() == []


def test_api_of_a_drafts_answers_is_not_there():
    make_call(status="draft", published_at=None)
    assert Client().get("/api/v1/calls/AI-26/questions/").status_code == 404
    assert Call.objects.get().status == "draft"
