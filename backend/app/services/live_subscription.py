"""What waits to be sent to one connected screen.

Newer rows replace older ones of the same thing and newer prices older ones, so that a slow screen holds a
bounded amount. Numbers are given when a frame leaves, hence dropping a price leaves no gap.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.services.live_rows import LiveRow
from app.services.stream_tickets import TicketHolder

MAX_WAITING_ROWS = 1_000
PRICES_STOP_AT_ROWS = 200


@dataclass(frozen=True, slots=True)
class Closing:
    """Why the server ends a stream: a WebSocket close code and a sentence."""

    code: int
    reason: str


EXPIRED = Closing(4401, "The session's token has ended: take a new ticket.")
SIGNED_OUT = Closing(4401, "The session was signed out.")
TOO_SLOW = Closing(4408, "The connection is too slow for the updates.")
TOO_LARGE = Closing(1009, "The message is too large.")
TOO_MANY_MESSAGES = Closing(1008, "Too many messages in a minute.")
NOT_UNDERSTOOD = Closing(1003, "The message was not understood.")
SHUTTING_DOWN = Closing(1012, "The server restarts.")


class Subscription:
    """One connected screen of one user. `venues` are those whose prices it sees, the first one first."""

    def __init__(self, holder: TicketHolder) -> None:
        self.user_id: UUID = holder.user_id
        self.session_id: UUID = holder.session_id
        self.expires_at: datetime = holder.expires_at
        self.venues: tuple[str, ...] = ()
        self.closing: Closing | None = None
        self.wants_snapshot = True
        self._rows: dict[tuple[str, str], bytes] = {}
        self._prices: dict[str, bytes] = {}
        self._wake = asyncio.Event()
        self._seq = 0

    def offer(self, topic: str, key: str, row: bytes) -> None:
        """Send a row soon, in place of an unsent older one of the same key."""
        self._rows.pop((topic, key), None)
        self._rows[topic, key] = row
        if len(self._rows) >= PRICES_STOP_AT_ROWS:
            self._prices.clear()
        if len(self._rows) > MAX_WAITING_ROWS:
            self.close(TOO_SLOW)
        self._wake.set()

    def take(self, row: LiveRow) -> None:
        """Send a row soon, where it is one that a screen shows."""
        if row.topic is not None:
            self.offer(row.topic, row.key, row.json)

    def offer_mark(self, key: str, row: bytes) -> None:
        """Send a position soon whose mark price moved."""
        self.offer("position", key, row)

    def offer_prices(self, prices: dict[str, bytes]) -> None:
        """Send prices soon; a screen that is behind with its rows gets none."""
        if prices and len(self._rows) < PRICES_STOP_AT_ROWS:
            self._prices.update(prices)
            self._wake.set()

    def ask_snapshot(self) -> None:
        """Send everything anew, soon."""
        self.wants_snapshot = True
        self._wake.set()

    def close(self, closing: Closing) -> None:
        """End the stream; the first reason stands."""
        self.closing = self.closing or closing
        self._wake.set()

    async def wait(self, seconds: float) -> None:
        """Return when there is something to do, at the latest after that many seconds."""
        if seconds > 0:
            try:
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            except TimeoutError:
                pass
        self._wake.clear()

    def begin_snapshot(self) -> None:
        """Forget what waits: the snapshot about to be read holds it."""
        self.wants_snapshot = False
        self._rows.clear()
        self._prices.clear()

    def snapshot_frame(self, snapshot: bytes) -> bytes:
        """The frame of a snapshot; numbers begin anew."""
        self._seq = 0
        return b'{"type":"snapshot","seq":0,"data":%b}' % snapshot

    def take_frames(self) -> list[bytes]:
        """The frames that wait, numbered, in the order in which their rows last changed; prices last."""
        rows, self._rows = self._rows, {}
        prices, self._prices = self._prices, {}
        frames = [self._delta(topic, row) for (topic, _), row in rows.items()]
        if prices:
            pairs = b",".join(b'"%b":%b' % (symbol.encode(), price) for symbol, price in prices.items())
            frames.append(self._delta("prices", b"{%b}" % pairs))
        return frames

    def heartbeat_frame(self, server_time: bytes, market_time: bytes) -> bytes:
        """A sign of life; it bears the number of the newest frame."""
        return b'{"type":"heartbeat","seq":%d,"server_time":%b,"market_time":%b}' % (
            self._seq,
            server_time,
            market_time,
        )

    def _delta(self, topic: str, row: bytes) -> bytes:
        self._seq += 1
        return b'{"type":"delta","seq":%d,"topic":"%b","data":%b}' % (self._seq, topic.encode(), row)
