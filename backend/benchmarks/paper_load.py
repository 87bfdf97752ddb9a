"""A thousand accounts on fifty contracts: how far the paper exchange's market falls behind the wall."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from itertools import count, cycle
from time import monotonic

import aiohttp

from tests.paper_exchange.bare_client import BareClient
from tests.paper_exchange.running import TOKEN, Running

ACCOUNTS = 1_000
HEARING_ACCOUNTS = 100
HEARING_MARKETS = 20
HOLDINGS = 2
AT_ONCE = 32
ORDERS_PER_SECOND = 50
SAMPLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Holder:
    """An account and the contracts it holds."""

    client: BareClient
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lag:
    """Milliseconds of wall time by which the market was late; ticks of all contracts together a second."""

    p99_ms: float
    worst_ms: float
    ticks_per_second: float


class Crowd:
    """Opens the accounts and keeps some of them busy."""

    def __init__(self, running: Running, session: aiohttp.ClientSession) -> None:
        self._running = running
        self._session = session
        self._prices: dict[str, Decimal] = {}

    async def admin(self, path: str, **fields: object) -> dict[str, object]:
        url, headers = f"{self._running.base}/sim/{path}", {"X-Sim-Token": TOKEN}
        method = "POST" if fields else "GET"
        async with self._session.request(method, url, json=fields or None, headers=headers) as answer:
            found: dict[str, object] = await answer.json()
            return found

    async def open(self) -> list[Holder]:
        """Every account with two positions, a stop on each and a resting order."""
        async with self._session.get(f"{self._running.base}/fapi/v1/ticker/price") as answer:
            self._prices = {row["symbol"]: Decimal(row["price"]) for row in await answer.json()}
        room = asyncio.Semaphore(AT_ONCE)
        return await asyncio.gather(*(self._open_one(number, room) for number in range(ACCOUNTS)))

    async def _open_one(self, number: int, room: asyncio.Semaphore) -> Holder:
        symbols = list(self._prices)
        mine = tuple(symbols[(number * 7 + other * 11) % len(symbols)] for other in range(HOLDINGS))
        async with room:
            name = f"holder-{number}"
            keys = await self.admin("accounts", account=name)
            await self.admin("deposit", account=name, amount="100000", reference=name)
            client = BareClient(
                self._session, self._running.base, (str(keys["api_key"]), str(keys["api_secret"]))
            )
            for symbol in mine:
                side, other = ("BUY", "SELL") if number % 2 else ("SELL", "BUY")
                await client.order(symbol=symbol, side=side, type="MARKET", quantity=self.quantity(symbol))
                stop = {"symbol": symbol, "side": other, "algoType": "CONDITIONAL", "type": "STOP_MARKET"}
                trigger = self.price(symbol, "0.8" if other == "SELL" else "1.2")
                await client.call(
                    "POST", "/fapi/v1/algoOrder", **stop, triggerPrice=trigger, closePosition="true"
                )
            resting = {"symbol": mine[0], "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
            await client.order(**resting, quantity=self.quantity(mine[0]), price=self.price(mine[0], "0.8"))
        return Holder(client, mine)

    def quantity(self, symbol: str) -> str:
        """About 200 USDT of it, in whole steps of any contract."""
        amount = Decimal(200) / self._prices[symbol]
        return f"{amount.quantize(Decimal('0.001') if amount < 1 else Decimal(1))}"

    def price(self, symbol: str, factor: str) -> str:
        """The last price times the factor, with no more decimals than it has."""
        last = self._prices[symbol]
        return f"{(last * Decimal(factor)).quantize(last)}"

    async def trade(self, holders: list[Holder]) -> None:
        """Fifty market orders a second, by one account after the other."""
        for number, holder in zip(count(), cycle(holders), strict=False):
            begun = monotonic()
            symbol = holder.symbols[number // len(holders) % HOLDINGS]
            side = "BUY" if number // len(holders) // HOLDINGS % 2 else "SELL"
            await holder.client.order(symbol=symbol, side=side, type="MARKET", quantity=self.quantity(symbol))
            await asyncio.sleep(max(0.0, 1 / ORDERS_PER_SECOND - (monotonic() - begun)))

    async def listen(self, holders: list[Holder], stack: AsyncExitStack) -> list[asyncio.Task[None]]:
        """Listeners to user streams and to the marks, books and trades of all contracts."""
        base = self._running.base
        paths = []
        for holder in holders[:HEARING_ACCOUNTS]:
            key = (await holder.client.call("POST", "/fapi/v1/listenKey"))["listenKey"]
            paths.append(f"/private/ws?listenKey={key}")
        names = "/".join(
            f"{symbol.lower()}@{kind}" for symbol in self._prices for kind in ("aggTrade", "depth5")
        )
        paths += [f"/stream?streams=!markPrice@arr@1s/{names}"] * HEARING_MARKETS
        tasks = []
        for path in paths:
            socket = await stack.enter_async_context(self._session.ws_connect(base + path))
            tasks.append(asyncio.create_task(_drain(socket)))
        return tasks


async def _drain(socket: aiohttp.ClientWebSocketResponse) -> None:
    async for _ in socket:
        pass


async def _sample(crowd: Crowd, speed: float, seconds: float) -> Lag:
    """Compare market time with the wall, over and over."""
    first = await crowd.admin("status")
    symbols = first["symbols"]
    assert isinstance(symbols, list)
    begun, start = monotonic(), int(str(first["market_time"]))
    late: list[float] = []
    now = start
    while monotonic() - begun < seconds:
        await asyncio.sleep(SAMPLE_SECONDS)
        now = int(str((await crowd.admin("status"))["market_time"]))
        late.append((monotonic() - begun) * 1_000 - (now - start) / speed)
    late.sort()
    played = (now - start) / 1_000 / (monotonic() - begun)  # market seconds, each one tick of every contract
    return Lag(late[int(len(late) * 0.99)], late[-1], played * len(symbols))


async def measure_lag(running: Running, speed: float, seconds: float) -> Lag:
    """The lag while a thousand accounts hold, a hundred listen and fifty orders a second come in."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session, AsyncExitStack() as stack:
        crowd = Crowd(running, session)
        holders = await crowd.open()
        tasks = await crowd.listen(holders, stack)
        trading = asyncio.create_task(crowd.trade(holders))
        lag = await _sample(crowd, speed, seconds)
        for task in (trading, *tasks):
            task.cancel()
        done = await asyncio.gather(trading, return_exceptions=True)
        if isinstance(done[0], Exception):
            raise done[0]
        return lag
