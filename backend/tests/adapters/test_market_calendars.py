"""Sessions of exchanges as the package knows them: holidays, half days, breaks and summer time."""

from datetime import UTC, date, datetime

import pytest

from app.adapters.market_calendars import CalendarsUnavailableError, ExchangeCalendars
from app.domain.market_calendars import CALENDARS
from app.domain.trading_hours import Span


def span(day: str, opens: str, closes: str) -> Span:
    moments = [datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=UTC) for clock in (opens, closes)]
    return Span(*(round(at.timestamp() * 1000) for at in moments))


async def test_every_declared_calendar_is_read() -> None:
    codes = [one.code for one in CALENDARS]
    found = await ExchangeCalendars().sessions(codes, date(2026, 10, 28), date(2026, 11, 30))
    assert list(found) == codes
    new_york = found["XNYS"]
    assert span("2026-10-30", "13:30", "20:00") in new_york  # summer time
    assert span("2026-11-02", "14:30", "21:00") in new_york
    assert [
        one for one in new_york if one.opens_ms // 86_400_000 == 20_783
    ] == []  # Thanksgiving, 26 November
    assert span("2026-11-27", "14:30", "18:00") in new_york  # the half day after it
    assert span("2026-11-24", "00:00", "02:30") in found["XTKS"]  # until its break
    assert span("2026-11-24", "03:30", "06:30") in found["XTKS"]


async def test_unknown_calendar_is_said() -> None:
    with pytest.raises(CalendarsUnavailableError, match="NOWHERE"):
        await ExchangeCalendars().sessions(["NOWHERE"], date(2026, 11, 1), date(2026, 11, 30))
