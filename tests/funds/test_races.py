"""Acts at once against the same money. `make proof` runs the first of these 1,000 rounds long."""

from decimal import Decimal

import pytest

from bench.proofs.ledger import races
from bench.racing import at_once
from bench.registry import Outcome
from funds import services
from funds.models import Entry
from tests.funds.stories import NOON, make_fund, year_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_acts_racing_past_a_balance_then_as_many_win_as_it_holds_and_the_control_overspends():
    assert races(40, seed=7) == Outcome(40, [])


def test_same_key_sent_eight_times_at_once_then_one_entry():
    fund = make_fund()
    year = year_of(fund)

    def send() -> None:
        services.appropriate(year, Decimal(10), text="x", actor=None, at=NOON, key="once")

    assert at_once(send, times=8) == ["ok"] * 8
    assert Entry.objects.filter(fund=fund, key="once").count() == 1
