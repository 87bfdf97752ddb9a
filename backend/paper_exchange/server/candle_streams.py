"""The candles' streams: the forming candle four times a second while it changes, the closed one at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from paper_exchange.engine.bars import INTERVALS_MS
from paper_exchange.engine.events import BarClosed
from paper_exchange.engine.market import Market
from paper_exchange.server.market_events import continuous_kline_message, kline_message
from paper_exchange.server.streams import Hub

BEATS = 5


@dataclass(frozen=True, slots=True)
class _Asked:
    market: Market
    name: str
    interval_ms: int
    continuous: bool


class CandleStreams:
    """Renders only what somebody listens to."""

    def __init__(self, hub: Hub, markets: Mapping[str, Market]) -> None:
        self._hub = hub
        self._by_symbol = {symbol.lower(): market for symbol, market in markets.items()}
        self._by_pair = {
            f"{one.contract.pair}_{one.contract.contract_type}".lower(): one for one in markets.values()
        }
        self._asked: dict[str, _Asked] = {}
        self._moved: set[str] = set()
        self._beat = 0

    def begin(self, stream: str) -> None:
        whose, _, channel = stream.partition("@")
        kind, _, name = channel.partition("_")
        interval_ms = INTERVALS_MS.get(name)
        known = {"kline": self._by_symbol, "continuousKline": self._by_pair}.get(kind, {})
        market = known.get(whose)
        if interval_ms is not None and market is not None:
            self._asked[stream] = _Asked(market, name, interval_ms, kind == "continuousKline")

    def end(self, stream: str) -> None:
        """Nobody listens to it any more."""
        if not self._hub.wanted(stream):
            self._asked.pop(stream, None)

    def moved(self, market: Market) -> None:
        """The feed traded: its forming candles changed."""
        self._moved.add(market.symbol)

    def beat(self, now: int) -> None:
        """To be called every twentieth of a second, with market time."""
        self._beat += 1
        if self._beat % BEATS or not self._moved:
            return
        moved, self._moved = self._moved, set()
        for stream, asked in self._asked.items():
            candles = asked.market.candles
            if asked.market.symbol in moved and candles.source(asked.interval_ms).forming is not None:
                self._publish(stream, asked, now)

    def closed(self, event: BarClosed) -> None:
        """Every interval that ends where this bar does is closed with it."""
        end_ms = event.bar.open_ms + event.interval_ms
        for stream, asked in self._asked.items():
            if asked.market is not event.market:
                continue
            finest = event.market.candles.source(asked.interval_ms).interval_ms
            if finest == event.interval_ms:
                self._publish(stream, asked, event.time_ms, end_ms)

    def _publish(self, stream: str, asked: _Asked, now: int, end_ms: int | None = None) -> None:
        """The forming candle; or the one that ends at `end_ms`, if there is one."""
        last = None if end_ms is None else end_ms - 1
        bars = asked.market.candles.window(asked.interval_ms, 1, end_ms=last)
        if not bars or (end_ms is not None and bars[-1].open_ms + asked.interval_ms != end_ms):
            return
        render = continuous_kline_message if asked.continuous else kline_message
        message = render(asked.market, bars[-1], (asked.name, asked.interval_ms), now, end_ms is not None)
        self._hub.publish(stream, message)
