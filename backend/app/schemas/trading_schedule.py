"""When a user or a wallet wants to trade."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import Field, model_validator

from app.domain.trading_hours import MOST_FUNDING_MINUTES, MOST_LEAVING_MINUTES
from app.schemas.figures import Answer, DecimalText, Instant
from app.schemas.request import RequestBody

_LEFT_OUT: Final[Any] = None  # a default that is never read: only the fields that were sent are
CLOCK: Final = r"^([01]\d|2[0-3]):[0-5]\d$"
Clock = Annotated[str, Field(pattern=CLOCK, description="Clock time HH:MM of the schedule's zone")]
Weekday = Annotated[int, Field(ge=0, le=6, description="0 is Monday")]

FundingPercent = Annotated[
    Decimal,
    Field(ge=0, le=100, max_digits=7, decimal_places=4, description="Of the notional; 0: whatever it costs"),
]


FundingMinutes = Annotated[
    int,
    Field(ge=1, le=MOST_FUNDING_MINUTES, description="No entry this long before a funding that it would pay"),
]


class WeeklyHoursBody(RequestBody):
    """Hours of some days of the week. A closing that is not after the opening is the next day's; 00:00 to 00:00 is
    the whole day."""

    days: Annotated[list[Weekday], Field(min_length=1, max_length=7, json_schema_extra={"uniqueItems": True})]
    opens: Clock
    closes: Clock

    @model_validator(mode="after")
    def each_day_once(self) -> Self:
        """A day is named once."""
        if len(set(self.days)) != len(self.days):
            raise ValueError("a day is named twice")
        return self


class TradingSchedulePatch(RequestBody):
    """The fields to change; what is left out stays. `calendar` null follows no exchange; no `hours` are all hours."""

    enabled: bool = _LEFT_OUT
    time_zone: Annotated[str, Field(min_length=1, max_length=64)] = _LEFT_OUT
    calendar: Annotated[str, Field(max_length=10)] | None = _LEFT_OUT
    hours: Annotated[list[WeeklyHoursBody], Field(max_length=21)] = _LEFT_OUT
    trade_weekends: bool = _LEFT_OUT
    closed_dates: Annotated[list[date], Field(max_length=100)] = _LEFT_OUT
    leave_before_close: bool = _LEFT_OUT
    leave_before_weekend: bool = _LEFT_OUT
    leave_minutes: Annotated[int, Field(ge=0, le=MOST_LEAVING_MINUTES)] = _LEFT_OUT
    leave_before_funding_percent: FundingPercent | None = _LEFT_OUT
    skip_funding_minutes: FundingMinutes | None = _LEFT_OUT


class WeeklyHoursOut(Answer):
    """Hours of some days of the week, 0 is Monday."""

    days: list[int]
    opens: str
    closes: str


class CalendarOut(Answer):
    """An exchange whose sessions a schedule may follow."""

    code: str
    title: str
    time_zone: str


class HoursNowOut(Answer):
    """What the schedule says now at one venue, by the venue's market time. `is_open` null: not known, which refuses
    entries. `leaves_at` is when open positions are left; in the past while the hours are closed."""

    venue: str
    market_time: Instant
    is_open: bool | None
    opens_at: Instant | None
    ends_at: Instant | None
    leaves_at: Instant | None


class TradingScheduleOut(Answer):
    """A schedule stops entries outside of its hours, at the user's, the venue's and the wallet's level alike; exits go
    on. Positions are left `leave_minutes` before a closing, where one of the two switches says so; entries end then.
    With `leave_before_funding_percent` they are left two minutes before a funding that costs them more; null: never.
    Within `skip_funding_minutes` before a funding that it would pay no entry is made; null: fundings stop none."""

    enabled: bool
    time_zone: str
    calendar: str | None
    hours: list[WeeklyHoursOut]
    trade_weekends: bool
    closed_dates: list[date]
    leave_before_close: bool
    leave_before_weekend: bool
    leave_minutes: int
    leave_before_funding_percent: DecimalText | None
    skip_funding_minutes: int | None
    version: int
    updated_at: Instant | None
    calendars: list[CalendarOut]
    now: list[HoursNowOut]
