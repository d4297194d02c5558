"""Pages of reviewing: who gets in and with which words they are kept out, forms that keep what was typed, lists."""

import datetime as dt
import re
from uuid import uuid4

import pytest
from django.utils import timezone

from grants.models import Call, Proposal
from notifications.models import Notice
from reviews.models import Conflict, Review
from reviews.services import conflicts, reviewing
from reviews.urls import urlpatterns
from tests.personas import PEOPLE, Visits, addresses, make_people, table
from tests.reviews.stories import (
    AFTER,
    accepted,
    assign,
    make_eligible,
    make_judged_call,
    make_officer,
    make_reviewer,
    submitted,
    written,
)

pytestmark = pytest.mark.django_db
LATER = timezone.now() + dt.timedelta(days=30)


class Story:
    """Rita writes a review of the own proposal, Rob is asked for one of the other; a conflict was found on the first."""

    def __init__(self) -> None:
        call = make_judged_call()
        self.own, self.other = make_eligible(call), make_eligible(call, "Second", "Otis Other")
        self.review = written(self.own, make_reviewer("Rita Reviewer"))
        self.done = submitted(self.other, make_reviewer("Rita Reviewer"))
        self.invited = assign(self.other, make_reviewer("Rob Otherreviewer"))
        Call.objects.filter(pk=call.pk).update(status="in_review")
        self.people = make_people(self.own)
        self.found = conflicts.note_found(
            self.own, make_reviewer("Nia Nearby"), kind="collaborator", evidence="A paper.", at=AFTER
        )
        self.member = make_reviewer("Rita Reviewer").reviewer


def places(story: Story) -> dict[str, tuple[object, ...]]:
    """Every address of the app, with the own proposal's things in it."""
    mine, call = (story.review.pk,), ("AI-26",)
    return {
        **dict.fromkeys(("dashboard", "board", "conflicts", "pool", "pool_new"), ()),
        **dict.fromkeys(("review", "submit", "read"), mine),
        "assign": (story.own.number,),
        **dict.fromkeys(("ranking", "recommend", "rubric", "rubric_new"), call),
        "pool_member": (story.member.pk,),
    }


def acts(story: Story) -> dict[str, tuple[object, ...]]:
    mine = (story.review.pk,)
    names = ("accept", "decline", "recuse", "autosave", "withdraw", "reopen")
    return {
        **dict.fromkeys(names, mine),
        "decide_conflict": (story.found.pk,),
        "pool_rest": (story.member.pk,),
        "declare": (story.own.number,),
        "decide_found": (story.own.number, story.member.user_id),
        "assign act": (story.own.number,),
        "recommend act": ("AI-26",),
        "rubric act": ("AI-26",),
        "rubric_new act": ("AI-26",),
        "pool_new act": (),
    }


def test_every_address_is_in_a_table():
    story = Story()
    named = {name.split()[0] for name in {**places(story), **acts(story)}}
    assert named == {pattern.name for pattern in urlpatterns}


# anonymous, other applicant, applicant, office, other office, reviewer, other reviewer, officer, sealed officer, finance
# officer, approver, board, recused board member, auditor, administrator
PAGES = """
dashboard        302 200 200 200 200 200 200 200 200 200 200 200 200 200 200
board            302 403 403 403 403 403 403 200 200 403 403 403 403 200 200
conflicts        302 403 403 403 403 403 403 200 200 403 403 403 403 200 200
pool             302 403 403 403 403 403 403 200 200 403 403 403 403 200 200
pool_new         302 403 403 403 403 403 403 200 200 403 403 403 403 403 403
review           302 404 404 404 404 200 404 404 404 404 404 404 404 404 404
submit           302 404 404 404 404 200 404 404 404 404 404 404 404 404 404
read             302 403 403 403 403 403 403 200 404 403 403 403 403 200 200
assign           302 403 403 403 403 403 403 200 404 403 403 403 403 200 200
ranking          302 403 403 403 403 403 403 200 200 403 403 403 403 200 200
recommend        302 403 403 403 403 403 403 200 200 403 403 403 403 403 403
rubric           302 403 403 403 403 403 403 200 200 403 403 403 403 200 200
rubric_new       302 403 403 403 403 403 403 200 403 403 403 403 403 403 403
pool_member      302 403 403 403 403 403 403 200 200 403 403 403 403 200 200
"""
ACTS = """
accept           302 404 404 404 404 403 404 404 404 404 404 404 404 404 404
decline          302 404 404 404 404 403 404 404 404 404 404 404 404 404 404
recuse           302 404 404 404 404 302 404 404 404 404 404 404 404 404 404
autosave         302 404 404 404 404 422 404 404 404 404 404 404 404 404 404
withdraw         302 403 403 403 403 403 403 302 404 403 403 403 403 403 403
reopen           302 404 404 404 404 403 404 403 404 404 404 404 404 403 403
decide_conflict  302 403 403 403 403 403 403 302 404 403 403 403 403 403 403
pool_rest        302 403 403 403 403 403 403 302 302 403 403 403 403 403 403
declare          302 403 403 403 403 403 403 302 404 403 403 403 403 302 302
decide_found     302 404 404 404 404 403 404 409 404 404 404 404 404 403 403
assign act       302 403 403 403 403 403 403 422 404 403 403 403 403 403 403
recommend act    302 403 403 403 403 403 403 422 422 403 403 403 403 403 403
rubric act       302 403 403 403 403 403 403 422 403 403 403 403 403 403 403
rubric_new act   302 403 403 403 403 403 403 422 403 403 403 403 403 403 403
pool_new act     302 403 403 403 403 403 403 422 422 403 403 403 403 403 403
"""


def test_pages_when_asked_by_each_person_then_open_to_whom_they_concern():
    story = Story()
    visits = Visits(story.people)
    rows = ((name, visits.row(path)) for name, path in addresses("reviews", places(story)).items())
    assert table(rows) == PAGES.strip()


def test_acts_when_tried_by_each_person_then_done_by_whom_they_belong_to():
    story = Story()
    visits, data = Visits(story.people), {"reason": "Because.", "kind": "family"}
    rows = ((name, visits.row(path, data)) for name, path in addresses("reviews", acts(story)).items())
    assert table(rows) == ACTS.strip()


def test_what_is_not_yours_is_answered_as_what_is_not_there():
    story = Story()
    visits = Visits(story.people)
    for asked, data in ((places(story), None), (acts(story), {"reason": "Because."})):
        hidden = {name: args for name, args in asked.items() if args not in {(), ("AI-26",)}}  # a call is no secret
        none = {name: ("AI-26-9999",) if args[0] == story.own.number else (uuid4(),) for name, args in hidden.items()}
        none["decide_found"] = ("AI-26-9999", story.member.user_id)
        missing = addresses("reviews", {name: none[name] for name in hidden})
        for name, path in addresses("reviews", hidden).items():
            for person in PEOPLE:
                answer = visits.ask(person, path, data)
                if answer[0] == 404 or person in {"applicant", "office", "other_office", "board", "finance"}:
                    assert (person, name, answer) == (person, name, visits.ask(person, missing[name], data))


@pytest.mark.parametrize(
    ("name", "person", "words"),
    [
        ("board", "applicant", "The reviews board is for staff who run or check reviews."),
        ("pool_new", "auditor", "Reviews are run by programme officers."),
        ("rubric_new", "sealed", "You have a conflict with a proposal of this call; a colleague chooses its rubric."),
        ("accept act", "reviewer", "You have answered this invitation."),
        ("reopen act", "officer", "Only a submitted review can be opened again."),
    ],
)
def test_refusal_says_why_in_words(name, person, words):
    story = Story()
    asked = {**places(story), **{f"{name.split()[0]} act": args for name, args in acts(story).items()}}
    path = addresses("reviews", {name: asked[name]})[name]
    status, text = Visits(story.people).ask(person, path, {} if name.endswith(" act") else None)
    assert (status, words in text) == (403, True)


# --- the desk -----------------------------------------------------------------------------------------------------------
def typed(version: int, **more: object) -> dict[str, object]:
    return {
        "version": version,
        "score_merit": 3,
        "score_method": 2,
        "comment_method": "It is new.",
        "for_applicant": "Mine, typed here.",
        "confidence": 4,
        **more,
    }


def test_desk_when_another_device_saved_first_then_both_texts_and_nothing_lost(client):
    rita = make_reviewer("Rita Reviewer")
    review = written(make_eligible(), rita)
    client.force_login(rita)
    there = {"scores": {}, "texts": {"for_applicant": "Theirs, kept."}}
    reviewing.save(review, version=review.version, **there, actor=rita, at=AFTER)
    answer = client.post(f"/reviews/mine/{review.pk}/", typed(review.version))
    page = answer.content.decode()
    assert (answer.status_code, "Theirs, kept." in page, "Mine, typed here." in page) == (409, True, True)
    assert Review.objects.get().for_applicant == "Theirs, kept."
    version = re.search(r'name="version" value="(\d+)"', page)
    again = client.post(f"/reviews/mine/{review.pk}/", typed(int(version[1])))  # seen both, and chosen
    assert (again.status_code, Review.objects.get().for_applicant) == (302, "Mine, typed here.")
    late = client.post(f"/reviews/mine/{review.pk}/autosave/", typed(review.version))
    assert (late.status_code, "Another device saved first" in late.content.decode()) == (409, True)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("score_merit", "9", "9 is not one of the available choices."),
        ("score_merit", "NaN", "NaN is not one of the available choices."),
        ("confidence", "7", "7 is not one of the available choices."),
        ("for_applicant", "x" * 20_001, "Ensure this value has at most 20000 characters"),
        ("version", "", "This field is required."),
    ],
)
def test_desk_with_what_can_not_be_then_said_beside_the_field_and_nothing_saved(client, field, value, words):
    rita = make_reviewer("Rita Reviewer")
    review = written(make_eligible(), rita)
    client.force_login(rita)
    answer = client.post(
        f"/reviews/mine/{review.pk}/", typed(review.version, for_panel="Kept in the form.") | {field: value}
    )
    page = answer.content.decode()
    assert (answer.status_code, words in page, "Kept in the form." in page) == (422, True, True)
    assert Review.objects.get().version == review.version


def test_submit_incomplete_then_what_is_missing_is_named_and_twice_is_once(client):
    rita = make_reviewer("Rita Reviewer")
    review = accepted(make_eligible(), rita)
    client.force_login(rita)
    client.post(f"/reviews/mine/{review.pk}/", typed(review.version, comment_method="", confidence=""))
    version = Review.objects.get().version
    page = client.post(f"/reviews/mine/{review.pk}/submit/", {"version": version})
    text = page.content.decode()
    missing = ("Method: give your reason in words." in text, "Say how sure you are." in text)
    assert (page.status_code, missing, Review.objects.get().status) == (422, (True, True), "draft")
    client.post(f"/reviews/mine/{review.pk}/", typed(version))
    version += 1
    answers = [client.post(f"/reviews/mine/{review.pk}/submit/", {"version": version}) for _ in range(2)]
    assert ([one.status_code for one in answers], Review.objects.get().status) == ([302, 403], "submitted")
    assert Review.objects.get().steps.filter(state="submitted").count() == 1
    rubbish = client.post(f"/reviews/mine/{review.pk}/submit/", {"version": "rubbish"})
    assert rubbish.status_code == 403


def test_submit_of_what_changed_meanwhile_then_refused_with_the_way_back(client):
    rita = make_reviewer("Rita Reviewer")
    review = written(make_eligible(), rita)
    client.force_login(rita)
    path = f"/reviews/mine/{review.pk}/submit/"
    for version in ("", "rubbish", review.version - 1):
        answer = client.post(path, {"version": version}, headers={"referer": f"http://testserver{path}"})
        page = answer.content.decode()
        assert (answer.status_code, "This review was changed elsewhere meanwhile." in page) == (409, True)
        assert f'href="{path}"' in page
    assert Review.objects.get().status == "draft"


def test_invitation_answered_without_certifying_then_asked_again_and_declined_is_told_to_staff(client):
    rita = make_reviewer("Rita Reviewer")
    review = assign(make_eligible(), rita)
    client.force_login(rita)
    answer = client.post(f"/reviews/mine/{review.pk}/accept/", {})
    assert (answer.status_code, Review.objects.get().status) == (422, "invited")
    assert client.post(f"/reviews/mine/{review.pk}/decline/", {"reason": "No time."}).status_code == 302
    assert (Review.objects.get().status, Notice.objects.filter(kind="review.answered").count()) == ("declined", 1)
    assert "You declined this review" in client.get(f"/reviews/mine/{review.pk}/").content.decode()


def test_recuse_without_a_kind_then_nothing_and_with_one_the_review_is_over(client):
    rita = make_reviewer("Rita Reviewer")
    review = accepted(make_eligible(), rita)
    client.force_login(rita)
    path = f"/reviews/mine/{review.pk}/recuse/"
    assert client.post(path, {"kind": "nonsense"}).status_code == 302
    assert Review.objects.get().status == "accepted"
    assert [client.post(path, {"kind": "family"}).status_code for _ in range(2)] == [302, 404]
    assert (Review.objects.get().status, Conflict.objects.get().status) == ("recused", "confirmed")


# --- the officer's forms ----------------------------------------------------------------------------------------------------
def test_assign_somebody_with_a_conflict_or_twice_then_refused_beside_the_form(client):
    proposal = make_eligible()
    pi, rita = make_reviewer("Ada Example"), make_reviewer("Rita Reviewer")
    client.force_login(make_officer())
    path, due = f"/reviews/assign/{proposal.number}/", LATER.strftime("%Y-%m-%dT%H:%M")
    told = client.post(path, {"reviewer": pi.pk, "due_at": due})
    assert (
        told.status_code,
        "can’t review" in told.content.decode() or "can&#x27;t review" in told.content.decode(),
    ) == (
        422,
        True,
    )
    statuses = [client.post(path, {"reviewer": rita.pk, "due_at": due}).status_code for _ in range(2)]
    assert (statuses, Review.objects.count()) == ([302, 422], 1)
    for rubbish in ({"reviewer": "rubbish"}, {"reviewer": uuid4()}, {"reviewer": rita.pk, "due_at": "rubbish"}, {}):
        assert client.post(path, rubbish).status_code == 422


def test_buttons_without_a_reason_then_refused_on_a_page_with_the_way_back(client):
    review = submitted(make_eligible(), make_reviewer("Rita Reviewer"))
    client.force_login(make_officer())
    place = f"/reviews/read/{review.pk}/"
    for act in ("withdraw", "reopen"):
        answer = client.post(f"{place}{act}/", {"reason": " "}, headers={"referer": f"http://testserver{place}?x=1"})
        page = answer.content.decode()
        assert (answer.status_code, "Say why the review is" in page) == (422, True)
        assert f'<a class="btn btn-primary" href="{place}?x=1">' in page
    foreign = client.post(f"{place}withdraw/", {}, headers={"referer": "https://evil.example/reviews/"})
    assert "evil.example" not in foreign.content.decode()
    assert Review.objects.get().status == "submitted"


def test_recommend_with_rubbish_then_nothing_and_all_at_once_otherwise(client):
    proposal = make_eligible()
    submitted(proposal, make_reviewer("Rita Reviewer"))
    Call.objects.update(status="in_review")
    client.force_login(make_officer())
    path = "/reviews/ranking/AI-26/recommend/"
    for rubbish in ("rubbish", str(uuid4())):
        assert client.post(path, {"pk": [rubbish, proposal.pk]}).status_code == 422
    assert Proposal.objects.get().status == "under_review"
    assert client.post(path, {"pk": [proposal.pk]}).status_code == 302
    assert Proposal.objects.get().status == "recommended"


def test_rubric_with_bad_rows_then_said_and_nothing_made(client):
    make_judged_call()
    client.force_login(make_officer())
    rows = {
        "c-TOTAL_FORMS": 1,
        "c-INITIAL_FORMS": 0,
        "name": "Ours",
        "c-0-label": "Merit",
        "c-0-lowest": 1,
        "c-0-highest": 5,
    }
    path = "/reviews/rubric/AI-26/new/"
    for weight in ("NaN", "-1", "0", "1e9999", "٣٫٥x"):
        answer = client.post(path, {**rows, "c-0-weight": weight})
        assert (weight, answer.status_code, "Ours" in answer.content.decode()) == (weight, 422, True)
    assert client.post(path, {**rows, "c-0-weight": "2.5"}).status_code == 302
    assert Call.objects.get().rubric.version.rubric.name == "Ours"


# --- lists ----------------------------------------------------------------------------------------------------------------
def grow(number: int) -> None:
    for n in range(number):
        proposal = make_eligible(title=f"Proposal {n}", pi=f"Pi{n} Example")
        submitted(proposal, make_reviewer(f"Rev{n} Iewer"))
        assign(proposal, make_reviewer(f"Ian{n} Vited"))
        conflicts.note_found(proposal, make_reviewer(f"Nia{n} Nearby"), kind="other", evidence="A paper.", at=AFTER)


QUERIES = {"/reviews/board/": 10, "/reviews/ranking/AI-26/": 11, "/reviews/pool/": 7, "/reviews/conflicts/": 7}


@pytest.mark.parametrize("number", [1, 4])
def test_list_page_when_drawn_then_its_queries_do_not_grow(client, django_assert_num_queries, number):
    make_judged_call()
    grow(number)
    client.force_login(make_officer())
    for path, queries in QUERIES.items():
        client.get(path)
        with django_assert_num_queries(queries):
            assert client.get(path).status_code == 200


@pytest.mark.parametrize("number", [1, 4])
def test_dashboard_and_assignment_when_drawn_then_their_queries_do_not_grow(client, django_assert_num_queries, number):
    make_judged_call()
    grow(number)
    rita = make_reviewer("Rita Reviewer")
    for proposal in Proposal.objects.all():
        accepted(proposal, rita)
    client.force_login(rita)
    client.get("/reviews/")
    with django_assert_num_queries(7):
        client.get("/reviews/")
    client.force_login(make_officer())
    path = f"/reviews/assign/{Proposal.objects.first().number}/"
    client.get(path)
    with django_assert_num_queries(23):
        client.get(path)


def test_lists_when_asked_what_they_do_not_know_then_refused(client):
    make_judged_call()
    client.force_login(make_officer())
    for path in QUERIES:
        asked = [
            client.get(f"{path}?{query}").status_code for query in ("colour=red", "as_of=2026-01-01", "sort=nothing")
        ]
        assert (path, asked) == (path, [400, 400, 400])
    assert client.get("/reviews/ranking/AI-26/?call=OTHER").status_code == 400
