"""The live stream as other programs hear it: each frame's type is the event's own name.

`trade_executed`, `ai_signal`, `risk_violation`, `position_changed`, `position_closed`, `trade_closed`,
`breaker_changed`, `wallet_changed`, `notification`; no prices, which a program has from its venue.
"""

from app.services.live_rows import LiveRow
from app.services.live_subscription import Subscription


class EventSubscription(Subscription):
    """One connected program of one user; numbers, snapshots and gaps are those of a screen."""

    def take(self, row: LiveRow) -> None:
        """Send a row that is an event."""
        if row.event is not None:
            self.offer(row.event, row.key, row.json)

    def offer_mark(self, key: str, row: bytes) -> None:
        """A price that moved is no event."""

    def offer_prices(self, prices: dict[str, bytes]) -> None:
        """A price that moved is no event."""

    def heartbeat_frame(self, server_time: bytes, market_time: bytes) -> bytes:
        """A sign of life; it bears the number of the newest frame."""
        data = b'{"server_time":%b,"market_time":%b}' % (server_time, market_time)
        return b'{"type":"heartbeat","seq":%d,"data":%b}' % (self._seq, data)

    def _delta(self, topic: str, row: bytes) -> bytes:
        self._seq += 1
        return b'{"type":"%b","seq":%d,"data":%b}' % (topic.encode(), self._seq, row)
