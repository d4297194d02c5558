"""The budget as it is typed: rows of text, what they mean, and what is wrong with each, so that nothing typed is lost."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from core.errors import InvalidInput
from core.money import checked_money, format_money, parse_money
from grants import budgeting
from grants.models import BudgetLine, Category, Proposal
from grants.services.budget import MOST_QUANTITY, LineSpec

COLUMNS = ("period", "category", "description", "quantity", "unit_cost")


@dataclass(frozen=True)
class GridRow:
    """One row as typed. `amount` is there once quantity and unit cost can be read; `errors` by column."""

    period: int
    category: str = ""
    description: str = ""
    quantity: str = ""
    unit_cost: str = ""
    amount: Decimal | None = None
    errors: dict[str, str] = field(default_factory=dict)
    is_new: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.description.strip() and not self.unit_cost.strip()


@dataclass(frozen=True)
class CostLine:
    """A row that can be counted, as `grants.budgeting` reads lines."""

    period: int
    category: str
    amount: Decimal
    description: str


@dataclass(frozen=True)
class Grid:
    rows: tuple[GridRow, ...]
    currency: str

    @property
    def errors(self) -> int:
        return sum(bool(row.errors) for row in self.rows)

    def by_period(self, periods: int) -> list[tuple[int, list[tuple[int, GridRow]]]]:
        """(period, its rows each with its place in the whole grid); a period without rows gets one to type into."""
        last = max([periods, *(row.period for row in self.rows)])
        found, place = [], 0
        for period in range(1, last + 1):
            mine = [row for row in self.rows if row.period == period] or [GridRow(period)]
            found.append((period, list(enumerate(mine, place))))
            place += len(mine)
        return found

    def readable(self) -> list[CostLine]:
        """What can be counted already, for sums while somebody types."""
        return [
            CostLine(row.period, row.category, row.amount, row.description)
            for row in self.rows
            if row.amount is not None and row.category in Category.values
        ]

    def with_row(self, period: int) -> "Grid":
        """One more row to type into, at the end of its year."""
        fresh = GridRow(period, is_new=True)
        return Grid(tuple(sorted([*self.rows, fresh], key=lambda row: row.period)), self.currency)

    def without_row(self, place: int) -> "Grid":
        return Grid(tuple(row for number, row in enumerate(self.rows) if number != place), self.currency)

    def specs(self) -> list[LineSpec]:
        """The lines to save; only of a grid without errors."""
        return [
            LineSpec(
                period=row.period,
                category=row.category,
                description=row.description,
                unit_cost=parse_money(row.unit_cost, self.currency),
                quantity=read_quantity(row.quantity),
            )
            for row in self.rows
            if not row.is_empty
        ]


def read_quantity(text: str) -> Decimal:
    try:
        quantity = Decimal(text.strip().replace(",", "") or "1")
    except InvalidOperation:
        raise InvalidInput(_("Write a number, like 1 or 0.5."), field="quantity") from None
    if not quantity.is_finite() or not 0 < quantity < MOST_QUANTITY:
        raise InvalidInput(_("The quantity must be more than zero."), field="quantity")
    if quantity != quantity.quantize(Decimal("0.01")):
        raise InvalidInput(_("A quantity has two decimals at most."), field="quantity")
    return quantity


def stored(proposal: Proposal) -> Grid:
    """The saved lines as text."""
    rows = [_row_of(line, proposal.currency) for line in proposal.budget_lines.all()]
    return Grid(tuple(rows), proposal.currency)


def _row_of(line: BudgetLine, currency: str) -> GridRow:
    return GridRow(
        period=line.period,
        category=line.category,
        description=line.description,
        quantity=f"{line.quantity.normalize():f}",
        unit_cost=format_money(line.unit_cost, currency).removesuffix(currency).strip(),
        amount=line.amount,
    )


def typed(data: QueryDict, proposal: Proposal, categories: Sequence[str]) -> Grid:
    """What the form sent: five lists of equal length, one entry a row. Rows left empty stay, and are not saved."""
    columns = [data.getlist(f"line-{name}") for name in COLUMNS]
    if len({len(column) for column in columns}) > 1:
        raise InvalidInput(_("This page is damaged: reload it."))
    rows = [_typed_row(cells, proposal.currency, categories) for cells in zip(*columns, strict=True)]
    return Grid(tuple(sorted(rows, key=lambda row: row.period)), proposal.currency)


def _typed_row(cells: Sequence[Any], currency: str, categories: Sequence[str]) -> GridRow:
    period, category, description, quantity, unit_cost = (str(cell) for cell in cells)
    if not period.isdecimal() or len(period) > 3 or not 1 <= int(period) <= budgeting.MOST_PERIODS:
        raise InvalidInput(_("This page is damaged: reload it."))
    row = GridRow(int(period), category, description, quantity, unit_cost)
    return row if row.is_empty else _checked(row, currency, categories)


def _checked(row: GridRow, currency: str, categories: Sequence[str]) -> GridRow:
    errors: dict[str, str] = {}
    if row.category not in categories:
        errors["category"] = _("Choose a category.")
    if not row.description.strip():
        errors["description"] = _("Say what this line is for.")
    try:
        quantity, unit_cost = read_quantity(row.quantity), parse_money(row.unit_cost, currency, field="unit_cost")
        if unit_cost < 0:
            raise InvalidInput(_("A cost can't be negative."), field="unit_cost")
        amount = checked_money(budgeting.amount_of(quantity, unit_cost, currency), currency, field="unit_cost")
    except InvalidInput as error:
        errors[error.field or "unit_cost"] = error.message
        return replace(row, errors=errors)
    return replace(row, amount=amount, errors=errors)


def copied_forward(grid: Grid, period: int, periods: int) -> Grid:
    """The rows of a year in every later year that has none yet."""
    kept = [row for row in grid.rows if not row.is_empty]
    filled = {row.period for row in kept}
    later = [number for number in range(period + 1, periods + 1) if number not in filled]
    copies = [replace(row, period=number) for number in later for row in kept if row.period == period]
    return Grid(tuple(sorted([*kept, *copies], key=lambda row: row.period)), grid.currency)


def category_choices(categories: Sequence[str]) -> list[tuple[str, str]]:
    return [(one.value, str(one.label)) for one in Category if one.value in categories]
