"""Thousands of open positions, at the venue and in the books, made in minutes.

One account per market enters through the product itself. Every other position is entered at the venue directly,
with its stop, and written into the books as a copy of that trade with its own ids, prices and fills.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import aiohttp

from app.adapters.exchange import dialect
from app.adapters.exchange.ccxt_instances import Ccxt, make_instance
from app.adapters.exchange.venues import venue_profile
from app.core.clock import utc_now
from app.domain.client_order_id import client_order_id
from app.domain.symbols import venue_symbol
from app.domain.types import OrderLeg
from app.domain.venue import VenueFill
from app.repositories.trading_accounts import TradingAccount
from tests.services.trading.floor import TradingFloor
from tests.services.trading.kill_trials import FREE as UNLIMITED

WALLETS_OF_A_USER = 5
AT_ONCE = 24
BOOK_REFILLS_SECONDS = 0.2
RECEIVE_WINDOW_MS = 60_000
DEPOSIT = "100000"
# Small, so that ten thousand of them do not empty the venue's books.
FREE = UNLIMITED | {"position_sizing_method": "fixed_amount", "fixed_amount_usd": Decimal(500)}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A trade of the product with its entry, its stop and its entry's fill, as rows."""

    trade: Row
    entry: Row
    stop: Row
    fill: Row


@dataclass
class FlattenBook:
    """Fills a floor with positions; `accounts` are those that hold some."""

    floor: TradingFloor
    accounts: list[TradingAccount] = field(default_factory=list)
    _patterns: dict[str, Pattern] = field(default_factory=dict)
    _sql_free: asyncio.Lock = field(default_factory=asyncio.Lock)  # the floor has one connection

    async def open(self, accounts: int) -> None:
        """That many accounts, each with one position in every market of the venue."""
        first = await self.floor.wallet(await self.floor.user(**FREE), DEPOSIT)
        async with self.floor.executor():
            for symbol in self.floor.symbols:
                await self.floor.signal(symbol, stop="0.05", target="0.20")
                await self.floor.until_status(first, "PROTECTED", symbol=symbol, seconds=60)
        for symbol in self.floor.symbols:
            self._patterns[symbol] = await self._pattern(first, symbol)
        self.accounts.append(first)
        user_id = first.user_id
        for place in range(1, accounts):
            if place % WALLETS_OF_A_USER == 0:
                user_id = await self.floor.user(**FREE)
            self.accounts.append(await self.floor.wallet(user_id, DEPOSIT, shard=place % 4))
        places = asyncio.Semaphore(AT_ONCE)
        connector = aiohttp.TCPConnector(limit=AT_ONCE * 2)
        async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
            for account in self.accounts[1:]:
                group.create_task(self._fill(account, session, places))

    async def _pattern(self, account: TradingAccount, symbol: str) -> Pattern:
        trade = await self.floor.trade(account, symbol)
        assert trade is not None
        sql = self.floor.sql
        entry = await sql.fetchrow("SELECT * FROM orders WHERE trade_id = $1 AND leg = 'entry'", trade["id"])
        stop = await sql.fetchrow("SELECT * FROM orders WHERE trade_id = $1 AND leg = 'stop'", trade["id"])
        fill = await sql.fetchrow("SELECT * FROM fills WHERE trade_id = $1 LIMIT 1", trade["id"])
        return Pattern(*(dict(row) for row in (trade, entry, stop, fill)))

    async def _fill(
        self, account: TradingAccount, session: aiohttp.ClientSession, places: asyncio.Semaphore
    ) -> None:
        async with places:
            keys = await self.floor.admin.open_account(str(account.wallet_id))
            profile = venue_profile(account.venue, self.floor.venue.url, 1)
            client = make_instance(profile, credentials=keys, session=session)
            rows: dict[str, list[Row]] = {"trades": [], "orders": [], "fills": []}
            for symbol in self.floor.symbols:
                await self._enter(account, client, symbol, rows)
            await self._write(rows)

    async def _enter(
        self, account: TradingAccount, client: Ccxt, symbol: str, rows: dict[str, list[Row]]
    ) -> None:
        """Buy and place the stop at the venue; add what the books say about it to `rows`."""
        pattern = self._patterns[symbol]
        trade_id, entry_id, entry = await self._bought(client, symbol, pattern)
        quantity = Decimal(entry["executedQty"])
        stop_id = client_order_id(self.floor.terms.deployment, trade_id, OrderLeg.STOP, 1)
        base = {"symbol": venue_symbol(symbol), "quantity": f"{quantity:f}", "recvWindow": RECEIVE_WINDOW_MS}
        stop = await client.fapiPrivatePostAlgoOrder(
            base
            | {
                "side": "SELL",
                "algoType": "CONDITIONAL",
                "type": "STOP_MARKET",
                "triggerPrice": f"{pattern.stop['trigger_price'].normalize():f}",
                "clientAlgoId": stop_id,
                "workingType": "MARK_PRICE",
                "reduceOnly": "true",
            }
        )
        trades = await client.fapiPrivateGetUserTrades(
            {"symbol": venue_symbol(symbol), "orderId": entry["orderId"], "recvWindow": RECEIVE_WINDOW_MS}
        )
        fills = [dialect.fill(row) for row in trades]
        owner: Row = {"user_id": account.user_id, "wallet_id": account.wallet_id}
        rows["trades"].append(pattern.trade | owner | _trade_values(trade_id, fills))
        linked = owner | {"trade_id": trade_id}
        entry_values: Row = {"client_order_id": entry_id, "exchange_order_id": str(entry["orderId"])}
        bought: Row = {"quantity": quantity, "filled_quantity": quantity}
        rows["orders"].append(pattern.entry | linked | entry_values | bought)
        stop_values: Row = {"client_order_id": stop_id, "exchange_order_id": str(stop["algoId"])}
        rows["orders"].append(pattern.stop | linked | stop_values | {"quantity": quantity})
        for fill in fills:
            rows["fills"].append(pattern.fill | linked | {"client_order_id": entry_id} | _fill_values(fill))

    async def _bought(self, client: Ccxt, symbol: str, pattern: Pattern) -> tuple[UUID, str, Row]:
        """Buy at market until something was filled: the book is empty now and then while so many buy. Returns the
        trade's id, the entry's and what the venue answered."""
        while True:
            trade_id = uuid4()
            entry_id = client_order_id(self.floor.terms.deployment, trade_id, OrderLeg.ENTRY, 1)
            entry: Row = await client.fapiPrivatePostOrder(
                {
                    "symbol": venue_symbol(symbol),
                    "quantity": f"{pattern.trade['quantity']:f}",
                    "recvWindow": RECEIVE_WINDOW_MS,
                    "side": "BUY",
                    "type": "MARKET",
                    "newClientOrderId": entry_id,
                    "newOrderRespType": "RESULT",
                }
            )
            if Decimal(entry["executedQty"]) > 0:
                return trade_id, entry_id, entry
            await asyncio.sleep(BOOK_REFILLS_SECONDS)

    async def _write(self, rows: dict[str, list[Row]]) -> None:
        for table, found in rows.items():
            statement = f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, $1::json)"  # noqa: S608
            async with self._sql_free:
                await self.floor.sql.execute(statement, json.dumps(found, default=str))


def _trade_values(trade_id: UUID, fills: Sequence[VenueFill]) -> Row:
    quantity = sum((fill.quantity for fill in fills), Decimal(0))
    cost = sum((fill.quantity * fill.price for fill in fills), Decimal(0))
    return {
        "id": trade_id,
        "signal_id": None,
        "quantity": quantity,
        "planned_quantity": quantity,
        "entry_price": round(cost / quantity, 8),
        "fees": sum((fill.fee for fill in fills), Decimal(0)),
        "opened_at": utc_now(),
    }


def _fill_values(fill: VenueFill) -> Row:
    return {
        "venue_trade_id": fill.venue_trade_id,
        "exchange_order_id": fill.exchange_order_id,
        "quantity": fill.quantity,
        "price": fill.price,
        "fee": fill.fee,
        "executed_at": fill.executed_at,
    }
