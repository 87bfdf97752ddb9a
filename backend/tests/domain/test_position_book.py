from dataclasses import replace

import numpy as np
import pytest

from app.domain.position_book import NO_TIME_EXIT, PositionColumns, exit_events

NAN = float("nan")
# Row 0 long, row 1 short, both of symbol 0; row 2 long of symbol 1. Entry 100, stops 5 away, targets 10.
BOOK = PositionColumns(
    symbol_index=np.array([0, 0, 1]),
    sign=np.array([1.0, -1.0, 1.0]),
    entry=np.full(3, 100.0),
    extreme=np.full(3, 100.0),
    stop=np.array([95.0, 105.0, 95.0]),
    sent_stop=np.array([95.0, 105.0, 95.0]),
    target=np.array([110.0, 90.0, 110.0]),
    activation_fraction=np.full(3, 0.02),
    trail_fraction=np.full(3, 0.015),
    tick=np.full(3, 0.1),
    armed=np.zeros(3, dtype=np.bool_),
    time_exit_ms=np.full(3, NO_TIME_EXIT),
    leaving=np.zeros(3, dtype=np.bool_),
)


@pytest.mark.parametrize(("mark", "rows"), [(109.9, []), (110.0, [0]), (110.1, [0]), (90.0, [1])])
def test_a_target_closes_the_positions_of_its_symbol(mark: float, rows: list[int]) -> None:
    assert exit_events(BOOK, 0, mark, 0).take_profit.tolist() == rows


def test_another_symbols_positions_are_left_alone() -> None:
    events = exit_events(BOOK, 1, 110.0, 0)
    assert events.rows.tolist() == [2]
    assert events.take_profit.tolist() == [2]


@pytest.mark.parametrize(("market_ms", "rows"), [(999, []), (1000, [0]), (1001, [0])])
def test_time_closes_at_its_moment(market_ms: int, rows: list[int]) -> None:
    book = replace(BOOK, time_exit_ms=np.array([1000, NO_TIME_EXIT, 1000]))
    assert exit_events(book, 0, 100.0, market_ms).time_exit.tolist() == rows


def test_a_target_comes_before_time() -> None:
    book = replace(BOOK, time_exit_ms=np.full(3, 0))
    events = exit_events(book, 0, 110.0, 1)
    assert events.take_profit.tolist() == [0]
    assert events.time_exit.tolist() == [1]


def test_an_armed_stop_that_moves_enough_is_sent() -> None:
    events = exit_events(BOOK, 0, 103.0, 0)
    assert events.stop_moved.tolist() == [0]
    assert events.trailed.stop[0] == pytest.approx(101.5)
    assert events.trailed.armed.tolist() == [True, False]


def test_a_small_move_is_kept_until_it_is_worth_sending() -> None:
    book = replace(BOOK, stop=np.array([101.5, 105.0, 95.0]), armed=np.array([True, False, False]))
    at_venue = replace(book, sent_stop=book.stop, extreme=np.array([103.0, 100.0, 100.0]))
    small = exit_events(at_venue, 0, 103.2, 0, min_improvement_fraction=0.005)
    assert small.stop_moved.tolist() == []
    assert small.trailed.stop[0] > 101.5
    kept = replace(at_venue, stop=np.array([small.trailed.stop[0], 105.0, 95.0]))
    assert exit_events(kept, 0, 103.7, 0, min_improvement_fraction=0.005).stop_moved.tolist() == [0]


def test_a_position_that_is_leaving_causes_nothing() -> None:
    book = replace(BOOK, leaving=np.array([True, False, False]), time_exit_ms=np.array([0, NO_TIME_EXIT, 0]))
    events = exit_events(book, 0, 110.0, 1)
    assert events.rows.tolist() == [1]
    assert (events.take_profit.tolist(), events.time_exit.tolist(), events.stop_moved.tolist()) == (
        [],
        [],
        [],
    )


@pytest.mark.parametrize(
    ("mark", "is_stale"), [(NAN, False), (0.0, False), (-1.0, False), (float("inf"), False), (110.0, True)]
)
def test_a_price_that_is_absent_or_stale_causes_nothing(mark: float, is_stale: bool) -> None:
    book = replace(BOOK, time_exit_ms=np.full(3, 0))
    events = exit_events(book, 0, mark, 10, is_stale=is_stale)
    assert events.rows.tolist() == []
    assert (events.take_profit.tolist(), events.time_exit.tolist(), events.stop_moved.tolist()) == (
        [],
        [],
        [],
    )


def test_the_book_itself_is_not_changed() -> None:
    exit_events(BOOK, 0, 103.0, 0)
    assert BOOK.stop.tolist() == [95.0, 105.0, 95.0]
    assert BOOK.armed.tolist() == [False, False, False]
