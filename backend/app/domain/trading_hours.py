"""Trading hours: when entries may be made, and when positions are left before the market closes.

A schedule is the intersection of all that it names: an exchange's sessions (with its holidays and half days), hours of
the week in a time zone, and no weekends. Hours are wall clock times of that zone, so that they move with summer time:
a time that the clock skips is the same moment as an hour later, one that it shows twice is the first of the two.
Moments are market time in milliseconds since 1970, UTC; a span holds its opening and not its closing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

DAY_MS: Final = 86_400_000
MINUTE_MS: Final = 60_000
SATURDAY: Final = 5
BEHIND_DAYS: Final = 3
AHEAD_DAYS: Final = 31
# What lies nearer to the end of what is known is not told: what follows it may change it.
TELLING_DAYS: Final = 10
MOST_LEAVING_MINUTES: Final = 240
MOST_FUNDING_MINUTES: Final = 240
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From `opens_ms` until before `closes_ms`."""

    opens_ms: int
    closes_ms: int


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Hours of some days of the week (0 is Monday). A closing that is not after the opening is the next day's;
    midnight to midnight is the whole day."""

    days: tuple[int, ...]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingSchedule:
    """When trading is wanted. No `hours` are all hours; without a `calendar` there are no holidays but the
    `closed_dates`. Positions are left `leave_minutes` before a closing: before each with `leave_before_close`, before
    one that lasts over a Saturday or Sunday with `leave_before_weekend`. Entries end when positions are left.
    `skip_funding_minutes` before a funding that an entry would pay, none is made; None: they always are."""

    time_zone: str
    calendar: str | None = None
    hours: tuple[WeeklyHours, ...] = ()
    trade_weekends: bool = True
    closed_dates: tuple[date, ...] = ()
    leave_before_close: bool = False
    leave_before_weekend: bool = False
    leave_minutes: int = 15
    skip_funding_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Sessions:
    """An exchange's sessions, in order, as far as they are known: from `known_from_ms` until `known_until_ms`."""

    spans: tuple[Span, ...]
    known_from_ms: int
    known_until_ms: int


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """Entries may be made from `opens_ms` until before `ends_ms`; what is held then is left at `leaves_ms`, the
    same moment, or kept where that is None."""

    opens_ms: int
    ends_ms: int
    leaves_ms: int | None


@dataclass(frozen=True, slots=True)
class TradingHours:
    """What a schedule says at one moment. `is_open` is None where it is not known. `opens_ms` is the next opening
    of closed hours, `ends_ms` when entries end in open ones, `leaves_ms` when positions are left; each None where
    there is none, or none that is known. Within a closing before which positions are left, `leaves_ms` is that
    moment, gone by."""

    is_open: bool | None
    opens_ms: int | None = None
    ends_ms: int | None = None
    leaves_ms: int | None = None


UNKNOWN_HOURS: Final = TradingHours(None)


def trading_hours(schedule: TradingSchedule, sessions: Sessions | None, market_ms: int) -> TradingHours:
    """Return what the schedule says at a moment. `sessions` are those of its calendar, None where it has none or
    they were not read; a calendar whose sessions do not reach the moment is not known."""
    day = market_ms // DAY_MS
    known_until = (day + AHEAD_DAYS) * DAY_MS
    if schedule.calendar is not None:
        if sessions is None or not sessions.known_from_ms <= market_ms < sessions.known_until_ms:
            return UNKNOWN_HOURS
        known_until = min(known_until, sessions.known_until_ms)
    held = open_spans(schedule, sessions, day, known_until)
    told_until = max(known_until - TELLING_DAYS * DAY_MS, market_ms)
    leaves = _leaves(held, market_ms, told_until)
    for one in held:
        if one.opens_ms <= market_ms < one.ends_ms:
            ends = None if one.ends_ms >= told_until else one.ends_ms
            return TradingHours(True, None, ends, leaves)
    opens = (one.opens_ms for one in held if market_ms < one.opens_ms < one.ends_ms)
    return TradingHours(False, next((at for at in opens if at < told_until), None), None, leaves)


def _leaves(held: Sequence[OpenSpan], market_ms: int, told_until_ms: int) -> int | None:
    """When what is held at that moment is left: ahead, or gone by where the hours have not opened since."""
    for at, one in enumerate(held):
        opens_again = held[at + 1].opens_ms if at + 1 < len(held) else None
        if one.leaves_ms is None or one.leaves_ms >= told_until_ms:
            continue
        if opens_again is None or opens_again > market_ms:
            return one.leaves_ms
    return None


@lru_cache(maxsize=4_096)
def open_spans(
    schedule: TradingSchedule, sessions: Sessions | None, day: int, known_until_ms: int
) -> tuple[OpenSpan, ...]:
    """Return the open spans around a day (counted from 1970, UTC), in order, up to `known_until_ms`."""
    zone = ZoneInfo(schedule.time_zone)
    first = _EPOCH.date() + timedelta(days=day - BEHIND_DAYS)
    dates = [first + timedelta(days=number) for number in range(BEHIND_DAYS + AHEAD_DAYS + 1)]
    spans = _of_the_week(schedule.hours, zone, dates)
    if sessions is not None:
        spans = _both(spans, sessions.spans)
    closed = [one for one in dates if _is_closed(schedule, one)]
    spans = _both(spans, _between([_whole_day(one, zone) for one in closed], spans))
    spans = [one for one in spans if one.opens_ms < known_until_ms]
    return tuple(_ending(schedule, zone, spans, at, known_until_ms) for at in range(len(spans)))


def _is_closed(schedule: TradingSchedule, day: date) -> bool:
    return day in schedule.closed_dates or (not schedule.trade_weekends and day.weekday() >= SATURDAY)


def _ending(
    schedule: TradingSchedule, zone: ZoneInfo, spans: Sequence[Span], at: int, known_until_ms: int
) -> OpenSpan:
    """The span with its end: positions are left before the closing where the schedule says so."""
    span = spans[at]
    opens_again = spans[at + 1].opens_ms if at + 1 < len(spans) else known_until_ms
    if span.closes_ms >= known_until_ms:
        return OpenSpan(span.opens_ms, span.closes_ms, None)
    leaves = schedule.leave_before_close or (
        schedule.leave_before_weekend and _holds_weekend(span.closes_ms, opens_again, zone)
    )
    if not leaves:
        return OpenSpan(span.opens_ms, span.closes_ms, None)
    end = max(span.opens_ms, span.closes_ms - schedule.leave_minutes * MINUTE_MS)
    return OpenSpan(span.opens_ms, end, end)


def _holds_weekend(from_ms: int, until_ms: int, zone: ZoneInfo) -> bool:
    """Whether any moment of a closing is on a Saturday or Sunday of the zone."""
    day = _moment(from_ms, zone).date()
    while _at(day, time(), zone) < until_ms:
        if day.weekday() >= SATURDAY:
            return True
        day += timedelta(days=1)
    return False


def _of_the_week(hours: Iterable[WeeklyHours], zone: ZoneInfo, dates: Sequence[date]) -> list[Span]:
    held = list(hours)
    if not held:
        return _joined(_whole_day(day, zone) for day in dates)
    spans = []
    for one in held:
        for day in dates:
            if day.weekday() in one.days:
                closing_day = day if one.closes > one.opens else day + timedelta(days=1)
                spans.append(Span(_at(day, one.opens, zone), _at(closing_day, one.closes, zone)))
    return _joined(spans)


def _whole_day(day: date, zone: ZoneInfo) -> Span:
    return Span(_at(day, time(), zone), _at(day + timedelta(days=1), time(), zone))


def _joined(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, those that touch or overlap as one; empty ones are left out."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: one.opens_ms):
        if span.closes_ms <= span.opens_ms:
            continue
        if found and span.opens_ms <= found[-1].closes_ms:
            found[-1] = Span(found[-1].opens_ms, max(found[-1].closes_ms, span.closes_ms))
        else:
            found.append(span)
    return found


def _both(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """The moments that lie in both."""
    return _joined(
        Span(max(a.opens_ms, b.opens_ms), min(a.closes_ms, b.closes_ms)) for a in one for b in other
    )


def _between(closed: Iterable[Span], around: Sequence[Span]) -> list[Span]:
    """The time from the first opening to the last closing of `around`, without what is closed."""
    if not around:
        return []
    found, opens = [], around[0].opens_ms
    for span in _joined(closed):
        found.append(Span(opens, span.opens_ms))
        opens = max(opens, span.closes_ms)
    return _joined([*found, Span(opens, around[-1].closes_ms)])


def _at(day: date, clock: time, zone: ZoneInfo) -> int:
    return (datetime.combine(day, clock, zone) - _EPOCH) // _MILLISECOND


def _moment(at_ms: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + at_ms * _MILLISECOND).astimezone(zone)


def moment(at_ms: int | None) -> datetime | None:
    """Return a moment as aware UTC; None where there is none."""
    return None if at_ms is None else _EPOCH + at_ms * _MILLISECOND
