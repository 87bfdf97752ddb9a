"""What is added to positions: one tenant's rows, and the system's side of deciding about one."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import and_, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.adding import PlanFigures
from app.domain.position_size import Rung
from app.models.signal import Signal
from app.models.trade import LIVE, Trade
from app.models.trade_addition import LadderStep, TradeAddition
from app.repositories.gate_writes import DecisionRow

FOR_A_SIGNAL = "add to the position"
# Where every level with an opinion permits adding; the user's settings always have one.
_PERMITTED = (
    "EXISTS (SELECT 1 FROM risk_settings s WHERE s.user_id = t.user_id AND s.enable_pyramiding)"
    " AND NOT EXISTS (SELECT 1 FROM wallet_risk_settings s WHERE s.user_id = t.user_id"
    "  AND s.wallet_id = t.wallet_id AND s.enable_pyramiding IS FALSE)"
    " AND NOT EXISTS (SELECT 1 FROM scoped_risk_settings s WHERE s.user_id = t.user_id"
    "  AND s.enable_pyramiding IS FALSE AND ((s.scope = 'strategy' AND s.scope_key = t.strategy)"
    "  OR (s.scope = 'symbol' AND s.scope_key = t.symbol)))"
)
CANDIDATES = text(
    "SELECT t.user_id, t.wallet_id, t.id FROM trades t WHERE t.wallet_id = ANY (:wallets)"
    " AND t.venue = :venue AND t.symbol = :symbol AND t.strategy = :strategy AND t.timeframe = :timeframe"
    " AND t.side = :side AND t.status IN ('OPEN_UNPROTECTED', 'PROTECTED') AND t.exit_requested IS NULL"
    " AND t.LIVE AND t.signal_id IS DISTINCT FROM :signal AND (PERMITTED) ORDER BY t.wallet_id".replace(
        "LIVE", LIVE
    ).replace("PERMITTED", _PERMITTED)
)
_WORKING = "o.status IN ('INTENT', 'SENDING', 'OPEN', 'PARTIAL')"
_OF_TRADE = "FROM orders o WHERE o.user_id = t.user_id AND o.trade_id = t.id AND o.leg"
_HELD = """
SELECT t.id, t.status, t.side, t.venue, t.symbol, t.strategy, t.environment, t.leverage, t.quantity,
    t.entry_price, t.stop_price, t.take_profit_price, t.exit_requested, t.scale_out_enabled, t.scale_out_quantity,
    t.adding_notional,
    t.planned_quantity, t.planned_entry_price, t.planned_notional, t.risk_amount,
    coalesce(t.reference_stop_price, t.initial_stop_price) AS planned_stop_price,
    (SELECT CASE t.side WHEN 'long' THEN max(o.trigger_price) ELSE min(o.trigger_price) END FROM own AND o.leg = 'stop'
        AND o.status IN ('OPEN', 'PARTIAL') AND o.quantity - o.filled_quantity >= t.quantity) AS live_stop_price,
    (SELECT coalesce(sum(o.filled_quantity), 0) FROM own AND o.leg IN ('entry', 'add')) AS entered_quantity,
    t.entry_until IS NOT NULL OR EXISTS (SELECT 1 FROM own AND o.leg <> 'stop' AND (working)) AS is_working,
    (SELECT count(*) FROM own AND o.leg = 'add' AND (o.filled_quantity > 0 OR (working)) AND NOT EXISTS (
        SELECT 1 FROM trade_additions a WHERE a.trade_id = t.id AND a.number = o.attempt AND a.step IS NOT NULL))
        AS additions,
    greatest((SELECT max(a.number) FROM trade_additions a WHERE a.user_id = t.user_id AND a.trade_id = t.id),
        (SELECT max(o.attempt) FROM own AND o.leg = 'add'), 0) AS last_number,
    t.ladder_step, t.ladder_price,
    EXISTS (SELECT 1 FROM risk_decisions d WHERE d.wallet_id = t.wallet_id AND d.signal_id = $2) AS is_decided
FROM trades t WHERE t.id = $1
""".replace("FROM own AND o.leg", _OF_TRADE).replace("(working)", _WORKING)
_DECIDE = """
INSERT INTO risk_decisions (id, user_id, wallet_id, signal_id, trade_id, approved, breaches, quantity, notional,
    risk_amount, requested_price, binding_cap, market_time, receipt)
SELECT $1, t.user_id, t.wallet_id, $3, CASE WHEN $4 THEN t.id END, $4, $5::jsonb, $6, $7, $8, $9, $10, $11, $12
FROM trades t WHERE t.id = $2
"""
_ADD = """
INSERT INTO trade_additions (user_id, wallet_id, trade_id, signal_id, step, number, before_quantity,
    before_entry_price, before_notional, before_risk_amount, before_stop_price, quantity, entry_price, notional,
    risk_amount, stop_price, decided_at)
SELECT t.user_id, t.wallet_id, t.id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
FROM trades t WHERE t.id = $1
"""
_INTENT = """
INSERT INTO orders (client_order_id, user_id, wallet_id, trade_id, symbol, leg, attempt, order_type, side, quantity,
    requested_price, market_time, reason)
SELECT $2, t.user_id, t.wallet_id, t.id, t.symbol, 'add', $3, 'market', $4, $5, $6, $7, $8
FROM trades t WHERE t.id = $1
"""
_STEP = "SELECT price, quantity, notional, risk_amount FROM ladder_steps WHERE trade_id = $1 AND number = $2"
_TELL = """
SELECT pg_notify('user_events', format('{"user_id": "%s", "kind": "%s", "id": "%s"}', t.user_id, n.kind, n.id))
FROM trades t, LATERAL (VALUES ('position', t.id), ('decision', $2::uuid)) AS n (kind, id)
WHERE t.id = $1 AND n.id IS NOT NULL
"""


class HeldTrade(msgspec.Struct, frozen=True, kw_only=True):
    """A trade that might be added to. `live_stop_price` is the best trigger of a stop at the venue that covers all of
    it, None without one; `entered_quantity` what the venue filled of its entry and additions; `is_working` while an
    order of it that is no stop may still be filled, or its entry goes on; `additions` counts those that were filled
    or still may be, steps of its ladder apart. `ladder_*` is the next of these, None without one. `is_decided`: the
    wallet has its answer to the signal."""

    id: UUID
    status: str
    side: str
    venue: str
    symbol: str
    strategy: str
    environment: str
    leverage: int
    quantity: Decimal
    entry_price: Decimal | None
    stop_price: Decimal
    take_profit_price: Decimal | None
    exit_requested: str | None
    scale_out_enabled: bool
    scale_out_quantity: Decimal
    adding_notional: Decimal
    planned_quantity: Decimal
    planned_entry_price: Decimal
    planned_notional: Decimal
    risk_amount: Decimal
    planned_stop_price: Decimal
    live_stop_price: Decimal | None
    entered_quantity: Decimal
    is_working: bool
    additions: int
    last_number: int
    ladder_step: int | None
    ladder_price: Decimal | None
    is_decided: bool


class DecidedAddition(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one signal about one trade, with its receipt, None where no rule was asked."""

    decision: DecisionRow
    trade_id: UUID
    receipt: bytes | None


class NewAddition(msgspec.Struct, frozen=True, kw_only=True):
    """An addition to be written with the intent of its order: of a signal, or a step of the ladder. `before` is what
    the trade was planned at, `plan` what is added; `requested_price` the price of this moment, `at` market time."""

    trade_id: UUID
    number: int
    before: PlanFigures
    plan: PlanFigures
    client_order_id: str
    side: str
    requested_price: Decimal
    at: datetime
    signal_id: UUID | None = None
    step: int | None = None

    @property
    def reason(self) -> str:
        """Why its order is there."""
        return FOR_A_SIGNAL if self.step is None else f"step {self.step} of the ladder"


class TradeAdditionRepository:
    """Additions of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_trade(self, user_id: UUID, trade_id: UUID) -> list[TradeAddition]:
        """Every addition to a trade, the first one first."""
        statement = (
            select(TradeAddition)
            .where(TradeAddition.user_id == user_id, TradeAddition.trade_id == trade_id)
            .order_by(TradeAddition.number)
        )
        return list((await self._session.execute(statement)).scalars())

    async def numbered(
        self, user_id: UUID, trade_id: UUID, number: int
    ) -> tuple[TradeAddition, Signal] | None:
        """The addition of that number with the signal it came from, of a step the trade's own; None where there is
        none."""
        statement = (
            select(TradeAddition, Signal)
            .join(Trade, and_(Trade.user_id == TradeAddition.user_id, Trade.id == TradeAddition.trade_id))
            .join(Signal, Signal.id == func.coalesce(TradeAddition.signal_id, Trade.signal_id))
            .where(
                TradeAddition.user_id == user_id,
                TradeAddition.trade_id == trade_id,
                TradeAddition.number == number,
            )
        )
        row = (await self._session.execute(statement)).first()
        return None if row is None else (row[0], row[1])

    async def ladder(self, user_id: UUID, trade_id: UUID) -> list[LadderStep]:
        """Every step of the trade's ladder, the nearest to the entry first."""
        statement = (
            select(LadderStep)
            .where(LadderStep.user_id == user_id, LadderStep.trade_id == trade_id)
            .order_by(LadderStep.number)
        )
        return list((await self._session.execute(statement)).scalars())

    async def steps_left(self, user_id: UUID, trade: Trade) -> tuple[Rung, ...] | None:
        """The steps of the trade's ladder that nobody asked for yet; None without one."""
        if trade.ladder_step is None:
            return None
        return tuple(
            Rung(
                price=step.price,
                quantity=step.quantity,
                notional=step.notional,
                risk_amount=step.risk_amount,
            )
            for step in await self.ladder(user_id, trade.id)
            if step.number >= trade.ladder_step
        )


class SystemTradeAdditionRepository:
    """Additions of every tenant, over a bare connection of the system role."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def lock(self, trade_id: UUID) -> None:
        """Lock the trade until the transaction ends."""
        await self._connection.execute("SELECT 1 FROM trades WHERE id = $1 FOR UPDATE", trade_id)

    async def held(self, trade_id: UUID, signal_id: UUID | None) -> HeldTrade | None:
        """The trade as it stands, and whether the signal was answered; None where there is none of that id."""
        row = await self._connection.fetchrow(_HELD, trade_id, signal_id)
        return None if row is None else HeldTrade(**dict(row))

    async def move_stop(self, trade_id: UUID, stop_price: Decimal) -> None:
        """Write the stop that is wanted now; the trade is locked."""
        await self._connection.execute(
            "UPDATE trades SET stop_price = $2, updated_at = now() WHERE id = $1", trade_id, stop_price
        )
        await self.tell(trade_id)

    async def decide(self, decided: DecidedAddition, *, approved: bool) -> None:
        """Write the answer; a wallet has one answer to a signal."""
        row = decided.decision
        await self._connection.execute(
            _DECIDE,
            *(row.id, decided.trade_id, row.signal_id, approved),
            msgspec.json.encode(row.breaches).decode(),
            *(row.quantity, row.notional, row.risk_amount, row.requested_price),
            *(row.binding_cap, row.market_time, decided.receipt),
        )
        await self._connection.execute(_TELL, decided.trade_id, row.id)

    async def step(self, trade_id: UUID, number: int) -> Rung | None:
        """A step of the trade's ladder as it was reserved; None where there is none of that number."""
        row = await self._connection.fetchrow(_STEP, trade_id, number)
        return None if row is None else Rung(**dict(row))

    async def add(self, new: NewAddition) -> None:
        """Write an addition and the intent of its order. Raises asyncpg.CheckViolationError where it does not fit
        under the ledger's ceilings or into what was reserved, or the trade cannot be added to."""
        trade_id, number = new.trade_id, new.number
        figures = [*_figures(new.before), *_figures(new.plan)]
        await self._connection.execute(_ADD, trade_id, new.signal_id, new.step, number, *figures, new.at)
        await self._connection.execute(
            _INTENT,
            *(trade_id, new.client_order_id, number, new.side, new.plan.quantity),
            *(new.requested_price, new.at, new.reason),
        )
        await self.tell(trade_id)

    async def tell(self, trade_id: UUID) -> None:
        """Have the monitor and the owner's pages read the trade again."""
        await self._connection.execute("SELECT pg_notify('trades', $1)", str(trade_id))
        await self._connection.execute(_TELL, trade_id, None)


def _figures(plan: PlanFigures) -> tuple[Decimal, ...]:
    return plan.quantity, plan.entry_price, plan.notional, plan.risk_amount, plan.stop_price
