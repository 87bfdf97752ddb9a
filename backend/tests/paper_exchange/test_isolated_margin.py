"""Isolated margin: what a position is given, what may be moved, and that it never costs more."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import pytest

from paper_exchange.engine import margin
from paper_exchange.engine.events import BalanceChanged, Liquidated, MarginCalled, UpdateReason
from paper_exchange.engine.money import money
from paper_exchange.engine.orders import AutoClose
from paper_exchange.engine.settings import MarginRequest
from tests.paper_exchange.small_venue import FUNDING_MS, SmallVenue, code_of

TINY = Decimal("0.00000001")


def long_one(deposit: str = "10000") -> SmallVenue:
    """The trader is long 1 BTC on isolated margin at leverage 20."""
    venue = SmallVenue(deposit=deposit)
    venue.isolate()
    venue.order("BUY", "1")
    return venue


def move(venue: SmallVenue, amount: str | Decimal | None, kind: int | None, side: str = "BOTH") -> int:
    """The code with which moving margin is refused, 0 when it is done."""
    request = MarginRequest("BTCUSDT", None if amount is None else Decimal(amount), kind, side)
    return code_of(lambda: venue.exchange.adjust_margin(venue.trader, request, venue.now))


def test_a_fill_gives_the_position_its_initial_margin_and_what_it_lost_at_once() -> None:
    venue = SmallVenue()
    venue.isolate()
    venue.mark_at("59990")
    venue.order("BUY", "1")
    shares = [money(fill.quantity * (fill.price / 20 + fill.price - 59_990)) for fill in venue.fills]
    position = venue.position()
    assert position.isolated_wallet == sum(shares, Decimal(0))
    assert position.isolated_wallet + position.unrealized(Decimal(59_990)) == position.cost / 20
    venue.check_invariants()


def test_what_is_gained_at_once_is_not_taken_off() -> None:
    venue = SmallVenue()
    venue.isolate()
    venue.mark_at("60100")
    venue.order("BUY", "1")
    assert venue.position().isolated_wallet == venue.position().cost / 20


def test_closing_frees_the_wallet_in_proportion() -> None:
    venue = long_one()
    given = venue.position().isolated_wallet
    venue.order("SELL", "0.25")
    assert abs(venue.position().isolated_wallet - given * 3 / 4) <= 10 * TINY
    venue.order("SELL", "0.75")
    assert venue.position().isolated_wallet == 0
    venue.check_invariants()


def test_turning_round_frees_one_wallet_and_funds_the_other() -> None:
    venue = long_one()
    venue.order("SELL", "1.5")
    position = venue.position()
    assert position.amount == Decimal("-0.5")
    equity = position.isolated_wallet + position.unrealized(venue.market().mark)
    assert abs(equity - position.cost / 20) < Decimal("0.000001")
    venue.check_invariants()


def test_profit_not_yet_realised_opens_no_isolated_position() -> None:
    """On cross margin the same profit is as good as money."""
    for isolated, code in ((True, -2019), (False, 0)):
        venue = SmallVenue(deposit="3100")
        venue.order("BUY", "1")
        if isolated:
            venue.isolate("ETHUSDT")
        venue.mark_at("62000")
        assert venue.exchange.summary(venue.trader).available > 1_900
        assert code_of(partial(venue.order, "BUY", "1", price="3000", symbol="ETHUSDT")) == code


@pytest.mark.parametrize(("beyond", "code"), [(-TINY, 0), (Decimal(0), 0), (TINY, -4050)])
def test_margin_added_is_at_most_what_is_free(beyond: Decimal, code: int) -> None:
    venue = long_one()
    free = venue.exchange.summary(venue.trader).transferable
    given = venue.position().isolated_wallet
    assert move(venue, free + beyond, 1) == code
    assert venue.position().isolated_wallet == (given if code else given + free + beyond)
    venue.check_invariants()


@pytest.mark.parametrize(("beyond", "code"), [(-TINY, 0), (Decimal(0), 0), (TINY, -4051)])
def test_margin_taken_out_leaves_the_initial_margin(beyond: Decimal, code: int) -> None:
    venue = long_one()
    assert move(venue, "500", 1) == 0
    venue.mark_at("59900")
    position = venue.position()
    pot = margin.position_pot(venue.market(), venue.trader, position)
    allowed = pot.wallet + pot.unrealized - Decimal(59_900) / 20
    assert move(venue, allowed + beyond, 2) == code
    venue.check_invariants()


def test_profit_not_yet_realised_is_not_taken_out() -> None:
    venue = long_one()
    venue.mark_at("62000")
    allowed = venue.position().isolated_wallet - Decimal(62_000) / 20
    assert allowed < 0
    assert move(venue, TINY, 2) == -4051


@pytest.mark.parametrize(
    ("amount", "kind", "code"),
    [
        ("1", 1, 0),
        (TINY, 1, 0),
        ("0", 1, -4055),
        ("-1", 1, -4055),
        ("0.000000001", 1, -1111),
        (None, 1, -1102),
        ("1", None, -1102),
        ("1", 0, -1130),
        ("1", 3, -1130),
    ],
)
def test_margin_requests_are_refused_with_their_codes(
    amount: str | Decimal | None, kind: int | None, code: int
) -> None:
    assert move(long_one(), amount, kind) == code


def test_margin_is_moved_only_for_an_isolated_position_of_the_right_side() -> None:
    cross = SmallVenue()
    cross.order("BUY", "1")
    assert move(cross, "1", 1) == -4049
    flat = SmallVenue()
    flat.isolate()
    assert move(flat, "1", 1) == -4054
    assert move(long_one(), "1", 1, "LONG") == -4061
    assert move(long_one(), "1", 1, "UP") == -4060


def test_moving_margin_is_told_and_booked_nowhere_else() -> None:
    venue = long_one()
    before, rows = venue.trader.record.wallet, len(venue.income)
    move(venue, "100", 1)
    told = [event for event in venue.events if isinstance(event, BalanceChanged)][-1]
    assert told.reason is UpdateReason.MARGIN_TRANSFER
    assert told.positions == (venue.position(),)
    assert venue.trader.record.wallet == before
    assert len(venue.income) == rows


def test_leverage_does_not_fall_under_an_isolated_position() -> None:
    venue = long_one()
    exchange, trader = venue.exchange, venue.trader
    assert code_of(lambda: exchange.set_leverage(trader, "BTCUSDT", 19, venue.now)) == -4161
    assert code_of(lambda: exchange.set_leverage(trader, "BTCUSDT", 20, venue.now)) == 0
    assert code_of(lambda: exchange.set_leverage(trader, "BTCUSDT", 21, venue.now)) == 0


def water_line(venue: SmallVenue) -> Decimal:
    """The liquidation price that the venue shows for the trader's position."""
    price = venue.exchange.liquidation_price(venue.trader, venue.position())
    assert price is not None
    return price


@pytest.mark.parametrize(("offset", "liquidated"), [(TINY, False), (Decimal(0), True), (-TINY, True)])
@pytest.mark.parametrize(("side", "mark"), [("BUY", 58_000), ("SELL", 62_000)])
def test_isolated_liquidation_is_at_the_maintenance_margin(
    side: str, mark: int, offset: Decimal, liquidated: bool
) -> None:
    """The wallet is set so that mark is exactly at the water line."""
    venue = SmallVenue()
    venue.isolate()
    venue.order(side, "1")
    position = venue.position()
    maintenance = mark * Decimal("0.005") - 50
    position.isolated_wallet = maintenance - position.unrealized(Decimal(mark)) + offset
    venue.mark_at(str(mark))
    assert (position.amount == 0) is liquidated
    if not liquidated:
        assert abs(water_line(venue) - mark) < Decimal("0.0000001")


def test_isolated_liquidation_takes_the_whole_wallet_and_never_more() -> None:
    venue = long_one()
    venue.order("SELL", "0.01", price="62000")
    venue.order("BUY", "1", price="2900", symbol="ETHUSDT")
    cross = venue.trader.cross_wallet
    venue.tick("40000")
    venue.tick("40000")
    assert venue.position().amount == 0
    assert venue.trader.cross_wallet == cross
    assert venue.exchange.state.insurance < 0
    assert [order.symbol for order in venue.trader.open_orders.values()] == ["ETHUSDT"]
    assert any(isinstance(event, MarginCalled) for event in venue.events)
    venue.check_invariants()


def test_the_liquidation_fee_beyond_the_wallet_is_not_the_accounts() -> None:
    """At 0.5 % of maintenance a fee of 1.25 % is more than is left: the fund forgoes the rest."""
    venue = long_one(deposit="40000")
    move(venue, "20000", 1)
    cross, wallet = venue.trader.cross_wallet, venue.position().isolated_wallet
    for _ in range(120):
        venue.tick("37100")
    assert venue.position().amount == 0
    liquidated = next(event for event in venue.events if isinstance(event, Liquidated))
    assert liquidated.order.auto_close is AutoClose.LIQUIDATION
    assert liquidated.order.client_id.startswith("autoclose-")
    last = venue.fills[-1]
    fee = money(last.price * last.quantity * Decimal("0.0125"))
    assert venue.posted("INSURANCE_CLEAR") == [-fee, fee + last.fee - last.realized - wallet]
    assert venue.trader.cross_wallet == cross
    venue.check_invariants()


def test_what_a_liquidation_leaves_of_the_wallet_comes_back() -> None:
    """84 million at 2.5 % of maintenance leave something after the fee of 1.25 %."""
    venue = SmallVenue(deposit="10000000")
    venue.isolate()
    venue.exchange.set_leverage(venue.trader, "BTCUSDT", 10, venue.now)
    for _ in range(2):
        venue.order("BUY", "700", price="59900")
    venue.tick("59890")
    position = venue.position()
    assert position.amount == 1_400
    cross, wallet = venue.trader.cross_wallet, position.isolated_wallet
    line = water_line(venue).quantize(Decimal("0.1"))
    for _ in range(100):  # long enough above the line for the book to be calm again
        venue.tick(str(line + 20), after_ms=60_000)
    assert position.amount == 1_400
    venue.tick(str(line - 20), after_ms=60_000)
    assert position.amount == 0
    last = venue.fills[-1]
    (fee,) = venue.posted("INSURANCE_CLEAR")
    assert fee == -money(last.price * last.quantity * Decimal("0.0125"))
    assert venue.trader.cross_wallet == cross + wallet + last.realized - last.fee + fee > cross
    venue.check_invariants()


def test_cross_liquidation_leaves_an_isolated_position_alone() -> None:
    venue = SmallVenue(deposit="6200")
    venue.isolate("ETHUSDT")
    venue.order("BUY", "10", symbol="ETHUSDT")
    venue.order("BUY", "1")
    isolated = venue.position(symbol="ETHUSDT")
    given = isolated.isolated_wallet
    for _ in range(30):
        venue.tick("54000")
    assert venue.position().amount == 0
    assert isolated.amount == 10
    assert isolated.isolated_wallet == given
    venue.check_invariants()


def test_funding_is_paid_from_the_isolated_wallet() -> None:
    venue = long_one()
    given, cross = venue.position().isolated_wallet, venue.trader.cross_wallet
    venue.tick("60000", after_ms=FUNDING_MS)
    (paid,) = venue.posted("FUNDING_FEE")
    point = venue.market().fundings[-1]
    assert paid == money(-point.mark * point.rate)
    assert venue.position().isolated_wallet == given + paid
    assert venue.trader.cross_wallet == cross
    told = [event for event in venue.events if isinstance(event, BalanceChanged)][-1]
    assert (told.reason, told.change) == (UpdateReason.FUNDING_FEE, paid)
    assert told.positions == (venue.position(),)
