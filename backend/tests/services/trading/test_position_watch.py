"""Prices in, intents in the outbox, the book kept true to a real Postgres."""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import numpy as np
import pytest

from app.core.clock import utc_now
from app.core.config import DatabaseRole, asyncpg_dsn, role_database_url
from app.core.lean_transactions import LeanTransactions
from app.core.metrics import OVERLOOKED
from app.domain.price_batch import PriceTick, decode_columns, encode_prices
from app.domain.venue import Quote
from app.repositories.open_trades import OpenTrade
from app.repositories.positions import PositionRepository
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.exit_decisions import StepTerms
from app.services.trading.monitor_shards import MonitorShards
from app.services.trading.position_book import BestPrice
from app.services.trading.position_watch import PositionWatch
from tests.services.trading.floor import BTC, TradingFloor, until
from tests.services.trading.open_positions import OPENED, OPENED_MS, open_trade, store

STALE_SECONDS = 5.0

STEPS = StepTerms(Decimal("0.1"), 0)


def watch_on(floor: TradingFloor, name: str = "monitor") -> PositionWatch:
    system = floor.desk.system
    shards = MonitorShards(
        system, name, shard_count=4, seconds=30.0, holder_is_dead=lambda one: "dead" in one
    )
    lean = LeanTransactions(asyncpg_dsn(role_database_url(floor.settings, DatabaseRole.SYSTEM)), size=1)
    floor.closers.append(lean.close)
    return PositionWatch(
        system, lean, floor.reader, shards, utc_now, stale_seconds=STALE_SECONDS, steps=STEPS
    )


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
    await watch.tend()
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


async def test_price_at_a_step_of_the_ladder_asks_for_it_once(floor: TradingFloor) -> None:
    watch, _, trade = await watched(floor, ladder_price=Decimal(99), ladder_step=1)
    for mark in ("99.1", "99", "98.9", "99.2", "98.5"):
        await watch.on_quotes("paper", quotes(mark))
    await watch.reload()  # before the step was taken
    await watch.on_quotes("paper", quotes("98.9"))
    assert await outbox(floor) == [("ladder_step", 3, {"trade_id": str(trade.id), "step": 1})]
    events = await floor.sql.fetch("SELECT rule, action, mark_price, step FROM position_events")
    assert [tuple(row) for row in events] == [("ladder_step", "ladder_step", Decimal(99), 1)]


@pytest.mark.parametrize(("status", "parts"), [("OPEN_UNPROTECTED", 0), ("PROTECTED", 1)])
async def test_no_step_is_asked_for_while_the_position_is_not_whole_under_a_stop(
    floor: TradingFloor, status: str, parts: int
) -> None:
    watch, _, _ = await watched(
        floor, ladder_price=Decimal(99), ladder_step=1, status=status, scale_out_step=parts
    )
    for mark in ("99", "98.5"):
        await watch.on_quotes("paper", quotes(mark))
    assert await outbox(floor) == []


async def test_time_leaves_one_exit(floor: TradingFloor) -> None:
    watch, _, trade = await watched(floor, time_exit_ms=OPENED_MS + 30 * 60_000)
    await watch.on_quotes("paper", quotes("100", OPENED + timedelta(minutes=30)))
    assert await outbox(floor) == [("exit", 3, {"trade_id": str(trade.id), "reason": "time_exit"})]


async def test_stale_price_leaves_nothing(floor: TradingFloor) -> None:
    watch, _, _ = await watched(floor, time_exit_ms=OPENED_MS + 60_000)
    late = OPENED + timedelta(days=1)
    await watch.on_quotes("paper", quotes("106", late, age_seconds=STALE_SECONDS + 1))
    assert await outbox(floor) == []


async def test_price_that_is_no_number_leaves_nothing(floor: TradingFloor) -> None:
    watch, _, _ = await watched(floor, time_exit_ms=OPENED_MS + 60_000)
    await watch.on_quotes("paper", quotes("NaN", OPENED + timedelta(days=1)))
    assert await outbox(floor) == []


async def test_exit_that_could_not_be_committed_comes_again(floor: TradingFloor) -> None:
    watch, _, _ = await watched(floor)
    await floor.sql.execute("ALTER TABLE outbox RENAME TO outbox_away")
    try:
        with pytest.raises(asyncpg.UndefinedTableError):
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
    await watch.tend()
    account = await floor.wallet(await floor.user())
    trade = open_trade()
    await store(floor.sql, account, trade)
    await watch.refresh([trade.id])
    await watch.on_quotes("paper", quotes("106"))
    assert [kind for kind, _, _ in await outbox(floor)] == ["exit"]


async def test_what_is_written_wakes_the_executor_of_its_shard_and_the_page_of_its_user(
    floor: TradingFloor,
) -> None:
    watch, account, trade = await watched(floor, shard=2)
    heard: list[tuple[str, str]] = []
    listener = await asyncpg.connect(floor.settings.database_url)
    for channel in ("outbox", "user_events"):
        await listener.add_listener(channel, lambda _c, _p, name, payload: heard.append((name, payload)))
    await watch.on_quotes("paper", quotes("106"))

    async def both() -> bool | None:
        return True if len(heard) == 2 else None

    await until(both)
    await listener.close()
    told = json.loads(dict(heard)["user_events"])
    assert dict(heard)["outbox"] == "2"
    assert told == {"user_id": str(account.user_id), "kind": "position", "id": str(trade.id)}


async def test_best_prices_are_written_and_survive_a_restart(floor: TradingFloor) -> None:
    watch, _, trade = await watched(floor, take_profit_price=None)
    beside = open_trade(take_profit_price=None)
    await store(floor.sql, await floor.wallet(await floor.user(), shard=3), beside)
    await watch.reload()
    await watch.on_quotes("paper", quotes("104"))
    keeping = asyncio.ensure_future(watch.keep_bests(0.001))

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
    await watch._shards.stop()
    again = watch_on(floor)
    await again.tend()
    await again.on_quotes("paper", quotes("103.5"))
    moved = {payload["trade_id"]: payload["stop_price"] for _, _, payload in await outbox(floor)}
    assert moved == {str(trade.id): "103.0", str(beside.id): "103.0"}


async def test_best_prices_that_could_not_be_written_are_written_later(floor: TradingFloor) -> None:
    watch, _, trade = await watched(floor)
    await watch.on_quotes("paper", quotes("100.5"))
    broken = LeanTransactions(  # may not write every tenant's rows
        asyncpg_dsn(role_database_url(floor.settings, DatabaseRole.API)), size=1
    )
    watch._lean, whole = broken, watch._lean
    with pytest.raises(asyncpg.PostgresError):
        await watch.keep_bests(0.0)
    await broken.close()
    watch._lean = whole
    assert watch.book.take_bests(10) == [BestPrice(trade.id, 100.5, False)]


async def test_events_are_stored_with_their_price_and_rule(floor: TradingFloor) -> None:
    watch, account, trade = await watched(floor, scale_out_enabled=True, entered_quantity=Decimal(3))
    for mark in ("102", "104", "103.2", "102.9"):
        await watch.on_quotes("paper", quotes(mark))
    async with floor.desk.database.tenant(account.user_id) as session:
        events = await PositionRepository(session).reactions(account.user_id, trade.id)
    assert [(e.action, e.rule, str(round(e.mark_price, 1)), e.stop_price, e.step) for e in events] == [
        ("arm", "trailing_armed", "102.0", None, None),
        ("scale_out", "scale_out", "102.0", None, 1),
        ("move_stop", "trailing_stop", "102.0", Decimal(101), None),
        ("scale_out", "scale_out", "104.0", None, 2),
        ("move_stop", "trailing_stop", "104.0", Decimal(103), None),
        ("exit", "trailing_stop", "102.9", Decimal(103), None),
    ]


async def test_stop_between_two_steps_is_triggered_here(floor: TradingFloor) -> None:
    """The venue holds 98; the stop trailed to 103 has not reached it when the price falls back."""
    watch, _, trade = await watched(floor, take_profit_price=None)
    await watch.on_quotes("paper", quotes("104"))
    await watch.on_quotes("paper", quotes("103"))
    assert (await outbox(floor))[-1] == ("exit", 3, {"trade_id": str(trade.id), "reason": "trailing_stop"})


async def test_stop_that_the_venue_holds_is_left_to_the_venue(floor: TradingFloor) -> None:
    watch, _, _ = await watched(floor)
    await watch.on_quotes("paper", quotes("97"))
    assert await outbox(floor) == []


async def test_position_without_a_live_stop_is_left_at_its_stop(floor: TradingFloor) -> None:
    watch, _, trade = await watched(floor, status="OPEN_UNPROTECTED")
    await watch.on_quotes("paper", quotes("98"))
    assert await outbox(floor) == [("exit", 3, {"trade_id": str(trade.id), "reason": "stop_loss"})]


@pytest.mark.parametrize(("early_ms", "left"), [(1, False), (0, True)])
async def test_position_is_left_before_its_funding(floor: TradingFloor, early_ms: int, left: bool) -> None:
    watch, _, trade = await watched(floor, funding_leave_ms=OPENED_MS + 60_000)
    await watch.on_quotes("paper", quotes("100", OPENED + timedelta(milliseconds=60_000 - early_ms)))
    exits = [("exit", 3, {"trade_id": str(trade.id), "reason": "funding"})]
    assert await outbox(floor) == (exits if left else [])


async def test_session_close_leaves(floor: TradingFloor) -> None:
    watch, _, trade = await watched(floor, session_close_ms=OPENED_MS + 60_000)
    await watch.on_quotes("paper", quotes("100", OPENED + timedelta(minutes=1)))
    assert await outbox(floor) == [("exit", 3, {"trade_id": str(trade.id), "reason": "session_close"})]


async def test_volatility_stop_follows_the_atr_of_closed_bars(floor: TradingFloor) -> None:
    watch, _, trade = await watched(floor, trailing_enabled=False, volatility_multiple=Decimal("1.5"))
    for hour in range(30):  # true range 1 throughout
        await floor.sql.execute(
            "INSERT INTO candles VALUES ('paper', $1, '1h', $2, 100, 100.5, 99.5, 100, 1)"
            " ON CONFLICT DO NOTHING",
            *(BTC, OPENED - timedelta(hours=hour)),
        )
    await watch.read_atr()
    await watch.on_quotes("paper", quotes("101"))
    assert (await outbox(floor))[-1] == ("move_stop", 3, {"trade_id": str(trade.id), "stop_price": "99.5"})
    await floor.sql.execute("DELETE FROM candles WHERE symbol = $1", BTC)


async def test_exit_that_somebody_asked_for_is_not_asked_for_again(floor: TradingFloor) -> None:
    watch, _, trade = await watched(floor)
    await floor.sql.execute("UPDATE trades SET exit_requested = 'manual' WHERE id = $1", trade.id)
    await watch.on_quotes("paper", quotes("106"))
    assert await outbox(floor) == []
    assert len(watch.book) == 0


async def test_monitor_whose_shard_was_taken_over_writes_nothing(floor: TradingFloor) -> None:
    stalled, _, trade = await watched(floor)
    await floor.sql.execute("UPDATE monitor_leases SET epoch = epoch + 1, holder = 'another'")
    await stalled.on_quotes("paper", quotes("106"))
    assert await outbox(floor) == []
    assert await floor.sql.fetchval("SELECT exit_requested FROM trades WHERE id = $1", trade.id) is None


async def test_two_monitors_share_the_shards_and_the_one_left_takes_all(floor: TradingFloor) -> None:
    first, second = watch_on(floor, "first dead later"), watch_on(floor, "second")
    first._shards._holder_is_dead = second._shards._holder_is_dead = lambda _: False
    first._shards._leases._holder_is_dead = second._shards._leases._holder_is_dead = lambda _: False
    for shard in range(4):
        await store(floor.sql, await floor.wallet(await floor.user(), shard=shard), open_trade())
    await first.tend()
    assert len(first.book) == 4
    for watch in (second, first, second):
        await watch.tend()
    assert (len(first.book), len(second.book)) == (2, 2)
    second._shards._holder_is_dead = second._shards._leases._holder_is_dead = lambda name: "dead" in name
    await second.tend()
    assert len(second.book) == 4
    await first.on_quotes("paper", quotes("106"))
    await second.on_quotes("paper", quotes("106"))
    assert len(await outbox(floor)) == 4


async def test_naked_positions_are_counted_with_the_longest_time(floor: TradingFloor) -> None:
    watch, _, trade = await watched(floor, status="OPEN_UNPROTECTED")
    since = utc_now() - timedelta(seconds=30)
    await floor.sql.execute("UPDATE trades SET unprotected_since = $2 WHERE id = $1", trade.id, since)
    found = await watch.naked()
    assert found.positions == 1
    assert 30_000 <= found.longest_ms < 60_000


async def test_packed_publications_act_like_quotes_unless_they_are_stale(floor: TradingFloor) -> None:
    watch, _, trade = await watched(floor)
    now_ms = round(utc_now().timestamp() * 1000)
    packed = decode_columns(encode_prices([PriceTick(BTC, 106.0, 106.0, OPENED_MS)]))
    watch.see_columns("paper", [(packed, now_ms - 6_000)])
    await watch.answer()
    assert await outbox(floor) == []
    watch.see_columns("paper", [(packed, now_ms - 6_000), (packed, now_ms)])
    await watch.answer()
    assert await outbox(floor) == [("exit", 3, {"trade_id": str(trade.id), "reason": "take_profit"})]


@pytest.mark.parametrize("packed", [True, False])
async def test_position_that_its_band_overlooked_is_found_by_the_sweep(
    floor: TradingFloor, packed: bool
) -> None:
    watch, _, trade = await watched(floor)
    watch.book._bands.floor[:], watch.book._bands.ceiling[:] = -np.inf, np.inf  # bands that hold nothing back
    before = OVERLOOKED._value.get()
    if packed:
        tick = decode_columns(encode_prices([PriceTick(BTC, 106.0, 106.0, OPENED_MS)]))
        watch.see_columns("paper", [(tick, round(utc_now().timestamp() * 1000))])
    else:
        watch.see("paper", quotes("106"))
    await watch.answer()
    assert await outbox(floor) == [("exit", 3, {"trade_id": str(trade.id), "reason": "take_profit"})]
    assert OVERLOOKED._value.get() == before + 1
