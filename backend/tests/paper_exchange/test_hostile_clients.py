"""What hostile or broken clients send: each gets a code or loses its connection, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
import httpx
import psutil
import pytest

from paper_exchange.server.dispatch import LARGEST_BODY
from paper_exchange.server.websockets import LONGEST_MESSAGE, MESSAGES_AT_ONCE, MOST_STREAMS
from tests.paper_exchange.bare_client import BareClient, RefusedError
from tests.paper_exchange.running import TOKEN, Running
from tests.plain_http import PLAIN

CLOSED = {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
FEW = 20


@dataclass
class Neighbour:
    """An account that goes on trading; every order must be acknowledged, and told of on its stream."""

    client: BareClient
    stream: aiohttp.ClientWebSocketResponse
    placed: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    async def trade(self, stop: asyncio.Event) -> None:
        while not stop.is_set() or len(self.placed) < FEW:
            side = "BUY" if len(self.placed) % 2 == 0 else "SELL"
            answer = await self.client.market(side, "0.002", newOrderRespType="RESULT")
            assert answer["status"] == "FILLED"
            self.placed.append(str(answer["clientOrderId"]))
            await asyncio.sleep(0.05)  # below the venue's 300 orders in ten seconds

    async def hear(self) -> None:
        while True:
            event = json.loads(await self.stream.receive_str())
            if event["e"] == "ORDER_TRADE_UPDATE" and event["o"]["X"] == "FILLED":
                self.told.append(event["o"]["c"])


@asynccontextmanager
async def undisturbed(running: Running, name: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A neighbour trades while the block runs, and nothing of its trading is lost or refused."""
    keys = running.open_account(f"neighbour-{name}", "1000000")
    async with aiohttp.ClientSession() as session, asyncio.timeout(240):
        client = BareClient(session, running.base, keys)
        key = (await client.call("POST", "/fapi/v1/listenKey"))["listenKey"]
        async with session.ws_connect(f"{running.base}/private/ws?listenKey={key}") as stream:
            neighbour, stop = Neighbour(client, stream), asyncio.Event()
            trading = asyncio.create_task(neighbour.trade(stop))
            hearing = asyncio.create_task(neighbour.hear())
            try:
                yield session
            finally:
                stop.set()
                await trading
                while len(neighbour.told) < len(neighbour.placed):  # noqa: ASYNC110 - bounded by the timeout
                    await asyncio.sleep(0.01)
                hearing.cancel()
            assert neighbour.told == neighbour.placed


def _raw(running: Running, sent: bytes) -> tuple[int, dict[str, object]]:
    """Status and JSON that bare bytes on the wire get."""
    where = urlsplit(running.base)
    with sockets.create_connection((where.hostname or "", where.port or 0), timeout=90) as wire:
        wire.sendall(sent)
        got = b""
        while chunk := wire.recv(65_536):
            got += chunk
    head, _, body = got.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


GET = b"GET /fapi/v1/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
RAW = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 64 + b"\r\n\r\n",
    "a line without end": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
    "one huge header": GET + b"X: " + b"a" * 70_000 + b"\r\n\r\n",
    "a thousand headers": GET + b"".join(b"X-%d: a\r\n" % number for number in range(1_000)) + b"\r\n",
    "bad UTF-8 in the path": b"GET /fapi/v1/depth?symbol=\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "bad length": b"POST /fapi/v1/order HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "two lengths": b"POST /fapi/v1/order HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
}


@pytest.mark.parametrize("name", list(RAW))
async def test_what_is_no_request_gets_a_code(shared_exchange: Running, name: str) -> None:
    async with undisturbed(shared_exchange, "raw"):
        status, answer = await asyncio.to_thread(_raw, shared_exchange, RAW[name])
        assert 400 <= status < 500
        assert int(str(answer["code"])) < 0


async def _refusal(client: BareClient, path: str, **fields: str) -> int:
    """The code that a signed request is refused with."""
    method = "GET" if path.endswith(("Trades", "Orders", "income", "klines")) else "POST"
    with pytest.raises(RefusedError) as caught:
        await client.call(method, path, **fields)
    assert caught.value.status < 500
    return caught.value.code


HUGE = ["9" * 31, "1e30", "1" + "0" * 20, "99999999999999999999.999", "1e-30", "-1e30", "9" * 5_000]
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}


@pytest.mark.parametrize("number", [*HUGE, "NaN", "Infinity", "0x10", "１２", "1_000", " 1"])
async def test_absurd_numbers_get_a_code(shared_exchange: Running, number: str) -> None:
    keys = shared_exchange.open_account("absurd")
    async with aiohttp.ClientSession() as session:
        client = BareClient(session, shared_exchange.base, keys)
        order = "/fapi/v1/order"
        assert await _refusal(client, order, **ORDER, quantity=number, price="60000") < 0
        assert await _refusal(client, order, **ORDER, quantity="0.01", price=number) < 0
        stop = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET"}
        assert await _refusal(client, "/fapi/v1/algoOrder", **stop, quantity="1", triggerPrice=number) < 0
        assert await _refusal(client, "/fapi/v1/leverage", symbol="BTCUSDT", leverage=number) < 0


@pytest.mark.parametrize("number", ["9" * 31, str(2**63), str(-(2**63) - 1), "1.5", "x"])
async def test_absurd_times_and_ids_get_a_code(shared_exchange: Running, number: str) -> None:
    keys = shared_exchange.open_account("absurd")
    async with aiohttp.ClientSession() as session:
        client = BareClient(session, shared_exchange.base, keys)
        for path, name in (
            ("/fapi/v1/userTrades", "startTime"),
            ("/fapi/v1/userTrades", "fromId"),
            ("/fapi/v1/allOrders", "orderId"),
            ("/fapi/v1/income", "endTime"),
            ("/fapi/v1/income", "limit"),
        ):
            assert await _refusal(client, path, symbol="BTCUSDT", **{name: number}) < 0
        async with session.get(
            f"{shared_exchange.base}/fapi/v1/klines?symbol=BTCUSDT&interval=1m&startTime={number}"
        ) as answer:
            assert (answer.status, (await answer.json())["code"] < 0) == (400, True)


async def test_bodies_that_are_too_large_or_not_text_get_a_code(shared_exchange: Running) -> None:
    key, _ = shared_exchange.open_account("large")
    url, headers = f"{shared_exchange.base}/fapi/v1/order", {"X-MBX-APIKEY": key}
    async with undisturbed(shared_exchange, "body") as session:
        async with session.post(url, data=b"a" * (LARGEST_BODY + 1), headers=headers) as answer:
            assert (answer.status, (await answer.json())["code"]) == (413, -1136)
        for body, code in ((b"\xff\xfe=1", -1100), (b"a=" + b"&b" * 200, -1100), (b"{}", -1102)):
            async with session.post(url, data=body, headers=headers) as answer:
                assert (answer.status, (await answer.json())["code"]) == (400, code)
        bomb = headers | {"Content-Encoding": "gzip"}
        async with session.post(url, data=b"\x1f\x8b" + b"a" * 100, headers=bomb) as answer:
            assert (answer.status, (await answer.json())["code"] < 0) == (400, True)


async def test_wrong_signatures_in_number_change_nothing_for_others(shared_exchange: Running) -> None:
    key, _ = shared_exchange.open_account("forged")
    async with undisturbed(shared_exchange, "forged") as session:
        forger = BareClient(session, shared_exchange.base, (key, "not the secret"))
        for _ in range(200):
            with pytest.raises(RefusedError) as caught:
                await forger.market("BUY", "1")
            assert caught.value.code == -1022


async def test_a_thousand_subscriptions_are_served_and_one_more_than_the_most_is_refused(
    shared_exchange: Running,
) -> None:
    names = [f"btcusdt@nothing{number}" for number in range(MOST_STREAMS - 1)]
    async with (
        undisturbed(shared_exchange, "streams") as session,
        session.ws_connect(f"{shared_exchange.base}/market/ws/1") as socket,
    ):
        await socket.send_json({"method": "SUBSCRIBE", "params": names, "id": 1})
        assert await socket.receive_json() == {"result": None, "id": 1}
        await socket.send_json({"method": "SUBSCRIBE", "params": ["a@b", "c@d"], "id": 2})
        assert (await socket.receive_json())["error"]["code"] == 2
        await socket.send_json({"method": "SUBSCRIBE", "params": ["a@b"], "id": 3})
        assert await socket.receive_json() == {"result": None, "id": 3}
        await socket.send_json({"method": "SUBSCRIBE", "params": ["x" * 65], "id": 4})
        assert (await socket.receive_json())["error"]["code"] == 2
        await socket.send_json({"method": "UNSUBSCRIBE", "params": names, "id": 5})
        assert await socket.receive_json() == {"result": None, "id": 5}


async def test_socket_that_says_too_much_is_closed(shared_exchange: Running) -> None:
    async with undisturbed(shared_exchange, "talk") as session:
        async with session.ws_connect(f"{shared_exchange.base}/market/ws/1") as socket:
            for _ in range(10 * MESSAGES_AT_ONCE):
                if socket.closed:
                    break
                await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 1})
            while (message := await socket.receive()).type not in CLOSED:
                pass
            assert socket.close_code == 1008, message
        async with session.ws_connect(f"{shared_exchange.base}/market/ws/1") as socket:
            await socket.send_str("[" * (LONGEST_MESSAGE + 1))
            assert (await socket.receive()).type in CLOSED
            assert socket.close_code == 1009
        async with session.ws_connect(f"{shared_exchange.base}/market/ws/1") as socket:
            await socket.send_str("[" * 10_000)
            assert (await socket.receive_json())["error"]["code"] == 3
            await socket.send_bytes(b"\xff\xfe")
            await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 1})
            assert await socket.receive_json() == {"result": [], "id": 1}


async def test_reader_that_does_not_read_is_cut_off(own_exchange: Running) -> None:
    """A socket that subscribes to everything and never reads."""
    own_exchange.start()
    symbols = [str(name).lower() for name in own_exchange.admin("status")["symbols"]]  # type: ignore[attr-defined]
    streams = [
        f"{name}@{kind}" for name in symbols for kind in ("trade", "aggTrade", "bookTicker", "kline_1m")
    ]
    where = urlsplit(own_exchange.base)
    wire = sockets.socket()
    wire.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
    wire.connect((where.hostname, where.port))
    wire.settimeout(240)
    async with undisturbed(own_exchange, "slow"):
        path = "/stream?streams=" + "/".join(streams)
        wire.sendall(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        assert b"101" in await asyncio.to_thread(wire.recv, 64)
        while await asyncio.to_thread(_listeners, own_exchange) > 1:
            own_exchange.admin("feed", steps=500)
    wire.close()


def _listeners(running: Running) -> int:
    return int(str(running.admin("status")["sockets"]))


async def test_operators_routes_stay_on_loopback(own_exchange: Running) -> None:
    """Listening everywhere serves the dialect everywhere and the operator's routes to this machine only."""
    addresses = (one for group in psutil.net_if_addrs().values() for one in group)
    beyond = [one.address for one in addresses if one.family is sockets.AF_INET and one.address[:4] != "127."]
    if not beyond:
        pytest.skip("this machine has no address besides loopback")
    mine = beyond[0]
    own_exchange.arguments += ["--host", "0.0.0.0"]  # noqa: S104 - what is tested
    own_exchange.start()
    port = urlsplit(own_exchange.base).port
    token = {"X-Sim-Token": TOKEN}
    async with httpx.AsyncClient(trust_env=False, timeout=120, verify=PLAIN) as client:
        assert (await client.get(f"http://{mine}:{port}/fapi/v1/ping")).json() == {}
        assert (await client.get(f"http://127.0.0.1:{port}/sim/status", headers=token)).status_code == 200
        for method, path in (("GET", "status"), ("POST", "accounts"), ("POST", "fault"), ("DELETE", "fault")):
            for forged in ({}, {"X-Forwarded-For": "127.0.0.1", "Host": "127.0.0.1"}):
                url = f"http://{mine}:{port}/sim/{path}"
                refused = await client.request(method, url, headers=token | forged)
                assert (refused.status_code, refused.json()["code"]) == (401, -9001)


async def test_port_that_is_taken_ends_with_one_clear_line(own_exchange: Running) -> None:
    with sockets.create_server(("127.0.0.1", 0)) as taken:
        own_exchange.arguments += ["--port", str(taken.getsockname()[1])]
        with pytest.raises(AssertionError, match=r"cannot start.*address already in use"):
            own_exchange.start()
    own_exchange.process = None
