"""Tens of thousands of orders under every fault of the paper exchange; five invariants are counted.

    make soak NAME=faults ARGS="--orders 50000"

Several lanes work in parallel, each with a database, a paper exchange and an executor of its own. A cycle takes a
few wallets in five markets from the entry over moved stops and parts that are left to the exit, while several
faults at once befall requests and frames. After every cycle the venue's own record is the judge:

I1  one accepted entry per signal and wallet (or    I4  every open position protected within its bound
    several that together are no more than planned)
I2  every order of ours at the venue is known       I5  no order without a committed intent of an approved
I3  position = sum of fills = the venue's                decision
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final

from app.core.config import ROOT_DIR
from tests.service_host import TestServices, own_services
from tests.services.trading.executor_host import RECEIVE_WINDOW_MS
from tests.services.trading.floor import SYMBOLS
from tests.soak.crash_lane import MARGIN_MS, Cycle, Lane

ORDER_FAULTS: Final[tuple[tuple[str, dict[str, object]], ...]] = (
    ("503", {}),
    ("503unknown", {}),
    ("503exec", {}),
    ("1007", {}),
    ("1007exec", {}),
    ("1008", {}),
    ("timeout", {"delay_ms": 600}),
    ("timeout_exec", {"delay_ms": 600}),
    ("reset", {}),
    ("reset_exec", {}),
    ("late", {"delay_ms": 300}),
    ("late_reset", {"delay_ms": 300}),
    ("late", {"delay_ms": 900}),
    ("code:-1021", {}),
    ("latency", {"delay_ms": 200, "jitter_ms": 200}),
)
READ_FAULTS: Final[tuple[tuple[str, dict[str, object]], ...]] = (
    ("503", {}),
    ("reset", {}),
    ("timeout", {"delay_ms": 300}),
    ("stale", {"delay_ms": 700}),
    ("latency", {"delay_ms": 100}),
)
FRAME_FAULTS: Final = ("drop", "duplicate", "reorder")
CLOCK_OFFSETS: Final = (0, 0, 0, -900, 900, -5_000, 5_000)
MAINTENANCE_SECONDS: Final = 2.0
UNPROTECTED_SECONDS: Final = 15.0  # the bound after which a position without a stop is left at market
GRACE_SECONDS: Final = 5.0  # for the way out, on a busy machine
BOUND_SECONDS: Final = (RECEIVE_WINDOW_MS + MARGIN_MS) / 1000 + UNPROTECTED_SECONDS + GRACE_SECONDS
# An attempt that the venue never took, and whose next attempt the gate refused, leaves a trade whose decision reads
# refused: nothing of it is, or was, at the venue. Those are counted apart.
UNAPPROVED: Final = """
    SELECT count(*) FILTER (WHERE o.exchange_order_id IS NOT NULL
            OR o.status IN ('SENDING', 'OPEN', 'PARTIAL', 'FILLED'))::int AS unapproved,
        count(*) FILTER (WHERE o.exchange_order_id IS NULL AND o.status = 'NOT_ACCEPTED')::int AS refused_later
    FROM orders o WHERE o.wallet_id = ANY($1) AND NOT EXISTS (
        SELECT 1 FROM risk_decisions d WHERE d.trade_id = o.trade_id AND d.approved)"""
ENTRIES: Final = """
    SELECT coalesce(sum(n - 1), 0)::int FROM (
        SELECT count(*) AS n FROM orders o JOIN trades t ON t.id = o.trade_id
        WHERE o.wallet_id = ANY($1) AND o.leg = 'entry' AND o.exchange_order_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM orders w WHERE w.trade_id = t.id AND w.route IN ('sliced', 'posted'))
        GROUP BY t.wallet_id, t.signal_id) AS accepted WHERE n > 1"""


class FaultLane(Lane):
    """A lane whose executor lives, and whose venue misbehaves."""

    refused_later = 0

    async def tormented(self) -> tuple[Cycle, dict[str, int]]:
        """One cycle in every market; returns what it showed, and the violations of each invariant."""
        found = Cycle()
        accounts = [await self.account() for _ in range(self.wallets)]
        if not self.moving:
            self.venue.step(1)
        for leg in ("entry", "move", "scale_out", "exit"):
            for symbol in SYMBOLS:
                await self.ask(leg, symbol, accounts)
            await self._torment()
            await self.settle(accounts, found, leg)
        if any([await self.is_held(account) for account in accounts]):
            for symbol in SYMBOLS:
                await self.ask("exit", symbol, accounts)
            await self.settle(accounts, found, "end", flat=True)
        await self.audit(accounts, found)
        ids = [account.wallet_id for account in accounts]
        decided = await self.sql.fetchrow(UNAPPROVED, ids)
        counts = {
            "i1": found.duplicates + int(await self.sql.fetchval(ENTRIES, ids)),
            "i2": found.lost,
            "i3": sum("position" in text for text in found.wrong),
            "i4": found.unprotected + sum(seconds > BOUND_SECONDS for seconds in found.naked),
            "i5": decided["unapproved"] + found.unwritten,
        }
        self.refused_later += decided["refused_later"]
        await self.sql.execute(
            "UPDATE wallets SET auto_trade_enabled = false, status = 'archived' WHERE id = ANY($1)", ids
        )
        return found, counts

    async def _torment(self) -> None:
        """Several faults at once, and now and then a venue that is away or whose sockets are cut."""
        dice = self.dice
        orders = [
            {
                "path": "Order" if dice.random() < 0.5 else "order",
                "method": "POST",
                "mode": mode,
                "chance": 0.3,
            }
            | {"count": dice.randint(1, 4)}
            | extra
            for mode, extra in dice.sample(ORDER_FAULTS, 4)
        ]
        reads = [
            {"path": "/fapi/", "method": "GET", "mode": mode, "chance": 0.1, "count": 10} | extra
            for mode, extra in dice.sample(READ_FAULTS, 2)
        ]
        frames = [{"mode": mode, "chance": 0.2, "count": None} for mode in FRAME_FAULTS]
        faults: dict[str, object] = {
            "seed": dice.randrange(1_000_000),
            "rules": orders + reads,
            "frames": frames,
            "clock_offset_ms": dice.choice(CLOCK_OFFSETS),
        }
        self.venue.control("POST", "/sim/fault", faults)
        if dice.random() < 0.1:
            await asyncio.sleep(dice.uniform(0.1, 0.5))
            self.venue.control("POST", "/sim/fault", faults | {"maintenance": True})
            await asyncio.sleep(dice.uniform(0.1, MAINTENANCE_SECONDS))
            self.venue.control("POST", "/sim/fault", faults)
        if dice.random() < 0.1:
            act: dict[str, object] = (
                {"expire_listen_keys": True} if dice.random() < 0.5 else {"drop_sockets": True}
            )
            self.venue.control("POST", "/sim/fault/act", act)


class Tally:
    """What all lanes showed."""

    def __init__(self) -> None:
        self.orders = 0
        self.cycles = 0
        self.violations: Counter[str] = Counter()
        self.partial_fills = 0
        self.naked: list[float] = []
        self.wrong: list[str] = []
        self.fired: Counter[str] = Counter()
        self.refused_later = 0

    def add(self, cycle: Cycle, counts: dict[str, int]) -> None:
        self.cycles += 1
        self.orders += cycle.orders
        self.violations.update(counts)
        self.partial_fills += cycle.partial_fills
        self.naked += cycle.naked
        self.wrong += cycle.wrong


async def run_lane(
    number: int, services: TestServices, arguments: argparse.Namespace, tally: Tally, end: float
) -> None:
    """Cycle after cycle until there are enough orders or the time is up."""
    folder = arguments.folder
    begun = time.monotonic()
    lane = FaultLane(number, services, folder / "services", folder / "lanes", wallets=arguments.wallets)
    await lane.open()
    try:
        while tally.orders < arguments.orders and time.monotonic() < end:
            tally.add(*await lane.tormented())
            pace = tally.orders / (time.monotonic() - begun) * 60
            sys.stderr.write(
                f"\r{tally.orders} of {arguments.orders} orders, {pace:.0f} a minute,"
                f" {tally.violations.total()} violations  "
            )
            sys.stderr.flush()
        fired = lane.venue.control("GET", "/sim/fault")["fired"]
        assert isinstance(fired, dict)
        tally.fired.update(fired)
        tally.refused_later += lane.refused_later
    finally:
        await lane.close()


async def run(arguments: argparse.Namespace, services: TestServices) -> int:
    tally, begun = Tally(), time.monotonic()
    end = begun + arguments.minutes * 60
    await asyncio.gather(
        *(run_lane(number, services, arguments, tally, end) for number in range(arguments.lanes))
    )
    sys.stderr.write("\n")
    return report(arguments, tally, time.monotonic() - begun)


def report(arguments: argparse.Namespace, tally: Tally, seconds: float) -> int:
    """One JSON object per figure; 1 when an invariant was violated or there were too few orders."""

    def line(name: str, value: object, unit: str, limit: object = None) -> None:
        print(json.dumps({"name": f"faults.{name}", "value": value, "unit": unit, "limit": limit}))

    naked = sorted(tally.naked)
    line("orders", tally.orders, "orders", arguments.orders)
    line("violations", tally.violations.total(), "violations", 0)
    for name in ("i1", "i2", "i3", "i4", "i5"):
        line(name, tally.violations[name], "violations", 0)
    line("fired", dict(tally.fired), "times that each fault befell a request or a frame")
    line("naked_p95_s", naked[int(len(naked) * 0.95)] if naked else None, "seconds", BOUND_SECONDS)
    line("naked_max_s", naked[-1] if naked else None, "seconds", BOUND_SECONDS)
    line("partial_fills", tally.partial_fills, "orders filled in part")
    line("refused_later", tally.refused_later, "attempts that never arrived, whose next one the gate refused")
    line("seconds", round(seconds, 1), "seconds")
    pace = tally.orders / seconds * 60
    line("orders_per_minute", round(pace), "orders a minute")
    line("forecast_minutes", round(arguments.orders / pace, 1) if pace else None, "minutes of a whole run")
    for text in tally.wrong[:10]:
        sys.stderr.write(f"{text}\n")
    return 0 if tally.orders >= arguments.orders and not tally.violations.total() else 1


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--orders", type=int, default=50_000)
    parser.add_argument("--lanes", type=int, default=1 + (os.cpu_count() or 2))
    parser.add_argument("--wallets", type=int, default=8, help="wallets that trade at once in a lane")
    parser.add_argument("--minutes", type=float, default=120.0, help="stop after this long")
    parser.add_argument("--folder", type=Path, default=ROOT_DIR / "var" / "soak-faults")
    return parser.parse_args()


def main() -> int:
    arguments = parse()
    with own_services(arguments.folder / "services") as services:
        return asyncio.run(run(arguments, services))


if __name__ == "__main__":
    raise SystemExit(main())
