"""Open positions of every tenant: in columns for the monitor's book, and exactly where one is decided about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

import asyncpg
import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.exit_gates import NEVER_MS, Rows
from app.domain.timeframes import Timeframe

WATCHED: Final = ("OPEN_UNPROTECTED", "PROTECTED")
ROWS_AT_ONCE: Final = 2_000
_FIRST: Final = UUID(int=0)
# What is written later may have been seen earlier: by a monitor that hung, or by a question that waited.
BETTER_EXTREME: Final = """
    CASE trades.side WHEN 'long' THEN greatest(trades.extreme_price, BEST)
        ELSE least(trades.extreme_price, BEST) END
"""

_ENTERED = (
    "greatest(t.quantity, (SELECT sum(o.filled_quantity) FROM orders o"
    " WHERE o.trade_id = t.id AND o.leg IN ('entry', 'add')))"
)
_R_STOP = "coalesce(t.reference_stop_price, t.initial_stop_price)"  # the stop that R is reckoned to
# Whether the venue holds the stop that is wanted: one over all of the position, at that price or a tighter one. A stop
# that could not be moved there yet, or was refused, is the monitor's to trigger.
_STANDS = (
    "coalesce((SELECT bool_or(CASE t.side WHEN 'long' THEN o.trigger_price >= t.stop_price"
    " ELSE o.trigger_price <= t.stop_price END) FROM orders o WHERE o.trade_id = t.id AND o.leg = 'stop'"
    " AND o.status IN ('OPEN', 'PARTIAL') AND o.quantity - o.filled_quantity >= t.quantity), true)"
)
_MILLISECONDS = "(extract(epoch FROM {}) * 1000)::bigint"
_TIME_EXIT = "t.opened_at + make_interval(mins => t.max_holding_minutes)"
_FROM = (
    " FROM trades t JOIN wallets w ON w.user_id = t.user_id AND w.id = t.wallet_id"
    " WHERE t.status = ANY(CAST(:watched AS text[])) AND t.exit_requested IS NULL AND t.entry_price IS NOT NULL"
)
_COLUMNS = f"""
SELECT t.venue, t.symbol, t.side, uuid_send(t.id), t.timeframe,
    t.entry_price::float8, (t.entry_price - {_R_STOP})::float8, t.stop_price::float8,
    coalesce(t.take_profit_price::float8, 'NaN'), coalesce(t.ladder_price::float8, 'NaN'),
    CASE WHEN t.trailing_enabled THEN (t.entry_price * (1 + t.trailing_activation_fraction
        * CASE t.side WHEN 'long' THEN 1 ELSE -1 END))::float8 ELSE 'NaN' END,
    CASE WHEN t.trailing_enabled AND t.trailing_distance IS NULL
        THEN t.trailing_fraction::float8 ELSE 'NaN' END,
    CASE WHEN t.trailing_enabled THEN coalesce(t.trailing_distance::float8, 'NaN') ELSE 'NaN' END,
    coalesce(t.volatility_multiple::float8, 'NaN'),
    coalesce(t.extreme_price, t.entry_price)::float8,
    coalesce({_MILLISECONDS.format(f"least({_TIME_EXIT}, t.session_closes_at, t.funding_leaves_at)")}, {NEVER_MS}),
    t.scale_out_enabled, t.scale_out_step, {_ENTERED}::float8, w.shard, t.trailing_armed,
    t.status = 'PROTECTED' AND {_STANDS}
{_FROM}
"""
_OF_SHARDS = text(
    _COLUMNS + " AND w.shard = ANY(CAST(:shards AS int[])) AND t.id > :after ORDER BY t.id LIMIT :most"
)
_OF_IDS = text(
    _COLUMNS + " AND t.id = ANY(CAST(:trades AS uuid[])) AND w.shard = ANY(CAST(:shards AS int[]))"
)
_EXACT = (
    "SELECT t.id, t.user_id, t.wallet_id, w.shard, t.venue, t.symbol, t.side, t.status, t.timeframe,"
    f" t.entry_price, {_R_STOP}, t.stop_price, t.take_profit_price, t.trailing_enabled,"
    " t.trailing_activation_fraction, t.trailing_fraction, t.trailing_distance, t.trailing_armed,"
    f" t.volatility_multiple, t.scale_out_enabled, t.scale_out_step, {_ENTERED} AS entered_quantity,"
    f" {_MILLISECONDS.format(_TIME_EXIT)} AS time_exit_ms,"
    f" {_MILLISECONDS.format('t.session_closes_at')} AS session_close_ms,"
    f" {_MILLISECONDS.format('t.funding_leaves_at')} AS funding_leave_ms, t.ladder_price, t.ladder_step,"
    f" {_STANDS} AS stop_stands"
    f"{_FROM.replace(':watched', '$2')} AND t.id = ANY(CAST($1 AS uuid[]))"
)
# A float's text is its shortest decimal, which is the price as it was told. No indexed column is written
# (`updated_at` is one), so that the new row stays on its page and no index hears of it.
_KEEP_BEST = (
    "UPDATE trades SET extreme_price = BETTER, trailing_armed = trailing_armed OR new.armed"
    " FROM (SELECT set_config('synchronous_commit', 'off', true)) AS at_leisure,"
    " (SELECT t.id, n.price, n.armed FROM unnest($1::uuid[], $2::float8[], $3::boolean[])"
    " AS n(id, price, armed) JOIN trades t ON t.id = n.id WHERE t.status = ANY($4::text[])"
    " FOR UPDATE OF t SKIP LOCKED) AS new"
    " WHERE trades.id = new.id RETURNING trades.id".replace(
        "BETTER", BETTER_EXTREME.replace("BEST", "new.price::text::numeric")
    )
)
_NAKED = text(
    "SELECT count(*), (extract(epoch FROM max(CAST(:now AS timestamptz) - unprotected_since)) * 1000)::bigint"
    " FROM trades WHERE status = 'OPEN_UNPROTECTED' AND unprotected_since IS NOT NULL"
)
LOADED: Final = np.dtype(
    [
        *(("trade", "V16"), ("timeframe_ms", "i8"), ("entry", "f8"), ("risk", "f8"), ("stop", "f8")),
        *(("target", "f8"), ("ladder", "f8"), ("activation", "f8"), ("trail_fraction", "f8")),
        ("trail_distance", "f8"),
        *(("volatility_multiple", "f8"), ("best", "f8"), ("time_ms", "i8"), ("parts", "i1")),
        *(("parts_taken", "i1"), ("quantity", "f8"), ("shard", "i2"), ("armed", "?"), ("live_stop", "?")),
    ]
)


@dataclass(frozen=True, slots=True)
class SidePositions:
    """Open positions of one market and side; `rows` has the columns of `LOADED`, prices unsigned."""

    venue: str
    symbol: str
    side: str
    rows: Rows


@dataclass(frozen=True, slots=True)
class OpenTrade:
    """One open position, exactly. Prices in quote currency; `*_ms` market time; `entered_quantity` all that
    its entry and what was added filled; `initial_stop_price` the stop that R is reckoned to; `stop_stands` whether the
    venue holds the stop that is wanted, and not only a looser one."""

    id: UUID
    user_id: UUID
    wallet_id: UUID
    shard: int
    venue: str
    symbol: str
    side: str
    status: str
    timeframe: str
    entry_price: Decimal
    initial_stop_price: Decimal
    stop_price: Decimal
    take_profit_price: Decimal | None
    trailing_enabled: bool
    trailing_activation_fraction: Decimal
    trailing_fraction: Decimal
    trailing_distance: Decimal | None
    trailing_armed: bool
    volatility_multiple: Decimal | None
    scale_out_enabled: bool
    scale_out_step: int
    entered_quantity: Decimal
    time_exit_ms: int | None
    session_close_ms: int | None
    funding_leave_ms: int | None = None
    ladder_price: Decimal | None = None
    ladder_step: int | None = None
    stop_stands: bool = True


@dataclass(frozen=True, slots=True)
class Nakedness:
    """How many positions stand without a live stop now, and for how long the longest, in milliseconds."""

    positions: int
    longest_ms: int


class SystemOpenTradeRepository:
    """Every tenant's open positions."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(
        self, shards: Sequence[int], after: UUID | None, most: int = ROWS_AT_ONCE
    ) -> tuple[list[SidePositions], UUID | None]:
        """Positions of these shards by id, and the last id read; None for it where there are no more."""
        found = (
            await self._session.execute(
                _OF_SHARDS,
                {"watched": WATCHED, "shards": list(shards), "after": after or _FIRST, "most": most},
            )
        ).all()
        return by_side(found), UUID(bytes=found[-1][3]) if len(found) == most else None

    async def some(self, trade_ids: Sequence[UUID], shards: Sequence[int]) -> list[SidePositions]:
        """These trades, where they are open, not being left, and of these shards."""
        values = {"watched": WATCHED, "trades": list(trade_ids), "shards": list(shards)}
        return by_side((await self._session.execute(_OF_IDS, values)).all())

    async def naked(self, now: object) -> Nakedness:
        """Positions without a live stop, measured against `now` (wall time)."""
        count, longest = (await self._session.execute(_NAKED, {"now": now})).one()
        return Nakedness(count, longest or 0)


async def exact_trades(connection: asyncpg.Connection, trade_ids: Sequence[UUID]) -> dict[UUID, OpenTrade]:
    """Every tenant's trades of these ids, where they are open and not being left."""
    rows = await connection.fetch(_EXACT, list(trade_ids), list(WATCHED))
    return {row["id"]: OpenTrade(*row) for row in rows}


async def keep_best(connection: asyncpg.Connection, rows: Sequence[tuple[UUID, float, bool]]) -> set[UUID]:
    """Write (trade, best price since entry, trailing armed), so that a restart loses neither. Returns the trades
    that were written: one that somebody else is writing is left out, not waited for."""
    if not rows:
        return set()
    trades, prices, armed = zip(*rows, strict=True)
    return {row["id"] for row in await connection.fetch(_KEEP_BEST, trades, prices, armed, WATCHED)}


def by_side(found: Iterable[Sequence[object]]) -> list[SidePositions]:
    """Rows of `_COLUMNS` as columns, one set for each market and side."""
    held: dict[tuple[str, str, str], list[tuple[object, ...]]] = {}
    for row in found:
        venue, symbol, side, trade, timeframe, *rest = row
        milliseconds = Timeframe(str(timeframe)).milliseconds
        key = (str(venue), str(symbol), str(side))
        held.setdefault(key, []).append((trade, milliseconds, *rest))
    return [SidePositions(*key, np.array(rows, LOADED)) for key, rows in held.items()]
