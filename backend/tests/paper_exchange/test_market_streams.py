"""Market data over websockets: paths, methods, the book's sequence at every speed, candles, mark prices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import httpx
import pytest

from tests.paper_exchange.running import Running
from tests.plain_http import PLAIN

PATIENCE_SECONDS = 90.0
BOOK_EVENTS = 4

Message = dict[str, Any]


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("streams") / "journal.sqlite")
    running.start()
    yield running
    assert running.stop() == 0


@asynccontextmanager
async def _socket(running: Running, path: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        aiohttp.ClientSession() as session,
        session.ws_connect(running.base + path) as socket,
    ):
        yield socket


async def _hear(socket: aiohttp.ClientWebSocketResponse) -> Message:
    message: Message = json.loads(await socket.receive_str())
    return message


async def _ask(
    socket: aiohttp.ClientWebSocketResponse, method: str, params: list[object] | None = None
) -> Message:
    """The answer to a method; events that arrive before it are passed over."""
    await socket.send_json({"method": method, "id": 7} | ({} if params is None else {"params": params}))
    while True:
        message = await _hear(socket)
        if isinstance(message, dict) and message.get("id") == 7:
            return message


@pytest.mark.parametrize("path", ["/ws/btcusdt@aggTrade", "/market/ws/btcusdt@aggTrade"])
async def test_raw_path_names_its_stream(moving: Running, path: str) -> None:
    async with _socket(moving, path) as socket:
        assert (await _hear(socket))["e"] == "aggTrade"


async def test_combined_path_names_the_stream_of_each_message(moving: Running) -> None:
    streams = {"btcusdt@aggTrade", "ethusdt@bookTicker"}
    async with _socket(moving, f"/stream?streams={'/'.join(sorted(streams))}") as socket:
        heard: set[str] = set()
        while heard != streams:
            message = await _hear(socket)
            assert set(message) == {"stream", "data"}
            heard.add(message["stream"])


async def test_methods_subscribe_list_leave_and_set(moving: Running) -> None:
    async with _socket(moving, "/ws") as socket:
        assert await _ask(socket, "SUBSCRIBE", ["btcusdt@aggTrade", "!markPrice@arr@1s"]) == {
            "result": None,
            "id": 7,
        }
        listed = await _ask(socket, "LIST_SUBSCRIPTIONS")
        assert listed == {"result": ["!markPrice@arr@1s", "btcusdt@aggTrade"], "id": 7}
        assert await _ask(socket, "GET_PROPERTY", ["combined"]) == {"result": False, "id": 7}
        assert await _ask(socket, "SET_PROPERTY", ["combined", True]) == {"result": None, "id": 7}
        assert set(await _hear(socket)) == {"stream", "data"}
        assert "error" in await _ask(socket, "SET_PROPERTY", ["combined", "yes"])
        assert "error" in await _ask(socket, "GET_PROPERTY", ["color"])
        await _ask(socket, "UNSUBSCRIBE", ["btcusdt@aggTrade", "!markPrice@arr@1s"])
        assert (await _ask(socket, "LIST_SUBSCRIPTIONS"))["result"] == []


@pytest.mark.parametrize("speed", ["", "@100ms", "@250ms", "@500ms"])
async def test_differences_make_the_book_from_a_snapshot(moving: Running, speed: str) -> None:
    """The documented recipe: snapshot, skip what is older, then apply without a gap; checked against the book."""
    async with (
        _socket(moving, f"/ws/btcusdt@depth{speed}") as socket,
        httpx.AsyncClient(timeout=120, verify=PLAIN) as client,
    ):
        await _hear(socket)
        depth = f"{moving.base}/fapi/v1/depth?symbol=BTCUSDT&limit=1000"
        snapshot = (await client.get(depth)).json()
        book = {side: {row[0]: row[1] for row in snapshot[side]} for side in ("bids", "asks")}
        last: int | None = None
        for _ in range(BOOK_EVENTS):
            event = await _hear(socket)
            if event["u"] < snapshot["lastUpdateId"]:
                continue
            assert event["U"] <= event["u"]
            if last is not None:
                assert event["pu"] == last
            else:
                assert (
                    event["pu"] == snapshot["lastUpdateId"]
                    or event["U"] <= snapshot["lastUpdateId"] <= event["u"]
                )
            last = event["u"]
            for side, name in (("bids", "b"), ("asks", "a")):
                book[side].update({row[0]: row[1] for row in event[name]})
        moving.admin("feed", paused=True)
        try:
            now = (await client.get(depth)).json()
            while last != now["lastUpdateId"]:
                event = await _hear(socket)
                assert event["pu"] == last
                last = event["u"]
                for side, name in (("bids", "b"), ("asks", "a")):
                    book[side].update({row[0]: row[1] for row in event[name]})
        finally:
            moving.admin("feed", paused=False)
        for side in ("bids", "asks"):
            kept = {price: size for price, size in book[side].items() if float(size)}
            assert kept == {row[0]: row[1] for row in now[side]}


@pytest.mark.parametrize("levels", [5, 10, 20])
async def test_best_levels_are_the_whole_top_of_the_book(moving: Running, levels: int) -> None:
    async with _socket(moving, f"/ws/btcusdt@depth{levels}@100ms") as socket:
        first, second = await _hear(socket), await _hear(socket)
        for event in (first, second):
            assert len(event["b"]) == len(event["a"]) == levels
            assert float(event["b"][0][0]) < float(event["a"][0][0])
        assert second["pu"] == first["u"]


async def test_candles_of_symbol_and_pair_are_the_same(moving: Running) -> None:
    streams = ["btcusdt@kline_1m", "btcusdt_perpetual@continuousKline_1m"]
    async with _socket(moving, f"/stream?streams={'/'.join(streams)}") as socket:
        closed: dict[str, dict[int, Message]] = {stream: {} for stream in streams}
        while not closed[streams[0]].keys() & closed[streams[1]].keys():
            message = await _hear(socket)
            candle = message["data"]["k"]
            if candle["x"]:
                closed[message["stream"]][candle["t"]] = candle
        (opened, *_) = closed[streams[0]].keys() & closed[streams[1]].keys()
        single, continuous = closed[streams[0]][opened], closed[streams[1]][opened]
        assert single.pop("s") == "BTCUSDT"
        assert single == continuous


async def test_a_closed_candle_is_never_sent_as_forming_again(moving: Running) -> None:
    async with _socket(moving, "/ws/btcusdt@kline_1m") as socket:
        over: set[int] = set()
        while len(over) < 2:
            candle = (await _hear(socket))["k"]
            assert candle["t"] not in over
            if candle["x"]:
                over.add(candle["t"])


async def test_slow_mark_prices_come_every_third_second_of_the_market(moving: Running) -> None:
    moving.admin("feed", speed=3)
    try:
        async with _socket(moving, "/ws") as socket:
            await _ask(
                socket, "SUBSCRIBE", ["btcusdt@markPrice", "btcusdt@markPrice@1s", "!markPrice@arr@1s"]
            )
            times: list[int] = []
            arrays = 0
            while len(times) < 12 or not arrays:
                message = json.loads(await socket.receive_str())
                if isinstance(message, list):
                    arrays += 1
                    assert {one["s"] for one in message} >= {"BTCUSDT", "ETHUSDT"}
                else:
                    times.append(message["E"])
            # Both speeds are heard here: a time heard twice was told on both.
            twice = {time for time in times if times.count(time) == 2}
            seconds = len(set(times))
            assert 1 <= len(twice) <= seconds // 2
    finally:
        moving.admin("feed", speed=20)


async def test_tickers_and_trades_agree(moving: Running) -> None:
    async with _socket(moving, "/ws") as socket:
        await _ask(
            socket, "SUBSCRIBE", ["!ticker@arr", "!miniTicker@arr", "btcusdt@ticker", "btcusdt@miniTicker"]
        )
        heard: dict[str, Message] = {}
        while len(heard) < 4:
            message = json.loads(await socket.receive_str())
            whole = isinstance(message, list)
            rows = message if whole else [message]
            for row in rows:
                if row.get("s") == "BTCUSDT":
                    heard[f"{row['e']}{'s' if whole else ''}"] = row
        assert set(heard) == {"24hrTicker", "24hrTickers", "24hrMiniTicker", "24hrMiniTickers"}
        assert set(heard["24hrMiniTicker"]) < set(heard["24hrTicker"])
