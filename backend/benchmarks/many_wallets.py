"""Many users with one funded wallet each, for benchmarks of the gate and the fan-out."""

import asyncio
import os
from uuid import uuid4

import asyncpg

from app.repositories.trading_accounts import TradingAccount
from benchmarks.trading_floor import STRATEGY, SYMBOL, TIMEFRAME

FUNDS = 1_000_000


async def add_wallets(sql: asyncpg.Connection, count: int) -> list[TradingAccount]:
    """Users with the standard settings, whose balance was read just now and stays fresh for an hour."""
    accounts = [TradingAccount(uuid4(), uuid4(), "paper", "paper", 0) for _ in range(count)]
    users = [account.user_id for account in accounts]
    wallets = [account.wallet_id for account in accounts]
    await sql.execute(
        "INSERT INTO users (id, email, password_hash) SELECT u, u || '@example.com', 'x'"
        " FROM unnest($1::uuid[]) u",
        users,
    )
    await sql.execute("INSERT INTO risk_settings (user_id) SELECT unnest($1::uuid[])", users)
    await sql.execute(
        "INSERT INTO wallets (id, user_id, name, venue, account_fingerprint, auto_trade_enabled, strategies,"
        " symbols, timeframes) SELECT w, u, 'bench', 'paper', w::text, true, $3, $4, $5"
        " FROM unnest($1::uuid[], $2::uuid[]) AS n (u, w)",
        *(users, wallets, [STRATEGY], [SYMBOL], [TIMEFRAME]),
    )
    await sql.execute(
        "INSERT INTO risk_state (user_id, environment, wallet_id, balance, equity, free_margin, balance_as_of)"
        " SELECT u, 'paper', CASE WHEN own THEN NULL ELSE w END, $3, $3, $3, now() + interval '1 hour'"
        " FROM unnest($1::uuid[], $2::uuid[]) AS n (u, w), (VALUES (true), (false)) AS s (own)",
        *(users, wallets, FUNDS),
    )
    await sql.execute("ANALYZE users, wallets, risk_settings, risk_state")
    return accounts


async def settle(sql: asyncpg.Connection) -> None:
    """See to what a bulk load leaves behind: vacuum, as autovacuum does within its minute, and write everything to
    the disk, which else is busy with the load for half a minute of what is measured."""
    await sql.execute("VACUUM ANALYZE")
    await sql.execute("CHECKPOINT")
    await asyncio.to_thread(os.sync)


async def clear_trades(sql: asyncpg.Connection) -> None:
    """Give every reservation back, as if no entry had ever left."""
    await sql.execute("UPDATE trades SET status = 'EXPIRED' WHERE status = 'INTENT'")
