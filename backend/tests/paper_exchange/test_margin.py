"""Margin of orders and positions: each limit just inside, exactly at and just outside."""

from __future__ import annotations

from decimal import Decimal

import pytest

from paper_exchange.engine import margin
from paper_exchange.engine.orders import PositionSide
from tests.paper_exchange.small_venue import SmallVenue, code_of

CENT = Decimal("0.01")


@pytest.mark.parametrize("isolated", [False, True])
@pytest.mark.parametrize(("deposit", "code"), [("3030.00000001", 0), ("3030", 0), ("3029.99999999", -2019)])
def test_an_order_needs_initial_margin_and_fee(isolated: bool, deposit: str, code: int) -> None:
    """1 BTC at 60,000 and leverage 20: 3,000 of margin and 30 of taker fee."""
    venue = SmallVenue(deposit=deposit)
    if isolated:
        venue.isolate()
    assert code_of(lambda: venue.order("BUY", "1", price="60000")) == code


@pytest.mark.parametrize(
    ("deposit", "code"), [("3135.05000001", 0), ("3135.05", 0), ("3135.04999999", -2019)]
)
def test_a_limit_beyond_mark_needs_its_loss_too(deposit: str, code: int) -> None:
    """Bought at 60,100 with mark at 60,000: 3,005 of margin, 30.05 of fee and 100 lost at once."""
    venue = SmallVenue(deposit=deposit)
    assert code_of(lambda: venue.order("BUY", "1", price="60100")) == code


@pytest.mark.parametrize(("quantity", "code"), [("0.999", 0), ("1", 0), ("1.001", -2027)])
def test_a_position_may_reach_the_cap_of_its_leverage(quantity: str, code: int) -> None:
    """At leverage 125 the cap is 50,000 USDT."""
    venue = SmallVenue(deposit="100000")
    venue.exchange.set_leverage(venue.trader, "BTCUSDT", 125, venue.now)
    assert code_of(lambda: venue.order("BUY", quantity, price="50000")) == code


@pytest.mark.parametrize(("quantity", "code"), [("0.399", 0), ("0.4", 0), ("0.401", -2027)])
def test_open_orders_count_toward_the_cap(quantity: str, code: int) -> None:
    venue = SmallVenue(deposit="100000")
    venue.exchange.set_leverage(venue.trader, "BTCUSDT", 125, venue.now)
    venue.order("BUY", "0.6", price="50000")
    assert code_of(lambda: venue.order("BUY", quantity, price="50000")) == code


def test_the_cap_never_keeps_a_position_from_shrinking() -> None:
    venue = SmallVenue(deposit="100000")
    venue.exchange.set_leverage(venue.trader, "BTCUSDT", 125, venue.now)
    venue.order("BUY", "0.83")
    venue.mark_at("62000")
    assert margin.notional(venue.market(), venue.trader.held()[0]) > 50_000
    assert code_of(lambda: venue.order("SELL", "0.1", price="62000")) == 0
    assert code_of(lambda: venue.order("BUY", "0.1", price="50000")) == -2027


def test_orders_hold_margin_for_the_worse_side_only() -> None:
    """The venue's own rule: max(|P + B|, |P - A|) - |P|, divided by leverage."""
    venue = SmallVenue()
    venue.order("BUY", "0.5", price="59000")
    venue.order("SELL", "0.2", price="62000")
    assert venue.exchange.summary(venue.trader).order_initial == Decimal("0.5") * 59_000 / 20
    venue.order("SELL", "0.6", price="62000")
    assert venue.exchange.summary(venue.trader).order_initial == Decimal("0.8") * 62_000 / 20


def test_orders_against_a_position_hold_nothing_until_they_would_turn_it_round() -> None:
    venue = SmallVenue(deposit="100000")
    venue.order("BUY", "1")
    venue.mark_at("60000")
    venue.order("SELL", "1", price="61000")
    assert venue.exchange.summary(venue.trader).order_initial == 0
    venue.order("SELL", "1", price="61000")
    assert venue.exchange.summary(venue.trader).order_initial == Decimal(61_000 * 2 - 60_000 - 60_000) / 20


def test_many_orders_against_a_position_cannot_open_another_without_margin() -> None:
    """Each alone only closes; together they would leave the account short without means."""
    venue = SmallVenue(deposit="3500")
    venue.order("BUY", "1")
    codes = [code_of(lambda: venue.order("SELL", "1", price="61000")) for _ in range(4)]
    assert codes == [0, 0, -2019, -2019]


@pytest.mark.parametrize(
    ("notional", "rate", "cumulative"),
    [
        ("49999.99", "0.004", 0),
        ("50000", "0.005", 50),
        ("50000.01", "0.005", 50),
        ("599999.99", "0.005", 50),
        ("600000", "0.0065", 950),
        ("2999999.99", "0.0065", 950),
        ("3000000", "0.01", 11_450),
        ("11999999.99", "0.01", 11_450),
        ("12000000", "0.02", 131_450),
        ("69999999.99", "0.02", 131_450),
        ("70000000", "0.025", 481_450),
        ("150000000", "0.025", 481_450),
    ],
)
def test_maintenance_margin_of_each_bracket(notional: str, rate: str, cumulative: int) -> None:
    venue = SmallVenue()
    position = venue.exchange.state.position(venue.trader, "BTCUSDT")
    position.amount = Decimal(1)
    venue.market().record.mark = Decimal(notional)
    expected = Decimal(notional) * Decimal(rate) - cumulative
    assert margin.maintenance(venue.market(), position) == expected
    position.amount = Decimal(-1)
    assert margin.maintenance(venue.market(), position) == expected


def test_maintenance_margin_has_no_step_at_a_bracket() -> None:
    venue = SmallVenue()
    for bracket in venue.market().contract.brackets[1:]:
        below = venue.market().contract.brackets[bracket.number - 2]
        floor = bracket.floor
        assert (
            floor * below.maintenance_fraction - below.cumulative
            == floor * bracket.maintenance_fraction - bracket.cumulative
        )


@pytest.mark.parametrize(("leverage", "code"), [(0, -4028), (1, 0), (125, 0), (126, -4028)])
def test_leverage_is_one_to_the_contracts_own(leverage: int, code: int) -> None:
    venue = SmallVenue()
    exchange, trader = venue.exchange, venue.trader
    assert code_of(lambda: exchange.set_leverage(trader, "BTCUSDT", leverage, venue.now)) == code


@pytest.mark.parametrize(("quantity", "code"), [("0.999", 0), ("1", 0), ("1.001", -2027)])
def test_leverage_may_rise_as_far_as_the_cap_allows(quantity: str, code: int) -> None:
    venue = SmallVenue()
    venue.order("BUY", quantity, price="50000")
    assert code_of(lambda: venue.exchange.set_leverage(venue.trader, "BTCUSDT", 125, venue.now)) == code


@pytest.mark.parametrize(("spare", "code"), [(CENT, 0), (Decimal(0), 0), (-CENT, -2028)])
def test_leverage_may_fall_as_far_as_the_balance_carries(spare: Decimal, code: int) -> None:
    """0.1 BTC bid at 50,000 holds 250 at leverage 20 and 5,000 at leverage 1."""
    venue = SmallVenue(deposit=str(5_000 + spare))
    venue.order("BUY", "0.1", price="50000")
    assert code_of(lambda: venue.exchange.set_leverage(venue.trader, "BTCUSDT", 1, venue.now)) == code
    assert venue.trader.leverage("BTCUSDT") == (20 if code else 1)


def test_available_is_what_the_next_order_may_use() -> None:
    venue = SmallVenue()
    venue.order("BUY", "1")
    venue.mark_at("59000")
    found = venue.exchange.summary(venue.trader)
    position = venue.trader.positions["BTCUSDT", PositionSide.BOTH]
    fee = sum((fill.fee for fill in venue.fills), Decimal(0))
    assert found.wallet == 10_000 - fee
    assert found.available == 10_000 - fee + 59_000 - position.cost - Decimal(59_000) / 20
