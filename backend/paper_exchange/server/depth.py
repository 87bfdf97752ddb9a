"""The book's streams: differences that follow one another without a gap, and the best levels, each at its own pace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice

from paper_exchange.engine.market import Market
from paper_exchange.server.market_events import depth_message
from paper_exchange.server.streams import Hub

BEAT_SECONDS = 0.05
# How many beats apart the events of each speed are; 250 ms where none is named.
SPEEDS = {"": 5, "@0ms": 1, "@100ms": 2, "@250ms": 5, "@500ms": 10}
PARTIAL_DEPTHS = (5, 10, 20)
CHANNELS: Mapping[str, tuple[int | None, int]] = {
    f"depth{'' if levels is None else levels}{speed}": (levels, beats)
    for levels in (None, *PARTIAL_DEPTHS)
    for speed, beats in SPEEDS.items()
}


@dataclass(slots=True)
class _Told:
    """What the listeners of one stream know; `levels` is None for differences, whose listeners know the book."""

    market: Market
    levels: int | None
    beats: int
    update_id: int
    bids: dict[int, int]
    asks: dict[int, int]


def _difference(old: dict[int, int], new: dict[int, int]) -> dict[int, int]:
    """Levels that changed; a level that is gone has size 0."""
    changed = {price: size for price, size in new.items() if old.get(price) != size}
    changed.update({price: 0 for price in old if price not in new})
    return changed


class BookStreams:
    """Publishes to those who listen, and looks at no book that nobody watches."""

    def __init__(self, hub: Hub, markets: Mapping[str, Market], now: Callable[[], int]) -> None:
        self._hub = hub
        self._markets = markets
        self._now = now
        self._told: dict[str, _Told] = {}
        self._beat = 0

    def begin(self, stream: str) -> None:
        """Somebody subscribed: differences count from the book as it is now, unless others listen already."""
        symbol, _, channel = stream.partition("@")
        market, asked = self._markets.get(symbol.upper()), CHANNELS.get(channel)
        if market is None or asked is None or stream in self._told:
            return
        levels, beats = asked
        self._told[stream] = told = _Told(market, levels, beats, market.record.update_id, {}, {})
        if levels is None:
            told.bids, told.asks = dict(market.book.bids), dict(market.book.asks)
        else:
            # The first event of the best levels comes with the next beat, changed or not.
            told.update_id -= 1

    def end(self, stream: str) -> None:
        """Nobody listens to it any more."""
        if not self._hub.wanted(stream):
            self._told.pop(stream, None)

    def beat(self) -> None:
        """To be called every `BEAT_SECONDS`."""
        self._beat += 1
        for stream, told in self._told.items():
            if not self._beat % told.beats:
                self._publish(stream, told)

    def flush(self, symbol: str) -> None:
        """Tell the listeners of differences up to now, so that a snapshot taken now fits between two events."""
        for stream, told in self._told.items():
            if told.market.symbol == symbol and told.levels is None:
                self._publish(stream, told)

    def _publish(self, stream: str, told: _Told) -> None:
        market, before = told.market, told.update_id
        if before == market.record.update_id:
            return
        told.update_id = market.record.update_id
        book = market.book
        if told.levels is None:
            bids, asks = _difference(told.bids, book.bids), _difference(told.asks, book.asks)
            told.bids, told.asks = dict(book.bids), dict(book.asks)
        else:
            bids, asks = (dict(islice(side.items(), told.levels)) for side in (book.bids, book.asks))
        self._hub.publish(stream, depth_message(market, before, self._now(), bids, asks))
