"""Each strategy beside its own words: TA-Lib asked directly about the same bars, and the sums done by hand."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import talib

from app.domain.signals.donchian_breakout import DonchianBreakout
from app.domain.signals.ema_trend import EmaTrend
from app.domain.signals.protocol import CandleColumns, SignalProposal, confidence_of
from app.domain.types import Side
from tests.domain.signals.bars import HOUR_MS, walk

WARM_UP = 120
SEEDS = (3, 7, 11)


def clipped(score: float) -> float:
    return min(1.0, max(0.0, score))


def wilder(bars: CandleColumns) -> dict[str, float]:
    prices = (bars.high, bars.low, bars.close)
    return {"adx": float(talib.ADX(*prices, 14)[-1]), "atr": float(talib.ATR(*prices, 14)[-1])}


def volume_ratio(bars: CandleColumns) -> float:
    return float(bars.volume[-1] / bars.volume[-21:-1].mean())


def crossing(bars: CandleColumns) -> tuple[Side, dict[str, float]] | None:
    fast, slow = talib.EMA(bars.close, 12), talib.EMA(bars.close, 26)
    was, now = fast[-2] - slow[-2], fast[-1] - slow[-1]
    figures = wilder(bars)
    if was * now > 0 or figures["adx"] < 18:
        return None
    sign = 1 if now > 0 else -1
    prices = (bars.high, bars.low, bars.close)
    gap = float(talib.PLUS_DI(*prices, 14)[-1] - talib.MINUS_DI(*prices, 14)[-1])
    figures |= {
        "atr_beyond_slow": sign * float(bars.close[-1] - slow[-1]) / figures["atr"],
        "di_gap": sign * gap,
        "volume_ratio": volume_ratio(bars),
    }
    return (Side.LONG if sign > 0 else Side.SHORT), figures


def breakout(bars: CandleColumns) -> tuple[Side, dict[str, float]] | None:
    def outside(bar: int) -> int:
        before = slice(len(bars) + bar - 20, len(bars) + bar)
        above = bars.close[bar] > bars.high[before].max()
        return int(above) - int(bars.close[bar] < bars.low[before].min())

    sign = outside(-1)
    if sign == 0 or outside(-2) == sign:
        return None
    high, low = float(bars.high[-21:-1].max()), float(bars.low[-21:-1].min())
    line = high if sign > 0 else low
    figures = wilder(bars)
    figures |= {
        "channel_line": line,
        "atr_beyond_channel": sign * (float(bars.close[-1]) - line) / figures["atr"],
        "channel_width_atr": (high - low) / figures["atr"],
        "volume_ratio": volume_ratio(bars),
    }
    return (Side.LONG if sign > 0 else Side.SHORT), figures


def trend_confidence(figures: Mapping[str, float]) -> float:
    score = 0.30 * clipped((figures["adx"] - 18) / 20) + 0.35 * clipped(figures["atr_beyond_slow"] / 2)
    score += 0.20 * clipped(figures["di_gap"] / 20) + 0.15 * clipped((figures["volume_ratio"] - 0.5) / 1.5)
    return round(0.45 + 0.5 * score, 4)


def break_confidence(figures: Mapping[str, float]) -> float:
    score = 0.35 * clipped(figures["atr_beyond_channel"] / 0.8)
    score += 0.30 * clipped((figures["volume_ratio"] - 0.5) / 2) + 0.20 * clipped((figures["adx"] - 12) / 23)
    score += 0.15 * clipped((7 - figures["channel_width_atr"]) / 4)
    return round(0.45 + 0.5 * score, 4)


def trend_reason(side: Side, figures: Mapping[str, float], confidence: float) -> str:
    verb = "above" if side is Side.LONG else "below"
    return (
        f"EMA(12) crossed {verb} EMA(26); ADX {figures['adx']:.1f} (at least 18), close"
        f" {figures['atr_beyond_slow']:.2f} ATR {verb} EMA(26), DI gap {figures['di_gap']:.1f}, volume"
        f" {figures['volume_ratio']:.2f} times its mean: confidence {confidence:.2f}."
    )


def break_reason(side: Side, figures: Mapping[str, float], confidence: float) -> str:
    verb = "above the high" if side is Side.LONG else "below the low"
    return (
        f"Close {figures['atr_beyond_channel']:.2f} ATR {verb} of 20 bars ({figures['channel_line']:g}); channel"
        f" {figures['channel_width_atr']:.1f} ATR wide, ADX {figures['adx']:.1f}, volume"
        f" {figures['volume_ratio']:.2f} times its mean: confidence {confidence:.2f}."
    )


RULES = [
    (EmaTrend(), crossing, trend_confidence, trend_reason, 2.0),
    (DonchianBreakout(), breakout, break_confidence, break_reason, 1.5),
]


@pytest.mark.parametrize(
    ("strategy", "rule", "trust", "words", "stop_atr"), RULES, ids=lambda one: getattr(one, "id", "")
)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_strategy_proposes_where_its_rule_says_and_nowhere_else(
    strategy: EmaTrend | DonchianBreakout,
    rule: object,
    trust: object,
    words: object,
    stop_atr: float,
    seed: int,
) -> None:
    assert callable(rule)
    assert callable(trust)
    assert callable(words)
    candles = walk(seed, 400)
    proposed = 0
    for end in range(WARM_UP, len(candles) + 1):
        bars = candles.bars(end - WARM_UP, end)
        found, expected = strategy.evaluate(bars), rule(bars)
        assert (found is None) is (expected is None)
        if found is None or expected is None:
            continue
        side, figures = expected
        confidence = trust(figures)
        assert dict(found.figures) == pytest.approx(figures)
        assert (found.side, found.confidence, found.bar_open_ms) == (side, confidence, (end - 1) * HOUR_MS)
        assert found.reason == words(side, figures, confidence)
        assert found.model == f"{found.strategy}@1"
        close, distance = float(bars.close[-1]), stop_atr * figures["atr"]
        sign = 1 if side is Side.LONG else -1
        assert found.entry_price == close
        assert found.stop_price == pytest.approx(close - sign * distance)
        assert found.take_profit_price == pytest.approx(close + sign * 3 * distance)
        proposed += 1
    assert proposed > 2


@pytest.mark.parametrize("strategy", [EmaTrend(), DonchianBreakout()], ids=lambda one: one.id)
def test_without_a_usual_volume_it_counts_for_nothing(strategy: EmaTrend | DonchianBreakout) -> None:
    candles = walk(3, 400)
    found = first(strategy, candles)
    end = found.bar_open_ms // HOUR_MS + 1
    silent = candles.volume.copy()
    silent[end - 21 : end - 1] = 0
    unheard = strategy.evaluate(replace(candles, volume=silent).bars(end - WARM_UP, end))
    assert unheard is not None
    assert np.isnan(unheard.figures["volume_ratio"])
    assert "volume 0.00 times" in unheard.reason
    trust = trend_confidence if isinstance(strategy, EmaTrend) else break_confidence
    assert unheard.confidence == trust({**unheard.figures, "volume_ratio": 0.0})


def first(strategy: EmaTrend | DonchianBreakout, candles: CandleColumns) -> SignalProposal:
    for end in range(WARM_UP, len(candles) + 1):
        found = strategy.evaluate(candles.bars(end - WARM_UP, end))
        if found is not None:
            return found
    raise AssertionError("nothing was proposed")


def test_confidence_is_the_weighted_mean_of_scores_between_45_and_95_percent() -> None:
    assert confidence_of({"one": (1, 0.0)}) == 0.45
    assert confidence_of({"one": (1, 1.0)}) == 0.95
    assert confidence_of({"one": (1, 7.0), "other": (3, -7.0)}) == 0.575
    assert confidence_of({"one": (2, 0.5), "other": (2, 0.25)}) == 0.6375
    assert confidence_of({"one": (1, 1 / 3)}) == 0.6167


def test_bars_are_sound_with_prices_above_zero_and_time_that_goes_forward() -> None:
    bars = walk(1, 5)
    assert bars.is_sound()
    still = replace(bars, volume=np.zeros(5))
    assert still.is_sound()
    for name in ("open", "high", "low", "close"):
        prices = getattr(bars, name).copy()
        prices[2] = 0
        assert not replace(bars, **{name: prices}).is_sound()
    assert not replace(bars, open_time_ms=bars.open_time_ms[::-1]).is_sound()
    assert replace(bars, open_time_ms=np.arange(5)).is_sound()
    assert not replace(bars, open_time_ms=np.array([0, 1, 1, 2, 3])).is_sound()
    assert len(bars.last(3)) == 3
    assert bars.last(3).open_time_ms.tolist() == [2 * HOUR_MS, 3 * HOUR_MS, 4 * HOUR_MS]
    assert len(bars.last(9)) == 5


def test_volumes_below_one_are_volumes() -> None:
    bars = walk(2, 60)
    small = replace(bars, volume=bars.volume / 1e4)
    assert small.features().volume_ratio(20)[20:] == pytest.approx(bars.features().volume_ratio(20)[20:])
    assert np.isnan(bars.features().volume_ratio(20)[:20]).all()
    assert np.isnan(bars.bars(0, 10).features().volume_ratio(20)).all()


def test_a_confidence_has_four_places() -> None:
    assert confidence_of({"one": (1, 0.12345)}) == 0.5117
    assert confidence_of({"one": (1, 0.12355)}) == 0.5118
