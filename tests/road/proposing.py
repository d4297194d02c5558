"""Act four: a researcher names a university, writes a proposal and hands it in; its research office signs, and it is in."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.road.people import LINK, Person

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def name_university(researcher: Person, university: str, *, department: str) -> None:
    researcher.menu("Home")
    researcher.follow("Name your university")
    researcher.fill({"Name, city or email domain": university})
    researcher.follow(university)
    researcher.fill({"Department": department})
    researcher.choose("Rank", "Professor")
    researcher.press("This is my university")
    researcher.sees("Its research office was asked.")


def confirm_affiliation(office: Person, researcher: Person) -> None:
    office.menu("Home")
    office.sees(researcher.name)
    office.menu("Research office")
    office.press(f"Confirm {researcher.name}")
    expect(office.main.get_by_role("button", name=f"Confirm {researcher.name}")).to_have_count(0)


def set_rate(office: Person, percent: str, *, since: dt.date) -> None:
    office.menu("Research office")
    office.follow("Set a rate")
    office.choose("Base", "Modified total direct costs")
    office.fill({"Rate": percent, "From": since.isoformat()})
    office.press("Set the rate")
    office.sees("The rate is set.")


def start_proposal(researcher: Person, call: str, title: str) -> str:
    """Its number."""
    researcher.menu("Calls")
    researcher.follow(call)
    researcher.follow("Write a proposal")
    researcher.fill({"Working title": title})
    researcher.press("Start writing")
    expect(researcher.page.get_by_role("heading", name="Details")).to_be_visible()
    found = re.search(r"/proposals/([\w-]+)/edit/", researcher.page.url)
    assert found is not None
    return found[1]


def part(researcher: Person, title: str) -> None:
    researcher.page.get_by_role("navigation", name="Parts of the proposal").get_by_role("link", name=title).click()
    expect(researcher.page.get_by_role("heading", name=title, level=1)).to_be_visible()
    researcher.page.wait_for_load_state()


def type_in(researcher: Person, label: str, words: str) -> None:
    """Without pressing anything: it is saved while one types."""
    field = researcher.field(label)
    field.fill(words)
    expect(field.locator("xpath=ancestor::*[@data-field]").get_by_role("status")).to_contain_text("Saved")


def write_details(researcher: Person, *, starts: dt.date, months: int) -> None:
    type_in(researcher, "Abstract", "We foresee harvests from what satellites see, a season ahead.")
    type_in(researcher, "Keywords", "crops, satellites")
    type_in(researcher, "The project starts on", starts.isoformat())
    type_in(researcher, "It lasts", str(months))


def answer(researcher: Person, section: str, question: str, words: str) -> None:
    part(researcher, section)
    type_in(researcher, question, words)


def write_budget(researcher: Person, lines: dict[int, tuple[str, str, str, str]], *, total: str) -> None:
    """One line a year: category, what for, quantity and unit cost. The sums follow by themselves."""
    part(researcher, "Budget")
    for year, (category, words, quantity, cost) in lines.items():
        row = researcher.main.get_by_role("region", name=f"Year {year}", exact=True)
        row.get_by_label("Category").select_option(label=category)
        row.get_by_label("What for").fill(words)
        row.get_by_label("Quantity").fill(quantity)
        row.get_by_label("Unit cost").fill(cost)
        row.get_by_label("Unit cost").blur()
    expect(researcher.main.locator(".budget-total")).to_contain_text(total)


def attach(researcher: Person, folder: Path, title: str) -> None:
    part(researcher, "Files")
    file = folder / "plan.pdf"
    file.write_bytes(PDF)
    researcher.upload("PDF", file)
    researcher.fill({"What it is": title})
    researcher.press("Attach")
    researcher.sees("“plan.pdf” is attached.")


def invite(researcher: Person, person: Person, mail: Any) -> None:
    """By mail, to somebody who has no account yet: they sign up and accept."""
    part(researcher, "Team")
    researcher.fill({"Name": person.name, "Email": person.email})
    researcher.press("Send the invitation")
    link = next(
        url for url in LINK.findall(mail.wait_for(person.email, "/invitation/")["text"]) if "/invitation/" in url
    )
    person.sign_up(mail)
    person.go(link)
    person.press("Accept")
    person.sees("You are on the team now.")


def hand_in(researcher: Person) -> None:
    part(researcher, "Check and hand in")
    researcher.follow("Hand in")
    researcher.sees("From here nothing can be changed")
    researcher.press("Hand in")
    researcher.sees("Sent to your research office.")


def sign_off(office: Person, number: str) -> str:
    """The receipt's number."""
    office.menu("Sign-offs")
    office.open_row(number)
    office.sees("Before you sign")
    for box in office.main.get_by_role("checkbox").all():
        box.check()
    office.press("Sign and hand in")
    office.sees("Signed. The proposal is in.")
    heading = office.page.get_by_role("heading", name="Receipt ").inner_text()
    return heading.removeprefix("Receipt ").strip()
