"""The gate's answers, written: decisions, reservations with their ceilings, entries and announcements.

One statement, so that a batch is one durable commit in one round trip. It claims every user of an approval by
the version of the ledger that the decision read; where another approval or a settlement came in between,
nothing at all is written and the batch is decided again. The ledger's checks stand behind that.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
import msgspec

from app.repositories.gate_rows import ZERO, StateRow


class LadderRow(msgspec.Struct, frozen=True, kw_only=True):
    """A step of an approval's ladder."""

    number: int
    price: Decimal
    quantity: Decimal
    notional: Decimal
    risk_amount: Decimal


class TradePlan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every trade has in common that one signal begins under the same rules; `number` is its place in its batch.
    What it takes from its signal is copied."""

    number: int
    order_side: str
    environment: str
    venue: str
    symbol: str
    strategy: str
    timeframe: str
    side: str
    signal_confidence: Decimal
    reason: str
    planned_entry_price: Decimal
    leverage: int
    stop_price: Decimal
    take_profit_price: Decimal | None
    trailing_enabled: bool
    trailing_activation_fraction: Decimal
    trailing_fraction: Decimal
    trailing_distance: Decimal | None
    volatility_multiple: Decimal | None
    scale_out_enabled: bool
    max_holding_minutes: int | None


class PlannedTrade(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The trade and first entry of an approval: what is its own, beside its plan's. The ladder's steps are behind its
    entry, the nearest first, none of them asked for yet."""

    trade_id: UUID
    client_order_id: str
    plan: int
    planned_quantity: Decimal
    planned_notional: Decimal
    planned_risk: Decimal
    session_closes_at: datetime | None
    ladder: tuple[LadderRow, ...] = ()
    ladder_step: int | None = None
    ladder_price: Decimal | None = None
    ladder_notional: Decimal = ZERO
    ladder_risk: Decimal = ZERO


def with_ladder(trade: PlannedTrade, steps: tuple[LadderRow, ...]) -> PlannedTrade:
    """Return the trade with these steps behind its entry."""
    return msgspec.structs.replace(
        trade,
        ladder=steps,
        ladder_step=steps[0].number,
        ladder_price=steps[0].price,
        ladder_notional=sum((step.notional for step in steps), ZERO),
        ladder_risk=sum((step.risk_amount for step in steps), ZERO),
    )


class DecisionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. `breaches` are rows of code, message, limit, value, scope."""

    id: UUID
    user_id: UUID
    wallet_id: UUID
    signal_id: UUID
    breaches: list[dict[str, str | None]]
    quantity: Decimal | None
    notional: Decimal | None
    risk_amount: Decimal | None
    requested_price: Decimal
    binding_cap: str | None
    market_time: datetime
    trade: PlannedTrade | None


class CeilingRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The most that one scope of a user may come to, reserved and used together; None where nothing limits.
    `expected` is the version of the user's own row that was read, 0 where there was none yet."""

    user_id: UUID
    environment: str
    scope: str
    scope_key: str
    expected: int
    positions: int | None
    notional: Decimal | None
    margin: Decimal | None
    open_risk: Decimal | None
    loss_budget: Decimal | None

    def lower(self, other: "CeilingRow") -> "CeilingRow":
        """The same scope under both: the lower of each ceiling."""
        bounds = {name: _lower(getattr(self, name), getattr(other, name)) for name in _BOUNDS}
        return msgspec.structs.replace(self, **bounds)


_BOUNDS = ("positions", "notional", "margin", "open_risk", "loss_budget")


def _lower(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    held = [bound for bound in (one, other) if bound is not None]
    return min(held, default=None)


class ScopeTrip(msgspec.Struct, frozen=True, kw_only=True):
    """The loss limit of a strategy or a symbol that was reached in the window of that length ("day", ...)."""

    user_id: UUID
    environment: str
    scope: str
    scope_key: str
    length: str
    tripped_at: datetime


class AnsweredBatch(msgspec.Struct, frozen=True, kw_only=True):
    """What one statement writes. `receipts` are in the order of the decisions, `plans` are those of their trades."""

    decisions: list[DecisionRow]
    receipts: list[bytes]
    ceilings: list[CeilingRow]
    plans: list[TradePlan]


_SET_CEILINGS = ", ".join(f"{name}_ceiling = EXCLUDED.{name}_ceiling" for name in _BOUNDS)
_CEILING_COLUMNS = (
    "positions_ceiling, notional_ceiling, margin_ceiling, open_risk_ceiling, loss_budget_ceiling"
)
_WRITE = f"""
WITH asked AS MATERIALIZED (
    SELECT d.*, t.*, p.*
    FROM ROWS FROM (json_to_recordset($1) AS (
        id uuid, user_id uuid, wallet_id uuid, signal_id uuid, breaches jsonb, quantity numeric,
        notional numeric, risk_amount numeric, requested_price numeric, binding_cap text,
        market_time timestamptz, trade json
    ), unnest($2::bytea[])) AS d (id, user_id, wallet_id, signal_id, breaches, quantity, notional, risk_amount,
        requested_price, binding_cap, market_time, trade, receipt)
    LEFT JOIN LATERAL json_to_record(d.trade) AS t (
        trade_id uuid, client_order_id text, plan integer, planned_quantity numeric, planned_notional numeric,
        planned_risk numeric, session_closes_at timestamptz, ladder json, ladder_step integer,
        ladder_price numeric, ladder_notional numeric, ladder_risk numeric
    ) ON d.trade IS NOT NULL
    LEFT JOIN json_to_recordset($4) AS p (
        number integer, order_side text, environment text, venue text, symbol text, strategy text, timeframe text,
        side text, signal_confidence numeric, reason text, planned_entry_price numeric, leverage integer,
        stop_price numeric, take_profit_price numeric, trailing_enabled boolean,
        trailing_activation_fraction numeric, trailing_fraction numeric, trailing_distance numeric,
        volatility_multiple numeric, scale_out_enabled boolean, max_holding_minutes integer
    ) ON p.number = t.plan
), ceilings AS MATERIALIZED (
    SELECT * FROM json_to_recordset($3) AS c (
        user_id uuid, environment text, scope text, scope_key text, expected integer, positions integer,
        notional numeric, margin numeric, open_risk numeric, loss_budget numeric)
), claimed AS (
    INSERT INTO risk_usage AS u (user_id, environment, scope, scope_key, version, {_CEILING_COLUMNS})
    SELECT user_id, environment, scope, scope_key, expected + 1, positions, notional, margin, open_risk,
           loss_budget FROM ceilings WHERE scope = 'user' ORDER BY user_id, environment
    ON CONFLICT (user_id, environment, scope, scope_key) DO UPDATE
        SET version = EXCLUDED.version, {_SET_CEILINGS} WHERE u.version = EXCLUDED.version - 1
    RETURNING 1
), held AS MATERIALIZED (
    SELECT (SELECT count(*) FROM claimed) = (SELECT count(*) FROM ceilings WHERE scope = 'user') AS yes
), bounded AS (
    INSERT INTO risk_usage AS u (user_id, environment, scope, scope_key, {_CEILING_COLUMNS})
    SELECT user_id, environment, scope, scope_key, positions, notional, margin, open_risk, loss_budget
    FROM ceilings, held WHERE held.yes AND scope <> 'user' ORDER BY user_id, environment, scope, scope_key
    ON CONFLICT (user_id, environment, scope, scope_key) DO UPDATE SET {_SET_CEILINGS}
), decided AS (
    INSERT INTO risk_decisions (id, user_id, wallet_id, signal_id, trade_id, approved, breaches, quantity,
        notional, risk_amount, requested_price, binding_cap, market_time, receipt)
    SELECT id, user_id, wallet_id, signal_id, trade_id, trade_id IS NOT NULL, breaches, quantity, notional,
        risk_amount, requested_price, binding_cap, market_time, receipt
    FROM asked, held WHERE held.yes
), entered AS (
    INSERT INTO trades (id, user_id, wallet_id, signal_id, environment, venue, symbol, strategy, timeframe,
        side, planned_quantity, planned_entry_price, planned_notional, leverage, initial_stop_price,
        stop_price, take_profit_price, trailing_enabled, trailing_activation_fraction, trailing_fraction,
        trailing_distance, volatility_multiple, scale_out_enabled, max_holding_minutes, session_closes_at, risk_amount,
        signal_confidence, reason, decided_at, ladder_step, ladder_price, ladder_notional, ladder_risk)
    SELECT a.trade_id, a.user_id, a.wallet_id, a.signal_id, a.environment, a.venue, a.symbol, a.strategy,
        a.timeframe, a.side, a.planned_quantity, a.planned_entry_price, a.planned_notional, a.leverage,
        a.stop_price, a.stop_price, a.take_profit_price, a.trailing_enabled,
        a.trailing_activation_fraction, a.trailing_fraction, a.trailing_distance,
        a.volatility_multiple, a.scale_out_enabled, a.max_holding_minutes, a.session_closes_at, a.planned_risk,
        a.signal_confidence, a.reason, a.market_time, a.ladder_step, a.ladder_price, a.ladder_notional, a.ladder_risk
    FROM asked a, held WHERE held.yes AND a.trade_id IS NOT NULL
), laddered AS (
    INSERT INTO ladder_steps (user_id, wallet_id, trade_id, number, price, quantity, notional, risk_amount)
    SELECT a.user_id, a.wallet_id, a.trade_id, s.*
    FROM asked a, held, json_to_recordset(a.ladder) AS s (
        number integer, price numeric, quantity numeric, notional numeric, risk_amount numeric)
    WHERE held.yes AND a.trade_id IS NOT NULL
), intended AS (
    INSERT INTO orders (client_order_id, user_id, wallet_id, trade_id, symbol, leg, attempt, order_type, side,
        quantity, requested_price, market_time)
    SELECT a.client_order_id, a.user_id, a.wallet_id, a.trade_id, a.symbol, 'entry', 1, 'market',
        a.order_side, a.planned_quantity, a.requested_price, a.market_time
    FROM asked a, held WHERE held.yes AND a.trade_id IS NOT NULL
), told AS (
    SELECT pg_notify('user_events', format('{{"user_id": "%s", "kind": "%s", "id": "%s"}}', a.user_id, n.kind, n.id))
    FROM asked a, held, LATERAL (VALUES ('position', a.trade_id), ('decision', a.id)) AS n (kind, id)
    WHERE held.yes AND n.id IS NOT NULL
)
SELECT held.yes, (SELECT count(*) FROM told) FROM held
"""  # noqa: S608 - no value of anybody's

WINDOW_FIELDS = tuple(
    name
    for name in StateRow.__struct_fields__
    if name.startswith(("day_", "week_", "month_")) or name == "peak_equity"
)
_BEGIN = f"""
UPDATE risk_state r SET {", ".join(f"{name} = x.{name}" for name in WINDOW_FIELDS)},
    updated_at = now()
FROM json_populate_recordset(NULL::risk_state, $1) x WHERE r.id = x.id
"""  # noqa: S608 - our own columns


_TRIP = f"""
INSERT INTO risk_usage AS u (user_id, environment, scope, scope_key, version,
    day_tripped_at, week_tripped_at, month_tripped_at)
SELECT user_id, environment, scope, scope_key, 0,
    {", ".join(f"max(tripped_at) FILTER (WHERE length = '{length}')" for length in ("day", "week", "month"))}
FROM json_to_recordset($1) AS t (user_id uuid, environment text, scope text, scope_key text, length text,
    tripped_at timestamptz)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
ON CONFLICT (user_id, environment, scope, scope_key) DO UPDATE SET
    day_tripped_at = coalesce(EXCLUDED.day_tripped_at, u.day_tripped_at),
    week_tripped_at = coalesce(EXCLUDED.week_tripped_at, u.week_tripped_at),
    month_tripped_at = coalesce(EXCLUDED.month_tripped_at, u.month_tripped_at)
"""  # noqa: S608 - our own columns


class SystemGateWriteRepository:
    """Writes of the gate over a bare connection of the system role."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def write(self, batch: AnsweredBatch) -> bool:
        """Write a batch; False, with nothing written, where a user's ledger changed since it was read."""
        return bool(
            await self._connection.fetchval(
                _WRITE,
                _json(batch.decisions),
                batch.receipts,
                _json(batch.ceilings),
                _json(batch.plans),
            )
        )

    async def store_windows(self, states: Sequence[StateRow]) -> None:
        """Write the windows and peaks of these locked rows."""
        if states:
            await self._connection.execute(_BEGIN, _json(states))

    async def store_trips(self, trips: Sequence[ScopeTrip]) -> None:
        """Write that loss limits of strategies and symbols were reached; their users' ledgers are locked."""
        if trips:
            await self._connection.execute(_TRIP, _json(trips))


def _json(rows: Sequence[msgspec.Struct]) -> str:
    return msgspec.json.encode(rows).decode()
