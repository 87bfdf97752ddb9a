"""Exactly at the edges of each strategy: on the channel's line, averages that only touch, a trend just strong."""

from dataclasses import replace

import numpy as np
import pytest

from app.domain.fixed_point import FloatColumn
from app.domain.signals.donchian_breakout import DonchianBreakout
from app.domain.signals.ema_trend import EmaTrend
from app.domain.signals.features import Features
from app.domain.signals.protocol import CandleColumns
from app.domain.types import Side
from tests.domain.signals.bars import HOUR_MS, walk

COUNT = 120


def resting(close: float, scale: float = 1.0) -> CandleColumns:
    """Bars from 99 to 101 that close at 100, and a last one that goes no further than where it closes."""
    high, low, closes = np.full(COUNT, 101.0), np.full(COUNT, 99.0), np.full(COUNT, 100.0)
    closes[-1], high[-1], low[-1] = close, max(close, 100.0), min(close, 100.0)
    return scaled(
        CandleColumns(np.arange(COUNT) * HOUR_MS, np.full(COUNT, 100.0), high, low, closes, np.ones(COUNT)),
        scale,
    )


def scaled(bars: CandleColumns, by: float) -> CandleColumns:
    """The same bars of a coin that costs so many times as much."""
    return replace(bars, open=by * bars.open, high=by * bars.high, low=by * bars.low, close=by * bars.close)


class Told(Features):
    """Indicators of a resting market, of which some are told: the averages of the last two bars, trend and range."""

    def __init__(
        self,
        fast: tuple[float, float] = (99.0, 101.0),
        slow: tuple[float, float] = (100.0, 100.0),
        adx: float = 30.0,
        atr: float = 2.0,
    ) -> None:
        bars = resting(100.0)
        super().__init__(high=bars.high, low=bars.low, close=bars.close, volume=bars.volume)
        self._fast, self._slow, self._adx, self._atr = fast, slow, adx, atr

    def ema(self, period: int) -> FloatColumn:
        return np.array(self._fast if period == 12 else self._slow)

    def adx(self, period: int) -> FloatColumn:
        return np.full(period, self._adx)

    def atr(self, period: int) -> FloatColumn:
        return np.full(period, self._atr)


@pytest.mark.parametrize("scale", [1.0, 1e-4])
@pytest.mark.parametrize(
    ("close", "side"),
    [(101.0, None), (101.01, Side.LONG), (100.99, None), (99.0, None), (98.99, Side.SHORT), (99.01, None)],
)
def test_a_close_on_the_line_of_the_channel_is_no_breakout(
    close: float, side: Side | None, scale: float
) -> None:
    found = DonchianBreakout().evaluate(resting(close, scale))
    assert (None if found is None else found.side) is side


def test_a_break_without_any_range_is_no_signal() -> None:
    still = Told(atr=0.0)
    assert DonchianBreakout().evaluate(resting(101.01), Told()) is not None
    assert DonchianBreakout().evaluate(resting(101.01), still) is None
    assert EmaTrend().evaluate(resting(100.0), still) is None


@pytest.mark.parametrize(("adx", "trades"), [(17.99, False), (18.0, True), (18.01, True)])
def test_a_trend_of_eighteen_is_strong_enough(adx: float, trades: bool) -> None:
    assert (EmaTrend().evaluate(resting(100.0), Told(adx=adx)) is not None) is trades


@pytest.mark.parametrize(
    ("fast", "side"),
    [
        ((99.0, 101.0), Side.LONG),
        ((101.0, 99.0), Side.SHORT),
        ((99.5, 100.5), Side.LONG),
        ((99.0, 100.0), None),  # they touch
        ((101.0, 100.0), None),
        ((100.0, 101.0), Side.LONG),  # they had touched, and part
        ((100.0, 99.0), Side.SHORT),
        ((101.0, 102.0), None),
        ((99.0, 98.0), None),
        ((101.0, 101.0), None),
    ],
)
def test_averages_cross_when_they_have_parted(fast: tuple[float, float], side: Side | None) -> None:
    found = EmaTrend().evaluate(resting(100.0), Told(fast=fast))
    assert (None if found is None else found.side) is side


@pytest.mark.parametrize("strategy", [EmaTrend(), DonchianBreakout()], ids=lambda one: one.id)
def test_a_coin_of_a_thousandth_gives_the_signals_of_one_of_a_hundred(
    strategy: EmaTrend | DonchianBreakout,
) -> None:
    dear, seen = walk(3, 400), 0
    cheap = scaled(dear, 1e-5)
    for end in range(COUNT, 401):
        ours, theirs = (strategy.evaluate(one.bars(end - COUNT, end)) for one in (cheap, dear))
        assert (ours is None) is (theirs is None)
        if ours is not None and theirs is not None:
            assert ours.side is theirs.side
            assert ours.stop_price == pytest.approx(1e-5 * theirs.stop_price)
            seen += 1
    assert seen > 2
