"""The dialect below the clients: signatures, clocks, limits, malformed requests, and faults on demand."""

from __future__ import annotations

import asyncio
import json
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import ccxt
import httpx
import pytest

from paper_exchange import clock
from paper_exchange.server.security import sign
from tests.paper_exchange.running import SYMBOL, TOKEN, Running, connect
from tests.plain_http import PLAIN

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}


class Caller:
    """Signs by hand, so that a test may get any part of it wrong."""

    def __init__(self, running: Running, account: str) -> None:
        self.key, self.secret = running.open_account(account)
        self.http = httpx.Client(base_url=running.base, timeout=60, verify=PLAIN)

    def query(self, **fields: object) -> str:
        return urllib.parse.urlencode({"timestamp": clock.wall_ms(), "recvWindow": 10_000} | fields)

    def send(self, method: str, path: str, query: str, signature: str | None = None) -> httpx.Response:
        signed = f"{query}&signature={signature or sign(self.secret, query)}"
        headers = {"X-MBX-APIKEY": self.key, "Content-Type": "application/x-www-form-urlencoded"}
        if method == "POST":
            return self.http.request(method, path, content=signed, headers=headers)
        return self.http.request(method, f"{path}?{signed}", headers=headers)

    def get(self, path: str, **fields: object) -> httpx.Response:
        return self.send("GET", path, self.query(**fields))

    def post(self, path: str, **fields: object) -> httpx.Response:
        return self.send("POST", path, self.query(**fields))


@pytest.fixture
def caller(shared_exchange: Running, request: pytest.FixtureRequest) -> Iterator[Caller]:
    made = Caller(shared_exchange, request.node.name)
    yield made
    made.http.close()


def _code(response: httpx.Response) -> tuple[int, int]:
    return response.status_code, response.json()["code"]


def test_signed_request_passes(caller: Caller) -> None:
    assert caller.get("/fapi/v3/balance").json()[0]["balance"] == "10000.00000000"


def test_signature_covers_the_raw_text(caller: Caller) -> None:
    # %7E and ~ are the same after decoding; only the text as sent has this signature.
    query = f"a=%7E&timestamp={clock.wall_ms()}"
    assert caller.send("GET", "/fapi/v3/balance", query).status_code == 200
    other = sign(caller.secret, query.replace("%7E", "~"))
    assert _code(caller.send("GET", "/fapi/v3/balance", query, other)) == (400, -1022)


CASES: list[tuple[str, tuple[int, int], Callable[[Caller], httpx.Response]]] = [
    ("no key", (401, -2014), lambda c: c.http.get("/fapi/v3/balance")),
    ("unknown key", (401, -2015), lambda c: c.http.get("/fapi/v3/balance", headers={"X-MBX-APIKEY": "x"})),
    ("no signature", (400, -1102), lambda c: c.http.get("/fapi/v3/balance", headers={"X-MBX-APIKEY": c.key})),
    ("wrong signature", (400, -1022), lambda c: c.send("GET", "/fapi/v3/balance", c.query(), "00")),
    ("odd signature", (400, -1022), lambda c: c.send("GET", "/fapi/v3/balance", c.query(), "%C3%A9")),
    ("no timestamp", (400, -1102), lambda c: c.send("GET", "/fapi/v3/balance", "recvWindow=5000")),
    ("late", (400, -1021), lambda c: c.get("/fapi/v3/balance", timestamp=clock.wall_ms() - 20_000)),
    ("early", (400, -1021), lambda c: c.get("/fapi/v3/balance", timestamp=clock.wall_ms() + 20_000)),
    ("timestamp in words", (400, -1100), lambda c: c.get("/fapi/v3/balance", timestamp="now")),
    ("window too wide", (400, -1130), lambda c: c.get("/fapi/v3/balance", recvWindow=60_001)),
    ("no such path", (404, -5000), lambda c: c.http.get("/fapi/v1/nothing")),
    ("wrong method", (404, -5000), lambda c: c.http.post("/fapi/v1/time")),
    ("no symbol", (400, -1102), lambda c: c.http.get("/fapi/v1/depth")),
    ("unknown symbol", (400, -1121), lambda c: c.http.get("/fapi/v1/depth?symbol=X")),
    ("unknown interval", (400, -1120), lambda c: c.http.get("/fapi/v1/klines?symbol=BTCUSDT&interval=7m")),
    ("limit of zero", (400, -1130), lambda c: c.http.get("/fapi/v1/trades?symbol=BTCUSDT&limit=0")),
    (
        "limit in words",
        (400, -1100),
        lambda c: c.http.get("/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=x"),
    ),
    ("bad utf-8", (400, -1100), lambda c: c.http.get("/fapi/v1/depth?symbol=%FF")),
    ("no side", (400, -1102), lambda c: c.post("/fapi/v1/order", symbol="BTCUSDT", type="MARKET")),
    ("quantity in words", (400, -1100), lambda c: c.post("/fapi/v1/order", **ORDER | {"quantity": "ten"})),
    ("quantity NaN", (400, -1100), lambda c: c.post("/fapi/v1/order", **ORDER | {"quantity": "NaN"})),
    ("huge exponent", (400, -1100), lambda c: c.post("/fapi/v1/order", **ORDER | {"quantity": "1e999999"})),
    ("flag in words", (400, -1100), lambda c: c.post("/fapi/v1/order", **ORDER | {"reduceOnly": "maybe"})),
    ("neither id", (400, -1102), lambda c: c.get("/fapi/v1/order", symbol="BTCUSDT")),
    ("unknown order", (400, -2013), lambda c: c.get("/fapi/v1/order", symbol="BTCUSDT", orderId=5)),
    ("unknown algo", (400, -2013), lambda c: c.get("/fapi/v1/algoOrder", clientAlgoId="none")),
    ("not conditional", (400, -1130), lambda c: c.post("/fapi/v1/algoOrder", algoType="TWAP", **ORDER)),
    (
        "leverage in words",
        (400, -1100),
        lambda c: c.post("/fapi/v1/leverage", symbol="BTCUSDT", leverage="x"),
    ),
    ("one-way again", (400, -4059), lambda c: c.post("/fapi/v1/positionSide/dual", dualSidePosition="false")),
    ("large body", (413, -1136), lambda c: c.http.post("/fapi/v1/order", content=b"x" * 70_000)),
    ("body not utf-8", (400, -1100), lambda c: c.http.post("/fapi/v1/order", content=b"\xff\xfe")),
    (
        "no listen key",
        (400, -1125),
        lambda c: c.http.put("/fapi/v1/listenKey", headers={"X-MBX-APIKEY": c.key}),
    ),
]


@pytest.mark.parametrize(("name", "expected", "act"), CASES, ids=[case[0] for case in CASES])
def test_malformed_request_gets_its_code(
    caller: Caller, name: str, expected: tuple[int, int], act: Callable[[Caller], httpx.Response]
) -> None:
    assert _code(act(caller)) == expected


def test_order_answer_counts_orders_and_weight(caller: Caller) -> None:
    answer = caller.post("/fapi/v1/order", **ORDER)
    assert answer.status_code == 200
    assert answer.headers["X-MBX-ORDER-COUNT-10S"] == "1"
    assert answer.headers["X-MBX-ORDER-COUNT-1M"] == "1"
    before = int(caller.http.get("/fapi/v1/time").headers["X-MBX-USED-WEIGHT-1M"])
    after = int(caller.get("/fapi/v3/account").headers["X-MBX-USED-WEIGHT-1M"])
    assert after - before in {5, 5 - before - 1}  # or a new minute has begun


def test_weight_limit_answers_429_then_418(own_exchange: Running) -> None:
    own_exchange.arguments += ["--weight-limit", "20"]
    own_exchange.start()
    with httpx.Client(base_url=own_exchange.base, timeout=60, verify=PLAIN) as http:
        statuses = [http.get("/fapi/v1/time").status_code for _ in range(150)]
        banned = http.get("/fapi/v1/time")
    assert statuses[:20] == [200] * 20
    assert 429 in statuses
    assert statuses[-1] == 418
    assert banned.json()["code"] == -1003
    assert int(banned.headers["Retry-After"]) > 0


def test_order_rate_limit_answers_429(caller: Caller) -> None:
    answers = [caller.post("/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="X") for _ in range(301)]
    assert _code(answers[299]) == (400, -1116)
    assert _code(answers[300]) == (429, -1015)
    # Ten seconds after the first of them, which was a moment ago.
    assert 1 <= int(answers[300].headers["Retry-After"]) <= 10


def test_numbers_are_text_without_exponents(caller: Caller) -> None:
    rows = caller.http.get("/fapi/v1/klines?symbol=DOGEUSDT&interval=1m&limit=2").json()
    assert all(isinstance(cell, str) and "e" not in cell.lower() for cell in rows[0][1:6])
    account = caller.get("/fapi/v3/account").json()
    assert account["totalUnrealizedProfit"] == "0.00000000"


def test_operator_needs_the_token(shared_exchange: Running) -> None:
    with httpx.Client(base_url=shared_exchange.base, timeout=60, verify=PLAIN) as http:
        for headers in ({}, {"X-Sim-Token": "wrong"}):
            answer = http.post("/sim/accounts", json={"account": "x"}, headers=headers)
            assert _code(answer) == (401, -9001)
            assert _code(http.get("/sim/status", headers=headers)) == (401, -9001)


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("accounts", b"{", (400, -9004)),
        ("accounts", b"[]", (400, -9004)),
        ("accounts", b"{}", (400, -9004)),
        ("accounts", b'{"account": 5}', (400, -9004)),
        ("deposit", b'{"account": "a", "amount": "0", "reference": "r"}', (400, -9003)),
        ("deposit", b'{"account": "a", "amount": "-5", "reference": "r"}', (400, -9003)),
        ("deposit", b'{"account": "a", "amount": "NaN", "reference": "r"}', (400, -9003)),
        ("deposit", b'{"account": "a", "amount": "1e400", "reference": "r"}', (400, -9003)),
        ("deposit", b'{"account": "a", "amount": 5, "reference": "r"}', (400, -9003)),
        ("deposit", b'{"account": "a", "amount": "0.000000001", "reference": "r"}', (400, -9003)),
        ("deposit", b'{"account": "nobody", "amount": "5", "reference": "r"}', (404, -9002)),
        ("feed", b'{"speed": 0}', (400, -9004)),
        ("feed", b'{"speed": "fast"}', (400, -9004)),
        ("feed", b'{"steps": -1}', (400, -9004)),
        ("feed", b'{"paused": 1}', (400, -9004)),
        ("contract", b'{"symbol": "NOUSDT", "max_market_quantity": "5"}', (400, -1121)),
        ("contract", b'{"symbol": "BTCUSDT"}', (400, -9003)),
        ("contract", b'{"symbol": "BTCUSDT", "max_market_quantity": "0"}', (400, -9003)),
        ("contract", b'{"symbol": "BTCUSDT", "max_market_quantity": "0.0005"}', (400, -9003)),
        ("contract", b'{"symbol": "BTCUSDT", "max_market_quantity": "1000.001"}', (400, -9003)),
        ("contract", b'{"symbol": "BTCUSDT", "tick_size": "0"}', (400, -9003)),
        ("contract", b'{"symbol": "BTCUSDT", "tick_size": "0.15"}', (400, -9003)),
        ("fault", b'{"rules": [{"path": "/x", "mode": "melt"}]}', (400, -9004)),
        ("fault", b'{"latency_ms": -1}', (400, -9004)),
    ],
)
def test_operator_gets_a_code_for_what_is_malformed(
    shared_exchange: Running, path: str, body: bytes, expected: tuple[int, int]
) -> None:
    answer = httpx.post(
        f"{shared_exchange.base}/sim/{path}", content=body, headers={"X-Sim-Token": TOKEN}, verify=PLAIN
    )
    assert _code(answer) == expected


def test_accounts_and_deposits_may_be_repeated(shared_exchange: Running) -> None:
    assert shared_exchange.admin("accounts", account="twice") == shared_exchange.admin(
        "accounts", account="twice"
    )
    for _ in range(2):
        answer = shared_exchange.admin("deposit", account="twice", amount="12.5", reference="twice-1")
        assert answer == {"wallet_balance": "12.50000000"}
    again = {"account": "twice", "amount": "13", "reference": "twice-1"}
    refused = httpx.post(
        f"{shared_exchange.base}/sim/deposit", json=again, headers={"X-Sim-Token": TOKEN}, verify=PLAIN
    )
    assert _code(refused) == (409, -9005)


async def test_faults_leave_what_was_executed_to_be_found(own_exchange: Running) -> None:
    own_exchange.start()
    key, secret = own_exchange.open_account("faulty")
    client = connect(own_exchange.base, key, secret)
    client.timeout = 1_000
    modes = {
        "503exec": (ccxt.OperationFailed, True),
        "reset_exec": (ccxt.ExchangeNotAvailable, True),
        "timeout_exec": (ccxt.RequestTimeout, True),
        "reset": (ccxt.ExchangeNotAvailable, False),
        "503": (ccxt.OperationFailed, False),
        "429": (ccxt.DDoSProtection, False),
    }
    try:
        await client.load_markets()
        price = client.price_to_precision(SYMBOL, (await client.fetch_ticker(SYMBOL))["last"] * 0.96)
        for mode, (raised, executed) in modes.items():
            rule = {"path": "/fapi/v1/order", "method": "POST", "mode": mode, "count": 1}
            own_exchange.admin("fault", rules=[rule])
            params = {"clientOrderId": f"f-{mode}"}
            with pytest.raises(raised):
                await client.create_order(SYMBOL, "limit", "buy", 0.01, price, params)
            if executed:
                assert (await client.fetch_order(None, SYMBOL, params))["status"] == "open"
            else:
                with pytest.raises(ccxt.OrderNotFound):
                    await client.fetch_order(None, SYMBOL, params)
    finally:
        await client.close()


async def test_websocket_answers_malformed_frames(shared_exchange: Running) -> None:
    frames = {
        "{": 3,
        "[]": 3,
        '{"method": "DANCE", "id": 1}': 2,
        '{"method": "SUBSCRIBE", "params": "x", "id": 2}': 2,
        '{"method": "SUBSCRIBE", "params": [5], "id": 3}': 2,
    }
    async with (
        asyncio.timeout(90),
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{shared_exchange.base}/market/ws/1") as socket,
    ):
        for frame, code in frames.items():
            await socket.send_str(frame)
            assert json.loads(await socket.receive_str())["error"]["code"] == code
        await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 9})
        assert json.loads(await socket.receive_str()) == {"result": [], "id": 9}


async def test_unknown_listen_key_is_closed(shared_exchange: Running) -> None:
    async with (
        asyncio.timeout(90),
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{shared_exchange.base}/private/ws?listenKey=none") as socket,
    ):
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


HOURS = 6
HOUR_MS = 3_600_000


def _candle_file(folder: Path, name: str, price: float) -> list[list[float]]:
    rows = []
    for hour in range(HOURS):
        open_ = price * (1 + hour / 100)
        rows.append([hour * HOUR_MS, open_, open_ * 1.02, open_ * 0.99, open_ * 1.01, 1_000 + hour])
    lines = [",".join([str(row[0]), *(f"{cell:.1f}" for cell in row[1:])]) for row in rows]
    header = "timestamp,open,high,low,close,volume"
    (folder / f"{name}_perp_1h_x.csv").write_text("\n".join([header, *lines, ""]))
    return [[int(row[0]), *(round(cell, 1) for cell in row[1:])] for row in rows]


async def test_replay_plays_the_file_to_its_end_and_goes_on_serving(
    own_exchange: Running, tmp_path: Path
) -> None:
    rows = _candle_file(tmp_path, "btcusdt", 60_000)
    _candle_file(tmp_path, "ethusdt", 3_000)
    own_exchange.arguments = ["--feed", "replay", "--replay-dir", str(tmp_path), "--history-bars", "2"]
    own_exchange.arguments += ["--speed", "1"]
    own_exchange.start()
    key, secret = own_exchange.open_account("replayed")
    client = connect(own_exchange.base, key, secret)
    try:
        await client.load_markets()
        status = own_exchange.admin("status")
        assert (status["feed"], status["finished"]) == ("replay", False)
        assert 0 <= float(str(status["progress"])) < 0.1
        closed: list[tuple[str, int]] = []
        async with (
            asyncio.timeout(90),
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{own_exchange.base}/market/ws/1") as socket,
        ):
            streams = ["btcusdt@kline_1h", "btcusdt@kline_2h"]
            await socket.send_json({"method": "SUBSCRIBE", "params": streams, "id": 1})
            await socket.receive_str()
            # Slow bars are played second by second; the one already begun is finished so.
            own_exchange.admin("feed", paused=True, speed=3_600, steps=4_000)
            while len(closed) < 6:
                message = json.loads(await socket.receive_str())
                if message.get("k", {}).get("x"):
                    closed.append((message["k"]["i"], message["k"]["t"] // HOUR_MS))
        assert closed == [
            ("1h", 2),
            ("1h", 3),
            ("2h", 2),
            ("1h", 4),
            ("1h", 5),
            ("2h", 4),
        ]
        assert await client.fetch_ohlcv(SYMBOL, "1h") == rows
        status = own_exchange.admin("status")
        assert (status["finished"], status["progress"]) == (True, 1.0)
        assert status["market_time"] == HOURS * HOUR_MS
        order = await client.create_order(SYMBOL, "market", "buy", 0.01)
        assert order["status"] == "closed"
    finally:
        await client.close()
    assert own_exchange.stop() == 0
    own_exchange.start()
    assert own_exchange.admin("status")["finished"]
