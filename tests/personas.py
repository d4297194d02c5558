"""Everybody who may come to a page of reviewing or of awards, and tables of what each of them is answered."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from alliance.services import board
from grants.models import Proposal
from reviews.services import conflicts
from tests.crawling import canonical
from tests.grants.stories import LONG_AGO, NOON, make_researcher, make_signer, make_university, make_user

# In the order of the columns of every table.
PEOPLE = (
    *("anonymous", "other_applicant", "applicant", "office", "other_office", "reviewer", "other_reviewer", "officer"),
    *("sealed", "finance", "approver", "board", "recused", "auditor", "administrator"),
)


def make_people(own: Proposal) -> dict[str, User | None]:
    """Each of `PEOPLE` as seen from `own`, a proposal of the University of Northmoor that Rita Reviewer reviews."""
    elsewhere = make_university("Otherland University")
    sealed = make_user("Cleo Conflicted", "programme_officer")
    conflicts.declare(own, sealed, kind="family", text="My brother.", actor=sealed, at=NOON)
    fund = own.call.programme.fund
    for name in ("Bo Board", "Bea Board"):
        if not make_user(name).board_seats.filter(fund=fund).exists():
            board.add_board_seat(fund, make_user(name), actor=None, at=LONG_AGO)
    return {
        "anonymous": None,
        "other_applicant": make_researcher("Otis Other", elsewhere),
        "applicant": own.pi,
        "office": make_signer(university=make_university()),
        "other_office": make_signer(university=elsewhere),
        "reviewer": make_user("Rita Reviewer"),
        "other_reviewer": make_user("Rob Otherreviewer"),
        "officer": make_user("Otto Officer", "programme_officer"),
        "sealed": sealed,
        "finance": make_user("Fred Finance", "finance_officer"),
        "approver": make_user("Anna Approver", "finance_approver"),
        "board": make_user("Bo Board"),
        "recused": make_user("Bea Board"),
        "auditor": make_user("Alan Auditor", "auditor"),
        "administrator": make_user("Adam Admin", "administrator"),
    }


class Visits:
    """Asks as each person; what an act changed is forgotten before the next one asks."""

    def __init__(self, people: Mapping[str, User | None]) -> None:
        self.clients: dict[str, Client] = {}
        for name, user in people.items():
            self.clients[name] = Client()
            if user is not None:
                self.clients[name].force_login(user)

    def ask(self, name: str, path: str, data: Mapping[str, Any] | None = None) -> tuple[int, str]:
        client = self.clients[name]
        with transaction.atomic():
            answer = client.get(path) if data is None else client.post(path, data)
            transaction.set_rollback(True)
        client.cookies.pop("messages", None)
        return answer.status_code, canonical(answer.content)

    def row(self, path: str, data: Mapping[str, Any] | None = None) -> str:
        return " ".join(str(self.ask(name, path, data)[0]) for name in PEOPLE)


def table(rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{name:<20} {statuses}" for name, statuses in rows)


Where = Callable[[], Mapping[str, tuple[Any, ...]]]


def addresses(app: str, args: Mapping[str, tuple[Any, ...]]) -> dict[str, str]:
    return {name: reverse(f"{app}:{name.split()[0]}", args=place) for name, place in args.items()}
