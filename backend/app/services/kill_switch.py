"""The kill switch as it is pressed, foreseen and proven: start, preview, receipt.

Pressing it commits the halt and the run in one transaction; executors then work on the run until the venue itself
shows that everything is flat. Nothing here talks to a venue but the preview, which only reads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.errors import NotFoundError
from app.domain.breaker import BreakerCause, ScopeState
from app.domain.decimal_text import plain
from app.domain.types import BreakerScope, TradingState
from app.models.circuit_breaker import KillSwitchRun
from app.repositories.breakers import BreakerChange
from app.repositories.kill_switch import KillSwitchRepository, PositionOutcome
from app.services.breaker_board import BreakerBoard
from app.services.breaker_views import RunView, run_state, run_view

_UNFILLED = frozenset({"REJECTED", "EXPIRED"})


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """One position of a receipt: closing, closed, never_opened or kept."""

    wallet_id: UUID
    wallet_name: str
    trade_id: UUID | None
    external: bool
    symbol: str
    side: str
    quantity: str
    outcome: str
    exit_price: str | None
    exit_reason: str | None
    realized_pnl: str | None
    fees: str | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingView:
    """An account that is not proven flat yet, and what stood in the way last."""

    wallet_id: UUID
    wallet_name: str
    error: str | None


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """A run with the time of each step (wall time) and what became of every position."""

    id: UUID
    scope: str
    scope_id: str
    state: str
    reason: str
    requested_by: str
    close_external: bool
    requested_at: datetime
    halted_at: datetime | None
    cancelled_at: datetime | None
    quiescent_at: datetime | None
    flat_at: datetime | None
    escalated_at: datetime | None
    escalation: str | None
    accounts: int
    accounts_proven: int
    waiting: list[WaitingView]
    positions: list[OutcomeView]


@dataclass(frozen=True, slots=True)
class Press:
    """One press of the switch. `user_id` is the scope's owner, None for the platform and a venue; `run_id` is the
    same however often the request is repeated."""

    run_id: UUID
    scope: BreakerScope
    scope_id: str
    user_id: UUID | None
    reason: str
    requested_by: str
    close_external: bool = False


class KillSwitch:
    """Starts runs and shows them, in somebody's transaction."""

    def __init__(self, runs: KillSwitchRepository, board: BreakerBoard, now: Callable[[], datetime]) -> None:
        self._runs = runs
        self._board = board
        self._now = now

    async def start(self, press: Press) -> RunView:
        """Halt the scope and begin a run; the one that is under way where there is one. Once this transaction has
        committed, no gate lets an entry of the scope through."""
        held = ScopeState(
            press.scope,
            press.scope_id,
            TradingState.HALTED,
            press.reason,
            press.requested_by,
            self._now(),
            None,
            cause=BreakerCause.KILL_SWITCH,
        )
        await self._board.set(BreakerChange(held, press.user_id, "halted"))
        # Under the lock: of two presses at once the second finds the first.
        found = await self._runs.unfinished(press.user_id, press.scope.value, press.scope_id)
        if found is None:
            found = KillSwitchRun(
                id=press.run_id,
                scope=press.scope.value,
                scope_id=press.scope_id,
                reason=press.reason,
                requested_by=press.requested_by,
                close_external=press.close_external,
            )
            await self._runs.begin(press.user_id, found)
            found = await self._runs.unfinished(press.user_id, press.scope.value, press.scope_id)
        if found is None:
            raise LookupError(f"kill switch run {press.run_id} was written and is not there")
        return run_view(found)

    async def receipt(self, user_id: UUID, run_id: UUID, *, whole: bool = False) -> ReceiptView:
        """A run as it stands; of a run over many users a user sees its own part, an administrator (`whole`) all."""
        run = await self._runs.run(user_id, run_id)
        if run is None or not (whole or run.user_id in (None, user_id)):
            raise NotFoundError(f"There is no run {run_id} of the kill switch.")
        only = None if whole else user_id
        accounts = await self._runs.accounts(only, run_id)
        waiting = [one for one in accounts if one.proven_at is None]
        return ReceiptView(
            id=run.id,
            scope=run.scope,
            scope_id=run.scope_id,
            state=run_state(run),
            reason=run.reason,
            requested_by=run.requested_by,
            close_external=run.close_external,
            requested_at=run.requested_at,
            halted_at=run.halted_at,
            cancelled_at=run.cancelled_at,
            quiescent_at=run.quiescent_at,
            flat_at=run.flat_at,
            escalated_at=run.escalated_at,
            escalation=run.escalation,
            accounts=len(accounts),
            accounts_proven=len(accounts) - len(waiting),
            waiting=[WaitingView(one.wallet_id, one.wallet_name, one.error) for one in waiting],
            positions=[_outcome_view(one) for one in await self._runs.positions(only, run_id)],
        )


def _outcome_view(held: PositionOutcome) -> OutcomeView:
    return OutcomeView(
        wallet_id=held.wallet_id,
        wallet_name=held.wallet_name,
        trade_id=held.trade_id,
        external=held.is_external,
        symbol=held.symbol,
        side=held.side,
        quantity=plain(held.quantity),
        outcome=_outcome(held),
        exit_price=plain(held.exit_price),
        exit_reason=held.exit_reason,
        realized_pnl=plain(held.realized_pnl),
        fees=plain(held.fees),
        closed_at=held.closed_at if _outcome(held) == "closed" else None,
    )


def _outcome(held: PositionOutcome) -> str:
    if held.is_external:
        return "kept" if held.closed_at is None else "closed"
    if held.status in _UNFILLED:
        return "never_opened"
    return "closed" if held.status == "CLOSED" else "closing"
