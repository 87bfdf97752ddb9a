"""Keeps trading schedules at work: sessions of exchanges, when positions are left, and that hours open and close."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from app.core.db import Database
from app.domain.market_calendars import CALENDARS
from app.domain.notification_events import NotificationEvent
from app.domain.trading_hours import Span, TradingHours, moment
from app.repositories.notifications import NotificationOutbox
from app.repositories.trading_schedules import (
    HeldWallet,
    ScheduleScope,
    StoredSchedule,
    SystemTradingScheduleRepository,
)
from app.services.trading.scheduled_hours import hours_of, scopes_of

BEHIND = timedelta(days=730)
AHEAD = timedelta(days=330)
READ_AGAIN = timedelta(days=1)

log = structlog.get_logger(__name__)


class CalendarSource(Protocol):
    """Where the sessions of exchanges come from."""

    async def sessions(self, codes: Sequence[str], first: date, last: date) -> Mapping[str, list[Span]]: ...


MarketTime = Callable[[str], Awaitable[datetime | None]]


async def refresh_calendars(system: Database, source: CalendarSource, now: datetime) -> int:
    """Read the sessions of every calendar that was not read within a day; returns how many were."""
    async with system.system() as session:
        known = await SystemTradingScheduleRepository(session).coverage()
    old = [one.code for one in CALENDARS if one.code not in known or now - known[one.code][2] >= READ_AGAIN]
    if not old:
        return 0
    bounds = (_midnight(now - BEHIND), _midnight(now + AHEAD))
    read = await source.sessions(old, bounds[0].date(), bounds[1].date())
    async with system.system() as session:
        repository = SystemTradingScheduleRepository(session)
        for code, spans in read.items():
            await repository.replace_sessions(code, spans, bounds, now)
    return len(read)


class ScheduleKeeper:
    """One round over every schedule."""

    def __init__(self, system: Database, market_time: MarketTime) -> None:
        self._system = system
        self._market_time = market_time
        self._times: dict[str, datetime | None] = {}

    async def mind(self) -> int:
        """Write when positions are left, and tell owners whose hours opened or closed; returns how many were told.

        A market whose time is not known is left as it stands."""
        self._times = {}
        async with self._system.system() as session:
            repository = SystemTradingScheduleRepository(session)
            schedules = await repository.schedules()
            if not schedules:
                return 0
            held = await repository.held()
            venues = {one.venue for one in held}
            venues |= {market.split(":", 1)[1] for one in schedules for market in one.markets}
            calendars: dict[str, bytes] = {}
            for venue in venues:
                at = self._times[venue] = await self._market_time(venue)
                if at is not None:
                    calendars[venue] = await repository.sessions(at)
            await repository.set_closes(closes_of(held, schedules, self._times, calendars))
            told = 0
            for schedule in schedules:
                told += await self._tell(NotificationOutbox(session), repository, schedule, calendars)
        return told

    async def _tell(
        self,
        outbox: NotificationOutbox,
        repository: SystemTradingScheduleRepository,
        schedule: StoredSchedule,
        calendars: Mapping[str, bytes],
    ) -> int:
        """Tell of an environment whose hours opened or closed since its owner was last told. The first look, and
        one at a schedule that is switched off, tells nothing."""
        if not schedule.enabled:
            if schedule.told:
                await repository.set_told(schedule.id, {})
            return 0
        known, count = dict(schedule.told), 0
        for market in schedule.markets:
            environment, venue = market.split(":", 1)
            at = self._times.get(venue)
            if at is None:
                continue
            hours = hours_of(schedule.schedule.encode(), calendars[venue], _ms(at))
            if hours.is_open is None or known.get(market) == hours.is_open:
                continue
            if market in known:
                await _emit(outbox, schedule, market, environment, hours, at)
                count += 1
            known[market] = hours.is_open
        if known != schedule.told:
            await repository.set_told(schedule.id, known)
        return count


def closes_of(
    held: Sequence[HeldWallet],
    schedules: Sequence[StoredSchedule],
    times: Mapping[str, datetime | None],
    calendars: Mapping[str, bytes],
) -> dict[UUID, datetime | None]:
    """Return when each of these wallets' positions are left: the earliest of its own schedule, its venue's and the
    user's, None for never. A wallet is left out where its market's time or its exchange's sessions are not known."""
    by_owner = {
        (one.user_id, ScheduleScope(one.wallet_id, one.venue)): one for one in schedules if one.enabled
    }
    found: dict[UUID, datetime | None] = {}
    for wallet in held:
        at = times.get(wallet.venue)
        if at is None:
            continue
        scopes = scopes_of(wallet.wallet_id, wallet.venue)
        standing = [by_owner.get((wallet.user_id, scope)) for scope in scopes]
        hours = [
            hours_of(one.schedule.encode(), calendars[wallet.venue], _ms(at))
            for one in standing
            if one is not None
        ]
        if any(one.is_open is None for one in hours):
            continue
        leaves = min((one.leaves_ms for one in hours if one.leaves_ms is not None), default=None)
        found[wallet.wallet_id] = moment(leaves)
    return found


async def _emit(
    outbox: NotificationOutbox,
    schedule: StoredSchedule,
    market: str,
    environment: str,
    hours: TradingHours,
    at: datetime,
) -> None:
    opened = bool(hours.is_open)
    until = moment(hours.ends_ms if opened else hours.opens_ms)
    await outbox.emit(
        schedule.user_id,
        NotificationEvent.TRADING_HOURS_OPENED if opened else NotificationEvent.TRADING_HOURS_CLOSED,
        dedupe_key=f"{schedule.id}:{market}:{at.isoformat(timespec='seconds')}",
        figures={
            "scope": f"{schedule.scope} ({environment})",
            "until": "further notice" if until is None else f"{until:%Y-%m-%d %H:%M} UTC",
        },
        subject=f"{schedule.id}:{market}",
        wallet_id=schedule.wallet_id,
    )


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
