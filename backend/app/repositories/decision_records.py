"""Writes of the gate's answers; reading them is `decisions`."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.types import TradeStatus
from app.models.risk_state import RiskDecision
from app.models.trade import Trade


class DecisionWriteRepository:
    """Decisions about one tenant's wallets."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def refuse(
        self,
        user_id: UUID,
        trade_id: UUID,
        breaches: Sequence[Mapping[str, str | None]],
        *,
        signal_id: UUID | None,
    ) -> UUID | None:
        """Turn an approval into a refusal: the market moved, or trading stopped, before the order left. A trade has
        one decision for the signal it came from, and one for each that adds to it."""
        statement = (
            update(RiskDecision)
            .where(
                RiskDecision.user_id == user_id,
                RiskDecision.trade_id == trade_id,
                RiskDecision.signal_id == signal_id,
            )
            .values(approved=False, breaches=[dict(breach) for breach in breaches])
            .returning(RiskDecision.id)
            .execution_options(synchronize_session=False)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def closed_trades(
        self, user_id: UUID, environment: str, strategy: str
    ) -> tuple[int, int, Decimal, Decimal]:
        """(trades, wins, average win, average loss) of closed trades, net of costs; both averages >= 0."""
        net = Trade.realized_pnl - Trade.fees + Trade.funding
        statement = select(
            func.count(),
            func.count().filter(net > 0),
            func.coalesce(func.avg(net).filter(net > 0), 0),
            func.coalesce(func.avg(-net).filter(net < 0), 0),
        ).where(
            Trade.user_id == user_id,
            Trade.environment == environment,
            Trade.strategy == strategy,
            Trade.status == TradeStatus.CLOSED,
        )
        trades, wins, won, lost = (await self._session.execute(statement)).one()
        return int(trades), int(wins), Decimal(won), Decimal(lost)
