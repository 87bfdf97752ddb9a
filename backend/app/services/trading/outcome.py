"""What became of an order, written down: the answer, its fills and the next intent in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from app.domain.order_states import can_move
from app.domain.stops import stop_toward_entry
from app.domain.types import OrderLeg, OrderStatus, Side
from app.domain.venue import Refused, VenueFill, VenueOrder
from app.models.order import Order
from app.models.trade import Trade
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.execution_records import UNTIMED, Outcome, Timing, log_attempt
from app.services.trading.fills_book import record_fills
from app.services.trading.trade_case import TOO_LARGE, TOO_LATE, WOULD_TAKE, WOULD_TRIGGER, TradeCase

MEANINGS = {"-2021": WOULD_TRIGGER, "-5022": WOULD_TAKE, "-1021": TOO_LATE, "-4005": TOO_LARGE}
# Refusals by a filter of the contract (too large, off its tick, too fine): we had checked against what we know of it.
FILTERS = frozenset({"-4005", "-4014", "-1111"})
UNKNOWN_AT_VENUE = "unknown_at_venue"


async def record_order(
    transaction: TradingTransaction,
    case: TradeCase,
    order: Order,
    seen: VenueOrder,
    fills: Sequence[VenueFill],
    now: datetime,
    timing: Timing | None = None,
) -> TradeCase:
    """Write an order as the venue shows it, and its fills; an older view of it changes nothing. `timing` is
    there where this is the answer to the sending itself."""
    before = OrderStatus(order.status)
    status = later_status(before, seen)
    values: dict[str, object] = {
        "exchange_order_id": seen.exchange_order_id,
        "triggered_order_id": seen.triggered_order_id or order.triggered_order_id,
        "filled_quantity": max(seen.filled_quantity, order.filled_quantity),
        "average_price": seen.average_price if seen.average_price is not None else order.average_price,
    }
    if before is OrderStatus.SENDING:
        values |= {"accepted_at": seen.updated_at, "error_code": None, "error_message": None}
    if not await transaction.orders.move(transaction.user_id, order, status, values):
        return case
    case = await record_fills(transaction, case, fills)
    if before is OrderStatus.SENDING:
        how = Outcome.LOOKED_UP if timing is None else Outcome.ANSWERED
        await log_attempt(transaction, case, order, status, now, outcome=how, timing=timing or UNTIMED)
    elif order.leg == OrderLeg.STOP and status is OrderStatus.FILLED and before is not status:
        await log_attempt(
            transaction, case, order, status, now, outcome=Outcome.OBSERVED, action="stop_filled"
        )
    elif order.leg != OrderLeg.STOP and status is not before and status.is_terminal:
        action = f"{order.leg}_{status.value.lower()}"
        await log_attempt(transaction, case, order, status, now, outcome=Outcome.OBSERVED, action=action)
    return case


def later_status(before: OrderStatus, seen: VenueOrder) -> OrderStatus:
    """Return the status after the venue showed the order; what is over stays over."""
    if seen.status is before or not can_move(before, seen.status):
        return before
    return seen.status


async def record_refusal(
    transaction: TradingTransaction,
    case: TradeCase,
    order: Order,
    refused: Refused,
    now: datetime,
    timing: Timing = UNTIMED,
    most_retries: int | None = None,
) -> None:
    """Write a definite refusal. One that says nothing about the order puts the intent back, to be sent
    again under the same id, at most `most_retries` times (None: always); nothing was accepted."""
    tried = order.retry_count or 0
    code = MEANINGS.get(refused.code, refused.code[:64])
    if refused.retryable and (most_retries is None or tried < most_retries):
        values: dict[str, object] = {
            "deadline": None,
            "error_code": code,
            "retry_count": tried + 1,
        }
        await transaction.orders.move(transaction.user_id, order, OrderStatus.INTENT, values)
        return
    values = {"error_code": code, "error_message": refused.message}
    if await transaction.orders.move(transaction.user_id, order, OrderStatus.REJECTED, values):
        await log_attempt(
            transaction,
            case,
            order,
            OrderStatus.REJECTED,
            now,
            outcome=Outcome.ANSWERED,
            error=f"{refused.code} {refused.message}",
            timing=timing,
        )


async def record_absence(
    transaction: TradingTransaction, case: TradeCase, order: Order, status: OrderStatus, now: datetime
) -> None:
    """Write that the venue does not know the order: NOT_ACCEPTED when it never did, CANCELED when it did."""
    if (status is OrderStatus.NOT_ACCEPTED) != (order.status == OrderStatus.SENDING):
        return
    message = "The venue knows no such order."
    values: dict[str, object] = {"error_code": UNKNOWN_AT_VENUE, "error_message": message}
    if await transaction.orders.move(transaction.user_id, order, status, values):
        await log_attempt(transaction, case, order, status, now, outcome=Outcome.LOOKED_UP, error=message)


def put_stop_on_tick(trade: Trade, tick: Decimal | None) -> None:
    """Have the stop that is wanted on a tick as it is now, toward the entry; the trade's row is locked."""
    if tick is not None:
        trade.stop_price = stop_toward_entry(trade.stop_price, tick, Side(trade.side))
