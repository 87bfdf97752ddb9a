"""Unmodified ccxt trades on the real process, from loading the markets to its streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import ccxt
import ccxt.pro
import pytest
import pytest_asyncio

from tests.paper_exchange.running import SYMBOL, Running, connect

PATIENCE_SECONDS = 90.0


@pytest_asyncio.fixture
async def client(
    shared_exchange: Running, request: pytest.FixtureRequest
) -> AsyncIterator[ccxt.pro.binanceusdm]:
    """ccxt for an account of the test's own, with 10,000 USDT."""
    key, secret = shared_exchange.open_account(request.node.name)
    exchange = connect(shared_exchange.base, key, secret)
    await exchange.load_markets()
    yield exchange
    await exchange.close()


async def test_markets_are_linear_perpetuals_with_their_precision(client: ccxt.pro.binanceusdm) -> None:
    market = client.market(SYMBOL)
    assert market["linear"]
    assert market["swap"]
    assert (market["precision"]["price"], market["precision"]["amount"]) == (0.1, 0.001)
    swaps = {symbol for symbol, one in client.markets.items() if one["swap"]}
    assert {f"{base}/USDT:USDT" for base in ("BTC", "ETH", "SOL", "XRP", "DOGE")} == swaps


async def test_a_whole_trade(client: ccxt.pro.binanceusdm) -> None:
    assert (await client.set_leverage(10, SYMBOL))["leverage"] == 10
    entry = await client.create_order(SYMBOL, "market", "buy", 0.01, None, {"clientOrderId": "entry"})
    assert (entry["status"], entry["filled"]) == ("closed", 0.01)
    position = (await client.fetch_positions([SYMBOL]))[0]
    assert (position["side"], position["contracts"]) == ("long", 0.01)
    balance = await client.fetch_balance()
    assert 0 < balance["USDT"]["free"] < balance["USDT"]["total"] < 10_000
    leave = await client.create_order(
        SYMBOL, "market", "sell", 0.01, None, {"reduceOnly": True, "clientOrderId": "leave"}
    )
    assert leave["status"] == "closed"
    trades = await client.fetch_my_trades(SYMBOL)
    assert sum(trade["amount"] for trade in trades) == pytest.approx(0.02)
    of_entry = await client.fetch_my_trades(SYMBOL, params={"orderId": entry["id"]})
    assert {trade["order"] for trade in of_entry} == {entry["id"]}
    ledger = await client.fetch_ledger("USDT")
    signed = sum(float(row["info"]["income"]) for row in ledger)
    assert signed == pytest.approx(float((await client.fetch_balance())["USDT"]["total"]), abs=1e-7)
    assert await client.fetch_positions([SYMBOL]) == []


async def test_stop_on_mark_is_found_by_its_client_id_and_cancelled(client: ccxt.pro.binanceusdm) -> None:
    entry = await client.create_order(SYMBOL, "market", "buy", 0.01)
    trigger = client.price_to_precision(SYMBOL, entry["average"] * 0.8)
    stop = await client.create_order(
        SYMBOL,
        "STOP_MARKET",
        "sell",
        0.01,
        None,
        {
            "triggerPrice": trigger,
            "reduceOnly": True,
            "workingType": "MARK_PRICE",
            "clientOrderId": "stop",
        },
    )
    assert stop["status"] == "open"
    found = await client.fetch_order(None, SYMBOL, {"clientOrderId": "stop", "trigger": True})
    assert (found["id"], found["reduceOnly"]) == (stop["id"], True)
    assert found["triggerPrice"] == float(trigger)
    listed = await client.fetch_open_orders(SYMBOL, params={"trigger": True})
    assert [one["clientOrderId"] for one in listed] == ["stop"]
    await client.cancel_order(stop["id"], SYMBOL, {"trigger": True})
    gone = await client.fetch_order(None, SYMBOL, {"clientOrderId": "stop", "trigger": True})
    assert gone["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_order(stop["id"], SYMBOL, {"trigger": True})


async def test_fired_stop_leads_to_its_order_and_fills(own_exchange: Running) -> None:
    own_exchange.start()
    key, secret = own_exchange.open_account("fired")
    client = connect(own_exchange.base, key, secret)
    try:
        await client.load_markets()
        own_exchange.admin("feed", paused=True)
        entry = await client.create_order(SYMBOL, "market", "buy", 0.01)
        trigger = client.price_to_precision(SYMBOL, entry["average"] * 0.97)
        params = {"triggerPrice": trigger, "reduceOnly": True, "clientOrderId": "stop"}
        await client.create_order(SYMBOL, "STOP_MARKET", "sell", 0.01, None, params)
        own_exchange.admin("feed", steps=75 * 60)  # past the scripted crash
        fired = await client.fetch_order(None, SYMBOL, {"clientOrderId": "stop", "trigger": True})
        assert fired["info"]["algoStatus"] == "FINISHED"
        number = fired["info"]["actualOrderId"]
        order = await client.fetch_order(number, SYMBOL)
        assert (order["status"], order["filled"], order["clientOrderId"]) == ("closed", 0.01, "stop")
        fills = await client.fetch_my_trades(SYMBOL, params={"orderId": number})
        assert sum(fill["amount"] for fill in fills) == pytest.approx(0.01)
        assert fills[0]["price"] <= float(trigger)
    finally:
        await client.close()


async def test_limit_order_is_found_by_its_client_id_and_cancelled(client: ccxt.pro.binanceusdm) -> None:
    price = client.price_to_precision(SYMBOL, (await client.fetch_ticker(SYMBOL))["last"] * 0.96)
    placed = await client.create_order(SYMBOL, "limit", "buy", 0.01, price, {"clientOrderId": "rest"})
    assert placed["status"] == "open"
    found = await client.fetch_order(None, SYMBOL, {"clientOrderId": "rest"})
    assert found["id"] == placed["id"]
    assert (await client.cancel_order(placed["id"], SYMBOL))["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_order(placed["id"], SYMBOL)
    with pytest.raises(ccxt.OrderNotFound):
        await client.fetch_order(None, SYMBOL, {"clientOrderId": "never"})


async def test_refusals_arrive_as_the_right_classes(client: ccxt.pro.binanceusdm) -> None:
    with pytest.raises(ccxt.InsufficientFunds):
        await client.create_order(SYMBOL, "market", "buy", 100)
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        await client.create_order(
            SYMBOL, "STOP_MARKET", "sell", 0.01, None, {"triggerPrice": 10_000_000, "reduceOnly": False}
        )
    with pytest.raises(ccxt.InvalidOrder):
        await client.create_order(SYMBOL, "market", "sell", 0.01, None, {"reduceOnly": True})
    client.secret = "wrong"
    with pytest.raises(ccxt.AuthenticationError):
        await client.fetch_balance()


async def test_candles_of_trades_and_of_mark(client: ccxt.pro.binanceusdm) -> None:
    minutes = await client.fetch_ohlcv(SYMBOL, "1m", limit=1_000)
    assert len(minutes) == 1_000
    assert all(later[0] - earlier[0] == 60_000 for earlier, later in pairwise(minutes))
    quarters = await client.fetch_ohlcv(SYMBOL, "15m", since=minutes[100][0], limit=5)
    assert len(quarters) == 5
    assert quarters[0][0] >= minutes[100][0]
    inside = [bar for bar in minutes if quarters[1][0] <= bar[0] < quarters[2][0]]
    assert quarters[1][1] == inside[0][1]
    assert quarters[1][2] == max(bar[2] for bar in inside)
    assert quarters[1][4] == inside[-1][4]
    assert quarters[1][5] == pytest.approx(sum(bar[5] for bar in inside))
    assert len(await client.fetch_mark_ohlcv(SYMBOL, "5m", limit=3)) == 3


async def test_public_streams(client: ccxt.pro.binanceusdm) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        marks = await client.watch_mark_prices()
        assert marks[next(iter(marks))]["markPrice"] > 0
        assert (await client.watch_mark_price(SYMBOL))["markPrice"] > 0
        assert (await client.watch_trades(SYMBOL))[0]["amount"] > 0
        assert (await client.watch_ticker(SYMBOL))["last"] > 0
        book = await client.watch_order_book(SYMBOL)
        assert book["bids"][0][0] < book["asks"][0][0]
        for _ in range(10):
            nonce = book["nonce"]
            book = await client.watch_order_book(SYMBOL)
            assert book["nonce"] >= nonce
        first = (await client.watch_ohlcv(SYMBOL, "1m"))[-1]
        assert first[0] % 60_000 == 0


def listening(client: ccxt.pro.binanceusdm) -> bool:
    """Whether the private stream is connected."""
    private = [one for url, one in client.clients.items() if "/private/" in url]
    return bool(private) and all(one.connected.done() for one in private)


async def test_user_streams(client: ccxt.pro.binanceusdm) -> None:
    orders: list[dict[str, object]] = []

    async def collect() -> None:
        while not orders or orders[-1]["status"] != "closed":
            orders.extend(await client.watch_orders(SYMBOL))

    async def first_position() -> dict[str, object]:
        """ccxt answers the first time with a snapshot, which is empty here."""
        while True:
            for position in await client.watch_positions([SYMBOL]):
                return dict(position)

    async with asyncio.timeout(PATIENCE_SECONDS):
        await client.authenticate()
        watching = [
            asyncio.create_task(collect()),
            asyncio.create_task(client.watch_my_trades(SYMBOL)),
            asyncio.create_task(first_position()),
            asyncio.create_task(client.watch_balance()),
        ]
        while not listening(client):  # noqa: ASYNC110 - ccxt has no event for it
            await asyncio.sleep(0.01)
        await client.create_order(SYMBOL, "market", "buy", 0.01, None, {"clientOrderId": "seen"})
        _, trades, position, balance = await asyncio.gather(*watching)
    assert orders[-1]["clientOrderId"] == "seen"
    assert orders[-1]["filled"] == 0.01
    assert trades[0]["amount"] > 0
    assert position["side"] == "long"
    assert balance["USDT"]["total"] < 10_000
