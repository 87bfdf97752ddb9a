"""Sets of limits as columns: every limit at every level, and merged to the strictest."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from app.domain import fixed_point as fp
from app.domain.fixed_point import NO_LIMIT, BoolColumn, IntColumn
from app.domain.risk_limits import FIELD_NAMES, LimitLevels, RiskLimits

PLACE: Final = {name: at for at, name in enumerate(FIELD_NAMES)}
MERGED: Final = 4  # behind user, wallet, strategy and symbol


@dataclass(frozen=True, slots=True)
class LimitColumns:
    """Distinct sets of limits. `units` is by limit, then user (with the platform's), wallet, strategy, symbol
    and merged, then set. `paused` is by the same levels but the merged one. `standing` names the limits that
    stand anywhere, so that the others cost nothing."""

    units: IntColumn
    paused: BoolColumn
    pyramiding: BoolColumn
    dca: BoolColumn
    standing: frozenset[str]

    @staticmethod
    def of(limits: Sequence[LimitLevels]) -> "tuple[LimitColumns, list[int]]":
        """Return the distinct sets, and for every row its set."""
        index: dict[int, int] = {}
        sets: list[LimitLevels] = []
        chosen = []
        for levels in limits:
            at = index.setdefault(id(levels), len(sets))
            if at == len(sets):
                sets.append(levels)
            chosen.append(at)
        rows = [_rows_of(held) for held in sets]
        units = np.array([held.units for held in sets], dtype=np.int64).transpose(2, 1, 0)
        stands = (units != NO_LIMIT).any(axis=(1, 2))
        columns = LimitColumns(
            units=np.ascontiguousarray(units),
            paused=np.array([[row[at].paused is True for row in rows] for at in range(MERGED)]),
            pyramiding=np.array([row[MERGED].enable_pyramiding is True for row in rows]),
            dca=np.array([row[MERGED].enable_dca is True for row in rows]),
            standing=frozenset(name for name in FIELD_NAMES if bool(stands[PLACE[name]])),
        )
        return columns, chosen

    def take(self, _rows: IntColumn | slice) -> "LimitColumns":
        """Return all sets: rows name theirs."""
        return self

    def at_levels(self, field: str, sets: IntColumn) -> IntColumn:
        """Return a limit at user, wallet, strategy and symbol for rows of these sets, NO_LIMIT where none."""
        return np.asarray(self.units[PLACE[field], :MERGED][:, sets])

    def per_trade(self, field: str, sets: IntColumn) -> IntColumn:
        """Return the strictest opinion on a limit for rows of these sets, NO_LIMIT where there is none."""
        return np.asarray(self.units[PLACE[field], MERGED][sets])

    def correlations(self) -> list[Decimal | None]:
        """Return each set's strictest max_correlation, None where there is none."""
        units = self.units[PLACE["max_correlation"], MERGED].tolist()
        return [correlation_threshold(unit) for unit in units]


def _rows_of(held: LimitLevels) -> tuple[RiskLimits, ...]:
    return held.of_user(), held.wallet, held.strategy, held.symbol, held.per_trade()


def correlation_threshold(units: int) -> Decimal | None:
    """Return a set's max_correlation, None where there is none. One that is no number lets everything count."""
    if units == NO_LIMIT:
        return None
    return Decimal(-2) if units == fp.UNKNOWN else fp.from_units(units)
