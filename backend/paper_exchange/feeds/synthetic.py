"""Invented prices: regimes, correlation, jumps, a trend early on and a crash one market hour in.

All from the seed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from paper_exchange.feeds.bars import BarRow, FeedBar
from paper_exchange.feeds.candle_files import Scale
from paper_exchange.randomness import seeded

MINUTE_MS = 60_000
SIGMA_PER_MINUTE = 0.0006
COMMON_SHARE = 0.65
JUMP_CHANCE = 1 / 500
QUIET_BARS_BEFORE_START = 90
TREND = range(1, 26)
CRASH = range(60, 68)
REBOUND = range(68, 82)
CRASH_DEPTH = -0.10
REBOUND_HEIGHT = 0.035


@dataclass(frozen=True, slots=True)
class Instrument:
    """First price (USDT), reaction to the common factor, usual volume a minute (base units), trend of
    the opening.
    """

    price: float
    beta: float
    minute_volume: float
    opening_trend: int


@dataclass(frozen=True, slots=True)
class Regime:
    """Drift and deviation of log returns in units of the usual deviation a minute."""

    drift: float
    volatility: float


INSTRUMENTS: Mapping[str, Instrument] = {
    "BTCUSDT": Instrument(64_000.0, 1.0, 90.0, 1),
    "ETHUSDT": Instrument(3_200.0, 1.2, 1_500.0, 1),
    "SOLUSDT": Instrument(150.0, 1.5, 12_000.0, 1),
    "XRPUSDT": Instrument(0.62, 1.3, 900_000.0, -1),
    "DOGEUSDT": Instrument(0.16, 1.6, 4_000_000.0, -1),
}
REGIMES: Mapping[str, Regime] = {
    "calm": Regime(0.0, 0.6),
    "bull": Regime(0.18, 0.9),
    "bear": Regime(-0.18, 0.9),
    "choppy": Regime(0.0, 1.3),
    "stress": Regime(0.0, 2.2),
}
# A slow slide the other way, then the turn: crossings and channel breaks follow within the first 20 bars.
QUIET = Regime(-0.25, 0.5)
OPENING = Regime(0.55, 0.6)


class SyntheticState(msgspec.Struct):
    """Everything the next bar depends on besides the seed."""

    index: int
    open_ms: int
    prices: dict[str, float]
    regime: str = "calm"
    regime_left: int = 0
    log_volatility: float = 0.0


class SyntheticSource:
    """Minute bars without end; bar number `history` is the first that is played."""

    kind = "synthetic"
    interval_ms = MINUTE_MS
    rows_in_all = None

    def __init__(self, scales: Mapping[str, Scale], seed: int, start_ms: int, history: int) -> None:
        self.symbols = tuple(INSTRUMENTS)
        self.start_ms = start_ms - start_ms % MINUTE_MS
        self._scales = scales
        self._seed = seed
        self._history = history
        first_ms = self.start_ms - history * MINUTE_MS
        prices = {symbol: one.price for symbol, one in INSTRUMENTS.items()}
        self._state = SyntheticState(0, first_ms, prices)

    def history(self) -> list[BarRow]:
        """The bars before the play; the source stands at the first played bar afterwards."""
        return [self._make_row() for _ in range(self._history - self._state.index)]

    @property
    def rows_given(self) -> int:
        return self._state.index - self._history

    def next_row(self) -> BarRow | None:
        return self._make_row()

    def bookmark(self) -> str:
        """The state, with the history's length, so that the script keeps its times after a restart."""
        return msgspec.json.encode((self._history, self._state)).decode()

    def resume(self, bookmark: str) -> None:
        self._history, self._state = msgspec.json.decode(bookmark, type=tuple[int, SyntheticState])

    def _regime(self, played: int) -> Regime:
        """The regime of the bar so many bars after the play began; below zero is history."""
        state = self._state
        if -QUIET_BARS_BEFORE_START <= played < TREND.start:
            return QUIET
        if played in TREND:
            return OPENING
        if state.regime_left <= 0:
            draw = seeded(self._seed, "regime", state.index)
            state.regime = draw.choice(list(REGIMES))
            state.regime_left = draw.randrange(30, 240)
        state.regime_left -= 1
        return REGIMES[state.regime]

    def _make_row(self) -> BarRow:
        state = self._state
        played = state.index - self._history
        draw = seeded(self._seed, "bar", state.index)
        regime = self._regime(played)
        state.log_volatility = 0.97 * state.log_volatility + draw.gauss(0.0, 0.06)
        sigma = SIGMA_PER_MINUTE * regime.volatility * math.exp(state.log_volatility)
        common = draw.gauss(0.0, 1.0) * math.sqrt(COMMON_SHARE)
        jump = draw.choice((-1, 1)) * draw.uniform(4, 10) if draw.random() < JUMP_CHANCE else 0.0
        shock = _scripted_move(played)
        liveliness = (1 + abs(jump)) * (8.0 if shock else 1.0)
        bars: dict[str, FeedBar] = {}
        for symbol in self.symbols:
            instrument = INSTRUMENTS[symbol]
            own = draw.gauss(0.0, 1.0) * math.sqrt(1 - COMMON_SHARE)
            scripted = regime is QUIET or regime is OPENING
            trend = regime.drift * (instrument.opening_trend if scripted else 1)
            move = instrument.beta * (sigma * (common + own + jump) + SIGMA_PER_MINUTE * trend + shock)
            spread = instrument.beta * sigma * (3.0 if shock else 1.0)
            close = state.prices[symbol] * math.exp(move)
            reach = (abs(draw.gauss(0.0, 0.5)) * spread, abs(draw.gauss(0.0, 0.5)) * spread)
            volume = (
                instrument.minute_volume * regime.volatility * liveliness * math.exp(draw.gauss(-0.1, 0.45))
            )
            bars[symbol] = self._bar(symbol, state.prices[symbol], close, reach, volume)
            state.prices[symbol] = close
        row = BarRow(state.open_ms, bars)
        state.index += 1
        state.open_ms += MINUTE_MS
        return row

    def _bar(
        self, symbol: str, open_: float, close: float, reach: tuple[float, float], volume: float
    ) -> FeedBar:
        scale = self._scales[symbol]
        unit = 10.0**scale.price
        first, last = max(1, round(open_ * unit)), max(1, round(close * unit))
        high = max(first, last, round(max(open_, close) * math.exp(reach[0]) * unit))
        low = max(1, min(first, last, round(min(open_, close) * math.exp(-reach[1]) * unit)))
        return FeedBar(first, high, low, last, max(1, round(volume * 10.0**scale.quantity)))


def _scripted_move(played: int) -> float:
    """Log return of the common factor that the script adds to the bar so many bars after the start."""
    if played in CRASH:
        # Accelerating: the last minutes fall fastest.
        weight = played - CRASH.start + 1
        return math.log1p(CRASH_DEPTH) * weight / sum(range(1, len(CRASH) + 1))
    if played in REBOUND:
        return math.log1p(REBOUND_HEIGHT) / len(REBOUND)
    return 0.0
