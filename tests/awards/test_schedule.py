"""Dates and money over years, exactly."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awards.schedule import add_months, by_fund_year, instalments_of, reports_of
from funds.models import FundYear

YEARS = [
    FundYear(number=n, starts_on=dt.date(2025 + n, 1, 1), ends_before=dt.date(2026 + n, 1, 1)) for n in range(1, 6)
]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (dt.date(2026, 1, 31), 1, dt.date(2026, 2, 28)),
        (dt.date(2028, 1, 31), 1, dt.date(2028, 2, 29)),
        (dt.date(2026, 12, 1), 1, dt.date(2027, 1, 1)),
        (dt.date(2026, 11, 30), 1, dt.date(2026, 12, 30)),
        (dt.date(2026, 3, 15), 36, dt.date(2029, 3, 15)),
    ],
)
def test_add_months_keeps_the_day_or_takes_the_last(day, months, expected):
    assert add_months(day, months) == expected


def test_by_fund_year_follows_the_days():
    parts = by_fund_year(Decimal(730), dt.date(2026, 7, 2), dt.date(2027, 7, 1), YEARS, "USD")
    assert {year.number: amount for year, amount in parts.items()} == {1: Decimal(366), 2: Decimal(364)}


@given(
    st.decimals(min_value="0.01", max_value="9999999", places=2),
    st.dates(dt.date(2025, 1, 1), dt.date(2033, 1, 1)),
    st.integers(1, 60),
)
def test_by_fund_year_sums_to_the_whole_wherever_the_project_lies(amount, start, months):
    parts = by_fund_year(amount, start, add_months(start, months), YEARS, "USD")
    assert sum(parts.values()) == amount
    assert all(part > 0 for part in parts.values())


def test_reports_of_three_years_are_two_progress_reports_and_a_final_one():
    planned = reports_of(dt.date(2027, 1, 1), dt.date(2029, 12, 31))
    assert [(r.kind, r.number, r.period_to) for r in planned] == [
        ("progress", 1, dt.date(2027, 12, 31)),
        ("progress", 2, dt.date(2028, 12, 31)),
        ("final", 1, dt.date(2029, 12, 31)),
    ]


def test_instalments_wait_for_the_year_of_work_before_them():
    money = dict.fromkeys(YEARS[1:4], Decimal(10))
    specs = instalments_of(money, dt.date(2027, 1, 1))
    assert [(s.due_on, s.after_report) for s in specs] == [
        (dt.date(2027, 1, 1), None),
        (dt.date(2028, 1, 1), 1),
        (dt.date(2029, 1, 1), 2),
    ]


def test_by_fund_year_of_a_project_between_two_years_is_the_later_ones():
    apart = [YEARS[0], FundYear(number=9, starts_on=dt.date(2028, 1, 1), ends_before=dt.date(2029, 1, 1))]
    parts = by_fund_year(Decimal(10), dt.date(2027, 3, 1), dt.date(2027, 9, 1), apart, "USD")
    assert {year.number: part for year, part in parts.items()} == {9: Decimal(10)}
