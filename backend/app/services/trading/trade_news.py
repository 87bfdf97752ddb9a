"""Telling the owner that a trade was opened, added to and closed, inside the transaction that writes it."""

from datetime import datetime
from decimal import Decimal

from app.domain.accounting import net_pnl
from app.domain.decimal_text import grouped, shown
from app.domain.notification_events import NotificationEvent
from app.domain.symbols import quote_asset
from app.domain.types import OrderLeg, OrderStatus
from app.models.trade import Trade
from app.repositories.trade_additions import FOR_A_SIGNAL
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.trade_case import ZERO, TradeCase

CENT = Decimal("0.01")


async def tell_opened(transaction: TradingTransaction, trade: Trade) -> None:
    """Tell, once per trade, that it is open and its stop stands at the venue."""
    figures = {
        "quantity": grouped(trade.quantity),
        "stop_price": shown(trade.stop_price),
        "risk_amount": _money(trade.risk_amount, trade),
    }
    if trade.entry_price is not None:
        figures["entry_price"] = shown(trade.entry_price)
    await _tell(transaction, trade, NotificationEvent.TRADE_OPENED, figures)


async def tell_added(transaction: TradingTransaction, case: TradeCase) -> None:
    """Tell, once per addition, what the newest one filled, once no more of it will come; the stop is over all."""
    additions = [order for order in case.orders if order.leg == OrderLeg.ADD]
    newest = max(additions, key=lambda order: order.attempt, default=None)
    if newest is None:
        return
    fills, trade = case.fills_of(newest), case.trade
    added = sum((fill.quantity for fill in fills), ZERO)
    is_over = OrderStatus(newest.status).is_terminal or added >= newest.quantity
    if not (is_over and added > 0):
        return
    price = sum((fill.quantity * fill.price for fill in fills), ZERO) / added
    figures = {
        "added": grouped(added),
        "price": shown(price),
        "why": "by a further signal" if newest.reason == FOR_A_SIGNAL else str(newest.reason),
        "quantity": grouped(trade.quantity),
        "stop_price": shown(trade.stop_price),
    }
    if trade.entry_price is not None:
        figures["entry_price"] = shown(trade.entry_price)
    await _tell(transaction, trade, NotificationEvent.POSITION_ADDED, figures, number=newest.attempt)


async def tell_closed(transaction: TradingTransaction, trade: Trade) -> None:
    """Tell, once per trade, that it is closed, why, and what it came to net of costs."""
    figures = {"net_pnl": _money(net_pnl(trade.realized_pnl, trade.fees, trade.funding), trade)}
    if trade.exit_reason is not None:
        figures["exit_reason"] = trade.exit_reason.replace("_", " ")
    if trade.exit_price is not None:
        figures["exit_price"] = shown(trade.exit_price)
    await _tell(transaction, trade, NotificationEvent.TRADE_CLOSED, figures)


async def tell_unprotected(transaction: TradingTransaction, trade: Trade, now: datetime) -> None:
    """Tell, once per trade, that no stop could be made to stand in time, so that the position is left."""
    figures = {"quantity": grouped(trade.quantity), "consequence": "It is closed at market."}
    if trade.unprotected_since is not None:
        figures["seconds"] = f"{(now - trade.unprotected_since).total_seconds():.0f}"
    await _tell(transaction, trade, NotificationEvent.POSITION_UNPROTECTED, figures)


async def tell_drift(
    transaction: TradingTransaction,
    account: TradingAccount,
    symbol: str,
    *,
    found: Decimal,
    expected: Decimal,
    now: datetime,
) -> None:
    """Tell that the venue shows another position than our fills explain; once per freezing of the account."""
    name = await transaction.accounts.name(account.user_id, account.wallet_id)
    figures = {
        "wallet": name or str(account.wallet_id),
        "symbol": symbol,
        "venue": account.venue,
        "found": grouped(found),
        "expected": grouped(expected),
        "consequence": "Nothing new is opened in this wallet until both agree.",
    }
    await transaction.notifications.emit(
        account.user_id,
        NotificationEvent.POSITION_DRIFT,
        dedupe_key=f"{account.wallet_id}:{symbol}:{now.isoformat()}",
        figures=figures,
        subject=f"{account.wallet_id}:{symbol}",
        wallet_id=account.wallet_id,
    )


async def _tell(
    transaction: TradingTransaction,
    trade: Trade,
    event: NotificationEvent,
    figures: dict[str, str],
    number: int | None = None,
) -> None:
    """Tell of the trade, once per event; of what may happen to it several times once per `number`."""
    subject = str(trade.id) if number is None else f"{trade.id}:{number}"
    name = await transaction.accounts.name(transaction.user_id, trade.wallet_id)
    figures |= {
        "wallet": name or str(trade.wallet_id),
        "symbol": trade.symbol,
        "side": trade.side,
        "trade_id": str(trade.id),
        "environment": trade.environment,
    }
    await transaction.notifications.emit(
        transaction.user_id,
        event,
        dedupe_key=subject,
        figures=figures,
        subject=subject,
        wallet_id=trade.wallet_id,
    )


def _money(amount: Decimal, trade: Trade) -> str:
    """An amount of the trade's quote currency to the cent: "-1,094.10 USDT"."""
    return f"{amount.quantize(CENT):,f} {quote_asset(trade.symbol)}"
