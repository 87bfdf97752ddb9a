"""Every fault knob: what the client is told, what the venue did, and what the counters say of it."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import ccxt
import ccxt.pro
import httpx
import pytest

from tests.paper_exchange.running import SYMBOL, TOKEN, Running, connect
from tests.plain_http import PLAIN

GONE = {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSE}
ORDER = {"path": "/fapi/v1/order", "method": "POST"}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A venue whose faults nobody else suffers from; its market stands still."""
    running = Running(tmp_path_factory.mktemp("faulty") / "journal.sqlite")
    running.start()
    running.admin("feed", paused=True)
    yield running
    assert running.stop() == 0


def _control(running: Running, method: str, path: str = "fault", **fields: object) -> dict[str, object]:
    answer = httpx.request(
        method,
        f"{running.base}/sim/{path}",
        json=fields or None,
        headers={"X-Sim-Token": TOKEN},
        timeout=60,
        verify=PLAIN,
    )
    answer.raise_for_status()
    found = answer.json()
    assert isinstance(found, dict)
    return found


def _ask(running: Running, path: str) -> httpx.Response:
    return httpx.get(running.base + path, timeout=60, verify=PLAIN)


def _fired(running: Running) -> dict[str, int]:
    found = _control(running, "GET")["fired"]
    assert isinstance(found, dict)
    return found


@dataclass
class Desk:
    """A ccxt client of an account of its own, and a price at which nothing fills."""

    running: Running
    client: ccxt.pro.binanceusdm
    account: str
    price: str
    number: int = 0

    async def place(self) -> str:
        """Send one resting order; its client id."""
        self.number += 1
        params = {"clientOrderId": self.name}
        await self.client.create_order(SYMBOL, "limit", "buy", 0.01, self.price, params)
        return self.name

    @property
    def name(self) -> str:
        return f"{self.account}-{self.number}"

    async def exists(self) -> bool:
        """Whether the order sent last is there."""
        try:
            await self.client.fetch_order(None, SYMBOL, {"clientOrderId": self.name})
        except ccxt.OrderNotFound:
            return False
        return True

    async def until_it_exists(self) -> None:
        async with asyncio.timeout(90):
            while not await self.exists():  # noqa: ASYNC110 - nothing announces it, as for a real client
                await asyncio.sleep(0.02)

    async def until_late(self, accepted: int, refused: int) -> None:
        """Until so many late requests have been carried out."""
        async with asyncio.timeout(90):
            while True:
                fired = _fired(self.running)
                found = fired.get("late_accepted", 0), fired.get("late_refused", 0)
                if sum(found) == accepted + refused:
                    break
                await asyncio.sleep(0.02)
        assert found == (accepted, refused)

    def arm(self, mode: str, **more: object) -> None:
        _control(self.running, "DELETE")
        _control(self.running, "POST", rules=[ORDER | {"mode": mode} | more])


@pytest.fixture
async def desk(faulty: Running, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    account = f"desk{zlib.crc32(request.node.name.encode())}"
    client = connect(faulty.base, *faulty.open_account(account))
    client.timeout = 1_000
    await client.load_markets()
    price = client.price_to_precision(SYMBOL, (await client.fetch_ticker(SYMBOL))["last"] * 0.96)
    yield Desk(faulty, client, account, price)
    _control(faulty, "DELETE")
    await client.close()


@pytest.mark.parametrize(
    ("mode", "raised", "executed"),
    [
        ("429", ccxt.DDoSProtection, False),
        ("418", ccxt.DDoSProtection, False),
        ("503", ccxt.OperationFailed, False),
        ("503unknown", ccxt.OperationFailed, False),
        ("503exec", ccxt.OperationFailed, True),
        ("1008", ccxt.OperationFailed, False),
        ("1007", ccxt.RequestTimeout, False),
        ("1007exec", ccxt.RequestTimeout, True),
        ("timeout", ccxt.RequestTimeout, False),
        ("timeout_exec", ccxt.RequestTimeout, True),
        ("reset", ccxt.ExchangeNotAvailable, False),
        ("reset_exec", ccxt.ExchangeNotAvailable, True),
        ("502exec", ccxt.ExchangeNotAvailable, True),
        ("code:-2019", ccxt.InsufficientFunds, False),
    ],
)
async def test_order_meets_a_fault(desk: Desk, mode: str, raised: type[Exception], executed: bool) -> None:
    desk.arm(mode)
    with pytest.raises(raised):
        await desk.place()
    assert await desk.exists() is executed
    assert _fired(desk.running) == {mode.partition(":")[0]: 1}
    await desk.place()
    assert await desk.exists()


async def test_both_texts_of_503_and_the_wait_of_429_and_418(desk: Desk) -> None:
    texts = {}
    for mode in ("503", "503unknown", "429", "418"):
        desk.arm(mode, path="/fapi/v1/ping", method="GET")
        answer = _ask(desk.running, "/fapi/v1/ping")
        texts[mode] = (answer.status_code, answer.json()["code"], answer.json()["msg"].partition(".")[0])
        assert ("Retry-After" in answer.headers) is (mode in {"429", "418"})
    assert texts["503"] == (503, -1000, "Service Unavailable")
    assert texts["503unknown"] == (503, -1000, "Unknown error, please check your request or try again later")
    assert [texts[mode][:2] for mode in ("429", "418")] == [(429, -1003), (418, -1003)]


@pytest.mark.parametrize(
    ("mode", "raised"), [("late", ccxt.RequestTimeout), ("late_reset", ccxt.NetworkError)]
)
async def test_order_accepted_late_is_absent_first_and_there_afterwards(
    desk: Desk, mode: str, raised: type[Exception]
) -> None:
    desk.arm(mode, delay_ms=400)
    with pytest.raises(raised):
        await desk.place()
    assert not await desk.exists()
    await desk.until_late(accepted=1, refused=0)
    assert await desk.exists()


async def test_order_that_would_be_accepted_after_its_window_is_not(desk: Desk) -> None:
    """The venue looks at the timestamp when it acts, so a signed deadline holds against a slow network."""
    desk.arm("late", delay_ms=300)
    desk.client.options["recvWindow"] = 100
    with pytest.raises(ccxt.RequestTimeout):
        await desk.place()
    desk.client.options["recvWindow"] = 5_000
    await desk.until_late(accepted=0, refused=1)
    assert not await desk.exists()


async def test_lagging_reads_tell_of_the_past(desk: Desk) -> None:
    await desk.place()
    stale = {"path": "/fapi/", "method": "GET", "mode": "stale", "delay_ms": 600_000, "count": None}
    _control(desk.running, "POST", rules=[stale])
    await desk.client.create_order(SYMBOL, "market", "buy", 0.01)
    await desk.client.cancel_order(None, SYMBOL, {"clientOrderId": desk.name})
    old = await desk.client.fetch_order(None, SYMBOL, {"clientOrderId": desk.name})
    assert old["status"] == "open"
    assert [one["clientOrderId"] for one in await desk.client.fetch_open_orders(SYMBOL)] == [desk.name]
    assert await desk.client.fetch_positions([SYMBOL]) == []
    assert await desk.client.fetch_my_trades(SYMBOL) == []
    assert (await desk.client.fetch_balance())["USDT"]["total"] == 10_000
    last = desk.name
    await desk.place()
    assert not await desk.exists()
    _control(desk.running, "POST", rules=[])
    assert await desk.exists()
    assert (await desk.client.fetch_order(None, SYMBOL, {"clientOrderId": last}))["status"] == "canceled"
    assert len(await desk.client.fetch_my_trades(SYMBOL)) == 1


async def test_read_lag_ends_when_its_time_is_over(desk: Desk) -> None:
    stale = {"path": "/fapi/v1/order", "method": "GET", "mode": "stale", "delay_ms": 300, "count": None}
    _control(desk.running, "POST", rules=[stale])
    await desk.place()
    assert not await desk.exists()
    await desk.until_it_exists()


async def test_latency_holds_requests_up_and_other_rules_still_apply(desk: Desk) -> None:
    slow = ORDER | {"mode": "latency", "delay_ms": 1_500, "jitter_ms": 10, "count": 2}
    _control(desk.running, "POST", latency_ms=1, jitter_ms=1, rules=[slow, ORDER | {"mode": "503"}])
    with pytest.raises(ccxt.RequestTimeout):
        await desk.place()
    desk.client.timeout = 10_000
    await desk.place()
    assert _fired(desk.running) == {"latency": 2, "503": 1}


async def test_rule_fires_by_skip_count_chance_and_account_the_same_way_each_time(desk: Desk) -> None:
    rule = {"path": "/fapi/v1/ping", "mode": "503", "count": None, "chance": 0.3}

    def pattern() -> list[int]:
        _control(desk.running, "POST", seed=5, rules=[rule])
        return [_ask(desk.running, "/fapi/v1/ping").status_code for _ in range(20)]

    first = pattern()
    assert first == pattern()
    assert 1 <= first.count(503) <= 15
    skipping = ORDER | {"mode": "503", "skip": 1, "count": 1, "account": desk.account}
    other = ORDER | {"mode": "503", "account": "somebody-else", "count": None}
    _control(desk.running, "POST", rules=[other, skipping])
    await desk.place()
    with pytest.raises(ccxt.OperationFailed):
        await desk.place()
    await desk.place()
    listed = _control(desk.running, "GET")["rules"]
    assert isinstance(listed, list)
    assert [(one["matched"], one["fired"]) for one in listed] == [(0, 0), (2, 1)]


async def test_clock_offset_moves_server_time_and_refuses_clients_that_ignore_it(desk: Desk) -> None:
    _control(desk.running, "POST", clock_offset_ms=-20_000)
    with pytest.raises(ccxt.InvalidNonce):
        await desk.place()
    await desk.client.load_time_difference()
    desk.client.options["adjustForTimeDifference"] = True
    await desk.place()
    _control(desk.running, "POST")
    assert abs(await desk.client.fetch_time() - desk.client.milliseconds()) < 5_000 + 20_000
    desk.client.options["timeDifference"] = 0
    assert await desk.exists()


async def test_maintenance_refuses_everything_and_says_so(desk: Desk) -> None:
    _control(desk.running, "POST", maintenance=True)
    assert _ask(desk.running, "/fapi/v1/time").json()["code"] == -1016
    assert (await desk.client.sapiGetSystemStatus())["status"] == 1
    with pytest.raises(ccxt.BaseError, match="-1016"):
        await desk.place()
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(f"{desk.running.base}/market/ws/1")
    _control(desk.running, "DELETE")
    assert not await desk.exists()
    assert (await desk.client.sapiGetSystemStatus())["status"] == 0


async def _events(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[tuple[str, str]]:
    """(event, execution or status) of the next messages."""
    found = []
    async with asyncio.timeout(90):
        for _ in range(count):
            message = json.loads(await socket.receive_str())
            found.append((message["e"], message.get("o", {}).get("x", "")))
    return found


async def test_frames_are_dropped_doubled_and_overtaken(desk: Desk) -> None:
    key = (await desk.client.fapiPrivatePostListenKey())["listenKey"]
    update = {"event": "ORDER_TRADE_UPDATE", "account": desk.account}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{desk.running.base}/private/ws?listenKey={key}") as socket,
    ):
        frames = [update | {"mode": mode} for mode in ("drop", "duplicate", "reorder")]
        _control(desk.running, "DELETE")
        _control(desk.running, "POST", frames=frames)
        await desk.place()  # NEW, dropped
        await desk.client.cancel_order(None, SYMBOL, {"clientOrderId": desk.name})  # twice
        assert await _events(socket, 2) == [("ORDER_TRADE_UPDATE", "CANCELED")] * 2
        await desk.place()  # NEW, after what follows
        await desk.client.cancel_order(None, SYMBOL, {"clientOrderId": desk.name})
        assert [one[1] for one in await _events(socket, 2)] == ["CANCELED", "NEW"]
        assert _fired(desk.running) == {"frame_drop": 1, "frame_duplicate": 1, "frame_reorder": 1}


async def test_last_frame_that_is_held_back_comes_in_the_end(desk: Desk) -> None:
    key = (await desk.client.fapiPrivatePostListenKey())["listenKey"]
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{desk.running.base}/private/ws?listenKey={key}") as socket,
    ):
        _control(desk.running, "POST", frames=[{"mode": "reorder", "account": desk.account}])
        await desk.place()
        assert await _events(socket, 1) == [("ORDER_TRADE_UPDATE", "NEW")]


async def test_listen_keys_expire_and_sockets_drop_when_told(desk: Desk) -> None:
    key = (await desk.client.fapiPrivatePostListenKey())["listenKey"]
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{desk.running.base}/private/ws?listenKey={key}") as socket,
    ):
        _control(desk.running, "POST", "fault/act", account=desk.account, expire_listen_keys=True)
        assert json.loads(await socket.receive_str(timeout=90))["e"] == "listenKeyExpired"
        with pytest.raises(ccxt.BaseError, match="-1125"):
            await desk.client.fapiPrivatePutListenKey()
        another = (await desk.client.fapiPrivatePostListenKey())["listenKey"]
        async with session.ws_connect(f"{desk.running.base}/private/ws?listenKey={another}") as heard:
            await desk.place()
            assert await _events(heard, 1) == [("ORDER_TRADE_UPDATE", "NEW")]
            # The socket of the expired key is open and has heard nothing of it.
            await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 1})
            assert json.loads(await socket.receive_str(timeout=90)) == {"result": [], "id": 1}
            _control(desk.running, "POST", "fault/act", account=desk.account, drop_sockets=True)
            message = await heard.receive(timeout=90)
            assert message.type in GONE
    fired = _fired(desk.running)
    assert (fired["expire_listen_keys"], fired["drop_sockets"]) == (1, 1)


async def test_drop_without_an_account_cuts_every_kind_of_socket(desk: Desk) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/market/ws/1", "/ws-fapi/v1"):
            async with session.ws_connect(desk.running.base + path) as socket:
                await socket.send_str("{}")
                await socket.receive_str(timeout=90)
                _control(desk.running, "DELETE")
                _control(desk.running, "POST", "fault/act", drop_sockets=True)
                message = await socket.receive(timeout=90)
                assert message.type in GONE
                assert _fired(desk.running)["drop_sockets"] == 1


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"rules": [{"path": "/", "mode": "explode"}]}, "rules.mode"),
        ({"rules": [{"mode": "503"}]}, "rules.path"),
        ({"rules": [{"path": "/", "mode": "503", "cuont": 1}]}, "rules.cuont"),
        ({"rules": [{"path": "/", "mode": "503", "count": 0}]}, "rules.count"),
        ({"rules": [{"path": "/", "mode": "503", "chance": 1.5}]}, "rules.chance"),
        ({"rules": "all"}, "rules"),
        ({"frames": [{"mode": "503"}]}, "frames.mode"),
        ({"latency_ms": -1}, "latency_ms"),
        ({"latency_ms": 600_001}, "latency_ms"),
        ({"maintenance": 1}, "maintenance"),
        ({"latncy_ms": 5}, "latncy_ms"),
    ],
)
def test_misspelt_fault_is_refused_and_changes_nothing(
    faulty: Running, fields: dict[str, object], named: str
) -> None:
    _control(faulty, "POST", latency_ms=7)
    before = _control(faulty, "GET")
    answer = httpx.post(f"{faulty.base}/sim/fault", json=fields, headers={"X-Sim-Token": TOKEN}, verify=PLAIN)
    assert (answer.status_code, answer.json()["code"]) == (400, -9004)
    assert f"'{named}'" in answer.json()["msg"]
    assert _control(faulty, "GET") == before


def test_faults_are_the_operators_alone(faulty: Running) -> None:
    for method in ("GET", "POST", "DELETE"):
        assert httpx.request(method, f"{faulty.base}/sim/fault", verify=PLAIN).status_code == 401
    assert httpx.post(f"{faulty.base}/sim/fault/act", verify=PLAIN).status_code == 401


def test_faults_are_forgotten_by_a_restart(tmp_path: Path) -> None:
    running = Running(tmp_path / "journal.sqlite")
    running.start()
    _control(running, "POST", rules=[{"path": "/", "mode": "503", "count": None}])
    assert running.stop() == 0
    running.start()
    assert _control(running, "GET")["rules"] == []
    assert running.stop() == 0
