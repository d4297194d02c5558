from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.money import ZERO, round_money
from universities.indirect import (
    MODIFIED_TOTAL_DIRECT,
    SALARIES,
    TOTAL_DIRECT,
    CostLine,
    IndirectRule,
    indirect,
)

D = Decimal
LINES = [
    CostLine(1, "personnel", D("100000.00")),
    CostLine(1, "equipment", D("40000.00")),
    CostLine(1, "subaward", D("60000.00"), "Delta"),
    CostLine(2, "personnel", D("103000.33")),
    CostLine(2, "subaward", D("60000.00"), "Delta"),
]
MTDC = IndirectRule(MODIFIED_TOTAL_DIRECT, D("0.525"), frozenset({"equipment"}), D("50000"))

amounts = st.integers(0, 10**11).map(lambda cents: D(cents).scaleb(-2))
categories = st.sampled_from(["personnel", "equipment", "travel", "compute", "other", "subaward"])
lines_of = st.lists(
    st.builds(CostLine, st.integers(1, 6), categories, amounts, st.sampled_from(["", "A", "B"])), max_size=25
)
rates = st.integers(0, 150_000).map(lambda n: D(n).scaleb(-5))
rules = st.builds(
    IndirectRule,
    base=st.sampled_from([TOTAL_DIRECT, MODIFIED_TOTAL_DIRECT, SALARIES]),
    rate=rates,
    exclusions=st.frozensets(categories),
    subaward_threshold=st.none() | amounts,
    cap_rate=st.none() | rates,
    currency=st.just("EUR"),
)


def test_indirect_on_modified_base_counts_a_subaward_once_over_all_periods():
    working = indirect(LINES, MTDC)
    assert [(p.period, p.direct, p.excluded, p.base, p.indirect, p.total) for p in working.periods] == [
        (1, D("200000.00"), D("50000.00"), D("150000.00"), D("78750.00"), D("278750.00")),
        (2, D("163000.33"), D("60000.00"), D("103000.33"), D("54075.17"), D("217075.50")),
    ]
    assert (working.direct, working.indirect, working.total) == (D("363000.33"), D("132825.17"), D("495825.50"))
    assert [(one.why, one.counted) for one in working.lines] == [
        ("counted", D("100000.00")),
        ("category", ZERO),
        ("over_threshold", D("50000")),
        ("counted", D("103000.33")),
        ("over_threshold", ZERO),
    ]


def test_indirect_on_total_base_leaves_nothing_out():
    working = indirect(LINES, IndirectRule(TOTAL_DIRECT, D("0.1"), frozenset({"equipment"}), D("50000")))
    assert (working.excluded, working.indirect) == (ZERO, D("36300.03"))


def test_indirect_on_salaries_counts_personnel_alone():
    working = indirect(LINES, IndirectRule(SALARIES, D("0.6")))
    assert (working.base, working.indirect) == (D("203000.33"), D("121800.20"))


def test_indirect_above_the_cap_uses_the_cap_and_says_so():
    rule = IndirectRule(TOTAL_DIRECT, D("0.525"), cap_rate=D("0.15"))
    working = indirect([CostLine(1, "travel", D("100.10"))], rule)
    assert (working.indirect, rule.capped, rule.applied_rate) == (D("15.02"), True, D("0.15"))


def test_indirect_rounds_half_up_to_the_minor_unit_of_the_currency():
    yen = IndirectRule(TOTAL_DIRECT, D("0.5"), currency="JPY")
    assert indirect([CostLine(1, "travel", D(101))], yen).indirect == D(51)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (CostLine(1, "travel", D("-1.00")), MTDC),
        (CostLine(1, "travel", D("1.001")), MTDC),
        (CostLine(1, "travel", D("NaN")), MTDC),
        (CostLine(1, "travel", D("1.00")), IndirectRule(TOTAL_DIRECT, D("1.51"))),
        (CostLine(1, "travel", D("1.00")), IndirectRule("gross", D("0.1"))),
    ],
)
def test_indirect_of_what_makes_no_sense_is_refused(line, rule):
    with pytest.raises(InvalidInput):
        indirect([line], rule)


@given(lines_of, rules)
def test_indirect_adds_up_both_ways(lines, rule):
    working = indirect(lines, rule)
    assert working.direct == sum((line.amount for line in lines), ZERO)
    assert working.total == sum((p.total for p in working.periods), ZERO) == working.direct + working.indirect
    for period in working.periods:
        of_period = [one for one in working.lines if one.line.period == period.period]
        assert period.base == sum((one.counted for one in of_period), ZERO)
        assert period.direct == period.base + period.excluded
        assert period.indirect == round_money(period.base * rule.applied_rate, "EUR")
        assert all(ZERO <= one.counted <= one.line.amount for one in of_period)


@given(lines_of, rules, amounts)
def test_indirect_of_a_line_written_as_two_is_the_same(lines, rule, part):
    """Splitting a line changes nothing, except for a nameless subaward, of which there would be two."""
    whole = CostLine(1, "travel", part * 2)
    halves = [CostLine(1, "travel", part)] * 2
    assert indirect([*lines, whole], rule).periods == indirect([*lines, *halves], rule).periods


@given(st.lists(amounts, min_size=1, max_size=6), amounts)
def test_indirect_counts_of_one_subaward_its_threshold_at_most(parts, threshold):
    lines = [CostLine(period, "subaward", amount, "A") for period, amount in enumerate(parts)]
    rule = IndirectRule(MODIFIED_TOTAL_DIRECT, D("0.5"), subaward_threshold=threshold)
    assert indirect(lines, rule).base == min(sum(parts, ZERO), threshold)
