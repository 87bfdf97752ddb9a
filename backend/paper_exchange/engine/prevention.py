"""Self-trade prevention: an order never trades against one of the same account's."""

from __future__ import annotations

from decimal import Decimal

from paper_exchange.engine.accounts import Account
from paper_exchange.engine.instructions import ExpiryReason
from paper_exchange.engine.orders import Order, OrderStatus, Side, TimeInForce
from paper_exchange.engine.settlement import finish
from paper_exchange.engine.state import State

EFFECTIVE = frozenset({TimeInForce.GTC, TimeInForce.IOC, TimeInForce.GTD})


def meet_own(
    state: State, account: Account, taker: Order, price: Decimal | None, now: int, touching: bool = False
) -> bool:
    """Expire what would trade against an own order before the taker reaches `price` (None = any price).

    `touching` counts own orders at that very price too. Returns whether the taker may go on.
    """
    mode = taker.self_trade_prevention
    if not (mode.expires_taker or mode.expires_maker) or taker.time_in_force not in EFFECTIVE:
        return True
    met = [
        order
        for order in account.orders_on(taker.symbol)
        if order.side is not taker.side and _is_met(taker.side, order.price, price, touching)
    ]
    if not met:
        return True
    met.sort(key=lambda order: order.price, reverse=taker.side is Side.SELL)
    if mode.expires_maker:
        for order in met if not mode.expires_taker else met[:1]:
            finish(state, account, order, OrderStatus.EXPIRED_IN_MATCH, now, ExpiryReason.SELF_TRADE)
    if mode.expires_taker:
        immediate = taker.time_in_force is TimeInForce.IOC
        why = ExpiryReason.IMMEDIATE_SELF_TRADE if immediate else ExpiryReason.SELF_TRADE
        finish(state, account, taker, OrderStatus.EXPIRED_IN_MATCH, now, why)
    return not mode.expires_taker


def _is_met(side: Side, own: Decimal, price: Decimal | None, touching: bool) -> bool:
    if price is None or (touching and own == price):
        return True
    return own < price if side is Side.BUY else own > price
