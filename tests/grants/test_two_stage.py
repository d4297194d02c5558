"""A whole two-stage call: an expression of interest without a budget, an invitation, a full proposal that becomes eligible."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import connections
from django.test import Client

from core.errors import InvalidInput
from grants import completeness
from grants.errors import ByInvitation, CallNotOpen, Incomplete
from grants.inviting import invitations_of, pair_of
from grants.models import Answer, Proposal, ProposalSeal, Question
from grants.reading import timeline
from grants.rules import proposals as rules
from grants.services import access, answers, budget, invitations, proposals, submission, team, triage
from grants.standing import standing_of
from notifications.deadlines import set_deadline
from notifications.models import Notice
from notifications.registry import kind_of
from tests.grants.stories import (
    LINES,
    MICRO,
    NOON,
    make_member,
    make_researcher,
    make_signer,
    make_user,
    sign,
    stage_of,
)
from tests.grants.stories_two_stage import (
    DECIDED,
    FULL_CLOSES,
    FULL_NOON,
    FULL_OPENS,
    full_stage_of,
    make_expression,
    make_expression_in,
    make_invited,
    make_two_stage_call,
    officer,
    start_full,
)

pytestmark = pytest.mark.django_db


def fill(full: Proposal, at: dt.datetime = FULL_NOON) -> Proposal:
    """What the full form asks beyond what was carried over."""
    full = proposals.save_details(
        full, version=full.version, fields={"starts_on": dt.date(2027, 1, 1)}, actor=full.pi, at=at
    )
    written = set(Answer.objects.filter(proposal=full).values_list("key", flat=True))
    for question in Question.objects.filter(section__form=full.form_id).exclude(key__in=written):
        answers.save_answer(full, question.key, f"About {question.key}.", version=0, actor=full.pi, at=at)
    budget.set_lines(full, LINES, actor=full.pi, at=at)
    return Proposal.objects.get(pk=full.pk)


# --- the whole road ---------------------------------------------------------------------------------------------------
def test_from_an_expression_of_interest_to_an_eligible_full_proposal():
    call = make_two_stage_call()
    first = make_expression(call)
    assert completeness.missing(first, NOON) == []
    submission.hand_in(first, version=first.version, actor=first.pi, at=NOON)
    receipt = sign(Proposal.objects.get(pk=first.pk), at=NOON)
    assert receipt.content["budget"] == {"currency": "USD", "about": "120000.0000"}
    first = invitations.invite(first, actor=officer(), at=DECIDED)
    full = start_full(first)
    assert (full.follows, full.title, full.abstract, full.months) == (first, first.title, "We map soil.", 24)
    assert {a.key: a.value for a in full.answers.all()} == {"idea": "Maps of soil."}
    assert (full.requested, full.university) == (Decimal(0), first.university)
    full = fill(full)
    submission.hand_in(full, version=full.version, actor=full.pi, at=FULL_NOON)
    sign(Proposal.objects.get(pk=full.pk), at=FULL_NOON)
    full = triage.mark_eligible(Proposal.objects.get(pk=full.pk), actor=officer(), at=FULL_CLOSES)
    assert (full.status, Proposal.objects.get(pk=first.pk).status) == ("eligible", "invited")
    standing = standing_of(call, officer())
    assert (standing.handed_in, standing.eligible, standing.to_triage) == (1, 1, 0)
    assert (standing.expressions.handed_in, standing.expressions.invited) == (1, 1)
    assert [(str(name), n) for name, n, _state in standing.steps] == [
        ("Expressions of interest", 1),
        ("Invited", 1),
        ("Full proposals begun", 1),
        ("Handed in", 1),
        ("Eligible", 1),
        ("In review or decided", 0),
        ("Awarded", 0),
    ]


# --- the expression of interest ---------------------------------------------------------------------------------------
def test_expression_asks_for_an_amount_and_a_length_and_no_budget():
    call = make_two_stage_call()
    first = make_expression(call)
    bare = proposals.save_details(
        first, version=first.version, fields={"requested": "", "months": None}, actor=first.pi, at=NOON
    )
    assert [(one.code, one.part) for one in completeness.missing(bare, NOON)] == [
        ("months_missing", "details"),
        ("requested_missing", "details"),
    ]
    assert "budget" not in [part.key for part in completeness.outline(bare, NOON)]
    too_much = proposals.save_details(
        bare, version=bare.version, fields={"requested": "500,000.01", "months": 24}, actor=first.pi, at=NOON
    )
    (found,) = completeness.missing(too_much, NOON)
    assert (found.code, found.over) == ("requested_over", True)
    with pytest.raises(InvalidInput, match="no budget"):
        budget.set_lines(first, LINES, actor=first.pi, at=NOON)


def test_full_proposal_counts_its_amount_by_its_budget_alone():
    full = start_full(make_invited())
    with pytest.raises(InvalidInput, match="no detail"):
        proposals.save_details(full, version=full.version, fields={"requested": "5"}, actor=full.pi, at=FULL_NOON)


# --- the start --------------------------------------------------------------------------------------------------------
def test_writing_begins_with_the_invitation_and_handing_in_with_the_stage():
    full = fill(start_full(make_invited(), at=DECIDED), at=DECIDED)
    with pytest.raises(CallNotOpen):
        submission.hand_in(full, version=full.version, actor=full.pi, at=FULL_OPENS - MICRO)
    assert submission.hand_in(full, version=full.version, actor=full.pi, at=FULL_OPENS).status == "awaiting_sign_off"


def test_full_proposal_starts_only_from_an_invitation_of_ones_own_and_once():
    call = make_two_stage_call()
    waiting = make_expression_in(call, pi=make_researcher("Bo Second"))
    with pytest.raises(ByInvitation, match="not invited"):
        start_full(waiting)
    with pytest.raises(ByInvitation, match="by invitation"):
        proposals.start_proposal(full_stage_of(call), title="A", pi=waiting.pi, actor=waiting.pi, at=FULL_NOON)
    first = make_invited(call)
    with pytest.raises(ByInvitation, match="principal investigator"):
        proposals.start_proposal(
            full_stage_of(call), title="A", pi=waiting.pi, follows=first, actor=waiting.pi, at=FULL_NOON
        )
    assert start_full(first) == start_full(first)
    assert call.proposals.full().count() == 1


def test_full_proposal_does_not_start_after_its_deadline_or_while_the_call_is_paused():
    call = make_two_stage_call()
    first = make_invited(call)
    with pytest.raises(CallNotOpen):
        start_full(first, at=FULL_CLOSES)
    type(call).objects.filter(pk=call.pk).update(paused_at=DECIDED)
    with pytest.raises(CallNotOpen):
        start_full(first, at=FULL_NOON)


def test_nobody_starts_in_the_full_stage_without_an_invitation():
    call, person = make_two_stage_call(), make_researcher()
    assert "by invitation" in rules.can_start(person, full_stage_of(call), FULL_NOON)
    assert rules.can_start(person, stage_of(call), NOON) is None
    assert "has closed" in rules.can_start(person, stage_of(call), FULL_NOON)


def test_team_and_seals_are_carried_over():
    call = make_two_stage_call()
    draft = make_expression(call)
    ben = make_member(draft)
    team.add_member(draft, name="Cy Third", email="cy@people.example", actor=draft.pi, at=draft.created_at)
    draft = Proposal.objects.get(pk=draft.pk)
    submission.hand_in(draft, version=draft.version, actor=draft.pi, at=NOON)
    sign(Proposal.objects.get(pk=draft.pk), at=NOON)
    conflicted = make_user("Pat Conflicted", "programme_officer")
    access.seal(draft, conflicted, at=NOON)
    full = start_full(invitations.invite(draft, actor=officer(), at=DECIDED))
    assert sorted(full.team.values_list("name", "user__name")) == [("Ben Coauthor", "Ben Coauthor"), ("Cy Third", None)]
    assert full.access.filter(user=ben, role="editor").exists()
    assert Notice.objects.filter(kind="proposal.begun", recipient=ben).count() == 1
    assert Notice.objects.filter(kind="proposal.invitation", address="cy@people.example").count() == 2
    assert [seal.user for seal in ProposalSeal.objects.filter(proposal=full)] == [conflicted]


def test_what_the_full_form_asks_otherwise_stays_with_the_expression():
    call = make_two_stage_call()
    first = make_expression(call)
    answers.save_answer(first, "fit", "It fits here.", version=0, actor=first.pi, at=NOON)
    first = Proposal.objects.get(pk=first.pk)
    submission.hand_in(first, version=first.version, actor=first.pi, at=NOON)
    sign(Proposal.objects.get(pk=first.pk), at=NOON)
    full = start_full(invitations.invite(first, actor=officer(), at=DECIDED))
    assert list(full.answers.values_list("key", flat=True)) == ["idea"]
    assert sorted(first.answers.values_list("key", flat=True)) == ["fit", "idea"]


# --- reading ----------------------------------------------------------------------------------------------------------
def test_timeline_of_an_expression_ends_in_the_fund_s_answer_and_names_nobody_of_the_fund():
    first = make_expression_in()
    assert [step.label for step in timeline(first, inside=False)][-1] == (
        "The fund decides whom it invites to a full proposal"
    )
    triage.mark_ineligible(first, reason="Not here.", actor=officer(), at=DECIDED)
    invitations.readmit(first, note="We erred.", actor=officer(), at=DECIDED)
    invitations.not_invite(first, reason="Too small.", actor=officer(), at=DECIDED)
    steps = timeline(Proposal.objects.get(pk=first.pk), inside=False)
    assert [(step.label, step.actor, step.note) for step in steps[3:]] == [
        ("Ineligible", "", "Not here."),
        ("Readmitted: the fund looks at it again", "", ""),
        ("Not invited to a full proposal", "", "Too small."),
    ]


def test_pair_is_read_as_far_as_one_sees_it():
    first = make_invited()
    full = start_full(first)
    assert pair_of(first, full.pi).full == full
    assert pair_of(full, full.pi).expression == first
    assert not pair_of(first, officer())  # a draft is its writers' own
    assert list(invitations_of(full.pi)) == []


# --- pages ------------------------------------------------------------------------------------------------------------
def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def open_full(monkeypatch):
    """The full stage is open by the server's clock."""
    for place in ("starting", "proposals", "editor"):
        monkeypatch.setattr(f"grants.views.{place}.server_now", lambda: FULL_NOON)


def test_invited_lead_is_led_from_the_call_to_the_start_and_from_there_to_the_editor(open_full):
    first = make_invited()
    ada = client_of(first.pi)
    away = ada.get(f"/proposals/start/{first.call.code}/")
    assert (away.status_code, away.url) == (302, f"/proposals/{first.number}/full/")
    page = ada.get(f"/proposals/{first.number}/full/")
    assert "What you wrote is carried over" in page.text
    begun = ada.post(f"/proposals/{first.number}/full/")
    full = Proposal.objects.get(follows=first)
    assert (begun.status_code, begun.url) == (302, f"/proposals/{full.number}/edit/")
    assert ada.get(f"/proposals/{first.number}/full/").url == f"/proposals/{full.number}/"
    assert f'href="/proposals/{full.number}/"' in ada.get(f"/proposals/{first.number}/").text
    assert f'href="/proposals/{first.number}/"' in ada.get(f"/proposals/{full.number}/").text


def test_start_of_a_full_proposal_is_for_its_lead(open_full):
    first = make_invited()
    url = f"/proposals/{first.number}/full/"
    assert client_of(make_signer()).get(url).status_code == 403
    assert client_of(officer()).post(url).status_code == 403
    assert client_of(make_researcher("Bo Second")).get(url).status_code == 404
    assert client_of(make_researcher("Bo Second")).get(f"/proposals/start/{first.call.code}/").status_code == 403


def test_editor_of_an_expression_asks_about_how_much_and_has_no_budget(monkeypatch):
    monkeypatch.setattr("grants.views.editor.server_now", lambda: NOON)
    first = make_expression()
    ada = client_of(first.pi)
    text = ada.get(f"/proposals/{first.number}/edit/").text
    assert 'name="value-requested" value="120000"' in text
    assert f"/proposals/{first.number}/edit/budget/" not in text
    assert ada.get(f"/proposals/{first.number}/edit/budget/").status_code == 404
    data = {"value-requested": "99,000", "version-requested": str(first.version)}
    assert ada.post(f"/proposals/{first.number}/details/requested/", data).status_code == 200
    assert Proposal.objects.get(pk=first.pk).requested == 99_000


def test_incomplete_full_proposal_is_refused_with_its_places():
    full = start_full(make_invited())
    with pytest.raises(Incomplete) as refused:
        submission.hand_in(full, version=full.version, actor=full.pi, at=FULL_NOON)
    assert {one["code"] for one in refused.value.data["findings"]} >= {"starts_on_missing", "answer_missing"}


# --- races ------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_starting_eight_times_at_once_then_one_full_proposal_and_beside_it_the_invitation_stands():
    first = make_invited()
    barrier, found = threading.Barrier(9), []

    def run(act):
        try:
            barrier.wait(20)
            found.append(act())
        except Exception as error:  # noqa: BLE001  (the answer of the race)
            found.append(type(error).__name__)
        finally:
            connections.close_all()

    acts = [lambda: start_full(first).number] * 8
    acts.append(lambda: invitations.not_invite(first, reason="No.", actor=None, at=DECIDED).status)
    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    first.refresh_from_db()
    made = Proposal.objects.filter(follows=first).count()
    assert (made, first.status) in ((1, "invited"), (0, "declined"))
    assert len(found) == 9
    assert len({one for one in found if one.startswith("TWO-26")}) == made


def test_whoever_was_invited_and_has_not_begun_is_reminded_of_the_full_stage():
    call = make_two_stage_call()
    first = make_invited(call)
    due = set_deadline(
        kind="proposal.submission",
        subject=full_stage_of(call),
        title="Hand in",
        due_at=FULL_CLOSES,
        zone="UTC",
        path="",
        at=DECIDED,
    )
    owes = kind_of("proposal.submission").who_owes
    assert list(owes(due)) == [first.pi]
    full = start_full(first)
    assert list(owes(due)) == [full.pi]
    Proposal.objects.filter(pk=full.pk).update(status="withdrawn")
    assert list(owes(due)) == []
