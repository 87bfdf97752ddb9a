"""Open trades for tests of the monitor: as the executor leaves them, as rows and as the book takes them in."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
import numpy as np

from app.domain.exit_gates import NEVER_MS
from app.domain.types import Instrument, Side
from app.repositories.open_trades import LOADED, OpenTrade
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.position_book import Loaded
from tests.domain.examples import with_facts
from tests.services.trading.floor import BTC

OPENED = datetime(2026, 1, 1, 12, tzinfo=UTC)
OPENED_MS = round(OPENED.timestamp() * 1000)
HOUR_MS = 3_600_000


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
        timeframe="1h",
        entry_price=Decimal(100),
        initial_stop_price=Decimal(98),
        stop_price=Decimal(98),
        take_profit_price=Decimal(106),
        trailing_enabled=True,
        trailing_activation_fraction=Decimal("0.01"),
        trailing_fraction=Decimal("0.01"),
        trailing_distance=None,
        trailing_armed=False,
        volatility_multiple=None,
        scale_out_enabled=False,
        scale_out_step=0,
        entered_quantity=Decimal(1),
        time_exit_ms=None,
        session_close_ms=None,
    )
    return with_facts(trade, changed)


def loaded(trade: OpenTrade, instrument: Instrument | None, best: Decimal | None = None) -> Loaded:
    """The position as the book takes it in; `best` where another than its entry is written."""
    sign, nan = Side(trade.side).sign, float("nan")
    trails, distance = trade.trailing_enabled, trade.trailing_distance
    due = [
        one for one in (trade.time_exit_ms, trade.session_close_ms, trade.funding_leave_ms) if one is not None
    ]
    target, multiple = trade.take_profit_price, trade.volatility_multiple
    row = (
        trade.id.bytes,
        HOUR_MS,
        float(trade.entry_price),
        float(trade.entry_price - trade.initial_stop_price),
        float(trade.stop_price),
        nan if target is None else float(target),
        nan if trade.ladder_price is None else float(trade.ladder_price),
        float(trade.entry_price * (1 + sign * trade.trailing_activation_fraction)) if trails else nan,
        float(trade.trailing_fraction) if trails and distance is None else nan,
        float(distance) if trails and distance is not None else nan,
        nan if multiple is None else float(multiple),
        float(trade.entry_price if best is None else best),
        min(due, default=NEVER_MS),
        trade.scale_out_enabled,
        trade.scale_out_step,
        float(trade.entered_quantity),
        trade.shard,
        trade.trailing_armed,
        trade.status == "PROTECTED",
    )
    return Loaded((trade.venue, trade.symbol), float(sign), instrument, np.array([row], LOADED))


async def store(sql: asyncpg.Connection, account: TradingAccount, trade: OpenTrade) -> UUID:
    """Write the trade as one of that wallet's."""
    minutes = None if trade.time_exit_ms is None else (trade.time_exit_ms - OPENED_MS) // 60_000
    closes = trade.session_close_ms
    values = {
        "id": trade.id,
        "user_id": account.user_id,
        "wallet_id": account.wallet_id,
        "environment": "paper",
        "venue": trade.venue,
        "symbol": trade.symbol,
        "strategy": "ema_trend",
        "timeframe": trade.timeframe,
        "side": trade.side,
        "status": trade.status,
        "planned_quantity": trade.entered_quantity,
        "planned_entry_price": trade.entry_price,
        "planned_notional": trade.entered_quantity * trade.entry_price,
        "leverage": 5,
        "quantity": trade.entered_quantity,
        "entry_price": trade.entry_price,
        "initial_stop_price": trade.initial_stop_price,
        "stop_price": trade.stop_price,
        "take_profit_price": trade.take_profit_price,
        "trailing_enabled": trade.trailing_enabled,
        "trailing_activation_fraction": trade.trailing_activation_fraction,
        "trailing_fraction": trade.trailing_fraction,
        "trailing_distance": trade.trailing_distance,
        "trailing_armed": trade.trailing_armed,
        "volatility_multiple": trade.volatility_multiple,
        "scale_out_enabled": trade.scale_out_enabled,
        "scale_out_step": trade.scale_out_step,
        "ladder_step": trade.ladder_step,
        "ladder_price": trade.ladder_price,
        "ladder_notional": Decimal(0 if trade.ladder_step is None else 99),
        "max_holding_minutes": minutes,
        "funding_leaves_at": None
        if trade.funding_leave_ms is None
        else OPENED + timedelta(milliseconds=trade.funding_leave_ms - OPENED_MS),
        "session_closes_at": None if closes is None else OPENED + timedelta(milliseconds=closes - OPENED_MS),
        "risk_amount": Decimal(2),
        "signal_confidence": Decimal("0.9"),
        "reason": "test",
        "opened_at": OPENED,
    }
    places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    await sql.execute(f"INSERT INTO trades ({', '.join(values)}) VALUES ({places})", *values.values())  # noqa: S608
    return trade.id
