"""Postgres stopped immediately, Redis killed and flushed, the way to the venue cut: again and again, under load.

    make soak NAME=restarts ARGS="--cycles 20"

Two executors trade several wallets in five markets while each cycle takes all three away for a moment, one after the
other or together. A cycle is over when work that was put into the outbox after everything is there again was done.
Then everything settles, and the audit compares every wallet with the venue. Prints one JSON object per figure; exits
1 where something was lost, an entry was sent long after its account was last compared, or the workers were not back
within ten seconds.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import quantiles
from uuid import UUID

import asyncpg
from pydantic import SecretStr

from app.adapters.embedded.postgres import EmbeddedPostgres
from app.adapters.embedded.redis import EmbeddedRedis
from app.core.config import Settings, owner_database_url, role_password
from app.core.migrations import LOGIN_ROLES, migrate
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.audit import verify_wallet
from tests.conftest import SECRET
from tests.paper_venue import ADMIN_TOKEN, PaperVenue
from tests.services.trading.executor_host import ExecutorHost
from tests.services.trading.floor import SYMBOLS, WEIGHT_LIMIT, TradingFloor, until

BACK_LIMIT_SECONDS = 10.0
AUDIT_SECONDS = 2.0  # between two audits, each of which asks the venue
STALE = timedelta(seconds=30)
MOST_LIVE = 4
# Limits that would end the load after a few losses at a market that goes nowhere.
ENDLESS = ("max_daily_loss_usd", "max_daily_loss_percent", "max_consecutive_losses")
OPTIONS = ("--feed", "synthetic", "--seed", "7", "--speed", "1", "--weight-limit", str(WEIGHT_LIMIT))


@dataclass
class Services:
    """What is taken away and brought back."""

    settings: Settings
    postgres: EmbeddedPostgres
    redis: EmbeddedRedis
    venue: PaperVenue
    folder: Path

    def stop_postgres(self) -> None:
        """Immediate shutdown: no session is ended cleanly, the log is replayed at the next start."""
        os.kill(self.postgres.pid or 0, signal.SIGQUIT)
        _gone(lambda: self.postgres.is_running)

    def flush_redis(self) -> None:
        """Killed, and what it had saved is deleted."""
        os.kill(self.redis.pid or 0, signal.SIGKILL)
        _gone(lambda: self.redis.is_running)
        for dump in (self.folder / "redis").glob("*.rdb"):
            dump.unlink()
        self.redis.start()


@dataclass
class Tally:
    """What was seen."""

    back_seconds: list[float] = field(default_factory=list)
    compared: dict[UUID, list[datetime]] = field(default_factory=dict)
    failed_turns: Counter[str] = field(default_factory=Counter)
    restarted: int = 0


def _gone(is_alive: Callable[[], bool]) -> None:
    end = time.monotonic() + BACK_LIMIT_SECONDS
    while is_alive():
        assert time.monotonic() < end, "what was killed is still there"
        time.sleep(0.01)


@contextmanager
def services() -> Iterator[Services]:
    """Postgres, Redis and a paper exchange of the soak's own, in a folder that is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="stackalpha-restarts-") as name:
        folder = Path(name)
        postgres = EmbeddedPostgres(folder / "postgres", password="soak", log_path=folder / "postgres.log")
        redis = EmbeddedRedis(folder / "redis", password="soak", log_path=folder / "redis.log")
        venue = PaperVenue(folder, OPTIONS)
        try:
            postgres.start()
            redis.start()
            venue.start()
            settings = Settings(
                secret_key=SecretStr(SECRET),
                database_url=postgres.url,
                redis_url=redis.url,
                var_dir=folder,
                paper_admin_token=SecretStr(ADMIN_TOKEN),
            )
            passwords = {role: role_password(settings, role) for role in LOGIN_ROLES}
            asyncio.run(migrate(owner_database_url(settings), passwords))
            yield Services(settings, postgres, redis, venue, folder)
        finally:
            venue.stop()
            redis.destroy()
            postgres.destroy()


class Soak:
    """The load, the cycles and the audit."""

    def __init__(self, held: Services, floor: TradingFloor, host: ExecutorHost, seed: int) -> None:
        self._held, self._floor, self._host = held, floor, host
        self._dice = random.Random(seed)
        self._sql_free = asyncio.Lock()  # the floor has one connection
        self._accounts: list[TradingAccount] = []
        self.tally = Tally()

    async def run(self, cycles: int) -> int:
        """Every cycle under load; returns how much was lost."""
        for _ in range(4):
            user = await self._floor.user(**dict.fromkeys(ENDLESS))
            self._accounts += [await self._floor.wallet(user, "100000", shard) for shard in (0, 1)]
        self._host.start()
        self._host.start()
        tasks = [
            asyncio.create_task(self._repeat(self._trade, 0.3)),
            asyncio.create_task(self._repeat(self._watch, 0.1)),
        ]
        for number in range(cycles):
            await asyncio.sleep(self._dice.uniform(1.0, 3.0))
            seconds = await self._cycle()
            self.tally.back_seconds.append(seconds)
            print(f"cycle {number + 1}: back after {seconds:.2f} s", file=sys.stderr, flush=True)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return await self._settle()

    async def _cycle(self) -> float:
        """Take all three away in a random order, overlapping; seconds from their return to work that is done."""
        pid = self._held.venue.pid
        os.kill(pid, signal.SIGSTOP)  # whatever was sent hangs: the way to the venue is cut
        await asyncio.to_thread(self._held.stop_postgres)
        await asyncio.to_thread(self._held.flush_redis)
        await asyncio.sleep(self._dice.uniform(0.2, 2.0))
        os.kill(pid, signal.SIGCONT)
        await asyncio.to_thread(self._held.postgres.start)
        began = time.monotonic()
        async with self._sql_free:
            self._floor.sql = await asyncpg.connect(self._held.settings.database_url)
        for process in [dead for dead in self._host.processes if not dead.is_alive]:
            self._host.processes.remove(process)  # as the supervisor would
            self._host.start()
            self.tally.restarted += 1
        async with self._sql_free:
            for account in self._accounts:
                await self._floor.enqueue("reconcile", {"wallet_id": str(account.wallet_id)})
        waiting = "SELECT count(*) FROM outbox WHERE kind = 'reconcile' AND processed_at IS NULL"
        await until(lambda: self._none(waiting), seconds=60)
        return time.monotonic() - began

    async def _none(self, query: str) -> bool | None:
        async with self._sql_free:
            return None if await self._floor.sql.fetchval(query) else True

    async def _repeat(self, turn: Callable[[asyncpg.Connection], Awaitable[None]], pause: float) -> None:
        """Again and again, each time over a connection of its own; what fails meanwhile is tried again."""
        while True:
            try:
                connection = await asyncpg.connect(self._held.settings.database_url, timeout=2)
                try:
                    await turn(connection)
                finally:
                    await connection.close(timeout=1)
            except Exception as error:  # noqa: BLE001 - everything is away now and then: that is what is tested
                self.tally.failed_turns[type(error).__name__] += 1
            await asyncio.sleep(pause)

    async def _watch(self, connection: asyncpg.Connection) -> None:
        """When accounts were compared."""
        for row in await connection.fetch("SELECT wallet_id, completed_at FROM reconciliations"):
            seen = self.tally.compared.setdefault(row["wallet_id"], [])
            if not seen or seen[-1] < row["completed_at"]:
                seen.append(row["completed_at"])

    async def _trade(self, connection: asyncpg.Connection) -> None:
        """A signal, and an exit where there is much to leave."""
        live = await connection.fetch("SELECT id FROM trades WHERE status = 'PROTECTED'")
        async with self._sql_free:
            side = self._dice.choice(["long", "short"])
            await self._floor.signal(self._dice.choice(SYMBOLS), side, stop="0.03")
            if len(live) > MOST_LIVE:
                payload = {"trade_id": str(self._dice.choice(live)["id"]), "reason": "manual"}
                await self._floor.enqueue("exit", payload)

    async def _settle(self) -> int:
        """Poll the audit until it finds nothing to explain; what is left after a minute is lost."""
        end = time.monotonic() + 60
        while True:
            await asyncio.sleep(AUDIT_SECONDS)
            found = [
                await verify_wallet(self._floor.desk.database, self._floor.desk.gateways, account, "sa")
                for account in self._accounts
            ]
            left = await self._floor.sql.fetchval(
                "SELECT count(*) FROM trades WHERE status IN ('INTENT', 'ENTERING', 'OPEN_UNPROTECTED', 'EXITING')"
            )
            wrong = [one for one in found if not one.is_sound]
            if (not wrong and left == 0) or time.monotonic() > end:
                for one in wrong:
                    print(one, file=sys.stderr)
                return len(wrong) + int(left)

    async def stale_entries(self) -> int:
        """Entries that were sent more than half a minute after their account was last compared."""
        rows = await self._floor.sql.fetch(
            "SELECT wallet_id, sent_at FROM orders WHERE leg = 'entry' AND sent_at IS NOT NULL"
        )
        count = 0
        for row in rows:
            before = [at for at in self.tally.compared.get(row["wallet_id"], []) if at <= row["sent_at"]]
            count += bool(before) and row["sent_at"] - before[-1] > STALE
        return count


async def soak(held: Services, cycles: int, seed: int) -> dict[str, object]:
    """The figures."""
    sql = await asyncpg.connect(held.settings.database_url)
    floor = TradingFloor(held.settings, sql, held.venue)
    host = ExecutorHost(
        held.settings,
        held.venue,
        held.folder,
        margin_ms=held.settings.outcome_margin_milliseconds,
        receive_window_ms=held.settings.receive_window_milliseconds,
        redis_url=held.settings.redis_url,
    )
    await floor.open()
    soaking = Soak(held, floor, host, seed)
    try:
        lost = await soaking.run(cycles)
        entries = await floor.sql.fetchval(
            "SELECT count(*) FROM orders WHERE leg = 'entry' AND sent_at IS NOT NULL"
        )
        stale = await soaking.stale_entries()
    finally:
        host.close()
        await floor.close()
        await floor.sql.close()
    back = soaking.tally.back_seconds
    p95 = quantiles(back, n=20, method="inclusive")[-1] if len(back) > 1 else back[0]
    return {
        "restarts.cycles": cycles,
        "restarts.lost": lost,
        "restarts.back_p95_s": round(p95, 3),
        "restarts.back_max_s": round(max(back), 3),
        "restarts.entries_sent": entries,
        "restarts.stale_entries": stale,
        "restarts.processes_started_again": soaking.tally.restarted,
        "restarts.load_failures": soaking.tally.failed_turns.total(),
    }


def main() -> int:
    """Run, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with services() as held:
        figures = asyncio.run(soak(held, arguments.cycles, arguments.seed))
    limits = {"restarts.lost": 0, "restarts.stale_entries": 0, "restarts.back_max_s": BACK_LIMIT_SECONDS}
    for name, value in figures.items():
        unit = "s" if name.endswith("_s") else "count"
        print(json.dumps({"name": name, "value": value, "unit": unit, "limit": limits.get(name)}))
    failed = any(float(str(figures[name])) > limit for name, limit in limits.items())
    return 1 if failed or not figures["restarts.entries_sent"] else 0


if __name__ == "__main__":
    sys.exit(main())
