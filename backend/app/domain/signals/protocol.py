"""What a strategy is: closed candles in, at most one proposal for the newest of them out.

To add one: write a frozen class with these members, give it an id, list it in `registry.STRATEGIES`. It is
pure, sees closed candles only, and looks at the last `warm_up_bars` of them, so that the same bars always
give the same proposal however much history was loaded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from app.domain.fixed_point import FloatColumn, IntColumn
from app.domain.signals.features import Features
from app.domain.timeframes import Timeframe
from app.domain.types import Candle, Side


@dataclass(frozen=True, slots=True)
class CandleColumns:
    """Closed bars of one symbol and timeframe, oldest first. Times are market milliseconds of the bar's
    open; prices in quote currency, volume in base units."""

    open_time_ms: IntColumn
    open: FloatColumn
    high: FloatColumn
    low: FloatColumn
    close: FloatColumn
    volume: FloatColumn

    @classmethod
    def of(cls, candles: Sequence[Candle]) -> Self:
        """Return the columns of the candles, in the order given."""
        return cls(
            np.array([candle.open_time_ms for candle in candles], dtype=np.int64),
            np.array([candle.open for candle in candles], dtype=np.float64),
            np.array([candle.high for candle in candles], dtype=np.float64),
            np.array([candle.low for candle in candles], dtype=np.float64),
            np.array([candle.close for candle in candles], dtype=np.float64),
            np.array([candle.volume for candle in candles], dtype=np.float64),
        )

    def __len__(self) -> int:
        return len(self.open_time_ms)

    def bars(self, start: int, stop: int) -> Self:
        """Return the bars from `start` up to `stop`, `stop` left out."""
        held = slice(start, stop)
        return type(self)(
            self.open_time_ms[held],
            self.open[held],
            self.high[held],
            self.low[held],
            self.close[held],
            self.volume[held],
        )

    def features(self) -> Features:
        """Return the indicators over these bars."""
        return Features(high=self.high, low=self.low, close=self.close, volume=self.volume)

    def is_sound(self) -> bool:
        """Whether every price is there and above zero, every volume is there, and time only goes forward.
        TA-Lib starts over after a price that is not a number, so an unsound bar must not reach it."""
        prices = np.stack([self.open, self.high, self.low, self.close])
        return bool(
            np.isfinite(prices).all()
            and (prices > 0).all()
            and np.isfinite(self.volume).all()
            and (np.diff(self.open_time_ms) > 0).all()
        )

    def last(self, count: int) -> Self:
        """Return the newest `count` bars, or all where there are fewer."""
        return self.bars(max(0, len(self) - count), len(self))


@dataclass(frozen=True, slots=True)
class SignalProposal:
    """A proposal to trade, made at the close of the bar that opened at `bar_open_ms`. Prices in quote
    currency, not yet on a tick; `confidence` is 0-1; `reason` is a sentence and `figures` its numbers.
    `model` is what judged the bars and its version, `name@version`: results are told apart by it."""

    strategy: str
    side: Side
    bar_open_ms: int
    entry_price: float
    stop_price: float
    take_profit_price: float
    confidence: float
    reason: str
    figures: Mapping[str, float]
    model: str | None = None


class Strategy(Protocol):
    """A strategy plug-in. It may raise: the caller isolates it, reports it and tries the next bar."""

    @property
    def id(self) -> str:
        """A stable name of letters, digits and underscores."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def description(self) -> str:
        """One sentence: when it enters, where its stop and target are."""

    @property
    def warm_up_bars(self) -> int:
        """How many closed bars it needs, and how many it looks at."""

    @property
    def timeframes(self) -> tuple[Timeframe, ...]:
        """The bar lengths it may run on."""

    def evaluate(self, candles: CandleColumns, features: Features | None = None) -> SignalProposal | None:
        """Return the proposal of the newest bar, None when there is none or too little history.

        `features`, when given, are those of `candles.last(warm_up_bars)`, shared between strategies.
        """


def confidence_of(parts: Mapping[str, tuple[float, float]]) -> float:
    """Return 0.45 + 0.5 x the weighted mean of the parts, rounded to four places.

    Each part is (weight, score) with the score 0-1. The range is 0.45 (a bare trigger) to 0.95: no
    indicator is certain.
    """
    total = sum(weight for weight, _ in parts.values())
    score = sum(weight * min(1.0, max(0.0, part)) for weight, part in parts.values()) / total
    return round(0.45 + 0.5 * score, 4)
