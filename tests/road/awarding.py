"""Act seven: the officer's slate becomes a resolution, the board adopts it, and the university signs the award."""

from playwright.sync_api import expect

from tests.road.people import Person


def make_slate(officer: Person, title: str) -> None:
    officer.menu("Home")
    officer.follow("Begin")
    officer.fill({"Title": title})
    officer.press("Make the slate")
    expect(officer.page.get_by_role("heading", name=title)).to_be_visible()


def set_line(officer: Person, number: str, amounts: dict[str, str], *, others: list[str]) -> None:
    """The money of one proposal, year by year; nothing from the others."""
    officer.follow("Change", within=officer.row(number))
    officer.fill({f"From {year}": amount for year, amount in amounts.items()} | {f"From {year}": "" for year in others})
    officer.press("Set")
    officer.sees(f"{number} is set.")


def put_to_the_board(officer: Person) -> None:
    officer.open("Put to the board")
    officer.press("Put to the board")
    officer.in_state("Draft")
    officer.open("Open voting")
    officer.press("Open voting")
    officer.in_state("Voting open")


def accept(representative: Person, title: str) -> None:
    """From the representative's home to the signed agreement; the work begins today, so the award is active at once."""
    representative.menu("Home")
    representative.follow("Read and answer")
    expect(representative.card("The agreement")).to_contain_text(title)
    representative.tick("The university accepts the award under the agreement above.")
    representative.fill({"Your name, as a signature": representative.name})
    representative.press("Accept for the university")
    representative.in_state("Active")
