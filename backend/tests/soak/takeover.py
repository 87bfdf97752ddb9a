"""Monitors killed and hung again and again while prices stream and exits fall due: how long a shard stays unwatched.

    make soak NAME=takeover ARGS="--kills 20"

Two monitors share eight shards over a market that rises at a known pace, so that in every shard some position's
target or stop is reached each half second. Every second time one of them is killed and another started in its place;
otherwise it hangs (SIGSTOP) for longer than the promise and goes on afterwards, every second time of these with the
transaction open in which it renews its leases. A stand-in for the executors ticks off what the monitors write, so
that a second exit would be a row of its own. Prints one JSON object per figure; exits 1 where a shard was unwatched for
too long, an exit is missing or doubled, or one was caused by a price from before its position was opened.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic
from uuid import UUID

import asyncpg
import psutil

from app.core.config import Settings
from benchmarks.served import benchmark_settings
from tests.paper_venue import PaperVenue
from tests.services.trading.floor import WEIGHT_LIMIT, TradingFloor, until
from tests.services.trading.monitor_host import MonitorHost
from tests.services.trading.nursery import ForkedProcess
from tests.soak.rising_market import LEAD_SECONDS, Planted, RisingMarket, write_market

LIMIT_SECONDS = 10.0
SHARDS = 8
MONITORS = 2
EVERY_SECONDS = 0.5
HUNG_SECONDS = 12.0  # longer than the promise, so that it is not kept by the one that comes back
AFTER_SECONDS = 4.0  # of exits that fall due after one came back, or was replaced
BAIT_SECONDS = 1.0  # before one comes back
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.02
SEARCH_SECONDS = 30.0  # for a moment at which it renews its leases
SETTLE_SECONDS = 0.01  # in which Postgres ends what it was told before the stop
MARKET_SECONDS = 60.0  # of a round at most, in the market that is written beforehand


class Loss(StrEnum):
    """How a monitor is lost."""

    KILLED = "killed"
    HUNG = "hung"
    HUNG_RENEWING = "hung while renewing its leases"


TURNS = (Loss.KILLED, Loss.HUNG, Loss.KILLED, Loss.HUNG_RENEWING)


@dataclass
class Round:
    """One loss, in seconds since it: until each of its shards had a living holder, until the first exit that fell due
    in each of them afterwards was durable. `waits` are those of every exit that was not written when it happened, from
    the price that it is for until it was."""

    loss: Loss
    leases: dict[int, float] = field(default_factory=dict)
    exits: dict[int, float] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    missed: int = 0


class Takeover:
    """The monitors, their shards and what they write."""

    def __init__(self, floor: TradingFloor, host: MonitorHost, seed: int) -> None:
        self._floor, self._host, self._sql = floor, host, floor.sql
        self._dice = random.Random(seed)
        self.market = RisingMarket(floor, SHARDS)
        self.planted: list[Planted] = []
        self.bait: list[UUID] = []

    async def run(self, kills: int) -> list[Round]:
        """Lose a monitor that often."""
        found = []
        async with self.market.heard():
            for _ in range(MONITORS):
                self._host.start()
            await until(self._heard, describe=self._describe)
            for number in range(kills):
                one = await self._round(TURNS[number % len(TURNS)])
                found.append(one)
                print(
                    f"{number + 1}: {one.loss}, {len(one.leases)} shards: held after"
                    f" {max(one.leases.values(), default=0.0):.2f} s, first exits after"
                    f" {max(one.exits.values(), default=0.0):.2f} s, longest wait {max(one.waits, default=0.0):.2f} s"
                    + (f", {one.missed} missed" if one.missed else ""),
                    file=sys.stderr,
                    flush=True,
                )
        return found

    async def _round(self, loss: Loss) -> Round:
        await until(self._shared_evenly, PATIENCE_SECONDS, self._describe)
        hung_seconds = 0.0 if loss is Loss.KILLED else HUNG_SECONDS
        search_seconds = SEARCH_SECONDS if loss is Loss.HUNG_RENEWING else 0.0
        planted = await self.market.plant(
            LEAD_SECONDS + search_seconds + hung_seconds + AFTER_SECONDS, EVERY_SECONDS
        )
        self.planted += planted
        await asyncio.sleep(self._dice.uniform(LEAD_SECONDS / 2, LEAD_SECONDS))
        lost = self._dice.choice(self._host.processes)
        lost_at = await self._lose(lost, loss)
        left_before = set(await self._left({one.trade_id for one in planted}))
        planted = [one for one in planted if one.trade_id not in left_before]
        waiting = {one.trade_id for one in planted}
        durable: dict[UUID, float] = {}
        shards = {shard for shard, pid in (await self._holders()).items() if pid == lost.pid}
        found = Round(loss)
        if loss is Loss.KILLED:
            self._host.processes.remove(lost)
            self._host.start()

        async def watch(until_seconds: float | None) -> None:
            """Note who holds what and what was left, until then or until nothing waits any more."""
            while True:
                for shard, pid in (await self._holders()).items():
                    if shard in shards and pid != lost.pid:
                        found.leases.setdefault(shard, monotonic() - lost_at)
                for trade_id in await self._left(waiting - durable.keys()):
                    durable[trade_id] = monotonic()
                seconds = monotonic() - lost_at
                if until_seconds is None:
                    if len(durable) == len(waiting) or seconds > PATIENCE_SECONDS:
                        return
                elif seconds > until_seconds:
                    return
                await asyncio.sleep(LOOK_SECONDS)

        if hung_seconds:
            await watch(hung_seconds - BAIT_SECONDS)
            self.bait += await self.market.plant_bait()
            await watch(hung_seconds)
            lost.send_signal(signal.SIGCONT)
        await watch(None)
        self._reckon(found, planted, durable, lost_at, shards)
        return found

    def _reckon(
        self,
        found: Round,
        planted: Sequence[Planted],
        durable: dict[UUID, float],
        lost_at: float,
        shards: set[int],
    ) -> None:
        """Fill in what the round's exits say."""
        first_due: dict[int, float] = {}
        for one in planted:
            due, left_at = self.market.reached_at(one), durable.get(one.trade_id)
            if left_at is None:
                found.missed += 1
            elif due is not None:
                found.waits.append(max(left_at - due, 0.0))
                if one.shard in shards and lost_at < due < first_due.get(one.shard, float("inf")):
                    first_due[one.shard] = due
                    found.exits[one.shard] = left_at - lost_at
        found.missed += len(shards - found.leases.keys()) + len(shards - found.exits.keys())

    async def _lose(self, process: ForkedProcess, loss: Loss) -> float:
        """Kill it or hold it in its tracks; returns when."""
        if loss is Loss.KILLED:
            process.send_signal(signal.SIGKILL)
            return monotonic()
        ports = [held.laddr.port for held in psutil.Process(process.pid).net_connections("tcp")]
        end = monotonic() + SEARCH_SECONDS
        while True:
            process.send_signal(signal.SIGSTOP)
            lost_at = monotonic()
            if loss is Loss.HUNG or await self._renews(ports):
                return lost_at
            process.send_signal(signal.SIGCONT)
            if lost_at > end:
                raise AssertionError("it was never seen to renew its leases")
            await asyncio.sleep(self._dice.uniform(0.0, 0.02))

    async def _renews(self, ports: Sequence[int]) -> bool:
        """Whether the process with these ports holds leases that it has renewed and not committed."""
        query = (
            "SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l USING (pid)"
            " WHERE a.client_port = ANY($1) AND l.relation = 'monitor_leases'::regclass AND l.mode = 'RowExclusiveLock'"
        )
        if not await self._sql.fetchval(query, ports):
            return False
        await asyncio.sleep(SETTLE_SECONDS)
        return bool(await self._sql.fetchval(query, ports))

    async def _holders(self) -> dict[int, int]:
        """Process id by shard, of leases that live."""
        rows = await self._sql.fetch(
            "SELECT shard, holder FROM monitor_leases WHERE expires_at > clock_timestamp()"
        )
        return {row["shard"]: int(row["holder"].rsplit("/", 2)[1]) for row in rows}

    async def _left(self, trade_ids: set[UUID]) -> list[UUID]:
        """Which of these were left, durably; the exits are ticked off, as executors do."""
        await self._sql.execute(
            "UPDATE outbox SET processed_at = clock_timestamp() WHERE kind = 'exit' AND processed_at IS NULL"
        )
        rows = await self._sql.fetch(
            "SELECT id FROM trades WHERE id = ANY($1) AND exit_requested IS NOT NULL", list(trade_ids)
        )
        return [row["id"] for row in rows]

    async def _heard(self) -> bool | None:
        return True if self.market.is_heard else None

    async def _shared_evenly(self) -> bool | None:
        held = list((await self._holders()).values())
        pids = [process.pid for process in self._host.processes]
        return True if sorted(held) == sorted(pids * (SHARDS // MONITORS)) else None

    async def _describe(self) -> str:
        return f"{await self._holders()}\n{self._host.log()}"

    async def doubled(self) -> int:
        """Trades that have more than one exit, as work or as an event."""
        return int(
            await self._sql.fetchval(
                "SELECT count(*) FROM trades t WHERE"
                " (SELECT count(*) FROM position_events WHERE trade_id = t.id AND action = 'exit') > 1"
                " OR t.id IN (SELECT (payload->>'trade_id')::uuid FROM outbox WHERE kind = 'exit'"
                "   GROUP BY 1 HAVING count(*) > 1)"
            )
        )

    async def unwritten(self) -> int:
        """Planted positions without an exit as work and as an event, whatever the wish on the trade says."""
        return int(
            await self._sql.fetchval(
                "SELECT count(*) FROM unnest($1::uuid[]) AS id"
                " WHERE id NOT IN (SELECT trade_id FROM position_events WHERE action = 'exit')"
                " OR id NOT IN (SELECT (payload->>'trade_id')::uuid FROM outbox WHERE kind = 'exit')",
                [one.trade_id for one in self.planted],
            )
        )

    async def left_for_old_prices(self) -> int:
        """Bait that was left."""
        return len(await self._left(set(self.bait)))


def say(name: str, value: object, unit: str, limit: object = None) -> None:
    print(json.dumps({"name": f"takeover.{name}", "value": value, "unit": unit, "limit": limit}), flush=True)


def _spread(name: str, seconds: Sequence[float]) -> bool:
    """Print the median and the longest; whether that is within the promise."""
    say(f"{name}_p50_s", round(median(seconds), 2), "s")
    say(f"{name}_max_s", round(max(seconds), 2), "s", LIMIT_SECONDS)
    return max(seconds) <= LIMIT_SECONDS


async def soak(settings: Settings, venue: PaperVenue, folder: Path, kills: int, seed: int) -> bool:
    """Every round and its figures; whether every bound was kept."""
    sql = await asyncpg.connect(settings.database_url)
    floor = TradingFloor(settings, sql, venue)
    host = MonitorHost(settings, venue, folder, SHARDS)
    await floor.open()
    taken = Takeover(floor, host, seed)
    try:
        rounds = await taken.run(kills)
        return await tell(taken, rounds)
    finally:
        host.close()
        await floor.close()
        await sql.close()


async def tell(taken: Takeover, rounds: Sequence[Round]) -> bool:
    """Print the figures; whether every bound was kept."""
    say("kills", len(rounds), "monitors lost")
    say("shards_moved", sum(len(one.leases) for one in rounds), "count")
    for loss in Loss:
        of_kind = [seconds for one in rounds if one.loss is loss for seconds in one.leases.values()]
        if of_kind:
            say(f"lease_max_s.{loss.name.lower()}", round(max(of_kind), 2), f"s, {loss}", LIMIT_SECONDS)
    kept = _spread("lease", [seconds for one in rounds for seconds in one.leases.values()])
    kept &= _spread("exit", [seconds for one in rounds for seconds in one.exits.values()])
    kept &= _spread("wait", [seconds for one in rounds for seconds in one.waits])
    doubled, old = await taken.doubled(), await taken.left_for_old_prices()
    missed = sum(one.missed for one in rounds) + await taken.unwritten()
    say("positions", len(taken.planted), "exits that fell due")
    say("exits_doubled", doubled, "count", 0)
    say("exits_missed", missed, "count", 0)
    say("exits_for_old_prices", old, f"of {len(taken.bait)}", 0)
    return kept and doubled == 0 and missed == 0 and old == 0


def main() -> int:
    """Run, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="how often a monitor is lost")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with benchmark_settings() as settings, TemporaryDirectory(prefix="stackalpha-takeover-") as name:
        folder = Path(name)
        options = write_market(folder, (arguments.kills + 2) * MARKET_SECONDS)
        venue = PaperVenue(folder, (*options, "--weight-limit", str(WEIGHT_LIMIT)))
        venue.start()
        try:
            kept = asyncio.run(soak(settings, venue, folder, arguments.kills, arguments.seed))
        finally:
            venue.stop()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
