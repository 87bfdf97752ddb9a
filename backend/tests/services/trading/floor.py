"""A trading floor for tests: users, wallets and signals in a real database, and the real paper exchange."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg

from app.adapters.exchange.gateways import GatewayPool
from app.adapters.exchange.market_reader import CcxtMarketReader
from app.adapters.exchange.paper_admin import PaperAdmin
from app.adapters.postgres_notifications import PostgresNotifications
from app.core.clock import utc_now
from app.core.config import DatabaseRole, Settings, asyncpg_dsn, role_database_url
from app.core.db import Database
from app.core.lean_transactions import LeanTransactions
from app.core.process_identity import own_identity
from app.domain.venue import AccountKey
from app.repositories.trading_accounts import TradingAccount
from app.services.price_book import PriceBook
from app.services.trading.balances import BalanceKeeper, account_key
from app.services.trading.desk import Desk
from app.services.trading.executor import Executor
from app.services.trading.markets import MarketView
from app.services.trading.order_books import OrderBooks
from app.services.trading.risk_management import RiskManagement
from app.services.trading.shard_leases import ShardLeases
from app.services.trading.terms import TradingTerms
from tests.paper_venue import PaperVenue
from tests.services.trading.emptying import Emptying

BTC, ETH, SOL = "BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"
SYMBOLS = (BTC, ETH, SOL, "XRP/USDT:USDT", "DOGE/USDT:USDT")
STRATEGY, TIMEFRAME = "ema_trend", "1h"
EMPTYING = Emptying(
    "manual_trades",
    "external_fills",
    "external_positions",
    "reconciliations",
    "execution_logs",
    "fills",
    "ledger_events",
    "orders",
    "trades",
    "risk_decisions",
    "risk_state",
    "breaker_states",
    "kill_switch_runs",
    "breaker_events",
    "wallet_risk_settings",
    "execution_settings",
    "risk_settings",
    "outbox",
    "shard_leases",
    "signals",
    "wallets",
    "users",
    "monitor_leases",
    "monitor_members",
)
PATIENCE_SECONDS = 120.0  # on a machine that does much else; what comes, comes at once
# Signatures hold long enough for a machine that does much else; an unknown outcome is certain after the margin.
RECEIVE_WINDOW_MS, MARGIN_MS = 2_000, 1_500
WEIGHT_LIMIT = 1_000_000
Found = TypeVar("Found")


class FloorDatabases:
    """The roles' connections that executors use. Kept over tests: an engine forgets with its end every statement that
    it has compiled, which takes longer than running them."""

    def __init__(self, settings: Settings) -> None:
        self.worker = Database(role_database_url(settings, DatabaseRole.WORKER))
        self.system = Database(role_database_url(settings, DatabaseRole.SYSTEM))
        self.gate = LeanTransactions(asyncpg_dsn(role_database_url(settings, DatabaseRole.SYSTEM)), size=8)

    async def close(self) -> None:
        await self.gate.close()
        await self.worker.close()
        await self.system.close()


@dataclass
class TradingFloor:
    """`sql` is a superuser's connection, for arranging and for looking; `databases` are those of its desk, and its own
    where there are none."""

    settings: Settings
    sql: asyncpg.Connection
    venue: PaperVenue
    databases: FloorDatabases | None = None
    terms: TradingTerms = field(
        default_factory=lambda: TradingTerms(
            "sa", receive_window_ms=RECEIVE_WINDOW_MS, outcome_margin_ms=MARGIN_MS
        )
    )
    closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    symbols: Sequence[str] = SYMBOLS
    admin: PaperAdmin = field(init=False)
    reader: CcxtMarketReader = field(init=False)
    desk: Desk = field(init=False)

    async def open(self) -> None:
        await EMPTYING.carry_out(self.sql)
        self.venue.control("POST", "/sim/fault", {})
        self.admin = PaperAdmin(self.venue.url, self.venue.token)
        self.reader = CcxtMarketReader(
            self.venue.url, None, utc_now, fresh_seconds=1.0, paper_weight=WEIGHT_LIMIT
        )
        self.desk = self.new_desk(self.databases)

    async def close(self) -> None:
        for closer in reversed(self.closers):
            await closer()
        await self.reader.close()
        await self.admin.close()

    def new_desk(self, databases: FloorDatabases | None = None) -> Desk:
        """Collaborators as one executor process has them."""
        held = databases or FloorDatabases(self.settings)
        if databases is None:
            self.closers.append(held.close)
        pool = GatewayPool(self.credentials, self.venue.url, None, utc_now, paper_weight=WEIGHT_LIMIT)
        self.closers.append(pool.close)
        markets = MarketView(self.reader, PriceBook())
        balances = BalanceKeeper(held.worker, pool, markets)
        risk = RiskManagement(held.gate, markets, balances, self.terms)
        return Desk(
            held.worker, held.system, pool, markets, balances, risk, self.terms, OrderBooks(self.reader)
        )

    async def credentials(self, key: AccountKey) -> tuple[str, str]:
        return await self.admin.open_account(str(key.wallet_id))

    def executor(self, desk: Desk | None = None, holder: str | None = None) -> "RunningExecutor":
        held = desk or self.desk
        leases = ShardLeases(
            held.system,
            held.leases,
            holder or own_identity(),
            shard_count=4,
            seconds=self.terms.lease_seconds,
        )
        dsn = asyncpg_dsn(role_database_url(self.settings, DatabaseRole.SYSTEM))
        return RunningExecutor(Executor(held, leases, PostgresNotifications(dsn)))

    async def user(self, **limits: object) -> UUID:
        """A user whose risk settings are the defaults but for these."""
        user_id = uuid4()
        await self.sql.execute(
            "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'x')", user_id, f"{user_id}@test"
        )
        await self.sql.execute("INSERT INTO risk_settings (user_id) VALUES ($1)", user_id)
        for name, value in limits.items():
            await self.sql.execute(
                f"UPDATE risk_settings SET {name} = $2 WHERE user_id = $1",  # noqa: S608
                user_id,
                value,
            )
        return user_id

    async def wallet(self, user_id: UUID, deposit: str = "10000", shard: int = 0) -> TradingAccount:
        """A funded paper wallet that trades every symbol of the floor automatically."""
        wallet_id = uuid4()
        # Funded first: an executor compares a wallet as soon as it is there.
        self.venue.account(str(wallet_id), deposit)
        await self.sql.execute(
            "INSERT INTO wallets (id, user_id, name, venue, account_fingerprint, shard, auto_trade_enabled,"
            " strategies, symbols, timeframes) VALUES ($1, $2, $3, 'paper', $3, $4, true, $5, $6, $7)",
            wallet_id,
            user_id,
            str(wallet_id),
            shard,
            [STRATEGY],
            list(self.symbols),
            [TIMEFRAME],
        )
        return TradingAccount(user_id, wallet_id, "paper", "paper", shard)

    async def carry_out_as(self, account: TradingAccount, **settings: object) -> None:
        """Write the wallet's execution settings."""
        await self.sql.execute(
            "INSERT INTO execution_settings (wallet_id, user_id) VALUES ($1, $2)",
            account.wallet_id,
            account.user_id,
        )
        for name, value in settings.items():
            await self.sql.execute(
                f"UPDATE execution_settings SET {name} = $2 WHERE wallet_id = $1",  # noqa: S608
                account.wallet_id,
                value,
            )

    async def signal(
        self,
        symbol: str = BTC,
        side: str = "long",
        *,
        stop: str = "0.02",
        target: str = "0.06",
        confidence: str = "0.9",
        valid_for: timedelta = timedelta(days=2),
        enqueue: bool = True,
    ) -> UUID:
        """A signal at the present price; `stop` and `target` are distances as fractions of it."""
        quote = await self.reader.quote("paper", symbol)
        assert quote is not None
        sign = 1 if side == "long" else -1
        price = quote.mark_price
        signal_id = uuid4()
        await self.sql.execute(
            "INSERT INTO signals (id, venue, symbol, timeframe, strategy, side, entry_price, stop_price,"
            " take_profit_price, confidence, reason, features, bar_close, expires_at)"
            " VALUES ($1, 'paper', $2, $3, $4, $5, $6, $7, $8, $9, 'test', '{}', $10, $11)",
            signal_id,
            symbol,
            TIMEFRAME,
            STRATEGY,
            side,
            price,
            round(price * (1 - sign * Decimal(stop)), 8),
            round(price * (1 + sign * Decimal(target)), 8),
            Decimal(confidence),
            quote.market_time + timedelta(microseconds=signal_id.int % 1_000_000),
            quote.market_time + valid_for,
        )
        if enqueue:
            await self.enqueue("signal", {"signal_id": str(signal_id)})
        return signal_id

    async def enqueue(self, kind: str, payload: dict[str, str]) -> None:
        await self.sql.execute(
            "INSERT INTO outbox (kind, payload, shard) VALUES ($1, $2, 0)", kind, json.dumps(payload)
        )
        await self.sql.execute("SELECT pg_notify('outbox', '0')")

    async def ask_for_part(self, trade: asyncpg.Record, step: str) -> None:
        """Ask, as the monitor does, that every part up to `step` leaves."""
        await self.enqueue("scale_out", {"trade_id": str(trade["id"]), "step": step})

    async def bring_into_profit(self, trade: asyncpg.Record) -> None:
        """Write a long trade as if it had been entered lower, so that its break-even lies below the price."""
        await self.sql.execute(
            "UPDATE trades SET entry_price = entry_price * 0.98, initial_stop_price = initial_stop_price * 0.98,"
            " reference_stop_price = reference_stop_price * 0.98 WHERE id = $1",
            trade["id"],
        )

    async def trade(self, account: TradingAccount, symbol: str = BTC) -> asyncpg.Record | None:
        """The wallet's newest trade in that symbol."""
        return await self.sql.fetchrow(
            "SELECT * FROM trades WHERE wallet_id = $1 AND symbol = $2 ORDER BY created_at DESC LIMIT 1",
            account.wallet_id,
            symbol,
        )

    async def until_status(
        self, account: TradingAccount, *statuses: str, symbol: str = BTC, seconds: float = PATIENCE_SECONDS
    ) -> asyncpg.Record:
        """Wait until the wallet's newest trade in the symbol has one of the statuses."""

        async def look() -> asyncpg.Record | None:
            trade = await self.trade(account, symbol)
            return trade if trade is not None and trade["status"] in statuses else None

        return await until(look, seconds, lambda: self.describe(account))

    async def until_compared(self, account: TradingAccount) -> None:
        """Wait until the account was compared with its venue as a whole."""

        async def look() -> bool | None:
            since = await self.sql.fetchval(
                "SELECT watched_since FROM reconciliations WHERE wallet_id = $1", account.wallet_id
            )
            return None if since is None else True

        await until(look, describe=lambda: self.describe(account))

    async def describe(self, account: TradingAccount) -> str:
        trades = await self.sql.fetch(
            "SELECT symbol, status, quantity, exit_requested FROM trades WHERE wallet_id=$1",
            account.wallet_id,
        )
        orders = await self.sql.fetch(
            "SELECT leg, attempt, status, quantity, filled_quantity, error_code, error_message"
            " FROM orders WHERE wallet_id=$1 ORDER BY created_at",
            account.wallet_id,
        )
        decisions = await self.sql.fetch(
            "SELECT approved, breaches FROM risk_decisions WHERE wallet_id=$1", account.wallet_id
        )
        return "\n".join(str(dict(row)) for row in [*trades, *orders, *decisions])

    async def venue_orders(self, account: TradingAccount) -> list[Any]:
        gateway = await self.desk.gateways.for_account(account_key(account))
        return list(await gateway.open_orders(None))

    async def until_orders(
        self, account: TradingAccount, count: int, matching: Callable[[Any], bool]
    ) -> list[Any]:
        """Wait until that many orders work at the venue, and all of them match."""

        async def look() -> list[Any] | None:
            orders = await self.venue_orders(account)
            return orders if len(orders) == count and all(map(matching, orders)) else None

        return await until(look, describe=lambda: self.describe(account))

    async def until_outbox_empty(self) -> None:
        async def look() -> bool | None:
            left = await self.sql.fetchval("SELECT count(*) FROM outbox WHERE processed_at IS NULL")
            return True if left == 0 else None

        await until(look)

    async def venue_position(self, account: TradingAccount, symbol: str = BTC) -> Decimal:
        """Signed quantity at the venue."""
        gateway = await self.desk.gateways.for_account(account_key(account))
        held = [one for one in await gateway.positions(symbol) if one.side is not None]
        return sum((one.side.sign * one.quantity for one in held if one.side is not None), Decimal(0))


@dataclass
class RunningExecutor:
    """An executor in this process; `async with` starts and stops it."""

    executor: Executor
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "RunningExecutor":
        self.task = asyncio.create_task(self.executor.run(self.stop))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop.set()
        if self.task is not None:
            await self.task


async def until(
    look: Callable[[], Awaitable[Found | None]],
    seconds: float = PATIENCE_SECONDS,
    describe: Callable[[], Awaitable[str]] | None = None,
    pause_seconds: float = 0.02,
) -> Found:
    """Poll until something is there; fails with a description when patience ends."""
    end = utc_now() + timedelta(seconds=seconds)
    while True:
        found = await look()
        if found is not None:
            return found
        if utc_now() > end:
            raise AssertionError(await describe() if describe else "nothing came")
        await asyncio.sleep(pause_seconds)
