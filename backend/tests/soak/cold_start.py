"""An executor starts over ten thousand open orders on a thousand accounts: `make soak NAME=cold_start`.

Every account holds ten positions, each under its stop, at a paper exchange with fifty contracts. Before each start
some trades are left as a crash leaves them: without a stop at the venue, or with a stop whose answer never came.
Then one executor is started, from the interpreter's first line, and the clock runs until every account was compared
and every position is protected.

First with the venue's real address limit (2,400 weight a minute) for a stated window: the unprotected ones must be
done first, and what fits into the window is told. Then with the limit raised, as the first line says. Afterwards the
venue's own record is compared with our books. Prints one JSON object per figure; 1 where a limit is missed.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg

from app.adapters.exchange.gateways import GatewayPool
from app.adapters.exchange.paper_admin import PaperAdmin
from app.core.clock import utc_now
from app.core.config import ROOT_DIR, DatabaseRole, Settings, role_database_url
from app.core.db import Database
from app.domain.venue import AccountKey
from app.services.trading.audit import verify_wallet
from benchmarks.paper_crowd import crowd_contracts
from tests.conftest import create_database, settings_for
from tests.paper_venue import PaperVenue
from tests.service_host import TestServices, own_services
from tests.services.trading.executor_host import ExecutorHost
from tests.services.trading.floor import WEIGHT_LIMIT
from tests.soak.open_accounts import DEPLOYMENT, OpenAccounts, OpenTrade
from tests.soak.venue_record import taken_orders

REAL_WEIGHT = 2_400
LIMIT_SECONDS = 60.0
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 300.0
SHARDS = 4
BROKEN_EVERY = 10
AUDITED = 60
COMPARED = "SELECT wallet_id FROM reconciliations WHERE completed_at >= $1"
UNSETTLED = """
    SELECT count(*) FROM trades t WHERE t.id = ANY($1) AND (t.status NOT IN ('PROTECTED', 'CLOSED') OR EXISTS (
        SELECT 1 FROM orders o WHERE o.trade_id = t.id AND o.status IN ('INTENT', 'SENDING')))"""


@dataclass
class Start:
    """What one start showed, in seconds from the interpreter's first line. None: not within the time."""

    compared: int = 0
    all_compared: float | None = None
    first_compared: float | None = None
    protected: float | None = None
    compared_before_protected: int = 0


@dataclass
class ColdStart:
    """The accounts, and the executors that are started over them."""

    settings: Settings
    venue: PaperVenue
    sql: asyncpg.Connection
    opened: OpenAccounts
    folder: Path
    each: int

    async def broken(self, place: int) -> list[OpenTrade]:
        """Leave a tenth of the accounts with a trade as a crash leaves it, every second one of them without a
        stop. `place` is that of the trade in its account."""
        chosen = self.opened.trades[place :: BROKEN_EVERY * self.each]
        await self.opened.lose_stops(chosen[::2])
        await self.opened.forget_answers(chosen[1::2])
        return chosen

    async def start(self, broken: Sequence[OpenTrade], weight: int, seconds: float) -> Start:
        """Start an executor that may spend so much weight a minute, and watch it for at most so long."""
        host = ExecutorHost(
            self.settings,
            self.venue,
            self.folder,
            margin_ms=self.settings.outcome_margin_milliseconds,
            receive_window_ms=self.settings.receive_window_milliseconds,
            paper_weight=weight,
        )
        ids = [trade.id for trade in broken]
        total = len({trade.account.wallet_id for trade in self.opened.trades})
        since = await self.sql.fetchval("SELECT clock_timestamp()")
        begun, seen = time.monotonic(), Start()
        try:
            await asyncio.to_thread(host.start)
            while time.monotonic() - begun < seconds:
                await asyncio.sleep(LOOK_SECONDS)
                await self._look(seen, since, ids, total, begun)
                if seen.all_compared is not None and seen.protected is not None:
                    break
        finally:
            await asyncio.to_thread(host.close)
        return seen

    async def _look(self, seen: Start, since: object, ids: Sequence[UUID], total: int, begun: float) -> None:
        compared = await self.sql.fetch(COMPARED, since)
        unsettled = await self.sql.fetchval(UNSETTLED, ids)
        passed = time.monotonic() - begun
        seen.compared = len(compared)
        if compared and seen.first_compared is None:
            seen.first_compared = passed
        if not unsettled and seen.protected is None:
            seen.protected, seen.compared_before_protected = passed, len(compared)
        if len(compared) == total and seen.all_compared is None:
            seen.all_compared = passed

    async def wrong(self) -> list[str]:
        """What the venue's own record and our books do not agree about."""
        wallets = list({trade.account.wallet_id for trade in self.opened.trades})
        taken = await asyncio.to_thread(taken_orders, self.venue.journal, wallets)
        ours = {row["client_order_id"] for row in await self.sql.fetch("SELECT client_order_id FROM orders")}
        ids = [order.client_order_id for order in taken]
        found = [f"{len(ids) - len(set(ids))} ids were taken twice"] if len(ids) != len(set(ids)) else []
        found += [f"{lost} is at the venue and not in our books" for lost in sorted(set(ids) - ours)]
        admin = PaperAdmin(self.venue.url, self.venue.token)

        async def credentials(key: AccountKey) -> tuple[str, str]:
            return await admin.open_account(str(key.wallet_id))

        pool = GatewayPool(credentials, self.venue.url, None, utc_now, paper_weight=WEIGHT_LIMIT)
        database = Database(role_database_url(self.settings, DatabaseRole.WORKER))
        accounts = {trade.account.wallet_id: trade.account for trade in self.opened.trades}
        for wallet in random.Random(1).sample(sorted(accounts), min(AUDITED, len(accounts))):
            audit = await verify_wallet(database, pool, accounts[wallet], DEPLOYMENT)
            if not audit.is_sound:
                found.append(str(audit))
        for close in (pool.close, admin.close, database.close):
            await close()
        return found


@asynccontextmanager
async def cold_start(
    services: TestServices, folder: Path, arguments: argparse.Namespace
) -> AsyncIterator[ColdStart]:
    """Accounts in the middle of their work before a venue of fifty markets."""
    lane = arguments.folder / "lane"
    shutil.rmtree(lane, ignore_errors=True)
    lane.mkdir(parents=True)
    await asyncio.to_thread(create_database, services, folder, "cold_start")
    settings = settings_for(services, "cold_start", lane, 1)
    options = ("--feed", "synthetic", "--seed", "7", "--weight-limit", str(WEIGHT_LIMIT), "--speed", "1")
    venue = PaperVenue(lane, options, module="benchmarks.paper_crowd")
    venue.start()
    try:
        sql = await asyncpg.connect(settings.database_url)
        opened = OpenAccounts(sql, venue)
        try:
            await opened.open(arguments.accounts, arguments.each, SHARDS)
            yield ColdStart(settings, venue, sql, opened, lane, arguments.each)
        finally:
            await opened.close()
            await sql.close()
    finally:
        venue.stop()


async def run(services: TestServices, arguments: argparse.Namespace) -> int:
    """Both starts, the comparison, and the figures."""
    os.environ["STACKALPHA_FEED_SYMBOLS"] = ",".join(
        f"{one.base}/USDT:USDT" for one in crowd_contracts()[: arguments.each]
    )
    begun = time.monotonic()
    async with cold_start(services, arguments.folder / "services", arguments) as cold:
        orders = await cold.sql.fetchval("SELECT count(*) FROM orders WHERE status = 'OPEN'")
        line("open_orders", orders, "orders at the venue", arguments.accounts * arguments.each)
        line("accounts", arguments.accounts, "accounts")
        line("arranged_s", round(time.monotonic() - begun, 1), "seconds to arrange it")
        broken = await cold.broken(0)
        real = await cold.start(broken, REAL_WEIGHT, arguments.window)
        line("real_limit", REAL_WEIGHT, "weight a minute, of one address")
        line("real_window_s", arguments.window, "seconds in which the start was watched")
        _tell("real", real, len(broken))
        broken = await cold.broken(1)
        raised = await cold.start(broken, WEIGHT_LIMIT, PATIENCE_SECONDS)
        line("raised_limit", WEIGHT_LIMIT, f"weight a minute: raised, the venue's is {REAL_WEIGHT}")
        _tell("raised", raised, len(broken))
        wrong = await cold.wrong()
    for text in wrong[:10]:
        sys.stderr.write(f"{text}\n")
    line("wrong", len(wrong), "disagreements with the venue's record", 0)
    in_time = raised.all_compared is not None and raised.all_compared <= LIMIT_SECONDS
    first = all(seen.protected is not None for seen in (real, raised))
    return 0 if in_time and first and not wrong else 1


def _tell(name: str, seen: Start, broken: int) -> None:
    limit = LIMIT_SECONDS if name == "raised" else None
    line(f"{name}_compared", seen.compared, "accounts compared")
    line(
        f"{name}_all_compared_s",
        _rounded(seen.all_compared),
        "seconds until every account was compared",
        limit,
    )
    line(
        f"{name}_protected_s",
        _rounded(seen.protected),
        f"seconds until the {broken} without a known stop had one",
    )
    line(f"{name}_compared_before_that", seen.compared_before_protected, "accounts compared by then")


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def line(name: str, value: object, unit: str, limit: object = None) -> None:
    print(
        json.dumps({"name": f"cold_start.{name}", "value": value, "unit": unit, "limit": limit}), flush=True
    )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--each", type=int, default=10, help="open positions of an account, at most 50")
    parser.add_argument(
        "--window", type=float, default=90.0, help="seconds to watch the start under the real limit"
    )
    parser.add_argument("--folder", type=Path, default=ROOT_DIR / "var" / "soak-cold-start")
    return parser.parse_args()


def main() -> int:
    arguments = parse()
    with own_services(arguments.folder / "services") as services:
        return asyncio.run(run(services, arguments))


if __name__ == "__main__":
    raise SystemExit(main())
