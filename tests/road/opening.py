"""Act one: people sign up and are given their standing; a university and its research office come onto the list."""

from playwright.sync_api import expect

from tests.road.people import Person


def grant_role(administrator: Person, person: Person, role: str) -> None:
    administrator.menu("People")
    administrator.follow(person.name)
    administrator.choose("Role", role)
    administrator.press("Grant the role")
    administrator.sees(f"by {administrator.name}")


def list_university(administrator: Person, name: str, *, country: str) -> None:
    administrator.menu("Universities")
    administrator.follow("New university")
    administrator.fill({"Name": name})
    administrator.choose("Country", country)
    administrator.press("Add to the directory")
    expect(administrator.page.get_by_role("heading", name=name)).to_be_visible()


def add_to_office(administrator: Person, person: Person, university: str, role: str) -> None:
    administrator.menu("Universities")
    administrator.follow(university)
    administrator.follow("Research office")
    administrator.follow("Add", within=administrator.main.locator("#team"))
    administrator.fill({"Email address": person.email})
    administrator.choose("Role", role)
    administrator.press("Add")
    administrator.sees(f"{person.name} acts for the university now.")
