"""Trials of the kill switch: sixteen accounts are entering when it is pressed, and nothing may pass it.

A trigger notes the moment at which each entry is taken to SENDING, inside the gate's own transaction: the moment
that the halt is compared with. The venue is asked for what it holds, not our books.
"""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from uuid import UUID, uuid4

from app.bootstrap.breakers import kill_switch
from app.core.clock import utc_now
from app.domain.types import BreakerScope
from app.repositories.trading_accounts import TradingAccount
from app.services.kill_switch import Press
from app.services.trading.balances import account_key
from tests.services.trading.floor import SYMBOLS, TradingFloor, until
from tests.soak.venue_record import entries_after, newest_order

WRITERS = 16
FREE = dict.fromkeys(
    (
        "max_open_positions",
        "max_consecutive_losses",
        "max_correlated_positions",
        "max_daily_loss_usd",
        "max_daily_loss_percent",
        "max_weekly_loss_percent",
        "max_monthly_loss_percent",
        "max_portfolio_heat",
        "max_open_risk_percent",
        "max_single_asset_exposure_percent",
    )
)
NOTE_GATES = """
CREATE TABLE IF NOT EXISTS passed_gates (order_id text, user_id uuid, at timestamptz);
GRANT INSERT ON passed_gates TO PUBLIC;
CREATE OR REPLACE FUNCTION note_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO passed_gates VALUES (NEW.client_order_id, NEW.user_id, clock_timestamp());
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER note_gate AFTER UPDATE OF status ON orders FOR EACH ROW
    WHEN (NEW.leg = 'entry' AND NEW.status = 'SENDING' AND OLD.status = 'INTENT') EXECUTE FUNCTION note_gate();
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """`halt_ms` is from the press to its commit; `late_gates` passed after the halt; `late_entries` were sent after the
    venue was said to be quiet, `taken_late` it accepted after that by its own record; `left` positions and orders at
    the venue once it was said to be flat; `flat_seconds` from the halt to the proof."""

    entered: int
    halt_ms: float
    late_gates: int
    late_entries: int
    taken_late: int
    left: int
    flat_seconds: float

    @property
    def sound(self) -> bool:
        return self.late_gates == self.late_entries == self.taken_late == self.left == 0


@dataclass
class KillTrials:
    """Trials on one floor whose executor runs already."""

    floor: TradingFloor
    dice: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - nothing secret

    async def prepare(self, writers: int = WRITERS) -> list[TradingAccount]:
        """One user with that many wallets."""
        await self.floor.sql.execute(NOTE_GATES)
        user_id = await self.floor.user(**FREE)
        return [await self.floor.wallet(user_id, "100000", shard=place % 4) for place in range(writers)]

    async def trial(self, accounts: list[TradingAccount], symbol: str = SYMBOLS[0]) -> Trial:
        """Let every account enter, press somewhere in between, and look."""
        user_id = accounts[0].user_id
        await self.floor.sql.execute("DELETE FROM breaker_states; DELETE FROM passed_gates")
        await self.floor.signal(symbol)
        await self._until_entering(self.dice.randint(1, max(1, len(accounts) - 2)))
        run_id, halt_ms = await self.press(BreakerScope.USER, str(user_id), user_id)
        await self.until_step(run_id, "quiescent_at", 60.0)
        newest = newest_order(self.floor.venue.journal)
        flat = await self.until_flat(run_id, 60.0)
        halted, quiescent, flat_at = await self._times(run_id)
        late_gates = await self.floor.sql.fetchval("SELECT count(*) FROM passed_gates WHERE at > $1", halted)
        entered = await self.floor.sql.fetchval("SELECT count(*) FROM passed_gates")
        late_entries = await self.floor.sql.fetchval(
            "SELECT count(*) FROM orders WHERE leg = 'entry' AND user_id = $1 AND sent_at > $2",
            *(user_id, quiescent),
        )
        assert flat
        left = sum(await asyncio.gather(*(self.left(account) for account in accounts)))
        return Trial(
            int(entered),
            halt_ms,
            int(late_gates),
            int(late_entries),
            entries_after(self.floor.venue.journal, newest, [account.wallet_id for account in accounts]),
            left,
            (flat_at - halted).total_seconds(),
        )

    async def _until_entering(self, count: int) -> None:
        """Wait until that many entries have passed their gate, so that the press meets the others."""

        async def look() -> bool | None:
            passed = await self.floor.sql.fetchval("SELECT count(*) FROM passed_gates")
            return True if passed >= count else None

        await until(look)

    async def press(self, scope: BreakerScope, scope_id: str, user_id: UUID | None) -> tuple[UUID, float]:
        """Press as the route does; the run, and how long until the halt was committed."""
        held = Press(uuid4(), scope, scope_id, user_id, "Drill.", "user")
        begun = perf_counter()
        async with self.floor.desk.system.system() as session:
            run = await kill_switch(session, utc_now).start(held)
        return run.id, (perf_counter() - begun) * 1000

    async def until_flat(self, run_id: UUID, seconds: float) -> bool:
        return await self.until_step(run_id, "flat_at", seconds)

    async def until_step(self, run_id: UUID, step: str, seconds: float) -> bool:
        """Wait until the run has reached a step."""

        async def look() -> bool | None:
            query = f"SELECT {step} FROM kill_switch_runs WHERE id = $1"  # noqa: S608 - a name of ours
            return None if await self.floor.sql.fetchval(query, run_id) is None else True

        return await until(look, seconds)

    async def _times(self, run_id: UUID) -> tuple[datetime, datetime, datetime]:
        row = await self.floor.sql.fetchrow(
            "SELECT halted_at, quiescent_at, flat_at FROM kill_switch_runs WHERE id = $1", run_id
        )
        assert row is not None
        return row[0], row[1], row[2]

    async def left(self, account: TradingAccount) -> int:
        """Positions and orders that the venue shows."""
        gateway = await self.floor.desk.gateways.for_account(account_key(account))
        positions = [held for held in await gateway.positions(None) if held.side is not None]
        return len(positions) + len(await gateway.open_orders(None))
