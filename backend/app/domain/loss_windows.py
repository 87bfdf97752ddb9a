"""Loss windows: the calendar day, week and month in a user's time zone, the loss in them, and the trip.

Loss = (equity at window start + deposits - withdrawals) - equity now, realised and unrealised. The percent's
base is equity at window start: a deposit does not raise it, a withdrawal lowers it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np

from app.domain import fixed_point as fp
from app.domain.risk_facts import LossWindow


class WindowLength(StrEnum):
    """How long a loss window is; a week begins on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


LEAST: Final = {
    WindowLength.DAY: timedelta(hours=22),
    WindowLength.WEEK: timedelta(days=7, hours=-2),
    WindowLength.MONTH: timedelta(days=28, hours=-2),
}
"""How short a calendar's window can be: that of the fewest days, one of them shortened by the clock's change."""


@dataclass(frozen=True, slots=True)
class WindowBounds:
    """Start (inclusive) and end (exclusive) of a window, aware UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class LossVerdict:
    """`loss` in quote currency (negative is a gain), `percent` 0-100 of the base, None where the base is
    zero. `tripped` once a limit is reached, and until the window ends."""

    loss: Decimal
    base: Decimal
    percent: Decimal | None
    tripped: bool


class TimeZoneError(ValueError):
    """Not the name of an IANA time zone."""


def time_zone(name: str) -> ZoneInfo:
    """Return the IANA zone of that name. What is only a file beside the zones (`localtime`, `right/…`, `posix/…`) is
    none: the database, which reckons everybody's days in one statement, fails at such a name for all of them."""
    if name not in _zone_names():
        raise TimeZoneError(f'"{name}" is not the name of a time zone, such as Europe/Berlin.')
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TimeZoneError(f'"{name}" is not the name of a time zone, such as Europe/Berlin.') from error


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime", "posixrules", "Factory"}


def window_bounds(at: datetime, length: WindowLength, zone: str) -> WindowBounds:
    """Return the window of that length that `at` (aware, market time) falls in, in that zone.

    A day in which the clock changes is 23 or 25 hours long, as on the wall. Where midnight does not
    exist, the window starts at the first moment after it.
    """
    if at.tzinfo is None:
        raise ValueError("a window needs an aware time")
    held = time_zone(zone)
    today = at.astimezone(held).date()
    match length:
        case WindowLength.DAY:
            first, after = today, today + timedelta(days=1)
        case WindowLength.WEEK:
            first = today - timedelta(days=today.weekday())
            after = first + timedelta(days=7)
        case WindowLength.MONTH:
            first = today.replace(day=1)
            after = (first + timedelta(days=32)).replace(day=1)
    return WindowBounds(_midnight(first, held), _midnight(after, held))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


def is_over(begun: datetime, start: datetime, length: WindowLength) -> bool:
    """Return whether a window that began at `begun` is over, where the calendar's present one began at `start`.

    In another time zone the present window begins at another moment: the one that has begun goes on then, until the
    next begins, so that nobody has the loss of a week forgotten by moving an hour west.
    """
    return start - begun >= LEAST[length]


def window_loss(
    window: LossWindow,
    equity: Decimal,
    *,
    max_loss_usd: Decimal | None = None,
    max_loss_fraction: Decimal | None = None,
) -> LossVerdict:
    """Return the loss of a window and whether it is tripped; decided in fixed point, at the limit counts.

    Whichever of the two limits is reached first trips; a window that tripped before stays tripped.
    """
    start, flows_in, flows_out = (
        fp.to_units(amount) for amount in (window.start_equity, window.deposits, window.withdrawals)
    )
    loss = start + flows_in - flows_out - fp.to_units(equity)
    base = max(start - flows_out, 0)
    by_fraction = fp.scaled_limit_ceil(np.array([base]), fp.optional_limit([max_loss_fraction]))
    by_amount = fp.optional_limit([max_loss_usd])
    reached = loss >= int(by_fraction[0]) or loss >= int(by_amount[0])
    percent = None if base == 0 else Decimal(loss) / Decimal(base) * 100
    return LossVerdict(fp.from_units(loss), fp.from_units(base), percent, window.tripped or reached)
