"""Reads the sessions of exchanges in a process of its own, which ends when they are read."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from app.domain.trading_hours import Span

MODULE = "app.adapters.exchange_sessions"
READ_SECONDS = 25.0
_SESSIONS = msgspec.json.Decoder(dict[str, list[tuple[int, int]]])


class CalendarsUnavailableError(Exception):
    """The sessions could not be read."""


class ExchangeCalendars:
    """Sessions of exchanges, from the package `exchange_calendars`."""

    async def sessions(self, codes: Sequence[str], first: date, last: date) -> Mapping[str, list[Span]]:
        """The sessions of each calendar from a date to a date, in order, breaks left out. Raises
        CalendarsUnavailableError."""
        reading = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULE, first.isoformat(), last.isoformat(), *codes,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(READ_SECONDS):
                read, complaint = await reading.communicate()
        except TimeoutError as error:
            raise CalendarsUnavailableError(f"not read within {READ_SECONDS:g} s") from error
        finally:
            if reading.returncode is None:
                reading.kill()
                await reading.wait()
        if reading.returncode:
            raise CalendarsUnavailableError(complaint.decode(errors="replace").strip()[-500:])
        try:
            found = _SESSIONS.decode(read)
        except msgspec.MsgspecError as error:
            raise CalendarsUnavailableError(str(error)) from error
        return {code: [Span(*span) for span in spans] for code, spans in found.items()}
