"""Moments that a caller names."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

_DATE: Final = re.compile(r"\s*\d{4}-\d{2}-\d{2}[Tt ]")


def _written_out(value: object) -> object:
    """Refuse a number: whether seconds or milliseconds are meant, nobody knows."""
    if isinstance(value, datetime) or (isinstance(value, str) and _DATE.match(value)):
        return value
    raise ValueError("A moment is written as ISO 8601: 2025-10-10T21:00:00Z.")


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("The moment lies outside the years 1 to 9999 in UTC.") from None


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
"""A moment with its offset from UTC, as text; held in UTC."""
