"""Rounds of a hundred asks over several processes against one user's limit, some processes killed on the way."""

import asyncio
import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg

from app.core.config import Settings
from tests.paper_venue import BACKEND
from tests.services.trading.floor import STRATEGY, SYMBOLS, TIMEFRAME
from tests.services.trading.still_market import MARKET_TIME, PRICE

WALLETS = 20
EQUITY = Decimal(10_000)
CAPACITY = 5
AMOUNTS = (150, 290, 410, 560, 730, 890)  # notional of one entry, by wallet
# What is limited, the limit, and the column of the ledger that it bounds.
KINDS: dict[str, tuple[dict[str, object], str, Decimal]] = {
    "positions": ({"max_open_positions": CAPACITY}, "positions", Decimal(CAPACITY)),
    "heat": ({"max_portfolio_heat": Decimal(1)}, "notional", EQUITY * WALLETS / 100),
    "open_risk": ({"max_open_risk_percent": Decimal("0.03")}, "open_risk", EQUITY * WALLETS * 3 / 10_000),
    "loss_budget": ({"max_daily_loss_usd": Decimal(60)}, "open_risk", Decimal(60)),
}
_NO_LIMITS = (
    "max_open_positions",
    "max_single_asset_exposure_percent",
    "max_correlated_positions",
    "max_portfolio_heat",
    "max_open_risk_percent",
    "max_daily_loss_usd",
    "max_daily_loss_percent",
)
Ask = tuple[UUID, UUID, UUID]  # signal, user, wallet


@dataclass(frozen=True, slots=True)
class RoundResult:
    """`used` of the ledger's column against `limit`; `room_left` says that a refused entry would have fitted."""

    kind: str
    asked: int
    accepted: int
    used: Decimal
    limit: Decimal
    room_left: bool
    killed: int

    @property
    def sound(self) -> bool:
        """Within the limit, and nothing was turned down that still fitted."""
        exact = self.kind != "positions" or self.accepted == CAPACITY
        return exact and self.used <= self.limit and not self.room_left


@dataclass
class Races:
    """Racing processes over one database. `sql` is a superuser's connection."""

    settings: Settings
    sql: asyncpg.Connection
    processes: int = 8
    racers: list[subprocess.Popen[str]] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - nothing secret

    async def open(self) -> None:
        """Start every process and wait until it is ready."""
        self.racers = [self._start() for _ in range(self.processes)]
        await asyncio.gather(*(self._line(racer) for racer in self.racers))

    def close(self) -> None:
        """End every process."""
        for racer in self.racers:
            racer.kill()
            racer.wait()

    async def round(self, kind: str, kills: int = 0) -> RoundResult:
        """A new user, twenty wallets and five signals; a hundred asks, spread over the processes at once. What
        a killed process leaves unanswered is asked again, as the outbox would."""
        asks = await self._arrange(kind)
        self.dice.shuffle(asks)
        shares = [asks[place :: len(self.racers)] for place in range(len(self.racers))]
        for racer, share in zip(self.racers, shares, strict=True):
            self._send(racer, share)
        victims = self.dice.sample(range(len(self.racers)), kills)
        if victims:
            await asyncio.sleep(self.dice.uniform(0.005, 0.12))
        for victim in victims:
            self.racers[victim].kill()
            self.racers[victim].wait()
        await asyncio.gather(
            *(self._line(racer) for place, racer in enumerate(self.racers) if place not in victims)
        )
        for victim in victims:
            self.racers[victim] = self._start()
            await self._line(self.racers[victim])
        left = await self._unanswered(asks)
        if left:
            self._send(self.racers[0], left)
            await self._line(self.racers[0])
        return await self._result(kind, asks, kills)

    async def _arrange(self, kind: str) -> list[Ask]:
        user_id, wallets = uuid4(), [uuid4() for _ in range(WALLETS)]
        settings = dict.fromkeys(_NO_LIMITS) | {"position_sizing_method": "fixed_amount"} | KINDS[kind][0]
        await self.sql.execute(
            "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'x')", user_id, f"{user_id}@test"
        )
        await self.sql.execute("INSERT INTO risk_settings (user_id) VALUES ($1)", user_id)
        for name, value in settings.items():
            await self.sql.execute(
                f"UPDATE risk_settings SET {name} = $2 WHERE user_id = $1",  # noqa: S608
                user_id,
                value,
            )
        for place, wallet_id in enumerate(wallets):
            await self.sql.execute(
                "INSERT INTO wallets (id, user_id, name, venue, account_fingerprint, auto_trade_enabled)"
                " VALUES ($1, $2, $3, 'paper', $3, true)",
                *(wallet_id, user_id, str(wallet_id)),
            )
            await self.sql.execute(
                "INSERT INTO wallet_risk_settings (user_id, wallet_id, fixed_amount_usd) VALUES ($1, $2, $3)",
                *(user_id, wallet_id, AMOUNTS[place % len(AMOUNTS)]),
            )
        for wallet in (None, *wallets):
            await self.sql.execute(
                "INSERT INTO risk_state (user_id, environment, wallet_id, balance, equity, free_margin,"
                " balance_as_of) VALUES ($1, 'paper', $2, $3, $3, $3, now() + interval '1 day')",
                *(user_id, wallet, EQUITY),
            )
        signals = [await self._signal(symbol) for symbol in SYMBOLS]
        return [(signal, user_id, wallet) for signal in signals for wallet in wallets]

    async def _signal(self, symbol: str) -> UUID:
        signal_id = uuid4()
        await self.sql.execute(
            "INSERT INTO signals (id, venue, symbol, timeframe, strategy, side, entry_price, stop_price,"
            " take_profit_price, confidence, reason, features, bar_close, expires_at) VALUES"
            " ($1, 'paper', $2, $3, $4, 'long', $5, $6, $7, 0.9, 'race', '{}',"
            " $8::timestamptz + make_interval(secs => $9), $8::timestamptz + interval '2 days')",
            *(
                signal_id,
                symbol,
                TIMEFRAME,
                STRATEGY,
                PRICE,
                PRICE * Decimal("0.98"),
                PRICE * Decimal("1.06"),
            ),
            *(MARKET_TIME, signal_id.int % 1_000_000 / 1_000_000),
        )
        return signal_id

    async def _unanswered(self, asks: list[Ask]) -> list[Ask]:
        rows = await self.sql.fetch(
            "SELECT signal_id, wallet_id FROM risk_decisions WHERE user_id = $1", asks[0][1]
        )
        answered = {(row[0], row[1]) for row in rows}
        return [ask for ask in asks if (ask[0], ask[2]) not in answered]

    async def _result(self, kind: str, asks: list[Ask], killed: int) -> RoundResult:
        user_id, (_, column, limit) = asks[0][1], KINDS[kind]
        used: Decimal = await self.sql.fetchval(
            f"SELECT {column} FROM risk_usage WHERE user_id = $1 AND scope = 'user'",  # noqa: S608
            user_id,
        )
        counted = await self.sql.fetchrow(
            "SELECT count(*), sum(positions), sum(notional), sum(open_risk) FROM risk_reservations"
            " WHERE user_id = $1 AND state <> 'released'",
            user_id,
        )
        place = {"positions": 1, "notional": 2, "open_risk": 3}[column]
        assert counted[place] == used, "the ledger's sums differ from its reservations"
        smallest = await self.sql.fetchval(
            f"SELECT min({'1' if column == 'positions' else _SIZE[column]}) FROM risk_decisions"  # noqa: S608
            " WHERE user_id = $1 AND NOT approved AND breaches::text NOT LIKE '%symbol_already_open%'",
            user_id,
        )
        room = smallest is not None and used + smallest <= limit
        return RoundResult(kind, len(asks), counted[0], Decimal(used), limit, room, killed)

    def _start(self) -> subprocess.Popen[str]:
        environment = os.environ | {
            "DATABASE_URL": self.settings.database_url,
            "REDIS_URL": self.settings.redis_url,
            "STACKALPHA_SECRET_KEY": self.settings.secret_key.get_secret_value(),
            "STACKALPHA_VAR_DIR": str(self.settings.var_dir),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "tests.services.trading.gate_racer"],
            cwd=BACKEND,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @staticmethod
    def _send(racer: subprocess.Popen[str], asks: list[Ask]) -> None:
        assert racer.stdin is not None
        racer.stdin.write(json.dumps([[str(part) for part in ask] for ask in asks]) + "\n")
        racer.stdin.flush()

    @staticmethod
    async def _line(racer: subprocess.Popen[str]) -> str:
        assert racer.stdout is not None
        line = await asyncio.get_running_loop().run_in_executor(None, racer.stdout.readline)
        if not line:
            raise AssertionError("a racing process died by itself")
        return line


_SIZE = {"notional": "notional", "open_risk": "risk_amount"}
