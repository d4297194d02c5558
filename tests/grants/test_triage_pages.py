"""The board and the page of one proposal: what officers find there, in how many queries, and what they may do."""

import datetime as dt
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.models import User
from core.clock import server_now
from grants.models import ChecklistTick, EligibilityRule, Note, Proposal, ProposalEnquiry
from grants.services import access, checklists, likeness, triage
from notifications.models import Notice
from tests.grants.stories import make_call, make_draft, make_researcher, make_submitted, make_user
from tests.grants.stories_triage import (
    DAY,
    asked,
    desk_of,
    make_officer,
    open_call,
    received,
    tick_all,
    with_checklist,
    worked_on,
)

pytestmark = pytest.mark.django_db
BOARD = "/calls/AI-26/intake/"


@pytest.fixture
def officer() -> User:
    return make_officer()


@pytest.fixture
def desk(officer: User) -> Client:
    return desk_of(officer)


def numbers(desk: Client, path: str) -> list[str]:
    return [row.values["known_as"] for row in desk.get(path).context["page"].rows]


def counts(answer: Any, facet: str) -> dict[str, int]:
    return {str(one["label"]): one["n"] for one in answer.context["facets"][facet]}


# --- the board --------------------------------------------------------------------------------------------------------
def test_board_counts_by_state_and_handler_and_each_link_leads_to_as_many_rows(officer: User, desk: Client) -> None:
    first, second, third = received(open_call(), ["Ada One", "Bea Two", "Cy Three"])
    triage.mark_eligible(first, actor=officer, at=server_now())
    triage.assign(second, officer, actor=officer, at=server_now())
    triage.assign(third, make_officer("Otto Other"), actor=officer, at=server_now())
    board = desk.get(BOARD)
    assert counts(board, "state") == {"All": 3, "To check": 2, "Eligible": 1}
    assert counts(board, "handler") == {"Anybody’s": 3, "Mine": 1, "Nobody’s": 1, "A colleague’s": 1}
    for facet in board.context["facets"].values():
        for link in facet:
            assert len(desk.get(link["url"]).context["page"].rows) == link["n"]


def test_counts_of_a_facet_are_under_what_the_others_have_chosen(officer: User, desk: Client) -> None:
    first, second = received(open_call(), ["Ada One", "Bea Two"])
    triage.assign(first, officer, actor=officer, at=server_now())
    triage.mark_eligible(second, actor=officer, at=server_now())
    board = desk.get(f"{BOARD}?handler=me")
    assert counts(board, "state") == {"All": 1, "To check": 1}
    assert counts(desk.get(f"{BOARD}?state=eligible"), "handler") == {"Anybody’s": 1, "Nobody’s": 1}


def test_board_over_all_calls_has_every_call_and_the_one_of_a_call_only_its_own(desk: Client) -> None:
    (one,) = received(open_call(), ["Ada One"])
    (other,) = received(open_call("BIO-26"), ["Bea Two"])
    assert numbers(desk, "/intake/") == [one.number, other.number]
    assert numbers(desk, "/calls/BIO-26/intake/") == [other.number]
    assert numbers(desk, "/intake/?call=AI-26") == [one.number]


EVERYBODY = {"Ann Asked", "Tom Ticked", "Lou Like", "Lea Like", "Mia Mine", "Ruth Rule"}
FILTERS = {
    "handler=me": {"Mia Mine"},
    "handler=nobody": EVERYBODY - {"Mia Mine"},
    "handler=others": set(),
    "checklist=done": {"Tom Ticked", "Mia Mine"},
    "checklist=todo": EVERYBODY - {"Tom Ticked", "Mia Mine"},
    "enquiry=open": {"Ann Asked"},
    "enquiry=overdue": {"Ann Asked"},
    "enquiry=answered": set(),
    "alike=yes": {"Lou Like", "Lea Like"},
    "alike=no": EVERYBODY - {"Lou Like", "Lea Like"},
    "rule=any": {"Ruth Rule"},
    "rule=country": {"Ruth Rule"},
    "rule=months": set(),
    "rule=none": EVERYBODY - {"Ruth Rule"},
    "country=GB": EVERYBODY,
    "country=FR": set(),
    "university=north": EVERYBODY,
    "q=Ticked": {"Tom Ticked"},
    "kind=full": EVERYBODY,
    "kind=eoi": set(),
}


def test_filters_of_the_board(officer: User, desk: Client) -> None:
    call = open_call()
    with_checklist(call)
    EligibilityRule.objects.create(call=call, kind="country", params={"countries": ["GB"]}, blocks=False)
    titles = {
        "Ann Asked": "Soil",
        "Tom Ticked": "Rivers",
        "Mia Mine": "Winds",
        "Lou Like": "Bees in towns and on farms",
        "Lea Like": "Bees in towns and on the farms",
    }
    ann, tom, mia, _lou, lea = (make_submitted(call, pi=make_researcher(n), title=t) for n, t in titles.items())
    EligibilityRule.objects.filter(call=call).update(params={"countries": ["NZ"]})
    make_submitted(call, pi=make_researcher("Ruth Rule"), title="Snow")
    asked(ann, officer, at=server_now() - 9 * DAY)
    tick_all(tom)
    worked_on(mia, officer)
    likeness.find(lea, at=server_now())
    found = {
        query: {row.values["led_by"] for row in desk.get(f"{BOARD}?{query}").context["page"].rows} for query in FILTERS
    }
    assert found == FILTERS


def test_board_says_of_each_row_what_stands_against_it(officer: User, desk: Client) -> None:
    call = open_call()
    item, _other = with_checklist(call)
    EligibilityRule.objects.create(call=call, kind="co_investigator", params={"least": 1}, blocks=False)
    (one,) = received(call, ["Ada One"])
    checklists.tick(one, item, "yes", actor=officer, at=server_now())
    (row,) = desk.get(BOARD).context["page"].rows
    assert (row.values["ticked"], row.values["to_tick"], row.values["checks"]) == (1, 2, False)
    (said,) = (cell.html for cell in row.cells if cell.column.key == "checks")
    assert re.sub(r"<svg.*?</svg>", "", said) == (
        '<div class="checks"><span class="finding-bad"> co-investigators</span>'
        ' <span class="check-count is-done"> checklist 1/2</span></div>'
    )


@pytest.mark.parametrize("many", [1, 3])
def test_board_takes_the_same_queries_for_any_number(many: int, desk: Client, django_assert_num_queries: Any) -> None:
    call = open_call()
    with_checklist(call)
    EligibilityRule.objects.create(call=call, kind="most_per_university", params={"most": 2}, blocks=False)
    EligibilityRule.objects.create(call=call, kind="most_per_pi", params={"most": 1})
    EligibilityRule.objects.create(call=call, kind="co_investigator", params={"least": 1}, blocks=False)
    received(call, [f"Person Number {n}" for n in range(many)])
    desk.get(BOARD)
    with django_assert_num_queries(11):
        desk.get(BOARD)


def test_unknown_filter_of_the_board_is_refused_on_the_page_of_a_proposal_too(desk: Client) -> None:
    (one,) = received(open_call(), ["Ada One"])
    assert desk.get(f"{BOARD}?score=5").status_code == 400
    assert desk.get(f"/intake/{one.number}/?score=5").status_code == 400


# --- one after the other ----------------------------------------------------------------------------------------------
def test_next_and_previous_keep_the_filters_and_the_order_of_the_board(desk: Client) -> None:
    first, second, third = received(open_call(), ["Ada One", "Bea Two", "Cy Three"])
    Proposal.objects.filter(pk=second.pk).update(requested=10)
    query = "call=AI-26&sort=-requested&q=By"
    page = desk.get(f"/intake/{first.number}/?{query}")
    beside = page.context["place"].beside
    assert (beside.before, beside.after, beside.left) == (third.number, second.number, 1)
    assert parse_qs(urlsplit(page.context["place"].url("x")).query) == parse_qs(query)
    assert page.context["place"].board == "/calls/AI-26/intake/?sort=-requested&q=By"
    assert desk.get(f"/intake/{third.number}/?{query}").context["place"].beside.before is None


def test_verdict_leads_to_the_next_of_the_board_and_at_its_end_back_to_it(desk: Client) -> None:
    first, second = received(open_call(), ["Ada One", "Bea Two"])
    on = desk.post(f"/intake/{first.number}/", {"verdict": "eligible", "reason": ""})
    assert urlsplit(on["Location"]).path == f"/intake/{second.number}/"
    silent = desk.post(on["Location"], {"verdict": "ineligible", "reason": ""})
    assert (silent.status_code, list(silent.context["form"].errors)) == (422, ["reason"])
    end = desk.post(on["Location"], {"verdict": "ineligible", "reason": "Too late an idea."})
    assert end["Location"] == "/calls/AI-26/intake/?state=submitted"
    assert list(Proposal.objects.order_by("number").values_list("status", flat=True)) == ["eligible", "ineligible"]


def test_what_was_skipped_comes_again_at_the_end_of_the_board(desk: Client) -> None:
    first, second = received(open_call(), ["Ada One", "Bea Two"])
    end = desk.post(f"/intake/{second.number}/", {"verdict": "eligible", "reason": ""})
    assert urlsplit(end["Location"]).path == f"/intake/{first.number}/"


def test_letter_read_first_is_sent_as_it_was_changed_and_nothing_happens_before(desk: Client) -> None:
    (one,) = received(open_call(), ["Ada One"])
    path = f"/intake/{one.number}/"
    shown = desk.post(path, {"verdict": "ineligible", "reason": "No data.", "look": "on"})
    one.refresh_from_db()
    assert (one.status, "No data." in shown.context["form"].initial["body"]) == ("submitted", True)
    sent = {"verdict": "ineligible", "reason": "No data.", "subject": "About {number}", "body": "Sorry, {lead}."}
    assert desk.post(f"{path}letter/", sent).status_code == 302
    letter = Notice.objects.get(kind="proposal.ineligible", recipient=one.pi)
    assert (letter.subject, letter.body) == ("About {number}", "Sorry, {lead}.")
    assert one.steps.last().reason == "No data."


def test_page_of_a_proposal_takes_the_same_queries_however_much_was_written(
    officer: User, desk: Client, django_assert_num_queries: Any
) -> None:
    call = open_call()
    with_checklist(call)
    (one,) = received(call, ["Ada One"])
    worked_on(one, officer)
    asked(one, officer)
    path = f"/intake/{one.number}/"
    desk.get(path)
    with django_assert_num_queries(38):
        desk.get(path)
    asked(one, officer, "And the people?")
    desk.post(f"{path}notes/", {"text": "More."})
    with django_assert_num_queries(38):
        desk.get(path)


def test_acts_beside_the_verdict_come_back_to_the_page_with_the_board_kept(officer: User, desk: Client) -> None:
    call = open_call()
    item, _other = with_checklist(call)
    (one,) = received(call, ["Ada One"])
    path, query = f"/intake/{one.number}/", "?sort=-submitted_at"
    other = make_officer("Otto Other")
    soon = (server_now() + 3 * DAY).strftime("%Y-%m-%dT%H:00")
    acts = {
        "notes": {"text": "Looks fine."},
        "checklist": {f"item-{item.pk}": "yes", f"was-{item.pk}": ""},
        "assign": {"handler": str(other.pk)},
        "ask": {"text": "Who pays?", "due": soon},
    }
    answers = {name: desk.post(f"{path}{name}/{query}", data) for name, data in acts.items()}
    assert {name: answer["Location"] for name, answer in answers.items()} == {
        "notes": f"{path}{query}#notes",
        "checklist": f"{path}{query}#checklist",
        "assign": f"{path}{query}#handler",
        "ask": f"{path}{query}#questions",
    }
    one.refresh_from_db()
    assert (Note.objects.get().text, ChecklistTick.objects.get().finding, one.handler) == ("Looks fine.", "yes", other)
    asked_one = ProposalEnquiry.objects.get()
    desk.post(f"{path}ask/{asked_one.pk}/withdraw/{query}")
    asked_one.refresh_from_db()
    assert asked_one.withdrawn_at is not None


def test_what_was_typed_stays_where_it_is_refused(desk: Client) -> None:
    (one,) = received(open_call(), ["Ada One"])
    refused = desk.post(f"/intake/{one.number}/ask/", {"text": "Who pays?", "due": "2001-01-01T10:00"})
    assert (refused.status_code, b"Who pays?" in refused.content) == (422, True)


def test_tick_by_script_gets_the_checklist_alone_and_a_stale_one_what_a_colleague_found(
    officer: User, desk: Client
) -> None:
    call = open_call()
    item, _other = with_checklist(call)
    (one,) = received(call, ["Ada One"])
    path, script = f"/intake/{one.number}/checklist/", {"HTTP_HX_REQUEST": "true"}
    fine = desk.post(path, {f"item-{item.pk}": "yes", f"was-{item.pk}": ""}, **script)
    assert (fine.status_code, b"<html" in fine.content, b"1 of 2 looked at" in fine.content) == (200, False, True)
    stale = desk.post(path, {f"item-{item.pk}": "no", f"was-{item.pk}": ""}, **script)
    assert (stale.status_code, b"A colleague has looked" in stale.content) == (409, True)
    assert ChecklistTick.objects.get().finding == "yes"


def test_triage_is_closed_to_who_is_of_the_team_or_the_office_though_they_are_officers() -> None:
    (one,) = received(open_call(), ["Ada One"])
    kin = make_officer("Kit Kin")
    access.grant(one, kin, "reader", at=server_now())
    desk = desk_of(kin)
    assert desk.get(f"/intake/{one.number}/").status_code == 403
    assert numbers(desk, BOARD) == []


def test_drafts_are_listed_to_nobody_and_found_at_no_address(desk: Client) -> None:
    draft = make_draft(open_call())
    assert counts(desk.get(BOARD), "state") == {"All": 0, "To check": 0}
    assert desk.get(f"/intake/{draft.number}/").status_code == 404


def test_auditor_reads_all_and_changes_nothing() -> None:
    call = open_call()
    (one,) = received(call, ["Ada One"])
    desk = desk_of(make_user("Ali Auditor", "auditor"))
    path = f"/intake/{one.number}/"
    assert (desk.get(BOARD).status_code, desk.get(path).status_code) == (200, 200)
    acts = ["", "letter/", "checklist/", "notes/", "assign/", "ask/"]
    assert [desk.post(f"{path}{act}", {"verdict": "eligible"}).status_code for act in acts] == [403] * 6


def test_assigned_officer_is_told_once_and_who_takes_it_is_not(officer: User) -> None:
    (one,) = received(open_call(), ["Ada One"])
    other, at = make_officer("Otto Other"), server_now()
    for _twice in range(2):
        triage.assign(one, other, actor=officer, at=at)
    triage.assign(one, officer, actor=officer, at=at + dt.timedelta(hours=1))
    told = Notice.objects.filter(kind="proposal.assigned")
    assert [(notice.recipient, notice.path) for notice in told] == [(other, f"/intake/{one.number}/")]


def test_proposal_is_given_to_nobody_but_officers_without_a_conflict(officer: User) -> None:
    (one,) = received(make_call("OLD-26"), ["Ada One"])
    sealed = make_officer("Cleo Conflicted")
    access.seal(one, sealed, at=server_now())
    for nobody in (sealed, make_user("Ali Auditor", "auditor"), make_user("Bo Body")):
        with pytest.raises(Exception, match=r"colleague|officer"):
            triage.assign(one, nobody, actor=officer, at=server_now())
    one.refresh_from_db()
    assert one.handler is None
