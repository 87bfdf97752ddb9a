# ruff: noqa: S608 - the statements are built of our own columns; every value is a parameter
"""When users want to trade, and the sessions of the exchanges that their schedules name."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import Select, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.trading_hours import AHEAD_DAYS, BEHIND_DAYS, Span
from app.models.trade import LIVE
from app.models.trading_schedule import TradingScheduleRow

_FIELDS: Final = (
    *("time_zone", "calendar", "hours", "trade_weekends", "closed_dates"),
    *("leave_before_close", "leave_before_weekend", "leave_minutes", "skip_funding_minutes"),
)
SCHEDULE: Final = "(SELECT row_to_json(y) FROM (SELECT " + ", ".join(f"s.{name}" for name in _FIELDS) + ") y)"
_MS: Final = "(extract(epoch FROM {}) * 1000)::bigint"


def calendars(moment: str, schedules: str) -> str:
    """The sessions around a moment of every calendar that enabled schedules name, as one JSON text by calendar;
    `schedules` is a condition on `trading_schedules s`."""
    until = f"{moment} + interval '{AHEAD_DAYS} days'"
    return (
        f"(SELECT json_object_agg(c.calendar, json_build_object('known_from_ms', {_MS.format('c.known_from')},"
        f" 'known_until_ms', {_MS.format(f'least(c.known_until, {until})')}, 'spans', coalesce((SELECT json_agg("
        f"json_build_array({_MS.format('d.opens_at')}, {_MS.format('d.closes_at')}) ORDER BY d.opens_at)"
        f" FROM calendar_sessions d WHERE d.calendar = c.calendar AND d.opens_at < {until}"
        f" AND d.opens_at > {moment} - interval '{BEHIND_DAYS + 4} days'), '[]'::json)))::text"
        " FROM calendar_coverage c WHERE c.calendar IN (SELECT s.calendar FROM trading_schedules s"
        f" WHERE s.enabled AND {schedules}))"
    )


_LIVE = f"t.{LIVE}"
_HELD = text(f"""
SELECT DISTINCT t.user_id, t.wallet_id, t.venue, t.environment FROM trades t
JOIN trading_schedules s ON s.user_id = t.user_id AND (s.wallet_id IS NULL OR s.wallet_id = t.wallet_id)
    AND (s.venue IS NULL OR s.venue = t.venue)
WHERE {_LIVE} AND (CAST(:user_id AS uuid) IS NULL OR t.user_id = :user_id)
""")
_SCHEDULES = text(f"""
SELECT s.id, s.user_id, s.wallet_id, s.venue, s.enabled, {SCHEDULE}::text, s.told,
    coalesce(w.name, 'All wallets at ' || s.venue, 'All wallets'),
    ARRAY(SELECT DISTINCT x.environment || ':' || x.venue FROM wallets x WHERE x.user_id = s.user_id
          AND (s.wallet_id IS NULL OR x.id = s.wallet_id) AND (s.venue IS NULL OR x.venue = s.venue)
          AND x.status = 'active' ORDER BY 1)
FROM trading_schedules s LEFT JOIN wallets w ON w.user_id = s.user_id AND w.id = s.wallet_id
WHERE CAST(:user_id AS uuid) IS NULL OR s.user_id = :user_id
""")
_SESSIONS = text(f"SELECT {calendars('CAST(:moment AS timestamptz)', 'true')}")
_SET_CLOSES = text(f"""
WITH changed AS (
    UPDATE trades t SET session_closes_at = n.closes_at, updated_at = now()
    FROM unnest(CAST(:wallets AS uuid[]), CAST(:closes AS timestamptz[])) AS n (wallet_id, closes_at)
    WHERE t.wallet_id = n.wallet_id AND {_LIVE} AND t.session_closes_at IS DISTINCT FROM n.closes_at
    RETURNING t.id
)
SELECT id, pg_notify('trades', id::text) FROM changed
""")


class ScheduleScope(msgspec.Struct, frozen=True):
    """Whose schedule it is: all of a user's wallets, those at one `venue`, or one wallet's."""

    wallet_id: UUID | None = None
    venue: str | None = None


class HeldWallet(msgspec.Struct, frozen=True):
    """A wallet with live trades that a schedule is about."""

    user_id: UUID
    wallet_id: UUID
    venue: str
    environment: str


class StoredSchedule(msgspec.Struct, frozen=True):
    """A stored schedule. `schedule` is its JSON; `told` the environments whose hours were open when their owner was
    last told; `markets` environment and venue of the wallets it is about."""

    id: UUID
    user_id: UUID
    wallet_id: UUID | None
    venue: str | None
    enabled: bool
    schedule: str
    told: dict[str, bool]
    scope: str
    markets: list[str]


class TradingScheduleRepository:
    """One tenant's schedules."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, user_id: UUID, scope: ScheduleScope) -> TradingScheduleRow | None:
        """The schedule of that scope; None where none was ever stored."""
        found = await self._session.execute(_row_of(user_id, scope).execution_options(populate_existing=True))
        return found.scalar_one_or_none()

    async def lock(self, user_id: UUID, scope: ScheduleScope, time_zone: str) -> TradingScheduleRow:
        """The row, made switched off where it is missing, locked until the transaction ends."""
        made = insert(TradingScheduleRow).values(
            user_id=user_id, wallet_id=scope.wallet_id, venue=scope.venue, time_zone=time_zone
        )
        await self._session.execute(made.on_conflict_do_nothing())
        statement = _row_of(user_id, scope).with_for_update()
        return (await self._session.execute(statement.execution_options(populate_existing=True))).scalar_one()

    async def change(self, user_id: UUID, row_id: UUID, values: Mapping[str, object]) -> None:
        """Write values and count the version up."""
        await self._session.execute(
            update(TradingScheduleRow)
            .where(TradingScheduleRow.user_id == user_id, TradingScheduleRow.id == row_id)
            .values(**values, version=TradingScheduleRow.version + 1, updated_at=func.now())
            .execution_options(synchronize_session=False)
        )

    async def held(self, user_id: UUID) -> list[HeldWallet]:
        """The user's wallets with live trades that a schedule is about."""
        return [HeldWallet(*row) for row in await self._session.execute(_HELD, {"user_id": user_id})]

    async def schedules(self, user_id: UUID) -> list[StoredSchedule]:
        """Every schedule of the user."""
        return [StoredSchedule(*row) for row in await self._session.execute(_SCHEDULES, {"user_id": user_id})]

    async def sessions(self, user_id: UUID, moment: datetime) -> bytes:
        """The sessions of the calendars that the user's schedules name, around a moment, as JSON."""
        del user_id  # sessions belong to nobody; the schedules that are seen are the user's
        return await _sessions(self._session, moment)

    async def set_closes(self, user_id: UUID, closes: Mapping[UUID, datetime | None]) -> list[UUID]:
        """Write when the live trades of these wallets are left; returns the trades for which that is new."""
        del user_id  # row-level security leaves only the tenant's trades
        return await _set_closes(self._session, closes)


class SystemTradingScheduleRepository:
    """Every tenant's schedules, and the calendars."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def held(self) -> list[HeldWallet]:
        """Every wallet with live trades that a schedule is about."""
        return [HeldWallet(*row) for row in await self._session.execute(_HELD, {"user_id": None})]

    async def schedules(self) -> list[StoredSchedule]:
        """Every schedule."""
        return [StoredSchedule(*row) for row in await self._session.execute(_SCHEDULES, {"user_id": None})]

    async def sessions(self, moment: datetime) -> bytes:
        """The sessions of every calendar that a schedule names, around a moment, as JSON."""
        return await _sessions(self._session, moment)

    async def set_closes(self, closes: Mapping[UUID, datetime | None]) -> list[UUID]:
        """Write when the live trades of these wallets are left; returns the trades for which that is new."""
        return await _set_closes(self._session, closes)

    async def set_told(self, row_id: UUID, told: Mapping[str, bool]) -> None:
        """Remember what the owner of a schedule was told."""
        await self._session.execute(
            update(TradingScheduleRow)
            .where(TradingScheduleRow.id == row_id)
            .values(told=dict(told))
            .execution_options(synchronize_session=False)
        )

    async def coverage(self) -> dict[str, tuple[datetime, datetime, datetime]]:
        """From when until when each calendar is known, and when it was read."""
        found = await self._session.execute(
            text("SELECT calendar, known_from, known_until, read_at FROM calendar_coverage")
        )
        return {row[0]: (row[1], row[2], row[3]) for row in found}

    async def replace_sessions(
        self, calendar: str, spans: Sequence[Span], known: tuple[datetime, datetime], read_at: datetime
    ) -> None:
        """Write a calendar's sessions anew, with from when until when they are known."""
        values = {
            "calendar": calendar,
            "known_from": known[0],
            "known_until": known[1],
            "read_at": read_at,
            "opens": [span.opens_ms for span in spans],
            "closes": [span.closes_ms for span in spans],
        }
        for statement in _REPLACE:
            await self._session.execute(statement, values)


_AT = "to_timestamp(n.{} / 1000.0)"
_REPLACE = (
    text("DELETE FROM calendar_sessions WHERE calendar = :calendar"),
    text(
        "INSERT INTO calendar_sessions (calendar, opens_at, closes_at) SELECT :calendar,"
        f" {_AT.format('opens')}, {_AT.format('closes')}"
        " FROM unnest(CAST(:opens AS bigint[]), CAST(:closes AS bigint[])) AS n (opens, closes)"
    ),
    text(
        "INSERT INTO calendar_coverage (calendar, known_from, known_until, read_at)"
        " VALUES (:calendar, :known_from, :known_until, :read_at) ON CONFLICT (calendar) DO UPDATE SET"
        " known_from = EXCLUDED.known_from, known_until = EXCLUDED.known_until, read_at = EXCLUDED.read_at"
    ),
)


def _row_of(user_id: UUID, scope: ScheduleScope) -> Select[TradingScheduleRow]:
    return select(TradingScheduleRow).where(
        TradingScheduleRow.user_id == user_id,
        TradingScheduleRow.wallet_id.is_not_distinct_from(scope.wallet_id),
        TradingScheduleRow.venue.is_not_distinct_from(scope.venue),
    )


async def _sessions(session: AsyncSession, moment: datetime) -> bytes:
    found = (await session.execute(_SESSIONS, {"moment": moment})).scalar_one()
    return b"" if found is None else str(found).encode()


async def _set_closes(session: AsyncSession, closes: Mapping[UUID, datetime | None]) -> list[UUID]:
    if not closes:
        return []
    values = {"wallets": list(closes), "closes": list(closes.values())}
    return [row[0] for row in await session.execute(_SET_CLOSES, values)]
