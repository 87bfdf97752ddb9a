"""Positions with a ladder, and prices that have come to a step of it, for tests of averaging down."""

from decimal import Decimal

import asyncpg

from app.repositories.trading_accounts import TradingAccount
from tests.services.trading.additions import at_rest
from tests.services.trading.floor import TradingFloor

LADDER: dict[str, object] = {
    "enable_dca": True,
    "dca_max_steps": 2,
    "position_sizing_method": "fixed_amount",
    "fixed_amount_usd": Decimal(3_000),
    "max_position_size_percent": None,
    "max_single_asset_exposure_percent": None,
    "max_portfolio_heat": None,
    "min_risk_reward_ratio": None,
}
FALLEN = Decimal("1.011")  # the first of two steps towards a stop at three percent is then at the price
# Everything that names the price of the entry and of the steps, as if it had been so much higher, the stop apart.
_DEARER = (
    "UPDATE fills SET price = round(price * $2, 1) WHERE trade_id = $1",
    "UPDATE ladder_steps SET price = round(price * $2, 1) WHERE trade_id = $1",
    "UPDATE trades SET entry_price = entry_price * $2, planned_entry_price = planned_entry_price * $2,"
    " planned_notional = planned_notional * $2, ladder_price = round(ladder_price * $2, 1) WHERE id = $1",
)


async def laddered(floor: TradingFloor, account: TradingAccount) -> asyncpg.Record:
    """Wait until the wallet's long position with a ladder behind it is at rest."""
    await floor.signal(stop="0.03")
    await floor.until_status(account, "PROTECTED")
    return await at_rest(floor, account)


async def fallen(floor: TradingFloor, trade: asyncpg.Record, share: Decimal = FALLEN) -> None:
    """Write the position as if it had been entered higher, so that the price stands at its next step now."""
    for statement in _DEARER:
        await floor.sql.execute(statement, trade["id"], share)


async def ask_for_step(floor: TradingFloor, trade: asyncpg.Record, step: int = 1) -> None:
    """Ask for the step, as the monitor does."""
    await floor.enqueue("ladder_step", {"trade_id": str(trade["id"]), "step": str(step)})


async def steps_of(floor: TradingFloor, trade: asyncpg.Record) -> list[asyncpg.Record]:
    """The ladder as it was reserved."""
    return list(
        await floor.sql.fetch("SELECT * FROM ladder_steps WHERE trade_id = $1 ORDER BY number", trade["id"])
    )


async def usage(floor: TradingFloor, account: TradingAccount) -> tuple[Decimal, Decimal, Decimal]:
    """What the ledger counts for the user: notional, margin, open risk."""
    row = await floor.sql.fetchrow(
        "SELECT notional, margin, open_risk FROM risk_usage WHERE user_id = $1 AND scope = 'user'",
        account.user_id,
    )
    assert row is not None
    return row["notional"], row["margin"], row["open_risk"]
