"""The live stream over a real WebSocket."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any, Protocol
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from app.adapters.stream_tickets import RedisTicketStore
from app.core.clock import utc_now
from app.core.db import Database
from app.domain.price_batch import PriceTick, encode_prices
from app.schemas.circuit_breaker import BreakerStatus
from app.schemas.decision import Decision
from app.schemas.execution import Execution
from app.schemas.notification import Notification
from app.schemas.position import Position
from app.schemas.trade import Trade
from tests.api.desk_world import NOON, Person, World
from tests.services.notification_world import emit

ORIGIN = "http://localhost:8000"
Frame = dict[str, Any]


class Open(Protocol):
    """Opens the stream with a ticket, from a page of that origin."""

    def __call__(
        self, held: str, origin: str | None = ORIGIN
    ) -> AbstractAsyncContextManager[ClientConnection]: ...


async def ticket(http: httpx.AsyncClient, person: Person) -> str:
    answer = await http.post("/stream/ticket", headers=person.headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["expires_in"] == 30
    return str(answer.json()["ticket"])


@pytest_asyncio.fixture
async def open_stream(api_url: str) -> Open:
    """Opens the stream with a ticket."""
    address = api_url.replace("http", "ws", 1) + "/api/v1/stream"

    @asynccontextmanager
    async def opened(held: str, origin: str | None = ORIGIN) -> AsyncIterator[ClientConnection]:
        query = f"?ticket={held}" if held else ""
        async with connect(address + query, origin=None if origin is None else Origin(origin)) as socket:
            yield socket

    return opened


async def next_frame(socket: ClientConnection, *kinds: str) -> Frame:
    """The next frame of one of these types (or topics)."""
    async with asyncio.timeout(90):
        while True:
            frame: Frame = json.loads(await socket.recv())
            if frame["type"] in kinds or frame.get("topic") in kinds:
                return frame


async def refusal(opening: AbstractAsyncContextManager[ClientConnection]) -> tuple[int, str]:
    """Status and code of a refused opening."""
    with pytest.raises(InvalidStatus) as refused:
        async with opening:
            pass
    body = json.loads(refused.value.response.body or b"{}")
    return refused.value.response.status_code, body["code"]


async def test_ticket_anonymous_is_refused(http: httpx.AsyncClient) -> None:
    assert (await http.post("/stream/ticket")).status_code == 401


@pytest.mark.parametrize("held", ["", "made-up"])
async def test_stream_without_a_good_ticket_is_refused(open_stream: Open, held: str) -> None:
    assert await refusal(open_stream(held)) == (401, "invalid_ticket")


async def test_ticket_opens_one_stream_only(
    http: httpx.AsyncClient, open_stream: Open, alice: Person
) -> None:
    held = await ticket(http, alice)
    async with open_stream(held) as socket:
        await next_frame(socket, "snapshot")
    assert await refusal(open_stream(held)) == (401, "invalid_ticket")


async def test_stream_from_a_foreign_page_is_refused_and_keeps_the_ticket(
    http: httpx.AsyncClient, open_stream: Open, alice: Person
) -> None:
    held = await ticket(http, alice)
    assert await refusal(open_stream(held, origin="https://evil.example")) == (403, "origin_not_allowed")
    async with open_stream(held) as socket:
        await next_frame(socket, "snapshot")


async def test_ticket_of_a_session_that_was_ended_opens_nothing(
    http: httpx.AsyncClient, open_stream: Open, world: World, alice: Person
) -> None:
    held = await ticket(http, alice)
    await world.sql.execute("UPDATE sessions SET revoked_at = now() WHERE id = $1", alice.session_id)
    assert await refusal(open_stream(held)) == (401, "session_over")


async def test_snapshot_comes_first_and_deltas_are_numbered(
    http: httpx.AsyncClient, open_stream: Open, world: World, alice: Person
) -> None:
    trade_id = await world.trade(alice)
    async with open_stream(await ticket(http, alice)) as socket:
        snapshot = json.loads(await socket.recv())
        assert (snapshot["type"], snapshot["seq"]) == ("snapshot", 0)
        assert [Position.model_validate(held).id for held in snapshot["data"]["positions"]] == [trade_id]
        assert BreakerStatus.model_validate(snapshot["data"]["breaker"]).state == "active"
        assert snapshot["data"]["stale_after_ms"] == 5000
        await world.sql.execute("UPDATE trades SET stop_price = 40100 WHERE id = $1", trade_id)
        await world.notify(alice, "position", trade_id)
        first = await next_frame(socket, "delta")
        assert (first["seq"], first["topic"]) == (1, "position")
        assert Position.model_validate(first["data"]).stop_price == "40100"
        log_id = await world.execution(alice, trade_id=trade_id)
        await world.notify(alice, "execution", log_id)
        second = await next_frame(socket, "delta")
        assert (second["seq"], second["topic"]) == (2, "execution")
        assert Execution.model_validate(second["data"]).id == log_id
        heartbeat = await next_frame(socket, "heartbeat")
        assert heartbeat["seq"] == 2


async def test_programs_hear_events_by_their_own_names_and_find_a_gap(
    http: httpx.AsyncClient, api_url: str, world: World, alice: Person, bob: Person
) -> None:
    address = api_url.replace("http", "ws", 1) + "/api/v1/events"
    async with connect(f"{address}?ticket={await ticket(http, alice)}") as socket:
        assert (await next_frame(socket, "snapshot"))["seq"] == 0
        trade_id = await world.trade(alice)
        log_id = await world.execution(alice, trade_id=trade_id)
        await world.notify(alice, "execution", log_id)
        executed = await next_frame(socket, "trade_executed")
        assert (executed["seq"], executed["data"]["id"]) == (1, str(log_id))
        decision_id = await world.decision(alice)
        other = await world.decision(bob)
        await world.notify(alice, "decision", other)
        await world.notify(alice, "decision", decision_id)
        heard = [await next_frame(socket, "ai_signal", "risk_violation") for _ in range(2)]
        assert [(frame["type"], frame["seq"]) for frame in heard] == [("ai_signal", 2), ("risk_violation", 3)]
        assert heard[1]["data"]["id"] == str(decision_id)
        assert heard[0]["data"]["id"] == heard[1]["data"]["signal_id"]
        await world.notify(alice, "position", trade_id)
        assert (await next_frame(socket, "position_changed"))["seq"] == 4
        heartbeat = await next_frame(socket, "heartbeat")
        assert set(heartbeat["data"]) == {"server_time", "market_time"}
        await socket.send('{"type":"resnapshot"}')
        again = await next_frame(socket, "snapshot")
        assert (again["seq"], [one["id"] for one in again["data"]["positions"]]) == (0, [str(trade_id)])


async def test_alerts_are_shown_as_they_happen(
    http: httpx.AsyncClient, open_stream: Open, alice: Person, worker_database: Database
) -> None:
    async with open_stream(await ticket(http, alice)) as socket:
        assert (await next_frame(socket, "snapshot"))["data"]["alerts"] == {"unread": 0}
        await emit(worker_database, alice.user_id)
        told = await next_frame(socket, "notification")
        assert Notification.model_validate(told["data"]).event == "trading_paused"
        assert (await next_frame(socket, "alerts"))["data"] == {"unread": 1}
        await http.post("/notifications/read", json={}, headers=alice.headers)
        assert (await next_frame(socket, "alerts"))["data"] == {"unread": 0}


async def test_finished_trade_takes_its_position_away(
    http: httpx.AsyncClient, open_stream: Open, world: World, alice: Person
) -> None:
    trade_id = await world.trade(alice)
    async with open_stream(await ticket(http, alice)) as socket:
        await next_frame(socket, "snapshot")
        await world.sql.execute(
            "UPDATE trades SET status = 'CLOSED', quantity = 0, closed_at = $2 WHERE id = $1", trade_id, NOON
        )
        await world.notify(alice, "trade", trade_id)
        gone = await next_frame(socket, "position")
        assert gone["data"] == {"id": str(trade_id), "closed": True}
        assert Trade.model_validate((await next_frame(socket, "trade"))["data"]).id == trade_id


async def test_pause_and_decision_reach_the_screen(
    http: httpx.AsyncClient, open_stream: Open, world: World, alice: Person
) -> None:
    async with open_stream(await ticket(http, alice)) as socket:
        await next_frame(socket, "snapshot")
        await http.post("/circuit-breaker/pause", json={}, headers=alice.headers)
        paused = BreakerStatus.model_validate((await next_frame(socket, "breaker"))["data"])
        assert paused.state == "reduce_only"
        decision_id = await world.decision(alice)
        await world.notify(alice, "decision", decision_id)
        assert Decision.model_validate((await next_frame(socket, "decision"))["data"]).id == decision_id


async def test_event_of_another_tenant_never_arrives(
    http: httpx.AsyncClient, open_stream: Open, world: World, alice: Person, bob: Person
) -> None:
    theirs = await world.trade(bob)
    async with open_stream(await ticket(http, alice)) as socket:
        await next_frame(socket, "snapshot")
        await world.notify(bob, "position", theirs)
        await world.notify(alice, "position", theirs)  # forged: the row is read as alice, who has none
        mine = await world.trade(alice)
        await world.notify(alice, "position", mine)
        seen = await next_frame(socket, "delta")
        assert (seen["seq"], seen["data"]["id"]) == (1, str(mine))


async def test_resnapshot_begins_anew(
    http: httpx.AsyncClient, open_stream: Open, world: World, alice: Person
) -> None:
    async with open_stream(await ticket(http, alice)) as socket:
        assert (await next_frame(socket, "snapshot"))["data"]["positions"] == []
        trade_id = await world.trade(alice)
        await socket.send('{"type":"resnapshot"}')
        again = await next_frame(socket, "snapshot")
        assert (again["seq"], again["data"]["positions"][0]["id"]) == (0, str(trade_id))
        await world.notify(alice, "position", trade_id)
        assert (await next_frame(socket, "delta"))["seq"] == 1


async def test_prices_of_the_users_venue_arrive(
    http: httpx.AsyncClient, open_stream: Open, alice: Person, redis_client: Redis
) -> None:
    batch = encode_prices([PriceTick("LIVE/USDT:USDT", 12.5, 12.25, 1_759_320_000_000)])
    async with open_stream(await ticket(http, alice)) as socket:
        await next_frame(socket, "snapshot")

        async def publish() -> None:
            while True:
                wall_ms = round(utc_now().timestamp() * 1000)
                await redis_client.xadd("prices:binanceusdm", {"b": batch, "t": wall_ms})
                await redis_client.xadd("prices:paper", {"b": batch, "t": wall_ms})
                await asyncio.sleep(0.05)

        publishing = asyncio.create_task(publish())
        try:
            prices = (await next_frame(socket, "prices"))["data"]
        finally:
            publishing.cancel()
        assert prices == {
            "LIVE/USDT:USDT": {"mark": "12.5", "last": "12.25", "market_time": "2025-10-01T12:00:00Z"}
        }


async def closed_with(socket: ClientConnection) -> int:
    """The code with which the server closes."""
    async with asyncio.timeout(90):
        with contextlib.suppress(ConnectionClosed):
            async for _ in socket:
                pass
    assert socket.close_code is not None
    return socket.close_code


@pytest.mark.parametrize(
    ("message", "code"),
    [("{}", 1003), ("nonsense", 1003), ("[" * 1_000, 1003), (b"\x00", 1003), ("x" * 2_000, 1009)],
)
async def test_message_that_is_not_understood_ends_the_stream(
    http: httpx.AsyncClient, open_stream: Open, alice: Person, message: str | bytes, code: int
) -> None:
    async with open_stream(await ticket(http, alice)) as socket:
        await next_frame(socket, "snapshot")
        await socket.send(message)
        assert await closed_with(socket) == code


async def test_stream_ends_with_its_token(open_stream: Open, alice: Person, redis_client: Redis) -> None:
    held = uuid4().hex
    ends = utc_now() + timedelta(seconds=1)
    await RedisTicketStore(redis_client).put(held, (alice.user_id, alice.session_id, ends), 30)
    async with open_stream(held) as socket:
        await next_frame(socket, "snapshot")
        assert await closed_with(socket) == 4401


async def test_stream_ends_when_its_session_is_announced_as_over(
    http: httpx.AsyncClient, open_stream: Open, world: World, alice: Person
) -> None:
    async with open_stream(await ticket(http, alice)) as socket:
        await next_frame(socket, "snapshot")
        await world.notify(alice, "session", alice.session_id)
        assert await closed_with(socket) == 4401


async def test_streams_above_the_users_cap_are_refused(
    http: httpx.AsyncClient, open_stream: Open, alice: Person
) -> None:
    held = [open_stream(await ticket(http, alice)) for _ in range(8)]
    try:
        for one in held:
            await one.__aenter__()
        assert await refusal(open_stream(await ticket(http, alice))) == (429, "too_many_requests")
    finally:
        for one in held:
            await one.__aexit__(None, None, None)


async def test_stream_outlives_the_loss_of_its_announcements(
    http: httpx.AsyncClient, open_stream: Open, world: World, alice: Person
) -> None:
    async with open_stream(await ticket(http, alice)) as socket:
        await next_frame(socket, "snapshot")
        trade_id = await world.trade(alice)
        await world.sql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE (query LIKE 'LISTEN%' OR query = 'SELECT 1') AND datname = current_database()"
        )
        again = await next_frame(socket, "snapshot")  # listening has begun again: nothing may be missed
        assert again["data"]["positions"][0]["id"] == str(trade_id)
        await world.notify(alice, "position", trade_id)
        assert (await next_frame(socket, "position"))["data"]["id"] == str(trade_id)
