"""Positions that are left before a funding that costs too much."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.repositories.open_trades import WATCHED

_HELD = text("""
SELECT t.id, t.user_id, t.wallet_id, t.venue, t.symbol, t.side, t.funding_leaves_at,
    least(u.leave_before_funding_percent, v.leave_before_funding_percent, w.leave_before_funding_percent)
FROM trades t
LEFT JOIN trading_schedules u ON u.user_id = t.user_id AND u.wallet_id IS NULL AND u.venue IS NULL
    AND u.enabled
LEFT JOIN trading_schedules v ON v.user_id = t.user_id AND v.venue = t.venue AND v.enabled
LEFT JOIN trading_schedules w ON w.user_id = t.user_id AND w.wallet_id = t.wallet_id AND w.enabled
WHERE t.status = ANY(CAST(:watched AS text[])) AND t.exit_requested IS NULL
    AND coalesce(u.leave_before_funding_percent, v.leave_before_funding_percent,
        w.leave_before_funding_percent) IS NOT NULL
   OR t.status = ANY(CAST(:watched AS text[])) AND t.exit_requested IS NULL AND t.funding_leaves_at IS NOT NULL
ORDER BY t.id
""")
_SET = text("""
WITH changed AS (
    UPDATE trades t SET funding_leaves_at = n.leaves_at, updated_at = now()
    FROM unnest(CAST(:trades AS uuid[]), CAST(:leaves AS timestamptz[])) AS n (id, leaves_at)
    WHERE t.id = n.id AND t.funding_leaves_at IS DISTINCT FROM n.leaves_at
    RETURNING t.id
)
SELECT id, pg_notify('trades', id::text) FROM changed
""")


@dataclass(frozen=True, slots=True)
class HeldOverFunding:
    """An open position whose owner says what a funding may cost, in percent of its notional; None where nobody says
    so any more. `leaves_at` is when it is left as it stands written."""

    id: UUID
    user_id: UUID
    wallet_id: UUID
    venue: str
    symbol: str
    side: str
    leaves_at: datetime | None
    most_percent: Decimal | None


class SystemFundingExitRepository:
    """Every tenant's positions that are left before funding."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def held(self) -> list[HeldOverFunding]:
        """Open positions that are left before a dear funding, or were to be."""
        return [HeldOverFunding(*row) for row in await self._session.execute(_HELD, {"watched": WATCHED})]

    async def set_leaves(self, leaves: Mapping[UUID, datetime | None]) -> int:
        """Write when these trades are left before their funding, and tell the monitor of what is new; returns how
        many that were."""
        if not leaves:
            return 0
        values = {"trades": list(leaves), "leaves": list(leaves.values())}
        return len((await self._session.execute(_SET, values)).all())
