"""Everybody on the road, each with a browser of their own."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from playwright.sync_api import Browser

from tests.road.people import Person


@dataclass
class Cast:
    administrator: Person
    officer: Person
    finance: Person
    approver: Person
    chair: Person
    board: Person
    member: Person
    representative: Person
    office: Person
    researcher: Person
    coauthor: Person
    latecomer: Person
    reviewers: list[Person]
    conflicted: Person

    def __iter__(self) -> Iterator[Person]:
        for field in fields(self):
            found = getattr(self, field.name)
            yield from found if isinstance(found, list) else [found]

    def leave(self) -> list[str]:
        """What broke on anybody's way, once all have left."""
        for person in self:
            person.page.context.close()
        return [line for person in self for line in person.broken]


def meet(browser: Browser, site: str) -> Cast:
    def someone(name: str, email: str) -> Person:
        return Person(browser, site, name, email)

    return Cast(
        administrator=someone("Ada Admin", "ada@alliance.example"),
        officer=someone("Olga Officer", "olga@alliance.example"),
        finance=someone("Fred Finance", "fred@alliance.example"),
        approver=someone("Fay Approver", "fay@alliance.example"),
        chair=someone("Bea Board", "bea@nimbus.example"),
        board=someone("Boris Board", "boris@forge.example"),
        member=someone("Mona Member", "mona@nimbus.example"),
        representative=someone("Rita Rector", "rita@northmoor.example"),
        office=someone("Rolf Records", "rolf@northmoor.example"),
        researcher=someone("Nia Naturalist", "nia@northmoor.example"),
        coauthor=someone("Cora Coauthor", "cora@northmoor.example"),
        latecomer=someone("Sam Slow", "sam@lakeside.example"),
        reviewers=[
            someone(name, f"{name.split()[0].lower()}@judges.example") for name in ("Rhea Ray", "Raul Roe", "Runa Rye")
        ],
        conflicted=someone("Colin Colleague", "colin@mail.example"),
    )
