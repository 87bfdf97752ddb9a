"""Following a venue: a second instance of our own stands for the real one."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import ccxt.pro
import httpx
import pytest

from tests.paper_exchange.running import BACKEND, SYMBOL, TOKEN, Running, connect

PATIENCE_SECONDS = 90.0
STALE_AFTER = "1.5"
STALE_CODE = "-4140"


@pytest.fixture
def followed(tmp_path: Path) -> Iterator[Running]:
    """The venue that is followed: to its follower it is the real one."""
    running = Running(tmp_path / "followed.sqlite")
    running.arguments += ["--seed", "11"]
    running.start()
    yield running
    if running.process is not None:
        running.stop(signal.SIGKILL)


@pytest.fixture
def follower(tmp_path: Path, followed: Running) -> Iterator[Running]:
    running = Running(tmp_path / "follower.sqlite")
    running.arguments = ["--feed", "live", "--live-url", followed.base, "--stale-after", STALE_AFTER]
    running.start()
    yield running
    if running.process is not None:
        running.stop()


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@asynccontextmanager
async def _client(running: Running, account: str) -> AsyncIterator[ccxt.pro.binanceusdm]:
    client = connect(running.base, *running.open_account(account))
    try:
        await client.load_markets()
        yield client
    finally:
        await client.close()


def _stale(running: Running) -> bool:
    return "BTCUSDT" in json.dumps(running.admin("status")["stale"])


async def test_followed_market_is_the_followers_market(followed: Running, follower: Running) -> None:
    _until(lambda: follower.admin("status")["stale"] == [])
    status = follower.admin("status")
    assert status["feed"] == "live"
    assert str(status["following"]).endswith(followed.base)
    async with _client(follower, "mirror") as here, _client(followed, "mirror") as there:
        # Held still, and once all was heard, both show the same last price and the same bars.
        followed.admin("feed", paused=True)
        _until(lambda: follower.admin("status")["silent_seconds"] != 0)
        wanted = (await there.fetch_ticker(SYMBOL))["last"]
        async with asyncio.timeout(PATIENCE_SECONDS):
            last = None
            while last != wanted:
                last = (await here.fetch_ticker(SYMBOL))["last"]
        theirs = await there.fetch_ohlcv(SYMBOL, "1m", limit=100)
        ours = await here.fetch_ohlcv(SYMBOL, "1m", limit=100)
        common = {row[0] for row in theirs[:-2]} & {row[0] for row in ours[:-2]}
        assert len(common) > 50
        assert [row for row in ours if row[0] in common] == [row for row in theirs if row[0] in common]


async def test_silence_is_told_refused_and_never_extended(followed: Running, follower: Running) -> None:
    async with _client(follower, "silent") as client, aiohttp.ClientSession() as session:
        bought = await client.create_order(SYMBOL, "market", "buy", 0.01)
        resting = await client.create_order(SYMBOL, "limit", "buy", 0.01, bought["average"] * 0.97)
        async with (
            session.ws_connect(f"{follower.base}/market/ws/1") as socket,
            asyncio.timeout(PATIENCE_SECONDS),
        ):
            await socket.send_json({"method": "SUBSCRIBE", "params": ["!feedStatus"], "id": 1})
            assert json.loads(await socket.receive_str()) == {"result": None, "id": 1}
            followed.admin("feed", paused=True)
            told = json.loads(await socket.receive_str())
            assert told["e"] == "feedStatus"
            while "BTCUSDT" not in told["stale"]:
                told = json.loads(await socket.receive_str())
            market_time = follower.admin("status")["market_time"]
            bars = await client.fetch_ohlcv(SYMBOL, "1m", limit=3)
            with pytest.raises(ccxt.ExchangeError, match=STALE_CODE):
                await client.create_order(SYMBOL, "market", "sell", 0.01, params={"reduceOnly": True})
            with pytest.raises(ccxt.ExchangeError, match=STALE_CODE):
                await client.create_order(SYMBOL, "limit", "buy", 0.01, bought["average"] * 0.97)
            # What protects may still be set, and what rests may still be taken back.
            stop = {"stopPrice": bought["average"] * 0.9, "reduceOnly": True}
            assert (await client.create_order(SYMBOL, "market", "sell", 0.01, params=stop))["id"]
            assert (await client.cancel_order(resting["id"], SYMBOL))["status"] == "canceled"
            assert follower.admin("status")["market_time"] == market_time
            assert await client.fetch_ohlcv(SYMBOL, "1m", limit=3) == bars
            followed.admin("feed", paused=False)
            while told["stale"]:
                told = json.loads(await socket.receive_str())
        sold = await client.create_order(SYMBOL, "market", "sell", 0.01, params={"reduceOnly": True})
        assert sold["status"] == "closed"


async def test_lost_connection_is_named_and_made_again(followed: Running, follower: Running) -> None:
    port = followed.base.rpartition(":")[2]
    followed.stop(signal.SIGKILL)
    _until(lambda: _stale(follower) and follower.admin("status")["trouble"] is not None)
    followed.restart_on(port)
    _until(lambda: not _stale(follower) and follower.admin("status")["trouble"] is None)


async def test_a_restarted_follower_fills_the_gap_from_the_followed_record(
    followed: Running, follower: Running
) -> None:
    async with _client(follower, "gap") as client:
        bought = await client.create_order(SYMBOL, "market", "buy", 0.01)
    before = int(str(follower.admin("status")["market_time"]))
    follower.stop(signal.SIGKILL)
    followed.admin("feed", steps=600)
    follower.start()
    async with _client(follower, "gap") as client, _client(followed, "gap") as there:
        assert int(str(follower.admin("status")["market_time"])) > before + 500_000
        theirs = {row[0]: row for row in await there.fetch_ohlcv(SYMBOL, "1m", limit=100)}
        ours = await client.fetch_ohlcv(SYMBOL, "1m", limit=100)
        missed = [row for row in ours if before < row[0] < before + 500_000]
        assert len(missed) >= 7
        assert missed == [theirs[row[0]] for row in missed]
        (position,) = await client.fetch_positions([SYMBOL])
        assert (position["contracts"], position["entryPrice"]) == (0.01, bought["average"])


def test_unreachable_venue_is_one_clear_sentence(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "paper_exchange",
        "--port",
        "0",
        "--journal",
        str(tmp_path / "journal.sqlite"),
    ]
    command += ["--feed", "live", "--live-url", "http://127.0.0.1:1"]
    ended = subprocess.run(
        command,
        cwd=BACKEND,
        env=os.environ | {"PAPER_ADMIN_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "cannot be followed" in ended.stderr
    assert "--feed synthetic" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_followed_market_cannot_be_paused_or_stepped(follower: Running) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        follower.admin("feed", paused=True)
