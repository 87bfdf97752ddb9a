from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.fixed_point import FloatColumn
from app.domain.stops import (
    PriceSpec,
    PriceUnit,
    StopSpecError,
    Trailed,
    TrailingColumns,
    resolve_stop,
    resolve_target,
    stop_hit,
    stop_toward_entry,
    target_hit,
    trail,
    worth_sending,
)
from app.domain.types import Side

TICK = Decimal("0.1")


def _spec(unit: str, value: str) -> PriceSpec:
    return PriceSpec(PriceUnit(unit), Decimal(value))


@pytest.mark.parametrize(
    ("side", "unit", "value", "price"),
    [
        (Side.LONG, "percent", "2", "98.0"),
        (Side.SHORT, "percent", "2", "102.0"),
        (Side.LONG, "atr", "2", "97.0"),
        (Side.SHORT, "atr", "2", "103.0"),
        (Side.LONG, "price", "95.5", "95.5"),
        # A stop off the tick moves toward the entry: up for a long, down for a short.
        (Side.LONG, "price", "95.51", "95.6"),
        (Side.SHORT, "price", "104.59", "104.5"),
    ],
)
def test_a_stop_resolves_to_a_tick_toward_the_entry(side: Side, unit: str, value: str, price: str) -> None:
    stop = resolve_stop(
        _spec(unit, value), side=side, entry_price=Decimal(100), tick=TICK, atr=Decimal("1.5")
    )
    assert stop == Decimal(price)


@pytest.mark.parametrize(
    ("side", "unit", "value", "price"),
    [
        (Side.LONG, "r", "3", "106.0"),
        (Side.SHORT, "r", "3", "94.0"),
        (Side.LONG, "percent", "4", "104.0"),
        (Side.LONG, "price", "104.59", "104.5"),
        (Side.SHORT, "price", "95.51", "95.6"),
    ],
)
def test_a_target_resolves_to_a_tick_toward_the_entry(side: Side, unit: str, value: str, price: str) -> None:
    stop = Decimal(98) if side is Side.LONG else Decimal(102)
    target = resolve_target(
        _spec(unit, value), side=side, entry_price=Decimal(100), tick=TICK, stop_price=stop
    )
    assert target == Decimal(price)


@pytest.mark.parametrize(
    ("side", "unit", "value"),
    [
        (Side.LONG, "price", "100"),
        (Side.LONG, "price", "101"),
        (Side.LONG, "price", "99.95"),
        (Side.SHORT, "price", "99"),
        (Side.LONG, "percent", "100"),
        (Side.LONG, "percent", "0"),
        (Side.LONG, "percent", "-2"),
        (Side.LONG, "r", "1"),
    ],
)
def test_a_stop_that_is_not_on_the_losing_side_is_an_error(side: Side, unit: str, value: str) -> None:
    with pytest.raises(StopSpecError):
        resolve_stop(_spec(unit, value), side=side, entry_price=Decimal(100), tick=TICK)


def test_an_unknown_atr_or_risk_is_an_error() -> None:
    with pytest.raises(StopSpecError):
        resolve_stop(_spec("atr", "2"), side=Side.LONG, entry_price=Decimal(100), tick=TICK, atr=None)
    with pytest.raises(StopSpecError):
        resolve_target(_spec("r", "2"), side=Side.LONG, entry_price=Decimal(100), tick=TICK)
    with pytest.raises(StopSpecError):
        resolve_target(_spec("price", "99"), side=Side.LONG, entry_price=Decimal(100), tick=TICK)


@given(
    price=st.decimals(min_value="0.01", max_value=100_000, places=6),
    tick=st.sampled_from([Decimal("0.1"), Decimal("0.01"), Decimal("0.00001"), Decimal(5), Decimal("0.5")]),
    side=st.sampled_from(Side),
)
def test_a_stop_on_a_tick_is_never_farther_than_asked(price: Decimal, tick: Decimal, side: Side) -> None:
    stop = stop_toward_entry(price, tick, side)
    assert stop % tick == 0
    assert 0 <= (stop - price) * side.sign < tick


def _column(*values: float) -> FloatColumn:
    return np.array(values, dtype=np.float64)


def _one(
    side: Side = Side.LONG,
    *,
    extreme: float = 100.0,
    stop: float = 95.0,
    armed: bool = False,
    activation: float = 0.02,
    trailing: float = 0.015,
    tick: float = 0.1,
) -> TrailingColumns:
    return TrailingColumns(
        sign=_column(float(side.sign)),
        entry=_column(100.0),
        extreme=_column(extreme),
        stop=_column(stop),
        armed=np.array([armed]),
        activation_fraction=_column(activation),
        trail_fraction=_column(trailing),
        tick=_column(tick),
    )


@pytest.mark.parametrize(("mark", "armed"), [(101.99, False), (102.0, True), (102.01, True)])
def test_a_trailing_stop_arms_at_its_activation(mark: float, armed: bool) -> None:
    after = trail(_one(), _column(mark))
    assert after.armed.tolist() == [armed]
    assert after.moved.tolist() == [armed]
    assert after.extreme.tolist() == [mark]


def test_an_armed_stop_stands_behind_the_extreme_on_a_tick_toward_the_price() -> None:
    # 110 x 0.985 = 108.35, up to 108.4 for a long; 90 x 1.015 = 91.35, down to 91.3 for a short.
    assert trail(_one(), _column(110.0)).stop[0] == pytest.approx(108.4)
    short = trail(_one(Side.SHORT, stop=105.0), _column(90.0))
    assert short.stop[0] == pytest.approx(91.3)
    assert short.armed.tolist() == [True]


def test_a_stop_on_a_tick_already_is_not_moved_by_float_noise() -> None:
    after = trail(_one(extreme=110.0, stop=108.4, armed=True), _column(110.0))
    assert after.moved.tolist() == [False]
    assert after.stop.tolist() == [108.4]


def test_an_armed_stop_stays_armed_and_in_place_when_the_price_falls_back() -> None:
    before = trail(_one(), _column(110.0))
    after = trail(_one(extreme=110.0, stop=float(before.stop[0]), armed=True), _column(101.0))
    assert after.armed.tolist() == [True]
    assert after.moved.tolist() == [False]
    assert after.extreme.tolist() == [110.0]


def test_a_trailing_stop_keeps_a_tighter_stop() -> None:
    assert trail(_one(stop=109.0), _column(110.0)).stop.tolist() == [109.0]


def test_a_position_without_a_trailing_stop_never_arms() -> None:
    after = trail(_one(activation=float("nan"), trailing=float("nan")), _column(200.0))
    assert (after.armed.tolist(), after.moved.tolist(), after.stop.tolist()) == ([False], [False], [95.0])


@pytest.mark.parametrize("mark", [float("nan"), 0.0, -1.0, float("inf")])
def test_a_price_that_is_not_there_changes_nothing(mark: float) -> None:
    after = trail(_one(armed=True, extreme=110.0), _column(mark))
    assert (after.extreme.tolist(), after.stop.tolist(), after.moved.tolist()) == ([110.0], [95.0], [False])


@given(
    side=st.sampled_from(Side),
    marks=st.lists(st.floats(min_value=50, max_value=200) | st.just(float("nan")), min_size=1, max_size=30),
)
@settings(max_examples=100, deadline=None)
def test_a_trailing_stop_never_loosens_nor_disarms(side: Side, marks: list[float]) -> None:
    columns = _one(side, stop=95.0 if side is Side.LONG else 105.0)
    for mark in marks:
        after: Trailed = trail(columns, _column(mark))
        assert side.sign * (after.stop[0] - columns.stop[0]) >= 0
        assert side.sign * (after.extreme[0] - columns.extreme[0]) >= 0
        assert after.armed[0] or not columns.armed[0]
        assert bool(after.moved[0]) is bool(after.stop[0] != columns.stop[0])
        columns = _one(
            side, extreme=float(after.extreme[0]), stop=float(after.stop[0]), armed=bool(after.armed[0])
        )


@given(
    rows=st.lists(
        st.tuples(st.sampled_from(Side), st.floats(min_value=90, max_value=110), st.booleans()),
        min_size=1,
        max_size=20,
    ),
    mark=st.floats(min_value=80, max_value=120),
)
@settings(max_examples=50, deadline=None)
def test_a_column_trails_each_row_by_itself(rows: list[tuple[Side, float, bool]], mark: float) -> None:
    singles = [trail(_one(side, stop=stop, armed=armed), _column(mark)) for side, stop, armed in rows]
    count = len(rows)
    together = trail(
        TrailingColumns(
            sign=_column(*[float(side.sign) for side, _, _ in rows]),
            entry=np.full(count, 100.0),
            extreme=np.full(count, 100.0),
            stop=_column(*[stop for _, stop, _ in rows]),
            armed=np.array([armed for _, _, armed in rows]),
            activation_fraction=np.full(count, 0.02),
            trail_fraction=np.full(count, 0.015),
            tick=np.full(count, 0.1),
        ),
        _column(mark),
    )
    assert together.stop.tolist() == [single.stop[0] for single in singles]
    assert together.moved.tolist() == [single.moved[0] for single in singles]


def test_stops_and_targets_are_hit_at_their_price() -> None:
    long, short, level = _column(1.0), _column(-1.0), _column(95.0)
    assert [bool(stop_hit(long, level, _column(m))[0]) for m in (95.1, 95.0, 94.9)] == [False, True, True]
    assert [bool(stop_hit(short, level, _column(m))[0]) for m in (94.9, 95.0, 95.1)] == [False, True, True]
    assert [bool(target_hit(long, level, _column(m))[0]) for m in (94.9, 95.0, 95.1)] == [False, True, True]
    assert [bool(target_hit(short, level, _column(m))[0]) for m in (95.1, 95.0, 94.9)] == [False, True, True]


@pytest.mark.parametrize("absent", [float("nan"), 0.0, -5.0])
def test_nothing_is_hit_by_a_price_that_is_not_there(absent: float) -> None:
    one, level = _column(1.0), _column(95.0)
    assert not stop_hit(one, level, _column(absent))[0]
    assert not target_hit(-one, level, _column(absent))[0]
    assert not stop_hit(one, _column(float("nan")), level)[0]
    assert not target_hit(one, _column(float("nan")), level)[0]


def test_a_move_is_worth_sending_from_the_smallest_improvement_on() -> None:
    one, sent = _column(1.0), _column(100.0)
    moves = [bool(worth_sending(one, sent, _column(new), 0.001)[0]) for new in (100.09, 100.1, 100.2, 99.0)]
    assert moves == [False, True, True, False]
    assert not worth_sending(one, sent, sent, 0.0)[0]
    assert worth_sending(-one, sent, _column(99.9), 0.001)[0]
