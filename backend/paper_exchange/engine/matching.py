"""Takers walk the visible book; makers wait in a queue until the feed's trades reach them."""

from __future__ import annotations

from decimal import Decimal

from paper_exchange.engine.accounts import Account
from paper_exchange.engine.events import BookChanged, TradePrinted
from paper_exchange.engine.instructions import ExpiryReason
from paper_exchange.engine.market import Market
from paper_exchange.engine.money import ONE, ZERO
from paper_exchange.engine.orders import Order, OrderStatus, OrderType, Side
from paper_exchange.engine.prevention import meet_own
from paper_exchange.engine.settlement import Execute, expire_idle_reductions, fill, finish
from paper_exchange.engine.state import State


def crosses(market: Market, side: Side, limit: Decimal | None) -> bool:
    """Whether an order at `limit` (None = at any price) would take from the book as it stands."""
    if limit is None:
        return True
    return limit >= market.best_ask if side is Side.BUY else limit <= market.best_bid


def fillable_now(market: Market, side: Side, limit: Decimal) -> Decimal:
    """Quantity on offer at `limit` or better, all but the last visible level."""
    contract, book = market.contract, market.book
    bound = contract.ticks(limit)
    if side is Side.BUY:
        steps = sum(size for price, size in list(book.asks.items())[:-1] if price <= bound)
    else:
        steps = sum(size for price, size in list(book.bids.items())[:-1] if price >= bound)
    return contract.quantity(steps)


def _take_bound(market: Market, order: Order) -> int | None:
    """The last price (ticks) that a market order may take, so far from mark; None for one that a stop became.

    A stop that fired into a gap fills after the gap, however far that is.
    """
    if order.conditional_id is not None:
        return None
    contract = market.contract
    away = contract.market_take_bound if order.side is Side.BUY else -contract.market_take_bound
    return contract.ticks(market.mark * (ONE + away))


def take(state: State, account: Account, order: Order, market: Market, now: int) -> None:
    """Walk the book, one fill per level, until filled, out of price or out of depth (the last level stays).

    What is taken stays gone until the feed's next trade; candles and last price follow the feed alone, so a
    replay's candles equal its files.
    """
    contract, book = market.contract, market.book
    levels = book.asks if order.side is Side.BUY else book.bids
    limit = contract.ticks(order.price) if order.type is OrderType.LIMIT else _take_bound(market, order)
    took = False
    for price in list(levels)[:-1]:
        if not order.is_open:
            break
        if limit is not None and (price > limit if order.side is Side.BUY else price < limit):
            break
        if not meet_own(state, account, order, contract.price(price), now):
            break
        steps = min(contract.steps(order.remaining), levels[price])
        market.consume(order.side, price, levels[price] - steps)
        fill(
            state,
            account,
            order,
            market,
            Execute(contract.price(price), contract.quantity(steps), False),
            now,
        )
        trade = market.print_trade(now, price, steps, order.side is Side.BUY)
        state.emit(TradePrinted(market, trade, from_feed=False))
        took = True
    if order.is_open:
        meet_own(state, account, order, None if limit is None else contract.price(limit), now, touching=True)
    if took:
        state.changes.markets.add(market.symbol)
        state.emit(BookChanged(market, now))
        expire_idle_reductions(state, account, market.symbol, now)


def rest(state: State, order: Order, market: Market) -> None:
    """Put the order in the book, behind what is visible at its price."""
    contract = market.contract
    price = contract.ticks(order.price)
    levels = market.book.bids if order.side is Side.BUY else market.book.asks
    order.queue_ahead = contract.quantity(levels.get(price, 0))
    market.resting(order.side).add(price, order)
    state.changes.orders[order.id] = order


def match_makers(state: State, market: Market, now: int) -> None:
    """Fill resting orders that the feed's last trade reached.

    Price passed the limit: filled whole, at the limit. Price at the limit: what was ahead in the queue must
    trade first, then the rest of the trade's volume fills the order. The queue of strangers is one for all
    orders at that price; what fills one order is gone for those behind it.
    """
    price = market.record.last
    volume = market.contract.quantity(market.record.last_quantity)
    for side in Side:
        watch = market.resting(side)
        if not watch.reached(price):
            continue
        waiting: list[Order] = []
        left = volume
        for order in watch.take(price):
            if market.contract.ticks(order.price) != price:
                _fill_maker(state, order, market, order.remaining, now)
                continue
            reaching = max(ZERO, left - order.queue_ahead)
            order.queue_ahead = max(ZERO, order.queue_ahead - left)
            state.changes.orders[order.id] = order
            traded = min(order.remaining, reaching)
            left -= traded
            if traded:
                _fill_maker(state, order, market, traded, now)
            waiting.append(order)
        for order in waiting:
            if order.is_open:
                watch.add(price, order)


def _fill_maker(state: State, order: Order, market: Market, quantity: Decimal, now: int) -> None:
    """Fill at the limit; a reduce-only order never more than is there to reduce, and the rest of it
    expires.
    """
    account = state.accounts[order.account]
    allowed = quantity
    if order.reduce_only:
        allowed = min(quantity, account.reducible_by(order.symbol, order.position_side, order.side))
    if allowed:
        fill(state, account, order, market, Execute(order.price, allowed, True), now)
    if allowed < quantity and order.is_open:
        finish(state, account, order, OrderStatus.EXPIRED, now, ExpiryReason.NOTHING_TO_REDUCE)
    expire_idle_reductions(state, account, order.symbol, now)
