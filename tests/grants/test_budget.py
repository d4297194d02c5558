"""Budgets are exact: every total to the cent, summed by year and by category alike, and what the call refuses is named."""

import datetime as dt
import random
from decimal import Decimal

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput, StaleWrite
from core.money import quantum
from grants import budgeting, costing, grid
from grants.models import BudgetLine, BudgetRules, Category, Proposal
from grants.services import budget, proposals
from grants.services.budget import LineSpec
from tests.grants.stories import NOON, make_call, make_draft, make_university
from universities.models import IndirectRate

CATEGORIES = list(Category.values)


# --- exactness ------------------------------------------------------------------------------------------------------
@st.composite
def grids(draw):
    currency = draw(st.sampled_from(["USD", "JPY", "KWD"]))
    unit = quantum(currency)
    cents = st.integers(0, 10**9).map(lambda n: n * unit)
    line = st.tuples(
        st.integers(1, 10),
        st.sampled_from(CATEGORIES),
        st.sampled_from(["a", "b", "c"]),
        st.integers(1, 10**5).map(lambda n: Decimal(n) / 100),
        cents,
    )
    rows = draw(st.lists(line, max_size=30))
    lines = [
        BudgetLine(
            period=period,
            category=category,
            description=name,
            quantity=quantity,
            unit_cost=cost,
            amount=budgeting.amount_of(quantity, cost, currency),
        )
        for period, category, name, quantity, cost in rows
    ]
    rules = BudgetRules(
        base=draw(st.sampled_from(BudgetRules.Base.values)),
        excluded=draw(st.lists(st.sampled_from(CATEGORIES), unique=True)),
        subaward_threshold=draw(st.none() | cents),
        rate_cap=Decimal(draw(st.integers(0, 15000))) / 10000,
    )
    rate = draw(st.none() | st.integers(0, 150000).map(lambda n: Decimal(n) / 100000))
    return lines, rules, rate, currency


@settings(max_examples=1000, deadline=None)
@given(grids())
def test_any_grid_adds_up_to_the_minor_unit_both_ways(given_grid):
    lines, rules, rate, currency = given_grid
    working = budgeting.work_out(lines, rules, rate, currency)
    table = budgeting.table_of(working, 3)
    unit = quantum(currency)
    by_year = sum(table.total.amounts, Decimal(0))
    by_category = sum((row.total for row in table.categories), Decimal(0)) + table.indirect.total
    assert by_year == by_category == working.total == table.total.total
    assert table.direct.total == sum((line.amount for line in lines), Decimal(0))
    assert table.direct.total == table.base.total + table.excluded.total
    for place in range(len(table.periods)):
        column = sum((row.amounts[place] for row in table.categories), Decimal(0))
        assert table.direct.amounts[place] == column
        assert table.total.amounts[place] == column + table.indirect.amounts[place]
    everything = [*table.total.amounts, *table.indirect.amounts, table.total.total]
    assert [amount for amount in everything if amount % unit] == []


@settings(max_examples=200, deadline=None)
@given(grids(), st.integers(0, 2**32))
def test_any_grid_in_another_order_gives_the_same_direct_costs(given_grid, seed):
    lines, rules, rate, currency = given_grid
    shuffled = random.Random(seed).sample(lines, len(lines))
    one, other = (budgeting.work_out(some, rules, rate, currency) for some in (lines, shuffled))
    assert (one.direct, one.base, one.total) == (other.direct, other.base, other.total)


def test_a_worked_budget_by_hand():
    """40 % agreed, 25 % paid; equipment out of the base; of each subaward, over all years, the first 50,000 in it."""
    rules = BudgetRules(excluded=["equipment"], subaward_threshold=Decimal(50_000), rate_cap=Decimal("0.25"))
    rows = [
        (1, "personnel", "Postdoc", "62000.50"),
        (1, "equipment", "Server", "37000"),
        (1, "subaward", "Vall", "30000"),
        (2, "subaward", "Vall", "30000"),
        (2, "subaward", "Hallström", "60000.01"),
    ]
    lines = [BudgetLine(period=p, category=c, description=d, amount=Decimal(a)) for p, c, d, a in rows]
    working = budgeting.work_out(lines, rules, Decimal("0.40"), "USD")
    assert [(one.direct, one.base, one.indirect, one.total) for one in working.periods] == [
        (Decimal("129000.50"), Decimal("92000.50"), Decimal("23000.13"), Decimal("152000.63")),
        (Decimal("90000.01"), Decimal("70000.00"), Decimal("17500.00"), Decimal("107500.01")),
    ]


# --- saving ---------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_set_lines_then_what_is_asked_for_is_their_total_with_indirect_costs():
    proposal = make_draft()
    lines = [LineSpec(1, "personnel", "Postdoc", Decimal("100.01"), Decimal("1.5"))]
    saved = budget.set_lines(proposal, lines, actor=proposal.pi, at=NOON)
    line = BudgetLine.objects.get()
    assert (line.amount, saved.requested, saved.indirect_rate) == (
        Decimal("150.02"),
        Decimal("187.53"),
        Decimal("0.40000"),
    )
    assert costing.working(Proposal.objects.get()).total == Proposal.objects.get().requested


@pytest.mark.django_db
def test_set_lines_that_somebody_else_saved_since_is_refused_and_the_same_lines_leave_no_trace():
    proposal = make_draft()
    lines = [LineSpec(1, "travel", "Conference", Decimal(100))]
    first = budget.set_lines(proposal, lines, version=1, actor=proposal.pi, at=NOON)
    assert budget.set_lines(proposal, lines, version=first.version, actor=proposal.pi, at=NOON).version == first.version
    with pytest.raises(StaleWrite):
        budget.set_lines(proposal, [], version=1, actor=proposal.pi, at=NOON)
    assert BudgetLine.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "field"),
    [
        (LineSpec(1, "equipment", "Server", Decimal(1)), "category"),
        (LineSpec(0, "travel", "Conference", Decimal(1)), "period"),
        (LineSpec(1, "travel", "  ", Decimal(1)), "description"),
        (LineSpec(1, "travel", "Conference", Decimal("0.001")), "unit_cost"),
        (LineSpec(1, "travel", "Conference", Decimal(-1)), "unit_cost"),
        (LineSpec(1, "travel", "Conference", Decimal("NaN")), "unit_cost"),
        (LineSpec(1, "travel", "Conference", Decimal(1), Decimal(0)), "quantity"),
        (LineSpec(1, "travel", "Conference", Decimal(1), Decimal("0.333")), "quantity"),
    ],
)
def test_set_lines_with_a_line_that_can_not_be_then_refused_with_its_place(line, field):
    proposal = make_draft(make_call(rules={"categories": ["travel", "personnel"], "excluded": []}))
    good = LineSpec(1, "travel", "Conference", Decimal(1))
    with pytest.raises(InvalidInput) as refused:
        budget.set_lines(proposal, [good, line], actor=proposal.pi, at=NOON)
    assert (refused.value.field, refused.value.data["line"], BudgetLine.objects.count()) == (field, 1, 0)


@pytest.mark.django_db
def test_the_rate_follows_the_start_of_the_project_and_is_named_when_it_changed_since():
    university = make_university()
    IndirectRate.objects.update(ends_before=dt.date(2028, 1, 1))
    IndirectRate.objects.create(university=university, rate=Decimal("0.10"), starts_on=dt.date(2028, 1, 1), set_at=NOON)
    proposal = make_draft()
    budget.set_lines(proposal, [LineSpec(1, "travel", "Conference", Decimal(1000))], actor=proposal.pi, at=NOON)
    assert Proposal.objects.get().requested == 1250
    proposals.save_details(proposal, version=9, fields={"starts_on": "2028-02-01"}, actor=proposal.pi, at=NOON)
    assert Proposal.objects.get().requested == 1100


def test_breaches_name_everything_that_the_call_refuses():
    rules = BudgetRules(categories=["travel"], caps={"travel": "100"})
    lines = [
        BudgetLine(period=1, category="travel", description="x", amount=Decimal(150)),
        BudgetLine(period=3, category="compute", description="y", amount=Decimal(900)),
    ]
    working = budgeting.work_out(lines, rules, None, "USD")
    limits = budgeting.Limits(Decimal(0), Decimal(1000), "USD", periods=2)
    codes = [breach.code for breach in budgeting.breaches(lines, working, rules, limits)]
    assert codes == ["budget_category", "budget_cap", "budget_period", "budget_over"]
    assert [one.code for one in budgeting.breaches([], working, rules, limits)] == ["budget_empty"]


# --- the grid as typed ----------------------------------------------------------------------------------------------
def typed(*rows: tuple[str, str, str, str, str]) -> QueryDict:
    data = QueryDict(mutable=True)
    for row in rows:
        for name, cell in zip(grid.COLUMNS, row, strict=True):
            data.appendlist(f"line-{name}", cell)
    return data


@pytest.mark.django_db
def test_grid_keeps_what_was_typed_and_says_what_is_wrong_with_each_row():
    proposal = make_draft()
    data = typed(
        ("1", "travel", "Conference", "3", "1,350.25"),
        ("1", "travel", "Conference", "", "1.000,00"),
        ("2", "", "", "", ""),
        ("2", "", "Server", "2", "10"),
    )
    sheet = grid.typed(data, proposal, CATEGORIES)
    assert [row.amount for row in sheet.rows] == [Decimal("4050.75"), None, None, Decimal("20.00")]
    assert [sorted(row.errors) for row in sheet.rows] == [[], ["unit_cost"], [], ["category"]]
    assert [row.unit_cost for row in sheet.rows] == ["1,350.25", "1.000,00", "", "10"]
    assert (sheet.errors, [line.amount for line in sheet.readable()]) == (2, [Decimal("4050.75")])


@pytest.mark.django_db
def test_copied_forward_fills_only_years_that_are_empty():
    proposal = make_draft()
    data = typed(("1", "travel", "A", "1", "10"), ("1", "travel", "B", "1", "20"), ("2", "travel", "C", "1", "30"))
    sheet = grid.copied_forward(grid.typed(data, proposal, CATEGORIES), 1, 3)
    assert [(row.period, row.description) for row in sheet.rows] == [(1, "A"), (1, "B"), (2, "C"), (3, "A"), (3, "B")]
