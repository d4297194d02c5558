"""Pages of reviewing: who gets in, and with which words they are kept out."""

import datetime as dt
from uuid import uuid4

import pytest
from django.utils import timezone

from grants.models import Call
from reviews.services import conflicts
from reviews.urls import urlpatterns
from tests.personas import Visits, addresses, make_people, table
from tests.reviews.stories import (
    AFTER,
    assign,
    make_eligible,
    make_judged_call,
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
dashboard            302 200 200 200 200 200 200 200 200 200 200 200 200 200 200
board                302 403 403 403 403 403 403 200 200 403 403 403 403 200 200
conflicts            302 403 403 403 403 403 403 200 200 403 403 403 403 200 200
pool                 302 403 403 403 403 403 403 200 200 403 403 403 403 200 200
pool_new             302 403 403 403 403 403 403 200 200 403 403 403 403 403 403
review               302 404 404 404 404 200 404 404 404 404 404 404 404 404 404
submit               302 404 404 404 404 200 404 404 404 404 404 404 404 404 404
read                 302 403 403 403 403 403 403 200 404 403 403 403 403 200 200
assign               302 403 403 403 403 403 403 200 404 403 403 403 403 200 200
ranking              302 403 403 403 403 403 403 200 200 403 403 403 403 200 200
recommend            302 403 403 403 403 403 403 200 200 403 403 403 403 403 403
rubric               302 403 403 403 403 403 403 200 200 403 403 403 403 200 200
rubric_new           302 403 403 403 403 403 403 200 403 403 403 403 403 403 403
pool_member          302 403 403 403 403 403 403 200 200 403 403 403 403 200 200
"""
ACTS = """
accept               302 404 404 404 404 403 404 404 404 404 404 404 404 404 404
decline              302 404 404 404 404 403 404 404 404 404 404 404 404 404 404
recuse               302 404 404 404 404 302 404 404 404 404 404 404 404 404 404
autosave             302 404 404 404 404 422 404 404 404 404 404 404 404 404 404
withdraw             302 403 403 403 403 403 403 302 404 403 403 403 403 403 403
reopen               302 404 404 404 404 403 404 403 404 404 404 404 404 403 403
decide_conflict      302 403 403 403 403 403 403 302 404 403 403 403 403 403 403
pool_rest            302 403 403 403 403 403 403 302 302 403 403 403 403 403 403
declare              302 403 403 403 403 403 403 302 404 403 403 403 403 302 302
decide_found         302 404 404 404 404 403 404 409 404 404 404 404 404 403 403
assign act           302 403 403 403 403 403 403 422 404 403 403 403 403 403 403
recommend act        302 403 403 403 403 403 403 422 422 403 403 403 403 403 403
rubric act           302 403 403 403 403 403 403 422 403 403 403 403 403 403 403
rubric_new act       302 403 403 403 403 403 403 422 403 403 403 403 403 403 403
pool_new act         302 403 403 403 403 403 403 422 422 403 403 403 403 403 403
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
            for person in ("applicant", "office", "other_office", "other_reviewer", "sealed", "board"):
                answer = visits.ask(person, path, data)
                if answer[0] in {403, 404}:
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
