"""Calling a person: the owner is told, inside the transaction that writes why."""

from datetime import datetime

import structlog

from app.domain.notification_events import NotificationEvent
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.trade_case import TradeCase

log = structlog.get_logger(__name__)


async def call_operator(transaction: TradingTransaction, case: TradeCase, reason: str, now: datetime) -> None:
    """Tell the trade's owner and the log, once per time that the trade comes to need somebody."""
    trade = case.trade
    log.critical("a trade needs an operator", trade_id=str(trade.id), reason=reason)
    name = await transaction.accounts.name(transaction.user_id, trade.wallet_id)
    figures = {
        "wallet": name or str(trade.wallet_id),
        "symbol": trade.symbol,
        "venue": trade.venue,
        "reason": f"{reason[:1].upper()}{reason[1:]}.",
    }
    await transaction.notifications.emit(
        transaction.user_id,
        NotificationEvent.NEEDS_OPERATOR,
        dedupe_key=f"{trade.id}:{now.isoformat()}",
        figures=figures,
        subject=str(trade.id),
        wallet_id=trade.wallet_id,
    )
