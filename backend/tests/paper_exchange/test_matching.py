"""How orders fill."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from paper_exchange.engine.events import ConditionalChanged
from paper_exchange.engine.orders import ConditionalStatus, IncomeType, Order, OrderStatus, PositionSide
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.engine.watchlist import PriceWatch
from tests.paper_exchange.small_venue import SmallVenue


def test_taker_walks_the_book_one_fill_per_level() -> None:
    venue = SmallVenue(deposit="10000000")
    levels = list(venue.market().book.asks.items())
    contract = venue.market().contract
    wanted = sum(size for _, size in levels[:3])
    order = venue.order("BUY", str(contract.quantity(wanted)))
    venue.collect()
    assert [fill.price for fill in venue.fills] == [contract.price(price) for price, _ in levels[:3]]
    assert order.status.value == OrderStatus.FILLED.value
    assert venue.market().book.best_ask() == levels[3][0]


def test_taken_depth_comes_back_with_the_next_trade_only() -> None:
    venue = SmallVenue(deposit="10000000")
    first = venue.market().best_ask
    size = venue.market().contract.quantity(next(iter(venue.market().book.asks.values())))
    venue.order("BUY", str(size))
    assert venue.market().best_ask > first
    venue.tick("60000")
    assert venue.market().best_ask <= first + 5


def test_market_order_deeper_than_the_book_expires_with_the_rest_unfilled() -> None:
    venue = SmallVenue(deposit="1000000000")
    venue.exchange.set_leverage(venue.trader, "BTCUSDT", 1, venue.now)
    while (order := venue.order("BUY", "120")).status is OrderStatus.FILLED:
        pass
    assert order.status.value == OrderStatus.EXPIRED.value
    assert 0 < order.filled < 120


def test_stop_beyond_a_gap_fills_at_the_book_after_the_gap() -> None:
    venue = SmallVenue()
    venue.order("BUY", "0.1")
    stop = venue.conditional("SELL", "STOP_MARKET", "59000")
    venue.tick("57000")
    venue.collect()
    assert stop.status.value == ConditionalStatus.FINISHED.value
    assert venue.fills[-1].price < Decimal(57_001)
    assert venue.trader.amount("BTCUSDT") == 0


def test_stop_on_mark_waits_for_mark() -> None:
    venue = SmallVenue()
    venue.order("BUY", "0.1")
    stop = venue.conditional("SELL", "STOP_MARKET", "59900", working_type="MARK_PRICE")
    venue.tick("59850")
    assert venue.market().mark > 59_900
    assert stop.status.value == ConditionalStatus.NEW.value
    venue.tick("59850", after_ms=600_000)
    assert stop.status.value == ConditionalStatus.FINISHED.value


def test_take_profit_fires_on_the_other_side() -> None:
    venue = SmallVenue()
    venue.order("BUY", "0.1")
    target = venue.conditional("SELL", "TAKE_PROFIT_MARKET", "61000")
    venue.tick("60900")
    assert target.status.value == ConditionalStatus.NEW.value
    venue.tick("61000")
    assert target.status.value == ConditionalStatus.FINISHED.value


def test_conditional_tells_each_of_its_states_in_order() -> None:
    venue = SmallVenue()
    venue.order("BUY", "0.1")
    seen: list[str] = []
    venue.exchange.listen(
        lambda event: (
            seen.append(event.conditional.status.value) if isinstance(event, ConditionalChanged) else None
        )
    )
    stop = venue.conditional("SELL", "STOP_MARKET", "59000")
    venue.tick("58900")
    assert seen == ["NEW", "TRIGGERING", "TRIGGERED", "FINISHED"]
    assert stop.actual_quantity == Decimal("0.1")
    assert stop.actual_order_id in venue.trader.closed_orders


def test_stop_limit_finishes_when_its_order_does() -> None:
    venue = SmallVenue()
    venue.order("BUY", "0.1")
    stop = venue.conditional("SELL", "STOP", "59000", price="59500")
    venue.tick("59000")
    assert stop.status.value == ConditionalStatus.TRIGGERED.value
    venue.tick("59600")
    assert stop.status.value == ConditionalStatus.FINISHED.value
    assert stop.actual_price == 59_500


def test_stop_without_a_position_left_is_rejected_when_it_fires() -> None:
    venue = SmallVenue()
    venue.order("BUY", "0.1")
    stop = venue.conditional("SELL", "STOP_MARKET", "59000")
    venue.order("SELL", "0.1", reduce_only=True)
    venue.tick("58000")
    assert stop.status.value == ConditionalStatus.REJECTED.value
    assert venue.trader.amount("BTCUSDT") == 0


def test_close_position_stop_closes_whatever_is_held_by_then() -> None:
    venue = SmallVenue()
    venue.order("BUY", "0.1")
    venue.conditional("SELL", "STOP_MARKET", "59000", quantity=None, reduce_only=False, close_position=True)
    venue.order("BUY", "0.2")
    venue.tick("58900")
    assert venue.trader.amount("BTCUSDT") == 0


def test_maker_is_filled_whole_at_its_limit_when_the_price_passes_through() -> None:
    venue = SmallVenue()
    order = venue.order("BUY", "0.1", price="59900")
    venue.tick("59890", quantity="0.001", taker_bought=False)
    venue.collect()
    assert order.status.value == OrderStatus.FILLED.value
    assert venue.fills[-1].is_maker
    assert venue.fills[-1].price == 59_900


def test_maker_at_its_limit_waits_for_the_queue_ahead() -> None:
    venue = SmallVenue()
    order = venue.order("BUY", "0.1", price="59900")
    order.queue_ahead = Decimal(1)
    venue.tick("59900", quantity="0.6", taker_bought=False)
    assert order.filled == 0
    assert order.queue_ahead == Decimal("0.4")
    venue.tick("59900", quantity="0.45", taker_bought=False)
    assert order.filled == Decimal("0.05")
    venue.tick("59900", quantity="5", taker_bought=False)
    assert order.status.value == OrderStatus.FILLED.value


def test_reduce_only_is_trimmed_to_the_position() -> None:
    venue = SmallVenue()
    venue.order("BUY", "0.1")
    order = venue.order("SELL", "5", reduce_only=True)
    assert order.quantity == Decimal("0.1")
    assert venue.trader.amount("BTCUSDT") == 0


def test_resting_reduce_only_expires_when_nothing_is_left_to_reduce() -> None:
    venue = SmallVenue()
    venue.order("BUY", "0.1")
    target = venue.order("SELL", "0.1", price="61000", reduce_only=True)
    venue.order("SELL", "0.1")
    assert target.status.value == OrderStatus.EXPIRED.value
    venue.tick("61500")
    assert venue.trader.amount("BTCUSDT") == 0


def test_flip_closes_then_opens_at_the_fill_price() -> None:
    venue = SmallVenue()
    venue.order("BUY", "0.1")
    venue.order("SELL", "0.3")
    position = venue.trader.positions["BTCUSDT", PositionSide.BOTH]
    venue.collect()
    assert position.amount == Decimal("-0.2")
    assert position.entry_price <= venue.market().last
    venue.check_invariants()


def test_realised_parts_add_up_exactly_over_a_round_trip() -> None:
    venue = SmallVenue(deposit="1000000")
    for quantity, price in (("0.007", "60000"), ("0.003", "60333.3"), ("0.011", "59999.9")):
        venue.tick(price)
        venue.order("BUY", quantity)
    for quantity, price in (("0.004", "60111.1"), ("0.013", "60007.7"), ("0.004", "59870.3")):
        venue.tick(price)
        venue.order("SELL", quantity)
    venue.check_invariants()
    assert venue.trader.amount("BTCUSDT") == 0


def test_client_id_may_be_used_again_once_its_order_is_closed() -> None:
    venue = SmallVenue()
    first = venue.order("BUY", "0.1", client_id="mine")
    second = venue.order("BUY", "0.1", client_id="mine")
    assert first.id != second.id
    assert venue.trader.amount("BTCUSDT") == Decimal("0.2")


def test_fees_are_the_contract_rates() -> None:
    venue = SmallVenue()
    venue.order("BUY", "0.1")
    venue.order("SELL", "0.1", price="60100")
    venue.tick("60200")
    venue.collect()
    taker, maker = (row.amount for row in venue.income if row.kind is IncomeType.COMMISSION)
    assert taker == -venue.fills[0].price * Decimal("0.1") * Decimal("0.0005")
    assert maker == Decimal("-60100") * Decimal("0.1") * Decimal("0.0002")


def test_deposit_is_credited_once_per_reference() -> None:
    venue = SmallVenue(deposit="100")
    venue.exchange.deposit("trader", Decimal(50), "ref", venue.now)
    venue.exchange.deposit("trader", Decimal(50), "ref", venue.now)
    assert venue.trader.record.wallet == 150
    with pytest.raises(VenueError) as refused:
        venue.exchange.deposit("trader", Decimal(51), "ref", venue.now)
    assert refused.value.refusal is Refusal.REFERENCE_REUSED


def test_things_long_gone_do_not_pile_up_on_a_watch_list() -> None:
    watch: PriceWatch[Order] = PriceWatch(upward=True)
    venue = SmallVenue()
    kept = venue.order("SELL", "0.01", "61000")
    watch.add(1, kept)
    for number in range(10_000):
        passing = replace(kept, id=number)
        watch.add(number + 10, passing)
        watch.remove(passing)
    assert len(watch._heap) < 1_000
    assert list(watch.take(100_000)) == [kept]


def test_market_order_ends_where_the_venue_bounds_it() -> None:
    venue = SmallVenue(deposit="1000000000")
    market = venue.market()
    levels = list(market.book.asks.items())
    contract = market.contract
    market.record.mark = contract.price(levels[2][0]) / (1 + contract.market_take_bound)
    within = contract.quantity(sum(size for _, size in levels[:3]))
    order = venue.order("BUY", str(within + contract.step))
    assert (order.status.value, order.filled) == (OrderStatus.EXPIRED.value, within)
