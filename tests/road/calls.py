"""Act three: a programme and a call, set up step by step, published, and opened by the clock."""

import datetime as dt
import time

from playwright.sync_api import expect

from grants.tasks import open_and_close
from tests.road.people import Person

SECTIONS = {
    "The research": ("What do you want to find out?", 60),
    "What will be open": ("What comes out, and where?", 40),
}
SCALE = "1 Poor\n2 Fair\n3 Good: some weaknesses\n4 Very good\n5 Excellent: hard to improve"


def set_up_programme(officer: Person, name: str, *, code: str) -> None:
    officer.menu("Calls")
    officer.follow("Programmes")
    officer.fill({"Name": name, "Code": code, "What it is for": "Models that help to feed people."})
    officer.press("Set it up")
    officer.sees("Models that help to feed people.")


def draft_call(officer: Person, title: str, *, code: str, programme: str) -> None:
    officer.menu("Calls")
    officer.follow("New call")
    officer.fill({"Title": title, "Code": code})
    officer.choose("Programme", programme)
    officer.press("Make the draft")
    officer.fill(
        {
            "Summary": "Open models that foresee harvests.",
            "What is asked for": "Models, the data that they learn from, and the **code** that trains them.",
            "Who may apply": "Researchers at universities, with their research office.",
        }
    )
    officer.press("Save and go on")


def step(officer: Person, title: str) -> None:
    officer.page.get_by_role("navigation", name="Steps").get_by_role("link", name=title).click()


def set_money(officer: Person, *, envelope: str, largest: str) -> None:
    step(officer, "Money")
    officer.fill({"Envelope": envelope, "Largest award": largest})
    officer.press("Save and go on")


def set_eligibility(officer: Person, *, countries: str) -> None:
    officer.fill({"Countries of universities": countries, "Most proposals led by one person": "1"})
    officer.press("Save and go on")


def build_form(officer: Person) -> None:
    """The usual form is thrown away and one of our own built: two sections of one question, each with its word limit."""
    builder = officer.page.locator("#builder")
    sections = builder.locator('[data-tool=remove][value^="remove:s"]:not([value*="-q"])')
    for left in reversed(range(sections.count())):
        sections.first.click()
        expect(sections).to_have_count(left)
    for number, (title, (question, words)) in enumerate(SECTIONS.items(), 1):
        officer.press("Section" if number > 1 else "Begin with an empty section")
        expect(sections).to_have_count(number)
        builder.locator(f"#id_s{number}-title").fill(title)
        builder.locator(f"#id_s{number}-q1-label").fill(question)
        builder.locator(f"#id_s{number}-q1-words").fill(str(words))
    officer.press("Save the form")
    officer.sees("Saved.")


def build_rubric(officer: Person, criteria: dict[str, str]) -> None:
    """From what the publishing page says is left to do to a rubric of weighted criteria."""
    officer.follow("Publish")
    officer.sees("1 thing is left to do")
    officer.follow("Mend it")
    officer.follow("Build a rubric")
    for number, (name, weight) in enumerate(criteria.items(), start=1):
        criterion = officer.main.get_by_role("group", name=f"Criterion {number}", exact=True)
        criterion.get_by_label(f"Criterion {number}", exact=True).fill(name)
        criterion.get_by_label("Weight").fill(weight)
        criterion.get_by_label("What each point means").fill(SCALE)
    officer.press("Publish and choose")
    officer.sees("every proposal of the call is judged by it")


def publish(officer: Person, code: str, *, opens_in: dt.timedelta, open_for: dt.timedelta) -> None:
    """The dates last, since they begin to run: in UTC and to the second, the test can't wait for a minute to be full."""
    officer.menu("Calls")
    officer.follow("All calls, drafts too")
    officer.open_row(code)
    officer.follow("Go on setting up")
    step(officer, "Dates")
    opens = dt.datetime.now(dt.UTC) + opens_in
    officer.choose("Time zone of the dates", "UTC")
    officer.fill({"Opens": f"{opens:%Y-%m-%dT%H:%M:%S}", "Closes": f"{opens + open_for:%Y-%m-%dT%H:%M:%S}"})
    officer.press("Save and go on")
    officer.follow("Publish")
    officer.sees("It opens by itself")
    officer.press("Publish")
    officer.sees("The call is published.")


def wait_until_open(visitor: Person, code: str) -> None:
    """Nobody clicks: a worker opens the call once its instant has come, whatever the tick that wakes it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        open_and_close.delay()
        visitor.go(f"/calls/{code}/")
        if visitor.state() == "Open":
            return
        time.sleep(0.5)
    raise AssertionError(f"{code} did not open by itself.")
