# ruff: noqa: S608 - the statement is built of our own columns; every value is a parameter
"""The facts of every user that a signal meets, in one statement: what the gate decides on.

Each user comes back as one JSON document, so that a batch is one round trip and a new column needs no mapping.
The statement takes no lock; under lock it is the second statement, because a statement that waits for a lock
reads everything else as it stood before the wait.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

import asyncpg
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.defaults import RiskSettingsValues
from app.models.risk_settings import RiskSettings, ScopedRiskSettings, WalletRiskSettings
from app.models.trade import LIVE
from app.repositories.gate_rows import GateRows, StateRow, decode_user
from app.repositories.trading_schedules import SCHEDULE, calendars

EXIT_MEMORY_DAYS = 30


def _settings_of(table: Table, alias: str) -> str:
    """The columns of a level's settings, always in the same order: equal settings are equal bytes."""
    names = [field.name for field in fields(RiskSettingsValues) if field.name in table.columns]
    return ", ".join(f"{alias}.{name}" for name in sorted(names))


def _columns(names: Iterable[str], alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)


_USER_SETTINGS = _settings_of(RiskSettings.__table__, "s")  # type: ignore[arg-type]
_WALLET_SETTINGS = _settings_of(WalletRiskSettings.__table__, "s")  # type: ignore[arg-type]
_SCOPED_SETTINGS = _settings_of(ScopedRiskSettings.__table__, "s")  # type: ignore[arg-type]
_LIST = "coalesce((SELECT json_agg(x) FROM ({}) x), '[]'::json)"
_NET = "(t.realized_pnl - t.fees + t.funding)"

_PARTS = {
    "settings": f"(SELECT row_to_json(x) FROM (SELECT {_USER_SETTINGS} FROM risk_settings s"
    " WHERE s.user_id = u.id) x)",
    "states": _LIST.format(
        f"SELECT {_columns(StateRow.__struct_fields__, 's')} FROM risk_state s"
        " WHERE s.user_id = u.id AND s.environment = $2 ORDER BY s.wallet_id NULLS FIRST"
    ),
    "wallets": _LIST.format(
        "SELECT w.id, w.venue, w.environment, w.status, w.auto_trade_enabled,"
        " CASE WHEN w.environment = 'live' AND w.live_armed_at IS NULL THEN 'not armed for live trading'"
        " ELSE w.entries_frozen_reason END AS entries_frozen_reason,"
        f" (SELECT row_to_json(y) FROM (SELECT {_WALLET_SETTINGS}) y WHERE s.id IS NOT NULL) AS settings"
        " FROM wallets w LEFT JOIN wallet_risk_settings s ON s.user_id = w.user_id AND s.wallet_id = w.id"
        " WHERE w.user_id = u.id AND w.environment = $2 ORDER BY w.id"
    ),
    "trades": _LIST.format(
        "SELECT t.id, t.wallet_id, t.venue, t.symbol, t.strategy, t.side, t.status, t.quantity,"
        " t.entry_price, t.stop_price, t.planned_quantity, t.planned_notional, t.risk_amount, t.leverage,"
        " t.adding_notional, t.adding_risk, t.ladder_notional, t.ladder_risk,"
        f" {_NET} AS net, t.status IN ('INTENT', 'ENTERING') OR t.entry_until IS NOT NULL"
        " OR EXISTS (SELECT 1 FROM orders o"
        " WHERE o.trade_id = t.id AND o.leg = 'entry'"
        " AND o.status IN ('INTENT', 'SENDING', 'OPEN', 'PARTIAL')) AS entry_works,"
        " EXISTS (SELECT 1 FROM orders o WHERE o.trade_id = t.id AND o.leg = 'stop'"
        " AND o.status IN ('OPEN', 'PARTIAL') AND o.quantity - o.filled_quantity >= t.quantity) AS has_live_stop"
        " FROM wallets w JOIN trades t ON t.wallet_id = w.id AND t.user_id = w.user_id"
        f" WHERE w.user_id = u.id AND w.environment = $2 AND t.{LIVE} ORDER BY t.created_at, t.id"
    ),
    "scoped": _LIST.format(
        "SELECT s.scope, s.scope_key,"
        f" (SELECT row_to_json(y) FROM (SELECT {_SCOPED_SETTINGS}) y) AS settings"
        " FROM scoped_risk_settings s WHERE s.user_id = u.id"
        " AND ((s.scope = 'symbol' AND s.scope_key = ANY ($4))"
        " OR (s.scope = 'strategy' AND s.scope_key = ANY ($5)))"
    ),
    "usage": _LIST.format(
        "SELECT g.scope, g.scope_key, g.positions, g.notional, g.margin, g.open_risk, g.consecutive_losses,"
        " g.day_tripped_at, g.week_tripped_at, g.month_tripped_at, g.version, g.book_result, g.book_peak"
        " FROM risk_usage g WHERE g.user_id = u.id AND g.environment = $2"
        " AND (g.scope IN ('user', 'wallet') OR (g.scope = 'symbol' AND g.scope_key = ANY ($4))"
        " OR (g.scope = 'strategy' AND g.scope_key = ANY ($5)))"
    ),
    "breakers": _LIST.format(
        "SELECT b.scope, b.scope_id, b.state, b.until FROM breaker_states b"
        " WHERE (b.user_id IS NULL OR b.user_id = u.id) AND b.environment IN ('all', $2)"
    ),
    "entries": _LIST.format(
        "SELECT t.wallet_id, t.strategy, t.symbol, count(*) AS entries FROM trades t"
        " WHERE t.user_id = u.id AND t.environment = $2"
        " AND t.decided_at >= date_trunc('day', $3::timestamptz, u.time_zone)"
        " AND t.status NOT IN ('REJECTED', 'EXPIRED') AND t.id IS DISTINCT FROM $6::uuid GROUP BY 1, 2, 3"
    ),
    # Not a join: one may be planned over the whole table while it is small.
    "orders_last_minute": "(SELECT count(*) FROM orders o"
    " WHERE o.user_id = u.id AND o.created_at > clock_timestamp() - interval '1 minute'"
    " AND o.leg IN ('entry', 'add') AND o.trade_id IS DISTINCT FROM $6::uuid"
    " AND o.client_order_id IS DISTINCT FROM $7::text"
    " AND (SELECT t.environment = $2 FROM trades t WHERE t.id = o.trade_id))",
    "exits": _LIST.format(
        "SELECT t.wallet_id, t.strategy, t.symbol, max(t.closed_at) AS last_exit,"
        f" max(t.closed_at) FILTER (WHERE {_NET} < 0) AS last_loss FROM trades t"
        " WHERE t.user_id = u.id AND t.environment = $2 AND t.symbol = ANY ($4)"
        f" AND t.closed_at >= $3::timestamptz - interval '{EXIT_MEMORY_DAYS} days' GROUP BY 1, 2, 3"
    ),
    "closed": "CASE WHEN EXISTS (SELECT 1 FROM scoped_risk_settings s WHERE s.user_id = u.id) THEN "
    + _LIST.format(
        "SELECT t.strategy, t.symbol,"
        + ",".join(
            f" coalesce(sum({_NET}) FILTER (WHERE t.closed_at >="
            f" date_trunc('{length}', $3::timestamptz, u.time_zone)), 0) AS {length}"
            for length in ("day", "week", "month")
        )
        + " FROM trades t WHERE t.user_id = u.id AND t.environment = $2 AND t.status = 'CLOSED'"
        " AND t.closed_at >= least(date_trunc('month', $3::timestamptz, u.time_zone),"
        " date_trunc('week', $3::timestamptz, u.time_zone))"
        " AND (t.symbol = ANY ($4) OR t.strategy = ANY ($5)) GROUP BY 1, 2"
    )
    + " ELSE '[]'::json END",
    # Counted, since an EXISTS may be planned as a hash of everybody's rows.
    "statistics": "CASE WHEN EXISTS (SELECT 1 FROM risk_settings s WHERE s.user_id = u.id"
    " AND s.position_sizing_method = 'kelly') OR (SELECT count(*) FROM wallet_risk_settings s"
    " WHERE s.user_id = u.id AND s.position_sizing_method = 'kelly') > 0 THEN "
    + _LIST.format(
        "SELECT t.strategy, count(*) AS trades,"
        f" count(*) FILTER (WHERE {_NET} > 0) AS wins,"
        f" coalesce(avg({_NET}) FILTER (WHERE {_NET} > 0), 0) AS average_win,"
        f" coalesce(avg(-{_NET}) FILTER (WHERE {_NET} < 0), 0) AS average_loss"
        " FROM trades t WHERE t.user_id = u.id AND t.environment = $2 AND t.status = 'CLOSED'"
        " AND t.strategy = ANY ($5) GROUP BY 1"
    )
    + " ELSE '[]'::json END",
    "schedules": _LIST.format(
        f"SELECT s.wallet_id, s.venue, {SCHEDULE} AS schedule FROM trading_schedules s"
        " WHERE s.user_id = u.id AND s.enabled"
    ),
    "external": "CASE WHEN (SELECT count(*) FROM risk_state s WHERE s.user_id = u.id AND s.environment = $2"
    " AND s.external_notional <> 0) > 0 THEN "
    + _LIST.format(
        "SELECT e.wallet_id, e.symbol, e.quantity FROM wallets w JOIN external_positions e"
        " ON e.wallet_id = w.id AND e.user_id = w.user_id"
        " WHERE w.user_id = u.id AND w.environment = $2 AND e.quantity <> 0 ORDER BY e.wallet_id, e.symbol"
    )
    + " ELSE '[]'::json END",
}
_CALENDARS = calendars("$3::timestamptz", "s.user_id = ANY ($1)")
FACTS = (
    "SELECT json_build_object('id', u.id, 'time_zone', u.time_zone, "
    + ", ".join(f"'{name}', {part}" for name, part in _PARTS.items())
    + ")::text AS document,"
    " (SELECT json_object_agg(p.field, p.value ORDER BY p.field)::text FROM platform_risk_limits p) AS platform,"
    f" {_CALENDARS} AS calendars FROM users u WHERE u.id = ANY ($1) ORDER BY u.id"
)


@dataclass(frozen=True, slots=True)
class FactsWanted:
    """What to read: these users in one environment, the figures of these symbols and strategies; the windows
    are those of `market_time`. `without_trade` is not counted among the entries, nor `without_order` (an addition's)
    among the orders: it is the one that is asked about again."""

    user_ids: Sequence[UUID]
    environment: str
    market_time: datetime
    symbols: Sequence[str] = ()
    strategies: Sequence[str] = ()
    without_trade: UUID | None = None
    without_order: str | None = None

    def arguments(self) -> tuple[object, ...]:
        return (
            list(self.user_ids),
            self.environment,
            self.market_time,
            list(self.symbols),
            list(self.strategies),
            self.without_trade,
            self.without_order,
        )


class _Row(Protocol):
    def __getitem__(self, place: int, /) -> str | None: ...


def _decoded(rows: Sequence[_Row]) -> GateRows:
    platform, sessions = (rows[0][1], rows[0][2]) if rows else (None, None)
    return GateRows(
        users=[decode_user(row[0] or "") for row in rows],
        platform=b"" if platform is None else platform.encode(),
        calendars=b"" if sessions is None else sessions.encode(),
    )


class GateFactsRepository:
    """The gate's facts of one tenant, inside that tenant's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def read(self, user_id: UUID, wanted: FactsWanted) -> GateRows:
        """The facts of the tenant; other users among `wanted` are not seen."""
        own = replace(wanted, user_ids=[user_id])
        connection = await self._session.connection()
        found = await connection.exec_driver_sql(FACTS, own.arguments())
        return _decoded(found.all())


class SystemGateFactsRepository:
    """The gate's facts of many tenants, over a bare connection of the system role."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def lock(self, wanted: FactsWanted) -> None:
        """Lock the risk rows of these users, in order, and their rows of the ledger, until the transaction
        ends: who decides without a lock claims the latter, and waits."""
        await self._connection.execute(
            "SELECT 1 FROM risk_state WHERE user_id = ANY ($1) AND environment = $2"
            " ORDER BY user_id, wallet_id NULLS FIRST FOR UPDATE",
            list(wanted.user_ids),
            wanted.environment,
        )
        await self._connection.execute(
            "INSERT INTO risk_usage AS g (user_id, environment, scope, scope_key, version)"
            " SELECT u, $2, 'user', '', 0 FROM unnest($1::uuid[]) AS u ORDER BY u"
            " ON CONFLICT (user_id, environment, scope, scope_key) DO UPDATE SET version = g.version",
            list(wanted.user_ids),
            wanted.environment,
        )

    async def read(self, wanted: FactsWanted) -> GateRows:
        """The facts of these users."""
        return _decoded(await self._connection.fetch(FACTS, *wanted.arguments()))
