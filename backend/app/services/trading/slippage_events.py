"""Tells the owner of an order that was filled much worse than asked."""

from decimal import Decimal

from app.domain.accounting import slippage_bps
from app.domain.decimal_text import grouped
from app.domain.notification_events import NotificationEvent
from app.domain.types import OrderSide
from app.models.order import Order
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.desk import Desk
from app.services.trading.entry_routes import settings_in_bps
from app.services.trading.execution_records import average_price
from app.services.trading.trade_case import TradeCase

TENTH = Decimal("0.1")
LEAST_TOLD_BPS = Decimal(1)
"""Less is never large, whatever a wallet allows."""


async def tell_of_slippage(
    desk: Desk, transaction: TradingTransaction, case: TradeCase, order: Order
) -> None:
    """Emit `large_slippage`, once for an order, where its fills are worse than the wallet's largest slippage: of an
    entry against the decision price, of a stop against its trigger, of an exit against the mark at its sending."""
    price, asked = average_price(case.fills_of(order)), order.requested_price
    if price is None or asked is None:
        return
    slippage = slippage_bps(OrderSide(order.side), asked, price)
    if slippage is None or slippage < LEAST_TOLD_BPS:
        return
    instrument = await desk.markets.instrument(case.trade.venue, order.symbol)
    if instrument is None:
        return
    user_id, wallet_id = transaction.user_id, order.wallet_id
    row = await transaction.execution_settings.of_wallet(user_id, wallet_id)
    limit = settings_in_bps(row, price=asked, instrument=instrument).max_slippage_bps
    if slippage <= limit:
        return
    wallet = await transaction.accounts.name(user_id, wallet_id)
    await transaction.notifications.emit(
        user_id,
        NotificationEvent.LARGE_SLIPPAGE,
        dedupe_key=order.client_order_id,
        subject=order.symbol,
        wallet_id=wallet_id,
        figures={
            "wallet": wallet or str(wallet_id),
            "symbol": order.symbol,
            "slippage_bps": grouped(slippage.quantize(TENTH)),
            "limit_bps": grouped(limit.quantize(TENTH)),
            "trade_id": str(order.trade_id),
        },
    )
