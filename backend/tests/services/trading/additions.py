"""Positions in profit, and further signals for them, for tests of additions."""

from decimal import Decimal
from uuid import UUID

import asyncpg

from app.models.signal import Signal
from app.repositories.fan_out import FanOutTransaction
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.addition_decisions import AdditionAnswer
from tests.services.trading.floor import TradingFloor, until

ADDING: dict[str, object] = {
    "enable_pyramiding": True,
    "position_sizing_method": "fixed_amount",
    "fixed_amount_usd": Decimal(3_000),
    "max_position_size_percent": None,
    "max_single_asset_exposure_percent": None,
    "max_portfolio_heat": None,
    "min_risk_reward_ratio": None,
}
PROFIT = Decimal("0.98")
# Everything that names the price of the entry, as if it had been filled so much lower.
_CHEAPER = (
    "UPDATE fills SET price = round(price * $2, 1) WHERE trade_id = $1",
    "UPDATE trades SET entry_price = entry_price * $2, planned_entry_price = planned_entry_price * $2,"
    " planned_notional = planned_notional * $2, initial_stop_price = round(initial_stop_price * $2, 1)"
    " WHERE id = $1",
)


async def entered_lower(
    floor: TradingFloor, account: TradingAccount, share: Decimal = PROFIT
) -> asyncpg.Record:
    """Wait for the wallet's protected long position, and write it as if it had been entered at that share of its
    price; returns it as it is then."""
    trade = await floor.until_status(account, "PROTECTED")
    for statement in _CHEAPER:
        await floor.sql.execute(statement, trade["id"], share)
    changed = await floor.trade(account)
    assert changed is not None
    return changed


async def grown(floor: TradingFloor, account: TradingAccount, additions: int = 1) -> asyncpg.Record:
    """Wait until so many additions are filled and one stop at the venue is over all of the position."""

    async def look() -> asyncpg.Record | None:
        trade = await floor.sql.fetchrow(
            "SELECT * FROM trades t WHERE wallet_id = $1 AND status = 'PROTECTED' AND adding_notional = 0 AND $2 ="
            " (SELECT count(*) FROM orders o WHERE o.trade_id = t.id AND o.leg = 'add' AND o.filled_quantity > 0)",
            account.wallet_id,
            additions,
        )
        if trade is None or await floor.venue_position(account, trade["symbol"]) != trade["quantity"]:
            return None
        orders = await floor.venue_orders(account)
        stands = [(order.quantity, order.trigger_price) for order in orders]
        return trade if stands == [(trade["quantity"], trade["stop_price"])] else None

    return await until(look, describe=lambda: floor.describe(account))


async def at_rest(floor: TradingFloor, account: TradingAccount) -> asyncpg.Record:
    """Wait until nothing is left to do about the wallet's position: one stop over all of it, and no work waits."""

    async def look() -> asyncpg.Record | None:
        return await floor.sql.fetchrow(
            "SELECT * FROM trades t WHERE wallet_id = $1 AND status = 'PROTECTED' AND adding_notional = 0"
            " AND 1 = (SELECT count(*) FROM orders o WHERE o.trade_id = t.id"
            "  AND o.status IN ('INTENT', 'SENDING', 'OPEN', 'PARTIAL'))"
            " AND EXISTS (SELECT 1 FROM orders o WHERE o.trade_id = t.id AND o.leg = 'stop' AND o.status = 'OPEN'"
            "  AND o.quantity = t.quantity AND o.trigger_price = t.stop_price)"
            " AND NOT EXISTS (SELECT 1 FROM outbox WHERE processed_at IS NULL)",
            account.wallet_id,
        )

    return await until(look, describe=lambda: floor.describe(account))


async def decision(floor: TradingFloor, account: TradingAccount, signal_id: UUID) -> asyncpg.Record:
    """Wait for the wallet's answer to the signal."""

    async def look() -> asyncpg.Record | None:
        return await floor.sql.fetchrow(
            "SELECT * FROM risk_decisions WHERE wallet_id = $1 AND signal_id = $2",
            account.wallet_id,
            signal_id,
        )

    return await until(look, describe=lambda: floor.describe(account))


async def ask(
    floor: TradingFloor, account: TradingAccount, trade: asyncpg.Record, signal_id: UUID
) -> AdditionAnswer:
    """Ask the gate whether the signal may add to the trade, without an executor."""
    async with floor.desk.system.system() as session:
        signal = await FanOutTransaction(session).accounts.signal(signal_id)
    assert isinstance(signal, Signal)
    return await floor.desk.risk.additions.decide(signal, account, trade["id"])


async def enqueue(
    floor: TradingFloor, account: TradingAccount, trade: asyncpg.Record, signal_id: UUID
) -> None:
    """Leave the request in the outbox, as the signal's own work does."""
    await floor.enqueue(
        "add",
        {
            "signal_id": str(signal_id),
            "wallet_id": str(account.wallet_id),
            "trade_id": str(trade["id"]),
        },
    )


async def orders_of(floor: TradingFloor, trade: asyncpg.Record) -> list[asyncpg.Record]:
    """The trade's additions, in the order in which they were decided."""
    return list(
        await floor.sql.fetch(
            "SELECT * FROM orders WHERE trade_id = $1 AND leg = 'add' ORDER BY attempt", trade["id"]
        )
    )


async def at_break_even(floor: TradingFloor, account: TradingAccount) -> tuple[asyncpg.Record, UUID]:
    """A position in profit whose stop went to break-even for a signal, which may add to it now; nobody executes."""
    async with floor.executor():
        await floor.signal(stop="0.03")
        trade = await entered_lower(floor, account)
        signal_id = await floor.signal(stop="0.03", enqueue=False)
        assert (await ask(floor, account, trade, signal_id)).stop_moved
        await floor.enqueue("drive", {"trade_id": str(trade["id"])})
        await floor.until_orders(account, 1, lambda order: order.trigger_price > trade["stop_price"])
        await at_rest(floor, account)
    return trade, signal_id


async def reserved(floor: TradingFloor, account: TradingAccount) -> asyncpg.Record:
    """A position with an addition that is decided and not sent: nobody executes."""
    trade, signal_id = await at_break_even(floor, account)
    assert (await ask(floor, account, trade, signal_id)).approved
    return trade
