"""The clocks of the venues that we trade at: measured again and again, with an alarm where one goes astray."""

from collections.abc import Iterable

import structlog

from app.domain.clock_offset import ALARM_OFFSET_MS, MAX_ENTRY_OFFSET_MS, is_alarming, may_enter_by_clock
from app.domain.notification_events import NotificationEvent
from app.domain.venue import VenueUnavailableError
from app.repositories.notifications import SystemNotificationOutbox
from app.services.trading.desk import Desk

MEASURE_SECONDS = 2.0

log = structlog.get_logger(__name__)


class ClockWatch:
    """Measures, and says once when a clock goes astray and once when it is back."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._astray: dict[str, int] = {}
        self._times_astray = 0

    async def look(self, venues: Iterable[str]) -> None:
        """Measure the clock of each venue once."""
        for venue in venues:
            try:
                offset_ms = await self._desk.gateways.measure_clock(venue)
            except VenueUnavailableError as error:
                log.warning("a venue's clock could not be read", venue=venue, error=str(error))
                continue
            if is_alarming(offset_ms) and venue not in self._astray:
                self._astray[venue] = offset_ms
                await self._alarm(venue, offset_ms)
            elif not is_alarming(offset_ms) and self._astray.pop(venue, None) is not None:
                log.info("a venue's clock agrees with ours again", venue=venue, offset_ms=offset_ms)

    async def _alarm(self, venue: str, offset_ms: int) -> None:
        self._times_astray += 1
        entries = "go on" if may_enter_by_clock(offset_ms) else "stop"
        log.critical("a venue's clock is not ours", venue=venue, offset_ms=offset_ms, entries=entries)
        figures = {
            "component": f"The clock of {venue}",
            "state": "off",
            "gauge": f"its distance from ours (entries stop beyond {MAX_ENTRY_OFFSET_MS} ms, exits go on)",
            "value": f"{offset_ms} ms",
            "limit": f"{ALARM_OFFSET_MS} ms",
        }
        alive = self._desk.alive_since.isoformat()
        async with self._desk.system.system() as session:
            await SystemNotificationOutbox(session).emit_to_administrators(
                NotificationEvent.SYSTEM_DEGRADED,
                dedupe_key=f"clock:{venue}:{alive}:{self._times_astray}",
                figures=figures,
                subject=f"clock:{venue}",
            )
