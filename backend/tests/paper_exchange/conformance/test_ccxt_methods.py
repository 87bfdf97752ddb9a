"""Unmodified ccxt calls everything that it can do on a USD-M venue; each answer must be a full one.

What ccxt itself does not support for these markets (closing positions by one call, a position by its symbol, most
of the spot order socket) is not asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import ccxt.async_support
import ccxt.pro
import pytest
import pytest_asyncio

from tests.paper_exchange.running import Running, ccxt_options, connect

SYMBOL, OTHER = "BTC/USDT:USDT", "ETH/USDT:USDT"
BOTH = [SYMBOL, OTHER]
PATIENCE_SECONDS = 90.0
FAR_FUTURE_MS = 4_102_444_800_000
QUIET = {"warnOnFetchOpenOrdersWithoutSymbol": False}


class Caller:
    """Calls ccxt's methods by name; an empty answer is a failure unless the caller expects one."""

    def __init__(self, exchange: ccxt.async_support.binanceusdm) -> None:
        self.exchange = exchange
        self.last = 0.0

    async def __call__(self, name: str, *arguments: object, **parameters: object) -> Any:
        """The answer of that method."""
        answer = await self.may_be_empty(name, *arguments, **parameters)
        assert answer, f"{name} has nothing to say"
        return answer

    async def may_be_empty(self, name: str, *arguments: object, **parameters: object) -> Any:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await getattr(self.exchange, name)(*arguments, params=parameters)

    async def begin(self) -> None:
        await self.exchange.load_markets()
        self.last = (await self.exchange.fetch_ticker(SYMBOL))["last"]

    def price(self, factor: float) -> str:
        """The price at the beginning times `factor`, on the tick."""
        return str(self.exchange.price_to_precision(SYMBOL, self.last * factor))

    async def bid(self, quantity: float = 0.01, factor: float = 0.97, **parameters: object) -> Any:
        return await self("create_order", SYMBOL, "limit", "buy", quantity, self.price(factor), **parameters)


@pytest_asyncio.fixture
async def call(still_exchange: Running, request: pytest.FixtureRequest) -> AsyncIterator[Caller]:
    """`ccxt.async_support` for an account of the test's own."""
    keys = still_exchange.open_account(request.node.name)
    exchange = ccxt.async_support.binanceusdm(ccxt_options(still_exchange.base, *keys) | {"options": QUIET})
    caller = Caller(exchange)
    await caller.begin()
    yield caller
    await exchange.close()


@pytest_asyncio.fixture
async def live(still_exchange: Running, request: pytest.FixtureRequest) -> AsyncIterator[Caller]:
    """`ccxt.pro` for an account of the test's own, while the market moves."""
    exchange = connect(still_exchange.base, *still_exchange.open_account(request.node.name))
    socket = still_exchange.base.replace("http", "ws", 1) + "/ws-fapi/v1"
    exchange.urls["api"]["ws"]["ws-api"] = {"linear": socket}
    caller = Caller(exchange)
    await caller.begin()
    still_exchange.admin("feed", paused=False)
    yield caller
    still_exchange.admin("feed", paused=True)
    await exchange.close()


async def test_markets(call: Caller) -> None:
    for name in ("time", "status", "markets", "currencies", "tickers", "bids_asks", "last_prices"):
        await call(f"fetch_{name}")
    for name in ("mark_prices", "funding_rates", "funding_intervals"):
        await call(f"fetch_{name}")
    for name in ("ticker", "mark_price", "order_book", "l2_order_book", "trades", "ohlcv"):
        await call(f"fetch_{name}", SYMBOL)
    for name in ("mark_ohlcv", "index_ohlcv", "premium_index_ohlcv"):
        await call(f"fetch_{name}", SYMBOL)
    for name in ("funding_rate", "funding_interval", "open_interest", "open_interest_history"):
        await call(f"fetch_{name}", SYMBOL)
    await call.may_be_empty("fetch_funding_rate_history", SYMBOL)


async def test_account(call: Caller) -> None:
    assert (await call("set_position_mode", True, SYMBOL))["code"] == 200
    await call("set_position_mode", False, SYMBOL)
    await call("set_margin_mode", "isolated", SYMBOL)
    await call("set_leverage", 10, SYMBOL)
    await call("create_order", SYMBOL, "market", "buy", 0.05)
    for name in (
        "balance",
        "positions",
        "positions_risk",
        "account_positions",
        "leverages",
        "leverage_tiers",
    ):
        await call(f"fetch_{name}")
    for name in ("margin_modes", "position_mode", "trading_fees", "ledger"):
        await call(f"fetch_{name}")
    for name in ("leverage", "market_leverage_tiers", "margin_mode", "trading_fee", "my_trades"):
        await call(f"fetch_{name}", SYMBOL)
    await call("add_margin", SYMBOL, 10)
    await call("reduce_margin", SYMBOL, 5)
    assert len(await call("fetch_margin_adjustment_history", SYMBOL)) >= 2
    for name in ("my_liquidations", "funding_history", "deposits", "withdrawals", "transfers"):
        await call.may_be_empty(f"fetch_{name}")


async def test_an_orders_life(call: Caller) -> None:
    placed = await call.bid(clientOrderId="mine")
    for name in ("fetch_order", "fetch_open_order"):
        assert (await call(name, placed["id"], SYMBOL))["clientOrderId"] == "mine"
    edited = await call("edit_order", placed["id"], SYMBOL, "limit", "buy", 0.02, call.price(0.96))
    assert (edited["id"], edited["amount"]) == (placed["id"], 0.02)
    assert [order["id"] for order in await call("fetch_open_orders")] == [placed["id"]]
    assert (await call("cancel_order", placed["id"], SYMBOL))["status"] == "canceled"
    for name in ("orders", "canceled_orders", "canceled_and_closed_orders"):
        assert [order["id"] for order in await call(f"fetch_{name}", SYMBOL)] == [placed["id"]]


async def test_every_kind_of_order(call: Caller) -> None:
    await call("create_market_order", SYMBOL, "buy", 0.05)
    await call("create_post_only_order", SYMBOL, "limit", "buy", 0.01, call.price(0.97))
    await call("create_reduce_only_order", SYMBOL, "limit", "sell", 0.01, call.price(1.03))
    for time_in_force in ("IOC", "FOK"):
        assert (await call.bid(factor=1.01, timeInForce=time_in_force))["status"] == "closed"
    assert (await call.bid(timeInForce="GTD", goodTillDate=FAR_FUTURE_MS))["status"] == "open"
    await call("create_order", SYMBOL, "limit", "buy", 0.01, None, priceMatch="QUEUE")
    await call.may_be_empty("create_order", SYMBOL, "limit", "buy", 0.01, call.price(0.97), test=True)
    pair = [
        {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01, "price": call.price(factor)}
        for factor in (0.97, 0.96)
    ]
    placed = await call("create_orders", pair)
    change = pair[0] | {"id": placed[0]["id"], "amount": 0.02}
    assert (await call("edit_orders", [change]))[0]["amount"] == 0.02
    cancelled = await call("cancel_orders", [order["id"] for order in placed], SYMBOL)
    assert {order["status"] for order in cancelled} == {"canceled"}
    await call("cancel_all_orders", SYMBOL)
    assert await call.may_be_empty("fetch_open_orders", SYMBOL) == []
    assert {order["status"] for order in await call("fetch_closed_orders", SYMBOL)} == {"closed"}


async def test_every_kind_of_conditional(call: Caller) -> None:
    await call("create_market_order", SYMBOL, "buy", 0.05)
    below, above = call.price(0.97), call.price(1.03)
    leave = (SYMBOL, "market", "sell", 0.01, None)
    await call("create_trigger_order", *leave, below)
    await call("create_stop_loss_order", *leave, below)
    await call("create_take_profit_order", *leave, above)
    await call("create_stop_limit_order", SYMBOL, "sell", 0.01, below, call.price(0.975))
    await call("create_stop_market_order", SYMBOL, "sell", 0.01, below)
    await call(
        "create_order", SYMBOL, "STOP_MARKET", "sell", 0.01, None, triggerPrice=below, closePosition=True
    )
    trailing = await call("create_trailing_percent_order", *leave, 1.5)
    found = await call("fetch_open_orders", SYMBOL, trigger=True)
    assert len(found) == 7
    assert (await call("fetch_order", trailing["id"], SYMBOL, trigger=True))["status"] == "open"
    await call("cancel_order", trailing["id"], SYMBOL, trigger=True)
    await call("cancel_all_orders", SYMBOL, trigger=True)
    assert await call.may_be_empty("fetch_open_orders", SYMBOL, trigger=True) == []
    assert len(await call("fetch_orders", SYMBOL, trigger=True)) == 7


async def test_order_socket(live: Caller) -> None:
    placed = await live("create_order_ws", SYMBOL, "limit", "buy", 0.01, live.price(0.97))
    edited = await live("edit_order_ws", placed["id"], SYMBOL, "limit", "buy", 0.02, live.price(0.96))
    assert edited["amount"] == 0.02
    assert (await live("fetch_order_ws", placed["id"], SYMBOL))["status"] == "open"
    assert (await live("cancel_order_ws", placed["id"], SYMBOL))["status"] == "canceled"
    await live("create_order_ws", SYMBOL, "market", "buy", 0.01)
    stop = {"triggerPrice": live.price(0.9)}
    assert (await live("create_order_ws", SYMBOL, "STOP_MARKET", "sell", 0.01, None, **stop))["id"]
    assert (await live("fetch_balance_ws"))["USDT"]["total"] > 0
    assert [one["symbol"] for one in await live("fetch_positions_ws")] == [SYMBOL]
    for name in ("fetch_position_ws", "fetch_ticker_ws", "fetch_order_book_ws"):
        await live(name, SYMBOL)


async def test_market_streams(live: Caller) -> None:
    """Every public stream is watched, and given up again without hurting the others."""
    single = ("ticker", "trades", "order_book", "ohlcv", "mark_price")
    several = ("tickers", "bids_asks", "mark_prices", "trades_for_symbols", "order_book_for_symbols")
    await asyncio.gather(
        *(live(f"watch_{name}", SYMBOL) for name in single),
        *(live(f"watch_{name}", BOTH) for name in several),
        live("watch_ohlcv_for_symbols", [[OTHER, "1m"]]),
    )
    for name in single:
        await live(f"un_watch_{name}", SYMBOL)
    for name in several:
        await live(f"un_watch_{name}", BOTH)


async def test_account_streams(live: Caller) -> None:
    watching = [asyncio.create_task(live("watch_orders", SYMBOL)), asyncio.create_task(live("watch_balance"))]
    watching.append(asyncio.create_task(live("watch_my_trades", SYMBOL)))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not all(task.done() for task in watching):
            await live("create_order", SYMBOL, "market", "buy", 0.002)
            await asyncio.wait(watching, timeout=0.5)
    orders, balance, trades = (task.result() for task in watching)
    assert orders[0]["symbol"] == trades[0]["symbol"] == SYMBOL
    assert 0 < balance["USDT"]["total"] < 10_000
