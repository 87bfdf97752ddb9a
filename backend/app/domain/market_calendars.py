"""The exchanges whose sessions a schedule may follow, by their ISO 10383 code."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class MarketCalendar:
    """An exchange's sessions, holidays and half days; its own time zone."""

    code: str
    title: str
    time_zone: str


CALENDARS: Final = (
    MarketCalendar("XNYS", "New York Stock Exchange", "America/New_York"),
    MarketCalendar("CMES", "CME Globex futures", "America/Chicago"),
    MarketCalendar("XLON", "London Stock Exchange", "Europe/London"),
    MarketCalendar("XETR", "Xetra, Frankfurt", "Europe/Berlin"),
    MarketCalendar("XPAR", "Euronext Paris", "Europe/Paris"),
    MarketCalendar("XSWX", "SIX Swiss Exchange", "Europe/Zurich"),
    MarketCalendar("XTKS", "Tokyo Stock Exchange", "Asia/Tokyo"),
    MarketCalendar("XHKG", "Hong Kong Exchange", "Asia/Hong_Kong"),
    MarketCalendar("XASX", "Australian Securities Exchange", "Australia/Sydney"),
    MarketCalendar("24/5", "Monday to Friday, UTC", "UTC"),
)
CALENDAR_CODES: Final = frozenset(one.code for one in CALENDARS)
