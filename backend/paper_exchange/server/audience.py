"""Turns what happens in the venue into stream messages, for the streams somebody listens to."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from paper_exchange.engine.events import (
    BarClosed,
    BookChanged,
    Liquidated,
    MarketEvent,
    TradePrinted,
    UserEvent,
)
from paper_exchange.engine.market import Market
from paper_exchange.server import market_events as messages
from paper_exchange.server.candle_streams import CandleStreams
from paper_exchange.server.depth import BookStreams
from paper_exchange.server.frame_faults import UserFrames
from paper_exchange.server.listen_keys import ListenKeys
from paper_exchange.server.streams import Hub
from paper_exchange.server.user_events import user_event_fields
from paper_exchange.venue import FeedHealth, Venue

FEED_STATUS_STREAM = "!feedStatus"
SLOW_MARK_MS = 3_000


class StreamAudience:
    """The venue's ear: user events wait for their commit, market events go out at once."""

    def __init__(self, venue: Venue, hub: Hub, listen_keys: ListenKeys, frames: UserFrames) -> None:
        self._venue = venue
        self._frames = frames
        self._hub = hub
        self._listen_keys = listen_keys
        markets = venue.exchange.markets
        self._books = BookStreams(hub, markets, venue.now)
        self._candles = CandleStreams(hub, markets)
        self._slow_mark = 0
        self._pending: list[tuple[str, str, str]] = []

    # Users

    def render_user_event(self, event: UserEvent) -> None:
        account = event.account.id
        if not self._hub.hears(account):
            return
        for fields in user_event_fields(self._venue.exchange, event):
            self._pending.append((account, str(fields["e"]), orjson.dumps(fields).decode()))

    def take_user_events(self) -> Callable[[], None]:
        taken, self._pending = self._pending, []

        def release() -> None:
            for account, kind, text in taken:
                self._frames.send(account, kind, text)

        return release

    def expire_listen_keys(self) -> None:
        """Retire the keys whose hour is over."""
        self._tell_expired(self._listen_keys.expire())

    def expire_now(self, account: str | None) -> int:
        """Retire the account's key, or everybody's (None), before its time; returns how many there were."""
        over = self._listen_keys.withdraw(account)
        self._tell_expired(over)
        return len(over)

    def _tell_expired(self, over: list[tuple[str, str]]) -> None:
        now = self._venue.now()
        for account, key in over:
            expired = {"e": "listenKeyExpired", "E": now, "listenKey": key}
            self._frames.send(account, "listenKeyExpired", orjson.dumps(expired).decode())
            self._hub.forsake(account, key)

    # Markets

    def market_event(self, event: MarketEvent) -> None:
        match event:
            case TradePrinted():
                self._trade(event)
            case BarClosed():
                self._candles.closed(event)
            case BookChanged():
                self._book(event.market, event.time_ms)
            case Liquidated():
                market = self._venue.exchange.markets[event.order.symbol]
                message = messages.force_order_message(market, event)
                self._hub.publish(f"{market.symbol.lower()}@forceOrder", message)
                self._hub.publish("!forceOrder@arr", message)

    def market_second(self, now: int) -> None:
        hub, markets = self._hub, self._venue.exchange.markets.values()
        slow_mark, self._slow_mark = self._slow_mark, now // SLOW_MARK_MS
        mark_speeds = ("@1s",) if slow_mark == self._slow_mark else ("", "@1s")
        renderers = (
            ("markPrice", mark_speeds, messages.mark_message),
            ("ticker", ("",), messages.ticker_message),
            ("miniTicker", ("",), messages.mini_ticker_message),
        )
        for name, suffixes, render in renderers:
            whole = [f"!{name}@arr{suffix}" for suffix in suffixes if hub.wanted(f"!{name}@arr{suffix}")]
            gathered = []
            for market in markets:
                single = [f"{market.symbol.lower()}@{name}{suffix}" for suffix in suffixes]
                single = [stream for stream in single if hub.wanted(stream)]
                if not (single or whole):
                    continue
                message = render(market, now)
                gathered.append(message)
                for stream in single:
                    hub.publish(stream, message)
            for stream in whole:
                hub.publish(stream, gathered)

    def feed_changed(self, health: FeedHealth, now: int) -> None:
        """Not the venue's dialect: only those who ask for `!feedStatus` hear it."""
        self._hub.publish(FEED_STATUS_STREAM, messages.feed_status_message(health, now))

    def subscribed(self, stream: str) -> None:
        """Somebody began to listen to `stream`."""
        self._books.begin(stream)
        self._candles.begin(stream)

    def unsubscribed(self, stream: str) -> None:
        """Somebody stopped listening to `stream`."""
        self._books.end(stream)
        self._candles.end(stream)

    def flush_depth(self, symbol: str) -> None:
        """Tell subscribers of the book's changes up to now."""
        self._books.flush(symbol)

    def beat(self) -> None:
        """To be called every `BEAT_SECONDS`: what is published at a pace of its own."""
        self._books.beat()
        self._candles.beat(self._venue.now())

    def _trade(self, event: TradePrinted) -> None:
        hub, market = self._hub, event.market
        name = market.symbol.lower()
        if hub.wanted(f"{name}@trade"):
            hub.publish(f"{name}@trade", messages.trade_message(market, event.trade))
        if hub.wanted(f"{name}@aggTrade"):
            hub.publish(f"{name}@aggTrade", messages.aggregate_trade_message(market, event.trade))
        if event.from_feed:
            self._candles.moved(market)

    def _book(self, market: Market, now: int) -> None:
        for stream in (f"{market.symbol.lower()}@bookTicker", "!bookTicker"):
            if self._hub.wanted(stream):
                self._hub.publish(stream, messages.book_ticker_message(market, now))
