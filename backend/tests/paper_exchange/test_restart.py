"""kill -9 in the middle of traffic: whatever was acknowledged is there afterwards, and the books balance."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypedDict

import ccxt
import ccxt.pro

from tests.paper_exchange.killing import after_the_kill, busy, hire
from tests.paper_exchange.running import BACKEND, SYMBOL, Running, connect


@asynccontextmanager
async def _client(running: Running, account: str) -> AsyncIterator[ccxt.pro.binanceusdm]:
    keys = running.admin("accounts", account=account)
    client = connect(running.base, str(keys["api_key"]), str(keys["api_secret"]))
    try:
        await client.load_markets()
        yield client
    finally:
        await client.close()


Rows = list[dict[str, str]]


class Picture(TypedDict):
    """An account as the dialect tells it."""

    wallet: str
    positions: Rows
    open: Rows
    conditionals: Rows
    orders: Rows
    all_conditionals: Rows
    fills: Rows
    income: Rows
    leverage: Rows


async def _picture(running: Running, account: str) -> Picture:
    """Everything an account can ask about itself, as the dialect tells it."""
    async with _client(running, account) as client:
        return {
            "wallet": (await client.fapiPrivateV3GetAccount())["totalWalletBalance"],
            "positions": [
                {name: row[name] for name in ("symbol", "positionAmt", "entryPrice", "updateTime")}
                for row in await client.fapiPrivateV3GetPositionRisk()
            ],
            "open": await client.fapiPrivateGetOpenOrders(),
            "conditionals": await client.fapiPrivateGetOpenAlgoOrders(),
            "orders": await client.fapiPrivateGetAllOrders({"symbol": "BTCUSDT", "limit": 1_000}),
            "all_conditionals": await client.fapiPrivateGetAllAlgoOrders({"symbol": "BTCUSDT"}),
            "fills": await client.fapiPrivateGetUserTrades({"symbol": "BTCUSDT", "limit": 1_000}),
            "income": await client.fapiPrivateGetIncome({"limit": 1_000}),
            "leverage": await client.fapiPrivateGetSymbolConfig({"symbol": "BTCUSDT"}),
        }


async def test_everything_acknowledged_survives_kills_in_mid_traffic(own_exchange: Running) -> None:
    """The short form of `make soak NAME=paper_kill`."""
    own_exchange.arguments += ["--speed", "120"]
    traders = hire(4, seed=1)
    own_exchange.start()
    for kill in range(1, 4):
        own_exchange.admin("feed", paused=False)
        async with asyncio.timeout(240), busy(own_exchange, traders):
            while min(trader.acknowledged for trader in traders) < 40 * kill:  # noqa: ASYNC110 - plain counts
                await asyncio.sleep(0.01)
            own_exchange.stop(signal.SIGKILL)
        own_exchange.start()
        assert await after_the_kill(own_exchange, traders) == []
    assert all(trader.told_fills for trader in traders)


async def test_state_is_the_same_after_a_kill_as_before(own_exchange: Running) -> None:
    own_exchange.start()
    own_exchange.open_account("same")
    async with _client(own_exchange, "same") as client:
        await client.set_leverage(7, SYMBOL)
        entry = await client.create_order(SYMBOL, "market", "buy", 0.05, None, {"clientOrderId": "entry"})
        below = client.price_to_precision(SYMBOL, entry["average"] * 0.9)
        await client.create_order(
            SYMBOL,
            "STOP_MARKET",
            "sell",
            0.05,
            None,
            {"triggerPrice": below, "reduceOnly": True, "workingType": "MARK_PRICE", "clientOrderId": "stop"},
        )
        near = client.price_to_precision(SYMBOL, entry["average"] * 0.96)
        await client.create_order(SYMBOL, "limit", "buy", 0.01, near, {"clientOrderId": "rest"})
    own_exchange.admin("feed", paused=True)
    before = await _picture(own_exchange, "same")
    async with _client(own_exchange, "same") as client:
        candles = await client.fetch_ohlcv(SYMBOL, "1m", limit=500)
        ticker = await client.fapiPublicGetPremiumIndex()
    status = own_exchange.admin("status")
    own_exchange.stop(signal.SIGKILL)
    own_exchange.start()
    own_exchange.admin("feed", paused=True)
    later = own_exchange.admin("status")
    async with _client(own_exchange, "same") as client:
        again = await client.fetch_ohlcv(SYMBOL, "1m", limit=500)
        premium = await client.fapiPublicGetPremiumIndex()
    # The feed ran for the moment between the start and the pause.
    assert int(str(later["market_time"])) >= int(str(status["market_time"]))
    assert candles[1:-2] == [bar for bar in again if bar[0] in {one[0] for one in candles[1:-2]}]
    assert len(premium) == len(ticker)
    assert await _picture(own_exchange, "same") == before
    # The same deposit once more changes nothing, and keys are as they were.
    own_exchange.admin("deposit", account="same", amount="10000", reference="same-first")
    assert await _picture(own_exchange, "same") == before


async def test_restored_stop_still_fires(own_exchange: Running) -> None:
    own_exchange.start()
    own_exchange.open_account("stopped")
    own_exchange.admin("feed", paused=True)
    async with _client(own_exchange, "stopped") as client:
        entry = await client.create_order(SYMBOL, "market", "buy", 0.05)
        params = {"triggerPrice": entry["average"] * 0.97, "reduceOnly": True, "clientOrderId": "stop"}
        await client.create_order(SYMBOL, "STOP_MARKET", "sell", 0.05, None, params)
    own_exchange.stop(signal.SIGKILL)
    own_exchange.start()
    own_exchange.admin("feed", paused=True, steps=75 * 60)  # past the scripted crash
    async with _client(own_exchange, "stopped") as client:
        fired = await client.fetch_order(None, SYMBOL, {"clientOrderId": "stop", "trigger": True})
        assert fired["info"]["algoStatus"] == "FINISHED"
        assert await client.fetch_positions([SYMBOL]) == []


def test_journal_of_another_feed_is_refused(own_exchange: Running) -> None:
    own_exchange.start()
    assert own_exchange.stop() == 0
    assert _exit(own_exchange.journal, "--feed", "synthetic", "--seed", "5") == (
        2,
        "paper exchange cannot start: the journal holds a synthetic market of seed 1: "
        "start it with --feed synthetic --seed 1, or name another journal\n",
    )


def test_journal_is_held_by_one_process(own_exchange: Running) -> None:
    own_exchange.start()
    code, words = _exit(own_exchange.journal, "--feed", "synthetic")
    assert code == 2
    assert "is in use by another paper exchange" in words


def test_malformed_file_ends_with_code_two(tmp_path: Path) -> None:
    (tmp_path / "btcusdt_perp_1h_x.csv").write_text("timestamp,open,high,low,close,volume\n0,1,2,0,1,1\n")
    code, words = _exit(tmp_path / "j.sqlite", "--feed", "replay", "--replay-dir", str(tmp_path))
    assert code == 2
    assert "btcusdt_perp_1h_x.csv, row 2: every price must be above zero" in words
    assert len(words.splitlines()) == 1


def _exit(journal: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and error text of a start that must fail."""
    command = [sys.executable, "-m", "paper_exchange", "--port", "0", "--journal", str(journal), *arguments]
    found = subprocess.run(
        command,
        cwd=BACKEND,
        env={"PAPER_ADMIN_TOKEN": "t"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    return found.returncode, found.stderr
