"""The daily summary: at the user's hour, once a day, only to who did something."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg

from app.core.db import Database
from app.services.daily_summary import tell_daily_summaries

NOON = datetime(2036, 5, 5, 12, tzinfo=UTC)


async def a_user(
    sql: asyncpg.Connection, *, digest_minute: int = 480, zone: str = "UTC", net: str | None = "25"
) -> UUID:
    """A user with a wallet and, unless `net` is None, a trade that closed an hour before noon."""
    user_id, wallet_id = uuid4(), uuid4()
    await sql.execute(
        "INSERT INTO users (id, email, password_hash, time_zone) VALUES ($1, $2, 'x', $3)",
        *(user_id, f"{user_id}@test", zone),
    )
    await sql.execute(
        "INSERT INTO wallets (id, user_id, name, venue, account_fingerprint, shard)"
        " VALUES ($1, $2, 'Main', 'paper', $3, 0)",
        *(wallet_id, user_id, str(wallet_id)),
    )
    await sql.execute(
        "INSERT INTO notification_settings (user_id, digest_minute) VALUES ($1, $2)", user_id, digest_minute
    )
    if net is not None:
        await sql.execute(
            "INSERT INTO trades (id, user_id, wallet_id, environment, venue, symbol, strategy, timeframe, side,"
            " status, planned_quantity, planned_entry_price, planned_notional, leverage, initial_stop_price,"
            " stop_price, trailing_enabled, trailing_activation_fraction, trailing_fraction, risk_amount,"
            " signal_confidence, reason, realized_pnl, fees, updated_at, protected_at)"
            " VALUES ($1, $2, $3, 'paper', 'paper', 'BTC/USDT:USDT', 'test', '1h', 'long', 'CLOSED', 1, 1000, 1000,"
            " 10, 980, 980, false, 0, 0, 20, 0.9, 'test', $4, 5, $5, $5)",
            *(uuid4(), user_id, wallet_id, Decimal(net) + 5, NOON - timedelta(hours=1)),
        )
    return user_id


async def told(sql: asyncpg.Connection, user_id: UUID) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await sql.fetch(
        "SELECT title, sentence FROM notifications WHERE user_id = $1 AND event = 'daily_summary'", user_id
    )
    return rows


async def test_the_day_is_summed_up_once(
    system_database: Database, owner_connection: asyncpg.Connection
) -> None:
    user_id = await a_user(owner_connection)
    await tell_daily_summaries(system_database, NOON)
    await tell_daily_summaries(system_database, NOON + timedelta(minutes=5))
    (row,) = await told(owner_connection, user_id)
    assert row["title"] == "Your day: +25.00 USDT net"
    assert "1 trades closed, 1 of them with a gain, +25.00 USDT net of 5.00 USDT fees" in row["sentence"]
    assert row["sentence"].startswith("Paper in the last 24 hours")


async def test_equity_of_all_wallets_is_in_dollars_whatever_the_day_was_traded_in(
    system_database: Database, owner_connection: asyncpg.Connection
) -> None:
    user_id = await a_user(owner_connection)
    await owner_connection.execute(
        "INSERT INTO wallets (id, user_id, name, venue, account_fingerprint, shard)"
        " VALUES ($1, $2, 'Other', 'paper', $3, 0)",
        *(uuid4(), user_id, str(uuid4())),
    )
    await owner_connection.execute(
        "INSERT INTO risk_state (user_id, environment, wallet_id, equity, balance_as_of)"
        " SELECT $1, 'paper', id, 1000.25, now() FROM wallets WHERE user_id = $1",
        user_id,
    )
    await tell_daily_summaries(system_database, NOON)
    (row,) = await told(owner_connection, user_id)
    assert row["title"] == "Your day: +25.00 USDT net"
    assert row["sentence"].endswith("equity 2,000.50 USD.")


async def test_it_waits_for_the_users_own_hour(
    system_database: Database, owner_connection: asyncpg.Connection
) -> None:
    later = await a_user(owner_connection, digest_minute=12 * 60 + 1)
    west = await a_user(owner_connection, zone="America/New_York", digest_minute=8 * 60 + 1)  # 08:00 there
    await tell_daily_summaries(system_database, NOON)
    assert await told(owner_connection, later) == await told(owner_connection, west) == []
    await tell_daily_summaries(system_database, NOON + timedelta(minutes=1))
    assert len(await told(owner_connection, later)) == len(await told(owner_connection, west)) == 1


async def test_who_did_nothing_and_holds_nothing_is_left_alone(
    system_database: Database, owner_connection: asyncpg.Connection
) -> None:
    user_id = await a_user(owner_connection, net=None)
    await tell_daily_summaries(system_database, NOON)
    assert await told(owner_connection, user_id) == []
