# ruff: noqa: S608 - the statements are built of our own columns; every value is a parameter
"""What executors read and write while a kill switch runs, over every tenant or for one account."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.types import ExitReason
from app.models.circuit_breaker import KillSwitchAccount, KillSwitchPosition, KillSwitchRun
from app.models.trade import LIVE, Trade
from app.repositories.trades import LIVE_TRADE

_IN_SCOPE = (
    "(r.scope = 'platform' OR (r.scope = 'venue' AND w.venue = r.scope_id)"
    " OR (r.scope = 'user' AND w.user_id = r.user_id)"
    " OR (r.scope = 'wallet' AND w.user_id = r.user_id AND w.id::text = r.scope_id))"
)
_LIVE = f"t.{LIVE}"
_ACCOUNTS = text(
    "INSERT INTO kill_switch_accounts (run_id, user_id, wallet_id, shard)"
    " SELECT r.id, w.user_id, w.id, w.shard FROM kill_switch_runs r JOIN wallets w ON "
    + _IN_SCOPE
    + " WHERE r.id = :run AND (w.status = 'active' OR EXISTS (SELECT 1 FROM trades t"
    f" WHERE t.user_id = w.user_id AND t.wallet_id = w.id AND {_LIVE}))"
    " ON CONFLICT DO NOTHING"
)
_POSITIONS = text(
    "INSERT INTO kill_switch_positions"
    " (run_id, user_id, wallet_id, symbol, is_external, trade_id, side, quantity)"
    " SELECT a.run_id, t.user_id, t.wallet_id, t.symbol, false, t.id, t.side,"
    " CASE WHEN t.quantity > 0 THEN t.quantity ELSE t.planned_quantity END"
    " FROM kill_switch_accounts a JOIN trades t ON t.user_id = a.user_id AND t.wallet_id = a.wallet_id"
    f" WHERE a.run_id = :run AND {_LIVE} ON CONFLICT DO NOTHING"
)
# Everybody whom a run concerns, with the counts of the message.
_CONCERNED = text(
    "SELECT a.user_id, count(*) FILTER (WHERE NOT p.is_external) AS positions,"
    " count(*) FILTER (WHERE t.status = 'CLOSED') AS closed,"
    " count(*) FILTER (WHERE p.is_external AND p.closed_at IS NULL) AS kept"
    " FROM (SELECT DISTINCT user_id FROM kill_switch_accounts WHERE run_id = :run) a"
    " LEFT JOIN kill_switch_positions p ON p.run_id = :run AND p.user_id = a.user_id"
    " LEFT JOIN trades t ON t.id = p.trade_id GROUP BY a.user_id"
)
# A run's entries: those that may still work, and those whose outcome nobody knows and the venue may still accept.
_ENTRIES = text(
    "SELECT count(*) FILTER (WHERE o.status IN ('INTENT', 'OPEN', 'PARTIAL')) AS working,"
    " count(*) FILTER (WHERE o.status = 'SENDING'"
    "  AND o.deadline + make_interval(secs => CAST(:margin AS double precision)) > clock_timestamp()) AS unknown"
    " FROM kill_switch_accounts a JOIN trades t ON t.user_id = a.user_id AND t.wallet_id = a.wallet_id"
    " JOIN orders o ON o.trade_id = t.id AND o.user_id = t.user_id AND o.leg IN ('entry', 'add')"
    f" WHERE a.run_id = :run AND {_LIVE}"
)

_TO_LOOK_AT = text(
    "SELECT a.wallet_id FROM kill_switch_accounts a"
    " WHERE a.run_id = :run AND a.proven_at IS NULL AND a.shard = ANY (:shards)"
    " AND (a.asked_at IS NULL OR NOT EXISTS (SELECT FROM trades t"
    f"  WHERE t.user_id = a.user_id AND t.wallet_id = a.wallet_id AND {_LIVE})"
    " OR EXISTS (SELECT FROM trades t WHERE t.user_id = a.user_id AND t.wallet_id = a.wallet_id"
    f"  AND {_LIVE} AND (t.exit_requested IS NULL OR NOT t.entry_stopped))) ORDER BY a.wallet_id"
)


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that is not flat yet."""

    id: UUID
    scope: str
    scope_id: str
    reason: str
    close_external: bool
    halted_at: datetime
    listed_at: datetime | None
    cancelled_at: datetime | None
    quiescent_at: datetime | None
    escalated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Concerned:
    """A user whom a run concerns, and how many of its positions are met, closed, and kept for not being ours."""

    user_id: UUID
    positions: int
    closed: int
    kept: int


class SystemKillSwitchRepository:
    """Runs over every tenant, for the system role."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def open_runs(self) -> list[OpenRun]:
        """Every run that is not flat, oldest first."""
        run = KillSwitchRun
        statement = (
            select(
                run.id,
                run.scope,
                run.scope_id,
                run.reason,
                run.close_external,
                run.halted_at,
                run.listed_at,
                run.cancelled_at,
                run.quiescent_at,
                run.escalated_at,
            )
            .where(run.flat_at.is_(None), run.halted_at.is_not(None))
            .order_by(run.requested_at)
        )
        rows: Iterable[Sequence[Any]] = await self._session.execute(statement)
        return [OpenRun(*row) for row in rows]

    async def list_accounts(self, run_id: UUID) -> bool:
        """Write down which accounts and positions a run meets; False where another process was faster."""
        if not await self._stamp(run_id, "listed_at"):
            return False
        await self._session.execute(_ACCOUNTS, {"run": run_id})
        await self._session.execute(_POSITIONS, {"run": run_id})
        return True

    async def to_look_at(self, run_id: UUID, shards: Sequence[int]) -> list[UUID]:
        """Accounts of these shards that nobody asked to leave yet, that have a trade which was not asked, or whose
        books are flat and wait for the venue's proof."""
        found = await self._session.execute(_TO_LOOK_AT, {"run": run_id, "shards": list(shards)})
        return list(found.scalars())

    async def waiting(self, run_id: UUID) -> tuple[int, str | None]:
        """How many accounts are not proven flat, and what stood in the way of one of them last."""
        account = KillSwitchAccount
        statement = select(func.count(), func.max(account.error)).where(
            account.run_id == run_id, account.proven_at.is_(None)
        )
        count, error = (await self._session.execute(statement)).one()
        return count, error

    async def entries(self, run_id: UUID, margin_seconds: float) -> tuple[int, int]:
        """(entries that may work, entries of unknown outcome that the venue may still accept) of a run."""
        row = (await self._session.execute(_ENTRIES, {"run": run_id, "margin": margin_seconds})).one()
        return int(row.working), int(row.unknown)

    async def concerned(self, run_id: UUID) -> list[Concerned]:
        """Everybody whom the run concerns."""
        return [Concerned(*row) for row in await self._session.execute(_CONCERNED, {"run": run_id})]

    async def reach(self, run_id: UUID, step: str) -> bool:
        """Write the time of a step, once."""
        return await self._stamp(run_id, step)

    async def escalate(self, run_id: UUID, why: str) -> bool:
        """Note that a run does not come to its end, once."""
        if not await self._stamp(run_id, "escalated_at"):
            return False
        await self._session.execute(
            update(KillSwitchRun)
            .where(KillSwitchRun.id == run_id)
            .values(escalation=why[:300])
            .execution_options(synchronize_session=False)
        )
        return True

    async def _stamp(self, run_id: UUID, step: str) -> bool:
        column = getattr(KillSwitchRun, step)
        found = await self._session.execute(
            update(KillSwitchRun)
            .where(KillSwitchRun.id == run_id, column.is_(None))
            .values({step: func.clock_timestamp()})
            .returning(KillSwitchRun.id)
            .execution_options(synchronize_session=False)
        )
        return found.first() is not None


class AccountFlatteningRepository:
    """One account of a run, in its own tenant's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def ask(self, user_id: UUID, wallet_id: UUID) -> list[UUID]:
        """Ask for the exit of every live trade of the account and let none of its entries go on; returns the
        trades that were not asked before."""
        statement = (
            update(Trade)
            .where(
                Trade.user_id == user_id,
                Trade.wallet_id == wallet_id,
                LIVE_TRADE,
                Trade.entry_stopped.is_(False) | Trade.exit_requested.is_(None),
            )
            .values(
                entry_stopped=True,
                exit_requested=func.coalesce(Trade.exit_requested, ExitReason.KILL_SWITCH.value),
                updated_at=func.now(),
            )
            .returning(Trade.id)
            .execution_options(synchronize_session=False)
        )
        return list((await self._session.execute(statement)).scalars())

    async def met(
        self, user_id: UUID, wallet_id: UUID, run_id: UUID, symbol: str, side: str, quantity: Decimal
    ) -> None:
        """Write down a position that is not ours."""
        await self._session.execute(
            insert(KillSwitchPosition)
            .values(
                run_id=run_id,
                user_id=user_id,
                wallet_id=wallet_id,
                symbol=symbol,
                is_external=True,
                side=side,
                quantity=quantity,
            )
            .on_conflict_do_nothing()
        )

    async def next_attempt(self, user_id: UUID, wallet_id: UUID, run_id: UUID, symbol: str) -> int:
        """Count one more order for a position that is not ours, before it is sent."""
        held = KillSwitchPosition
        statement = (
            update(held)
            .where(
                held.run_id == run_id,
                held.user_id == user_id,
                held.wallet_id == wallet_id,
                held.symbol == symbol,
                held.is_external.is_(True),
            )
            .values(attempt=held.attempt + 1)
            .returning(held.attempt)
            .execution_options(synchronize_session=False)
        )
        return (await self._session.execute(statement)).scalar_one()

    async def external_gone(self, user_id: UUID, wallet_id: UUID, run_id: UUID, still: Sequence[str]) -> None:
        """Note which positions that are not ours the venue does not show any more."""
        held = KillSwitchPosition
        await self._session.execute(
            update(held)
            .where(
                held.run_id == run_id,
                held.user_id == user_id,
                held.wallet_id == wallet_id,
                held.is_external.is_(True),
                held.closed_at.is_(None),
                held.symbol.not_in(list(still)),
            )
            .values(closed_at=func.clock_timestamp())
            .execution_options(synchronize_session=False)
        )

    async def looked(
        self, user_id: UUID, wallet_id: UUID, run_id: UUID, *, proven: bool, error: str | None
    ) -> None:
        """Count a look at the account; `proven` only where the venue itself showed it flat."""
        account = KillSwitchAccount
        values: dict[str, object] = {
            "looks": account.looks + 1,
            "error": None if error is None else error[:300],
            "asked_at": func.coalesce(account.asked_at, func.clock_timestamp()),
        }
        if proven:
            values["proven_at"] = func.clock_timestamp()
        await self._session.execute(
            update(account)
            .where(
                account.run_id == run_id,
                account.user_id == user_id,
                account.wallet_id == wallet_id,
                account.proven_at.is_(None),
            )
            .values(values)
            .execution_options(synchronize_session=False)
        )
