"""Starting and saving; who sees what; the list."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from core.errors import DomainError, InvalidInput, StaleWrite
from grants.errors import CallNotOpen
from grants.models import Answer, Call, Proposal
from grants.reading import timeline
from grants.services import access, answers, proposals, submission
from tests.grants.stories import (
    CLOSES,
    MICRO,
    NOON,
    OPENS,
    make_call,
    make_draft,
    make_handed_in,
    make_member,
    make_proposal,
    make_researcher,
    make_signer,
    make_submitted,
    make_university,
    make_user,
    stage_of,
)

pytestmark = pytest.mark.django_db


# --- starting -------------------------------------------------------------------------------------------------------
def test_start_then_a_numbered_draft_of_the_pis_own_university():
    first, second = make_draft(), make_draft(title="  Two   words ")
    assert (first.number, second.number, second.title) == ("AI-26-0001", "AI-26-0002", "Two words")
    assert (first.status, first.university, list(first.access.values_list("user", "role"))) == (
        "draft",
        make_university(),
        [(first.pi.pk, "pi")],
    )


@pytest.mark.parametrize("at", [OPENS - MICRO, CLOSES, CLOSES + MICRO])
def test_start_outside_the_opening_hours_is_refused(at):
    with pytest.raises(CallNotOpen):
        make_draft(at=at)


def test_start_for_a_university_that_has_not_confirmed_the_pi_is_refused():
    pi, other = make_researcher(), make_university("Polytechnic of Vall")
    with pytest.raises(InvalidInput) as refused:
        make_draft(pi=pi, university=other)
    assert refused.value.field == "university"
    alone = make_user("No Where")
    assert (
        proposals.start_proposal(stage_of(make_call("B-26")), title="x", pi=alone, actor=alone, at=NOON).university
        is None
    )


# --- saving ---------------------------------------------------------------------------------------------------------
def test_save_answer_stale_then_both_texts_come_back_and_nothing_is_overwritten():
    proposal = make_draft()
    ben = make_member(proposal)
    answers.save_answer(proposal, "idea", "Ben's text", version=0, actor=ben, at=NOON)
    with pytest.raises(StaleWrite) as refused:
        answers.save_answer(proposal, "idea", "Ada's text", version=0, actor=proposal.pi, at=NOON)
    data = refused.value.data
    assert (data["mine"], data["theirs"], data["version"], data["by"]) == (
        "Ada's text",
        "Ben's text",
        1,
        "Ben Coauthor",
    )
    assert Answer.objects.get().value == "Ben's text"
    kept = answers.save_answer(proposal, "idea", "Both texts", version=1, actor=proposal.pi, at=NOON)
    again = answers.save_answer(proposal, "idea", "Both texts", version=1, actor=proposal.pi, at=NOON)
    assert (kept.version, again.version) == (2, 2)


def test_save_details_by_two_people_then_only_the_same_field_collides():
    proposal = make_draft()
    ben = make_member(proposal)
    seen = Proposal.objects.get().version
    proposals.save_details(proposal, version=seen, fields={"title": "Ben's title"}, actor=ben, at=NOON)
    proposals.save_details(proposal, version=seen, fields={"abstract": "Ada's abstract"}, actor=proposal.pi, at=NOON)
    with pytest.raises(StaleWrite) as refused:
        proposals.save_details(proposal, version=seen, fields={"title": "Ada's title"}, actor=proposal.pi, at=NOON)
    assert refused.value.data["fields"] == {"title": {"mine": "Ada's title", "theirs": "Ben's title"}}
    fresh = Proposal.objects.get()
    assert (fresh.title, fresh.abstract) == ("Ben's title", "Ada's abstract")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "  "),
        ("title", "x" * 301),
        ("starts_on", "31.3.2027"),
        ("months", "0"),
        ("months", "two"),
        ("keywords", ",".join(map(str, range(13)))),
        ("university", "no-such"),
        ("status", "awarded"),
        ("requested", "1"),
    ],
)
def test_save_details_that_can_not_be_is_refused_beside_its_field(field, value):
    proposal = make_draft()
    with pytest.raises(InvalidInput) as refused:
        proposals.save_details(proposal, version=9, fields={field: value}, actor=proposal.pi, at=NOON)
    assert refused.value.field == field


def test_text_no_row_can_hold_is_kept_without_what_it_can_not_hold():
    proposal = make_draft()
    saved = answers.save_answer(proposal, "idea", "a\0b\r\nc\ud800d", version=0, actor=proposal.pi, at=NOON)
    assert Answer.objects.get().value == saved.value == "ab\ncd"


def test_the_audit_trail_says_who_wrote_when_and_how_much_but_not_the_draft_itself():
    proposal = make_draft()
    text = "secret words " * 40
    answers.save_answer(proposal, "idea", text, version=0, actor=proposal.pi, at=NOON)
    event = AuditEvent.objects.get(verb="proposal.answer_saved")
    assert (event.actor, event.subject_id, event.after["value"]["words"]) == (proposal.pi, str(proposal.pk), 80)
    assert "secret" not in str(event.after)


# --- who sees what --------------------------------------------------------------------------------------------------
def test_visible_to_in_each_state():
    proposal = make_proposal()
    people = {
        "pi": proposal.pi,
        "coauthor": make_member(proposal),
        "office": make_signer(),
        "other applicant": make_researcher("Cleo Other"),
        "other office": make_signer("Oz Office", make_university("Polytechnic of Vall")),
        "officer": make_user("Otto Officer", "programme_officer"),
        "sealed officer": make_user("Sal Sealed", "programme_officer"),
        "finance": make_user("Fay Finance", "finance_officer"),
        "reviewer": make_user("Rosa Reviewer"),
    }
    access.grant(proposal, people["reviewer"], "reviewer", at=NOON)
    access.seal(proposal, people["sealed officer"], at=NOON)

    def seeing() -> set[str]:
        return {name for name, user in people.items() if Proposal.objects.visible_to(user).exists()}

    applicants = {"pi", "coauthor", "office", "reviewer"}
    assert seeing() == applicants
    Proposal.objects.update(status="awaiting_sign_off", handed_in_at=NOON)
    assert seeing() == applicants | {"officer"}
    Proposal.objects.update(status="withdrawn", handed_in_at=None)
    assert seeing() == applicants
    Proposal.objects.update(status="submitted", submitted_at=NOON)
    assert seeing() == applicants | {"officer"}


@pytest.mark.parametrize("inner", ["recommended", "not_recommended"])
def test_what_the_panel_thinks_is_under_review_to_applicants_in_page_list_filter_and_timeline(inner, client):
    proposal = make_submitted()
    officer = make_user("Otto Officer", "programme_officer")
    for state in ("eligible", "under_review", inner):
        Proposal.objects.update(status=state)
        proposal.steps.create(state=state, at=NOON, actor=officer, reason="Because of Rosa")
    seen = {}
    for user in (proposal.pi, make_signer(), officer):
        shown = Proposal.objects.shown_to(user).get()
        seen[str(user)] = (shown.shown_status, bool(shown.may_know_review))
    assert seen == {
        "Ada Example": ("under_review", False),
        "Olga Office": ("under_review", False),
        "Otto Officer": (inner, True),
    }
    shown = Proposal.objects.shown_to(proposal.pi).get()
    assert [step.state for step in timeline(shown, inside=False) if not step.is_next][-1] == "under_review"
    client.force_login(proposal.pi)
    page = client.get(proposal.get_absolute_url()).content.decode()
    assert ("ecommended" in page, "Rosa" in page, "Otto" in page) == (False, False, False)
    listed = client.get(reverse("grants:proposals"), {"state": "under_review"}).content.decode()
    assert (proposal.number in listed, "ecommended" in listed) == (True, False)


def test_officer_on_the_team_learns_no_more_than_the_team():
    proposal = make_submitted()
    Proposal.objects.update(status="recommended")
    officer = make_user("Otto Officer", "programme_officer")
    access.grant(proposal, officer, "reader", at=NOON)
    assert Proposal.objects.shown_to(officer).get().shown_status == "under_review"


def test_reviewer_of_a_double_blind_call_reads_no_names(client):
    proposal = make_submitted(make_call(blinding="double"), title="Maps")
    reviewer = make_user("Rosa Reviewer")
    access.grant(proposal, reviewer, "reviewer", at=NOON)
    client.force_login(reviewer)
    page = client.get(proposal.get_absolute_url()).content.decode()
    assert [name for name in ("Ada Example", "Northmoor", "Olga", "R-AI-26") if name in page] == []
    assert client.get(reverse("grants:receipt", args=[f"R-{proposal.number}-1"])).status_code == 403
    assert proposal.number not in client.get(reverse("grants:proposals")).content.decode()


@pytest.mark.parametrize(
    "name", ["proposal", "proposal_edit", "proposal_budget", "proposal_checks", "proposal_hand_in", "signoff"]
)
def test_page_of_a_proposal_not_ones_own_answers_as_if_it_were_not_there(name, client):
    proposal = make_proposal()
    client.force_login(make_researcher("Cleo Other"))
    there, nowhere = (
        client.get(reverse(f"grants:{name}", args=[number])) for number in (proposal.number, "AI-26-9999")
    )
    assert (there.status_code, nowhere.status_code) == (404, 404)


# --- the list -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rows", [1, 3])
def test_list_makes_the_same_few_queries_whatever_its_length(rows, client, django_assert_num_queries):
    call, pi = make_call(), make_researcher()
    for n in range(rows):
        make_draft(call, title=f"Maps {n}", pi=pi)
    client.force_login(pi)
    client.get(reverse("grants:proposals"))
    with django_assert_num_queries(LIST_QUERIES):
        assert client.get(reverse("grants:proposals")).status_code == 200


LIST_QUERIES = 9


def test_signoffs_lists_what_waits_for_ones_own_university_only(client):
    mine = make_handed_in(title="Mine")
    make_handed_in(mine.call, title="Theirs", pi=make_researcher("Cleo Other", make_university("Polytechnic of Vall")))
    client.force_login(make_signer())
    page = client.get(reverse("grants:signoffs")).content.decode()
    assert ("Mine" in page, "Theirs" in page) == (True, False)


def test_deadline_of_a_proposal_page_names_both_zones():
    proposal = make_draft(make_call(zone="America/New_York"))
    proposal.pi.zone = "Asia/Kathmandu"
    proposal.pi.save()
    client = Client()
    client.force_login(proposal.pi)
    page = client.get(reverse("grants:proposal_edit", args=[proposal.number])).content.decode()
    assert ("12:00 EDT" in page, "21:45 UTC+05:45" in page) == (True, True)


def test_a_call_that_closes_while_somebody_writes_then_the_draft_is_kept():
    proposal = make_proposal()
    Call.objects.update(status="closed")
    with pytest.raises(DomainError):
        submission.hand_in(proposal, actor=proposal.pi, at=CLOSES + dt.timedelta(hours=1))
    assert Answer.objects.filter(proposal=proposal).count() == 3
