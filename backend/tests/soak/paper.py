"""Whether the paper exchange gives edge, and whether its book is like a real one.

    make soak NAME=paper ARGS="--runs 24 --steps 9000"

Random takers and random makers trade on the real engine, on the synthetic feed and, where the recorded files are at
hand, on a replay of them; the simulated book is set beside recorded ones. Prints one JSON object per figure; exits 1
when random takers' edge (before fees, half the spread counted) is not within 1 bp of nothing with a 95 % interval as
narrow, when random makers' is outside -6 to 0 bp, or when spread or depth is not within twice a recorded one.
"""

import argparse
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from app.core.config import ROOT_DIR
from paper_exchange.assembly import scales
from paper_exchange.feeds.candle_files import read_folder
from paper_exchange.feeds.replay import ReplaySource
from paper_exchange.feeds.synthetic import SyntheticSource
from tests.paper_exchange.book_ratios import BookRatio, book_ratios
from tests.paper_exchange.random_traders import Edge, RandomTraders, Tally, edge

DATA = ROOT_DIR.parent / "shared" / "data"
HOUR_MS = 3_600_000
START_MS = 1_700_000_000_000
HISTORY = 1_500
REPLAY_HISTORY = 120
SYNTHETIC_STEPS_PER_BAR = 60
REPLAY_STEPS_PER_BAR = 720
TAKERS_BPS = 1.0
MAKERS_BPS = (-6.0, 0.0)
BOOK_FACTOR = 2.0
BOOKS = 400


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=24, help="independent runs of each feed, at least 6")
    parser.add_argument("--steps", type=int, default=9_000, help="steps of the feed in each run")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of recorded <symbol>_perp_1h_* files")
    options = parser.parse_args()
    if options.runs < 6:
        parser.error("--runs must be at least 6")
    return options


def _on_synthetic(seed: int, steps: int) -> Tally:
    source = SyntheticSource(scales(), seed, START_MS, HISTORY)
    return RandomTraders(source, seed).run(steps, SYNTHETIC_STEPS_PER_BAR)


def _on_replay(seed: int, steps: int, runs: int, folder: Path) -> Tally:
    """Each run plays its own part of the files."""
    series = read_folder(folder, scales(), "1h", HOUR_MS)
    rows = max(len(bars) for bars in series.values()) - REPLAY_HISTORY
    source = ReplaySource(series, HOUR_MS, REPLAY_HISTORY + (seed - 1) * rows // runs)
    return RandomTraders(source, seed).run(
        min(steps, REPLAY_STEPS_PER_BAR * rows // runs), REPLAY_STEPS_PER_BAR
    )


def _edge_line(name: str, found: Edge, bounds: tuple[float, float]) -> tuple[str, bool]:
    low, high = bounds
    line = {
        "name": name,
        "value": round(found.mean, 3),
        "unit": "bp",
        "limit": f"{low:g} to {high:g}",
        "half_width_95": round(found.half_width, 3),
        "trades": found.trades,
    }
    return json.dumps(line), low <= found.mean <= high


def _book_line(found: BookRatio) -> tuple[str, bool]:
    line = {
        "name": f"paper.book.{found.name}",
        "value": round(found.simulated, 3),
        "unit": "USDT" if found.name.startswith("spread") else "BTC",
        "peer": "recorded book",
        "peer_value": round(found.recorded, 3),
        "ratio": round(found.ratio, 3),
    }
    return json.dumps(line), 1 / BOOK_FACTOR <= found.ratio <= BOOK_FACTOR


def _figures(options: argparse.Namespace) -> Iterator[tuple[str, bool]]:
    """Each line and whether its figure is within bounds."""
    seeds = range(1, options.runs + 1)
    feeds = {"": partial(_on_synthetic, steps=options.steps)}
    if options.data.is_dir():
        feeds["replay."] = partial(_on_replay, steps=options.steps, runs=options.runs, folder=options.data)
    else:
        print(f"The recorded market files are not at {options.data}: the replay is not measured.")
    with ProcessPoolExecutor(options.processes) as pool:
        for feed, run in feeds.items():
            tallies = list(pool.map(run, seeds))
            takers = edge(one.takers for one in tallies)
            line, inside = _edge_line(f"paper.{feed}taker_edge_bps", takers, (-TAKERS_BPS, TAKERS_BPS))
            yield line, inside and takers.half_width <= TAKERS_BPS
            yield _edge_line(f"paper.{feed}maker_edge_bps", edge(one.makers for one in tallies), MAKERS_BPS)
    for found in book_ratios(BOOKS):
        yield _book_line(found)


def main() -> int:
    outside = []
    for line, inside in _figures(_options()):
        print(line, flush=True)
        if not inside:
            outside.append(line)
    for line in outside:
        print(f"Out of bounds: {line}")
    return 1 if outside else 0


if __name__ == "__main__":
    raise SystemExit(main())
