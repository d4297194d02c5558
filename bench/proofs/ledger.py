"""The ledger's laws under attack: money is never overdrawn by acts at once, and what was written stays as written."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction

from bench.racing import OK, Racers
from bench.registry import Outcome, proof
from funds import services
from funds.errors import NotEnoughMoney
from funds.models import Fund, FundYear, Subaccount
from funds.queries import faults, positions

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
BALANCE = 100  # what each round has to give away, in whole units
MOST_AT_ONCE = 8


@dataclass(frozen=True)
class Round:
    """`racers` want `amount` each of a balance that has less than they want together."""

    racers: int
    amount: int

    @property
    def expected(self) -> list[str]:
        winners = BALANCE // self.amount
        return sorted([OK] * winners + [NotEnoughMoney.__name__] * (self.racers - winners))


def any_round(chance: random.Random) -> Round:
    racers = chance.randint(2, MOST_AT_ONCE)
    return Round(racers, chance.randint(BALANCE // racers + 1, BALANCE))


@dataclass(frozen=True)
class Books:
    """A fund with enough for all rounds, and the acts that take from a balance of exactly `BALANCE`."""

    fund: Fund
    year: FundYear
    member: Subaccount

    @classmethod
    def opened(cls, rounds: int) -> "Books":
        total = Decimal(BALANCE * (rounds + 1))
        plan = services.YearPlan(dt.date(2026, 1, 1), dt.date(2027, 1, 1), total)
        fund = services.create_fund(code="race", name="Race", currency="USD", years=[plan], actor=None, at=NOON)
        year = FundYear.objects.get(fund=fund, number=1)
        member = services.open_subaccount(fund, kind="pledge", code="P", label="A pledge")
        services.pledge(member, year, total, text="Pledge", actor=None, at=NOON)
        return cls(fund, year, member)

    def award(self, name: str, amount: int) -> Subaccount:
        """An award with `amount` obligated, which the board first made available and the member paid in."""
        award = services.open_subaccount(self.fund, kind="award", code=name, label="An award")
        money = Decimal(amount)
        services.appropriate(self.year, money, text="x", actor=None, at=NOON)
        services.receive(self.member, self.year, money, text="x", actor=None, at=NOON)
        services.commit(award, {self.year: money}, text="x", actor=None, at=NOON)
        services.obligate(award, {self.year: money}, text="x", actor=None, at=NOON)
        return award

    def payments(self, name: str, one: Round) -> Callable[[], object]:
        """Releases past an award's obligation."""
        award = self.award(name, BALANCE)
        money = Decimal(one.amount)
        return lambda: services.approve_payment(award, self.year, money, text="x", actor=None, at=NOON)

    def settlements(self, name: str, one: Round) -> Callable[[], object]:
        """The same payment settled by several, past what is in process."""
        award = self.award(name, BALANCE)
        money = Decimal(one.amount)
        services.approve_payment(award, self.year, Decimal(BALANCE), text="x", actor=None, at=NOON)
        return lambda: services.settle_payment(award, self.year, money, text="x", actor=None, at=NOON)

    def commitments(self, name: str, one: Round) -> Callable[[], object]:
        """Awards past what is free in the fund year. What an earlier round left free is committed first."""
        left = positions(self.fund)[0].free
        if left:
            rest = services.open_subaccount(self.fund, kind="award", code=f"{name}-rest", label="An award")
            services.commit(rest, {self.year: left}, text="x", actor=None, at=NOON)
        services.appropriate(self.year, Decimal(BALANCE), text="x", actor=None, at=NOON)
        award = services.open_subaccount(self.fund, kind="award", code=name, label="An award")
        money = Decimal(one.amount)
        return lambda: services.commit(award, {self.year: money}, text="x", actor=None, at=NOON)


@proof("ledger.races", cases=1000)
def races(cases: int, seed: int) -> Outcome:
    """2 to 8 threads take from one balance at once: as many get it as it holds, and the books are whole afterwards.

    The control takes the same without the guard. Where it does not overspend, the races were none: a failure too.
    """
    chance = random.Random(seed)
    books = Books.opened(cases)
    kinds = (books.payments, books.payments, books.settlements, books.commitments)
    failures = []
    with Racers(MOST_AT_ONCE) as racers:
        for number in range(cases):
            one = any_round(chance)
            kind = kinds[number % len(kinds)]
            found = racers.race([kind(f"AW-{number}", one)] * one.racers)
            if found != one.expected:
                failures.append(f"round {number}, {kind.__name__}, {one}: {found}")
        overspent = naive(racers, cases, seed)
    failures += faults(books.fund)
    if not overspent:
        failures.append(f"The control without the lock overspent in none of {cases} rounds: nothing raced.")
    return Outcome(cases, failures)


def naive(racers: Racers, rounds: int, seed: int) -> int:
    """In how many of these rounds a read before a write, with no lock, gives away more than there is."""
    chance = random.Random(seed)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE naive (round int, amount int)")
    try:
        for number in range(rounds):
            one = any_round(chance)
            racers.race([_naive_act(number, one.amount)] * one.racers)
        with connection.cursor() as cursor:
            spent = "SELECT round FROM naive GROUP BY round HAVING sum(amount) > %s"
            cursor.execute(f"SELECT count(*) FROM ({spent}) AS overspent", [BALANCE])
            (count,) = cursor.fetchone()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE naive")
    return int(count)


def _naive_act(number: int, amount: int) -> Callable[[], None]:
    def act() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(sum(amount), 0) FROM naive WHERE round = %s", [number])
            (given,) = cursor.fetchone()
            if given + amount <= BALANCE:
                cursor.execute("INSERT INTO naive VALUES (%s, %s)", [number, amount])

    return act
