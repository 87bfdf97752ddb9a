"""Every event of a trading session, market and account, parses with the official SDK's strict models."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import (
    DerivativesTradingUsdsFutures,
)

from tests.paper_exchange.conformance.sdk import Deviations, no_complaints, sdk_for
from tests.paper_exchange.running import Running

SYMBOL = "btcusdt"
PATIENCE_SECONDS = 90.0
MINUTE_STEPS = 70
CHUNK_STEPS = 200
MOST_CHUNKS = 60
MARKET_STREAMS: dict[str, dict[str, object]] = {
    "aggregate_trade_streams": {"symbol": SYMBOL},
    "all_market_mini_tickers_stream": {},
    "all_market_tickers_streams": {},
    "individual_symbol_mini_ticker_stream": {"symbol": SYMBOL},
    "individual_symbol_ticker_streams": {"symbol": SYMBOL},
    "kline_candlestick_streams": {"symbol": SYMBOL, "interval": "1m"},
    "mark_price_stream": {"symbol": SYMBOL, "update_speed": "1s"},
    "mark_price_stream_for_all_market": {"update_speed": "1s"},
    "all_book_tickers_stream": {},
    "diff_book_depth_streams": {"symbol": SYMBOL, "update_speed": "100ms"},
    "individual_symbol_book_ticker_streams": {"symbol": SYMBOL},
    "partial_book_depth_streams": {"symbol": SYMBOL, "levels": 5, "update_speed": "100ms"},
}
LIQUIDATION_STREAMS: dict[str, dict[str, object]] = {
    "liquidation_order_streams": {"symbol": SYMBOL},
    "all_market_liquidation_order_streams": {},
}


ACCOUNT_EVENTS = {
    "AccountConfigUpdate",
    "AccountUpdate",
    "AlgoUpdate",
    "MarginCall",
    "OrderTradeUpdate",
    "TradeLite",
}
# The all-market stream's model knows these two, the single one's does not.
UNDOCUMENTED = frozenset({"liquidation_order_streams.ps", "liquidation_order_streams.st"})
# Sent with the events that they belong to, and with no others.
OCCASIONAL = frozenset(
    {
        "AccountConfigUpdate.ai",  # of a change of the account's mode
        "AccountUpdate.a.S",  # of isolated funding
        "AlgoUpdate.o.act",  # these three once the order is in the book
        "AlgoUpdate.o.ap",
        "AlgoUpdate.o.aq",
        "AlgoUpdate.o.ia",  # of trailing stops
        "OrderTradeUpdate.o.AP",
        "OrderTradeUpdate.o.cr",
        "OrderTradeUpdate.o.M",  # of an amendment that was given a name
        "OrderTradeUpdate.o.N",  # of fills
        "OrderTradeUpdate.o.n",
    }
)


class Ear:
    """Everything that the SDK's stream client handed out, by stream and by kind of account event."""

    def __init__(self, streams: DerivativesTradingUsdsFutures) -> None:
        self._streams = streams
        self._news = asyncio.Event()
        self.heard: defaultdict[str, int] = defaultdict(int)
        self.deviations = Deviations()

    async def listen(self, name: str, **parameters: object) -> None:
        """Subscribe to the stream that this method of the SDK stands for."""
        stream = await getattr(self._streams, name)(**parameters)
        stream.on("message", lambda event: self._note(name, event))

    def _note(self, name: str, event: object) -> None:
        inner = getattr(event, "actual_instance", None)
        kind = name if inner is None else type(inner).__name__
        self.heard[kind] += 1
        self.deviations.note(kind, event)
        self._news.set()

    async def until(self, kinds: set[str]) -> None:
        """Wait until each of these has been heard."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not kinds <= set(self.heard):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pytest.fail(f"never heard: {sorted(kinds - set(self.heard))}")


@asynccontextmanager
async def ear_of(sdk: DerivativesTradingUsdsFutures) -> AsyncIterator[Ear]:
    """The SDK's stream client, connected; at the end it must have had nothing to complain of."""
    streams = sdk.websocket_streams
    ear = Ear(streams)
    with no_complaints():
        await streams.create_connection()
        try:
            yield ear
        finally:
            await streams.close_connection()
    assert ear.deviations.unknown <= UNDOCUMENTED
    assert ear.deviations.absent <= OCCASIONAL


async def test_market_streams(still_exchange: Running) -> None:
    sdk = sdk_for(still_exchange.base, *still_exchange.open_account("market-streams"))
    async with ear_of(sdk) as ear:
        # The SDK waits half a second before each subscription.
        await asyncio.gather(*(ear.listen(name, **asked) for name, asked in MARKET_STREAMS.items()))
        await asyncio.to_thread(still_exchange.admin, "feed", steps=MINUTE_STEPS)
        await ear.until(set(MARKET_STREAMS))


def _overreach(sdk: DerivativesTradingUsdsFutures, side: str) -> None:
    """Risk nearly the whole account on one position, with a stop and a bid that liquidation takes away."""
    rest = sdk.rest_api
    price = float(rest.symbol_price_ticker(symbol=SYMBOL.upper()).data().actual_instance.price)
    order = {"symbol": SYMBOL.upper(), "side": side}
    rest.change_initial_leverage(symbol=SYMBOL.upper(), leverage=50)
    rest.new_order(type="MARKET", quantity=round(45_000 / price, 3), **order)
    away = 0.97 if side == "BUY" else 1.03
    limit = {"time_in_force": "GTC", "price": round(price * away, 1)}
    rest.new_order(type="LIMIT", quantity=0.01, **limit, **order)
    leave = {"symbol": SYMBOL.upper(), "side": "SELL" if side == "BUY" else "BUY"}
    for distance in (0.03, 0.0005):
        trigger = round(price * (1 - distance if side == "BUY" else 1 + distance), 1)
        rest.new_algo_order(
            algo_type="CONDITIONAL",
            type="STOP_MARKET",
            quantity=0.01,
            trigger_price=trigger,
            reduce_only="true",
            **leave,
        )


def _plan_too_much(sdk: DerivativesTradingUsdsFutures) -> None:
    """A conditional order on either side, whichever fires first beyond what the account can pay."""
    rest = sdk.rest_api
    price = float(rest.symbol_price_ticker(symbol=SYMBOL.upper()).data().actual_instance.price)
    for side, factor in (("BUY", 1.0005), ("SELL", 0.9995)):
        rest.new_algo_order(
            algo_type="CONDITIONAL",
            symbol=SYMBOL.upper(),
            side=side,
            type="STOP_MARKET",
            quantity=5.0,
            trigger_price=round(price * factor, 1),
        )


async def test_a_conditional_that_cannot_be_paid_and_a_key_that_expires(still_exchange: Running) -> None:
    account = "streams-refused"
    sdk = sdk_for(still_exchange.base, *still_exchange.open_account(account, "1000"))
    async with ear_of(sdk) as ear:
        key = sdk.rest_api.start_user_data_stream().data().listen_key
        await ear.listen("user_data", listenKey=key)
        await asyncio.to_thread(_plan_too_much, sdk)
        for _ in range(MOST_CHUNKS):
            await asyncio.to_thread(still_exchange.admin, "feed", steps=CHUNK_STEPS)
            if "ConditionalOrderTriggerReject" in ear.heard:
                break
        still_exchange.admin("fault/act", expire_listen_keys=True, account=account)
        await ear.until({"AlgoUpdate", "ConditionalOrderTriggerReject", "ListenKeyExpired"})


async def test_account_streams_until_liquidation(still_exchange: Running) -> None:
    """A long and a short, so that one of them falls whichever way the market goes."""
    pair = {
        side: sdk_for(still_exchange.base, *still_exchange.open_account(f"streams-{side}", "1000"))
        for side in ("BUY", "SELL")
    }
    async with ear_of(pair["BUY"]) as long, ear_of(pair["SELL"]) as short:
        for side, ear in (("BUY", long), ("SELL", short)):
            for name, parameters in LIQUIDATION_STREAMS.items():
                await ear.listen(name, **parameters)
            key = pair[side].rest_api.start_user_data_stream().data().listen_key
            await ear.listen("user_data", listenKey=key)
            await asyncio.to_thread(_overreach, pair[side], side)
        for _ in range(MOST_CHUNKS):
            await asyncio.to_thread(still_exchange.admin, "feed", steps=CHUNK_STEPS)
            if "MarginCall" in long.heard or "MarginCall" in short.heard:
                break
        fallen = long if "MarginCall" in long.heard else short
        await fallen.until(ACCOUNT_EVENTS | set(LIQUIDATION_STREAMS))
