"""Turns what happens in the venue into stream messages, for the streams somebody listens to."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from paper_exchange.engine.bars import INTERVALS_MS
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
from paper_exchange.server.depth import DepthFeed
from paper_exchange.server.frame_faults import UserFrames
from paper_exchange.server.listen_keys import ListenKeys
from paper_exchange.server.streams import Hub
from paper_exchange.server.user_events import user_event_fields
from paper_exchange.venue import FeedHealth, Venue

DEPTH_SPEEDS = ("", "@100ms", "@250ms", "@500ms", "@0ms")
PARTIAL_DEPTHS = (5, 10, 20)
FEED_STATUS_STREAM = "!feedStatus"


class StreamAudience:
    """The venue's ear: user events wait for their commit, market events go out at once."""

    def __init__(self, venue: Venue, hub: Hub, listen_keys: ListenKeys, frames: UserFrames) -> None:
        self._venue = venue
        self._frames = frames
        self._hub = hub
        self._listen_keys = listen_keys
        self._depth = DepthFeed()
        self._partial_sent: dict[str, int] = {}
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

    # Markets

    def market_event(self, event: MarketEvent) -> None:
        match event:
            case TradePrinted():
                self._trade(event)
            case BarClosed():
                self._bar_closed(event)
            case BookChanged():
                self._book(event.market, event.time_ms)
            case Liquidated():
                market = self._venue.exchange.markets[event.order.symbol]
                message = messages.force_order_message(market, event)
                self._hub.publish(f"{market.symbol.lower()}@forceOrder", message)
                self._hub.publish("!forceOrder@arr", message)

    def market_second(self, now: int) -> None:
        hub, markets = self._hub, self._venue.exchange.markets.values()
        renderers = (
            ("markPrice", ("", "@1s"), messages.mark_message),
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
        market = self._diff_depth_market(stream)
        if market is not None:
            self._depth.begin(market)

    def unsubscribed(self, stream: str) -> None:
        market = self._diff_depth_market(stream)
        if market is None:
            return
        name = market.symbol.lower()
        if not any(self._hub.wanted(f"{name}@depth{speed}") for speed in DEPTH_SPEEDS):
            self._depth.end(market.symbol)

    def flush_depth(self, symbol: str) -> None:
        """Tell subscribers of the book's changes up to now."""
        market = self._venue.exchange.markets[symbol]
        message = self._depth.flush(market, self._venue.now())
        if message is not None:
            for speed in DEPTH_SPEEDS:
                self._hub.publish(f"{symbol.lower()}@depth{speed}", message)

    def flush_all_depth(self) -> None:
        for symbol in self._venue.exchange.markets:
            self.flush_depth(symbol)

    def _diff_depth_market(self, stream: str) -> Market | None:
        symbol, _, channel = stream.partition("@")
        if channel not in {f"depth{speed}" for speed in DEPTH_SPEEDS}:
            return None
        return self._venue.exchange.markets.get(symbol.upper())

    def _trade(self, event: TradePrinted) -> None:
        hub, market = self._hub, event.market
        name = market.symbol.lower()
        if hub.wanted(f"{name}@trade"):
            hub.publish(f"{name}@trade", messages.trade_message(market, event.trade))
        if hub.wanted(f"{name}@aggTrade"):
            hub.publish(f"{name}@aggTrade", messages.aggregate_trade_message(market, event.trade))
        if not event.from_feed:
            return
        for interval in INTERVALS_MS.items():
            stream = f"{name}@kline_{interval[0]}"
            if hub.wanted(stream):
                bar = market.candles.window(interval[1], 1)[-1]
                message = messages.kline_message(market, bar, interval, event.trade.time_ms, closed=False)
                hub.publish(stream, message)

    def _bar_closed(self, event: BarClosed) -> None:
        """Every interval that ends where this bar does is closed with it."""
        market = event.market
        end_ms = event.bar.open_ms + event.interval_ms
        for interval in INTERVALS_MS.items():
            stream = f"{market.symbol.lower()}@kline_{interval[0]}"
            finest = market.candles.source(interval[1]).interval_ms
            if finest != event.interval_ms or not self._hub.wanted(stream):
                continue
            bars = market.candles.window(interval[1], 1, end_ms=end_ms - 1)
            if bars and bars[-1].open_ms + interval[1] == end_ms:
                message = messages.kline_message(market, bars[-1], interval, event.time_ms, closed=True)
                self._hub.publish(stream, message)

    def _book(self, market: Market, now: int) -> None:
        name = market.symbol.lower()
        for stream in (f"{name}@bookTicker", "!bookTicker"):
            if self._hub.wanted(stream):
                self._hub.publish(stream, messages.book_ticker_message(market, now))
        for levels in PARTIAL_DEPTHS:
            for speed in DEPTH_SPEEDS:
                stream = f"{name}@depth{levels}{speed}"
                if self._hub.wanted(stream):
                    before = self._partial_sent.get(stream, market.record.update_id - 1)
                    self._partial_sent[stream] = market.record.update_id
                    self._hub.publish(stream, messages.partial_depth_message(market, levels, before, now))
