"""The average true range of the newest bar."""

import pytest

from app.domain.signals.volatility import ATR_PERIOD, average_true_range


def bars(count: int, spread: float = 2.0) -> tuple[list[float], list[float], list[float]]:
    """Bars that all reach a half of the spread up and down from 100, where they close."""
    return [100 + spread / 2] * count, [100 - spread / 2] * count, [100.0] * count


def test_bars_of_one_size_have_that_range() -> None:
    assert average_true_range(*bars(40)) == pytest.approx(2.0)


def test_the_range_moves_by_one_part_of_the_period() -> None:
    """Wilder's mean of two is a half of the one before and a half of the newest range, 6 against 2."""
    high, low, close = bars(10)
    assert average_true_range([*high, 103.0], [*low, 97.0], [*close, 100.0], 2) == pytest.approx(4.0)


def test_one_bar_more_than_the_period_is_needed() -> None:
    assert average_true_range(*bars(ATR_PERIOD)) is None
    assert average_true_range(*bars(ATR_PERIOD + 1)) == pytest.approx(2.0)
    assert average_true_range(*bars(3), 3) is None
    assert average_true_range(*bars(4), 3) == pytest.approx(2.0)


def test_the_usual_period_is_fourteen_bars() -> None:
    high, low, close = bars(20)
    widened = average_true_range([*high, 108.0], [*low, 92.0], [*close, 100.0])
    assert widened == pytest.approx(2.0 + (16.0 - 2.0) / 14)


def test_a_cheap_coin_has_a_small_range() -> None:
    assert average_true_range(*bars(40, spread=0.002)) == pytest.approx(0.002)


def test_no_range_is_none() -> None:
    assert average_true_range(*bars(40, spread=0.0)) is None


def test_what_is_no_number_is_none() -> None:
    high, low, close = bars(40)
    assert average_true_range([*high[:-1], float("nan")], low, close) is None
    assert average_true_range([*high[:-1], float("inf")], low, close) is None
