"""Act five: who still has a draft the day before the deadline is reminded by mail, once; staff sees what was sent."""

import time
from typing import Any

from playwright.sync_api import expect

from notifications.tasks import plan_reminders
from tests.road.people import Person

SUBJECT = "hand in your proposal"


def reminders_to(person: Person, mail: Any) -> list[str]:
    return [message["subject"] for message in mail.messages(person.email) if SUBJECT in message["subject"]]


def wait_for_reminder(person: Person, mail: Any, seconds: float = 120) -> None:
    """The scheduler's tick, as often as it takes until one day is left."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not reminders_to(person, mail):
        plan_reminders.delay()
        time.sleep(0.5)
    for _again in range(3):
        plan_reminders.delay()
    time.sleep(1)
    assert len(reminders_to(person, mail)) == 1, reminders_to(person, mail)


def staff_sees(officer: Person, person: Person) -> None:
    """The page of what was sent to whom."""
    officer.menu("Notices sent")
    officer.fill({"Search": person.email})
    officer.page.keyboard.press("Enter")
    expect(officer.row(SUBJECT)).to_contain_text("Sent")
