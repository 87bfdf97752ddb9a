"""Accounts in the middle of their work: open positions under stops, at the venue and in our books alike.

The orders are sent to the venue by a bare client under the ids that our executor would have given them; the books
are written as it would have left them. So ten thousand open orders stand within a minute.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import aiohttp
import asyncpg

from app.core.clock import utc_now
from app.domain.client_order_id import client_order_id
from app.domain.symbols import symbol_from_venue, venue_symbol
from app.domain.types import OrderLeg
from app.repositories.trading_accounts import TradingAccount
from tests.paper_exchange.bare_client import BareClient
from tests.paper_venue import PaperVenue
from tests.soak.venue_record import MadeFill, made_fills, wallet_balances

DEPLOYMENT = "sa"
NOTIONAL = Decimal(200)
STOP_FRACTION = Decimal("0.8")
AT_ONCE = 48
PLAIN, CONDITIONAL = "/fapi/v1/order", "/fapi/v1/algoOrder"


@dataclass(slots=True)
class OpenTrade:
    """A long position under its stop; ids are the venue's."""

    account: TradingAccount
    symbol: str
    trigger_price: Decimal
    id: UUID = field(default_factory=uuid4)
    entry_order_id: str = ""
    stop_order_id: str = ""

    def order_id(self, leg: OrderLeg, attempt: int = 1) -> str:
        """Our id of one of its orders."""
        return client_order_id(DEPLOYMENT, self.id, leg, attempt)


@dataclass
class OpenAccounts:
    """Opens them, and breaks some as a crash would."""

    sql: asyncpg.Connection
    venue: PaperVenue
    trades: list[OpenTrade] = field(default_factory=list)
    _session: aiohttp.ClientSession | None = None

    async def open(self, accounts: int, each: int, shards: int) -> None:
        """Make so many accounts, with so many open positions each."""
        connector = aiohttp.TCPConnector(limit=AT_ONCE)
        self._session = aiohttp.ClientSession(connector=connector, trust_env=False)
        async with self._session.get(f"{self.venue.url}/fapi/v1/ticker/price") as answer:
            prices = {row["symbol"]: Decimal(row["price"]) for row in await answer.json()}
        symbols = [symbol for symbol in prices if "_" not in symbol][:each]
        held = [
            TradingAccount(uuid4(), uuid4(), "paper", "paper", number % shards) for number in range(accounts)
        ]
        await self._write_accounts(held)
        room = asyncio.Semaphore(AT_ONCE)

        async def one(account: TradingAccount) -> None:
            async with room:
                self.trades += await self._trade_at_venue(account, {name: prices[name] for name in symbols})

        await asyncio.gather(*(one(account) for account in held))
        await self._write_trades()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def lose_stops(self, trades: Sequence[OpenTrade]) -> None:
        """As if the executor had died before it placed the stop: none at the venue, an intent in our books."""
        for trade in trades:
            client = await self._client(trade.account)
            name = venue_symbol(trade.symbol)
            stop = trade.order_id(OrderLeg.STOP)
            await client.call("DELETE", CONDITIONAL, symbol=name, clientAlgoId=stop)
        ids = [trade.id for trade in trades]
        await self.sql.execute(
            "UPDATE orders SET status = 'CANCELED' WHERE leg = 'stop' AND trade_id = ANY($1)", ids
        )
        await self.sql.execute(
            "INSERT INTO orders (client_order_id, user_id, wallet_id, trade_id, symbol, leg, attempt, quantity,"
            " order_type, side, trigger_price, reduce_only)"
            " SELECT left(client_order_id, 30) || '02', user_id, wallet_id, trade_id, symbol, leg, 2, quantity,"
            " order_type, side, trigger_price, reduce_only FROM orders WHERE leg = 'stop' AND trade_id = ANY($1)",
            ids,
        )
        await self._uncover(ids)

    async def forget_answers(self, trades: Sequence[OpenTrade]) -> None:
        """As if the executor had died while it waited for the answer to the stop: it is at the venue, and our
        books do not know."""
        ids = [trade.id for trade in trades]
        await self.sql.execute(
            "UPDATE orders SET status = 'SENDING', exchange_order_id = NULL, deadline = now()"
            " WHERE leg = 'stop' AND trade_id = ANY($1)",
            ids,
        )
        await self._uncover(ids)

    async def _uncover(self, ids: Sequence[UUID]) -> None:
        await self.sql.execute(
            "UPDATE trades SET status = 'OPEN_UNPROTECTED', unprotected_since = now(), protected_at = NULL"
            " WHERE id = ANY($1)",
            list(ids),
        )

    async def _client(self, account: TradingAccount) -> BareClient:
        assert self._session is not None
        keys = await self._control("accounts", account=str(account.wallet_id))
        return BareClient(self._session, self.venue.url, (str(keys["api_key"]), str(keys["api_secret"])))

    async def _control(self, path: str, **fields: str) -> dict[str, object]:
        assert self._session is not None
        headers = {"X-Sim-Token": self.venue.token}
        url = f"{self.venue.url}/sim/{path}"
        async with self._session.post(url, json=fields, headers=headers) as answer:
            answer.raise_for_status()
            content: dict[str, object] = await answer.json()
            return content

    async def _trade_at_venue(self, account: TradingAccount, prices: dict[str, Decimal]) -> list[OpenTrade]:
        client = await self._client(account)
        name = str(account.wallet_id)
        await self._control("deposit", account=name, amount="100000", reference=f"{name}-first")
        trades = []
        for symbol, price in prices.items():
            trade = OpenTrade(account, symbol_from_venue(symbol), (price * STOP_FRACTION).quantize(price))
            step = Decimal("0.001") if price > NOTIONAL else Decimal(1)
            quantity = f"{(NOTIONAL / price).quantize(step)}"
            entry = await client.order(
                symbol=symbol,
                side="BUY",
                type="MARKET",
                quantity=quantity,
                newClientOrderId=trade.order_id(OrderLeg.ENTRY),
            )
            stop = await client.call(
                "POST",
                CONDITIONAL,
                symbol=symbol,
                side="SELL",
                algoType="CONDITIONAL",
                type="STOP_MARKET",
                triggerPrice=f"{trade.trigger_price}",
                quantity=quantity,
                clientAlgoId=trade.order_id(OrderLeg.STOP),
                workingType="MARK_PRICE",
                reduceOnly="true",
            )
            trade.entry_order_id, trade.stop_order_id = str(entry["orderId"]), str(stop["algoId"])
            trades.append(trade)
        return trades

    async def _write_accounts(self, accounts: Sequence[TradingAccount]) -> None:
        users = [account.user_id for account in accounts]
        wallets = [account.wallet_id for account in accounts]
        await self.sql.execute(
            "INSERT INTO users (id, email, password_hash) SELECT u, u || '@test', 'x' FROM unnest($1::uuid[]) u",
            users,
        )
        await self.sql.execute("INSERT INTO risk_settings (user_id) SELECT unnest($1::uuid[])", users)
        await self.sql.execute(
            "INSERT INTO wallets (id, user_id, name, venue, account_fingerprint, shard)"
            " SELECT w, u, 'cold', 'paper', w::text, s FROM unnest($1::uuid[], $2::uuid[], $3::int[]) n (u, w, s)",
            users,
            wallets,
            [account.shard for account in accounts],
        )

    async def _write_balances(self, wallets: Sequence[UUID]) -> None:
        """The balance of each account as it was last read, just before the executor died."""
        held = await asyncio.to_thread(wallet_balances, self.venue.journal, list(dict.fromkeys(wallets)))
        owners = {trade.account.wallet_id: trade.account.user_id for trade in self.trades}
        await self.sql.execute(
            "INSERT INTO risk_state (user_id, environment, wallet_id, balance, equity, free_margin, balance_as_of,"
            " day_start, week_start, month_start, income_watermark_ms)"
            " SELECT u, 'paper', CASE WHEN own THEN w END, b, b, b, now(), $4, $4, $4,"
            " extract(epoch FROM $4::timestamptz)::bigint * 1000"
            " FROM unnest($1::uuid[], $2::uuid[], $3::numeric[]) n (u, w, b), (VALUES (true), (false)) s (own)",
            [owners[wallet] for wallet in held],
            list(held),
            list(held.values()),
            _moment(int(str(self.venue.status()["market_time"]))),
        )

    async def _write_trades(self) -> None:
        """The books as the executor would have left them: each trade, its two orders and the fills of its entry."""
        wallets = [trade.account.wallet_id for trade in self.trades]
        by_order: dict[str, list[MadeFill]] = {}
        for fill in await asyncio.to_thread(made_fills, self.venue.journal, list(dict.fromkeys(wallets))):
            by_order.setdefault(fill.exchange_order_id, []).append(fill)
        trades, orders, fills = [], [], []
        for trade in self.trades:
            own = by_order[trade.entry_order_id]
            trades.append(_trade_row(trade, own))
            orders += _order_rows(trade, own)
            fills += [_fill_row(trade, fill) for fill in own]
        await self._write_balances(wallets)
        for table, rows in (("trades", trades), ("orders", orders), ("fills", fills)):
            await self.sql.copy_records_to_table(
                table, columns=list(rows[0]), records=[tuple(row.values()) for row in rows]
            )
            await self.sql.execute(f"ANALYZE {table}")


def _held(fills: Sequence[MadeFill]) -> tuple[Decimal, Decimal]:
    """Quantity in base units, and average price."""
    quantity = sum((fill.quantity for fill in fills), Decimal(0))
    return quantity, sum((fill.quantity * fill.price for fill in fills), Decimal(0)) / quantity


def _trade_row(trade: OpenTrade, fills: Sequence[MadeFill]) -> dict[str, object]:
    quantity, price = _held(fills)
    opened = _moment(fills[0].time_ms)
    return {
        "id": trade.id,
        "user_id": trade.account.user_id,
        "wallet_id": trade.account.wallet_id,
        "environment": "paper",
        "venue": "paper",
        "symbol": trade.symbol,
        "strategy": "ema_trend",
        "timeframe": "1h",
        "side": "long",
        "status": "PROTECTED",
        "planned_quantity": quantity,
        "planned_entry_price": price,
        "planned_notional": quantity * price,
        "leverage": 5,
        "quantity": quantity,
        "entry_price": price,
        "initial_stop_price": trade.trigger_price,
        "stop_price": trade.trigger_price,
        "trailing_enabled": False,
        "trailing_activation_fraction": Decimal(0),
        "trailing_fraction": Decimal(0),
        "risk_amount": quantity * (price - trade.trigger_price),
        "signal_confidence": Decimal("0.9"),
        "reason": "test",
        "fees": sum((fill.fee for fill in fills), Decimal(0)),
        "opened_at": opened,
        "protected_at": opened,
    }


def _order_rows(trade: OpenTrade, fills: Sequence[MadeFill]) -> list[dict[str, object]]:
    quantity, price = _held(fills)
    shared: dict[str, object] = {
        "user_id": trade.account.user_id,
        "wallet_id": trade.account.wallet_id,
        "trade_id": trade.id,
        "symbol": trade.symbol,
        "attempt": 1,
        "quantity": quantity,
    }
    sent = utc_now() - timedelta(minutes=5)
    entry = {
        "client_order_id": trade.order_id(OrderLeg.ENTRY),
        "leg": "entry",
        "status": "FILLED",
        "order_type": "market",
        "side": "buy",
        "trigger_price": None,
        "reduce_only": False,
        "exchange_order_id": trade.entry_order_id,
        "filled_quantity": quantity,
        "average_price": price,
        "sent_at": sent,
        "deadline": sent,
    }
    stop = entry | {
        "client_order_id": trade.order_id(OrderLeg.STOP),
        "leg": "stop",
        "status": "OPEN",
        "order_type": "stop_market",
        "side": "sell",
        "trigger_price": trade.trigger_price,
        "reduce_only": True,
        "exchange_order_id": trade.stop_order_id,
        "filled_quantity": Decimal(0),
        "average_price": None,
    }
    return [shared | entry, shared | stop]


def _fill_row(trade: OpenTrade, fill: MadeFill) -> dict[str, object]:
    return {
        "wallet_id": trade.account.wallet_id,
        "symbol": trade.symbol,
        "venue_trade_id": fill.venue_trade_id,
        "user_id": trade.account.user_id,
        "trade_id": trade.id,
        "client_order_id": trade.order_id(OrderLeg.ENTRY),
        "exchange_order_id": fill.exchange_order_id,
        "side": "buy",
        "quantity": fill.quantity,
        "price": fill.price,
        "fee": fill.fee,
        "fee_currency": "USDT",
        "venue_realized_pnl": Decimal(0),
        "is_maker": False,
        "executed_at": _moment(fill.time_ms),
    }


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
