"""The line that returns are taken of: an account's equity out of snapshots, or what chosen trades added to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt

from app.domain.attribution import UNITS_PER_QUOTE, TradeColumns
from app.domain.metrics.drawdowns import drawdowns_of_returns
from app.domain.metrics.flows import time_weighted_returns
from app.domain.snapshots import Resolution
from app.repositories.portfolio_snapshots import EquityColumns

Series = npt.NDArray[np.float64]
Flows = Sequence[tuple[datetime, Decimal]]
ENOUGH_DAYS: Final = 30  # points of a resolution, before a finer one is asked
EQUITY, CLOSED_TRADES = "equity", "closed_trades"


@dataclass(frozen=True, slots=True)
class Line:
    """Points in order: milliseconds, when the account was looked at, equity, what flowed in since the point before,
    notional held; and what each interval gained, time-weighted, one less than the points, NaN where it began
    without equity."""

    basis: str
    resolution: Resolution
    at_ms: Series
    observed_ms: Series
    equity: Series
    flows: Series
    exposure: Series
    gained: Series

    @property
    def returns(self) -> Series:
        """Returns per interval, flows taken out; those that began without equity are left out."""
        return self.gained[np.isfinite(self.gained)]

    def drawdowns(self) -> Series:
        """The drawdown at each point, flows taken out, a fraction."""
        return drawdowns_of_returns(self.gained) if self.equity.size else np.empty(0)


def line_of_snapshots(
    columns: EquityColumns, flows: Flows, resolution: Resolution, between: EquityColumns | None = None
) -> Line:
    """The account's own line. A flow counts in the interval that it falls in, its end included. The intervals end
    when the account was looked at: a snapshot taken late in its slot holds what had flowed in until then. An interval
    with a flow is cut where `between` knows the account, so that what was made with which equity is told apart."""
    observed_ms = np.array(columns.observed_ms, dtype=np.float64)
    equity = np.array(columns.equity, dtype=np.float64)
    into = _flowed_in(observed_ms, flows)
    gained = time_weighted_returns(equity, into)
    if between is not None:
        inner_ms = np.array(between.observed_ms, dtype=np.float64)
        inner_equity = np.array(between.equity, dtype=np.float64)
        for place in np.flatnonzero(into).tolist():
            inside = (inner_ms > observed_ms[place - 1]) & (inner_ms < observed_ms[place])
            ends = slice(place - 1, place + 1)
            at = np.concatenate((observed_ms[ends], inner_ms[inside]))
            order = np.argsort(at, kind="stable")
            held = np.concatenate((equity[ends], inner_equity[inside]))[order]
            parts = time_weighted_returns(held, _flowed_in(at[order], flows))
            known = parts[np.isfinite(parts)]
            gained[place - 1] = np.prod(1 + known) - 1 if known.size else np.nan
    return Line(
        EQUITY,
        resolution,
        np.array(columns.at_ms, dtype=np.float64),
        observed_ms,
        equity,
        into,
        np.array(columns.exposure, dtype=np.float64),
        gained,
    )


def _flowed_in(observed_ms: Series, flows: Flows) -> Series:
    """What flowed in until each point since the one before; the first holds what came before it."""
    into = np.zeros(observed_ms.size)
    if flows and observed_ms.size:
        moments = np.array([moment.timestamp() * 1000 for moment, _ in flows])
        places = np.searchsorted(observed_ms, moments, side="left")
        for place, (_, amount) in zip(places.tolist(), flows, strict=True):
            if 0 < place < into.size:
                into[place] += float(amount)
    return into


def line_of_trades(trades: TradeColumns, base: float) -> Line:
    """What closed trades added to `base`, by day (UTC) from the first close to the newest; `base` is the equity
    that they were made with."""
    resolution = Resolution.DAY
    step = int(resolution.step.total_seconds() * 1000)
    if trades.closed_ms.size == 0:
        nothing = np.empty(0)
        return Line(CLOSED_TRADES, resolution, *(nothing for _ in range(6)))
    days = trades.closed_ms // step
    first = int(days.min())
    made = np.bincount(days - first, weights=trades.net / float(UNITS_PER_QUOTE))
    equity = base + np.concatenate(([0.0], np.cumsum(made)))
    at_ms = (first + np.arange(equity.size, dtype=np.float64)) * step
    nothing = np.zeros(equity.size)
    gained = time_weighted_returns(equity, nothing)
    return Line(CLOSED_TRADES, resolution, at_ms, at_ms, equity, nothing, nothing, gained)
