"""The end of a trade: why it closed, what it came to, and the streak of losses."""

from datetime import datetime, timedelta

from app.core.clock import utc_now
from app.domain.accounting import net_pnl
from app.domain.types import ExitReason, OrderLeg, TradeStatus
from app.models.trade import Trade
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.fills_book import last_fill_time
from app.services.trading.trade_case import WOULD_TRIGGER, ZERO, TradeCase
from app.services.trading.trade_news import tell_closed


def exit_reason(case: TradeCase) -> ExitReason:
    """Return why the position is gone, from the order that made it flat.

    A stop that filled at another price than the first was trailed. What none of our orders closed was
    closed by somebody else.
    """
    closing = [fill for fill in case.fills if fill.side == case.side.exit_order_side]
    last = closing[-1] if closing else None
    order = None if last is None else case.owner_of(last.exchange_order_id)
    if order is None:
        requested = case.trade.exit_requested
        known = (ExitReason.LIQUIDATION, ExitReason.EXTERNAL)
        return ExitReason(requested) if requested in known else ExitReason.EXTERNAL
    if order.leg == OrderLeg.SCALE_OUT:
        return ExitReason.TAKE_PROFIT
    if order.leg == OrderLeg.STOP:
        moved = order.trigger_price != case.trade.initial_stop_price
        return ExitReason.TRAILING_STOP if moved else ExitReason.STOP_LOSS
    requested = ExitReason(case.trade.exit_requested or ExitReason.MANUAL)
    if requested is ExitReason.STOP_LOSS and _moved_beyond(case):
        return ExitReason.TRAILING_STOP
    return requested


def _moved_beyond(case: TradeCase) -> bool:
    """Whether the stop that could not be placed any more had been moved from the first."""
    refused = [order for order in case.orders if order.error_code == WOULD_TRIGGER]
    return bool(refused) and refused[-1].trigger_price != case.trade.initial_stop_price


def naked_ms(trade: Trade, now: datetime) -> int:
    """Return for how long, in milliseconds of wall time, the position stood without a live stop in all."""
    since = trade.unprotected_since
    return trade.naked_ms + (0 if since is None else max(0, (now - since) // timedelta(milliseconds=1)))


async def finish(transaction: TradingTransaction, case: TradeCase, status: TradeStatus) -> bool:
    """Write the trade's last status; False when another was faster."""
    trade = case.trade
    values: dict[str, object] = {"unprotected_since": None, "naked_ms": naked_ms(trade, utc_now())}
    if trade.ladder_price is not None:  # of an entry that never was
        values |= {"ladder_step": None, "ladder_price": None, "ladder_notional": ZERO, "ladder_risk": ZERO}
    if status is TradeStatus.CLOSED:
        values |= {"exit_reason": exit_reason(case).value, "closed_at": last_fill_time(case)}
    if not await transaction.trades.move(transaction.user_id, trade, status, values):
        return False
    if status is TradeStatus.CLOSED:
        await _count_losses(transaction, case)
        await tell_closed(transaction, trade)
    transaction.announcements.trade(trade.id)
    transaction.announcements.changed(transaction.user_id, "position", trade.id)
    transaction.announcements.changed(transaction.user_id, "trade", trade.id)
    return True


async def _count_losses(transaction: TradingTransaction, case: TradeCase) -> None:
    """One more loss in a row, or none: the whole trade, net of costs. Breaking even changes nothing. The
    ledger counts the same for its strategy and its symbol."""
    trade = case.trade
    net = net_pnl(trade.realized_pnl, trade.fees, trade.funding)
    for state in await transaction.risk.lock(transaction.user_id, trade.environment):
        if state.wallet_id in (None, trade.wallet_id) and net != 0:
            state.consecutive_losses = state.consecutive_losses + 1 if net < 0 else 0
