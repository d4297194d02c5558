"""Answers of every kind in a real browser: questions come and go, rows grow and are pasted, files go up in place."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from core.clock import server_now
from grants.models import Answer, Attachment, Proposal
from tests.grants.stories import make_draft, pdf
from tests.grants.stories_asking import asking_call
from tests.grants.test_asking import EVIL
from tests.grants.test_editor_browser import saved, sign_in

PASTE = """(text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def draft(site: str) -> Proposal:
    now, day = server_now(), dt.timedelta(days=1)
    return make_draft(asking_call(opens_at=now - day, closes_at=now + day))


@pytest.fixture
def editor(page: Any, site: str, draft: Proposal) -> Any:
    sign_in(page, site, draft.pi)
    page.goto(f"{site}/proposals/{draft.number}/edit/section-1/")
    return page


def stored(key: str) -> Any:
    return Answer.objects.get(key=key).value


def test_a_question_comes_and_goes_with_the_answer_that_asks_for_it(editor):
    approvals = editor.locator("#field-approvals")
    assert approvals.is_visible() is False
    editor.check("#field-people_in input[value=yes]")
    approvals.wait_for(state="visible")
    editor.fill("#id_approvals", "From the board.")
    saved(editor, "approvals")
    editor.locator("[data-optional=approver][hidden]").wait_for(state="attached")
    editor.check("#field-people_in input[value=no]")
    approvals.wait_for(state="hidden")
    editor.locator("[data-optional=approver]:not([hidden])").wait_for()
    assert stored("approvals") == "From the board."


def test_rows_grow_while_one_writes_are_pasted_summed_and_dropped(editor):
    first = editor.locator("#field-items [data-row]").first.locator("input").first
    first.fill("Desk")
    saved(editor, "items")
    assert editor.locator("#field-items [data-row]").count() == 2
    editor.locator("#field-items [data-row]").nth(1).locator("input").first.focus()
    editor.evaluate(PASTE, "Lamp\t1,200.50\t2027-02-01\tRent\r\nChair\t99\t\tbuy\r\n")
    editor.locator("#sums-items", has_text="1,299.50").wait_for()
    assert [(row["item"], row["cost"], row["how"]) for row in stored("items")] == [
        ("Desk", "", ""),
        ("Lamp", "1200.50", "Rent"),
        ("Chair", "99.00", "Buy"),
    ]
    editor.locator("#field-items [data-row]").nth(1).locator("[data-drop-row]").click()
    editor.locator("#sums-items", has_text=" 99.00").wait_for()
    assert [row["item"] for row in stored("items")] == ["Desk", "Chair"]


def test_rows_that_could_not_be_saved_are_offered_again(editor, site, draft):
    editor.context.set_offline(True)
    editor.locator("#field-who [data-row]").first.locator("input").first.fill("Ben")
    editor.wait_for_selector("#field-who .kept-note")
    context = editor.context
    editor.close()
    context.set_offline(False)
    other = context.new_page()
    other.goto(f"{site}/proposals/{draft.number}/edit/section-1/")
    other.click("text=Put it back")
    saved(other, "who")
    assert stored("who") == [{"name": "Ben", "email": "", "orcid": ""}]


def test_buttons_write_markdown_and_the_preview_follows(editor):
    editor.fill("#id_rich", "soil")
    editor.locator("#id_rich").select_text()
    editor.click("[data-rich-for=id_rich] [data-rich=bold]")
    editor.click("text=How it will look")
    editor.wait_for_selector("#preview-rich strong")
    assert (editor.input_value("#id_rich"), stored("rich")) == ("**soil**", "**soil**")


def test_a_file_goes_up_and_out_in_place(editor, tmp_path: Path):
    path = tmp_path / "plan.pdf"
    path.write_bytes(pdf().read())
    editor.set_input_files("#id_plan", path)
    editor.wait_for_selector("#field-plan >> text=plan.pdf")
    assert Attachment.objects.get().key == "plan"
    editor.click("#field-plan button:has-text('Remove')")
    editor.wait_for_selector("#field-plan >> text=plan.pdf", state="detached")
    assert not Attachment.objects.exists()


def test_ticks_and_consent_save_themselves(editor):
    editor.check("#field-many input[value=Soil]")
    saved(editor, "many")
    editor.check("#field-agreed input[type=checkbox]")
    saved(editor, "agreed")
    assert (stored("many"), stored("agreed")) == (["Soil"], True)


def test_nothing_that_is_typed_runs_where_it_is_read(editor, site, draft):
    """Row W1: each payload in each kind of text, read in the editor, its preview, and on the proposal's page."""
    ran: list[str] = []
    editor.on("dialog", lambda box: (ran.append(box.message), box.dismiss()))
    told: list[str] = []
    editor.on("console", lambda message: told.append(message.text) if "Content Security" in message.text else None)
    everything = "\n\n".join(EVIL)
    for key in ("words", "rich"):
        Answer.objects.create(proposal=draft, key=key, value=everything, updated_at=server_now())
    Answer.objects.create(
        proposal=draft, key="items", value=[{"item": one, "cost": one} for one in EVIL], updated_at=server_now()
    )
    for path in ("edit/section-1/", ""):
        editor.goto(f"{site}/proposals/{draft.number}/{path}")
        editor.wait_for_load_state("networkidle")
    assert (ran, told) == ([], [])
