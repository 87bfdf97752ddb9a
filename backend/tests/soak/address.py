"""Many wallets that trade at once from one address, under the venue's real weight limit.

    make soak NAME=address ARGS="--wallets 200 --minutes 2"    (about 5 minutes)

The accounts are opened and compared for the first time under a raised limit; then venue and executors begin anew
under the real one, and compare every account once more. Executors share one address's budget through Redis.
Signals reach all wallets together; meanwhile positions of the same wallets are left, so that exits meet entries at
the account's writer, in the budget and at the wire. The venue's own count is the judge: weight used in every
minute, and how often it answered 429 or 418. An exit's wait is from the request (its row in the outbox) to its
sending. One that found an entry of the same wallet under way is told apart: the part of its wait that the entry
took is from the request, or the entry's sending, to the entry's answer or the exit's own sending, whichever was
first. What the budget and the wire took after that, and what the venue took, are told by themselves: both are in
the execution log.

Prints one JSON object per figure; exits 1 where the venue refused a request, or an exit waited behind an entry for
more than 250 ms.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from statistics import quantiles
from typing import Final

from app.core.clock import utc_now
from app.core.config import ROOT_DIR
from app.repositories.trading_accounts import TradingAccount
from tests.service_host import TestServices, session_lock, session_services, stop_session_services
from tests.services.trading.floor import SYMBOLS, until
from tests.soak.crash_lane import NO_LIMITS, Lane

WEIGHT_PER_MINUTE: Final = 2_400
BEHIND_LIMIT_MS: Final = 250.0
SIGNAL_SECONDS: Final = 10.0
EXITS_SECONDS: Final = 0.5
EXIT_SHARE: Final = 0.02  # of the open positions, each time
STARTING_SECONDS: Final = 480.0
EXITS: Final = """
    WITH asked AS (
        SELECT (payload ->> 'trade_id')::uuid AS trade_id, min(created_at) AS at
        FROM outbox WHERE kind = 'exit' GROUP BY 1)
    SELECT extract(epoch FROM (x.sent_at - asked.at)) * 1000 AS wait_ms,
        (SELECT max(extract(epoch FROM (least(l.timestamp, x.sent_at) - greatest(e.sent_at, asked.at)))) * 1000
         FROM orders e JOIN execution_logs l ON l.client_order_id = e.client_order_id AND l.action = 'enter'
         WHERE e.wallet_id = x.wallet_id AND e.leg = 'entry'
           AND e.sent_at < x.sent_at AND l.timestamp > asked.at) AS behind_ms
    FROM asked JOIN orders x ON x.trade_id = asked.trade_id AND x.leg = 'exit' AND x.attempt = 1
    WHERE x.sent_at IS NOT NULL AND asked.at >= $1"""
PARTS: Final = """
    SELECT l.gate_ms, l.network_ms, l.venue_ms FROM execution_logs l
    WHERE l.action = 'exit' AND l.outcome = 'answered' AND l.timestamp >= $1"""
PARTS_OF: Final = {
    "gate_ms": "ms from the written wish to the sending",
    "network_ms": "ms in the budget's queue and on the wire",
    "venue_ms": "ms that the venue took",
}


class AddressLane(Lane):
    """A lane whose wallets share one address and its real budget."""

    SHARES_BUDGET = True
    SPEED = 1.0

    def __init__(self, services: TestServices, folder: Path, arguments: argparse.Namespace) -> None:
        super().__init__(1, services, folder / "services", folder / "lanes", wallets=arguments.wallets)
        self._executors, self._minutes = arguments.executors, arguments.minutes
        self.began = utc_now()

    async def play(self) -> None:
        """Open every account, let the executors compare them all, then trade for the asked-for minutes."""
        accounts = [await self._funded() for _ in range(self.wallets)]
        await until(lambda: self._compared(len(accounts)), STARTING_SECONDS)
        await asyncio.to_thread(self._begin_anew)
        self.began = await self.sql.fetchval("SELECT now()")
        await until(lambda: self._compared(len(accounts)), STARTING_SECONDS)
        self.began = await self.sql.fetchval("SELECT now()")
        loop = asyncio.get_running_loop()
        end, next_signal, turn = loop.time() + self._minutes * 60, 0.0, 0
        while loop.time() < end:
            if loop.time() >= next_signal:
                side = self.dice.choice(("long", "short"))
                await self.floor.signal(SYMBOLS[turn % len(SYMBOLS)], side, stop="0.03")
                next_signal, turn = loop.time() + SIGNAL_SECONDS, turn + 1
            await self._leave_some()
            await asyncio.sleep(EXITS_SECONDS)

    def _begin_anew(self) -> None:
        """Venue and executors, under the limit of a real address."""
        self.host.close()
        self.venue.stop()
        self.venue.options, self.host.paper_weight = self.options(WEIGHT_PER_MINUTE), WEIGHT_PER_MINUTE
        self.venue.start()
        for _ in range(self._executors):
            self.host.start()

    async def _funded(self) -> TradingAccount:
        user = await self.floor.user(**NO_LIMITS, fixed_amount_usd=Decimal(200))
        return await self.floor.wallet(user, deposit="100000", shard=self.dice.randrange(4))

    async def _compared(self, count: int) -> bool | None:
        seen = await self.sql.fetchval(
            "SELECT count(*) FROM reconciliations WHERE completed_at >= $1", self.began
        )
        return True if seen >= count else None

    async def _leave_some(self) -> None:
        rows = await self.sql.fetch(
            "SELECT id FROM trades WHERE status = 'PROTECTED' AND exit_requested IS NULL AND random() < $1",
            EXIT_SHARE,
        )
        for row in rows:
            await self.floor.enqueue("exit", {"trade_id": str(row["id"]), "reason": "manual"})


def cuts(values: Sequence[float]) -> dict[str, float | None]:
    """p50, p99 and the most; None where there is nothing."""
    if not values:
        return {"p50": None, "p99": None, "max": None}
    parts = quantiles(values, n=100, method="inclusive") if len(values) > 1 else [values[0]] * 99
    return {"p50": round(parts[49], 1), "p99": round(parts[98], 1), "max": round(max(values), 1)}


async def figures(lane: AddressLane) -> int:
    """Play and print; the exit code."""
    await lane.play()
    told = lane.venue.control("GET", "/sim/limits")
    addresses = told["addresses"]
    assert isinstance(addresses, dict)
    rows = await lane.sql.fetch(EXITS, lane.began)
    waits = [max(float(row["wait_ms"]), 0.0) for row in rows]
    behind = [max(float(row["behind_ms"]), 0.0) for row in rows if row["behind_ms"] is not None]
    entries = await lane.sql.fetchval(
        "SELECT count(*) FROM orders WHERE leg = 'entry' AND filled_quantity > 0"
    )
    parts = await lane.sql.fetch(PARTS, lane.began)
    naked = await lane.sql.fetch("SELECT naked_ms FROM trades WHERE opened_at IS NOT NULL")

    def line(name: str, value: object, unit: str, limit: object = None) -> None:
        print(json.dumps({"name": f"address.{name}", "value": value, "unit": unit, "limit": limit}))

    refusals = sum(one["refusals"] for one in addresses.values())
    line("wallets", lane.wallets, "wallets on one address")
    line("entries_filled", entries, "orders")
    line("exits_sent", len(waits), "orders")
    for name, one in addresses.items():
        used = [minute["weight"] for minute in one["minutes"]]
        line("weight_by_minute", used, f"weight of {name}", WEIGHT_PER_MINUTE)
    line("refused", refusals, "answers of 429 or 418", 0)
    for name, value in cuts(waits).items():
        line(f"exit_wait_{name}_ms", value, "ms from the request to the sending")
    line("exits_behind_an_entry", len(behind), "exits")
    for name, value in cuts(behind).items():
        line(f"exit_behind_entry_{name}_ms", value, "ms that the entry took of it", BEHIND_LIMIT_MS)
    for part, unit in PARTS_OF.items():
        for name, value in cuts([float(row[part]) for row in parts if row[part] is not None]).items():
            line(f"exit_{part.removesuffix('_ms')}_{name}_ms", value, unit)
    for name, value in cuts([float(row["naked_ms"]) for row in naked]).items():
        line(f"unprotected_{name}_ms", value, "ms without a live stop")
    return 1 if refusals or not waits or max(behind, default=0.0) > BEHIND_LIMIT_MS else 0


async def run(arguments: argparse.Namespace, services: TestServices) -> int:
    lane = AddressLane(services, arguments.folder, arguments)
    await lane.open()
    try:
        return await figures(lane)
    finally:
        await lane.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--wallets", type=int, default=200)
    parser.add_argument("--executors", type=int, default=2)
    parser.add_argument(
        "--minutes", type=float, default=2.0, help="of trading, after every account was compared"
    )
    parser.add_argument("--folder", type=Path, default=ROOT_DIR / "var" / "soak-address")
    arguments = parser.parse_args()
    host = arguments.folder / "services"
    host.mkdir(parents=True, exist_ok=True)
    with session_lock(host):
        services = session_services(host, os.getpid())
    try:
        return asyncio.run(run(arguments, services))
    finally:
        stop_session_services(host)


if __name__ == "__main__":
    sys.exit(main())
