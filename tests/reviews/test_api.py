"""Reviewing for programs: what the pages do, with the same refusals, and nothing that the pages would not show."""

import datetime as dt
from uuid import uuid4

import pytest
from django.utils import timezone

from grants.models import Call, Proposal
from reviews.models import Conflict, Review, Reviewer, Score
from reviews.services import conflicts
from tests.personas import make_people
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
DUE = (timezone.now() + dt.timedelta(days=30)).isoformat()


def send(client, user, path, data=None, verb="post"):
    client.force_login(user)
    answer = getattr(client, verb)(f"/api/v1/{path}", data or {}, content_type="application/json")
    return answer.status_code, answer.json() if answer.content else {}


def test_a_review_from_invitation_to_submission_by_programs(client):
    proposal, rita, otto = make_eligible(), make_reviewer("Rita Reviewer"), make_officer()
    asked = {"proposal": proposal.number, "reviewer": str(rita.pk), "due_at": DUE}
    status, made = send(client, otto, "reviews/", asked)
    assert (status, made["status"], made["proposal"]) == (201, "invited", proposal.number)
    assert send(client, otto, "reviews/", asked)[1]["error"]["code"] == "wrong_state"
    path = f"reviews/{made['id']}/"
    assert send(client, rita, f"{path}accept/", {"certify": False})[1]["error"]["fields"]["certify"]
    assert send(client, rita, f"{path}accept/", {"certify": True})[1]["version"] == 2
    given = {"merit": {"value": 4}, "method": {"value": 3, "comment": "Sound."}}
    words = {"scores": given, "texts": {"for_applicant": "Good work."}, "confidence": 4}
    status, saved = send(client, rita, f"{path}save/", {"version": 2, **words})
    assert (status, saved["status"], saved["written"]["scores"]["merit"]["value"]) == (200, "draft", 4)
    stale = send(client, rita, f"{path}save/", {"version": 2, "texts": {"for_applicant": "Other."}})
    assert (stale[0], stale[1]["error"]["code"], stale[1]["error"]["theirs"]["for_applicant"]) == (
        409,
        "stale_write",
        "Good work.",
    )
    statuses = [send(client, rita, f"{path}submit/", {"version": 3})[0] for _ in range(2)]
    assert (statuses, str(Review.objects.get().score)) == ([200, 403], "3.7500")
    status, again = send(client, otto, f"{path}reopen/", {"reason": "A word on cost, please."})
    assert (status, again["status"]) == (200, "reopened")
    assert send(client, otto, f"{path}withdraw/", {"reason": ""})[1]["error"]["fields"]["reason"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scores": {"merit": {"value": 6}}}, "merit"),
        ({"scores": {"merit": {"value": 10**30}}}, "merit"),
        ({"scores": {"merit": {"value": "NaN"}}}, "scores"),
        ({"scores": {"nothing": {"value": 1}}}, "nothing"),
        ({"scores": {"merit": {"comment": "x" * 20_001}}}, "merit"),
        ({"texts": {"for_nobody": "x"}}, "for_nobody"),
        ({"texts": {"for_panel": "x" * 20_001}}, "for_panel"),
        ({"confidence": 10**30}, "confidence"),
        ({"version": "x"}, "version"),
    ],
)
def test_save_of_what_can_not_be_then_named_and_nothing_kept(client, body, field):
    rita = make_reviewer("Rita Reviewer")
    review = accepted(make_eligible(), rita)
    status, answer = send(client, rita, f"reviews/{review.pk}/save/", {"version": review.version, **body})
    assert (status in {400, 422}, list(answer["error"]["fields"])) == (True, [field])
    assert (Review.objects.get().version, Score.objects.count()) == (review.version, 0)


def test_a_draft_is_its_reviewers_and_a_submitted_one_is_read_by_staff_alone(client):
    call = make_judged_call()
    own, other = make_eligible(call), make_eligible(call, "Second", "Otis Other")
    rita, rob = make_reviewer("Rita Reviewer"), make_reviewer("Rob Otherreviewer")
    draft, done = written(own, rita), submitted(other, rita)
    assign(other, rob)
    people = make_people(own)
    seen = {}
    for name, user in people.items():
        if user is not None:
            client.force_login(user)
            rows = client.get("/api/v1/reviews/").json()["results"]
            seen[name] = sorted((row["status"], bool(row["written"])) for row in rows)
    three = [("draft", False), ("invited", False), ("submitted", True)]
    outside = ("other_applicant", "applicant", "office", "other_office", "finance", "approver", "board", "recused")
    assert seen == {
        **{name: [] for name in outside},
        "reviewer": [("draft", True), ("submitted", True)],
        "other_reviewer": [("invited", True)],
        **dict.fromkeys(("officer", "auditor", "administrator"), three),
        "sealed": three[1:],
    }
    client.force_login(people["applicant"])
    answers = [client.get(f"/api/v1/reviews/{key}/") for key in (draft.pk, done.pk, uuid4())]
    assert {(one.status_code, one.content) for one in answers} == {(404, answers[2].content)}


def test_others_can_not_act_on_a_review_and_are_told_nothing_of_it(client):
    proposal, rita = make_eligible(), make_reviewer("Rita Reviewer")
    review = written(proposal, rita)
    people = make_people(proposal)
    for name in ("applicant", "office", "other_reviewer", "sealed", "finance", "board"):
        for act in ("accept", "decline", "save", "submit", "recuse", "reopen", "withdraw"):
            none, own = (send(client, people[name], f"reviews/{key}/{act}/") for key in (uuid4(), review.pk))
            assert (name, act, own) == (name, act, (404, none[1]))
    for act in ("accept", "save", "submit", "recuse"):
        status, answer = send(client, people["officer"], f"reviews/{review.pk}/{act}/")
        assert (act, status, answer["error"]["code"]) == (act, 403, "not_allowed")
    asked = {"proposal": proposal.number, "reviewer": str(rita.pk), "due_at": DUE}
    statuses = {name: send(client, people[name], "reviews/", asked)[0] for name in ("sealed", "auditor", "reviewer")}
    assert statuses == {"sealed": 404, "auditor": 403, "reviewer": 403}


def test_the_pool_conflicts_and_the_ranking_are_for_staff(client):
    proposal = make_eligible()
    submitted(proposal, make_reviewer("Rita Reviewer"))
    found = conflicts.note_found(proposal, make_reviewer("Nia Nearby"), kind="other", evidence="A paper.", at=AFTER)
    people = make_people(proposal)
    rows = {}
    for name in ("applicant", "reviewer", "finance", "officer", "sealed", "auditor"):
        client.force_login(people[name])
        answers = [client.get(f"/api/v1/{path}/") for path in ("reviewers", "conflicts", "calls/AI-26/ranking")]
        counted = [one.json() for one in answers if one.status_code == 200]
        rows[name] = [len(one["results"] if isinstance(one, dict) else one) for one in counted] or answers[
            0
        ].status_code
    assert rows == {
        **dict.fromkeys(("applicant", "reviewer", "finance"), 403),
        "officer": [2, 2, 1],
        "auditor": [2, 2, 1],
        "sealed": [2, 0, 0],
    }
    assert send(client, people["auditor"], f"conflicts/{found.pk}/confirm/")[0] == 403
    assert send(client, people["sealed"], f"conflicts/{found.pk}/confirm/")[0] == 404
    assert send(client, people["officer"], f"conflicts/{found.pk}/set_aside/", {"reason": ""})[0] == 422
    assert send(client, people["officer"], f"conflicts/{found.pk}/confirm/")[1]["status"] == "confirmed"


def test_recommending_a_number_that_is_not_there_then_nothing_is_decided(client):
    proposal = make_eligible()
    submitted(proposal, make_reviewer("Rita Reviewer"))
    Call.objects.update(status="in_review")
    path, otto = "calls/AI-26/ranking/", make_officer()
    status, answer = send(client, otto, path, {"recommended": [proposal.number, "AI-26-9999"]}, "put")
    assert (status, list(answer["error"]["fields"]), Proposal.objects.get().status) == (
        422,
        ["recommended"],
        "under_review",
    )
    status, rows = send(client, otto, path, {"recommended": [proposal.number]}, "put")
    assert (status, [row["status"] for row in rows]) == (200, ["recommended"])


def test_rubric_and_pool_by_programs_with_the_services_refusals(client):
    make_judged_call()
    otto, ada = make_officer(), make_reviewer("Ada Adams")
    bad = {"name": "Ours", "criteria": [{"key": "a", "label": "A", "weight": "0"}]}
    assert send(client, otto, "calls/AI-26/rubric/", bad, "put")[1]["error"]["fields"]["criteria"]
    good = {"name": "Ours", "criteria": [{"key": "a", "label": "A", "weight": "1.5"}]}
    assert send(client, otto, "calls/AI-26/rubric/", good, "put")[0] == 200
    assert send(client, ada, "calls/AI-26/rubric/", good, "put")[0] == 403
    assert send(client, otto, "calls/AI-26/rubric/", {"version": str(uuid4())}, "put")[0] == 404
    assert send(client, otto, "reviewers/", {"user": str(otto.pk), "most_reviews": 101})[0] == 422
    assert send(client, ada, "reviewers/", {"user": str(otto.pk)})[0] == 403
    assert send(client, otto, "reviewers/", {"user": str(otto.pk), "keywords": ["Maps"]})[1]["keywords"] == ["maps"]
    assert Reviewer.objects.count() == 2


def test_declaring_a_conflict_closes_the_proposal_to_the_one_who_declares(client):
    proposal = make_eligible()
    submitted(proposal, make_reviewer("Rita Reviewer"))
    otto = make_officer()
    body = {"proposal": proposal.number, "kind": "family", "text": "My sister."}
    assert send(client, otto, "conflicts/", {**body, "kind": "nonsense"})[0] == 400
    assert [send(client, otto, "conflicts/", body)[0] for _ in range(2)] == [204, 404]
    client.force_login(otto)
    assert [client.get(f"/api/v1/{path}/").json()["results"] for path in ("reviews", "conflicts")] == [[], []]
    assert Conflict.objects.get().status == "confirmed"


@pytest.mark.parametrize("number", [1, 4])
def test_lists_when_drawn_then_their_queries_do_not_grow(client, django_assert_num_queries, number):
    for n in range(number):
        proposal = make_eligible(title=f"Proposal {n}", pi=f"Pi{n} Example")
        submitted(proposal, make_reviewer(f"Rev{n} Iewer"))
        conflicts.note_found(proposal, make_reviewer(f"Nia{n} Nearby"), kind="other", evidence="A paper.", at=AFTER)
    client.force_login(make_officer())
    for path, queries in {"reviews": 6, "reviewers": 4, "conflicts": 4, "calls/AI-26/ranking": 5}.items():
        client.get(f"/api/v1/{path}/")
        with django_assert_num_queries(queries):
            assert client.get(f"/api/v1/{path}/").status_code == 200
