"""Forms of reviewing: what another device saved first, what is missing, what can't be; nothing typed is lost."""

import datetime as dt
import re
from uuid import uuid4

import pytest
from django.utils import timezone

from grants.models import Call, Proposal
from notifications.models import Notice
from reviews.models import Conflict, Review
from reviews.services import reviewing
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
