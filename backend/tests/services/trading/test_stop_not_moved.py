"""A stop that is wanted and that the venue does not hold yet, or refuses, is the monitor's to trigger; and the best
price that stops follow is never lost to one that was seen earlier."""

from decimal import Decimal
from uuid import UUID

import pytest

from app.repositories.open_trades import keep_best
from tests.services.trading.floor import BTC, TradingFloor, until
from tests.services.trading.open_positions import open_trade, store
from tests.services.trading.test_position_watch import outbox, quotes, watch_on, watched


async def stop_at_venue(floor: TradingFloor, trade_id: UUID, trigger: str) -> None:
    """A live stop over one base unit."""
    await floor.sql.execute(
        "INSERT INTO orders (client_order_id, user_id, wallet_id, trade_id, symbol, leg, attempt, status, order_type,"
        " side, quantity, trigger_price, reduce_only)"
        " SELECT $1, t.user_id, t.wallet_id, t.id, t.symbol, 'stop', 1, 'OPEN', 'STOP_MARKET',"
        " CASE t.side WHEN 'long' THEN 'sell' ELSE 'buy' END, 1, $3, true FROM trades t WHERE t.id = $2",
        *(f"stop-{trade_id}"[:32], trade_id, Decimal(trigger)),
    )


@pytest.mark.parametrize(
    ("side", "first", "wanted", "at_venue", "mark", "left"),
    [
        ("long", 98, 101, "98", "101", True),
        ("long", 98, 101, "98", "101.1", False),
        ("long", 98, 101, "101", "100.5", False),
        ("long", 98, 101, "101.5", "100.5", False),
        ("short", 102, 99, "102", "99", True),
        ("short", 102, 99, "102", "98.9", False),
        ("short", 102, 99, "99", "99.5", False),
    ],
)
async def test_stop_of_which_the_venue_holds_only_a_looser_one_is_triggered_here(
    floor: TradingFloor, side: str, first: int, wanted: int, at_venue: str, mark: str, left: bool
) -> None:
    account = await floor.wallet(await floor.user(), shard=3)
    trade = open_trade(
        side=side,
        initial_stop_price=Decimal(first),
        stop_price=Decimal(wanted),
        take_profit_price=None,
        trailing_enabled=False,
    )
    await store(floor.sql, account, trade)
    await stop_at_venue(floor, trade.id, at_venue)
    watch = watch_on(floor)
    await watch.tend()
    await watch.on_quotes("paper", quotes(mark))
    exits = [("exit", 3, {"trade_id": str(trade.id), "reason": "stop_loss"})]
    assert await outbox(floor) == (exits if left else [])


async def test_position_whose_moved_stop_the_venue_refused_is_left_at_the_moved_stop(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC, stop="0.03")
        trade = await floor.until_status(account, "PROTECTED")
        await floor.sql.execute("UPDATE trades SET trailing_enabled = false")
        refusal = {"path": "/fapi/v1/algoOrder", "method": "POST", "mode": "code:-4045", "count": None}
        floor.venue.control("POST", "/sim/fault", {"rules": [refusal]})
        wanted = (trade["entry_price"] * Decimal("0.985")).quantize(Decimal("0.1"))
        await floor.enqueue("move_stop", {"trade_id": str(trade["id"]), "stop_price": str(wanted)})

        async def refused() -> bool | None:
            found = await floor.sql.fetchval(
                "SELECT true FROM orders WHERE trade_id = $1 AND leg = 'stop' AND status = 'REJECTED'",
                trade["id"],
            )
            return True if found else None

        await until(refused)
        watch = watch_on(floor)
        await watch.tend()
        await watch.on_quotes("paper", quotes(str(wanted - 1)))
        closed = await floor.until_status(account, "CLOSED")
    assert closed["exit_requested"] == "stop_loss"
    left = await floor.sql.fetch("SELECT leg FROM orders WHERE leg <> 'entry' AND filled_quantity > 0")
    assert [row["leg"] for row in left] == ["exit"]
    assert await floor.venue_position(account) == 0


@pytest.mark.parametrize(
    ("side", "best", "worse", "better"), [("long", 110, 100.5, 111.5), ("short", 90, 99.5, 88.5)]
)
async def test_best_price_is_not_overwritten_by_a_worse_one_that_was_seen_earlier(
    floor: TradingFloor, side: str, best: int, worse: float, better: float
) -> None:
    stop = Decimal(98 if side == "long" else 102)
    _, _, trade = await watched(floor, side=side, initial_stop_price=stop, stop_price=stop)
    await floor.sql.execute("UPDATE trades SET extreme_price = $1", Decimal(best))
    kept = []
    for seen in (worse, better, worse):
        await keep_best(floor.sql, [(trade.id, seen, False)])
        kept.append(await floor.sql.fetchval("SELECT extreme_price FROM trades"))
    assert kept == [best, Decimal(str(better)), Decimal(str(better))]


async def test_arming_at_a_price_of_before_keeps_the_better_price_that_was_written_since(
    floor: TradingFloor,
) -> None:
    """The monitor is asked at 102; before its answer is committed, 110 is seen and written."""
    watch, _, _ = await watched(floor, take_profit_price=None)
    watch.see("paper", quotes("102"))
    await floor.sql.execute("UPDATE trades SET extreme_price = 110")
    await watch.answer()
    row = await floor.sql.fetchrow("SELECT trailing_armed, extreme_price FROM trades")
    assert tuple(row or ()) == (True, 110)
