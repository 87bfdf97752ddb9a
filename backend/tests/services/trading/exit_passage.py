"""Whatever stands against an entry, the gate lets a way out pass: one wallet whose positions want to leave, or want
their stop, before limits, halts, breakers, pauses and missing facts drawn at random."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.clock import utc_now
from app.core.config import DatabaseRole, Settings, role_database_url
from app.core.db import Database
from app.domain.limit_table import BY_SETTING, LimitUnit
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.price_book import PriceBook
from app.services.trading.balances import BalanceKeeper
from app.services.trading.desk import Desk
from app.services.trading.gate import Passed, pass_gate
from app.services.trading.markets import MarketView
from app.services.trading.order_books import OrderBooks
from app.services.trading.terms import TradingTerms
from app.services.trading.trade_case import TradeCase
from tests.services.trading.floor import BTC, ETH, SOL
from tests.services.trading.gate_racer import GateDesk
from tests.services.trading.gate_world import GateWorld
from tests.services.trading.still_market import NoVenue

LEGS = {"exit": BTC, "scale_out": ETH, "stop": SOL}
EPOCH = 1
SCOPES = ("platform", "venue", "user", "wallet")
LEVELS = ("user", "wallet", "strategy", "symbol")
WHOLE = {"max_leverage", *(name for name, one in BY_SETTING.items() if one.unit is LimitUnit.COUNT)}


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What stands against entries. `limits` by level and setting; `states` by scope of a breaker; `facts` of the
    risk rows; `price` None is no price, `quoted_before` how old it is."""

    limits: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    paused: bool = False
    frozen: bool = False
    switched_off: bool = False
    price: Decimal | None = None
    quoted_before: timedelta = timedelta()


def _limits() -> st.SearchStrategy[Mapping[tuple[str, str], Decimal]]:
    def value(name: str) -> st.SearchStrategy[Decimal]:
        if name in WHOLE:
            return st.integers(0, 3).map(Decimal)
        if BY_SETTING[name].larger_is_stricter:
            return st.sampled_from([Decimal(0), Decimal(1), Decimal("NaN")])
        return st.sampled_from([Decimal(0), Decimal("0.01"), Decimal(1), Decimal("NaN")])

    one = st.sampled_from(sorted(BY_SETTING)).flatmap(
        lambda name: st.tuples(st.tuples(st.sampled_from(LEVELS), st.just(name)), value(name))
    )
    return st.lists(one, max_size=6).map(dict)


def obstacles() -> st.SearchStrategy[Obstacles]:
    """Any of them, none or all."""
    amount = st.none() | st.sampled_from([Decimal(0), Decimal(-5_000), Decimal(1), Decimal(10_000)])
    tripped = st.none() | st.just(utc_now())
    facts = {
        "balance": amount,
        "equity": amount,
        "free_margin": amount,
        "balance_as_of": st.none() | st.just(utc_now() - timedelta(days=2)),
        "day_tripped_at": tripped,
        "week_tripped_at": tripped,
        "month_tripped_at": tripped,
        "day_start_equity": amount,
        "peak_equity": amount,
        "consecutive_losses": st.integers(0, 50),
    }
    return st.builds(
        Obstacles,
        limits=_limits(),
        states=st.dictionaries(st.sampled_from(SCOPES), st.sampled_from(["reduce_only", "halted"])),
        facts=st.fixed_dictionaries({}, optional=facts),
        paused=st.booleans(),
        frozen=st.booleans(),
        switched_off=st.booleans(),
        price=st.none() | st.sampled_from([Decimal("0.01"), Decimal(1_000), Decimal(10) ** 7]),
        quoted_before=st.sampled_from([timedelta(), timedelta(minutes=20), timedelta(days=30)]),
    )


class ExitPassage:
    """One wallet with three positions: one that wants to leave, one that wants to leave in part, and one that wants
    its stop."""

    def __init__(self, world: GateWorld, worker: Database, desk: Desk) -> None:
        self._world = world
        self._worker = worker
        self._desk = desk
        self._orders: dict[str, UUID] = {}

    @classmethod
    async def open(cls, configured: Settings, sql: asyncpg.Connection, gate: GateDesk) -> "ExitPassage":
        """Make the wallet, its positions and their orders, and lease its shard."""
        world = await GateWorld.open(configured, sql, gate)
        worker = Database(role_database_url(configured, DatabaseRole.WORKER), connections=9)
        markets = MarketView(gate.market, PriceBook())
        desk = Desk(
            database=worker,
            system=worker,
            gateways=NoVenue(),
            markets=markets,
            balances=BalanceKeeper(worker, NoVenue(), markets),
            risk=gate.risk,
            terms=TradingTerms("sa"),
            books=OrderBooks(gate.market),
        )
        desk.leases.epochs[0] = EPOCH
        held = cls(world, worker, desk)
        await sql.execute(
            "INSERT INTO shard_leases (shard, holder, epoch, expires_at) VALUES (0, 'exits', $1, 'infinity')"
            " ON CONFLICT (shard) DO UPDATE SET epoch = $1, expires_at = 'infinity'",
            EPOCH,
        )
        for leg, symbol in LEGS.items():
            held._orders[leg] = await held._position(leg, symbol)
        return held

    async def _position(self, leg: str, symbol: str) -> UUID:
        trade_id = await self._world.trade(symbol)
        if leg == "stop":
            await self._world.sql.execute(
                "UPDATE orders SET status = 'INTENT', trigger_price = 980 WHERE trade_id = $1", trade_id
            )
            return trade_id
        await self._world.sql.execute(
            "INSERT INTO orders (client_order_id, user_id, wallet_id, trade_id, symbol, leg, attempt, status,"
            " order_type, side, quantity, filled_quantity, reduce_only)"
            " VALUES ($1, $2, $3, $4, $5, $6, 1, 'INTENT', 'market', 'sell', 1, 0, true)",
            *(
                f"{leg}-{trade_id.hex}"[:32],
                self._world.user_id,
                self._world.wallet_id,
                trade_id,
                symbol,
                leg,
            ),
        )
        return trade_id

    async def passes(self, drawn: Obstacles) -> dict[str, Decimal | None]:
        """Put the obstacles up, take every order to the gate, and take both back; the quantity that may leave, by
        leg, None where the gate refused."""
        await self._put_up(drawn)
        try:
            return {leg: await self._at_the_gate(leg, trade_id) for leg, trade_id in self._orders.items()}
        finally:
            await self._take_down()

    async def _at_the_gate(self, leg: str, trade_id: UUID) -> Decimal | None:
        user_id, wallet_id = self._world.user_id, self._world.wallet_id
        async with self._worker.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            case = await TradeCase.load(transaction, trade_id)
            assert case is not None
            order = next(one for one in case.orders if one.leg == leg)
            account = TradingAccount(user_id, wallet_id, "paper", "paper", 0)
            passed = await pass_gate(self._desk, transaction, account, case, order, utc_now())
            await session.rollback()
        return passed.ticket.quantity if isinstance(passed, Passed) else None

    async def _put_up(self, drawn: Obstacles) -> None:
        world, sql = self._world, self._world.sql
        for (level, name), value in drawn.limits.items():
            if level in ("strategy", "symbol"):
                await sql.execute("DELETE FROM scoped_risk_settings WHERE user_id = $1", world.user_id)
            await world.limit(level, name, int(value) if name in WHOLE else value)
        for scope, state in drawn.states.items():
            subject = {"platform": "platform", "venue": "paper", "user": str(world.user_id)}.get(
                scope, str(world.wallet_id)
            )
            owner = world.user_id if scope in ("user", "wallet") else None
            await sql.execute(
                "INSERT INTO breaker_states (scope, scope_id, user_id, state, reason, changed_by)"
                " VALUES ($1, $2, $3, $4, 'test', 'test')",
                *(scope, subject, owner, state),
            )
        await world.state(**drawn.facts)
        await sql.execute(
            "UPDATE risk_settings SET trading_paused = $2 WHERE user_id = $1", world.user_id, drawn.paused
        )
        await sql.execute(
            "UPDATE wallets SET entries_frozen_reason = $2, auto_trade_enabled = $3 WHERE id = $1",
            *(world.wallet_id, "test" if drawn.frozen else None, not drawn.switched_off),
        )
        for symbol in LEGS.values():
            world.desk.market.prices[symbol] = drawn.price
        world.desk.market.quoted_before = drawn.quoted_before

    async def _take_down(self) -> None:
        world, sql = self._world, self._world.sql
        await sql.execute("DELETE FROM scoped_risk_settings WHERE user_id = $1", world.user_id)
        await sql.execute("DELETE FROM breaker_states WHERE reason = 'test'")
        for table in ("risk_settings", "wallet_risk_settings"):
            columns = ", ".join(f"{name} = NULL" for name in sorted(BY_SETTING))
            await sql.execute(f"UPDATE {table} SET {columns} WHERE user_id = $1", world.user_id)  # noqa: S608
        world.desk.market.prices.clear()
        world.desk.market.quoted_before = timedelta()

    async def close(self) -> None:
        await self._world.sql.execute("DELETE FROM shard_leases WHERE holder = 'exits'")
        await self._worker.close()


def every_exit_passes(configured: Settings, examples: int) -> None:
    """Ask that of so many random obstacles; AssertionError with the smallest that turns a way out down."""
    with asyncio.Runner() as runner:
        sql = runner.run(asyncpg.connect(configured.database_url))
        gate = GateDesk(configured)
        passage = runner.run(ExitPassage.open(configured, sql, gate))

        @given(drawn=obstacles())
        @settings(
            max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        def holds(drawn: Obstacles) -> None:
            assert runner.run(passage.passes(drawn)) == dict.fromkeys(LEGS, Decimal(1))

        try:
            holds()
        finally:
            runner.run(passage.close())
            runner.run(gate.close())
            runner.run(sql.close())
