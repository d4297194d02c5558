"""A small fund that the tests of the ledger tell their stories with."""

import datetime as dt
from decimal import Decimal

from accounts.models import User
from funds import services
from funds.models import Fund, FundYear, Subaccount

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def make_user(name: str = "Ada Example") -> User:
    return User.objects.create_user(f"{name.replace(' ', '.').lower()}@example.org", name=name)


def make_fund(*ceilings: int, actor: User | None = None, currency: str = "USD", code: str = "af") -> Fund:
    plans = [
        services.YearPlan(dt.date(2026 + n, 1, 1), dt.date(2027 + n, 1, 1), Decimal(ceiling))
        for n, ceiling in enumerate(ceilings or (1000, 1000))
    ]
    return services.create_fund(code=code, name="Alliance Fund", currency=currency, years=plans, actor=actor, at=NOON)


def year_of(fund: Fund, number: int = 1) -> FundYear:
    return FundYear.objects.get(fund=fund, number=number)


def make_award(fund: Fund, code: str = "AW-1") -> Subaccount:
    return services.open_subaccount(fund, kind="award", code=code, label="An award")


def funded(fund: Fund, amount: int, *, actor: User | None = None, number: int = 1) -> None:
    """Pledge, receive and appropriate `amount` for a year of the fund."""
    year = year_of(fund, number)
    member = services.open_subaccount(fund, kind="pledge", code=f"P-{number}", label="A member's pledge")
    money = Decimal(amount)
    services.pledge(member, year, money, text="Pledge", actor=actor, at=NOON)
    services.receive(member, year, money, text="Contribution", actor=actor, at=NOON)
    services.appropriate(year, money, text="Appropriation", actor=actor, at=NOON)
