"""A fund with a board and two members, which the tests of the alliance tell their stories with."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import RoleGrant, User
from alliance.models import Member, Pledge, Resolution
from alliance.services import board, members, resolutions
from funds.models import Fund
from tests.funds.stories import NOON, make_fund, make_user, year_of

LATER = NOON + dt.timedelta(days=7)
AFTER = LATER + dt.timedelta(minutes=1)


def staff(role: str, name: str = "") -> User:
    user = make_user(name or f"Of {role}")
    RoleGrant.objects.create(user=user, role=role, starts_at=NOON - dt.timedelta(days=1))
    return user


@dataclass
class World:
    fund: Fund
    officer: User
    voters: list[User]

    @property
    def chair(self) -> User:
        return self.voters[0]


def make_world(*ceilings: int, votes: int = 3) -> World:
    """A fund, a finance officer, and a board of so many votes; the first of them is the chair."""
    fund = make_fund(*ceilings)
    officer = staff("finance_officer", "Olga Officer")
    voters = [make_user(f"Vera Voter {n}") for n in range(votes)]
    for n, voter in enumerate(voters):
        board.add_board_seat(fund, voter, chair=n == 0, actor=officer, at=NOON)
    return World(fund, officer, voters)


def make_member(code: str = "nimbus", name: str = "", kind: str = "company") -> Member:
    facts = {"name": name or code.title(), "kind": kind, "country": "FR", "joined_on": dt.date(2026, 1, 1)}
    return members.create_member(code=code, actor=None, at=NOON, **facts)


def pledged(world: World, amount: int = 500, *, code: str = "nimbus", year: int = 1) -> Pledge:
    member = Member.objects.filter(code=code).first() or make_member(code)
    return members.make_pledge(member, year_of(world.fund, year), Decimal(amount), actor=world.officer, at=NOON)


def received(pledge: Pledge, amount: int | str, key: str = "k1", actor: User | None = None):
    return members.receive_contribution(
        pledge,
        Decimal(amount),
        received_on=NOON.date(),
        reference="SWIFT 1",
        key=key,
        actor=actor,
        at=NOON,
    )


def proposed(
    world: World, amount: int = 400, *, by: User | None = None, title: str = "Money for year one"
) -> Resolution:
    return resolutions.propose_resolution(
        fund=world.fund,
        kind="appropriation",
        title=title,
        text="The calls of spring need it.",
        payload={"fund_year": str(year_of(world.fund).pk), "amount": str(amount)},
        actor=by or world.officer,
        at=NOON,
    )


def put_to_vote(
    world: World, amount: int = 400, *, by: User | None = None, title: str = "Money for year one"
) -> Resolution:
    resolution = proposed(world, amount, by=by, title=title)
    return resolutions.open_voting(resolution, closes_at=LATER, actor=world.officer, at=NOON)


def vote(resolution: Resolution, *votes: tuple[User, str], at: dt.datetime = NOON) -> Resolution:
    for person, choice in votes:
        resolutions.cast_vote(resolution, choice, actor=person, at=at)
    return Resolution.objects.get(pk=resolution.pk)
