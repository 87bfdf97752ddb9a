"""A million open positions in the monitor's book, without a database: what one sweep and one tick cost."""

from time import perf_counter_ns

import numpy as np

from app.domain.exit_gates import NEVER_MS, Rows
from app.repositories.open_trades import LOADED
from app.services.trading.position_book import Answer, Loaded, Market, PositionBook
from benchmarks.monitor_market import INSTRUMENT, VENUE, symbols

WALL_MS = 1_700_000_000_000
WARM_TICKS, TICKS, SWEEPS = 2_000, 20_000, 15


def drawn_rows(count: int, sign: float, price: float, generator: np.random.Generator) -> Rows:
    """Positions of one side opened around a price: trailing stops, targets and parts drawn."""
    rows = np.zeros(count, LOADED)
    rows["trade"] = np.frombuffer(generator.bytes(16 * count), "V16")
    entry = np.round(price * (1 + generator.normal(0, 0.01, count)), 1)
    risk = np.round(entry * generator.uniform(0.02, 0.06, count), 1)
    rows["entry"], rows["risk"], rows["stop"] = entry, sign * risk, entry - sign * risk
    rows["target"] = entry + sign * np.round(3 * risk, 1)
    rows["activation"] = entry * (1 + sign * 0.02)
    rows["trail_fraction"], rows["trail_distance"] = 0.015, np.nan
    rows["volatility_multiple"] = rows["ladder"] = np.nan
    rows["best"], rows["timeframe_ms"], rows["time_ms"] = entry, 3_600_000, NEVER_MS
    rows["parts"], rows["quantity"], rows["live_stop"] = 1, 0.03, True
    return rows


def drawn_book(positions: int, markets: int, seed: int = 1) -> tuple[PositionBook, dict[Market, float]]:
    """A book of that many positions in that many markets, and the present prices."""
    generator = np.random.default_rng(seed)
    book, prices = PositionBook(), {}
    for symbol in symbols(markets):
        price = prices[VENUE, symbol] = float(np.round(generator.uniform(1_000, 50_000), 1))
        each = positions // markets // 2
        book.put(
            [
                Loaded((VENUE, symbol), sign, INSTRUMENT, drawn_rows(each, sign, price, generator))
                for sign in (1.0, -1.0)
            ],
            WALL_MS,
        )
    return book, prices


def calm(book: PositionBook, prices: dict[Market, float]) -> int:
    """Answer everybody whom the first prices ask, as one who leaves; returns how many stay."""
    for (venue, symbol), price in prices.items():
        questions = book.on_tick(book.number_of(venue, symbol), price, WALL_MS, WALL_MS)
        for question in questions:
            book.settle(question, None, WALL_MS)
    return len(book)


def sweep_milliseconds(book: PositionBook, prices: dict[Market, float]) -> float:
    """The median time to hold every position's gates against the prices."""
    marks = {market: (price, WALL_MS) for market, price in prices.items()}
    times = []
    for _ in range(SWEEPS):
        begun = perf_counter_ns()
        book.sweep(marks, WALL_MS)
        times.append((perf_counter_ns() - begun) / 1e6)
    return float(np.median(times))


def bare_milliseconds(positions: int) -> float:
    """The median time of the barest column loop: both gates of every position against one price, nothing else."""
    low, high = np.full(positions, 1.0), np.full(positions, 3.0)
    times = []
    for _ in range(SWEEPS):
        begun = perf_counter_ns()
        np.count_nonzero((low >= 2.0) | (high <= 2.0))
        times.append((perf_counter_ns() - begun) / 1e6)
    return float(np.median(times))


def tick_microseconds(book: PositionBook, prices: dict[Market, float]) -> tuple[float, float, float]:
    """(median, mean, 99th percentile) of one symbol's tick along a random walk, those asked included; each
    asked position is answered outside the time, as its row would be by the database."""
    generator = np.random.default_rng(2)
    markets = list(prices)
    times = np.empty(TICKS)
    for tick in range(-WARM_TICKS, TICKS):
        market = markets[int(generator.integers(len(markets)))]
        prices[market] = float(np.round(prices[market] * (1 + generator.normal(0, 0.0003)), 1))
        number = book.number_of(*market)
        begun = perf_counter_ns()
        questions = book.on_tick(number, prices[market], WALL_MS, WALL_MS)
        taken = perf_counter_ns() - begun
        if tick >= 0:
            times[tick] = taken / 1e3
        for question in questions:
            _, rows = next(iter(book.rows_of([question.trade_id])))
            stop = abs(float(rows["stop"][0]))
            book.settle(question, Answer(stop, True, 3, True, WALL_MS + 3_600_000), WALL_MS)
    return float(np.median(times)), float(times.mean()), float(np.percentile(times, 99))
