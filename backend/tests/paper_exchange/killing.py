"""Traders that keep a venue busy while it is killed, and what they have a right to find afterwards."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

import aiohttp

from paper_exchange.randomness import seeded
from tests.paper_exchange.bare_client import BareClient, RefusedError
from tests.paper_exchange.journal_audit import Books, audit
from tests.paper_exchange.running import Running

GONE = (aiohttp.ClientError, ConnectionError, asyncio.TimeoutError)
FINAL = {"FILLED", "CANCELED", "EXPIRED"}
DEPOSIT = "100000"
RATE_LIMITED = -1015


@dataclass
class Trader:
    """One account and everything that the venue acknowledged to it, over all its lives."""

    account: str
    draw: random.Random
    number: int = 0
    orders: dict[str, tuple[str, Decimal]] = field(default_factory=dict)
    conditionals: set[str] = field(default_factory=set)
    told_fills: set[int] = field(default_factory=set)

    @property
    def acknowledged(self) -> int:
        return len(self.orders) + len(self.conditionals)

    def note(self, answer: dict[str, object]) -> None:
        """An order as the venue acknowledged it."""
        name = str(answer["clientOrderId"])
        self.orders[name] = (str(answer["status"]), Decimal(str(answer["executedQty"])))

    async def trade(self, client: BareClient, price: Decimal) -> None:
        """Trade at random until the venue is gone."""
        while True:
            self.number += 1
            name = f"{self.account}-{self.number}"
            try:
                await self._act(client, name, price)
            except RefusedError as refused:
                if refused.code == RATE_LIMITED:
                    await asyncio.sleep(0.05)
            except GONE:
                return

    async def _act(self, client: BareClient, name: str, price: Decimal) -> None:
        side = self.draw.choice(["BUY", "SELL"])
        away = Decimal("0.98") if side == "BUY" else Decimal("1.02")
        resting = {"type": "LIMIT", "timeInForce": "GTC", "price": f"{price * away:.1f}"}
        match self.draw.randrange(5):
            case 0:
                order = resting | {"symbol": "BTCUSDT", "side": side, "quantity": "0.005"}
                self.note(await client.order(newClientOrderId=name, **order))
            case 1:
                kept = [one for one, (status, _) in self.orders.items() if status not in FINAL]
                if kept:
                    which = self.draw.choice(kept)
                    fields = {"symbol": "BTCUSDT", "origClientOrderId": which}
                    self.note(await client.call("DELETE", "/fapi/v1/order", **fields))
            case 2:
                trigger = f"{price * (2 - away):.1f}"
                conditional = {"symbol": "BTCUSDT", "side": side, "type": "STOP_MARKET", "quantity": "0.002"}
                conditional |= {"algoType": "CONDITIONAL", "triggerPrice": trigger, "clientAlgoId": name}
                await client.call("POST", "/fapi/v1/algoOrder", **conditional)
                self.conditionals.add(name)
            case _:
                filled = await client.market(side, "0.002", newClientOrderId=name, newOrderRespType="RESULT")
                self.note(filled)

    async def listen(self, client: BareClient, session: aiohttp.ClientSession, base: str) -> None:
        """Note every fill that the user stream tells of, until the venue is gone."""
        try:
            key = (await client.call("POST", "/fapi/v1/listenKey"))["listenKey"]
            async with session.ws_connect(f"{base}/private/ws?listenKey={key}") as socket:
                async for message in socket:
                    event = json.loads(message.data)
                    if event["e"] == "ORDER_TRADE_UPDATE" and event["o"]["x"] == "TRADE":
                        self.told_fills.add(int(event["o"]["t"]))
        except GONE:
            return

    def missing(self, books: Books) -> list[str]:
        """What was acknowledged or told and is not in the books, one sentence each."""
        kept = books.orders[self.account]
        lost = []
        for name, (status, filled) in self.orders.items():
            row = kept.get(name)
            if row is None:
                lost.append(f"order {name} is gone")
            elif Decimal(row["filled"]) < filled or (status in FINAL and row["status"] != status):
                lost.append(
                    f"order {name} was {status} with {filled}, is {row['status']} with {row['filled']}"
                )
        lost += [f"stop {name} is gone" for name in self.conditionals - books.conditionals[self.account]]
        return lost + [f"fill {number} was told and is gone" for number in self.told_fills - books.fills]


@asynccontextmanager
async def busy(running: Running, traders: list[Trader]) -> AsyncIterator[None]:
    """All of them trading and listening; leaves when each has seen the venue go."""
    price = await _last_price(running)
    connector = aiohttp.TCPConnector(limit=2 * len(traders))
    async with aiohttp.ClientSession(connector=connector) as session:
        at_work = []
        for trader in traders:
            client = BareClient(session, running.base, running.open_account(trader.account, DEPOSIT))
            at_work.append(asyncio.create_task(trader.listen(client, session, running.base)))
            at_work.append(asyncio.create_task(trader.trade(client, price)))
        yield
        await asyncio.gather(*at_work)


async def _last_price(running: Running) -> Decimal:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{running.base}/fapi/v1/ticker/price?symbol=BTCUSDT") as answer,
    ):
        return Decimal((await answer.json())["price"])


def hire(count: int, seed: int) -> list[Trader]:
    return [Trader(f"trader-{number}", seeded(seed, "trader", number)) for number in range(count)]


async def after_the_kill(running: Running, traders: list[Trader], complete: bool = True) -> list[str]:
    """Everything that is not as it must be in a venue just started again; its feed is stopped for it. Where the
    journal is not `complete` (old rows are trimmed), what is not there is not missed.
    """
    running.admin("feed", paused=True)
    for trader in traders:
        running.open_account(trader.account, DEPOSIT)  # nothing new; answered once all before it is written
    books = audit(running.journal)
    wrong = books.violations + await _check_answers(running, traders, books)
    for trader in traders if complete else ():
        wrong += trader.missing(books)
    return wrong


async def _check_answers(running: Running, traders: list[Trader], books: Books) -> list[str]:
    """Where the running venue tells something else than its journal: wallets and positions."""
    wrong = []
    async with aiohttp.ClientSession() as session:
        for trader in traders:
            client = BareClient(session, running.base, running.open_account(trader.account, DEPOSIT))
            told = await client.call("GET", "/fapi/v3/account")
            if Decimal(str(told["totalWalletBalance"])) != books.wallets[trader.account]:
                wrong.append(f"{trader.account}: told {told['totalWalletBalance']}")
            rows = (await client.call("GET", "/fapi/v3/positionRisk"))["rows"]
            assert isinstance(rows, list)
            held = sum(
                (Decimal(row["positionAmt"]) for row in rows if row["symbol"] == "BTCUSDT"), Decimal(0)
            )
            if held != books.positions[f"{trader.account} BTCUSDT"]:
                wrong.append(f"{trader.account}: told {held} BTC, booked otherwise")
    return wrong
