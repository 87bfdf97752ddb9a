"""Pages of the journal by each of its filters: complete, in order, their owner's only; and tags that know when their
trade was closed."""

import asyncio
import json
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from app.core.clock import utc_now
from app.core.db import Database
from app.domain.types import TradeStatus
from app.repositories.journal import JournalFilter, JournalRepository
from app.repositories.trades import TradeRepository
from tests.api.desk_world import NOON, Person, World, pages
from tests.services.trading.floor import until

LATER = NOON + timedelta(hours=3)


async def some_trades(world: World, person: Person, **values: object) -> list[str]:
    """Five trades that are like that, two of them closed at one moment, among five others; newest first."""
    for hour in (1, 2, 2, 3, 4):
        await world.closed_trade(person, NOON + timedelta(hours=hour), **values)
        await world.closed_trade(person, NOON + timedelta(hours=hour, minutes=1))
    rows = await world.sql.fetch(
        "SELECT id FROM trades WHERE user_id = $1 AND to_jsonb(trades) @> $2::jsonb ORDER BY closed_at DESC, id DESC",
        person.user_id,
        json.dumps(values),
    )
    return [str(row["id"]) for row in rows]


async def tag(http: httpx.AsyncClient, person: Person, trade_id: str, *tags: str) -> None:
    answer = await http.put(f"/trades/{trade_id}/tags", json={"tags": tags}, headers=person.headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("strategy", "donchian_breakout"),
        ("side", "short"),
        ("exit_reason", "manual"),
        ("environment", "live"),
    ],
)
async def test_trades_of_one_value_are_paged_by_their_close(
    http: httpx.AsyncClient, world: World, alice: Person, column: str, value: str
) -> None:
    wanted = await some_trades(world, alice, **{column: value})
    found = await pages(http, "/trades", alice.headers, 2, status="closed", **{column: value})
    assert [trade["id"] for trade in found] == wanted


async def test_trades_of_a_tag_are_paged_by_their_close(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    wanted = await some_trades(world, alice, strategy="donchian_breakout")
    for trade_id in wanted:
        await tag(http, alice, trade_id, "news", "late")
    await tag(http, bob, str(await world.closed_trade(bob, NOON)), "news")
    found = await pages(http, "/trades", alice.headers, 2, status="closed", tag="news")
    assert [trade["id"] for trade in found] == wanted


async def test_a_tag_stands_beside_other_filters(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    inside, short, at_the_end = (
        await world.closed_trade(alice, NOON),
        await world.closed_trade(alice, NOON, side="short"),
        await world.closed_trade(alice, LATER),
    )
    await world.closed_trade(alice, NOON)
    for trade_id in (inside, short, at_the_end):
        await tag(http, alice, str(trade_id), "news")
    query = {"tag": "news", "side": "long", "from": NOON.isoformat(), "to": LATER.isoformat()}
    for status in ({"status": "closed"}, {}):
        answer = await http.get("/trades", params=query | status, headers=alice.headers)
        assert [trade["id"] for trade in answer.json()["items"]] == [str(inside)]


async def test_open_trades_of_a_tag_are_found_until_they_are_closed(
    http: httpx.AsyncClient, world: World, alice: Person, worker_database: Database
) -> None:
    trade_id = await world.trade(alice)
    await tag(http, alice, str(trade_id), "news")
    assert await tagged(http, alice, "protected") == [str(trade_id)]
    assert await tagged(http, alice, "closed") == []
    async with worker_database.tenant(alice.user_id) as session:
        trades = TradeRepository(session)
        trade = await trades.lock(alice.user_id, trade_id)
        assert trade is not None
        assert await trades.move(alice.user_id, trade, TradeStatus.CLOSED, {"closed_at": NOON, "quantity": 0})
    assert await tagged(http, alice, "protected") == []
    assert await tagged(http, alice, "closed") == [str(trade_id)]


async def tagged(http: httpx.AsyncClient, person: Person, status: str) -> list[str]:
    answer = await http.get("/trades", params={"tag": "news", "status": status}, headers=person.headers)
    return [trade["id"] for trade in answer.json()["items"]]


async def test_a_tag_waits_for_a_close_that_goes_on(
    http: httpx.AsyncClient, world: World, alice: Person, owner_connections: asyncpg.Pool
) -> None:
    trade_id = await world.trade(alice)
    closing = "UPDATE trades SET status = 'CLOSED', closed_at = $2 WHERE id = $1"
    async with owner_connections.acquire() as closer, closer.transaction():
        await closer.execute(closing, trade_id, NOON)
        tagging = asyncio.create_task(tag(http, alice, str(trade_id), "news"))
        await until(partial(waits_or_is_done, world, tagging))
    await tagging
    assert await tagged(http, alice, "closed") == [str(trade_id)]


async def waits_or_is_done(world: World, task: asyncio.Task[None]) -> bool | None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return task.done() or await world.sql.fetchval(waiting) > 0 or None


@pytest.mark.parametrize("column", ["wallet_id", "status"])
async def test_executions_of_one_value_are_paged_by_their_time(
    http: httpx.AsyncClient, world: World, alice: Person, column: str
) -> None:
    wallet_id = uuid4()
    await world.insert(
        "wallets",
        id=wallet_id,
        user_id=alice.user_id,
        name="Other",
        venue="paper",
        account_fingerprint=wallet_id.hex,
    )
    value: UUID | str = wallet_id if column == "wallet_id" else "rejected"
    wanted, now = [], utc_now()
    for hour in (5, 4, 3):
        wanted.append(await world.execution(alice, timestamp=now - timedelta(hours=hour), **{column: value}))
        await world.execution(alice, timestamp=now - timedelta(hours=hour))
    found = await pages(http, "/execution/logs", alice.headers, 2, **{column: str(value)})
    assert [line["id"] for line in found] == [str(one) for one in reversed(wanted)]


@pytest.mark.parametrize("status", ["CLOSED", None])
async def test_an_export_counts_the_trades_of_a_tag(
    http: httpx.AsyncClient, world: World, alice: Person, api_database: Database, status: str | None
) -> None:
    await tag(http, alice, str(await world.closed_trade(alice, NOON)), "news")
    await world.closed_trade(alice, NOON)
    async with api_database.tenant(alice.user_id) as session:
        chosen = JournalFilter(tag="news", status=status)
        assert await JournalRepository(session).count_trades(alice.user_id, chosen) == 1
