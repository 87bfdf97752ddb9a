"""What the gate answered, with every breach."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.risk_state import RiskDecision
from app.models.signal import Signal
from app.repositories.keyset import Keyset, Page, page_of


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision with the signal it was about. `breaches` are rows of code, message, limit, value."""

    id: UUID
    created_at: datetime
    market_time: datetime
    wallet_id: UUID
    signal_id: UUID
    symbol: str
    side: str
    strategy: str
    timeframe: str
    confidence: Decimal
    approved: bool
    breaches: list[dict[str, str | None]]
    quantity: Decimal | None
    notional: Decimal | None
    binding_cap: str | None


_DECISION_ROWS: Select[*tuple[Any, ...]] = select(
    RiskDecision.id,
    RiskDecision.created_at,
    RiskDecision.market_time,
    RiskDecision.wallet_id,
    RiskDecision.signal_id,
    Signal.symbol,
    Signal.side,
    Signal.strategy,
    Signal.timeframe,
    Signal.confidence,
    RiskDecision.approved,
    RiskDecision.breaches,
    RiskDecision.quantity,
    RiskDecision.notional,
    RiskDecision.binding_cap,
).join(Signal, Signal.id == RiskDecision.signal_id)


class DecisionRepository:
    """Decisions about one tenant's wallets."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(
        self, user_id: UUID, *, wallet_id: UUID | None, after: Keyset | None, limit: int
    ) -> Page[DecisionRecord]:
        """Decisions, newest first."""
        statement = _DECISION_ROWS.where(RiskDecision.user_id == user_id)
        if wallet_id is not None:
            statement = statement.where(RiskDecision.wallet_id == wallet_id)
        if after is not None:
            statement = statement.where(
                tuple_(RiskDecision.created_at, RiskDecision.id) < (after.at, after.id)
            )
        statement = statement.order_by(RiskDecision.created_at.desc(), RiskDecision.id.desc())
        rows = [DecisionRecord(*row) for row in await self._session.execute(statement.limit(limit + 1))]
        return page_of(rows, limit, lambda row: Keyset(row.created_at, row.id))

    async def one(self, user_id: UUID, decision_id: UUID) -> tuple[DecisionRecord, bytes | None] | None:
        """A decision of this tenant and its receipt; None where there is none."""
        statement = _DECISION_ROWS.add_columns(RiskDecision.receipt).where(
            RiskDecision.user_id == user_id, RiskDecision.id == decision_id
        )
        row = (await self._session.execute(statement)).first()
        return None if row is None else (DecisionRecord(*row[:-1]), row[-1])

    async def since(
        self, user_id: UUID, start: datetime, limit: int
    ) -> list[tuple[DecisionRecord, bytes | None]]:
        """At most `limit` decisions made from then on with their receipts, newest first."""
        statement = _DECISION_ROWS.add_columns(RiskDecision.receipt).where(
            RiskDecision.user_id == user_id, RiskDecision.created_at >= start
        )
        statement = statement.order_by(RiskDecision.created_at.desc(), RiskDecision.id.desc()).limit(limit)
        return [(DecisionRecord(*row[:-1]), row[-1]) for row in await self._session.execute(statement)]

    async def some(self, user_id: UUID, ids: list[UUID]) -> list[DecisionRecord]:
        """The decisions of these ids that this tenant has, oldest first."""
        statement = _DECISION_ROWS.where(RiskDecision.user_id == user_id, RiskDecision.id.in_(ids))
        statement = statement.order_by(RiskDecision.created_at, RiskDecision.id)
        return [DecisionRecord(*row) for row in await self._session.execute(statement)]
