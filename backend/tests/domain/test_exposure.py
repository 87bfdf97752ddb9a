"""Notional and open risk."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.exposure import fraction_of_equity, notional, open_risk
from app.domain.types import Side

_prices = st.decimals("0.01", "100000", places=4)


def risk(side: Side, entry: str, stop: str | None, fee: str = "0", mark: str | None = None) -> Decimal:
    return open_risk(
        side,
        Decimal(2),
        Decimal(entry),
        None if stop is None else Decimal(stop),
        taker_fee_rate=Decimal(fee),
        slippage_fraction=Decimal(0),
        mark_price=None if mark is None else Decimal(mark),
    )


def test_open_risk_is_the_distance_to_the_stop() -> None:
    assert risk(Side.LONG, "100", "90") == 20
    assert risk(Side.SHORT, "100", "110") == 20


def test_open_risk_counts_both_fees() -> None:
    assert risk(Side.LONG, "100", "90", fee="0.001") == Decimal("20.38")


def test_open_risk_of_a_stop_in_profit_is_zero() -> None:
    assert risk(Side.LONG, "100", "101") == 0


def test_open_risk_without_a_live_stop_is_the_notional_at_the_mark() -> None:
    assert risk(Side.LONG, "100", None, mark="120") == 240
    assert risk(Side.LONG, "100", None) == 200


@given(st.sampled_from(Side), _prices, _prices)
def test_open_risk_is_never_negative(side: Side, entry: Decimal, stop: Decimal) -> None:
    assert risk(side, str(entry), str(stop)) >= 0


def test_notional_has_no_sign() -> None:
    assert notional(Decimal(-2), Decimal(50)) == 100


def test_fraction_of_unknown_or_zero_equity_is_undefined() -> None:
    assert fraction_of_equity(Decimal(1), None) is None
    assert fraction_of_equity(Decimal(1), Decimal(0)) is None


def test_open_risk_counts_the_slippage_of_the_leaving_order() -> None:
    # 10 to the stop and 1 % of 90 beside it, two coins, and a fee of 0.1 % both ways.
    found = open_risk(
        Side.LONG,
        Decimal(2),
        Decimal(100),
        Decimal(90),
        taker_fee_rate=Decimal("0.001"),
        slippage_fraction=Decimal("0.01"),
    )
    assert found == Decimal("22.18")


def test_fraction_of_equity_is_amount_over_equity() -> None:
    assert fraction_of_equity(Decimal(25), Decimal(100)) == Decimal("0.25")
    assert fraction_of_equity(Decimal(2), Decimal("0.5")) == 4
