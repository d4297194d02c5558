"""Act two: a fund of five years, a member's pledges and its first contribution, a board, and a year's money made available."""

import datetime as dt

from playwright.sync_api import expect

from tests.road.people import Person

FUND = "The Alliance Fund"


def set_up_fund(finance: Person, *, code: str, first: dt.date, ceiling: str) -> None:
    """Five fiscal years, each from the same day of the year, each with the same ceiling."""
    finance.menu("Funds")
    finance.follow("Set up a fund")
    finance.fill({"Name": FUND, "Code": code})
    for number in range(5):
        year = finance.main.get_by_role("group", name=f"Year {number + 1}", exact=True)
        year.get_by_label("Starts on").fill(first.replace(year=first.year + number).isoformat())
        year.get_by_label("Ceiling").fill(ceiling)
    finance.press("Set up a fund")
    expect(finance.page.get_by_role("heading", name=FUND)).to_be_visible()


def add_member(finance: Person, name: str, *, code: str, country: str, speaker: Person) -> None:
    finance.menu("Members and pledges")
    finance.follow("New member")
    finance.fill({"Name": name, "Code": code})
    finance.choose("Country", country)
    finance.press("Add the member")
    finance.open("Add a representative")
    finance.fill({"Email": speaker.email})
    finance.press("Add")
    finance.sees(speaker.email)


def pledge(finance: Person, member: str, amount: str, *, years: list[str]) -> None:
    finance.menu("Members and pledges")
    finance.follow(member)
    finance.follow("Add pledges")
    finance.fill({f"For {year}": amount for year in years})
    finance.press("Post the pledges")
    finance.sees("Pledges to")


def receive(finance: Person, member: str, amount: str, *, year: str, reference: str) -> None:
    finance.menu("Members and pledges")
    finance.follow(member)
    finance.follow(f"Record contribution {year}")
    finance.fill({"Amount": amount, "Bank reference": reference})
    finance.press("Record it")
    finance.sees(reference)


def sees_its_share(member: Person, name: str, *, pledged: str, received: str) -> None:
    """The member's representative reads what it promised and what has arrived."""
    member.menu("Members and pledges")
    member.follow("Our pledges")
    expect(member.page.get_by_role("heading", name=name, level=1)).to_be_visible()
    for label, amount in (("Our pledge", pledged), ("Received", received)):
        expect(member.main.locator(".figure").filter(has_text=label).first).to_contain_text(amount)


def give_seat(administrator: Person, person: Person, *, chair: bool = False) -> None:
    administrator.menu("Members and pledges")
    administrator.follow("Board")
    administrator.fill({"Email": person.email})
    if chair:
        administrator.tick("Chairs the board")
    administrator.press("Give the seat")
    expect(administrator.row(person.email)).to_contain_text("Chair" if chair else "Member with a vote")


def propose_appropriation(officer: Person, amount: str, *, year: str, title: str) -> None:
    officer.menu("Resolutions")
    officer.follow("Propose an appropriation")
    officer.choose("Fund year", year)
    officer.fill({"Amount": amount, "Title": title, "Reasons": "The first calls of the fund are paid from it."})
    officer.press("Propose it")
    officer.sees("Voting opened")


def vote_for(member: Person, title: str) -> None:
    member.menu("Resolutions")
    member.follow("Read and vote", within=member.row(title))
    member.press("For")
    expect(member.row(member.name)).to_contain_text("For")
