"""Changing an open order: what changes, what is refused, and when the order is cancelled instead."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from paper_exchange.engine.amending import AmendRequest
from paper_exchange.engine.events import Execution, OrderChanged
from paper_exchange.engine.orders import Order, OrderStatus
from paper_exchange.engine.refusals import VenueError
from tests.paper_exchange.small_venue import SmallVenue


@pytest.fixture
def venue() -> SmallVenue:
    """A bid for 0.1 at 59,000 is open, with nobody ahead of it."""
    small = SmallVenue()
    bid = small.order("BUY", "0.1", price="59000", client_id="bid")
    bid.queue_ahead = Decimal(0)
    return small


def wanted(venue: SmallVenue, **changed: object) -> AmendRequest:
    order = venue.trader.open_by_client_id["bid"]
    plain = AmendRequest("BTCUSDT", "BUY", order.id, None, Decimal("0.1"), Decimal(58_000))
    return replace(plain, **changed)  # type: ignore[arg-type]


def amend(venue: SmallVenue, **changed: object) -> Order:
    return venue.exchange.amend(venue.trader, wanted(venue, **changed), venue.now)


def test_order_has_the_new_price_and_quantity_and_keeps_its_number(venue: SmallVenue) -> None:
    before = venue.trader.open_by_client_id["bid"].id
    order = amend(venue, quantity=Decimal("0.2"), modify_id=7)
    assert (order.id, order.price, order.quantity) == (before, Decimal(58_000), Decimal("0.2"))
    last = venue.events[-1]
    assert isinstance(last, OrderChanged)
    assert (last.execution, last.modify_id) == (Execution.AMENDMENT, 7)
    [change] = venue.exchange.take_changes().amendments
    assert (change.price_before, change.price_after, change.count) == (Decimal(59_000), Decimal(58_000), 1)
    assert (change.quantity_before, change.quantity_after) == (Decimal("0.1"), Decimal("0.2"))


def test_order_is_not_met_any_more_where_it_was(venue: SmallVenue) -> None:
    order = amend(venue)
    venue.tick("58500")
    assert order.filled == 0
    venue.tick("57900")
    assert order.status is OrderStatus.FILLED


def test_order_goes_to_the_end_of_the_queue(venue: SmallVenue) -> None:
    other = venue.open_account("other", "10000")
    first = venue.trader.open_by_client_id["bid"]
    second = venue.order("BUY", "0.1", price="59000", account=other)
    amend(venue, price=Decimal(59_000), quantity=Decimal("0.11"))
    first.queue_ahead = second.queue_ahead = Decimal(0)
    venue.tick("59000", quantity="0.1")
    assert (second.filled, first.filled) == (Decimal("0.1"), Decimal(0))


def test_order_takes_when_its_new_price_crosses(venue: SmallVenue) -> None:
    order = amend(venue, price=Decimal(60_100))
    assert order.status is OrderStatus.FILLED
    venue.tick("58900")
    assert order.filled == order.quantity, "nothing of it waits where it was"


def test_price_may_come_from_the_book(venue: SmallVenue) -> None:
    best = venue.market().best_bid
    assert amend(venue, price=None, price_match="QUEUE").price == best


def test_quantity_at_what_is_filled_cancels_the_rest(venue: SmallVenue) -> None:
    order = venue.trader.open_by_client_id["bid"]
    venue.tick("59000", quantity="0.04")
    assert order.filled == Decimal("0.04")
    assert amend(venue, quantity=Decimal("0.041"), price=Decimal(58_900)).is_open
    assert amend(venue, quantity=Decimal("0.04")).status is OrderStatus.CANCELED


def test_post_only_that_would_take_is_cancelled(venue: SmallVenue) -> None:
    maker = venue.order("BUY", "0.1", price="58000", time_in_force="GTX")
    last_resting = venue.market().best_ask - venue.market().contract.tick
    assert amend(venue, order_id=maker.id, price=last_resting).is_open
    assert amend(venue, order_id=maker.id, price=venue.market().best_ask).status is OrderStatus.CANCELED


CASES: list[tuple[int, dict[str, object]]] = [
    (-1102, {"quantity": None}),
    (-1102, {"price": None}),
    (-1102, {"order_id": None}),
    (-1121, {"symbol": "NOPE"}),
    (-1117, {"side": "HOLD"}),
    (-2013, {"order_id": 5}),
    (-2013, {"side": "SELL"}),
    (-2013, {"symbol": "ETHUSDT"}),
    (-4003, {"quantity": Decimal(0)}),
    (-1111, {"quantity": Decimal("0.1001")}),
    (-4005, {"quantity": Decimal(1_001)}),
    (-4001, {"price": Decimal(0)}),
    (-4014, {"price": Decimal("58000.05")}),
    (-4016, {"price": Decimal("63000.1")}),
    (-1106, {"price_match": "QUEUE"}),
    (-5027, {"price": Decimal(59_000)}),
    (-5047, {"reduce_only": True}),
    (-4164, {"quantity": Decimal("0.001"), "price": Decimal(4_999)}),
    (-2019, {"quantity": Decimal("3.5")}),
]


@pytest.mark.parametrize(("code", "changed"), CASES)
def test_refused_amendment_leaves_the_order_as_it_was(
    venue: SmallVenue, code: int, changed: dict[str, object]
) -> None:
    order = venue.trader.open_by_client_id["bid"]
    before = replace(order)
    with pytest.raises(VenueError) as refused:
        amend(venue, **changed)
    assert refused.value.refusal.code == code
    assert order == before
    venue.tick("58990")
    assert order.status is OrderStatus.FILLED


def test_its_own_margin_is_free_for_the_amendment(venue: SmallVenue) -> None:
    order = venue.order("BUY", "3", price="58000")
    assert venue.exchange.summary(venue.trader).available < 1_500
    assert amend(venue, order_id=order.id, quantity=Decimal("3.1")).quantity == Decimal("3.1")


def test_order_may_be_changed_so_often_and_no_more(venue: SmallVenue) -> None:
    market = venue.market()
    market.contract = replace(market.contract, max_amendments=2)
    for price in ("58000", "58001"):
        amend(venue, price=Decimal(price))
    with pytest.raises(VenueError) as refused:
        amend(venue, price=Decimal(58_002))
    assert refused.value.refusal.code == -5026


@pytest.mark.parametrize(("quantity", "code"), [("0.099", None), ("0.1", None), ("0.101", -2022)])
def test_reduction_stays_within_the_position(quantity: str, code: int | None) -> None:
    venue = SmallVenue()
    venue.order("BUY", "0.1")
    order = venue.order("SELL", "0.1", price="61000", reduce_only=True)
    request = AmendRequest(
        "BTCUSDT", "SELL", order.id, None, Decimal(quantity), order.price + 100, reduce_only=True
    )
    try:
        venue.exchange.amend(venue.trader, request, venue.now)
        found = None
    except VenueError as refused:
        found = refused.refusal.code
    assert found == code


@pytest.mark.parametrize(("said", "code"), [(True, None), (None, -4164), (False, -4164)])
def test_small_reduction_passes_when_it_is_called_one(said: bool | None, code: int | None) -> None:
    venue = SmallVenue()
    market = venue.market()
    market.contract = replace(market.contract, min_notional=Decimal(100))
    venue.order("BUY", "0.1")
    order = venue.order("SELL", "0.1", price="61000", reduce_only=True)
    request = AmendRequest("BTCUSDT", "SELL", order.id, None, Decimal("0.001"), order.price, reduce_only=said)
    try:
        venue.exchange.amend(venue.trader, request, venue.now)
        found = None
    except VenueError as refused:
        found = refused.refusal.code
    assert found == code
