"""Extra time for one person or one university: it counts everywhere, is shown to them alone, and ends when it is ended."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import User
from audit.models import AuditEvent
from core.clock import server_now
from core.errors import InvalidInput, NotAllowed, WrongState
from grants.errors import TooLate
from grants.models import Call, LateAccess
from grants.registrations import _owes_late, _owes_signature, _owes_submission
from grants.services import calls, dues, submission
from grants.services.clock import open_and_close
from grants.services.late import end_extra_time, give_extra_time
from notifications.models import Deadline, Notice
from tests.grants.stories import (
    CLOSES,
    MICRO,
    NOON,
    SIGN_UNTIL,
    make_call,
    make_draft,
    make_handed_in,
    make_member,
    make_proposal,
    make_researcher,
    make_signer,
    make_university,
    make_user,
    stage_of,
)
from tests.grants.stories_dates import DAY, due, make_officer, told

pytestmark = pytest.mark.django_db
LATER = CLOSES + 5 * DAY


@pytest.fixture
def officer() -> User:
    return make_officer()


def give(
    call: Call, until: dt.datetime = LATER, *, at: dt.datetime = NOON, reason: str = "In hospital.", **whom: Any
) -> LateAccess:
    return give_extra_time(stage_of(call), until=until, reason=reason, actor=make_officer(), at=at, **whom)


# --- what it does -----------------------------------------------------------------------------------------------------
def test_whoever_has_extra_time_hands_in_and_signs_after_the_call_has_closed(officer):
    call = make_call()
    mine, other = make_proposal(call), make_proposal(call, pi=make_researcher("Bob Example"))
    give(call, person=mine.pi)
    open_and_close(at=CLOSES)
    call.refresh_from_db()
    assert call.status == "closed"
    with pytest.raises(TooLate) as late:
        submission.hand_in(other, version=other.version, actor=other.pi, at=CLOSES)
    assert late.value.data["deadline"] == CLOSES.isoformat()
    handed_in = submission.hand_in(mine, version=mine.version, actor=mine.pi, at=LATER - MICRO)
    with pytest.raises(TooLate) as late:
        submission.sign_off(handed_in, actor=make_signer(), at=LATER)
    assert late.value.data["deadline"] == LATER.isoformat()
    given = submission.sign_off(handed_in, actor=make_signer(), at=LATER - MICRO)
    assert given.at == LATER - MICRO


def test_extra_time_of_a_university_is_for_everybody_there_and_starting_too(officer):
    call, south = make_call(), make_university("University of Southmoor")
    make_draft(call)
    give(call, university=south)
    open_and_close(at=CLOSES)
    call.refresh_from_db()
    begun = make_draft(call, pi=make_researcher("Sue South", south), at=CLOSES + DAY)
    assert begun.university == south
    with pytest.raises(WrongState):
        make_draft(call, pi=make_researcher("Nora North"), at=CLOSES + DAY)


def test_extra_time_is_told_to_them_alone_and_reminds_them_alone(officer):
    call = make_call()
    mine, other = make_draft(call), make_draft(call, pi=make_researcher("Bob Example"))
    member = make_member(mine)
    dues.set_dues(stage_of(call), NOON)
    row = give(call, person=mine.pi)
    assert told("call.late") == {"Ada Example", "Ben Coauthor"}
    body = Notice.objects.get(kind="call.late", recipient=mine.pi).body
    assert body == (
        "You have been given extra time for the call “Open models for science”: what you hand in, and what your "
        "research office signs, is taken until Monday 6 April 2026, 16:00 (UTC).\n\nWhy: In hospital.\n\n"
        "This is for you alone."
    )
    late = Deadline.objects.get(kind="proposal.late")
    assert (late.due_at, set(_owes_late(late))) == (LATER, {mine.pi, member})
    usual = Deadline.objects.get(kind="proposal.submission")
    assert set(_owes_submission(usual)) == {other.pi}
    end_extra_time(row, actor=officer, at=NOON + DAY)
    assert set(_owes_submission(usual)) == {other.pi, mine.pi, member}
    assert due("proposal.late", row) is None


def test_offices_are_reminded_of_what_waits_under_extra_time_by_that(officer):
    call = make_call()
    proposal = make_handed_in(call)
    dues.set_dues(stage_of(call), NOON)
    row = give(call, until=SIGN_UNTIL + DAY, university=proposal.university)
    late, usual = Deadline.objects.get(kind="proposal.late"), Deadline.objects.get(kind="proposal.signoff")
    assert ([one.name for one in _owes_late(late)], list(_owes_signature(usual))) == (["Olga Office"], [])
    assert (
        "University of Northmoor has been given extra time"
        in Notice.objects.get(kind="call.late", recipient__name="Olga Office").body
    )
    open_and_close(at=row.until)
    assert due("proposal.late", row) is None


def test_draft_without_a_university_still_owes_the_usual_deadline(officer):
    call = make_call()
    draft = make_draft(call)
    draft.university = None
    draft.save()
    give(call, university=make_university("University of Southmoor"))
    dues.set_dues(stage_of(call), NOON)
    assert list(_owes_submission(Deadline.objects.get(kind="proposal.submission"))) == [draft.pi]


# --- giving and ending ------------------------------------------------------------------------------------------------
def test_giving_again_replaces_what_was_given(officer):
    call, ada = make_call(), make_researcher()
    first = give(call, person=ada)
    second = give(call, LATER + DAY, person=ada, at=NOON + DAY)
    first.refresh_from_db()
    assert (first.ended_at, second.ended_at) == (NOON + DAY, None)
    assert list(LateAccess.objects.in_force(NOON + DAY)) == [second]
    assert (due("proposal.late", first), due("proposal.late", second)) == (None, LATER + DAY)


def test_end_extra_time_is_told_recorded_and_harmless_twice(officer):
    call, ada = make_call(), make_researcher()
    row = give(call, person=ada)
    end_extra_time(row, actor=officer, at=NOON + DAY)
    end_extra_time(row, actor=officer, at=NOON + 2 * DAY)
    row.refresh_from_db()
    assert (row.ended_at, row.ended_by) == (NOON + DAY, officer)
    assert Notice.objects.filter(kind="call.late_ended", recipient=ada).count() == 1
    event = AuditEvent.objects.get(verb="late_access.ended")
    assert event.after["to"] == "Ada Example"


@pytest.mark.parametrize("until", [CLOSES, NOON, CLOSES - DAY])
def test_extra_time_that_gives_nothing_is_refused(until: dt.datetime, officer):
    with pytest.raises(InvalidInput) as refused:
        give(make_call(), until, person=make_researcher())
    assert (refused.value.field, LateAccess.objects.count()) == ("until", 0)


def test_extra_time_for_oneself_ones_university_staff_nobody_or_both_is_refused(officer):
    call, ada, north = make_call(), make_researcher(), make_university()
    with pytest.raises(NotAllowed):
        give(call, person=officer)
    with pytest.raises(InvalidInput):
        give(call, person=make_user("Fina Finance", "finance_officer"))
    make_signer("Oda Officer", north)
    with pytest.raises(NotAllowed):
        give(call, university=north)
    for whom in ({}, {"person": ada, "university": north}):
        with pytest.raises(InvalidInput):
            give(call, **whom)
    with pytest.raises(InvalidInput):
        give(call, person=ada, reason=" ")
    assert LateAccess.objects.count() == 0


def test_extra_time_once_the_review_has_begun_is_refused(officer):
    with pytest.raises(WrongState):
        give(make_call(status="in_review"), person=make_researcher())


def test_database_refuses_extra_time_for_oneself_and_for_both(officer):
    stage, how = stage_of(make_call()), {"until": LATER, "reason": "x", "granted_at": NOON}
    rows = (
        {"person": officer, "granted_by": officer},
        {"person": make_researcher(), "university": make_university()},
        {},
    )
    for row in rows:
        with pytest.raises((IntegrityError, ValidationError)), transaction.atomic():
            LateAccess.objects.create(stage=stage, **how, **row)


# --- pages ------------------------------------------------------------------------------------------------------------
def running(code: str = "AI-26", **fields: Any) -> Call:
    at = server_now()
    return make_call(code, opens_at=at - DAY, closes_at=at + 20 * DAY, sign_off_until=None, **fields)


def client_of(user: User | None = None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def test_officer_finds_a_person_or_a_university_and_gives_extra_time(officer):
    call, desk, ada = running(zone="Europe/Berlin"), client_of(officer), make_researcher()
    path = f"/calls/{call.code}/extra-time/give/"
    found = desk.get(path, {"q": "north"})
    assert [str(one) for one, _key in found.context["universities"]] == ["University of Northmoor"]
    found = desk.get(path, {"q": "ada"})
    ((person, key),) = found.context["people"]
    assert (person, key) == (ada, f"person:{ada.pk}")
    stage = stage_of(call)
    sent = {"whom": key, "stage": str(stage.pk), "until": f"{server_now().year + 1}-03-01T17:00", "reason": "Ill."}
    refused = desk.post(path, {**sent, "until": "2001-03-01T17:00"})
    assert (refused.status_code, list(refused.context["form"].errors), b"Ill." in refused.content) == (
        422,
        ["until"],
        True,
    )
    assert desk.post(path, sent)["Location"] == f"/calls/{call.code}/extra-time/"
    row = LateAccess.objects.get()
    assert (row.person, row.until) == (ada, dt.datetime(server_now().year + 1, 3, 1, 16, tzinfo=dt.UTC))
    board = desk.get(f"/calls/{call.code}/extra-time/")
    assert [one.values["whom"] for one in board.context["page"].rows] == ["Ada Example"]
    assert desk.post(f"/extra-time/{row.pk}/end/").status_code == 302
    row.refresh_from_db()
    assert row.ended_by == officer


def test_search_for_a_person_offers_no_staff_and_nobody_inactive(officer):
    make_user("Ada Auditor", "auditor")
    User.objects.filter(pk=make_user("Ada Gone").pk).update(is_active=False)
    ada = make_researcher()
    found = client_of(officer).get(f"/calls/{running().code}/extra-time/give/", {"q": "ada"})
    assert [one for one, _key in found.context["people"]] == [ada]


@pytest.mark.parametrize("whom", ["person:1", "nobody", "person:" + "0" * 36, "university:" + "-" * 36, "person:\0"])
def test_impossible_whom_is_not_found(whom: str, officer):
    assert client_of(officer).get(f"/calls/{running().code}/extra-time/give/", {"whom": whom}).status_code == 404


@pytest.mark.parametrize(
    ("role", "page", "give_page"),
    [("programme_officer", 200, 200), ("auditor", 200, 403), ("administrator", 200, 403), ("finance_officer", 403, 403), ("", 403, 403)],
)  # fmt: skip
def test_pages_of_extra_time_by_role(role: str, page: int, give_page: int):
    call, ada = running(), make_researcher()
    row = give(call, call.stages.get().closes_at + DAY, person=ada, at=server_now())
    client = client_of(make_user("Some Body", *filter(None, [role])))
    codes = [client.get(f"/calls/{call.code}/extra-time{more}").status_code for more in ("/", "/give/")]
    assert codes == [page, give_page]
    ended = client.post(f"/extra-time/{row.pk}/end/").status_code
    assert ended == {"programme_officer": 302, "auditor": 403, "administrator": 403}.get(role, 404)


def test_who_has_extra_time_sees_it_and_nobody_else_does(officer):
    """The applicant on the call's page and their proposal; not another applicant, not the public, not by the API."""
    call = running()
    mine, other = make_draft(call), make_draft(call, pi=make_researcher("Bob Example"))
    row = give(call, call.stages.get().closes_at + DAY, person=mine.pi, at=server_now())
    mark = f'data-extra="{row.until.isoformat()}"'.encode()
    pages = (f"/calls/{call.code}/", f"/proposals/{mine.number}/", f"/proposals/{mine.number}/edit/")
    assert [mark in client_of(mine.pi).get(page, follow=True).content for page in pages] == [True, True, True]
    assert mark not in client_of(other.pi).get(f"/calls/{call.code}/").content
    assert mark not in client_of(other.pi).get(f"/proposals/{other.number}/").content
    assert mark not in client_of().get(f"/calls/{call.code}/").content
    theirs = client_of(mine.pi).get("/api/v1/extra-time/").json()["results"]
    assert [one["until"] for one in theirs] == [row.until.isoformat().replace("+00:00", "Z")]
    assert client_of(other.pi).get("/api/v1/extra-time/").json()["results"] == []
    assert client_of().get("/api/v1/extra-time/").status_code == 401


def test_cancelled_call_shows_no_extra_time(officer):
    call = running()
    mine = make_draft(call)
    give(call, call.stages.get().closes_at + DAY, person=mine.pi, at=server_now())
    calls.cancel_call(call, reason="No money.", actor=officer, at=server_now())
    assert b"data-extra" not in client_of(mine.pi).get(f"/calls/{call.code}/").content


def test_page_to_start_is_open_under_extra_time_and_hands_in_by_page_and_api(officer):
    """After the deadline of all: whoever has extra time starts and hands in; everybody else is told that it has closed."""
    at = server_now()
    call = make_call(opens_at=at - 9 * DAY, closes_at=at - dt.timedelta(minutes=1), sign_off_until=None)
    ada, bob = make_researcher(), make_researcher("Bob Example")
    ready = make_proposal(call, pi=ada, at=at - DAY)
    open_and_close(at=at)
    give(call, at + DAY, person=ada, at=at)
    codes = [client_of(who).get(f"/proposals/start/{call.code}/").status_code for who in (ada, bob)]
    assert codes == [200, 403]
    answer = client_of(ada).post(
        f"/api/v1/proposals/{ready.number}/hand_in/", {"version": ready.version}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "awaiting_sign_off")
    signing = client_of(make_signer()).get(f"/sign-offs/{ready.number}/")
    assert (at + DAY).isoformat() in signing.content.decode()
