from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.stops import (
    PriceSpec,
    PriceUnit,
    StopSpecError,
    resolve_stop,
    resolve_target,
    stop_toward_entry,
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


@pytest.mark.parametrize(
    ("unit", "value", "side"),
    [
        ("percent", "100", Side.SHORT),  # at zero
        ("percent", "101", Side.SHORT),
        ("price", "100", Side.LONG),  # at the entry
        ("price", "100", Side.SHORT),
        ("price", "99.9", Side.LONG),
        ("percent", "0.05", Side.LONG),  # rounded to the entry
    ],
)
def test_a_target_is_a_price_on_the_winning_side(unit: str, value: str, side: Side) -> None:
    with pytest.raises(StopSpecError, match="winning side"):
        resolve_target(_spec(unit, value), side=side, entry_price=Decimal(100), tick=TICK)


@pytest.mark.parametrize("unit", ["percent", "price", "atr", "r"])
@pytest.mark.parametrize("value", ["0", "-1"])
def test_a_figure_that_is_not_above_zero_is_told_as_that(unit: str, value: str) -> None:
    with pytest.raises(StopSpecError, match="above zero"):
        resolve_target(
            _spec(unit, value),
            side=Side.LONG,
            entry_price=Decimal(100),
            tick=TICK,
            stop_price=Decimal(98),
            atr=Decimal(1),
        )


def test_a_market_that_does_not_move_has_no_atr_and_a_stop_at_the_entry_no_r() -> None:
    entry = Decimal(100)
    with pytest.raises(StopSpecError, match="ATR is not known"):
        resolve_stop(_spec("atr", "1"), side=Side.LONG, entry_price=entry, tick=TICK, atr=Decimal(0))
    with pytest.raises(StopSpecError, match="R is not known"):
        resolve_target(_spec("r", "1"), side=Side.LONG, entry_price=entry, tick=TICK, stop_price=entry)


@pytest.mark.parametrize(("tick", "price"), [("1", "98"), ("5", "100"), ("0.25", "97.75")])
def test_a_tick_of_any_size_is_kept_to(tick: str, price: str) -> None:
    assert stop_toward_entry(Decimal("97.6"), Decimal(tick), Side.LONG) == Decimal(price)
