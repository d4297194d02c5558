"""The editor in a real browser: saving while one types, two writers, a session that ends, and the grid's keys."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.clock import server_now
from grants.models import Answer, Proposal
from grants.services import answers, budget
from grants.services.budget import LineSpec
from tests.grants.stories import make_call, make_draft, make_member


@pytest.fixture
def proposal(site: str) -> Proposal:
    now, day = server_now(), dt.timedelta(days=1)
    return make_draft(make_call(opens_at=now - day, closes_at=now + day))


def sign_in(page: Any, site: str, user: User) -> None:
    client = Client()
    client.force_login(user)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


def saved(page: Any, key: str) -> None:
    page.wait_for_selector(f"#state-{key}[data-state=saved]")


def test_two_writers_then_both_texts_and_neither_is_lost(page, site, proposal):
    sign_in(page, site, proposal.pi)
    page.goto(f"{site}/proposals/{proposal.number}/edit/section-1/")
    page.fill("#id_idea", "First words")
    saved(page, "idea")
    ben = make_member(proposal)
    answers.save_answer(proposal, "idea", "Ben's words", version=1, actor=ben, at=server_now())
    page.fill("#id_idea", "Ada's words")
    page.wait_for_selector("#state-idea[data-state=conflict]")
    assert (page.input_value("#id_idea"), Answer.objects.get().value) == ("Ada's words", "Ben's words")
    assert "Ben's words" in page.inner_text(".theirs-text")
    page.click("text=Keep what is above")
    saved(page, "idea")
    assert Answer.objects.get().value == "Ada's words"


def test_session_ends_in_the_middle_of_a_sentence_then_not_a_letter_is_lost(page, site, proposal):
    sign_in(page, site, proposal.pi)
    page.goto(f"{site}/proposals/{proposal.number}/edit/section-1/")
    page.context.clear_cookies(name="sessionid")
    page.fill("#id_idea", "Typed after the session ended")
    page.wait_for_selector(".kept-note")
    assert not Answer.objects.exists()
    sign_in(page, site, proposal.pi)
    page.dispatch_event("#id_idea", "change")  # as coming back from the other tab does
    saved(page, "idea")
    assert Answer.objects.get().value == "Typed after the session ended"


def test_page_lost_before_it_could_save_then_the_text_is_offered_again(page, site, proposal):
    sign_in(page, site, proposal.pi)
    address = f"{site}/proposals/{proposal.number}/edit/section-1/"
    page.goto(address)
    page.context.set_offline(True)
    page.fill("#id_idea", "Typed without a connection")
    page.wait_for_selector(".kept-note")
    context = page.context
    page.close()
    context.set_offline(False)
    other = context.new_page()
    other.goto(address)
    other.click("text=Put it back")
    saved(other, "idea")
    assert Answer.objects.get().value == "Typed without a connection"


def test_connection_comes_back_then_what_was_typed_is_saved_by_itself(page, site, proposal):
    sign_in(page, site, proposal.pi)
    page.goto(f"{site}/proposals/{proposal.number}/edit/section-1/")
    page.context.set_offline(True)
    page.fill("#id_idea", "Typed in a tunnel")
    page.wait_for_selector(".kept-note")
    page.context.set_offline(False)
    saved(page, "idea")
    assert Answer.objects.get().value == "Typed in a tunnel"


def test_leaving_for_another_part_while_words_are_on_their_way_then_they_arrive_first(page, site, proposal):
    sign_in(page, site, proposal.pi)
    page.goto(f"{site}/proposals/{proposal.number}/edit/section-1/")
    page.fill("#id_idea", "Hasty words")
    page.click(".outline >> text=Team")
    page.wait_for_url("**/edit/team/")
    assert Answer.objects.get().value == "Hasty words"


def test_grid_keys_and_buttons_then_no_line_is_lost(page, site, proposal):
    lines = [LineSpec(1, "travel", name, Decimal(10)) for name in ("A", "B")]
    budget.set_lines(proposal, lines, actor=proposal.pi, at=server_now())
    sign_in(page, site, proposal.pi)
    page.goto(f"{site}/proposals/{proposal.number}/edit/budget/")
    page.fill("input[name=line-unit_cost] >> nth=0", "1,000")
    page.keyboard.press("Tab")  # onto the button that removes the line
    page.wait_for_selector("#budget-state[data-state=saved]")
    assert page.inner_text(".budget-total").split() == ["1,262.50", "USD"]
    assert list(proposal.budget_lines.values_list("description", "amount")) == [("A", 1000), ("B", 10)]
    page.click("text=Add a line >> nth=0")
    page.wait_for_selector("select[name=line-category]:focus")
    page.select_option("select[name=line-category] >> nth=2", "compute")
    page.fill("input[name=line-description] >> nth=2", "Hours")
    page.fill("input[name=line-unit_cost] >> nth=2", "5")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert list(proposal.budget_lines.values_list("description", flat=True)) == ["A", "B", "Hours"]
