"""Loosenings wait: until the next day in the user's time zone, and never act while a loss limit is tripped."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from app.core.errors import NotFoundError
from app.domain.decimal_text import plain
from app.domain.loss_windows import WindowLength, window_bounds
from app.domain.types import RiskLevel
from app.models.risk_pending_change import RiskPendingChange
from app.models.risk_settings import RiskSettings, ScopedRiskSettings, WalletRiskSettings
from app.models.risk_state import RiskState
from app.repositories.risk_pending import PendingChangeRepository

Row = RiskSettings | WalletRiskSettings | ScopedRiskSettings
Setting = Decimal | int | bool | str | None
Changes = Mapping[str, Setting]

_TRIPS: Final = tuple(column.key for column in RiskState.__table__.c if column.key.endswith("_tripped_at"))


class PendingOutcome(StrEnum):
    """How a waiting ended. `refused`: what it asked for no longer fits the settings beside it."""

    APPLIED = "applied"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose settings: a user's own, or those of one wallet, strategy or symbol of the user. `subject` is the
    wallet's id, the strategy's or the symbol's name, empty for the user."""

    user_id: UUID
    level: RiskLevel = RiskLevel.USER
    subject: str = ""

    @classmethod
    def of_wallet(cls, user_id: UUID, wallet_id: UUID) -> Self:
        return cls(user_id, RiskLevel.WALLET, str(wallet_id))

    @property
    def wallet_id(self) -> UUID | None:
        """The wallet's id, where it is about one."""
        return UUID(self.subject) if self.level is RiskLevel.WALLET else None

    def owns(self, change: RiskPendingChange) -> bool:
        """Whether the change waits for these settings."""
        return (change.level, change.subject) == (self.level.value, self.subject)

    def concerns(self, state: RiskState) -> bool:
        """Whether a trip in that row keeps these settings from being loosened: a wallet's own and the user's
        concern a wallet, every trip concerns the others."""
        return self.level is not RiskLevel.WALLET or state.wallet_id in (None, self.wallet_id)


class Loosenings:
    """Waiting changes of one user at a time, in the caller's transaction."""

    def __init__(self, pending: PendingChangeRepository, now: Callable[[], datetime]) -> None:
        self._pending = pending
        self._now = now

    async def waiting(self, owner: Owner) -> list[RiskPendingChange]:
        """What waits for these settings."""
        return [change for change in await self._pending.open(owner.user_id) if owner.owns(change)]

    async def due(self, user_id: UUID) -> list[RiskPendingChange]:
        """What waits for any settings of the user and may act now."""
        return await self._pending.open(user_id, due_at=self._now())

    async def hold(self, owner: Owner, changes: Changes) -> None:
        """Let changes wait until the user's next midnight; an earlier wish for the same setting is given up."""
        await self.supersede(owner, changes)
        zone = await self._pending.time_zone(owner.user_id)
        effective_at = window_bounds(self._now(), WindowLength.DAY, zone).end
        for name, value in changes.items():
            change = RiskPendingChange(
                level=owner.level.value,
                subject=owner.subject,
                setting=name,
                value=plain(value) if isinstance(value, Decimal) else value,
                effective_at=effective_at,
            )
            await self._pending.add(owner.user_id, change)

    async def supersede(self, owner: Owner, changes: Changes) -> bool:
        """Give up what waits for the settings that are changed now; whether there was any."""
        old = [change.id for change in await self.waiting(owner) if change.setting in changes]
        await self.end(owner.user_id, old, PendingOutcome.SUPERSEDED)
        return bool(old)

    async def cancel(self, owner: Owner, setting: str) -> RiskPendingChange:
        """Give up what waits for one setting."""
        for change in await self.waiting(owner):
            if change.setting == setting:
                await self.end(owner.user_id, [change.id], PendingOutcome.CANCELLED)
                return change
        raise NotFoundError(f"No change of {setting} is waiting.")

    async def end(self, user_id: UUID, ids: Sequence[UUID], outcome: PendingOutcome) -> None:
        """End the waiting of these changes."""
        await self._pending.end(user_id, ids, outcome.value, self._now())


def is_tripped(state: RiskState) -> bool:
    """Whether a loss limit of the row is tripped, whatever its window."""
    return any(getattr(state, name) is not None for name in _TRIPS)


def wished(row: Row, change: RiskPendingChange) -> Setting:
    """The value that a waiting change asks for, in the column's own type."""
    if change.value is None:
        return None
    kind = type(row).__table__.c[change.setting].type.python_type
    return Decimal(str(change.value)) if kind is Decimal else change.value
