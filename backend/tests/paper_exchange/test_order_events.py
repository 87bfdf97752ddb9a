"""What an order's owner hears on the user stream at each of its turns, and what outlives a kill."""

from __future__ import annotations

import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import pytest

from paper_exchange import clock
from tests.paper_exchange.running import Running
from tests.paper_exchange.test_order_routes import Trader

PATIENCE_SECONDS = 90.0
DAY_MS = 24 * 3_600_000
Heard = dict[str, object]


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A venue whose market moves only when it is told to."""
    running = Running(tmp_path_factory.mktemp("still") / "journal.sqlite")
    running.start()
    running.admin("feed", paused=True)
    yield running
    assert running.stop() == 0


@dataclass
class Ear:
    """A user stream; `orders` is what was said about orders since the last call."""

    socket: aiohttp.ClientWebSocketResponse

    async def orders(self, until: str, kind: str = "ORDER_TRADE_UPDATE") -> list[Heard]:
        """Order events up to and including one whose status is `until`."""
        found: list[Heard] = []
        while True:
            event = json.loads((await self.socket.receive(timeout=PATIENCE_SECONDS)).data)
            if event["e"] != kind:
                continue
            found.append(event["o"])
            if event["o"]["X"] == until:
                return found


@asynccontextmanager
async def hearing(running: Running, trader: Trader) -> AsyncIterator[Ear]:
    key = trader.http.post("/fapi/v1/listenKey", headers={"X-MBX-APIKEY": trader.key}).json()["listenKey"]
    url = running.base.replace("http", "ws", 1) + f"/private/ws?listenKey={key}"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        yield Ear(socket)


def _brief(events: list[Heard]) -> list[tuple[object, ...]]:
    return [(event["x"], event["X"], event["er"]) for event in events]


async def test_every_turn_of_an_order_is_told(shared_exchange: Running) -> None:
    trader = Trader(shared_exchange, "events-turns")
    async with hearing(shared_exchange, trader) as ear:
        made = trader.ask("POST", "order", **trader.bid(priceMatch="NONE")).json()
        named = {"symbol": "BTCUSDT", "orderId": made["orderId"]}
        trader.ask("PUT", "order", **named, side="BUY", quantity="0.02", price=made["price"], modifyId=42)
        trader.ask("DELETE", "order", **named)
        told = await ear.orders("CANCELED")
        assert _brief(told) == [("NEW", "NEW", "0"), ("AMENDMENT", "NEW", "0"), ("CANCELED", "CANCELED", "0")]
        assert (told[1]["q"], told[1]["M"]) == ("0.020", "42")
        assert "M" not in told[0]

        trader.ask("POST", "order", **trader.bid(timeInForce="IOC"))
        assert _brief(await ear.orders("EXPIRED"))[-1] == ("EXPIRED", "EXPIRED", "2")

        trader.ask("POST", "order", **trader.bid(0.99))
        taker = trader.bid(0.98, side="SELL", selfTradePreventionMode="EXPIRE_TAKER", quantity="119")
        trader.ask("POST", "leverage", symbol="BTCUSDT", leverage=125)
        del taker["price"], taker["timeInForce"]
        answer = trader.ask("POST", "order", **taker | {"type": "MARKET", "quantity": "0.001"})
        assert answer.json()["selfTradePreventionMode"] == "EXPIRE_TAKER"
        filled = (await ear.orders("FILLED"))[-1]
        assert (filled["x"], filled["V"], filled["N"]) == ("TRADE", "EXPIRE_TAKER", "USDT")
    trader.http.close()


async def test_self_trade_prevention_is_told(still: Running) -> None:
    trader = Trader(still, "events-prevented")
    async with hearing(still, trader) as ear:
        book = trader.http.get("/fapi/v1/depth?symbol=BTCUSDT&limit=5").json()
        bid = trader.bid(price=book["bids"][0][0], quantity="0.001")
        trader.ask("POST", "order", **bid)
        crossing = bid | {"side": "SELL", "timeInForce": "IOC", "selfTradePreventionMode": "EXPIRE_BOTH"}
        deep = f"{sum(float(row[1]) for row in book['bids'][:1]) + 0.001:.3f}"
        trader.ask("POST", "order", **crossing | {"quantity": deep})
        told = await ear.orders("EXPIRED_IN_MATCH")
        maker = told[-1]
        taker = (await ear.orders("EXPIRED_IN_MATCH"))[-1]
        assert [(one["S"], one["x"], one["er"]) for one in (maker, taker)] == [
            ("BUY", "EXPIRED", "1"),
            ("SELL", "EXPIRED", "3"),
        ]
    trader.http.close()


async def test_order_of_a_trailing_stop_names_its_callback(still: Running) -> None:
    trader = Trader(still, "events-trailing")
    async with hearing(still, trader) as ear:
        terms = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "quantity": "0.01"}
        for side in ("BUY", "SELL"):
            trader.ask(
                "POST", "algoOrder", **terms, side=side, type="TRAILING_STOP_MARKET", callbackRate="0.1"
            )
        still.admin("feed", steps=600)
        order = (await ear.orders("FILLED"))[-1]
        assert (order["ot"], order["cr"], order["AP"]) == ("TRAILING_STOP_MARKET", "0.1", "")
    trader.http.close()


def test_terms_outlive_a_kill(own_exchange: Running) -> None:
    own_exchange.start()
    own_exchange.admin("feed", paused=True)
    trader = Trader(own_exchange, "kept")
    dated = trader.bid(timeInForce="GTD", goodTillDate=clock.wall_ms() + DAY_MS, newClientOrderId="dated")
    made = trader.ask("POST", "order", **dated).json()
    named = {"symbol": "BTCUSDT", "orderId": made["orderId"]}
    trader.ask("PUT", "order", **named, side="BUY", quantity="0.02", price=made["price"], modifyId=1)
    terms = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.01"}
    trader.ask("POST", "algoOrder", **terms, type="TRAILING_STOP_MARKET", callbackRate="9")
    trader.ask("POST", "countdownCancelAll", symbol="BTCUSDT", countdownTime=3_000)

    def seen(by: Trader) -> list[object]:
        asked = (("order", named), ("orderAmendment", named), ("openAlgoOrders", {"symbol": "BTCUSDT"}))
        return [by.ask("GET", path, **fields).json() for path, fields in asked]

    before = seen(trader)
    own_exchange.stop(signal.SIGKILL)
    own_exchange.start()
    again = Trader(own_exchange, "kept")
    assert seen(again) == before
    again.wait_until_none_is_open()
    assert again.ask("GET", "order", **named).json()["status"] == "CANCELED"
    assert len(again.ask("GET", "openAlgoOrders", symbol="BTCUSDT").json()) == 1
    changed = again.ask("POST", "order", **again.bid(newClientOrderId="dated")).json()
    again.ask(
        "PUT", "order", symbol="BTCUSDT", orderId=changed["orderId"], side="BUY", quantity="0.03",
        price=changed["price"],
    )  # fmt: skip
    rows = again.ask("GET", "orderAmendment", symbol="BTCUSDT", orderId=changed["orderId"]).json()
    assert rows[0]["amendmentId"] > before[1][0]["amendmentId"]  # type: ignore[index]
    for one in (trader, again):
        one.http.close()
