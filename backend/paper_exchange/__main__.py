"""`python -m paper_exchange`: serve a simulated venue until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from paper_exchange import clock
from paper_exchange.assembly import FeedIdentity, Source, fresh, restored, scales
from paper_exchange.feeds.candle_files import FeedFileError, read_folder
from paper_exchange.feeds.playback import Playback
from paper_exchange.feeds.replay import ReplaySource
from paper_exchange.feeds.synthetic import SyntheticSource
from paper_exchange.journal.retention import KEPT_ROWS
from paper_exchange.journal.store import JournalError, Store
from paper_exchange.server.application import build_application
from paper_exchange.venue import Venue

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
REPLAY_HISTORY = 120
SYNTHETIC_HISTORY = 12_000
SYNTHETIC_LEAST = 1_500
DEFAULT_SPEED = 20.0
LOOPBACK = "127.0.0.1"
UNUSABLE = 2
BROKEN = 1
LAST_REPLIES_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, checked."""

    port: int
    journal: Path
    feed: str
    replay_dir: Path | None
    speed: float
    seed: int
    history_bars: int | None
    weight_limit: int
    admin_token: str
    host: str
    kept_rows: int


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("must be above zero")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be above zero")
    return value


def parse(arguments: list[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(prog="paper_exchange", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="on loopback; 0 takes a free one")
    parser.add_argument("--journal", type=Path, required=True, help="SQLite file; made when absent")
    parser.add_argument("--feed", choices=("synthetic", "replay"), required=True)
    parser.add_argument("--replay-dir", type=Path, help="folder of <symbol>_perp_1h_*.csv[.gz]")
    parser.add_argument(
        "--speed", type=_positive, default=DEFAULT_SPEED, help="market seconds per wall second"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--history-bars", type=int, help="bars known before the play begins")
    parser.add_argument(
        "--weight-limit", type=int, default=2_400, help="request weight per address and minute"
    )
    parser.add_argument(
        "--host", default=LOOPBACK, help="address to listen on; the operator's stay on loopback"
    )
    parser.add_argument(
        "--kept-rows", type=_count, default=KEPT_ROWS, help="orders, fills and postings kept of each account"
    )
    found = parser.parse_args(arguments)
    if found.feed == "replay" and found.replay_dir is None:
        parser.error("--feed replay needs --replay-dir")
    token = os.environ.get("PAPER_ADMIN_TOKEN", "")
    if not token:
        parser.error("PAPER_ADMIN_TOKEN must be set in the environment")
    return Options(
        found.port,
        found.journal,
        found.feed,
        found.replay_dir,
        found.speed,
        found.seed,
        found.history_bars,
        found.weight_limit,
        token,
        found.host,
        found.kept_rows,
    )


def open_source(options: Options, now: int) -> Source:
    """The feed that was asked for, standing at its beginning."""
    history = options.history_bars
    if options.replay_dir is not None and options.feed == "replay":
        series = read_folder(options.replay_dir, scales(), "1h", HOUR_MS)
        return ReplaySource(series, HOUR_MS, REPLAY_HISTORY if history is None else history)
    bars = SYNTHETIC_HISTORY if history is None else max(history, SYNTHETIC_LEAST)
    return SyntheticSource(scales(), options.seed, now, bars)


def open_venue(options: Options, store: Store) -> Venue:
    """Fresh, or as the journal left it."""
    source = open_source(options, clock.wall_ms())
    identity = FeedIdentity(options.feed, options.seed)
    store.prune()
    kept = store.load()
    bookmark = kept.meta.get("feed")
    if bookmark is None:
        exchange = fresh(source, options.seed)
        playback = Playback(source, options.seed, source.start_ms)
    else:
        exchange = restored(kept, identity, source.interval_ms)
        playback = Playback(source, options.seed, source.start_ms)
        playback.resume(bookmark)
    venue = Venue(exchange, playback, store, identity, options.speed)
    if bookmark is not None:
        venue.not_before(int(kept.meta["market_time"]))
    return venue


async def serve(options: Options, store: Store) -> int:
    """Serve until SIGTERM or SIGINT; 1 when the journal or the feed failed."""
    venue = open_venue(options, store)
    await venue.settled()
    application = build_application(venue, options.admin_token, options.weight_limit)
    runner = web.AppRunner(
        application, access_log=None, handle_signals=False, shutdown_timeout=LAST_REPLIES_SECONDS
    )
    await runner.setup()
    site = web.TCPSite(runner, options.host, options.port)
    await site.start()
    host, port = runner.addresses[0][:2]
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    sys.stdout.write(f"paper exchange ready on http://{host}:{port}\n")
    sys.stdout.flush()
    waiting = [asyncio.create_task(stopping.wait()), asyncio.create_task(venue.failed.wait())]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await runner.cleanup()
    if venue.failure is not None:
        sys.stderr.write(f"paper exchange stopped: {venue.failure!r}\n")
        return BROKEN
    await venue.close()
    return 0


def main() -> int:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    options = parse()
    try:
        store = Store(options.journal, HOUR_MS if options.feed == "replay" else MINUTE_MS, options.kept_rows)
        import uvloop

        return uvloop.run(serve(options, store))
    except (FeedFileError, JournalError) as error:
        sys.stderr.write(f"paper exchange cannot start: {error}\n")
        return UNUSABLE


if __name__ == "__main__":
    sys.exit(main())
