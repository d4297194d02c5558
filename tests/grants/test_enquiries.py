"""Questions to the applicants: asked by the fund, answered by the team, with a deadline that reminds and ends."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from core.clock import server_now
from core.errors import InvalidInput, NotAllowed, WrongState
from grants.models import Proposal, ProposalEnquiry
from grants.services import access, enquiries, submission, triage
from notifications.models import Deadline, Notice
from notifications.registry import kind_of
from tests.grants.stories import NOON, make_signer, make_submitted, make_user
from tests.grants.stories_triage import DAY, asked, desk_of, make_officer, open_call

pytestmark = pytest.mark.django_db


def told(kind: str) -> list[str]:
    return sorted(str(notice.recipient) for notice in Notice.objects.filter(kind=kind))


def owing(enquiry: ProposalEnquiry) -> list[str]:
    deadline = Deadline.objects.get(subject_id=enquiry.pk)
    kind = kind_of("proposal.enquiry")
    assert kind is not None
    return [str(person) for person in kind.who_owes(deadline)]


# --- asking -------------------------------------------------------------------------------------------------------------
def test_ask_gives_a_week_tells_team_and_office_and_names_no_officer() -> None:
    officer, proposal = make_officer(), make_submitted()
    enquiry = asked(proposal, officer, at=NOON)
    deadline = Deadline.objects.get(kind="proposal.enquiry")
    assert (enquiry.due_at, deadline.due_at) == (NOON + 7 * DAY, NOON + 7 * DAY)
    assert told("enquiry.asked") == ["Ada Example", "Olga Office"]
    texts = " ".join(f"{one.subject} {one.body}" for one in Notice.objects.filter(kind="enquiry.asked"))
    assert ("Where is the data?" in texts, "Oda" in texts) == (True, False)


def test_ask_twice_is_one_question_and_leaves_the_proposal_as_it_is() -> None:
    officer, proposal = make_officer(), make_submitted()
    before = Proposal.objects.values().get(pk=proposal.pk)
    assert asked(proposal, officer, at=NOON) == asked(proposal, officer, at=NOON + dt.timedelta(seconds=2))
    assert Proposal.objects.values().get(pk=proposal.pk) == before
    assert told("enquiry.asked") == ["Ada Example", "Olga Office"]


@pytest.mark.parametrize("due", [NOON, NOON - DAY, NOON + 91 * DAY])
def test_ask_with_a_time_that_is_over_or_far_off_is_refused(due: dt.datetime) -> None:
    with pytest.raises(InvalidInput) as refused:
        asked(make_submitted(), make_officer(), at=NOON, due_at=due)
    assert refused.value.field == "due_at"


def test_ask_about_what_is_over_or_by_who_has_a_conflict_is_refused() -> None:
    officer, sealed, proposal = make_officer(), make_officer("Cleo Conflicted"), make_submitted()
    access.seal(proposal, sealed, at=NOON)
    with pytest.raises(NotAllowed):
        asked(proposal, sealed, at=NOON)
    triage.mark_ineligible(proposal, reason="No.", actor=officer, at=NOON)
    with pytest.raises(WrongState):
        asked(proposal, officer, at=NOON)
    assert not ProposalEnquiry.objects.exists()


# --- who owes the answer ------------------------------------------------------------------------------------------------
def test_answer_is_owed_by_lead_and_editors_until_it_is_there_withdrawn_or_over() -> None:
    officer, proposal = make_officer(), make_submitted()
    access.grant(proposal, make_user("Ed Editor"), "editor", at=NOON)
    access.grant(proposal, make_user("Rea Reader"), "reader", at=NOON)
    enquiry = asked(proposal, officer, at=NOON)
    assert sorted(owing(enquiry)) == ["Ada Example", "Ed Editor"]
    Proposal.objects.filter(pk=proposal.pk).update(status="withdrawn")
    assert owing(enquiry) == []
    Proposal.objects.filter(pk=proposal.pk).update(status="submitted")
    enquiries.withdraw(enquiry, actor=officer, at=NOON)
    assert (owing(enquiry), Deadline.objects.get(kind="proposal.enquiry").ended_at) == ([], NOON)


# --- answering ----------------------------------------------------------------------------------------------------------
def test_answer_ends_the_deadline_and_is_told_to_handler_and_asker_without_a_conflict() -> None:
    officer, other, proposal = make_officer(), make_officer("Otto Other"), make_submitted()
    triage.assign(proposal, other, actor=officer, at=NOON)
    first, second = asked(proposal, officer, at=NOON), asked(proposal, officer, "And who pays?", at=NOON)
    assert proposal.pi is not None
    enquiries.answer(first, "In the archive.", actor=proposal.pi, at=NOON + DAY)
    assert told("enquiry.answered") == ["Oda Officer", "Otto Other"]
    access.seal(proposal, officer, at=NOON + DAY)
    enquiries.answer(second, "We do.", actor=proposal.pi, at=NOON + 9 * DAY)  # late, and still an answer
    assert told("enquiry.answered") == ["Oda Officer", "Otto Other", "Otto Other"]
    assert not Deadline.objects.filter(kind="proposal.enquiry", ended_at=None).exists()


def test_answer_twice_keeps_the_first_and_another_one_is_refused() -> None:
    proposal = make_submitted()
    enquiry = asked(proposal, make_officer(), at=NOON)
    pi: Any = proposal.pi
    for _twice in range(2):
        enquiries.answer(enquiry, "In the archive.", actor=pi, at=NOON)
    with pytest.raises(WrongState):
        enquiries.answer(enquiry, "Or elsewhere.", actor=pi, at=NOON)
    assert ProposalEnquiry.objects.get().answer == "In the archive."


def test_answer_by_reader_office_or_stranger_or_after_it_is_over_is_refused() -> None:
    proposal = make_submitted()
    enquiry = asked(proposal, make_officer(), at=NOON)
    access.grant(proposal, make_user("Rea Reader"), "reader", at=NOON)
    for person in (make_user("Rea Reader"), make_signer(), make_user("Bo Body"), make_officer()):
        with pytest.raises(NotAllowed):
            enquiries.answer(enquiry, "Mine.", actor=person, at=NOON)
    pi: Any = proposal.pi
    submission.withdraw(proposal, reason="No more.", actor=pi, at=NOON)
    with pytest.raises(WrongState):
        enquiries.answer(enquiry, "Late.", actor=pi, at=NOON)


# --- pages --------------------------------------------------------------------------------------------------------------
def test_team_answers_on_its_page_the_office_reads_and_others_find_nothing() -> None:
    officer, proposal = make_officer(), make_submitted(open_call())
    enquiry = asked(proposal, officer)
    path = f"/proposals/{proposal.number}/questions/{enquiry.pk}/"
    lead, office, stranger = Client(), Client(), Client()
    lead.force_login(proposal.pi)
    office.force_login(make_signer())
    stranger.force_login(make_user("Bo Body"))
    page = lead.get(proposal.get_absolute_url()).content.decode()
    assert ("Where is the data?" in page, path in page, "Oda" in page) == (True, True, False)
    assert [client.get(path).status_code for client in (lead, office, stranger)] == [200, 200, 404]
    assert b"<textarea" not in office.get(path).content
    assert [client.post(path, {"answer": "X"}).status_code for client in (office, stranger)] == [403, 404]
    empty = lead.post(path, {"answer": " "})
    assert empty.status_code == 422
    assert lead.post(path, {"answer": "In the archive."})["Location"] == proposal.get_absolute_url()
    again = lead.post(path, {"answer": "Or elsewhere."})
    assert (again.status_code, b"Or elsewhere." in again.content, b"In the archive." in again.content) == (
        422,
        True,
        True,
    )
    board = desk_of(officer).get(f"/intake/{proposal.number}/").content
    assert b"In the archive." in board


def test_overdue_question_is_said_on_the_board_and_on_the_page() -> None:
    officer, proposal = make_officer(), make_submitted(open_call())
    asked(proposal, officer, at=server_now() - 9 * DAY)
    desk = desk_of(officer)
    assert b"answer overdue" in desk.get("/intake/").content
    assert b"Overdue:" in desk.get(f"/intake/{proposal.number}/").content


def test_reviewer_of_the_proposal_learns_of_no_question() -> None:
    proposal, reviewer = make_submitted(open_call()), make_user("Rex Reviewer")
    enquiry = asked(proposal, make_officer())
    access.grant(proposal, reviewer, "reviewer", at=server_now())
    client = desk_of(reviewer)
    assert b"Where is the data?" not in client.get(proposal.get_absolute_url()).content
    assert client.get(f"/proposals/{proposal.number}/questions/{enquiry.pk}/").status_code == 404
    assert client.get("/api/v1/enquiries/").json()["results"] == []


def test_api_of_the_team_lists_and_answers_and_names_no_officer() -> None:
    officer, proposal = make_officer(), make_submitted(open_call())
    made = desk_of(officer).post(
        f"/api/v1/intake/{proposal.number}/enquiries/", {"text": "Who pays?"}, content_type="application/json"
    )
    assert made.status_code == 201
    lead = desk_of(proposal.pi)
    (found,) = lead.get("/api/v1/enquiries/").json()["results"]
    assert (found["text"], "Oda" in str(found)) == ("Who pays?", False)
    path = f"/api/v1/enquiries/{found['id']}/answer/"
    done = lead.post(path, {"answer": "We do."}, content_type="application/json")
    assert (done.status_code, done.json()["answer"]) == (200, "We do.")
    assert desk_of(make_user("Bo Body")).post(path, {"answer": "X"}, content_type="application/json").status_code == 404
