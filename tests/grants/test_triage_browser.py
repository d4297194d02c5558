"""Fifty proposals checked in a real browser: the first by keyboard alone, the others in bulk; and all of it without scripts."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from accounts.models import User
from core.clock import server_now
from grants.models import Call, ChecklistItem, ChecklistTick, Note, Proposal, ProposalAccess, ProposalStep
from notifications.models import Notice
from tests.grants.stories import make_researcher, make_submitted
from tests.grants.stories_triage import make_officer, open_call, with_checklist

MANY = 50


@pytest.fixture
def call(site: str) -> Call:
    """One proposal that came in as it happens, and forty-nine more like it."""
    call = open_call()
    first = make_submitted(call, pi=make_researcher("Person No1"), title="Idea 1")
    values = {f.name: getattr(first, f.name) for f in Proposal._meta.fields if f.name not in {"id", "number", "title"}}
    more = [Proposal(**{**values, "number": f"{call.code}-{n:04}", "title": f"Idea {n}"}) for n in range(2, MANY + 1)]
    Proposal.objects.bulk_create(more)
    at = server_now()
    ProposalAccess.objects.bulk_create(
        ProposalAccess(proposal=one, user=first.pi, role="pi", granted_at=at) for one in more
    )
    ProposalStep.objects.bulk_create(ProposalStep(subject=one, state="submitted", at=at) for one in more)
    return call


def sign_in(page: Any, site: str, user: User) -> None:
    client = Client()
    client.force_login(user)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


def states() -> dict[str, int]:
    found = Proposal.objects.values_list("status", flat=True)
    return {state: list(found).count(state) for state in set(found)}


class Keys:
    """A person who never touches the mouse. Keys wait for the page's script, as a person's eyes do."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        self.page.wait_for_load_state()
        self.page.wait_for_selector("html.has-script")
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.page.keyboard.press("Escape")

    def arrive(self, number: str) -> None:
        self.page.wait_for_url(f"**/intake/{number}/**")


def check_the_first(keys: Keys, item: ChecklistItem) -> None:
    """Mine, a tick, a note, eligible; the page goes on by itself."""
    page = keys.page
    keys.press("a")
    expect(page.locator("#handler")).to_contain_text("Oda Officer")
    page.locator(f"#item-{item.pk}-yes").focus()
    keys.press("Space")
    expect(page.locator("#checklist")).to_contain_text("1 of 2 looked at")
    page.locator(f"#item-{item.pk}-yes").blur()
    keys.press("n")
    keys.write("Read in full; e and i and j are letters here.")
    page.get_by_role("button", name="Keep the note").press("Enter")
    expect(page.locator("#notes .note")).to_contain_text("are letters here")
    keys.press("?")
    expect(page.locator(".keys-menu")).to_have_attribute("open", "")
    keys.press("Escape", "e")
    keys.arrive("AI-26-0002")


def refuse_the_second(keys: Keys) -> None:
    """`i` leads to the reason first, and decides once it is written; j and k go on and back in the board's filter."""
    keys.press("i")
    expect(keys.page.locator("#verdict_reason")).to_be_focused()
    keys.write("It ends after the longest time.")
    keys.press("i")
    keys.arrive("AI-26-0003")
    keys.press("j")
    keys.arrive("AI-26-0004")
    keys.press("k")
    keys.arrive("AI-26-0003")


def refuse_three(page: Any) -> None:
    for place in range(3):
        page.locator("[data-pick]").nth(place).check()
    page.click(".bulk-bar button:has-text('Not eligible')")
    page.fill("[name=reason]", "They ask for too much.")
    page.click("text=Look again")
    expect(page.locator(".letter-sheet").first).to_contain_text("They ask for too much.")
    page.click("button:has-text('Mark not eligible')")
    expect(page.locator("#toasts")).to_contain_text("Done for 3 proposals.")


def take_all(page: Any) -> None:
    page.check("[data-pick-match]")
    page.click(".bulk-bar button:has-text('Eligible') >> nth=0")


@pytest.mark.timeout(120)
def test_fifty_proposals_are_checked_by_keyboard_and_in_bulk(page: Any, site: str, call: Call) -> None:
    item, _optional = with_checklist(call)
    board, keys = f"{site}/calls/{call.code}/intake/?state=submitted", Keys(page)
    sign_in(page, site, make_officer())
    page.goto(board)
    keys.press("j", "j", "k", "Enter")
    keys.arrive("AI-26-0001")
    check_the_first(keys, item)
    refuse_the_second(keys)
    assert states() == {"eligible": 1, "ineligible": 1, "submitted": 48}
    assert (ChecklistTick.objects.count(), Note.objects.count()) == (1, 1)

    page.goto(board)
    take_all(page)  # a required item of their checklist is not looked at
    expect(page.get_by_role("heading", name="Nothing can be done with these")).to_be_visible()
    left, at = Proposal.objects.filter(status="submitted"), server_now()
    ChecklistTick.objects.bulk_create(ChecklistTick(proposal=one, item=item, finding="yes", at=at) for one in left)
    page.goto(board)
    refuse_three(page)
    take_all(page)
    expect(page.get_by_role("heading", name="Mark eligible: 45 proposals")).to_be_visible()
    page.click("button[name=confirm]")
    expect(page.locator("#toasts")).to_contain_text("Done for 45 proposals.")
    assert states() == {"eligible": 46, "ineligible": 4}
    assert Notice.objects.filter(kind="proposal.eligible").count() == 46


def test_the_same_works_without_scripts(browser: Any, site: str, call: Call) -> None:
    item, _optional = with_checklist(call)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, site, make_officer())
    page.goto(f"{site}/intake/AI-26-0001/")
    page.check(f"#item-{item.pk}-yes")
    page.click("text=Save the checklist")
    page.fill("#note_text", "Looked at.")
    page.click("text=Keep the note")
    page.click("button[value=eligible]")
    page.goto(f"{site}/calls/{call.code}/intake/?state=submitted")
    page.locator("[data-pick]").first.check()
    page.click(".bulk-bar button:has-text('Not eligible')")
    page.fill("[name=reason]", "Too late.")
    page.click("button[name=confirm]")
    context.close()
    assert states() == {"eligible": 1, "ineligible": 1, "submitted": 48}
