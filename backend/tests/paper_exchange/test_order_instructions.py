"""Lifetimes, self-trade prevention, price match, trailing stops and price protection, as a trader sees them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from paper_exchange.engine.events import ConditionalChanged, Execution, OrderChanged
from paper_exchange.engine.instructions import ExpiryReason, PriceMatch
from paper_exchange.engine.orders import (
    Conditional,
    ConditionalRequest,
    ConditionalStatus,
    Order,
    OrderRequest,
    OrderStatus,
)
from paper_exchange.engine.refusals import VenueError
from tests.paper_exchange.small_venue import START_MS, SmallVenue

UNTIL_MS = START_MS + 3_600_000
BID = OrderRequest("BTCUSDT", "BUY", "LIMIT", Decimal("0.1"), Decimal(59_000), "GTC")
TRAILING = ConditionalRequest(
    "BTCUSDT", "SELL", "TRAILING_STOP_MARKET", quantity=Decimal("0.1"), callback_fraction=Decimal("0.01")
)


@pytest.fixture
def venue() -> SmallVenue:
    return SmallVenue(deposit="1000000")


def placed(venue: SmallVenue, request: OrderRequest) -> Order:
    return venue.exchange.place(venue.trader, request, venue.now)


def waiting(venue: SmallVenue, request: ConditionalRequest) -> Conditional:
    return venue.exchange.place_conditional(venue.trader, request, venue.now)


def told(venue: SmallVenue, order: Order) -> list[tuple[Execution, ExpiryReason]]:
    """What the order's owner heard of it."""
    return [
        (event.execution, event.why)
        for event in venue.events
        if isinstance(event, OrderChanged) and event.order is order
    ]


# GTD and the countdown


def test_order_lives_until_its_date_and_no_longer(venue: SmallVenue) -> None:
    order = placed(venue, replace(BID, time_in_force="GTD", good_till_ms=UNTIL_MS + 999))
    assert order.good_till_ms == UNTIL_MS, "whole seconds count"
    venue.exchange.end_overdue(UNTIL_MS - 1, venue.now)
    assert order.is_open
    venue.exchange.end_overdue(UNTIL_MS, venue.now)
    assert order.status is OrderStatus.EXPIRED
    assert told(venue, order)[-1] == (Execution.EXPIRED, ExpiryReason.NONE)


def test_dated_order_that_ended_before_is_left_alone(venue: SmallVenue) -> None:
    order = placed(venue, replace(BID, time_in_force="GTD", good_till_ms=UNTIL_MS))
    venue.exchange.cancel(venue.trader, "BTCUSDT", order, venue.now)
    venue.exchange.end_overdue(UNTIL_MS, venue.now)
    assert order.status is OrderStatus.CANCELED


def test_date_is_measured_by_the_wall_clock_not_by_a_fast_market(venue: SmallVenue) -> None:
    wall_ms = START_MS - 10**9
    order = placed(
        venue,
        replace(BID, time_in_force="GTD", good_till_ms=wall_ms + 700_000, received_ms=wall_ms),
    )
    venue.tick("60000", after_ms=10**8)
    venue.exchange.end_overdue(wall_ms + 699_000, venue.now)
    assert order.is_open


def test_dated_conditional_expires_unfired_and_hands_its_date_to_its_order(venue: SmallVenue) -> None:
    stop = ConditionalRequest(
        "BTCUSDT", "BUY", "STOP", Decimal(60_500), Decimal("0.1"), Decimal(60_400), "GTD"
    )
    one = waiting(venue, replace(stop, good_till_ms=UNTIL_MS))
    fired = waiting(venue, replace(stop, good_till_ms=UNTIL_MS, trigger_price=Decimal(60_450)))
    venue.tick("60470")
    assert fired.status.value == ConditionalStatus.TRIGGERED.value
    assert fired.actual_order_id is not None
    order = venue.trader.open_orders[fired.actual_order_id]
    venue.exchange.end_overdue(UNTIL_MS, venue.now)
    assert one.status is ConditionalStatus.EXPIRED
    assert order.status is OrderStatus.EXPIRED
    assert fired.status is ConditionalStatus.FINISHED


def test_countdown_cancels_the_symbols_orders_unless_renewed(venue: SmallVenue) -> None:
    order, other = placed(venue, BID), venue.order("BUY", "1", price="2900", symbol="ETHUSDT")
    stop = venue.conditional("SELL", "STOP_MARKET", "50000", reduce_only=False)
    venue.exchange.set_countdown(venue.trader, "BTCUSDT", START_MS + 1_000)
    venue.exchange.set_countdown(venue.trader, "BTCUSDT", START_MS + 2_000)
    venue.exchange.end_overdue(START_MS + 1_999, venue.now)
    assert order.is_open
    venue.exchange.end_overdue(START_MS + 2_000, venue.now)
    assert order.status is OrderStatus.CANCELED
    assert other.is_open
    assert stop.is_waiting, "a stop is no order until it fires"
    again = placed(venue, BID)
    venue.exchange.end_overdue(START_MS + 9_999, venue.now)
    assert again.is_open, "it strikes once"


def test_countdown_may_be_called_off(venue: SmallVenue) -> None:
    order = placed(venue, BID)
    venue.exchange.set_countdown(venue.trader, "BTCUSDT", START_MS + 1_000)
    venue.exchange.set_countdown(venue.trader, "BTCUSDT", None)
    venue.exchange.end_overdue(START_MS + 1_000, venue.now)
    assert order.is_open


# Self-trade prevention

MODES = [
    ("NONE", OrderStatus.NEW, OrderStatus.FILLED),
    ("EXPIRE_TAKER", OrderStatus.NEW, OrderStatus.EXPIRED_IN_MATCH),
    ("EXPIRE_MAKER", OrderStatus.EXPIRED_IN_MATCH, OrderStatus.FILLED),
    ("EXPIRE_BOTH", OrderStatus.EXPIRED_IN_MATCH, OrderStatus.EXPIRED_IN_MATCH),
]


def _ask_inside(venue: SmallVenue) -> Order:
    """An own offer better than the book's best."""
    venue.market().book.asks = {price + 10: size for price, size in venue.market().book.asks.items()}
    offer = venue.market().best_ask - venue.market().contract.tick
    return placed(venue, replace(BID, side="SELL", price=offer, time_in_force="GTX"))


@pytest.mark.parametrize(("mode", "maker", "taker"), MODES)
def test_taker_meets_an_own_order_before_the_book(
    venue: SmallVenue, mode: str, maker: OrderStatus, taker: OrderStatus
) -> None:
    offer = _ask_inside(venue)
    order = placed(
        venue, OrderRequest("BTCUSDT", "BUY", "MARKET", Decimal("0.001"), self_trade_prevention=mode)
    )
    assert (offer.status, order.status) == (maker, taker)
    for one in (offer, order):
        if one.status is OrderStatus.EXPIRED_IN_MATCH:
            assert told(venue, one)[-1] == (Execution.EXPIRED, ExpiryReason.SELF_TRADE)


def test_resting_order_inside_the_spread_does_not_cross_an_own_one(venue: SmallVenue) -> None:
    offer = _ask_inside(venue)
    bid = placed(venue, replace(BID, price=offer.price))
    assert (offer.status, bid.status) == (OrderStatus.EXPIRED_IN_MATCH, OrderStatus.NEW)


def test_own_order_behind_the_taken_depth_stays(venue: SmallVenue) -> None:
    offer = placed(venue, replace(BID, side="SELL", price=Decimal(61_000)))
    venue.order("BUY", "0.01")
    assert offer.is_open


def test_both_ends_the_best_own_order_alone(venue: SmallVenue) -> None:
    best = _ask_inside(venue)
    venue.exchange.cancel(venue.trader, "BTCUSDT", best, venue.now)
    tick = venue.market().contract.tick
    further = placed(venue, replace(BID, side="SELL", price=best.price, time_in_force="GTX"))
    nearer = placed(venue, replace(BID, side="SELL", price=best.price - tick, time_in_force="GTX"))
    placed(
        venue, OrderRequest("BTCUSDT", "BUY", "MARKET", Decimal("0.1"), self_trade_prevention="EXPIRE_BOTH")
    )
    assert (nearer.status, further.status) == (OrderStatus.EXPIRED_IN_MATCH, OrderStatus.NEW)


def test_immediate_taker_says_why_it_ended(venue: SmallVenue) -> None:
    offer = _ask_inside(venue)
    taker = replace(BID, time_in_force="IOC", price=offer.price, self_trade_prevention="EXPIRE_TAKER")
    order = placed(venue, taker)
    assert told(venue, order)[-1] == (Execution.EXPIRED, ExpiryReason.IMMEDIATE_SELF_TRADE)


# Price match


@pytest.mark.parametrize("mode", [one for one in PriceMatch if one is not PriceMatch.NONE])
@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_price_is_taken_from_the_book(venue: SmallVenue, mode: PriceMatch, side: str) -> None:
    book, contract = venue.market().book, venue.market().contract
    own, opposite = (book.bids, book.asks) if side == "BUY" else (book.asks, book.bids)
    levels = list(opposite if mode.is_of_opponent else own)
    expected = contract.price(levels[mode.level - 1])
    order = placed(venue, replace(BID, side=side, price=None, price_match=mode.value))
    assert (order.price, order.price_match) == (expected, mode)


def test_price_match_needs_the_level_to_be_there(venue: SmallVenue) -> None:
    book = venue.market().book
    book.bids = dict(list(book.bids.items())[:4])
    with pytest.raises(VenueError) as refused:
        placed(venue, replace(BID, price=None, price_match="QUEUE_5"))
    assert refused.value.refusal.code == -5041


def test_stop_takes_its_limit_from_the_book_when_it_fires(venue: SmallVenue) -> None:
    one = waiting(
        venue,
        ConditionalRequest("BTCUSDT", "BUY", "STOP", Decimal(60_500), Decimal("0.1"), price_match="QUEUE"),
    )
    venue.tick("60600")
    assert one.actual_order_id is not None
    order = venue.trader.find_order(one.actual_order_id, None)
    assert order is not None
    assert order.price == venue.market().best_bid


# Trailing stops


def test_trailing_stop_follows_up_and_fires_on_the_way_back(venue: SmallVenue) -> None:
    venue.order("BUY", "0.1")
    one = waiting(venue, replace(TRAILING, reduce_only=True))
    for price in ("61000", "60500", "62000", "61380.1"):
        venue.tick(price)
        assert one.is_waiting, price
    venue.tick("61380")
    assert one.status is ConditionalStatus.FINISHED
    assert venue.trader.amount("BTCUSDT") == 0


def test_trailing_buy_follows_down(venue: SmallVenue) -> None:
    one = waiting(venue, replace(TRAILING, side="BUY"))
    for price in ("59000", "59589.9"):
        venue.tick(price)
        assert one.is_waiting, price
    venue.tick("59590")
    assert one.status is ConditionalStatus.FINISHED


def test_trailing_stop_sleeps_until_its_activation_price(venue: SmallVenue) -> None:
    one = waiting(venue, replace(TRAILING, activation_price=Decimal(61_000)))
    seen = []
    for price in ("58000", "61000"):
        venue.tick(price)
        seen.append(one.extreme)
    assert seen == [None, Decimal(61_000)]
    venue.tick("60390")
    assert one.status is ConditionalStatus.FINISHED


def test_trailing_stop_on_mark_does_not_hear_the_last_price(venue: SmallVenue) -> None:
    one = waiting(venue, replace(TRAILING, working_type="MARK_PRICE"))
    venue.tick("59390", after_ms=1)
    assert venue.market().mark > Decimal("59400")
    assert one.is_waiting


def test_cancelled_trailing_stop_never_fires(venue: SmallVenue) -> None:
    one = waiting(venue, TRAILING)
    venue.exchange.cancel_conditional(venue.trader, one, venue.now)
    venue.tick("50000")
    assert one.status is ConditionalStatus.CANCELED


# Price protection


def test_protected_stop_waits_while_last_and_mark_are_apart(venue: SmallVenue) -> None:
    stop = ConditionalRequest("BTCUSDT", "SELL", "STOP_MARKET", Decimal(59_000), Decimal("0.1"))
    protected, plain = waiting(venue, replace(stop, price_protect=True)), waiting(venue, stop)
    venue.tick("52000", after_ms=1)
    market = venue.market()
    assert abs(market.last - market.mark) > market.contract.trigger_protect * market.mark
    assert plain.status is ConditionalStatus.FINISHED
    assert protected.status.value == ConditionalStatus.NEW.value
    for _ in range(5):
        venue.tick("52000", after_ms=60_000)
    assert protected.status is ConditionalStatus.FINISHED


def test_stop_that_fires_into_a_gap_is_not_bound_by_mark(venue: SmallVenue) -> None:
    venue.order("BUY", "0.1")
    stop = venue.conditional("SELL", "STOP_MARKET", "59000")
    venue.tick("50000", after_ms=1)
    market = venue.market()
    assert market.best_bid < market.mark * (1 - market.contract.market_take_bound)
    assert stop.status is ConditionalStatus.FINISHED
    assert venue.trader.amount("BTCUSDT") == 0


def test_events_of_a_stop_come_in_order(venue: SmallVenue) -> None:
    one = waiting(
        venue, ConditionalRequest("BTCUSDT", "SELL", "STOP_MARKET", Decimal(59_000), Decimal("0.1"))
    )
    statuses: list[ConditionalStatus] = []
    venue.exchange.listen(
        lambda event: (
            statuses.append(event.conditional.status) if isinstance(event, ConditionalChanged) else None
        )
    )
    venue.tick("58900")
    assert one.status is ConditionalStatus.FINISHED
    assert statuses == [
        ConditionalStatus.TRIGGERING,
        ConditionalStatus.TRIGGERED,
        ConditionalStatus.FINISHED,
    ]
