"""One lane of the faults run: a lane whose executor lives, and whose venue misbehaves."""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID

from app.repositories.trading_accounts import TradingAccount
from tests.services.trading.floor import SYMBOLS
from tests.soak.crash_lane import LARGE, MARGIN_MS, RECEIVE_WINDOW_MS, Cycle, Lane
from tests.soak.crash_queries import NAKED

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
LARGE_SHARE: Final = 0.125
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
TIMELINE: Final = """
    SELECT timestamp AS at, action || ' ' || outcome AS what, status, error_message AS why
    FROM execution_logs WHERE trade_id = $1
    UNION ALL
    SELECT sent_at, 'sent ' || leg || ' ' || attempt, status, error_code FROM orders WHERE trade_id = $1
    ORDER BY 1"""
ENTRIES: Final = """
    SELECT coalesce(sum(n - 1), 0)::int FROM (
        SELECT count(*) AS n FROM orders o JOIN trades t ON t.id = o.trade_id
        WHERE o.wallet_id = ANY($1) AND o.leg = 'entry' AND o.exchange_order_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM orders w WHERE w.trade_id = t.id AND w.route IN ('sliced', 'posted'))
        GROUP BY t.wallet_id, t.signal_id) AS accepted WHERE n > 1"""


class FaultLane(Lane):
    """Takes wallets from their entries to their exits while several faults at once befall them."""

    SPEED = 20.0
    refused_later = 0  # in the last cycle

    async def account(self, amount: Decimal | None = None) -> TradingAccount:
        """A funded wallet; one in eight enters with more than a market order can carry: in slices, or waiting in
        the book."""
        large = amount is None and self.dice.random() < LARGE_SHARE
        return await super().account(LARGE if large else amount)

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
            "i3": found.differences,
            "i4": found.unprotected + sum(seconds > BOUND_SECONDS for seconds in found.naked),
            "i5": decided["unapproved"] + found.unwritten,
        }
        found.wrong += await self._slow(ids)
        self.refused_later = decided["refused_later"]
        await self.sql.execute(
            "UPDATE wallets SET auto_trade_enabled = false, status = 'archived' WHERE id = ANY($1)", ids
        )
        return found, counts

    def fired(self) -> dict[str, int]:
        """How often each fault befell something, since the lane was opened."""
        told = self.venue.control("GET", "/sim/fault")["fired"]
        assert isinstance(told, dict)
        return told

    async def _slow(self, ids: Sequence[UUID]) -> list[str]:
        """What happened, second by second, to each trade that stood without a stop for longer than its bound."""
        told = []
        for row in await self.sql.fetch(NAKED, ids):
            if row["seconds"] is not None and row["seconds"] > BOUND_SECONDS:
                lines = await self.sql.fetch(TIMELINE, row["id"])
                told.append("\n  ".join([f"{self.name}: naked for {row['seconds']} s", *map(_told, lines)]))
        return told

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


def _told(row: Mapping[str, object]) -> str:
    return " ".join(str(value) for value in row.values() if value is not None)
