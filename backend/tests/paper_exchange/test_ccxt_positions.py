"""Unmodified ccxt on positions: hedge mode, isolated margin, leverage brackets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import ccxt
import ccxt.pro
import pytest

from tests.paper_exchange.running import SYMBOL, Running, connect
from tests.paper_exchange.test_ccxt_session import PATIENCE_SECONDS, listening


@pytest.fixture
async def client(
    shared_exchange: Running, request: pytest.FixtureRequest
) -> AsyncIterator[ccxt.pro.binanceusdm]:
    made = connect(shared_exchange.base, *shared_exchange.open_account(request.node.name))
    try:
        await made.load_markets()
        yield made
    finally:
        await made.close()


async def _hedge(client: ccxt.pro.binanceusdm) -> None:
    """Long 0.02 and short 0.01 BTC at leverage 10."""
    await client.set_position_mode(True, SYMBOL)
    await client.set_leverage(10, SYMBOL)
    await client.create_order(SYMBOL, "market", "buy", 0.02, None, {"positionSide": "LONG"})
    await client.create_order(SYMBOL, "market", "sell", 0.01, None, {"positionSide": "SHORT"})


async def test_hedged_positions_are_closed_each_by_itself(client: ccxt.pro.binanceusdm) -> None:
    assert (await client.fetch_position_mode(SYMBOL))["hedged"] is False
    await _hedge(client)
    assert (await client.fetch_position_mode(SYMBOL))["hedged"] is True
    held = {one["side"]: one for one in await client.fetch_positions([SYMBOL])}
    assert {side: one["contracts"] for side, one in held.items()} == {"long": 0.02, "short": 0.01}
    assert all(one["marginMode"] == "cross" and one["hedged"] for one in held.values())
    with pytest.raises(ccxt.InvalidOrder):
        await client.create_order(SYMBOL, "market", "buy", 0.02, None, {"positionSide": "SHORT"})
    await client.create_order(SYMBOL, "market", "buy", 0.01, None, {"positionSide": "SHORT"})
    await client.create_order(SYMBOL, "market", "sell", 0.02, None, {"positionSide": "LONG"})
    assert await client.fetch_positions([SYMBOL]) == []
    await client.set_position_mode(False, SYMBOL)


async def test_isolated_margin_is_added_and_taken_out(client: ccxt.pro.binanceusdm) -> None:
    await client.set_margin_mode("isolated", SYMBOL)
    await client.set_leverage(10, SYMBOL)
    await client.create_order(SYMBOL, "market", "buy", 0.02)
    (before,) = await client.fetch_positions([SYMBOL])
    assert before["marginMode"] == "isolated"
    assert (await client.add_margin(SYMBOL, 50))["type"] == "add"
    assert (await client.reduce_margin(SYMBOL, 20))["type"] == "reduce"
    (after,) = await client.fetch_positions([SYMBOL])
    wallets = [float(one["info"]["isolatedWallet"]) for one in (before, after)]
    assert wallets[1] - wallets[0] == pytest.approx(30, abs=1e-7)
    assert after["liquidationPrice"] < before["liquidationPrice"]
    history = await client.fetch_margin_adjustment_history(SYMBOL)
    assert [(one["type"], one["amount"]) for one in history[-2:]] == [("add", 50.0), ("reduce", 20.0)]
    with pytest.raises(ccxt.InsufficientFunds):
        await client.add_margin(SYMBOL, 1_000_000)
    with pytest.raises(ccxt.ExchangeError, match="-4161"):
        await client.set_leverage(9, SYMBOL)


async def test_the_stream_tells_the_sides_of_a_hedge_apart(client: ccxt.pro.binanceusdm) -> None:
    await client.set_position_mode(True, SYMBOL)
    await client.set_margin_mode("isolated", SYMBOL)
    seen: dict[str, float] = {}

    async def watch() -> None:
        while seen != {"long": 0.02, "short": 0.01}:
            for one in await client.watch_positions([SYMBOL]):
                assert one["marginMode"] == "isolated"
                seen[one["side"]] = one["contracts"]

    async with asyncio.timeout(PATIENCE_SECONDS):
        await client.authenticate()
        watching = asyncio.create_task(watch())
        while not listening(client):  # noqa: ASYNC110 - ccxt has no event for it
            await asyncio.sleep(0.01)
        await client.create_order(SYMBOL, "market", "buy", 0.02, None, {"positionSide": "LONG"})
        await client.create_order(SYMBOL, "market", "sell", 0.01, None, {"positionSide": "SHORT"})
        await watching


async def test_margin_modes_leverages_and_tiers(client: ccxt.pro.binanceusdm) -> None:
    await client.set_margin_mode("isolated", SYMBOL)
    await client.set_leverage(7, SYMBOL)
    leverage = (await client.fetch_leverages([SYMBOL]))[SYMBOL]
    assert (leverage["marginMode"], leverage["longLeverage"]) == ("isolated", 7)
    assert (await client.fetch_margin_mode(SYMBOL))["marginMode"] == "isolated"
    tiers = await client.fetch_market_leverage_tiers(SYMBOL)
    assert [tier["maxLeverage"] for tier in tiers] == [125, 100, 75, 50, 25, 10]
    assert await client.fetch_my_liquidations(SYMBOL) == []
    with pytest.raises(ccxt.OperationRejected):
        await client.set_position_mode(False, SYMBOL)
