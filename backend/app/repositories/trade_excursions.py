"""MAE and MFE of closed trades: found by a job, read beside the trade and all together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.trade_excursion import TradeExcursion

# Newest first, so that what can never be found out holds up nothing that closes now.
_MISSING = text(
    """
SELECT t.id, t.user_id, t.venue, t.symbol, t.side, t.entry_price, t.exit_price, t.opened_at, t.closed_at,
       (SELECT sum(o.filled_quantity) FROM orders o
        WHERE o.user_id = t.user_id AND o.trade_id = t.id AND o.leg IN ('entry', 'add'))
FROM trades t
WHERE t.status = 'CLOSED' AND t.entry_price IS NOT NULL AND t.opened_at IS NOT NULL AND t.closed_at IS NOT NULL
  AND t.updated_at > :since AND NOT EXISTS (SELECT 1 FROM trade_excursions e WHERE e.trade_id = t.id)
ORDER BY t.updated_at DESC LIMIT :most
"""
)
_ONE = text(
    """
SELECT e.timeframe, e.adverse, e.favourable, e.adverse_distance / t.entry_price, e.favourable_distance / t.entry_price,
       e.adverse / nullif(t.risk_amount, 0), e.favourable / nullif(t.risk_amount, 0)
FROM trade_excursions e JOIN trades t ON t.user_id = e.user_id AND t.id = e.trade_id
WHERE e.user_id = :user AND e.trade_id = :trade AND e.timeframe IS NOT NULL
"""
)
_ALL = text(
    """
SELECT e.trade_id, e.adverse::float8, e.favourable::float8
FROM trade_excursions e JOIN trades t ON t.user_id = e.user_id AND t.id = e.trade_id
WHERE e.user_id = :user AND t.environment = :environment AND e.timeframe IS NOT NULL
  AND t.closed_at >= :begin AND t.closed_at < :end
"""
)


@dataclass(frozen=True, slots=True)
class ClosedTrade:
    """A closed trade whose excursions are not known; market times, `quantity` what was entered in base units."""

    id: UUID
    user_id: UUID
    venue: str
    symbol: str
    side: str
    entry_price: Decimal
    exit_price: Decimal | None
    opened_at: datetime
    closed_at: datetime
    quantity: Decimal | None


@dataclass(frozen=True, slots=True)
class ExcursionRecord:
    """How far a trade ran against and for its owner: quote currency, fraction of the entry price, R (None without a
    known risk)."""

    timeframe: str
    adverse: Decimal
    favourable: Decimal
    adverse_fraction: Decimal
    favourable_fraction: Decimal
    adverse_r: Decimal | None
    favourable_r: Decimal | None


@dataclass(frozen=True, slots=True)
class FoundExcursion:
    """What is stored of a trade: distances per base unit, amounts in quote currency."""

    timeframe: str
    adverse_distance: Decimal
    favourable_distance: Decimal
    adverse: Decimal
    favourable: Decimal


class TradeExcursionRepository:
    """Excursions of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def one(self, user_id: UUID, trade_id: UUID) -> ExcursionRecord | None:
        """The excursions of a trade; None while or where they are not known."""
        row = (await self._session.execute(_ONE, {"user": user_id, "trade": trade_id})).one_or_none()
        return None if row is None else ExcursionRecord(*row)

    async def closed_between(
        self, user_id: UUID, environment: str, begin: datetime, end: datetime
    ) -> dict[UUID, tuple[float, float]]:
        """(adverse, favourable) in quote currency of the trades that closed from `begin` to before `end`."""
        values = {"user": user_id, "environment": environment, "begin": begin, "end": end}
        return {row[0]: (row[1], row[2]) for row in await self._session.execute(_ALL, values)}


class SystemTradeExcursionRepository:
    """Excursions of every tenant's trades, for the job."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def missing(self, since: datetime, limit: int) -> Sequence[ClosedTrade]:
        """Trades that closed after `since` (wall time) and have none, newest first."""
        rows = await self._session.execute(_MISSING, {"since": since, "most": limit})
        return [ClosedTrade(*row) for row in rows]

    async def keep(self, trade: ClosedTrade, found: FoundExcursion | None) -> None:
        """Store what was found; None that it cannot be known."""
        values: dict[str, object] = {"trade_id": trade.id, "user_id": trade.user_id}
        if found is not None:
            values |= {
                "timeframe": found.timeframe,
                "adverse_distance": found.adverse_distance,
                "favourable_distance": found.favourable_distance,
                "adverse": found.adverse,
                "favourable": found.favourable,
            }
        await self._session.execute(insert(TradeExcursion).values(values).on_conflict_do_nothing())
