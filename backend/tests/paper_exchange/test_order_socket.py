"""The order socket: keys, sessions, limits and refusals as over REST, on one connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from paper_exchange import clock
from paper_exchange.server.security import sign
from tests.paper_exchange.running import SYMBOL, Running, connect

ORDER: dict[str, object] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
PATIENCE_SECONDS = 90.0


@dataclass
class Talk:
    """One connection of one account."""

    socket: aiohttp.ClientWebSocketResponse
    key: str
    secret: str

    def signed(self, **fields: object) -> dict[str, object]:
        params = {"apiKey": self.key, "timestamp": clock.wall_ms(), "recvWindow": 10_000} | fields
        text = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
        return params | {"signature": sign(self.secret, text)}

    async def ask(
        self, method: str, params: dict[str, object] | None = None, number: object = 1
    ) -> dict[str, Any]:
        return await self.say(json.dumps({"id": number, "method": method, "params": params or {}}))

    async def say(self, text: str) -> dict[str, Any]:
        await self.socket.send_str(text)
        answer = await self.socket.receive_json(timeout=PATIENCE_SECONDS)
        assert isinstance(answer, dict)
        return answer


@asynccontextmanager
async def talking(running: Running, account: str, query: str = "") -> AsyncIterator[Talk]:
    key, secret = running.open_account(account)
    url = running.base.replace("http", "ws", 1) + "/ws-fapi/v1" + query
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        yield Talk(socket, key, secret)


def _refused(answer: dict[str, object]) -> tuple[object, object]:
    error = answer["error"]
    assert isinstance(error, dict)
    return answer["status"], error["code"]


async def test_order_is_placed_changed_found_and_cancelled(shared_exchange: Running) -> None:
    async with talking(shared_exchange, "socket-orders") as talk:
        price = float((await talk.ask("ticker.price", {"symbol": "BTCUSDT"}))["result"]["price"])
        low, lower = f"{price * 0.9:.1f}", f"{price * 0.89:.1f}"
        terms: dict[str, object] = {"type": "LIMIT", "timeInForce": "GTC", "price": low, "quantity": "0.01"}
        placed = await talk.ask("order.place", talk.signed(**ORDER | terms), "first")
        assert (placed["id"], placed["status"], placed["result"]["status"]) == ("first", 200, "NEW")
        named = {"symbol": "BTCUSDT", "orderId": placed["result"]["orderId"]}
        changed = await talk.ask(
            "order.modify", talk.signed(**named, side="BUY", quantity="0.02", price=lower)
        )
        assert (changed["result"]["price"], changed["result"]["origQty"]) == (lower, "0.020")
        assert (await talk.ask("order.status", talk.signed(**named)))["result"]["price"] == lower
        gone = await talk.ask("order.cancel", talk.signed(**named))
        assert gone["result"]["status"] == "CANCELED"
        assert _refused(await talk.ask("order.cancel", talk.signed(**named))) == (400, -2011)


async def test_conditional_is_placed_and_cancelled(shared_exchange: Running) -> None:
    async with talking(shared_exchange, "socket-stops") as talk:
        stop = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET"}
        placed = await talk.ask(
            "algoOrder.place", talk.signed(**stop, triggerPrice="1000", closePosition="true")
        )
        number = placed["result"]["algoId"]
        gone = await talk.ask("algoOrder.cancel", talk.signed(algoId=number))
        assert gone["result"]["code"] == "200"


async def test_account_is_told_in_both_versions(shared_exchange: Running) -> None:
    async with talking(shared_exchange, "socket-account") as talk:
        for version in ("", "v2/"):
            assert (await talk.ask(version + "account.status", talk.signed()))["result"]["assets"]
            rows = (await talk.ask(version + "account.balance", talk.signed()))["result"]
            assert [row["balance"] for row in rows if row["asset"] == "USDT"] == ["10000.00000000"]
            assert isinstance((await talk.ask(version + "account.position", talk.signed()))["result"], list)
        key = (await talk.ask("userDataStream.start", {"apiKey": talk.key}))["result"]["listenKey"]
        assert len(key) == 64


async def test_session_signs_once(shared_exchange: Running) -> None:
    async with talking(shared_exchange, "socket-session") as talk:
        assert (await talk.ask("session.status"))["result"]["apiKey"] is None
        logged_on = await talk.ask("session.logon", talk.signed())
        assert logged_on["result"]["apiKey"] == talk.key
        stamped = ORDER | {"timestamp": clock.wall_ms()}
        placed = await talk.ask("order.place", stamped)
        assert placed["status"] == 200
        counts = {(row["rateLimitType"], row["intervalNum"]): row["count"] for row in placed["rateLimits"]}
        assert counts["ORDERS", 10] == counts["ORDERS", 1] == 1
        assert _refused(await talk.ask("order.place", ORDER)) == (400, -1102)
        assert (await talk.ask("session.logout"))["result"]["apiKey"] is None
        assert _refused(await talk.ask("order.place", stamped)) == (401, -2014)


Act = Callable[[Talk], Coroutine[object, object, dict[str, object]]]
CASES: list[tuple[str, tuple[int, int], Act]] = [
    ("not json", (400, -1135), lambda t: t.say("{")),
    ("not an object", (400, -1135), lambda t: t.say("[1]")),
    ("deeply nested", (400, -1135), lambda t: t.say("[" * 30_000)),
    ("no method", (400, -1135), lambda t: t.say('{"id": 1}')),
    ("params a list", (400, -1130), lambda t: t.say('{"id": 1, "method": "order.place", "params": [1]}')),
    ("param a list", (400, -1130), lambda t: t.ask("depth", {"symbol": ["BTCUSDT"]})),
    ("half a character", (400, -1100), lambda t: t.ask("depth", {"symbol": "\ud800"})),
    ("half a character for a name", (400, -1130), lambda t: t.ask("depth", {"\ud800": []})),
    ("half a character for a method", (404, -5000), lambda t: t.ask("\ud800")),
    ("half a character for an id", (404, -5000), lambda t: t.ask("x", number="\ud800")),
    ("an id beyond all numbers", (404, -5000), lambda t: t.ask("x", number=10**30)),
    ("an id that is a list", (404, -5000), lambda t: t.ask("x", number=[[1]])),
    ("not a number", (400, -1100), lambda t: t.ask("depth", {"symbol": "BTCUSDT", "limit": float("nan")})),
    ("unknown method", (404, -5000), lambda t: t.ask("order.nothing")),
    ("no key", (401, -2014), lambda t: t.ask("order.place", ORDER)),
    ("unknown key", (401, -2015), lambda t: t.ask("order.place", ORDER | {"apiKey": "x"})),
    ("no signature", (400, -1102), lambda t: t.ask("order.place", ORDER | {"apiKey": t.key})),
    (
        "wrong signature",
        (400, -1022),
        lambda t: t.ask("order.place", t.signed(**ORDER) | {"signature": "0"}),
    ),
    (
        "changed after signing",
        (400, -1022),
        lambda t: t.ask("order.place", t.signed(**ORDER) | {"quantity": "1"}),
    ),
    ("too late", (400, -1021), lambda t: t.ask("order.place", t.signed(**ORDER, timestamp=1))),
    ("no such symbol", (400, -1121), lambda t: t.ask("order.place", t.signed(**ORDER | {"symbol": "X"}))),
    ("no such order", (400, -2013), lambda t: t.ask("order.status", t.signed(symbol="BTCUSDT", orderId=1))),
]


@pytest.mark.parametrize(("name", "expected", "act"), CASES, ids=[case[0] for case in CASES])
async def test_refusals_have_their_codes(
    shared_exchange: Running, name: str, expected: tuple[int, int], act: Act
) -> None:
    async with talking(shared_exchange, f"socket-{name}") as talk:
        assert _refused(await act(talk)) == expected
        assert (await talk.ask("session.status"))["status"] == 200


async def test_another_accounts_order_does_not_exist(shared_exchange: Running) -> None:
    async with talking(shared_exchange, "socket-a") as one, talking(shared_exchange, "socket-b") as other:
        placed = await one.ask("order.place", one.signed(**ORDER))
        named = {"symbol": "BTCUSDT", "orderId": placed["result"]["orderId"]}
        assert _refused(await other.ask("order.status", other.signed(**named))) == (400, -2013)


async def test_limits_are_told_unless_unwanted(shared_exchange: Running) -> None:
    async with talking(shared_exchange, "socket-quiet", "?returnRateLimits=false") as talk:
        assert "rateLimits" not in await talk.ask("session.status")
        assert "rateLimits" in await talk.ask("session.status", {"returnRateLimits": True})


async def test_numbers_are_signed_as_they_are_written(shared_exchange: Running) -> None:
    async with talking(shared_exchange, "socket-numbers") as talk:
        params = {"apiKey": talk.key, "timestamp": clock.wall_ms()} | ORDER | {"quantity": "0.0010"}
        text = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
        message = json.dumps(
            {"id": 1, "method": "order.place", "params": params | {"signature": sign(talk.secret, text)}}
        )
        assert (await talk.say(message.replace('"0.0010"', "0.0010")))["status"] == 200


async def test_ten_orders_at_once_get_ten_answers(shared_exchange: Running) -> None:
    async with talking(shared_exchange, "socket-many") as talk:
        for number in range(10):
            message = {"id": number, "method": "order.place", "params": talk.signed(**ORDER)}
            await talk.socket.send_str(json.dumps(message))
        answers = [await talk.socket.receive_json(timeout=PATIENCE_SECONDS) for _ in range(10)]
        assert {answer["id"] for answer in answers} == set(range(10))
        assert {answer["status"] for answer in answers} == {200}


async def test_faults_reach_the_socket(own_exchange: Running) -> None:
    own_exchange.start()
    async with talking(own_exchange, "faulty") as talk:
        rules = [{"path": "/fapi/v1/order", "mode": mode, "count": 1} for mode in ("503exec", "reset_exec")]
        own_exchange.admin("fault", rules=rules)
        unknown = await talk.ask("order.place", talk.signed(**ORDER))
        assert _refused(unknown) == (503, -1000)
        await talk.socket.send_str(
            json.dumps({"id": 2, "method": "order.place", "params": talk.signed(**ORDER)})
        )
        assert (await talk.socket.receive(timeout=PATIENCE_SECONDS)).type in (
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.ERROR,
        )
    async with talking(own_exchange, "faulty") as talk:
        rows = (await talk.ask("v2/account.position", talk.signed()))["result"]
        assert [row["positionAmt"] for row in rows] == ["0.002"]


async def test_ccxt_trades_over_the_socket(shared_exchange: Running) -> None:
    key, secret = shared_exchange.open_account("socket-ccxt")
    client = connect(shared_exchange.base, key, secret)
    try:
        await client.load_markets()
        bought = await client.create_order_ws(SYMBOL, "market", "buy", 0.01)
        assert bought["filled"] == 0.01
        last = float((await client.fetch_ticker(SYMBOL))["last"])
        bid = await client.create_order_ws(SYMBOL, "limit", "buy", 0.01, round(last * 0.95, 1))
        changed = await client.edit_order_ws(bid["id"], SYMBOL, "limit", "buy", 0.02, round(last * 0.94, 1))
        assert changed["amount"] == 0.02
        found = await client.fetch_order_ws(bid["id"], SYMBOL)
        assert found["status"] == "open"
        gone = await client.cancel_order_ws(bid["id"], SYMBOL)
        assert gone["status"] == "canceled"
        assert (await client.fetch_balance_ws())["USDT"]["total"] > 0
        assert [one["contracts"] for one in await client.fetch_positions_ws([SYMBOL])] == [0.01]
    finally:
        await client.close()
        await asyncio.sleep(0)
