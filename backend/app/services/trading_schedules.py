"""When a user wants to trade, over all wallets, at one venue, or in one wallet: seen, and changed by its owner."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec

from app.core.errors import FieldError, InvalidInputError, NotFoundError, PreconditionFailedError
from app.domain.decimal_text import plain
from app.domain.loss_windows import TimeZoneError, time_zone
from app.domain.market_calendars import CALENDAR_CODES, CALENDARS
from app.domain.trading_hours import TradingHours, TradingSchedule, moment, trading_hours
from app.models.trading_schedule import TradingScheduleRow
from app.repositories.audit import AuditRepository
from app.repositories.trading_schedules import ScheduleScope, TradingScheduleRepository
from app.services.schedule_keeper import closes_of
from app.services.step_up import Proving
from app.services.trading.scheduled_hours import schedule_of, sessions_of

SCHEDULE_FIELDS: Final = (
    *("time_zone", "calendar", "hours", "trade_weekends", "closed_dates"),
    *("leave_before_close", "leave_before_weekend", "leave_minutes", "skip_funding_minutes"),
)
Changes = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class HoursView:
    """Hours of some days of the week, 0 is Monday; clock times HH:MM of the schedule's zone."""

    days: list[int]
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class CalendarView:
    """An exchange whose sessions a schedule may follow."""

    code: str
    title: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class HoursNow:
    """What the schedule says now at one venue, by the venue's market time. `is_open` None: not known."""

    venue: str
    market_time: datetime
    is_open: bool | None
    opens_at: datetime | None
    ends_at: datetime | None
    leaves_at: datetime | None


@dataclass(frozen=True, slots=True)
class TradingScheduleView:
    """A schedule, the exchanges to choose from, and what it says now; nothing while it is switched off."""

    enabled: bool
    time_zone: str
    calendar: str | None
    hours: list[HoursView]
    trade_weekends: bool
    closed_dates: list[date]
    leave_before_close: bool
    leave_before_weekend: bool
    leave_minutes: int
    leave_before_funding_percent: str | None
    skip_funding_minutes: int | None
    version: int
    updated_at: datetime | None
    calendars: list[CalendarView]
    now: list[HoursNow]


class TradingSchedules:
    """Schedules of one user, in the caller's transaction; the caller has made sure that the wallet is the
    user's."""

    def __init__(
        self,
        schedules: TradingScheduleRepository,
        audit: AuditRepository,
        market_time: Callable[[str], datetime | None],
        venues: Sequence[str],
        prove: Proving,
        now: Callable[[], datetime],
    ) -> None:
        self._schedules = schedules
        self._audit = audit
        self._market_time = market_time
        self._venues = venues
        self._prove = prove
        self._now = now

    async def read(
        self, user_id: UUID, zone: str, *, wallet_id: UUID | None = None, venue: str | None = None
    ) -> TradingScheduleView:
        """The schedule of all wallets, of those at a venue, or of one; switched off, in the user's own `zone`, where
        none was ever stored. Raises NotFoundError where there is no such venue."""
        scope = self._scope(wallet_id, venue)
        return await self._view(user_id, await self._schedules.of(user_id, scope), zone, scope)

    async def change(
        self,
        user_id: UUID,
        zone: str,
        changes: Changes,
        version: int | None,
        *,
        wallet_id: UUID | None = None,
        venue: str | None = None,
    ) -> TradingScheduleView:
        """Change some of it; all or nothing, at once, for open positions too. Raises InvalidInputError naming each
        field that cannot stand, PreconditionFailedError where somebody was faster, NotFoundError where there is no
        such venue, ForbiddenError where it loosens and the session has not shown lately who sits there."""
        scope = self._scope(wallet_id, venue)
        row = await self._schedules.lock(user_id, scope, zone)
        if version is not None and row.version != version:
            raise PreconditionFailedError(
                f"The trading schedule was changed meanwhile: it is at version {row.version}."
            )
        before = _fields(row)
        wanted = before | dict(changes)
        errors = _errors(wanted)
        if errors:
            raise InvalidInputError(errors[0].message, errors=tuple(errors))
        if _loosens(before, wanted):
            self._prove()
        if changes:
            await self._schedules.change(user_id, row.id, changes)
            await self._leave_anew(user_id)
            changed = {name: [str(before[name]), str(wanted[name])] for name in changes}
            details: dict[str, object] = {
                "wallet_id": wallet_id and str(wallet_id),
                "venue": venue,
                "changes": changed,
            }
            await self._audit.append(user_id, "trading_schedule_changed", details, self._now())
        return await self._view(user_id, await self._schedules.of(user_id, scope), zone, scope)

    def _scope(self, wallet_id: UUID | None, venue: str | None) -> ScheduleScope:
        if venue is not None and venue not in self._venues:
            raise NotFoundError(f"There is no venue {venue}.")
        return ScheduleScope(wallet_id, venue)

    async def _leave_anew(self, user_id: UUID) -> None:
        """Write when open positions are left now; a market whose time is not known waits for the keeper."""
        held = await self._schedules.held(user_id)
        times = {one.venue: self._market_time(one.venue) for one in held}
        calendars = {
            venue: await self._schedules.sessions(user_id, at)
            for venue, at in times.items()
            if at is not None
        }
        schedules = await self._schedules.schedules(user_id)
        await self._schedules.set_closes(user_id, closes_of(held, schedules, times, calendars))

    async def _view(
        self, user_id: UUID, row: TradingScheduleRow | None, zone: str, scope: ScheduleScope
    ) -> TradingScheduleView:
        fields = _fields(row) if row is not None else _NEW | {"time_zone": zone}
        schedule = _schedule(fields)
        return TradingScheduleView(
            enabled=row is not None and row.enabled,
            time_zone=schedule.time_zone,
            calendar=schedule.calendar,
            hours=[
                HoursView(list(one.days), f"{one.opens:%H:%M}", f"{one.closes:%H:%M}")
                for one in schedule.hours
            ],
            trade_weekends=schedule.trade_weekends,
            closed_dates=list(schedule.closed_dates),
            leave_before_close=schedule.leave_before_close,
            leave_before_weekend=schedule.leave_before_weekend,
            leave_minutes=schedule.leave_minutes,
            leave_before_funding_percent=None if row is None else _percent(row),
            skip_funding_minutes=schedule.skip_funding_minutes,
            version=1 if row is None else row.version,
            updated_at=None if row is None else row.updated_at,
            calendars=[CalendarView(one.code, one.title, one.time_zone) for one in CALENDARS],
            now=[] if row is None or not row.enabled else await self._hours_now(user_id, schedule, scope),
        )

    async def _hours_now(
        self, user_id: UUID, schedule: TradingSchedule, scope: ScheduleScope
    ) -> list[HoursNow]:
        found = []
        for venue in self._venues if scope.venue is None else (scope.venue,):
            at = self._market_time(venue)
            if at is not None:
                calendars = await self._schedules.sessions(user_id, at)
                sessions = (
                    None if schedule.calendar is None else sessions_of(calendars).get(schedule.calendar)
                )
                found.append(_now(venue, at, trading_hours(schedule, sessions, round(at.timestamp() * 1000))))
        return found


_NEW: Final[dict[str, object]] = {
    "enabled": False,
    "time_zone": "UTC",
    "calendar": None,
    "hours": [],
    "trade_weekends": True,
    "closed_dates": [],
    "leave_before_close": False,
    "leave_before_weekend": False,
    "leave_minutes": 15,
    "leave_before_funding_percent": None,
    "skip_funding_minutes": None,
}


def _fields(row: TradingScheduleRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in _NEW}


def _percent(row: TradingScheduleRow) -> str | None:
    held = row.leave_before_funding_percent
    return None if held is None else plain(held)


def _schedule(fields: Mapping[str, object]) -> TradingSchedule:
    return schedule_of(msgspec.json.encode({name: fields[name] for name in SCHEDULE_FIELDS}))


def _now(venue: str, at: datetime, hours: TradingHours) -> HoursNow:
    return HoursNow(
        venue, at, hours.is_open, moment(hours.opens_ms), moment(hours.ends_ms), moment(hours.leaves_ms)
    )


def _loosens(before: Mapping[str, object], wanted: Mapping[str, object]) -> bool:
    """Whether an entry might be made, or a position kept, that the schedule as it stands would not allow. Other
    hours, another exchange and another zone count as such, whichever way they lead."""
    if not before["enabled"]:
        return False
    if not wanted["enabled"]:
        return True
    old, new = _schedule(before), _schedule(wanted)
    changed_hours = (
        (bool(old.hours) and new.hours != old.hours)
        or (old.calendar is not None and new.calendar != old.calendar)
        or new.time_zone != old.time_zone
    )
    opened = (new.trade_weekends and not old.trade_weekends) or not set(old.closed_dates) <= set(
        new.closed_dates
    )
    kept = (
        (old.leave_before_close and not new.leave_before_close)
        or (old.leave_before_weekend and not new.leave_before_weekend)
        or new.leave_minutes < old.leave_minutes
    )
    funding, wish = before["leave_before_funding_percent"], wanted["leave_before_funding_percent"]
    pays_more = funding is not None and (wish is None or Decimal(str(wish)) > Decimal(str(funding)))
    skipped, skips = old.skip_funding_minutes, new.skip_funding_minutes
    enters_nearer = skipped is not None and (skips is None or skips < skipped)
    return changed_hours or opened or kept or pays_more or enters_nearer


def _errors(wanted: Mapping[str, object]) -> list[FieldError]:
    """What cannot stand, of the schedule as it would be."""
    try:
        time_zone(str(wanted["time_zone"]))
    except TimeZoneError as error:
        return [FieldError("time_zone", "unknown_time_zone", str(error), value=str(wanted["time_zone"]))]
    schedule = _schedule(wanted)
    errors = [
        _refused(
            "calendar", "unknown_calendar", f"There is no calendar {schedule.calendar}.", schedule.calendar
        )
    ]
    if schedule.calendar is None or schedule.calendar in CALENDAR_CODES:
        errors.clear()
    if schedule.leave_before_weekend and not _may_close(schedule):
        errors.append(
            _refused(
                "leave_before_weekend",
                "no_weekend",
                "The hours do not close at weekends, so that there is nothing to leave before: switch weekends off, or"
                " choose hours or an exchange.",
                "true",
            )
        )
    if schedule.leave_before_close and not _may_close(schedule):
        errors.append(
            _refused(
                "leave_before_close",
                "never_closes",
                "The hours never close, so that there is nothing to leave before: choose hours or an exchange.",
                "true",
            )
        )
    return errors


def _may_close(schedule: TradingSchedule) -> bool:
    return bool(schedule.calendar is not None or schedule.hours or not schedule.trade_weekends)


def _refused(field: str, code: str, message: str, value: str | None) -> FieldError:
    return FieldError(field, code, message, value=value)
