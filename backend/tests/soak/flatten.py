"""Thousands of positions left by one press of the kill switch, and proven flat by the venue itself.

    make soak NAME=flatten ARGS="--accounts 1000"

The venue lists ten perpetuals and an account holds one position in each, so that 1,000 accounts hold 10,000. Real
executor processes act; four of a hundred requests fail in one of four ways, two of them carried out; Redis is killed
before the press. A second press over a tenth of the accounts meets a venue that stops half-way and comes back: the
run has to call people, stay latched and end by itself. The venue's limit per address is raised, and said. Prints one
JSON object per figure; exits 1 where something was left, or a bound was missed.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from app.adapters.embedded.redis import EmbeddedRedis
from app.core.config import Settings
from app.domain.breaker import PLATFORM_ID
from app.domain.types import BreakerScope
from benchmarks.served import benchmark_settings
from tests.paper_venue import PaperVenue
from tests.services.trading.executor_host import ExecutorHost
from tests.services.trading.floor import WEIGHT_LIMIT, TradingFloor, until
from tests.services.trading.kill_trials import KillTrials
from tests.soak.flatten_book import FlattenBook
from tests.soak.process_times import Seconds, pid_listening_at, processor_seconds
from tests.soak.venue_capacity import requests_per_second
from tests.wide_venue import WIDE_SYMBOLS

FLAT_LIMIT_SECONDS = 30.0
PATIENCE_SECONDS = 900.0
OUTAGE_SECONDS = 25.0
LOOK_SECONDS = 0.25
MOST_ORDERS = 10
SHARDS = 4
FAULTS = ("503unknown", "503exec", "reset", "reset_exec")
FAULT_CHANCE = 0.01  # of each: four of a hundred requests
LEFT = "SELECT count(*) FROM trades WHERE status NOT IN ('CLOSED', 'REJECTED', 'EXPIRED')"


@dataclass(frozen=True, slots=True)
class Flattened:
    """One press: seconds from the halt to the proof, to the venue being quiet, to half and all of the positions
    being closed in the books, to the escalation (None: none); what the venue still showed, the most orders that one
    account sent within a second, and the processor seconds that it took by kind of process."""

    positions: int
    flat_seconds: float
    quiet_seconds: float
    half_closed_seconds: float
    all_closed_seconds: float
    escalated_seconds: float | None
    left: int
    most_orders: int
    latched: bool
    processor: Seconds


def say(name: str, value: object, unit: str, limit: object = None) -> None:
    print(json.dumps({"name": f"flatten.{name}", "value": value, "unit": unit, "limit": limit}), flush=True)


class Press:
    """One floor full of positions, and one press of the platform's switch."""

    def __init__(
        self,
        settings: Settings,
        venue: PaperVenue,
        folder: Path,
        sql: asyncpg.Connection,
        log: Path | None,
    ) -> None:
        self._log = log
        self._floor = TradingFloor(settings, sql, venue, symbols=WIDE_SYMBOLS)
        self._sql, self._venue, self._folder, self._settings = sql, venue, folder, settings

    async def run(self, accounts: int, executors: int, *, outage: bool) -> Flattened:
        """Fill the floor, let the executors find everything in order, press, and look at the venue."""
        await self._floor.open()
        redis = EmbeddedRedis(
            self._folder / "redis",
            password="soak",
            log_path=self._folder / "redis.log",
        )
        redis.start()
        host = ExecutorHost(
            self._settings,
            self._venue,
            self._folder,
            margin_ms=self._settings.outcome_margin_milliseconds,
            receive_window_ms=self._settings.receive_window_milliseconds,
            redis_url=redis.url,
            most_shards=-(-SHARDS // executors),
            may_crash=False,
        )
        try:
            book = FlattenBook(self._floor)
            begun = monotonic()
            await book.open(accounts)
            print(f"filled after {monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
            for _ in range(executors):
                host.start()
            await self._until_compared(accounts)
            print(f"compared after {monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
            os.kill(redis.pid or 0, signal.SIGKILL)
            self._venue.resume(1.0)  # prices come by the stream, as in life
            self._fail(FAULT_CHANCE)
            return await self._press(book, self._processes(host), outage=outage)
        finally:
            self._venue.control("POST", "/sim/fault", {})
            self._venue.pause()
            host.close()
            if self._log is not None:
                self._log.write_text(host.log(10_000_000))
            redis.destroy()
            await self._floor.close()

    def _fail(self, chance: float) -> None:
        rules = [{"path": "/fapi", "mode": mode, "chance": chance, "count": None} for mode in FAULTS]
        self._venue.control("POST", "/sim/fault", {"rules": rules})

    async def _until_compared(self, accounts: int) -> None:
        async def look() -> bool | None:
            compared = await self._sql.fetchval("SELECT count(DISTINCT wallet_id) FROM reconciliations")
            return True if compared >= accounts else None

        await until(look, PATIENCE_SECONDS)

    def _processes(self, host: ExecutorHost) -> dict[str, list[int]]:
        """The processes that share the work, by kind."""
        postgres = urlsplit(self._settings.database_url).port
        assert postgres is not None
        return {
            "executors": [process.pid for process in host.processes],
            "venue": [self._venue.pid],
            "postgres": [pid_listening_at(postgres)],
        }

    async def _press(
        self, book: FlattenBook, processes: Mapping[str, Sequence[int]], *, outage: bool
    ) -> Flattened:
        positions = int(await self._sql.fetchval(LEFT))
        trials = KillTrials(self._floor)
        before = processor_seconds(processes)
        run_id, _ = await trials.press(BreakerScope.PLATFORM, PLATFORM_ID, None)
        if outage:
            await self._until_left(positions // 2)
            os.kill(self._venue.pid, signal.SIGSTOP)
            await asyncio.sleep(OUTAGE_SECONDS)
            os.kill(self._venue.pid, signal.SIGCONT)
        await self._until_flat(run_id)
        after = processor_seconds(processes)
        row = await self._sql.fetchrow("SELECT * FROM kill_switch_runs WHERE id = $1", run_id)
        assert row is not None
        self._venue.control("POST", "/sim/fault", {})
        left = sum([await trials.left(account) for account in book.accounts])
        latched = await self._sql.fetchval("SELECT state FROM breaker_states WHERE cause = 'kill_switch'")
        halted: datetime = row["halted_at"]
        half, last = await self._sql.fetchrow(
            "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY updated_at), max(updated_at) FROM trades"
        )
        escalated = row["escalated_at"]
        return Flattened(
            positions=positions,
            flat_seconds=(row["flat_at"] - halted).total_seconds(),
            quiet_seconds=(row["quiescent_at"] - halted).total_seconds(),
            half_closed_seconds=(half - halted).total_seconds(),
            all_closed_seconds=(last - halted).total_seconds(),
            escalated_seconds=None if escalated is None else (escalated - halted).total_seconds(),
            left=left + int(await self._sql.fetchval(LEFT)),
            most_orders=await self._most_orders(run_id),
            latched=latched == "halted",
            processor={name: after[name] - taken for name, taken in before.items()},
        )

    async def _until_left(self, count: int) -> None:
        async def look() -> bool | None:
            return True if await self._sql.fetchval(LEFT) <= count else None

        await until(look, PATIENCE_SECONDS, pause_seconds=LOOK_SECONDS)

    async def _until_flat(self, run_id: UUID) -> None:
        """Wait for the proof, looking so seldom that it costs nothing of what is measured."""

        async def look() -> bool | None:
            flat_at = await self._sql.fetchval("SELECT flat_at FROM kill_switch_runs WHERE id = $1", run_id)
            return None if flat_at is None else True

        await until(look, PATIENCE_SECONDS, pause_seconds=LOOK_SECONDS)

    async def _most_orders(self, run_id: UUID) -> int:
        """The most orders that any account of the run sent within one second of the clock."""
        found = await self._sql.fetchval(
            "SELECT max(n) FROM (SELECT count(*) AS n FROM orders o JOIN kill_switch_accounts a"
            " ON a.wallet_id = o.wallet_id WHERE a.run_id = $1 AND o.leg = 'exit' AND o.sent_at IS NOT NULL"
            " GROUP BY o.wallet_id, date_trunc('second', o.sent_at)) x",
            run_id,
        )
        return int(found or 0)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is pressed. `with_outage`: and a second time, with the venue away."""

    accounts: int
    executors: int
    with_outage: bool
    log: Path | None = None


async def soak(settings: Settings, venue: PaperVenue, folder: Path, sizes: Sizes) -> bool:
    """Both presses; whether every bound was kept."""
    sql = await asyncpg.connect(settings.database_url)
    try:
        say("address_limit", WEIGHT_LIMIT, "weight per minute, raised from 2,400")
        bare = await requests_per_second(venue)
        say(
            "venue_bare", round(bare), "signed requests per second answered to raw HTTP, nothing else running"
        )
        say("accounts", sizes.accounts, f"accounts with a position in each of {len(WIDE_SYMBOLS)} markets")
        press = Press(settings, venue, folder, sql, sizes.log)
        kept = _whole(await press.run(sizes.accounts, sizes.executors, outage=False))
        if sizes.with_outage:
            kept &= _outage(await press.run(max(sizes.accounts // 10, 4), sizes.executors, outage=True))
    finally:
        await sql.close()
    return kept


def _whole(whole: Flattened) -> bool:
    say("positions", whole.positions, "count", 10_000)
    say("quiet", round(whole.quiet_seconds, 2), "s")
    say("half_closed", round(whole.half_closed_seconds, 2), "s")
    say("all_closed", round(whole.all_closed_seconds, 2), "s")
    say("flat", round(whole.flat_seconds, 2), "s", FLAT_LIMIT_SECONDS)
    say("most_orders_of_an_account", whole.most_orders, "orders per second", MOST_ORDERS)
    for kind, seconds in whole.processor.items():
        say(
            f"processor.{kind}",
            round(seconds / whole.positions * 1_000, 2),
            "ms of processor time per position",
        )
    say("left", whole.left, "positions and orders at the venue or in the books", 0)
    in_time = whole.flat_seconds <= FLAT_LIMIT_SECONDS and whole.most_orders <= MOST_ORDERS
    return in_time and whole.left == 0 and whole.latched


def _outage(seen: Flattened) -> bool:
    say("outage.escalated", seen.escalated_seconds, "s")
    say("outage.flat", round(seen.flat_seconds, 2), f"s, with the venue away for {OUTAGE_SECONDS:.0f} s")
    say("outage.left", seen.left, "count", 0)
    say("outage.latched", seen.latched, "the halt stands until a person resumes it", True)
    return seen.left == 0 and seen.latched and seen.escalated_seconds is not None


def main() -> int:
    """Run, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--executors", type=int, default=SHARDS)
    parser.add_argument("--no-outage", action="store_true", help="leave the second press out")
    parser.add_argument("--log", type=Path, help="keep what the executors wrote in this file")
    arguments = parser.parse_args()
    options = ("--feed", "synthetic", "--seed", "7", "--weight-limit", str(WEIGHT_LIMIT))
    with benchmark_settings() as settings, TemporaryDirectory(prefix="stackalpha-flatten-") as name:
        folder = Path(name)
        venue = PaperVenue(folder, options, module="tests.wide_venue")
        venue.start()
        try:
            venue.pause()
            sizes = Sizes(arguments.accounts, arguments.executors, not arguments.no_outage, arguments.log)
            kept = asyncio.run(soak(settings, venue, folder, sizes))
        finally:
            venue.stop()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
