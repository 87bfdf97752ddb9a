"""One wallet before a paper exchange of its own, for benchmarks of the trading path."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

from app.adapters.embedded.ports import free_port
from app.adapters.exchange.gateways import GatewayPool
from app.adapters.exchange.market_reader import CcxtMarketReader
from app.adapters.exchange.paper_admin import PaperAdmin
from app.bootstrap.trading import Trading, compose_trading
from app.core.clock import utc_now
from app.core.config import Settings
from app.domain.venue import AccountKey
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.balances import account_key

BACKEND = Path(__file__).resolve().parents[1]
SYMBOL, STRATEGY, TIMEFRAME = "BTC/USDT:USDT", "ema_trend", "1h"
TOKEN = "bench"  # noqa: S105 - guards nothing
WEIGHT = 100_000_000


@contextmanager
def paper_process(settings: Settings) -> Iterator[str]:
    """A paper exchange without latency whose weight limit never binds; yields its address."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "paper_exchange", "--port", url.rpartition(":")[2]]
    command += ["--journal", str(settings.var_dir / "paper.sqlite"), "--feed", "synthetic", "--speed", "1"]
    command += ["--weight-limit", str(WEIGHT)]
    process = subprocess.Popen(
        command, cwd=BACKEND, env=os.environ | {"PAPER_ADMIN_TOKEN": TOKEN}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        if "ready" not in process.stdout.readline():
            raise RuntimeError("the paper exchange did not start")
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@dataclass
class BenchFloor:
    """`sql` is the owner's connection, for arranging; `account` has 1,000,000 USDT and stands alone."""

    sql: asyncpg.Connection
    reader: CcxtMarketReader
    trading: Trading
    account: TradingAccount

    async def signal(self, *, enqueue: bool) -> UUID:
        """A long signal at the present price; with `enqueue` handed to the executor."""
        quote = await self.reader.quote("paper", SYMBOL)
        assert quote is not None
        signal_id, price = uuid4(), quote.mark_price
        async with self.sql.transaction():
            await self.sql.execute(
                "INSERT INTO signals (id, venue, symbol, timeframe, strategy, side, entry_price, stop_price,"
                " take_profit_price, confidence, reason, features, bar_close, expires_at)"
                " VALUES ($1, 'paper', $2, $3, $4, 'long', $5, $6, $7, 0.9, 'bench', '{}', $8, $9)",
                *(signal_id, SYMBOL, TIMEFRAME, STRATEGY, price),
                *(round(price * Decimal("0.98"), 8), round(price * Decimal("1.06"), 8)),
                quote.market_time + timedelta(microseconds=signal_id.int % 60_000_000),
                quote.market_time + timedelta(days=1),
            )
            if enqueue:
                await self._enqueue("signal", {"signal_id": str(signal_id)})
        return signal_id

    async def leave(self, trade_id: UUID) -> None:
        """Ask the executor to close a trade."""
        async with self.sql.transaction():
            await self._enqueue("exit", {"trade_id": str(trade_id), "reason": "manual"})

    async def _enqueue(self, kind: str, payload: dict[str, str]) -> None:
        await self.sql.execute(
            "INSERT INTO outbox (kind, payload) VALUES ($1, $2)", kind, json.dumps(payload)
        )
        await self.sql.execute("SELECT pg_notify('outbox', '0')")


@asynccontextmanager
async def bench_floor(settings: Settings, paper_url: str) -> AsyncIterator[BenchFloor]:
    """The floor with an executor composed but not yet running."""
    admin, sql = PaperAdmin(paper_url, TOKEN), await asyncpg.connect(settings.database_url)

    async def credentials(key: AccountKey) -> tuple[str, str]:
        return await admin.open_account(str(key.wallet_id))

    pool = GatewayPool(credentials, paper_url, None, utc_now, paper_weight=WEIGHT)
    reader = CcxtMarketReader(paper_url, None, utc_now, fresh_seconds=1.0, paper_weight=WEIGHT)
    account = TradingAccount(uuid4(), uuid4(), "paper", "paper", 0)
    await _arrange(sql, admin, account)
    try:
        async with compose_trading(settings, pool, reader) as trading:
            yield BenchFloor(sql, reader, trading, account)
    finally:
        await pool.close()
        await reader.close()
        await admin.close()
        await sql.close()


async def _arrange(sql: asyncpg.Connection, admin: PaperAdmin, account: TradingAccount) -> None:
    await sql.execute(
        "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'x')",
        account.user_id,
        f"{account.user_id}@example.com",
    )
    await sql.execute(
        "INSERT INTO risk_settings (user_id, max_daily_loss_usd, max_consecutive_losses) VALUES ($1, NULL, NULL)",
        account.user_id,
    )
    await sql.execute(
        "INSERT INTO wallets (id, user_id, name, venue, account_fingerprint, auto_trade_enabled, strategies,"
        " symbols, timeframes) VALUES ($1, $2, 'bench', 'paper', 'bench', true, $3, $4, $5)",
        *(account.wallet_id, account.user_id, [STRATEGY], [SYMBOL], [TIMEFRAME]),
    )
    await admin.open_account(str(account.wallet_id))
    await admin.deposit(str(account.wallet_id), Decimal(1_000_000), "bench")


__all__ = ["SYMBOL", "BenchFloor", "account_key", "bench_floor", "paper_process"]
