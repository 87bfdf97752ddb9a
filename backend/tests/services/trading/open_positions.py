"""Open trades for tests of the monitor, written as the executor leaves them."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg

from app.repositories.open_trades import OpenTrade
from app.repositories.trading_accounts import TradingAccount
from tests.services.trading.floor import BTC

OPENED = datetime(2026, 1, 1, 12, tzinfo=UTC)
OPENED_MS = round(OPENED.timestamp() * 1000)


def open_trade(**changed: object) -> OpenTrade:
    """A long at 100 with its stop at 98 and target at 106; trailing arms at +1 % and stands 1 % behind."""
    trade = OpenTrade(
        id=uuid4(),
        user_id=uuid4(),
        wallet_id=uuid4(),
        shard=0,
        venue="paper",
        symbol=BTC,
        side="long",
        status="PROTECTED",
        entry_price=Decimal(100),
        stop_price=Decimal(98),
        take_profit_price=Decimal(106),
        trailing_enabled=True,
        trailing_activation_fraction=Decimal("0.01"),
        trailing_fraction=Decimal("0.01"),
        trailing_armed=False,
        extreme_price=None,
        max_holding_minutes=None,
        opened_at=OPENED,
        exit_requested=None,
    )
    return replace(trade, **changed)  # type: ignore[arg-type]


async def store(sql: asyncpg.Connection, account: TradingAccount, trade: OpenTrade) -> UUID:
    """Write the trade as one of that wallet's."""
    await sql.execute(
        "INSERT INTO trades (id, user_id, wallet_id, environment, venue, symbol, strategy, timeframe, side,"
        " status, planned_quantity, planned_entry_price, planned_notional, leverage, quantity, entry_price,"
        " initial_stop_price, stop_price, take_profit_price, trailing_enabled, trailing_activation_fraction,"
        " trailing_fraction, max_holding_minutes, risk_amount, signal_confidence, reason, opened_at)"
        " VALUES ($1, $2, $3, 'paper', 'paper', $4, 'ema_trend', '1h', $5, $6, 1, 100, 100, 5, 1, $7, $8, $8,"
        " $9, $10, $11, $12, $13, 2, 0.9, 'test', $14)",
        trade.id,
        account.user_id,
        account.wallet_id,
        trade.symbol,
        trade.side,
        trade.status,
        trade.entry_price,
        trade.stop_price,
        trade.take_profit_price,
        trade.trailing_enabled,
        trade.trailing_activation_fraction,
        trade.trailing_fraction,
        trade.max_holding_minutes,
        trade.opened_at,
    )
    return trade.id
