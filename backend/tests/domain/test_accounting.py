from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.accounting import (
    Fill,
    PositionAccount,
    money,
    net_pnl,
    position_from_fills,
    r_multiple,
    slippage_bps,
    unrealized_fraction,
    unrealized_pnl,
)
from app.domain.types import OrderSide, Side


def _fill(side: str, price: str, quantity: str, fee: str = "0") -> Fill:
    return Fill(OrderSide(side), Decimal(price), Decimal(quantity), Decimal(fee))


def test_a_round_trip_of_a_long() -> None:
    account = position_from_fills([_fill("buy", "100", "2", "0.1"), _fill("sell", "110", "2", "0.11")])
    assert account.is_flat
    assert (account.realized_pnl, account.fees) == (Decimal(20), Decimal("0.21"))
    assert (account.entry_price, account.exit_price) == (Decimal(100), Decimal(110))
    assert account.side is None
    assert account.average_cost is None


def test_a_round_trip_of_a_short() -> None:
    account = position_from_fills([_fill("sell", "100", "2"), _fill("buy", "90", "2")])
    assert (account.is_flat, account.realized_pnl, account.cost) == (True, Decimal(20), Decimal(0))


def test_partial_fills_average_and_a_partial_close_keeps_the_average() -> None:
    account = position_from_fills(
        [_fill("buy", "100", "1"), _fill("buy", "103", "2"), _fill("sell", "105", "1")]
    )
    assert (account.quantity, account.side, account.average_cost) == (Decimal(2), Side.LONG, Decimal(102))
    assert account.realized_pnl == Decimal(3)
    assert account.entry_price == Decimal(102)


def test_thirds_that_do_not_divide_realise_exactly_what_was_paid_and_received() -> None:
    account = position_from_fills(
        [
            _fill("buy", "100", "1"),
            _fill("buy", "100.1", "2"),
            _fill("sell", "101", "1"),
            _fill("sell", "101", "1"),
            _fill("sell", "101", "1"),
        ]
    )
    assert account.realized_pnl == Decimal(303) - Decimal("300.2")


def test_a_fill_that_crosses_zero_closes_and_then_opens() -> None:
    account = position_from_fills([_fill("buy", "100", "1"), _fill("sell", "110", "3")])
    assert (account.quantity, account.side, account.realized_pnl) == (Decimal(-2), Side.SHORT, Decimal(10))
    assert account.average_cost == Decimal(110)


def test_no_fills_are_a_flat_account_without_prices() -> None:
    account = position_from_fills([])
    assert account == PositionAccount()
    assert (account.entry_price, account.exit_price) == (None, None)


@pytest.mark.parametrize(("price", "quantity"), [("0", "1"), ("1", "0"), ("-1", "1"), ("1", "-1")])
def test_a_fill_of_nothing_is_an_error(price: str, quantity: str) -> None:
    with pytest.raises(ValueError, match="above zero"):
        position_from_fills([_fill("buy", price, quantity)])


_fills = st.lists(
    st.builds(
        Fill,
        st.sampled_from(OrderSide),
        st.decimals(min_value="0.01", max_value=100_000, places=2),
        st.decimals(min_value="0.001", max_value=100, places=3),
        st.decimals(min_value=0, max_value=10, places=8),
    ),
    min_size=1,
    max_size=25,
)


@given(_fills)
def test_once_flat_the_realised_pnl_is_exactly_sells_less_buys(fills: list[Fill]) -> None:
    left = sum((f.quantity if f.side is OrderSide.BUY else -f.quantity for f in fills), Decimal(0))
    if left != 0:
        side = OrderSide.SELL if left > 0 else OrderSide.BUY
        fills = [*fills, Fill(side, Decimal("123.45"), abs(left), Decimal(0))]
    account = position_from_fills(fills)
    paid = sum((f.price * f.quantity * (1 if f.side is OrderSide.SELL else -1) for f in fills), Decimal(0))
    assert account.is_flat
    assert account.cost == 0
    assert account.realized_pnl == money(paid)
    assert account.fees == sum((f.fee for f in fills), Decimal(0))


@given(_fills)
def test_realised_and_unrealised_together_are_the_cash_flow_marked_to_market(fills: list[Fill]) -> None:
    account = position_from_fills(fills)
    mark = Decimal("5000")
    cash = sum((f.price * f.quantity * (1 if f.side is OrderSide.SELL else -1) for f in fills), Decimal(0))
    worth = account.quantity * mark
    assert account.realized_pnl + (worth - account.cost) == cash + worth
    assert account.realized_pnl == money(account.realized_pnl)


def test_net_pnl_takes_fees_off_and_adds_received_funding() -> None:
    assert net_pnl(Decimal(20), Decimal(1), Decimal("-0.5")) == Decimal("18.5")


@pytest.mark.parametrize(("side", "pnl"), [(Side.LONG, "20"), (Side.SHORT, "-20")])
def test_unrealised_pnl_has_the_sign_of_the_side(side: Side, pnl: str) -> None:
    assert unrealized_pnl(side, Decimal(2), Decimal(100), Decimal(110)) == Decimal(pnl)
    assert unrealized_fraction(side, Decimal(100), Decimal(110)) == side.sign * Decimal("0.1")
    assert unrealized_fraction(side, Decimal(0), Decimal(110)) is None


def test_r_multiple_is_undefined_without_risk() -> None:
    assert r_multiple(Decimal(-50), Decimal(100)) == Decimal("-0.5")
    assert r_multiple(Decimal(0), Decimal(100)) == 0
    assert r_multiple(Decimal(50), Decimal(0)) is None
    assert r_multiple(Decimal(50), None) is None


def test_slippage_is_adverse_positive_for_both_sides() -> None:
    assert slippage_bps(OrderSide.BUY, Decimal(100), Decimal("100.1")) == Decimal(10)
    assert slippage_bps(OrderSide.SELL, Decimal(100), Decimal("100.1")) == Decimal(-10)
    assert slippage_bps(OrderSide.BUY, None, Decimal(100)) is None
    assert slippage_bps(OrderSide.BUY, Decimal(0), Decimal(100)) is None


def test_half_a_coin_bought_twice_is_a_long_of_one() -> None:
    account = position_from_fills([_fill("buy", "100", "0.5"), _fill("buy", "100", "0.5")])
    assert position_from_fills([_fill("buy", "100", "0.5")]).side is Side.LONG
    assert [account.quantity, account.entry_quantity, account.exit_quantity] == [1, 1, 0]


def test_two_of_three_sold_take_two_thirds_of_the_cost_with_them() -> None:
    account = position_from_fills([_fill("buy", "100", "3"), _fill("sell", "110", "2")])
    assert [account.quantity, account.cost, account.realized_pnl] == [1, 100, 20]
