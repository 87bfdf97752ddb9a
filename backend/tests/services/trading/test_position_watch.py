"""Prices in, intents in the outbox, the book kept true to a real Postgres."""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from app.core.clock import utc_now
from app.core.config import DatabaseRole, role_database_url
from app.core.db import Database
from app.domain.venue import Quote
from app.repositories.open_trades import OpenTrade
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.position_watch import PositionWatch
from tests.services.trading.floor import BTC, TradingFloor, until
from tests.services.trading.open_positions import OPENED, open_trade, store

STALE_SECONDS = 5.0


def watch_on(floor: TradingFloor, system: Database | None = None) -> PositionWatch:
    return PositionWatch(system or floor.desk.system, floor.reader, utc_now, stale_seconds=STALE_SECONDS)


def quotes(mark: str, at: datetime = OPENED, age_seconds: float = 0.0) -> Sequence[Quote]:
    price = Decimal(mark)
    return [Quote(BTC, price, price, at, utc_now() - timedelta(seconds=age_seconds))]


async def watched(
    floor: TradingFloor, shard: int = 3, **changed: object
) -> tuple[PositionWatch, TradingAccount, OpenTrade]:
    """A watch over one stored trade."""
    account = await floor.wallet(await floor.user(), shard=shard)
    trade = open_trade(**changed)
    await store(floor.sql, account, trade)
    watch = watch_on(floor)
    await watch.reload()
    assert len(watch.book) == 1
    return watch, account, trade


async def outbox(floor: TradingFloor) -> list[tuple[str, int, dict[str, Any]]]:
    rows = await floor.sql.fetch("SELECT kind, shard, payload FROM outbox ORDER BY id")
    return [(row["kind"], row["shard"], json.loads(row["payload"])) for row in rows]


async def test_price_in_profit_leaves_one_stop_move_for_the_trades_shard(floor: TradingFloor) -> None:
    watch, _, trade = await watched(floor)
    for mark in ("104", "104", "103.5"):
        await watch.on_quotes("paper", quotes(mark))
    assert await outbox(floor) == [("move_stop", 3, {"trade_id": str(trade.id), "stop_price": "103.0"})]


async def test_target_leaves_one_exit(floor: TradingFloor) -> None:
    watch, account, trade = await watched(floor)
    for _ in range(2):
        await watch.on_quotes("paper", quotes("106"))
    assert await outbox(floor) == [("exit", 3, {"trade_id": str(trade.id), "reason": "take_profit"})]
    owner = await floor.sql.fetchrow("SELECT user_id, wallet_id FROM outbox")
    assert owner is not None
    assert (owner["user_id"], owner["wallet_id"]) == (account.user_id, account.wallet_id)


async def test_exit_that_waits_is_not_left_twice_after_a_reload(floor: TradingFloor) -> None:
    watch, _, _ = await watched(floor)
    await watch.on_quotes("paper", quotes("106"))
    await watch.reload()
    await watch.on_quotes("paper", quotes("106"))
    assert len(await outbox(floor)) == 1


async def test_time_leaves_one_exit(floor: TradingFloor) -> None:
    watch, _, trade = await watched(floor, max_holding_minutes=30)
    await watch.on_quotes("paper", quotes("100", OPENED + timedelta(minutes=30)))
    assert await outbox(floor) == [("exit", 3, {"trade_id": str(trade.id), "reason": "time_exit"})]


async def test_stale_price_leaves_nothing(floor: TradingFloor) -> None:
    watch, _, _ = await watched(floor, max_holding_minutes=1)
    late = OPENED + timedelta(days=1)
    await watch.on_quotes("paper", quotes("106", late, age_seconds=STALE_SECONDS + 1))
    assert await outbox(floor) == []


async def test_price_that_is_no_number_leaves_nothing(floor: TradingFloor) -> None:
    watch, _, _ = await watched(floor, max_holding_minutes=1)
    await watch.on_quotes("paper", quotes("NaN", OPENED + timedelta(days=1)))
    assert await outbox(floor) == []


async def test_exit_that_could_not_be_committed_comes_again(floor: TradingFloor) -> None:
    watch, _, _ = await watched(floor)
    await floor.sql.execute("ALTER TABLE outbox RENAME TO outbox_away")
    try:
        with pytest.raises(SQLAlchemyError):
            await watch.on_quotes("paper", quotes("106"))
    finally:
        await floor.sql.execute("ALTER TABLE outbox_away RENAME TO outbox")
    await watch.reload()
    await watch.on_quotes("paper", quotes("106"))
    assert len(await outbox(floor)) == 1


@pytest.mark.parametrize("status", ["EXITING", "CLOSED", "ENTERING", "NEEDS_OPERATOR"])
async def test_trade_that_is_not_simply_open_is_not_watched(status: str, floor: TradingFloor) -> None:
    watch, _, trade = await watched(floor)
    await floor.sql.execute("UPDATE trades SET status = $2 WHERE id = $1", trade.id, status)
    await watch.refresh([trade.id])
    assert len(watch.book) == 0


async def test_refresh_takes_in_a_new_trade(floor: TradingFloor) -> None:
    watch = watch_on(floor)
    await watch.reload()
    account = await floor.wallet(await floor.user())
    trade = open_trade()
    await store(floor.sql, account, trade)
    await watch.refresh([trade.id])
    await watch.on_quotes("paper", quotes("106"))
    assert [kind for kind, _, _ in await outbox(floor)] == ["exit"]


async def test_extremes_are_written_and_survive_a_restart(floor: TradingFloor) -> None:
    watch, _, trade = await watched(floor, take_profit_price=None)
    beside = open_trade(take_profit_price=None)
    await store(floor.sql, await floor.wallet(await floor.user(), shard=3), beside)
    await watch.reload()
    await watch.on_quotes("paper", quotes("104"))
    keeping = asyncio.ensure_future(watch.keep_extremes(0.001))

    async def armed() -> bool | None:
        written = await floor.sql.fetchval(
            "SELECT count(*) FROM trades WHERE trailing_armed AND extreme_price = 104"
        )
        return True if written == 2 else None

    await until(armed)
    keeping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await keeping
    await floor.sql.execute("DELETE FROM outbox")
    again = watch_on(floor)
    await again.reload()
    await again.on_quotes("paper", quotes("101"))
    moved = {payload["trade_id"]: payload["stop_price"] for _, _, payload in await outbox(floor)}
    assert moved == {str(trade.id): "103.0", str(beside.id): "103.0"}


async def test_extremes_that_could_not_be_written_are_written_later(floor: TradingFloor) -> None:
    watch, _, trade = await watched(floor)
    await watch.on_quotes("paper", quotes("100.5"))
    broken = Database(
        role_database_url(floor.settings, DatabaseRole.API)
    )  # may not write every tenant's rows
    watch._system, whole = broken, watch._system
    with pytest.raises(SQLAlchemyError):
        await watch.keep_extremes(0.0)
    await broken.close()
    watch._system = whole
    assert watch.book.take_dirty() == [(trade.id, Decimal("100.5"), False)]
