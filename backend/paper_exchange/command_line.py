"""What `python -m paper_exchange` may be told."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from paper_exchange.journal.retention import KEPT_ROWS

DEFAULT_SPEED = 20.0
LOOPBACK = "127.0.0.1"
LIVE_VENUES = ("binanceusdm",)
STALE_AFTER = 10.0


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
    live_venue: str
    live_url: str | None
    stale_after: float


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


def _add_feed(parser: argparse.ArgumentParser) -> None:
    """Where the prices come from."""
    add = parser.add_argument
    add("--feed", choices=("synthetic", "replay", "live"), required=True)
    add("--replay-dir", type=Path, help="folder of <symbol>_perp_1h_*.csv[.gz]")
    add(
        "--speed",
        type=_positive,
        default=DEFAULT_SPEED,
        help="market seconds per wall second; live has its own",
    )
    add("--seed", type=int, default=1)
    add("--history-bars", type=int, help="bars known before the play begins")
    add("--live-venue", choices=LIVE_VENUES, default=LIVE_VENUES[0], help="the real venue that live follows")
    add("--live-url", help="its base address, when it is not its usual one")
    add(
        "--stale-after",
        type=_positive,
        default=STALE_AFTER,
        help="seconds of silence that make a live price stale",
    )


def parse(arguments: list[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(
        prog="paper_exchange", description="Serve a simulated venue until told to stop."
    )
    add = parser.add_argument
    add("--port", type=int, required=True, help="on loopback; 0 takes a free one")
    add("--journal", type=Path, required=True, help="SQLite file; made when absent")
    _add_feed(parser)
    add("--weight-limit", type=int, default=2_400, help="request weight per address and minute")
    add("--host", default=LOOPBACK, help="address to listen on; the operator's stay on loopback")
    add("--kept-rows", type=_count, default=KEPT_ROWS, help="orders, fills and postings kept of each account")
    found = parser.parse_args(arguments)
    if found.feed == "replay" and found.replay_dir is None:
        parser.error("--feed replay needs --replay-dir")
    token = os.environ.get("PAPER_ADMIN_TOKEN", "")
    if not token:
        parser.error("PAPER_ADMIN_TOKEN must be set in the environment")
    return Options(**vars(found), admin_token=token)
