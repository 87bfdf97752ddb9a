"""Rows of the execution log: every attempt, with what was asked, what was done and what it cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid4

from app.domain.accounting import slippage_bps
from app.domain.types import OrderLeg, OrderSide, OrderStatus
from app.domain.venue import Accepted, PlaceOutcome
from app.models.fill import Fill
from app.models.order import Order
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.fills_book import realized_by_fill
from app.services.trading.trade_case import TradeCase

ZERO = Decimal(0)
HUNDRED = Decimal(100)
MAX_PERCENT = Decimal("99999.99")
MOST_VOLATILE = Decimal("9999.9999")
_ACTIONS = {
    OrderLeg.ENTRY: "enter",
    OrderLeg.STOP: "place_stop",
    OrderLeg.EXIT: "exit",
    OrderLeg.SCALE_OUT: "scale_out",
    OrderLeg.ADD: "add",
}


class Outcome(StrEnum):
    """How the outcome is known."""

    ANSWERED = "answered"  # by the venue, to the order
    LOOKED_UP = "looked_up"  # asked for by its id, the answer having been lost
    REFUSED = "refused"  # by ourselves: it was never sent
    OBSERVED = "observed"  # a resting order changed


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one sending: on the way there and back, and inside the venue by its own word; None where
    not known. Where the venue does not say, the way includes it."""

    network_ms: Decimal | None = None
    venue_ms: Decimal | None = None


UNTIMED = Timing()


def timing_of(seconds: float, outcome: PlaceOutcome) -> Timing:
    """Split the time of one sending; what the venue says it took itself is not the network's."""
    whole = Decimal(seconds * 1000)
    own = outcome.venue_ms if isinstance(outcome, Accepted) else None
    return Timing(round(whole if own is None else max(whole - own, ZERO), 3), own)


async def log_attempt(
    transaction: TradingTransaction,
    case: TradeCase,
    order: Order,
    status: OrderStatus,
    now: datetime,
    *,
    outcome: Outcome,
    action: str | None = None,
    error: str | None = None,
    timing: Timing = UNTIMED,
) -> None:
    """Append one row about an order that reached `status`; its figures are those of its recorded fills."""
    trade = case.trade
    fills = case.fills_of(order)
    filled = sum((fill.quantity for fill in fills), ZERO)
    price = average_price(fills)
    slippage = None if price is None else slippage_bps(OrderSide(order.side), order.requested_price, price)
    gains = realized_by_fill(case.fills) if fills else {}
    elapsed = None if order.sent_at is None or action is not None else now - order.sent_at
    row_id = uuid4()
    row: dict[str, object] = {
        "id": row_id,
        "timestamp": now,
        "trade_id": trade.id,
        "wallet_id": trade.wallet_id,
        "symbol": trade.symbol,
        "side": order.side,
        "client_order_id": order.client_order_id,
        "action": action or action_of(order),
        "order_type": order.order_type,
        "requested_price": order.requested_price,
        "executed_price": None if price is None else price.quantize(Decimal("1e-10")),
        "slippage_percent": None if slippage is None else (slippage / HUNDRED).quantize(Decimal("1e-4")),
        "slippage_bps": None if slippage is None else slippage.quantize(Decimal("1e-4")),
        "requested_size": order.quantity,
        "filled_size": filled,
        "fill_percent": min(filled / order.quantity * HUNDRED, MAX_PERCENT).quantize(Decimal("0.01")),
        "fees_paid": sum((fill.fee for fill in fills), ZERO),
        "realized_pnl": sum((gains[fill.venue_trade_id] for fill in fills), ZERO) if fills else None,
        "execution_time_ms": None if elapsed is None else max(int(elapsed.total_seconds() * 1000), 0),
        "status": status.value.lower(),
        "error_message": error,
        "retry_count": (0 if order.leg == OrderLeg.ADD else order.attempt - 1) + (order.retry_count or 0),
        "market_time": max((fill.executed_at for fill in fills), default=order.market_time),
    }
    row |= _circumstances(trade.venue, order, timing)
    row["outcome"] = outcome.value
    await transaction.logs.insert(transaction.user_id, row)
    announce(transaction, trade.id, row_id)


def average_price(fills: Sequence[Fill]) -> Decimal | None:
    """What these fills paid on average; None without one."""
    filled = sum((fill.quantity for fill in fills), ZERO)
    return sum((fill.quantity * fill.price for fill in fills), ZERO) / filled if filled else None


def _circumstances(venue: str, order: Order, timing: Timing) -> dict[str, object]:
    """Where the order went, how it was routed, what the market showed then, and where the time went."""
    depth, price = order.book_depth, order.requested_price
    volatility = order.volatility_bps
    return {
        "venue": venue,
        "exchange_order_id": order.exchange_order_id,
        "error_code": order.error_code,
        "route": order.route,
        "route_reason": order.route_reason,
        "expected_slippage_bps": order.expected_slippage_bps,
        "spread_bps": order.spread_bps,
        "market_volatility": None if volatility is None else min(volatility, MOST_VOLATILE),
        "market_liquidity": None if depth is None or price is None else round(depth * price, 2),
        "gate_ms": order.gate_ms,
        "network_ms": timing.network_ms,
        "venue_ms": timing.venue_ms,
    }


def action_of(order: Order) -> str:
    """The attempt in words: enter, place_stop, move_stop or exit."""
    if order.leg == OrderLeg.STOP and order.attempt > 1:
        return "move_stop"
    return _ACTIONS[OrderLeg(order.leg)]


def announce(transaction: TradingTransaction, trade_id: UUID, row_id: UUID) -> None:
    """Tell the user's screens about a new row, and that the trade changed."""
    transaction.announcements.changed(transaction.user_id, "execution", row_id)
    transaction.announcements.changed(transaction.user_id, "position", trade_id)
