"""The form builder in a real browser: a form with conditions is built by clicking, tried, published, and changed while a
researcher writes to it."""

import time
from typing import Any

import pytest

from accounts.models import User
from core.clock import server_now
from grants import checks
from grants.asking.specs import QuestionSpec, SectionSpec
from grants.models import Answer, Call, Programme, Proposal
from grants.services import calls, forms
from tests.grants.stories import make_draft, make_fund_once, make_researcher, make_user
from tests.grants.test_call_pages import DAY
from tests.grants.test_editor_browser import saved, sign_in

EDIT = "/calls/SOIL-30/edit/?step=form"


@pytest.fixture(autouse=True)
def only_our_own_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What higher apps need for a call (a rubric) is tested with them."""
    monkeypatch.setattr(checks, "_more", [])


@pytest.fixture
def officer(site: str) -> User:
    return make_user("Oda Officer", "programme_officer")


@pytest.fixture
def call(officer: User) -> Call:
    """A draft that lacks nothing but a form."""
    how: dict[str, Any] = {"actor": officer, "at": server_now()}
    programme = Programme.objects.create(code="main", name="Open AI", fund=make_fund_once())
    call = calls.create_call(programme=programme, code="SOIL-30", title="Open soil", **how)
    texts = {"summary": "S", "description": "D", "who_may_apply": "W", "contact_email": "a@b.example"}
    calls.update_call(call, version=call.version, fields=texts, **how)
    calls.set_stage(call, opens_at=how["at"] - DAY, closes_at=how["at"] + 20 * DAY, zone="UTC", **how)
    forms.set_form(call, [], **how)
    return call


class Builder:
    """The builder as an officer works with it: by what stands on the page."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def act(self, selector: str) -> None:
        """Press what changes the page, and wait for it."""
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            self.page.click(selector)
        self.page.wait_for_selector("#builder:not(.is-busy)")

    def choose(self, field: str, value: str) -> None:
        """Choose what asks for other controls, and wait for them."""
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            self.page.select_option(f"#id_{field}", value)
        self.page.wait_for_selector("#builder:not(.is-busy)")

    def handle(self, place: str) -> str:
        return str(self.page.input_value(f"[name={place}-handle]"))

    def focused(self) -> str:
        script = "(e => e.name === 'act' ? e.value : e.name)(document.activeElement)"
        return str(self.page.evaluate(script))


def build(page: Any, site: str) -> None:
    """Three questions, two of them depending on the first."""
    builder = Builder(page)
    page.goto(site + EDIT)
    builder.act("text=Begin with an empty section")
    assert builder.focused() == "s1-title"
    page.fill("#id_s1-title", "Care")
    page.fill("#id_s1-q1-label", "Does the work involve people?")
    builder.choose("s1-q1-kind", "yes_no")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.focus("#id_s1-q1-label")
        page.keyboard.press("Alt+Enter")
    page.wait_for_selector("#id_s1-q2-label:focus")
    page.keyboard.type("How do they consent?")
    page.fill("#id_s1-q2-words", "100")
    builder.choose("s1-q2-shown-asks", builder.handle("s1-q1"))
    page.select_option("#id_s1-q2-shown-value", "yes")
    builder.act("#s1 [data-add]")
    page.fill("#id_s1-q3-label", "Who approved it?")
    builder.choose("s1-q3-kind", "short")
    builder.choose("s1-q3-need", "if")
    builder.choose("s1-q3-needed-asks", builder.handle("s1-q1"))
    page.select_option("#id_s1-q3-needed-value", "yes")
    builder.act("#s1-q3 [data-tool=up]")
    assert builder.focused() == "up:s1-q2"
    page.keyboard.press("Alt+ArrowDown")
    page.wait_for_selector('#s1-q3 [data-tool="up"]:focus')
    page.click("text=Save and go on")
    page.wait_for_url("**?step=documents")


def test_form_with_conditions_is_built_tried_published_and_changed_while_drafts_exist(
    page: Any, site: str, officer: User, call: Call
) -> None:
    sign_in(page, site, officer)
    build(page, site)
    built = forms.specs_of(forms.newest(call))[0].questions  # type: ignore[arg-type]
    condition = {"key": "does_the_work_involve", "op": "is", "value": True}
    assert [(one.kind, one.words, one.shown_if, one.required_if) for one in built] == [
        ("yes_no", None, None, None),
        ("long", 100, condition, None),
        ("short", None, None, condition),
    ]

    page.goto(f"{site}/calls/SOIL-30/preview/")
    consent = page.locator("#field-how_do_they_consent")
    assert consent.is_hidden()
    page.check("input[name=value-does_the_work_involve][value=yes]")
    consent.wait_for(state="visible")
    page.check("input[name=value-does_the_work_involve][value=no]")
    consent.wait_for(state="hidden")

    page.goto(f"{site}/calls/SOIL-30/publish/")
    page.click("main form button:has-text('Publish')")
    page.wait_for_url("**/calls/SOIL-30/")
    call.refresh_from_db()
    assert call.status == "open"

    proposal = make_draft(call, pi=make_researcher(), at=server_now())
    sign_in(page, site, proposal.pi)
    write = f"{site}/proposals/{proposal.number}/edit/section-1/"
    page.goto(write)
    page.check("input[name=value-does_the_work_involve][value=yes]")
    page.fill("#id_how_do_they_consent", "In writing.")
    saved(page, "how_do_they_consent")

    change(page, site, officer)
    sign_in(page, site, proposal.pi)
    page.goto(write)
    assert page.locator("#field-what_will_be_open").is_visible()
    assert page.input_value("#id_how_do_they_consent") == "In writing."
    assert page.is_checked("input[name=value-does_the_work_involve][value=yes]")
    assert "What will be open?" in page.inner_text("main")
    assert Answer.objects.get(key="how_do_they_consent").value == "In writing."
    assert Proposal.objects.get().form == forms.in_force(call)


def change(page: Any, site: str, officer: User) -> None:
    """A new question, by a revision that is published with a note."""
    sign_in(page, site, officer)
    builder = Builder(page)
    page.goto(site + EDIT)
    page.click("text=Change the form")
    builder.act("#s1 [data-add]")
    page.fill("#id_s1-q4-label", "What will be open?")
    page.fill("#id_s1-q4-words", "80")
    page.click("text=Save, and see what changes")
    page.wait_for_url("**/form/full/publish/")
    words = page.inner_text("main")
    assert "What will be open? – it is new." in words
    assert "1 draft is carried over" in words
    page.fill("#id_note", "The board asked for it.")
    page.click("text=Publish the new version")
    page.wait_for_selector("text=The form in force: version 2")


def test_what_was_typed_and_not_saved_is_offered_again(page: Any, site: str, officer: User, call: Call) -> None:
    sign_in(page, site, officer)
    builder = Builder(page)
    page.goto(site + EDIT)
    builder.act("text=Begin with an empty section")
    page.fill("#id_s1-title", "Typed before the browser crashed")
    deadline = time.monotonic() + 5
    while "crashed" not in page.evaluate("JSON.stringify(localStorage)") and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    context = page.context
    page.close()
    other = context.new_page()
    other.goto(site + EDIT)
    other.click("text=Put them back")
    other.wait_for_selector("#id_s1-title")
    assert other.input_value("#id_s1-title") == "Typed before the browser crashed"


def test_session_ends_while_building_then_the_page_stays_and_says_so(
    page: Any, site: str, officer: User, call: Call
) -> None:
    sign_in(page, site, officer)
    builder = Builder(page)
    page.goto(site + EDIT)
    builder.act("text=Begin with an empty section")
    page.fill("#id_s1-title", "Still here")
    page.context.clear_cookies(name="sessionid")
    page.click("#s1 [data-add]")
    page.wait_for_selector("text=You have been signed out")
    assert page.input_value("#id_s1-title") == "Still here"
    sign_in(page, site, officer)
    builder.act("#s1 [data-add]")
    assert page.input_value("#id_s1-title") == "Still here"
    assert page.locator("[data-question]").count() == 2


def test_question_is_dragged_and_sent_to_another_section(page: Any, site: str, officer: User, call: Call) -> None:
    sections = [SectionSpec(one, [QuestionSpec(f"{one} {n}", words=9) for n in (1, 2)]) for one in ("First", "Second")]
    forms.set_form(call, sections, actor=officer, at=server_now())
    sign_in(page, site, officer)
    builder = Builder(page)
    page.goto(site + EDIT)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.drag_and_drop("#s1-q2 summary", "#s1-q1 summary")
    page.wait_for_selector("#s1-q1 .builder-label:has-text('First 2')")
    page.click("#s1-q1 summary")
    builder.choose("s1-q1-to", "s2")
    page.wait_for_selector("#s2-q3 .builder-label:has-text('First 2')")
    assert page.locator("#s2-q3 details").get_attribute("open") is not None  # what was open stays open
    page.click("text=Save the form")
    page.wait_for_selector("text=Saved.")
    kept = forms.specs_of(forms.newest(call))  # type: ignore[arg-type]
    assert [[one.label for one in section.questions] for section in kept] == [
        ["First 1"],
        ["Second 1", "Second 2", "First 2"],
    ]
