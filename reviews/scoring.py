"""From scores to one number: pure, so that a page, a service and a test count alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class Scale:
    """A criterion as arithmetic sees it."""

    key: str
    weight: Decimal
    lowest: int
    highest: int
    higher_is_better: bool = True

    def upward(self, value: int) -> int:
        """The value on a scale where more is better."""
        return value if self.higher_is_better else self.lowest + self.highest - value


def span(scales: Sequence[Scale]) -> tuple[int, int]:
    """(lowest, highest) that an overall score can be: the criteria's own scale where all share one, else 0 to 100."""
    spans = {(scale.lowest, scale.highest) for scale in scales}
    return spans.pop() if len(spans) == 1 else (0, 100)


def weighted_mean(scales: Sequence[Scale], values: Mapping[str, int]) -> Decimal:
    """Σ weight × value ÷ Σ weight, to four decimals (half to even), better always higher.

    Criteria with different scales are first put on 0 to 100. Every criterion needs a value: a `KeyError` otherwise, since
    a mean over some of the criteria would not be comparable.
    """
    low, high = span(scales)
    total = sum((scale.weight for scale in scales), Decimal(0))
    summed = Decimal(0)
    for scale in scales:
        share = Decimal(scale.upward(values[scale.key]) - scale.lowest) / (scale.highest - scale.lowest)
        summed += scale.weight * (low + share * (high - low))
    return (summed / total).quantize(PLACES, rounding=ROUND_HALF_EVEN)
