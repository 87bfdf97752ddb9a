"""The live stream: what changes in a user's rows, and the prices, sent to the user's connected screens.

A change is announced with ids only. The rows are read again as that tenant, so that a wrong or forged
announcement can show a screen nothing but the tenant's own rows.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog

from app.core.errors import TooManyRequestsError
from app.core.metrics import loop_failed
from app.domain.decimal_text import plain
from app.domain.venue import Quote
from app.repositories.positions import TradeRecord
from app.services.event_subscription import EventSubscription
from app.services.live_rows import Change, LiveRows, encode, encode_time
from app.services.live_subscription import EXPIRED, SHUTTING_DOWN, SIGNED_OUT, Subscription
from app.services.price_book import PriceBook
from app.services.stream_tickets import TicketHolder

CHANNEL = "user_events"
HEARTBEAT_SECONDS = 1.0
PRICE_SECONDS = 0.1
MARK_SECONDS = 1.0
GATHER_SECONDS = 0.02
RETRY_SECONDS = 0.5
SNAPSHOT_SECONDS = 0.5
SESSION_SECONDS = 15.0

log = structlog.get_logger(__name__)


class Notifications(Protocol):
    """Announcements from the database. None says that listening has (again) begun."""

    def listen(self, channel: str) -> AsyncIterator[str | None]: ...


class _Feed:
    """One user's screens, the positions that they show, and what waits to be read."""

    def __init__(self) -> None:
        self.screens: set[Subscription] = set()
        self.positions: dict[UUID, TradeRecord] = {}
        self.marks: dict[UUID, str | None] = {}
        self.changes: dict[Change, None] = {}
        self.wake = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class LiveStream:
    """All connected screens of this process."""

    def __init__(
        self,
        rows: LiveRows,
        book: PriceBook,
        now: Callable[[], datetime],
        *,
        stale_after_seconds: float,
        default_venue: str = "paper",
        screens_per_user: int = 8,
        screens_in_all: int = 2_000,
    ) -> None:
        self._rows = rows
        self._book = book
        self._now = now
        self._stale_after_seconds = stale_after_seconds
        self._default_venue = default_venue
        self._per_user = screens_per_user
        self._in_all = screens_in_all
        self._feeds: dict[UUID, _Feed] = {}

    @property
    def screens(self) -> int:
        """Connected screens."""
        return sum(len(feed.screens) for feed in self._feeds.values())

    def connect(
        self, holder: TicketHolder, *, as_events: bool = False
    ) -> AbstractContextManager[Subscription]:
        """A screen of that user, or a program that hears events, for as long as the context lasts; refused
        above the caps."""
        feed = self._feeds.get(holder.user_id)
        if self.screens >= self._in_all:
            raise TooManyRequestsError("The server carries as many live connections as it can.")
        if feed is not None and len(feed.screens) >= self._per_user:
            raise TooManyRequestsError(
                f"At most {self._per_user} live connections are open at once per user."
            )
        return self._connected(EventSubscription(holder) if as_events else Subscription(holder))

    async def frames(self, screen: Subscription) -> AsyncIterator[bytes]:
        """Frames for a screen: a snapshot, then numbered deltas and a heartbeat each second.

        It ends when `screen.closing` says why.
        """
        clock = asyncio.get_running_loop().time
        heartbeat_at = clock() + HEARTBEAT_SECONDS
        snapshot_at = 0.0
        while screen.closing is None:
            if screen.expires_at <= self._now():
                screen.close(EXPIRED)
                return
            if screen.wants_snapshot and clock() >= snapshot_at:
                snapshot_at = clock() + SNAPSHOT_SECONDS
                yield screen.snapshot_frame(await self._snapshot(screen))
            if not screen.wants_snapshot:
                for frame in screen.take_frames():
                    yield frame
            if clock() >= heartbeat_at:
                heartbeat_at = clock() + HEARTBEAT_SECONDS
                yield screen.heartbeat_frame(encode_time(self._now()), self._market_time(screen))
            due = min(heartbeat_at, snapshot_at) if screen.wants_snapshot else heartbeat_at
            await screen.wait(min(due - clock(), (screen.expires_at - self._now()).total_seconds()))

    async def follow_changes(self, notifications: Notifications) -> None:
        """Read announcements until cancelled. After a gap every screen gets a new snapshot."""
        async for payload in notifications.listen(CHANNEL):
            if payload is None:
                for feed in self._feeds.values():
                    for screen in feed.screens:
                        screen.ask_snapshot()
            else:
                self.announce(payload)

    def announce(self, payload: str) -> None:
        """Note a change {user_id, kind, id}; of a user without a screen here it is nobody's news."""
        try:
            parts = json.loads(payload)
            user_id, change = UUID(parts["user_id"]), Change(str(parts["kind"]), str(parts["id"]))
        except (ValueError, KeyError, TypeError):
            log.warning("an announcement was not understood", payload=payload[:200])
            return
        feed = self._feeds.get(user_id)
        if feed is None:
            return
        if change.kind == "session":
            for screen in feed.screens:
                if str(screen.session_id) == change.id:
                    screen.close(SIGNED_OUT)
            return
        feed.changes[change] = None
        feed.wake.set()

    async def send_prices(self) -> None:
        """Send changed prices, at most ten times a second per symbol, until cancelled."""
        while True:
            await asyncio.sleep(PRICE_SECONDS)
            changed = self._book.take_changed()
            if not changed or not self._feeds:
                continue
            prices = {
                venue: {symbol: self._price(venue, symbol) for symbol in symbols}
                for venue, symbols in changed.items()
            }
            for feed in self._feeds.values():
                for screen in feed.screens:
                    screen.offer_prices(self._seen(screen, prices))

    async def send_marks(self) -> None:
        """Send positions whose mark price moved, once a second, until cancelled."""
        while True:
            await asyncio.sleep(MARK_SECONDS)
            for feed in self._feeds.values():
                for trade in feed.positions.values():
                    shown = self._rows.position(trade)
                    if feed.marks.get(trade.id) != shown.mark_price:
                        feed.marks[trade.id] = shown.mark_price
                        row = encode(shown)
                        for screen in feed.screens:
                            screen.offer_mark(str(trade.id), row)

    async def check_sessions(self, seconds: float = SESSION_SECONDS) -> None:
        """End the screens of sessions that were ended, until cancelled; an unanswered check is made again."""
        while True:
            await asyncio.sleep(seconds)
            for user_id, feed in list(self._feeds.items()):
                asked = {screen.session_id for screen in feed.screens}
                try:
                    ended = asked - await self._rows.standing(user_id, asked)
                except Exception:  # the edge of a background loop
                    log.exception(
                        "sessions of live streams could not be checked",
                        user_id=str(user_id),
                        failures=loop_failed("live sessions"),
                    )
                    break
                for screen in feed.screens:
                    if screen.session_id in ended:
                        screen.close(SIGNED_OUT)

    def close_all(self) -> None:
        """End every stream, because the process ends."""
        for feed in self._feeds.values():
            for screen in feed.screens:
                screen.close(SHUTTING_DOWN)

    @contextmanager
    def _connected(self, screen: Subscription) -> Iterator[Subscription]:
        feed = self._feeds.setdefault(screen.user_id, _Feed())
        feed.screens.add(screen)
        if feed.task is None:
            feed.task = asyncio.create_task(self._read_changes(screen.user_id, feed))
        try:
            yield screen
        finally:
            feed.screens.discard(screen)
            if not feed.screens:
                feed.task.cancel()
                if self._feeds.get(screen.user_id) is feed:
                    del self._feeds[screen.user_id]

    async def _read_changes(self, user_id: UUID, feed: _Feed) -> None:
        while True:
            await feed.wake.wait()
            await asyncio.sleep(GATHER_SECONDS)
            feed.wake.clear()
            changes, feed.changes = feed.changes, {}
            try:
                hears = any(isinstance(screen, EventSubscription) for screen in feed.screens)
                found = await self._rows.changed(user_id, changes, with_signals=hears)
            except Exception:  # the edge of a background loop: the rows are read again
                log.exception(
                    "rows of a live stream could not be read",
                    user_id=str(user_id),
                    failures=loop_failed("live rows"),
                )
                feed.changes = changes | feed.changes
                feed.wake.set()
                await asyncio.sleep(RETRY_SECONDS)
                continue
            for trade in found.live:
                feed.positions[trade.id] = trade
            for trade_id in found.ended:
                feed.positions.pop(trade_id, None)
                feed.marks.pop(trade_id, None)
            for row in found.rows:
                for screen in feed.screens:
                    screen.take(row)

    async def _snapshot(self, screen: Subscription) -> bytes:
        screen.begin_snapshot()
        held = await self._rows.everything(screen.user_id)
        screen.venues = held.venues or (self._default_venue,)
        feed = self._feeds.get(screen.user_id)
        if feed is not None:
            feed.positions = {trade.id: trade for trade in held.positions}
        shown = [self._rows.position(trade) for trade in held.positions]
        fresh = {
            symbol: price
            for venue in reversed(screen.venues)
            for symbol, price in self._fresh_prices(venue).items()
        }
        return (
            b'{"positions":%b,"breaker":%b,"wallets":%b,"alerts":%b,"prices":{%b},"stale_after_ms":%d,"market_time":%b}'
            % (
                encode(shown),
                encode(held.breaker),
                held.wallets,
                encode(held.alerts),
                b",".join(b'"%b":%b' % (symbol.encode(), price) for symbol, price in fresh.items()),
                round(self._stale_after_seconds * 1000),
                self._market_time(screen),
            )
        )

    def _fresh_prices(self, venue: str) -> dict[str, bytes]:
        """Return the prices of a venue that are not stale: what is sent counts as just heard."""
        now = self._now()
        found: dict[str, bytes] = {}
        for symbol in self._book.symbols(venue):
            quote = self._book.quote(venue, symbol)
            if quote is not None and (now - quote.received_at).total_seconds() < self._stale_after_seconds:
                found[symbol] = _price_json(quote)
        return found

    def _price(self, venue: str, symbol: str) -> bytes:
        quote = self._book.quote(venue, symbol)
        return b"null" if quote is None else _price_json(quote)

    def _seen(self, screen: Subscription, prices: dict[str, dict[str, bytes]]) -> dict[str, bytes]:
        """Return what a screen sees: where two of its venues have a symbol, the first one's price."""
        if len(screen.venues) == 1:
            return prices.get(screen.venues[0], {})
        seen: dict[str, bytes] = {}
        for place, venue in enumerate(screen.venues):
            earlier = screen.venues[:place]
            seen |= {
                symbol: price
                for symbol, price in prices.get(venue, {}).items()
                if not any(symbol in self._book.symbols(other) for other in earlier)
            }
        return seen

    def _market_time(self, screen: Subscription) -> bytes:
        venue = screen.venues[0] if screen.venues else self._default_venue
        return encode_time(self._book.market_time(venue))


def _price_json(quote: Quote) -> bytes:
    return b'{"mark":"%b","last":"%b","market_time":%b}' % (
        plain(quote.mark_price).encode(),
        plain(quote.last_price).encode(),
        encode_time(quote.market_time),
    )
