"""Act six: the call closes, the officer triages and assigns; reviewers accept, score and submit; the officer recommends."""

import time

from playwright.sync_api import expect

from core.clock import server_now
from grants.models import Stage
from grants.tasks import open_and_close
from notifications.models import Deadline
from tests.road.people import PATIENCE, Person


def let_the_deadline_pass(call: str) -> None:
    """By the test's own hand: no page moves a deadline forward, and the test can't wait for a day."""
    now = server_now()
    stages = Stage.objects.filter(call__code=call)
    Deadline.objects.filter(subject_id__in=[str(stage.pk) for stage in stages]).update(due_at=now)
    stages.update(closes_at=now, sign_off_until=now)
    open_and_close.delay()


def wait_until_closed(officer: Person, call: str) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    officer.go(f"/calls/{call}/")
    while officer.state() != "Closed" and time.monotonic() < deadline:
        time.sleep(0.3)
        officer.go(f"/calls/{call}/")
    officer.in_state("Closed")


def triage(officer: Person, number: str) -> None:
    """From what waits on the officer's home to the verdict."""
    officer.menu("Home")
    officer.follow("Triage")
    officer.follow("Check one after the other")
    expect(officer.page.get_by_role("heading", name="Is it eligible?")).to_be_visible()
    look_at_all(officer)
    officer.press("Eligible")
    officer.sees(f"{number} is eligible.")


def look_at_all(officer: Person) -> None:
    """Each item of the checklist, where the call has one: saved at once."""
    lines = officer.page.locator(".check-line")
    for place in range(many := lines.count()):
        lines.nth(place).get_by_label("Holds", exact=True).check()
        expect(officer.page.locator("#checklist")).to_contain_text(f"{place + 1} of {many} looked at")


def start_review(officer: Person, call: str) -> None:
    officer.go(f"/calls/{call}/")
    officer.press("Start the review")
    officer.in_state("In review")


def add_to_pool(officer: Person, reviewer: Person, *, knows: str) -> None:
    officer.menu("Reviews board")
    officer.follow("Reviewer pool")
    officer.follow("Add a reviewer")
    officer.fill({"Email": reviewer.email, "Knows about": knows})
    officer.press("Add")
    officer.sees(f"{reviewer.name} is in the pool.")


def assign(officer: Person, number: str, reviewers: list[Person], *, conflicted: Person) -> None:
    """Three are invited. Whoever has a conflict stands beside with the reason, and there is no button to invite them."""
    officer.menu("Home")
    officer.follow("Assign")
    officer.open_row(number)
    officer.follow("Reviewers")
    expect(officer.card("Can't be chosen")).to_contain_text(conflicted.name)
    expect(officer.main.get_by_role("button", name=f"Invite {conflicted.name}")).to_have_count(0)
    for reviewer in reviewers:
        officer.press(f"Invite {reviewer.name}")
        officer.sees(f"{reviewer.name} is invited.")


def review(reviewer: Person, title: str, scores: dict[str, str]) -> None:
    """From the invitation to a review handed in; what is typed is saved on the way without a button."""
    reviewer.menu("Home")
    reviewer.menu("My reviews")
    reviewer.follow(title)
    reviewer.tick(
        "I have no conflict of interest with this proposal, keep it confidential, and write the review myself."
    )
    reviewer.press("Accept")
    expect(reviewer.front.get_by_role("button", name="Go on to submit")).to_be_visible()
    for criterion, score in scores.items():
        reviewer.main.get_by_role("region", name=criterion).get_by_label(score).check()
    reviewer.fill({"For the applicant": "A clear plan, and all of it is open."})
    reviewer.main.get_by_label("4 – I work in it").check()
    expect(reviewer.main.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    reviewer.press("Go on to submit")
    expect(reviewer.card("This is what the applicant will read")).to_contain_text("A clear plan")
    reviewer.press("Hand in")
    reviewer.sees("Your review is in.")


def recommend(officer: Person, number: str, *, score: str) -> None:
    """The ranking puts it first, with the mean of its reviews; the officer recommends it."""
    officer.menu("Home")
    officer.follow("See the ranking")
    expect(officer.row(number)).to_contain_text(score)
    officer.follow("Recommend")
    expect(officer.main.get_by_role("checkbox", name=number)).to_be_checked()
    officer.press("Record the recommendations")
    expect(officer.row(number)).to_contain_text("Recommended")
