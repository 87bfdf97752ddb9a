"""One user before the gate: a real database, a market that stands still, and facts that a test sets by SQL."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg

from app.core.config import Settings
from app.services.trading.decision_lanes import TradeDecision
from tests.services.trading.floor import BTC, STRATEGY, TIMEFRAME
from tests.services.trading.gate_racer import GateDesk
from tests.services.trading.still_market import MARKET_TIME, PRICE

EQUITY = Decimal(10_000)
UNLIMITED = (
    "max_position_size_usd",
    "max_position_size_percent",
    "max_portfolio_heat",
    "max_open_risk_percent",
    "max_open_positions",
    "max_leverage",
    "max_daily_loss_usd",
    "max_daily_loss_percent",
    "max_weekly_loss_percent",
    "max_monthly_loss_percent",
    "min_risk_reward_ratio",
    "max_correlated_positions",
    "max_single_asset_exposure_percent",
    "max_consecutive_losses",
    "min_signal_confidence",
    "max_correlation",
)


@dataclass
class GateWorld:
    """`user_id` has no limit of its own; `wallet_id` holds 10,000; an entry is 1,000 of notional, one coin."""

    sql: asyncpg.Connection
    desk: GateDesk
    user_id: UUID = field(default_factory=uuid4)
    wallet_id: UUID = field(default_factory=uuid4)

    @classmethod
    async def open(cls, settings: Settings, sql: asyncpg.Connection, desk: GateDesk) -> "GateWorld":
        """A new user with one wallet, whose windows of the day, the week and the month have begun at 10,000."""
        world = cls(sql, desk)
        await sql.execute(
            "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'x')",
            *(world.user_id, f"{world.user_id}@{settings.deployment}"),
        )
        columns = ", ".join(f"{name} = NULL" for name in UNLIMITED)
        await sql.execute("INSERT INTO risk_settings (user_id) VALUES ($1)", world.user_id)
        await sql.execute(
            f"UPDATE risk_settings SET {columns}, position_sizing_method = 'fixed_amount',"  # noqa: S608
            " fixed_amount_usd = 1000 WHERE user_id = $1",
            world.user_id,
        )
        await world.add_wallet(world.wallet_id)
        return world

    async def add_wallet(self, wallet_id: UUID) -> UUID:
        await self.sql.execute(
            "INSERT INTO wallets (id, user_id, name, venue, account_fingerprint, auto_trade_enabled)"
            " VALUES ($1, $2, $3, 'paper', $3, true)",
            *(wallet_id, self.user_id, str(wallet_id)),
        )
        await self.sql.execute(
            "INSERT INTO wallet_risk_settings (user_id, wallet_id) VALUES ($1, $2)", self.user_id, wallet_id
        )
        for own in (None, wallet_id):
            await self.sql.execute(
                "INSERT INTO risk_state (user_id, environment, wallet_id, balance, equity, free_margin,"
                " balance_as_of, day_start, day_start_equity, week_start, week_start_equity, month_start,"
                " month_start_equity, peak_equity) VALUES ($1, 'paper', $2, $3, $3, $3,"
                " now() + interval '1 day', date_trunc('day', $4::timestamptz), $3,"
                " date_trunc('week', $4::timestamptz), $3, date_trunc('month', $4::timestamptz), $3, $3)"
                " ON CONFLICT DO NOTHING",
                *(self.user_id, own, EQUITY, MARKET_TIME),
            )
        return wallet_id

    async def limit(self, level: str, name: str, value: object) -> None:
        """Set one limit at one level: user, wallet, strategy, symbol or platform (by the rule's own field)."""
        if level == "platform":
            await self.sql.execute(
                "INSERT INTO platform_risk_limits (field, value) VALUES ($1, $2)", name, Decimal(str(value))
            )
        elif level in ("strategy", "symbol"):
            key = STRATEGY if level == "strategy" else BTC
            await self.sql.execute(
                f"INSERT INTO scoped_risk_settings (user_id, scope, scope_key, {name}) VALUES ($1, $2, $3, $4)",  # noqa: S608
                *(self.user_id, level, key, value),
            )
        else:
            table, column, own = (
                ("risk_settings", "user_id", self.user_id)
                if level == "user"
                else ("wallet_risk_settings", "wallet_id", self.wallet_id)
            )
            await self.sql.execute(f"UPDATE {table} SET {name} = $2 WHERE {column} = $1", own, value)  # noqa: S608

    async def state(self, **figures: object) -> None:
        """Set figures of the user's and the wallet's risk row."""
        for name, value in figures.items():
            await self.sql.execute(
                f"UPDATE risk_state SET {name} = $2 WHERE user_id = $1",  # noqa: S608
                self.user_id,
                value,
            )

    async def trade(
        self,
        symbol: str = BTC,
        *,
        wallet_id: UUID | None = None,
        status: str = "PROTECTED",
        net: str = "0",
        entry: str = "1000",
        closed_before: timedelta | None = None,
    ) -> UUID:
        """A trade of one coin, planned at 1,000, that risks 20 at its stop: open, or closed a while ago."""
        trade_id = uuid4()
        closed = status == "CLOSED"
        await self.sql.execute(
            "INSERT INTO trades (id, user_id, wallet_id, environment, venue, symbol, strategy, timeframe, side,"
            " status, planned_quantity, planned_entry_price, planned_notional, leverage, quantity, entry_price,"
            " initial_stop_price, stop_price, trailing_enabled, trailing_activation_fraction,"
            " trailing_fraction, risk_amount, signal_confidence, reason, realized_pnl, closed_at, decided_at)"
            " VALUES ($1, $2, $3, 'paper', 'paper', $4, $5, '1h', 'long', $6, 1, 1000, 1000, 10, $7, $11,"
            " 980, 980, false, 0, 0, 20, 0.9, 'test', $8, $9, $10)",
            *(trade_id, self.user_id, wallet_id or self.wallet_id, symbol, STRATEGY, status),
            *(0 if closed else 1, Decimal(net)),
            MARKET_TIME - closed_before if closed_before is not None else None,
            MARKET_TIME - (closed_before or timedelta()),
            Decimal(entry),
        )
        await self.sql.execute(
            "INSERT INTO orders (client_order_id, user_id, wallet_id, trade_id, symbol, leg, attempt, status,"
            " order_type, side, quantity, filled_quantity, created_at) VALUES ($1, $2, $3, $4, $5, 'stop', 1,"
            " $6, 'stop_market', 'sell', 1, 0, now() - interval '1 hour')",
            *(trade_id.hex, self.user_id, wallet_id or self.wallet_id, trade_id, symbol),
            "CANCELED" if closed else "OPEN",
        )
        return trade_id

    async def signal(
        self,
        symbol: str = BTC,
        *,
        confidence: str = "0.9",
        stop: str = "0.02",
        target: str | None = "0.06",
        valid_for: timedelta = timedelta(days=2),
        moved: str = "0",
        venue: str = "paper",
        side: str = "long",
    ) -> UUID:
        """A signal; `stop` and `target` are fractions of the price away from it, `moved` is how far it has risen
        since, as a fraction of the signal's price."""
        signal_id, sign = uuid4(), 1 if side == "long" else -1
        price = (PRICE / (1 + Decimal(moved))).quantize(Decimal("1e-10"))
        await self.sql.execute(
            "INSERT INTO signals (id, venue, symbol, timeframe, strategy, side, entry_price, stop_price,"
            " take_profit_price, confidence, reason, features, bar_close, expires_at)"
            " VALUES ($1, $11, $2, $3, $4, $12, $5, $6, $7, $8, 'test', '{}', $9, $10)",
            *(signal_id, symbol, TIMEFRAME, STRATEGY, price, PRICE * (1 - sign * Decimal(stop))),
            *(None if target is None else PRICE * (1 + sign * Decimal(target)), Decimal(confidence)),
            *(MARKET_TIME + timedelta(microseconds=signal_id.int % 60_000_000), MARKET_TIME + valid_for),
            *(venue, side),
        )
        return signal_id

    async def ask(self, signal_id: UUID, *wallets: UUID) -> list[TradeDecision]:
        """Decide for these wallets, for the user's first one when none is named."""
        return await self.desk.ask(
            signal_id, *((self.user_id, wallet) for wallet in wallets or (self.wallet_id,))
        )
