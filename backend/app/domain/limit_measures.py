"""What limits measure: of many orders as columns, of one as its elements; and the figures of one order among them.

Each measure is reckoned at most once, for the checks and for the sentences of refusals, and only where one of them
asks. The figures of an order read the same out of columns, by its index, and out of its own elements.
"""

from dataclasses import dataclass, field
from typing import Protocol, TypeVar, cast

from app.domain import fixed_point as fp
from app.domain.fixed_point import BoolColumn, FloatColumn, IntColumn
from app.domain.limit_columns import MERGED, PLACE
from app.domain.limit_rules import Measure
from app.domain.one_row import OneRow
from app.domain.order_amounts import OrderAmounts, order_amounts
from app.domain.review_columns import ReviewColumns

Column = TypeVar("Column", FloatColumn, IntColumn, BoolColumn)


@dataclass(slots=True)
class Measured:
    """What several limits measure is measured once."""

    columns: ReviewColumns
    _amounts: OrderAmounts | None = None
    _held: dict[Measure, tuple[IntColumn, BoolColumn]] = field(default_factory=dict)

    @property
    def amounts(self) -> OrderAmounts:
        """What each order would use."""
        if self._amounts is None:
            self._amounts = order_amounts(self.columns)
        return self._amounts

    def of(self, measure: Measure) -> tuple[IntColumn, BoolColumn]:
        """Return the measure, and where it is known."""
        held = self._held.get(measure)
        if held is None:
            measured = measure(self.columns, self._amounts or self.amounts)
            held = self._held[measure] = (measured, fp.is_known(measured))
        return held


class ReviewedOrder(Protocol):
    """One order as its figures are read; a level is its place in `LEVELS`, None for what is the order's own."""

    @property
    def columns(self) -> ReviewColumns:
        """The columns that `of` reads."""

    def of(self, column: Column) -> Column:
        """Return the order's element of a column, typed as the column that rules take it for."""

    def limit(self, name: str, level: int | None) -> int:
        """Return a limit in units: a level's, or the strictest opinion; NO_LIMIT where there is none."""

    def measured(self, measure: Measure, level: int | None) -> int:
        """Return a measure in units."""


@dataclass(frozen=True, slots=True)
class OneOfMany:
    """An order whose facts stand in columns."""

    many: Measured
    index: int

    @property
    def columns(self) -> ReviewColumns:
        """The columns of all."""
        return self.many.columns

    def of(self, column: Column) -> Column:
        """Return the element at the order's index."""
        return cast(Column, column[self.index].item())

    def limit(self, name: str, level: int | None) -> int:
        """Return the limit in the order's set."""
        held = self.many.columns
        at = MERGED if level is None else level
        return int(held.limits.units[PLACE[name], at, held.limit_set[self.index]])

    def measured(self, measure: Measure, level: int | None) -> int:
        """Return the order's element of what is measured of all."""
        column, _ = self.many.of(measure)
        return int(column[self.index] if level is None else column[level, self.index])


@dataclass(slots=True)
class OneAlone:
    """An order in single elements, with what is measured of it and of each level that it falls under."""

    row: OneRow
    whole: Measured
    _levels: dict[int, Measured]

    @staticmethod
    def of_row(row: OneRow) -> "OneAlone":
        """Return the order of which nothing is measured yet."""
        # Rules are one text for columns and for elements; only their types are those of columns.
        return OneAlone(row, Measured(cast(ReviewColumns, row)), {})

    @property
    def columns(self) -> ReviewColumns:
        """The order's elements."""
        return self.whole.columns

    def seen(self, level: int) -> Measured:
        """Return what the aggregates of one level measure."""
        held = self._levels.get(level)
        if held is None:
            columns = cast(ReviewColumns, self.row.seen(level))
            held = self._levels[level] = Measured(columns, self.whole.amounts)
        return held

    def of(self, column: Column) -> Column:
        """Return it: it is an element."""
        return column

    def limit(self, name: str, level: int | None) -> int:
        """Return the order's limit."""
        return self.row.limits[MERGED if level is None else level][PLACE[name]]

    def measured(self, measure: Measure, level: int | None) -> int:
        """Return what is measured of the order, or at the level."""
        measured, _ = (self.whole if level is None else self.seen(level)).of(measure)
        return int(measured)
