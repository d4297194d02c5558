"""Act eight: bank details by two people; an instalment asked for, approved and released by three, sent and settled."""

import datetime as dt

from playwright.sync_api import expect

from tests.road.people import Person

IBAN = "GB82 WEST 1234 5698 7654 32"  # a made-up account with a right check number
COMPARED = "I compared these details with a document of the bank, not with the message that sent them."


def enter_bank_details(office: Person, *, country: str) -> None:
    office.menu("Home")
    office.follow("Enter them")
    office.fill({"IBAN": IBAN})
    office.choose("Country of the bank", country)
    office.press("Enter the details")
    office.in_state("Waiting to be confirmed")
    expect(office.main.get_by_role("button", name="Confirm the details")).to_have_count(0)


def check_bank_details(colleague: Person) -> None:
    colleague.menu("Home")
    colleague.follow("Check them")
    colleague.tick(COMPARED)
    colleague.press("Confirm the details")
    colleague.in_state("Confirmed")


def ask_for_instalment(office: Person) -> str:
    """The payment's number."""
    office.menu("Home")
    office.follow("Ask for it")
    office.press("Ask for it")
    office.in_state("Requested")
    return office.page.get_by_role("heading", name="Payment ").inner_text().removeprefix("Payment ").strip()


def approve(officer: Person) -> None:
    """Who approves is not offered to release."""
    officer.menu("Home")
    officer.follow("Check and approve")
    officer.press("Approve")
    officer.in_state("Approved")
    officer.sees("Payments are released by finance approvers.")
    expect(officer.main.get_by_role("button", name="Release")).to_have_count(0)


def release(approver: Person) -> None:
    approver.menu("Home")
    approver.follow("Check and release")
    approver.press("Release")
    approver.in_state("Released")


def settle(officer: Person, number: str, *, on: dt.date, reference: str) -> None:
    """First the order goes to the bank, then the bank's statement has it."""
    officer.menu("Home")
    officer.follow("See them")
    officer.open_row(number)
    officer.press("Mark as sent")
    officer.in_state("Sent")
    officer.open("Mark as settled")
    officer.fill({"Paid on": on.isoformat(), "The bank's reference": reference})
    officer.press("Mark as settled")
    officer.in_state("Settled")


def budget_shows(reader: Person, years: dict[str, list[str]]) -> None:
    """Of each year: ceiling, appropriated, free, committed, obligated, in process, disbursed."""
    reader.menu("Budget")
    table = reader.main.get_by_role("table", name="What each fund year holds")
    for year, figures in years.items():
        row = table.get_by_role("row").filter(has=reader.page.get_by_role("rowheader", name=year, exact=True))
        expect(row.get_by_role("cell")).to_have_text(figures)
