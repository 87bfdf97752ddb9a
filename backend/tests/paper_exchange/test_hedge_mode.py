"""Hedge mode: two positions of one contract, side by side."""

from __future__ import annotations

from decimal import Decimal

import pytest

from paper_exchange.engine import margin
from paper_exchange.engine.events import Liquidated
from paper_exchange.engine.money import money
from tests.paper_exchange.small_venue import FUNDING_MS, SmallVenue, code_of


def hedged(deposit: str = "10000", long: str = "0.5", short: str = "0.2") -> SmallVenue:
    """The trader is long and short BTC at once, at leverage 20."""
    venue = SmallVenue(deposit=deposit)
    venue.hedge()
    venue.order("BUY", long, position_side="LONG")
    venue.order("SELL", short, position_side="SHORT")
    return venue


def test_the_two_sides_are_positions_of_their_own() -> None:
    venue = hedged()
    assert venue.position("LONG").amount == Decimal("0.5")
    assert venue.position("SHORT").amount == Decimal("-0.2")
    assert venue.position("BOTH").amount == 0
    venue.order("SELL", "0.1", position_side="LONG")
    venue.order("BUY", "0.2", position_side="SHORT")
    assert venue.position("LONG").amount == Decimal("0.4")
    assert venue.position("SHORT").amount == 0
    venue.check_invariants()


@pytest.mark.parametrize(
    ("mode", "position_side", "code"),
    [
        (True, "BOTH", -4061),
        (True, "LONG", 0),
        (True, "SHORT", -2022),
        (True, "UP", -4060),
        (False, "BOTH", 0),
        (False, "LONG", -4061),
        (False, "SHORT", -4061),
    ],
)
def test_orders_name_a_side_of_the_accounts_mode(mode: bool, position_side: str, code: int) -> None:
    """A flat account buys: that opens LONG, and there is no SHORT to reduce."""
    venue = SmallVenue()
    if mode:
        venue.hedge()
    assert code_of(lambda: venue.order("BUY", "0.1", position_side=position_side)) == code


@pytest.mark.parametrize(("quantity", "code"), [("0.199", 0), ("0.2", 0), ("0.201", -2022)])
@pytest.mark.parametrize("price", [None, "59000"])
def test_a_side_is_never_reduced_beyond_nothing(quantity: str, code: int, price: str | None) -> None:
    venue = hedged()
    assert code_of(lambda: venue.order("BUY", quantity, price=price, position_side="SHORT")) == code
    venue.check_invariants()


def test_orders_already_reducing_a_side_are_set_aside() -> None:
    venue = hedged()
    venue.order("SELL", "0.3", price="62000", position_side="LONG")
    assert code_of(lambda: venue.order("SELL", "0.201", price="62000", position_side="LONG")) == -2022
    assert code_of(lambda: venue.order("SELL", "0.2", price="62000", position_side="LONG")) == 0


def test_reduce_only_is_not_to_be_sent() -> None:
    venue = hedged()
    assert code_of(lambda: venue.order("SELL", "0.1", reduce_only=True, position_side="LONG")) == -1106


def test_a_closing_order_says_that_it_reduces_and_needs_no_margin() -> None:
    venue = hedged(deposit="2200")
    order = venue.order("SELL", "0.5", price="62000", position_side="LONG")
    assert order.reduce_only
    assert venue.exchange.summary(venue.trader).order_initial == 0


def test_closing_orders_expire_with_their_position() -> None:
    venue = hedged()
    closing = venue.order("SELL", "0.2", price="62000", position_side="LONG")
    other = venue.order("BUY", "0.2", price="58000", position_side="SHORT")
    venue.order("SELL", "0.3", position_side="LONG")
    assert list(venue.trader.open_orders.values()) == [closing, other]
    venue.tick("62001")
    assert venue.position("LONG").amount == 0
    assert list(venue.trader.open_orders.values()) == [other]


def test_a_stop_closes_its_own_side() -> None:
    venue = hedged()
    venue.conditional(
        "SELL", "STOP_MARKET", "59000", None, reduce_only=False, close_position=True, position_side="LONG"
    )
    venue.tick("58990")
    assert venue.position("LONG").amount == 0
    assert venue.position("SHORT").amount == Decimal("-0.2")


def test_a_stop_that_would_open_cannot_close_everything() -> None:
    venue = hedged()

    def opening_close() -> object:
        return venue.conditional(
            "BUY", "STOP_MARKET", "61000", None, reduce_only=False, close_position=True, position_side="LONG"
        )

    assert code_of(opening_close) == -4138


@pytest.mark.parametrize(("deposit", "code"), [("6030.50000001", 0), ("6030.5", 0), ("6030.49999999", -2019)])
def test_orders_of_both_sides_hold_margin_each(deposit: str, code: int) -> None:
    """(B + A) / leverage: 2,950 for the long's, 3,050 for the short's, and 30.5 of fee for the one to come."""
    venue = SmallVenue(deposit=deposit)
    venue.hedge()
    venue.order("BUY", "1", price="59000", position_side="LONG")
    assert code_of(lambda: venue.order("SELL", "1", price="61000", position_side="SHORT")) == code
    held = venue.exchange.summary(venue.trader).order_initial
    assert held == (2_950 if code else 6_000)


def test_margin_of_a_hedge_is_that_of_both_sides() -> None:
    venue = hedged(long="0.5", short="0.5")
    venue.mark_at("60000")
    found = venue.exchange.summary(venue.trader)
    assert found.position_initial == 2 * Decimal("0.5") * 60_000 / 20
    assert found.maintenance == 2 * Decimal("0.5") * 60_000 * Decimal("0.004")


@pytest.mark.parametrize(("quantity", "code"), [("0.832", 0), ("0.834", -2027)])
def test_the_cap_of_the_leverage_is_each_sides_own(quantity: str, code: int) -> None:
    """50,000 USDT at leverage 125, at a price of 60,000."""
    venue = SmallVenue(deposit="100000")
    venue.hedge()
    venue.exchange.set_leverage(venue.trader, "BTCUSDT", 125, venue.now)
    venue.order("BUY", "0.83", position_side="LONG")
    assert code_of(lambda: venue.order("SELL", quantity, price="60000", position_side="SHORT")) == code


def test_hedged_cross_sides_share_one_liquidation_price() -> None:
    venue = hedged(deposit="3000")
    venue.mark_at("60000")
    long = venue.exchange.liquidation_price(venue.trader, venue.position("LONG"))
    assert long is not None
    assert long == venue.exchange.liquidation_price(venue.trader, venue.position("SHORT"))
    venue.mark_at(str((long + Decimal("0.01")).quantize(Decimal("0.01"))))
    assert len(venue.trader.held()) == 2
    venue.mark_at(str((long - Decimal("0.01")).quantize(Decimal("0.01"))))
    assert len(venue.trader.held()) < 2


def test_liquidation_closes_the_losing_side_first() -> None:
    venue = hedged(deposit="3000")
    venue.mark_at("49000")
    liquidated = [event.order for event in venue.events if isinstance(event, Liquidated)]
    assert [order.position_side.value for order in liquidated][:1] == ["LONG"]
    venue.check_invariants()


def test_isolated_sides_are_liquidated_each_by_itself() -> None:
    venue = SmallVenue()
    venue.isolate()
    venue.hedge()
    venue.order("BUY", "0.5", position_side="LONG")
    venue.order("SELL", "0.5", position_side="SHORT")
    for _ in range(30):
        venue.tick("56000")
    assert venue.position("LONG").amount == 0
    assert venue.position("SHORT").amount == Decimal("-0.5")
    assert venue.position("SHORT").isolated_wallet > 0
    venue.check_invariants()


def test_funding_of_a_hedge_is_paid_by_one_side_to_the_other() -> None:
    venue = hedged(long="0.5", short="0.5")
    venue.tick("60000", after_ms=FUNDING_MS)
    paid = venue.posted("FUNDING_FEE")
    assert sorted(paid) == sorted(-amount for amount in paid)
    point = venue.market().fundings[-1]
    assert max(paid) == money(Decimal("0.5") * point.mark * abs(point.rate))


def test_a_wallet_may_be_in_debt_to_the_profit_of_the_other_side_but_not_beyond() -> None:
    """The losing side closed, its loss is more than the wallet; the winning side still answers for it."""
    venue = SmallVenue(deposit="6300")
    venue.hedge()
    venue.order("BUY", "1", position_side="LONG")
    venue.order("SELL", "1", position_side="SHORT")
    for _ in range(40):
        venue.tick("67000")
    venue.order("BUY", "1", position_side="SHORT")
    assert venue.trader.record.wallet < 0
    assert not margin.cross_pot(venue.exchange.state, venue.trader).is_under_water
    venue.check_invariants()
    for _ in range(60):
        venue.tick("60000")
    assert venue.trader.held() == []
    assert venue.trader.record.wallet == 0
    venue.check_invariants()


def test_the_mode_changes_only_while_nothing_is_open() -> None:
    venue = SmallVenue()
    exchange, trader = venue.exchange, venue.trader

    def change() -> int:
        return code_of(lambda: exchange.set_hedge_mode(trader, not trader.record.hedged, venue.now))

    order = venue.order("BUY", "0.1", price="59000", symbol="BTCUSDT")
    assert change() == -4067
    exchange.cancel(trader, "BTCUSDT", order, venue.now)
    stop = venue.conditional("BUY", "STOP_MARKET", "61000", "0.1", reduce_only=False)
    assert change() == -4067
    exchange.cancel_conditional(trader, stop, venue.now)
    venue.order("BUY", "0.1")
    assert change() == -4068
    venue.order("SELL", "0.1")
    assert change() == 0
    assert code_of(lambda: exchange.set_hedge_mode(trader, True, venue.now)) == -4059
    assert change() == 0


def test_the_margin_type_changes_only_while_nothing_is_open_there() -> None:
    venue = SmallVenue()
    exchange, trader = venue.exchange, venue.trader

    def change(symbol: str) -> int:
        return code_of(lambda: exchange.set_margin_type(trader, symbol, "ISOLATED", venue.now))

    order = venue.order("BUY", "0.1", price="59000")
    assert change("BTCUSDT") == -4047
    exchange.cancel(trader, "BTCUSDT", order, venue.now)
    stop = venue.conditional("BUY", "STOP_MARKET", "61000", "0.1", reduce_only=False)
    assert change("BTCUSDT") == -4047
    exchange.cancel_conditional(trader, stop, venue.now)
    venue.order("BUY", "0.1")
    assert change("BTCUSDT") == -4048
    assert change("ETHUSDT") == 0
    assert change("ETHUSDT") == -4046
    venue.order("SELL", "0.1")
    assert change("BTCUSDT") == 0
    assert change("NOPEUSDT") == -1121
