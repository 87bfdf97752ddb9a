"""Depth differences: each event follows the one before it without a gap, and snapshots fit between them."""

from __future__ import annotations

from dataclasses import dataclass

from paper_exchange.engine.market import Market
from paper_exchange.server.render_market import USD_MARGINED, level_rows


@dataclass(slots=True)
class _Published:
    update_id: int
    bids: dict[int, int]
    asks: dict[int, int]


def _difference(old: dict[int, int], new: dict[int, int]) -> dict[int, int]:
    """Levels that changed; a level that is gone has size 0."""
    changed = {price: size for price, size in new.items() if old.get(price) != size}
    changed.update({price: 0 for price in old if price not in new})
    return changed


class DepthFeed:
    """What subscribers of each market's depth have been told."""

    def __init__(self) -> None:
        self._published: dict[str, _Published] = {}

    def begin(self, market: Market) -> None:
        """Somebody subscribed: differences count from the book as it is now, unless others listen already."""
        if market.symbol not in self._published:
            self._published[market.symbol] = self._now(market)

    def end(self, symbol: str) -> None:
        """Nobody listens any more."""
        self._published.pop(symbol, None)

    def flush(self, market: Market, now: int) -> dict[str, object] | None:
        """The difference since the last flush; None when nobody listens or nothing changed."""
        before = self._published.get(market.symbol)
        if before is None or before.update_id == market.record.update_id:
            return None
        after = self._published[market.symbol] = self._now(market)
        every = len(before.bids) + len(after.bids) + len(before.asks) + len(after.asks)
        return {
            "e": "depthUpdate",
            "E": now,
            "T": now,
            "s": market.symbol,
            "st": USD_MARGINED,
            "ps": market.contract.pair,
            "U": before.update_id + 1,
            "u": after.update_id,
            "pu": before.update_id,
            "b": level_rows(_difference(before.bids, after.bids), market.contract, every),
            "a": level_rows(_difference(before.asks, after.asks), market.contract, every),
        }

    @staticmethod
    def _now(market: Market) -> _Published:
        book = market.book
        return _Published(market.record.update_id, dict(book.bids), dict(book.asks))
