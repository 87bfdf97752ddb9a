"""`python -m paper_exchange`: serve a simulated venue until told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable

from aiohttp import web

from paper_exchange import clock
from paper_exchange.assembly import FeedIdentity, Source, catch_up, fresh, restored, scales
from paper_exchange.command_line import Options, parse
from paper_exchange.feeds.candle_files import FeedFileError, read_folder
from paper_exchange.feeds.live import LiveFeedError, LivePlay, LiveSource
from paper_exchange.feeds.play import Play
from paper_exchange.feeds.playback import Playback
from paper_exchange.feeds.replay import ReplaySource
from paper_exchange.feeds.synthetic import SyntheticSource
from paper_exchange.journal.store import JournalError, Store
from paper_exchange.live_market import LiveMarket
from paper_exchange.server.application import build_application
from paper_exchange.server.transport import address, listen
from paper_exchange.venue import Venue

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
REPLAY_HISTORY = 120
SYNTHETIC_HISTORY = 12_000
SYNTHETIC_LEAST = 1_500
UNUSABLE = 2
BROKEN = 1
LAST_REPLIES_SECONDS = 1.0


def open_source(options: Options, now: int) -> ReplaySource | SyntheticSource:
    """The feed of our own that was asked for, standing at its beginning."""
    history = options.history_bars
    if options.replay_dir is not None and options.feed == "replay":
        series = read_folder(options.replay_dir, scales(), "1h", HOUR_MS)
        return ReplaySource(series, HOUR_MS, REPLAY_HISTORY if history is None else history)
    bars = SYNTHETIC_HISTORY if history is None else max(history, SYNTHETIC_LEAST)
    return SyntheticSource(scales(), options.seed, now, bars)


def _open_venue(
    options: Options, store: Store, source: Source, make_play: Callable[[str | None], Play]
) -> Venue:
    """Fresh, or as the journal left it; `make_play` is given the journal's bookmark."""
    identity = FeedIdentity(options.feed, options.seed)
    store.prune()
    kept = store.load()
    bookmark = kept.meta.get("feed")
    if bookmark is None:
        exchange = fresh(source, options.seed)
    else:
        exchange = restored(kept, identity, source.interval_ms)
        if isinstance(source, LiveSource):
            catch_up(exchange, source)
    venue = Venue(exchange, make_play(bookmark), store, identity, options.speed)
    if bookmark is not None:
        venue.not_before(int(kept.meta["market_time"]))
    return venue


def open_venue(options: Options, store: Store) -> Venue:
    """A venue with a market of our own making."""
    source = open_source(options, clock.wall_ms())

    def make_play(bookmark: str | None) -> Playback:
        playback = Playback(source, options.seed, source.start_ms)
        if bookmark is not None:
            playback.resume(bookmark)
        return playback

    return _open_venue(options, store, source, make_play)


async def follow_venue(options: Options, store: Store) -> tuple[Venue, LiveMarket]:
    """A venue with the market of a real one; raises LiveFeedError when that one cannot be reached."""
    from paper_exchange.following import Followed, Follower  # ccxt is large: only who follows loads it

    follower = Follower(Followed(options.live_venue, options.live_url), scales(), options.stale_after)
    source = await follower.open()
    play = LivePlay(source.start_ms)
    venue = _open_venue(options, store, source, lambda _: play)
    return venue, LiveMarket(venue, play, follower)


async def serve(options: Options, store: Store) -> int:
    """Open the venue that was asked for and run it to its end; returns the exit code."""
    live: LiveMarket | None = None
    if options.feed == "live":
        venue, live = await follow_venue(options, store)
    else:
        venue = open_venue(options, store)
    return await run(venue, options, live)


async def run(venue: Venue, options: Options, live: LiveMarket | None = None) -> int:
    """Serve until SIGTERM or SIGINT; 1 when the journal or the feed failed."""
    await venue.settled()
    application = build_application(venue, options.admin_token, options.weight_limit, live)
    runner = web.AppRunner(application, handle_signals=False, shutdown_timeout=LAST_REPLIES_SECONDS)
    await runner.setup()
    listening = await listen(runner, options.host, options.port)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    sys.stdout.write(f"paper exchange ready on {address(listening)}\n")
    sys.stdout.flush()
    waiting = [asyncio.create_task(stopping.wait()), asyncio.create_task(venue.failed.wait())]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    listening.close()
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
    except (FeedFileError, JournalError, LiveFeedError, OSError) as error:
        sys.stderr.write(f"paper exchange cannot start: {error}\n")
        return UNUSABLE


if __name__ == "__main__":
    sys.exit(main())
