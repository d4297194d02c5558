"""One number from many scores, exactly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.scoring import Scale, span, weighted_mean

MERIT = Scale("merit", Decimal(3), 1, 5)
METHOD = Scale("method", Decimal(1), 1, 5)


def test_weighted_mean_of_one_scale_stays_on_it():
    assert weighted_mean([MERIT, METHOD], {"merit": 5, "method": 3}) == Decimal("4.5000")


def test_weighted_mean_when_lower_is_better_turns_the_scale_round():
    risk = Scale("risk", Decimal(1), 1, 5, higher_is_better=False)
    assert weighted_mean([risk], {"risk": 1}) == Decimal(5)


def test_weighted_mean_of_mixed_scales_runs_from_0_to_100():
    grade = Scale("grade", Decimal(1), 0, 10)
    assert (span([MERIT, grade]), weighted_mean([MERIT, grade], {"merit": 5, "grade": 0})) == ((0, 100), Decimal(75))


def test_weighted_mean_when_a_score_is_missing_then_refused():
    with pytest.raises(KeyError):
        weighted_mean([MERIT, METHOD], {"merit": 5})


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 5)), min_size=1, max_size=8),
    st.integers(1, 50),
)
def test_weighted_mean_lies_between_its_scores_and_does_not_change_with_the_weights_unit(rows, factor):
    scales = [Scale(str(i), Decimal(weight), 1, 5) for i, (weight, _value) in enumerate(rows)]
    scaled = [Scale(str(i), Decimal(weight * factor), 1, 5) for i, (weight, _value) in enumerate(rows)]
    values = {str(i): value for i, (_weight, value) in enumerate(rows)}
    mean = weighted_mean(scales, values)
    assert min(values.values()) <= mean <= max(values.values())
    assert mean == weighted_mean(scaled, values)
