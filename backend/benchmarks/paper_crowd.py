"""A paper exchange with fifty contracts, for `benchmarks.paper`; takes the options of `python -m paper_exchange`.

The contracts are BTC's, ETH's and so on ten times over, each with prices of its own path and under a name of its own.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import uvloop

from paper_exchange import clock
from paper_exchange.__main__ import run
from paper_exchange.assembly import FeedIdentity, scales
from paper_exchange.command_line import Options, parse
from paper_exchange.engine.bars import MINUTE_MS, history_bar, new_candles
from paper_exchange.engine.contracts import Contract, listed_contracts
from paper_exchange.engine.exchange import Exchange
from paper_exchange.engine.market import Market, MarketRecord
from paper_exchange.engine.state import new_state
from paper_exchange.feeds.bars import BarRow
from paper_exchange.feeds.playback import Playback
from paper_exchange.feeds.synthetic import SyntheticSource
from paper_exchange.journal.store import Store
from paper_exchange.venue import Venue

COPIES = 10
HISTORY = 1_500
FUNDING_MS = 8 * 3_600_000


def crowd_contracts() -> list[Contract]:
    """Ten of each perpetual: BTC0USDT to DOGE9USDT."""
    listed = [one for one in listed_contracts() if one.is_perpetual]
    return [
        replace(one, symbol=f"{one.base}{copy}USDT", base=f"{one.base}{copy}")
        for copy in range(COPIES)
        for one in listed
    ]


class CrowdSource:
    """Every bar of the synthetic feed under ten names; playback gives each a path of its own inside it."""

    kind = "synthetic"
    interval_ms = MINUTE_MS
    rows_in_all = None

    def __init__(self, seed: int) -> None:
        self._source = SyntheticSource(scales(), seed, clock.wall_ms(), HISTORY)
        self.start_ms = self._source.start_ms
        self.contracts = crowd_contracts()
        self.symbols = tuple(one.symbol for one in self.contracts)

    def _widened(self, row: BarRow) -> BarRow:
        bars = {one.symbol: row.bars[f"{one.base[:-1]}USDT"] for one in self.contracts}
        return BarRow(row.open_ms, bars)

    def history(self) -> list[BarRow]:
        return [self._widened(row) for row in self._source.history()]

    @property
    def rows_given(self) -> int:
        return self._source.rows_given

    def next_row(self) -> BarRow | None:
        row = self._source.next_row()
        return None if row is None else self._widened(row)

    def bookmark(self) -> str:
        return self._source.bookmark()

    def resume(self, bookmark: str) -> None:
        self._source.resume(bookmark)


def crowd_market(contract: Contract, rows: list[BarRow], now: int, seed: int) -> Market:
    """The contract's market after its history."""
    candles = new_candles(MINUTE_MS)
    for row in rows:
        bar = row.bars[contract.symbol]
        candles.base.closed.append(
            history_bar(row.open_ms, (bar.open, bar.high, bar.low, bar.close), bar.volume)
        )
    last = candles.base.closed[-1].close
    price = contract.price(last)
    record = MarketRecord(contract.symbol, last, price, price, now, now - now % FUNDING_MS + FUNDING_MS)
    for closed in candles.base.closed:
        record.activity.absorb(closed, MINUTE_MS)
    return Market(contract, record, candles, seed)


async def serve(options: Options, store: Store) -> int:
    source = CrowdSource(options.seed)
    rows = source.history()
    markets = [crowd_market(one, rows, source.start_ms, options.seed) for one in source.contracts]
    exchange = Exchange(new_state(markets))
    exchange.state.changes.markets.update(market.symbol for market in markets)
    playback = Playback(source, options.seed, source.start_ms)
    venue = Venue(exchange, playback, store, FeedIdentity("synthetic", options.seed), options.speed)
    return await run(venue, options)


def main() -> int:
    options = parse()
    return uvloop.run(serve(options, Store(options.journal, MINUTE_MS)))


if __name__ == "__main__":
    sys.exit(main())
