"""What every strategy keeps to: closed bars only, no look-ahead, sound prices, a confidence with reasons."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.signals.protocol import CandleColumns, SignalProposal, Strategy, confidence_of
from app.domain.signals.registry import MAX_WARM_UP_BARS, STRATEGIES, strategy
from app.domain.types import Candle, Side
from tests.domain.signals.bars import HOUR_MS, recorded_hours, walk

every_strategy = pytest.mark.parametrize("held", STRATEGIES.values(), ids=STRATEGIES)


def _proposals(held: Strategy, candles: CandleColumns) -> list[SignalProposal]:
    found = [held.evaluate(candles.bars(0, end)) for end in range(held.warm_up_bars, len(candles) + 1)]
    return [proposal for proposal in found if proposal is not None]


@every_strategy
@given(seed=st.integers(0, 10_000), end=st.integers(120, 300))
@settings(max_examples=40, deadline=None)
def test_a_signal_is_unchanged_when_later_bars_are_appended(held: Strategy, seed: int, end: int) -> None:
    candles = walk(seed, 300)
    other_future = walk(seed + 1, 300)
    joined = CandleColumns(
        *(
            np.concatenate([getattr(candles, name)[:end], getattr(other_future, name)[end:]])
            for name in ("open_time_ms", "open", "high", "low", "close", "volume")
        )
    )
    assert held.evaluate(candles.bars(0, end)) == held.evaluate(joined.bars(0, end))
    # Read out of the whole series, the shared features at that bar are the same figures as well.
    window, whole = candles.bars(0, end).features(), joined.features()
    for name in ("ema", "adx", "atr", "channel_high", "channel_low", "volume_ratio"):
        np.testing.assert_array_equal(getattr(window, name)(20), getattr(whole, name)(20)[:end])


@every_strategy
def test_a_signal_does_not_depend_on_how_much_history_is_loaded(held: Strategy) -> None:
    candles = walk(7, 400)
    for end in range(200, 400):
        short = candles.bars(end - held.warm_up_bars, end)
        assert held.evaluate(short) == held.evaluate(candles.bars(0, end))
        assert held.evaluate(short) == held.evaluate(candles.bars(0, end), short.features())


@every_strategy
def test_too_little_history_gives_no_signal(held: Strategy) -> None:
    assert held.evaluate(walk(1, held.warm_up_bars - 1)) is None
    assert held.evaluate(walk(1, 0)) is None
    assert held.warm_up_bars <= MAX_WARM_UP_BARS <= 120


@every_strategy
@pytest.mark.parametrize("name", ["open", "high", "low", "close", "volume"])
@pytest.mark.parametrize("absent", [np.nan, np.inf])
def test_a_figure_that_is_not_there_gives_no_signal(held: Strategy, name: str, absent: float) -> None:
    candles = walk(3, 400)
    proposal = _proposals(held, candles)[0]
    end = int(proposal.bar_open_ms // HOUR_MS) + 1
    broken = candles.bars(0, end)
    getattr(broken, name)[end - 5] = absent
    assert held.evaluate(broken) is None
    assert held.evaluate(walk(3, 400).bars(0, end)) == proposal


@every_strategy
def test_bars_out_of_order_give_no_signal(held: Strategy) -> None:
    candles = walk(3, 400)
    proposal = _proposals(held, candles)[0]
    end = int(proposal.bar_open_ms // HOUR_MS) + 1
    twice = candles.open_time_ms.copy()
    twice[end - 1] = twice[end - 2]
    assert held.evaluate(replace(candles, open_time_ms=twice).bars(0, end)) is None


@every_strategy
def test_a_market_without_movement_gives_no_signal(held: Strategy) -> None:
    flat = np.full(200, 100.0)
    candles = CandleColumns(np.arange(200) * HOUR_MS, flat, flat, flat, flat, np.zeros(200))
    assert _proposals(held, candles) == []


@every_strategy
def test_a_proposal_is_sound_and_explained(held: Strategy) -> None:
    found = [proposal for seed in range(4) for proposal in _proposals(held, walk(seed, 500))]
    assert {proposal.side for proposal in found} == set(Side)
    for proposal in found:
        sign = proposal.side.sign
        risk = sign * (proposal.entry_price - proposal.stop_price)
        assert risk > 0
        assert sign * (proposal.take_profit_price - proposal.entry_price) == pytest.approx(3 * risk)
        assert 0 <= proposal.confidence <= 1
        assert proposal.strategy == held.id
        assert proposal.reason.endswith(".")
        assert f"confidence {proposal.confidence:.2f}" in proposal.reason
        assert all(np.isfinite(figure) for figure in proposal.figures.values())


@every_strategy
def test_the_mirrored_market_gives_the_mirrored_signal(held: Strategy) -> None:
    candles = walk(5, 500)
    mirrored = replace(
        candles,
        open=400 - candles.open,
        high=400 - candles.low,
        low=400 - candles.high,
        close=400 - candles.close,
    )
    ahead = [(p.bar_open_ms, p.side) for p in _proposals(held, candles)]
    behind = [(p.bar_open_ms, p.side) for p in _proposals(held, mirrored)]
    opposite = {Side.LONG: Side.SHORT, Side.SHORT: Side.LONG}
    assert behind == [(at, opposite[side]) for at, side in ahead]
    assert ahead != []


def test_the_recorded_hours_give_enough_signals_of_both_sides_and_of_every_confidence() -> None:
    counts: Counter[tuple[str, Side]] = Counter()
    confidences: dict[str, list[float]] = {name: [] for name in STRATEGIES}
    for candles in recorded_hours().values():
        for end in range(MAX_WARM_UP_BARS, len(candles) + 1):
            window = candles.bars(end - MAX_WARM_UP_BARS, end)
            features = window.features()
            for held in STRATEGIES.values():
                proposal = held.evaluate(window, features)
                if proposal is not None:
                    counts[held.id, proposal.side] += 1
                    confidences[held.id].append(proposal.confidence)
    assert sum(counts.values()) >= 120
    assert all(counts[name, side] >= 20 for name in STRATEGIES for side in Side)
    for held_confidences in confidences.values():
        assert min(held_confidences) < 0.6
        assert max(held_confidences) > 0.85


def test_a_confidence_is_held_between_a_bare_trigger_and_near_certainty() -> None:
    assert confidence_of({"a": (1.0, -5.0)}) == 0.45
    assert confidence_of({"a": (1.0, 5.0)}) == 0.95
    assert confidence_of({"a": (3.0, 1.0), "b": (1.0, 0.0)}) == 0.825


def test_candles_become_columns_in_their_order() -> None:
    columns = CandleColumns.of([Candle(0, 1.0, 3.0, 0.5, 2.0, 9.0), Candle(HOUR_MS, 2.0, 4.0, 1.5, 3.0, 8.0)])
    assert len(columns) == 2
    assert columns.open_time_ms.tolist() == [0, HOUR_MS]
    assert (columns.high.tolist(), columns.close.tolist()) == ([3.0, 4.0], [2.0, 3.0])
    assert len(columns.last(1)) == 1
    assert len(columns.last(5)) == 2


def test_the_registry_knows_its_strategies_by_id() -> None:
    assert strategy("ema_trend") is STRATEGIES["ema_trend"]
    assert strategy("moon_phase") is None
    assert all(held.id == key and held.description and held.timeframes for key, held in STRATEGIES.items())
