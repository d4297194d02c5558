"""One act on many: what would happen to each is said first; then all of the chosen ones, or none, whoever clicks twice."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, InvalidInput
from grants.models import EligibilityRule, Proposal, ProposalEnquiry
from grants.services import access, checklists, triage, triage_many
from grants.services.triage_many import ACTS, Given, carry_out, for_planning, plan
from notifications.models import Notice
from tests.grants.stories import make_draft, make_researcher, make_submitted
from tests.grants.stories_triage import DAY, desk_of, make_officer, open_call, received, tick_all, with_checklist
from tests.grants.stories_two_stage import DECIDED, make_expression_in, make_two_stage_call

pytestmark = pytest.mark.django_db
BOARD = "/calls/AI-26/intake/"


@pytest.fixture
def officer() -> User:
    return make_officer()


@pytest.fixture
def desk(officer: User) -> Client:
    return desk_of(officer)


def states() -> list[str]:
    return list(Proposal.objects.order_by("number").values_list("status", flat=True))


def planned(act: str, rows: list[Proposal], user: User, **more: Any) -> list[tuple[str, bool]]:
    found = plan(ACTS[act], for_planning([one.pk for one in rows]), user=user, at=server_now(), **more)
    return [(one.why_not, one.ready) for one in found]


def keys(rows: list[Proposal]) -> list[str]:
    return [str(one.pk) for one in rows]


# --- what would happen ----------------------------------------------------------------------------------------------------
def test_plan_says_of_each_why_not(officer: User) -> None:
    call = open_call()
    rows = received(call, ["Ada One", "Bea Two", "Cy Three", "Di Four"])
    with_checklist(call)
    for one in rows[:3]:
        tick_all(one)
    access.seal(rows[0], officer, at=server_now())
    triage.mark_ineligible(rows[1], reason="No.", actor=None, at=server_now())
    assert planned("eligible", rows, officer) == [
        ("You have a conflict of interest with it: a colleague decides.", False),
        ("It is ineligible.", False),
        ("", True),
        ("The checklist is not done: The university is a member.", False),
    ]


def test_plan_of_an_expression_and_of_a_full_proposal_by_the_act_s_own_stage(officer: User) -> None:
    expression, (full,) = make_expression_in(make_two_stage_call()), received(open_call(), ["Bea Two"])
    assert planned("eligible", [expression], officer) == [
        ("It is an expression of interest: it is invited, or not.", False)
    ]
    assert planned("invite", [full], officer) == [
        ("It is a full proposal: only expressions of interest are invited.", False)
    ]
    assert planned("invite", [expression], officer) == [("", True)]


@pytest.mark.parametrize("many", [1, 3])
def test_plan_takes_the_same_queries_for_any_number(many: int, officer: User, django_assert_num_queries: Any) -> None:
    call = open_call()
    with_checklist(call)
    rows = for_planning([one.pk for one in received(call, [f"Person No{n}" for n in range(many)])])
    officer.has_role("programme_officer")
    with django_assert_num_queries(4):  # conflicts, items, ticks, and the stages of the call for its rules
        plan(ACTS["eligible"], rows, user=officer, at=server_now())


# --- all or none ------------------------------------------------------------------------------------------------------------
def test_one_that_can_not_stops_all_and_is_named(officer: User) -> None:
    call = open_call()
    good, bad = received(call, ["Ada One"]), make_draft(call, pi=make_researcher("Bea Two"))
    with pytest.raises(InvalidInput) as refused:
        carry_out(ACTS["eligible"], [*good, bad], Given(), actor=officer, at=server_now())
    assert (states(), refused.value.message) == (["submitted", "draft"], f"{bad.number}: It is draft.")
    assert not Notice.objects.filter(kind="proposal.eligible").exists()


def test_checklist_that_was_taken_back_after_the_preview_stops_all(officer: User) -> None:
    call = open_call()
    item, _other = with_checklist(call)
    rows = received(call, ["Ada One", "Bea Two"])
    for one in rows:
        tick_all(one)
    checklists.tick(rows[1], item, "", actor=None, at=server_now())
    with pytest.raises(InvalidInput, match="checklist"):
        carry_out(ACTS["eligible"], rows, Given(), actor=officer, at=server_now())
    assert states() == ["submitted", "submitted"]


def test_what_a_rule_speaks_against_is_taken_along_only_when_it_was_chosen_so(officer: User) -> None:
    call = open_call()
    rows = received(call, ["Ada One"])
    EligibilityRule.objects.create(call=call, kind="co_investigator", params={"least": 1}, blocks=False)
    with pytest.raises(InvalidInput) as refused:
        carry_out(ACTS["eligible"], rows, Given(), actor=officer, at=server_now())
    assert refused.value.code == "rule_not_met"
    carry_out(ACTS["eligible"], rows, Given(anyway={rows[0].pk}), actor=officer, at=server_now())
    assert states() == ["eligible"]


def test_more_than_five_hundred_are_refused(officer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triage_many, "MOST", 1)
    rows = received(open_call(), ["Ada One", "Bea Two"])
    with pytest.raises(InvalidInput, match="At most 1"):
        carry_out(ACTS["eligible"], rows, Given(), actor=officer, at=server_now())


@pytest.mark.parametrize("act", ["ineligible", "not_invite", "assign", "ask"])
def test_act_without_what_it_wants_changes_nothing(act: str, officer: User) -> None:
    rows = received(open_call(), ["Ada One"])
    with pytest.raises(DomainError) as refused:
        carry_out(ACTS[act], rows, Given(), actor=officer, at=server_now())
    assert (refused.value.field in ACTS[act].wants, states()) == (True, ["submitted"])


def test_invitations_and_their_refusals_in_many(officer: User) -> None:
    call = make_two_stage_call()
    rows = [make_expression_in(call, pi=make_researcher(name)) for name in ("Ada One", "Bea Two", "Cy Three")]
    carry_out(ACTS["invite"], rows[:2], Given(), actor=officer, at=DECIDED)
    carry_out(ACTS["not_invite"], rows[2:], Given(reason="Too far off."), actor=officer, at=DECIDED)
    assert states() == ["invited", "invited", "declined"]
    assert "Too far off." in Notice.objects.get(kind="proposal.declined", recipient=rows[2].pi).body


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_are_one_act() -> None:
    officer = make_officer()
    rows = received(open_call(), ["Ada One", "Bea Two", "Cy Three"])
    barrier, faults = threading.Barrier(2), []

    def click() -> None:
        try:
            barrier.wait()
            carry_out(ACTS["eligible"], rows, Given(), actor=officer, at=server_now())
        except Exception as fault:  # noqa: BLE001 - told below
            faults.append(fault)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert (faults, states()) == ([], ["eligible"] * 3)
    assert Notice.objects.filter(kind="proposal.eligible").count() == 3


# --- the pages ----------------------------------------------------------------------------------------------------------------
def test_page_says_what_will_happen_and_confirm_does_it_and_twice_is_harmless(desk: Client) -> None:
    rows = received(open_call(), ["Ada One", "Bea Two", "Cy Three"])
    first = desk.post("/intake/eligible/", {"pk": keys(rows), "query": "call=AI-26&state=submitted"})
    assert (first.status_code, len(first.context["ready"]), len(first.context["letters"])) == (200, 3, 2)
    assert states() == ["submitted"] * 3
    sent = {"pk": keys(rows[:2]), "confirm": "1", "query": "call=AI-26&state=submitted"}
    for _twice in range(2):
        done = desk.post("/intake/eligible/", sent)
        assert (done.status_code, done["Location"]) == (302, f"{BOARD}?state=submitted")
    assert (states(), Notice.objects.filter(kind="proposal.eligible").count()) == (
        ["eligible", "eligible", "submitted"],
        2,
    )


def test_refusal_of_many_wants_its_reason_and_shows_the_letter_with_it(desk: Client) -> None:
    rows = received(open_call(), ["Ada One", "Bea Two"])
    silent = desk.post("/intake/ineligible/", {"pk": keys(rows), "confirm": "1", "reason": " "})
    assert (silent.status_code, list(silent.context["form"].errors)) == (422, ["reason"])
    again = desk.post("/intake/ineligible/", {"pk": keys(rows), "again": "1", "reason": "Too late."})
    assert [("Too late." in letter.body) for _one, letter in again.context["letters"]] == [True, True]
    assert states() == ["submitted"] * 2
    desk.post("/intake/ineligible/", {"pk": keys(rows), "confirm": "1", "reason": "Too late."})
    assert states() == ["ineligible"] * 2


def test_all_that_match_are_those_of_the_board_s_filters(officer: User, desk: Client) -> None:
    rows = received(open_call(), ["Ada One", "Bea Two", "Cy Three"])
    received(open_call("BIO-26"), ["Di Four"])
    triage.assign(rows[0], officer, actor=officer, at=server_now())
    page = desk.post("/intake/eligible/", {"all": "1", "query": "call=AI-26&handler=nobody", "pk": keys(rows[:1])})
    assert [one.proposal.number for one in page.context["ready"]] == [rows[1].number, rows[2].number]
    assert desk.post("/intake/eligible/", {"all": "1", "query": "score=5"}).status_code == 400


def test_give_and_ask_in_many(officer: User, desk: Client) -> None:
    rows, other = received(open_call(), ["Ada One", "Bea Two"]), make_officer("Otto Other")
    desk.post("/intake/assign/", {"pk": keys(rows), "confirm": "1", "handler": str(other.pk)})
    due = (server_now() + 3 * DAY).strftime("%Y-%m-%dT%H:00")
    sent = {"pk": keys(rows), "confirm": "1", "question": "Who pays?", "due_at": due}
    for _twice in range(2):
        assert desk.post("/intake/ask/", sent).status_code == 302
    assert set(Proposal.objects.values_list("handler__name", flat=True)) == {"Otto Other"}
    assert ProposalEnquiry.objects.count() == 2


def test_what_is_hidden_from_the_officer_is_in_no_plan_and_changed_by_no_act(officer: User, desk: Client) -> None:
    hidden, shown = received(open_call(), ["Ada One", "Bea Two"])
    access.seal(hidden, officer, at=server_now())
    page = desk.post("/intake/eligible/", {"pk": keys([hidden, shown])})
    assert hidden.number.encode() not in page.content
    assert desk.post("/intake/eligible/", {"pk": keys([hidden, shown]), "confirm": "1"}).status_code == 302
    assert desk.post("/intake/eligible/", {"pk": keys([hidden]), "confirm": "1"}).status_code == 422
    assert states() == ["submitted", "eligible"]


@pytest.mark.parametrize("sent", [{}, {"pk": ["nonsense"]}, {"pk": ["00000000-0000-0000-0000-000000000000"]}])
def test_no_choice_or_nonsense_is_said_and_changes_nothing(sent: dict[str, Any], desk: Client) -> None:
    assert desk.post("/intake/eligible/", sent).status_code == 422


def test_rule_against_it_is_shown_apart_and_ticked_by_hand(desk: Client) -> None:
    call = open_call()
    rows = received(call, ["Ada One"])
    EligibilityRule.objects.create(call=call, kind="co_investigator", params={"least": 1}, blocks=False)
    page = desk.post("/intake/eligible/", {"pk": keys(rows)})
    assert (page.context["ready"], len(page.context["against"])) == ([], 1)
    assert desk.post("/intake/eligible/", {"pk": keys(rows), "confirm": "1"}).status_code == 422
    assert desk.post("/intake/eligible/", {"anyway": keys(rows), "confirm": "1"}).status_code == 302
    assert states() == ["eligible"]


def test_api_plans_then_does_and_refuses_what_is_not_in(officer: User, desk: Client) -> None:
    rows = received(open_call(), ["Ada One", "Bea Two"])
    path, sent = "/api/v1/intake/many/", {"act": "eligible", "proposals": keys(rows)}
    first = desk.post(path, sent, content_type="application/json")
    assert ([one["ready"] for one in first.json()], states()) == ([True, True], ["submitted"] * 2)
    done = desk.post(path, {**sent, "confirm": True}, content_type="application/json")
    assert ([one["done"] for one in done.json()], states()) == ([True, True], ["eligible"] * 2)
    hidden = make_submitted(Proposal.objects.all()[0].call, pi=make_researcher("Cy Three"))
    access.seal(hidden, officer, at=server_now())
    refused = desk.post(path, {**sent, "proposals": keys([hidden])}, content_type="application/json")
    assert refused.status_code == 422
