"""Where profit and loss came from: cut by what a trade was, and by what caused it. Every cut sums exactly.

Amounts are int64 counts of 1e-8 quote units, signed: positive added to the balance. What was posted for a trade is
its P&L; a posting that belongs to no trade stands as a row of its own, so that nothing of the account is left out.

Causes of one trade, which add up to its net P&L:

fees, funding   as posted (a fee is negative; what a liquidation cost counts as a fee)
slippage        what fills at other prices than the decision's cost (negative) or gained
signal          the P&L at the decision's prices, had every trade of the selection risked the same amount: the mean
                risk of those whose risk is known
sizing          what risking more or less than that added: the rest of the P&L at the decision's prices
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

Units = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Rows = npt.NDArray[np.bool_] | slice

UNITS_PER_QUOTE: Final = 100_000_000
NEVER: Final = -1
_SAFE_SUM: Final = 2.0**62


class Cut(StrEnum):
    """By what the P&L can be cut, beside the cause."""

    SYMBOL = "symbol"
    SIDE = "side"
    STRATEGY = "strategy"
    TIMEFRAME = "timeframe"
    HOUR = "hour"
    TAG = "tag"
    EXIT_RULE = "exit_rule"
    MODEL = "model"
    WALLET = "wallet"


@dataclass(frozen=True, slots=True)
class Labels:
    """One label per row, as a code into `names`."""

    codes: Codes
    names: tuple[str, ...]

    def chosen(self, rows: Rows) -> "Labels":
        """The labels of some rows."""
        return Labels(self.codes[rows], self.names)


@dataclass(frozen=True, slots=True)
class TradeColumns:
    """Trades as columns, in closing order with those still open last. Times are market time in milliseconds,
    -1 for never; `slippage` is what it cost (positive is adverse); `risk` 0 where not known. A row that is no
    trade is a posting without one: `closed_ms` is its moment."""

    labels: dict[Cut, Labels]
    is_trade: npt.NDArray[np.bool_]
    opened_ms: Units
    closed_ms: Units
    realized: Units
    fees: Units
    funding: Units
    slippage: Units
    risk: Units

    @property
    def net(self) -> Units:
        """Net P&L of each row."""
        return np.asarray(self.realized + self.fees + self.funding)

    def chosen(self, mask: npt.NDArray[np.bool_]) -> "TradeColumns":
        """Some of the rows, in their order. Nothing is copied where they stand together, as those of a range do."""
        rows = _together(mask)
        return TradeColumns(
            labels={cut: labels.chosen(rows) for cut, labels in self.labels.items()},
            is_trade=self.is_trade[rows],
            opened_ms=self.opened_ms[rows],
            closed_ms=self.closed_ms[rows],
            realized=self.realized[rows],
            fees=self.fees[rows],
            funding=self.funding[rows],
            slippage=self.slippage[rows],
            risk=self.risk[rows],
        )


@dataclass(frozen=True, slots=True)
class Causes:
    """P&L by cause in units of 1e-8, each signed as it moved the balance."""

    signal: int
    sizing: int
    slippage: int
    fees: int
    funding: int

    @property
    def net(self) -> int:
        """Their sum: the P&L."""
        return self.signal + self.sizing + self.slippage + self.fees + self.funding


@dataclass(frozen=True, slots=True)
class Share:
    """What the rows with one label made: how many trades, and the P&L by cause."""

    key: str
    trades: int
    causes: Causes


def attribution(columns: TradeColumns, cut: Cut) -> list[Share]:
    """Return the shares of a cut, largest P&L first. They add up to the P&L of all rows, cause by cause."""
    return shares(columns, columns.labels[cut])


def shares(columns: TradeColumns, labels: Labels) -> list[Share]:
    """Return the shares by any labels of the rows; a label without a row has none."""
    if labels.codes.size == 0:
        return []
    order = np.argsort(labels.codes, kind="stable")
    codes = labels.codes[order]
    begins = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
    sums = [_sums(column[order], begins) for column in _causes(columns)]
    counts = np.add.reduceat(columns.is_trade[order].astype(np.int64), begins).tolist()
    found = [
        Share(labels.names[code], counts[place], Causes(*(column[place] for column in sums)))
        for place, code in enumerate(codes[begins].tolist())
    ]
    return sorted(found, key=lambda share: (-share.causes.net, share.key))


def total(columns: TradeColumns) -> Causes:
    """Return the P&L of all rows by cause."""
    if columns.realized.size == 0:
        return Causes(0, 0, 0, 0, 0)
    whole = np.zeros(1, dtype=np.intp)
    return Causes(*(_sums(column, whole)[0] for column in _causes(columns)))


def net_total(columns: TradeColumns) -> int:
    """Return the net P&L of all rows: that of `total`, without its causes."""
    if columns.realized.size == 0:
        return 0
    whole = np.zeros(1, dtype=np.intp)
    return sum(_sums(column, whole)[0] for column in (columns.realized, columns.fees, columns.funding))


def labels_of(names: list[str]) -> Labels:
    """Return labels for a list of words, one per row."""
    distinct = sorted(set(names))
    places = {name: place for place, name in enumerate(distinct)}
    return Labels(np.array([places[name] for name in names], dtype=np.int32), tuple(distinct))


def _together(mask: npt.NDArray[np.bool_]) -> Rows:
    """The rows as a slice where they are neighbours."""
    count = int(np.count_nonzero(mask))
    first = int(mask.argmax()) if count else 0
    return slice(first, first + count) if mask[first : first + count].all() else mask


def _causes(columns: TradeColumns) -> tuple[Units, Units, Units, Units, Units]:
    """Signal, sizing, slippage, fees, funding of each row; sizing is the rest, so that each row adds up."""
    decided = columns.realized + columns.slippage
    known = columns.risk > 0
    signal = decided.copy()
    if known.any():
        mean_risk = columns.risk[known].mean()
        equal = np.rint(decided[known] / columns.risk[known] * mean_risk)
        bounded = np.clip(equal, -_SAFE_SUM, _SAFE_SUM)
        signal[known] = bounded.astype(np.int64)
    return signal, decided - signal, -columns.slippage, columns.fees, columns.funding


def _sums(column: Units, begins: npt.NDArray[np.intp]) -> list[int]:
    """Exact sums of the runs that begin at these places: in integers without bound where 64 bits may not do."""
    if float(np.abs(column, dtype=np.float64).sum()) < _SAFE_SUM:
        return [int(value) for value in np.add.reduceat(column, begins)]
    whole = column.tolist()
    return [sum(whole[begin:end]) for begin, end in pairwise([*begins.tolist(), column.size])]
