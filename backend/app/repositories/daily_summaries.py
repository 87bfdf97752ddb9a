"""The last day of every user, for the message that sums it up."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.types import TERMINAL_TRADE_STATUSES

# Users whose hour has come today in their zone, who were not told yet, and who did anything or hold something.
_DUE = text(
    "WITH due AS (SELECT u.id, x.environment,"
    " (now_.at AT TIME ZONE u.time_zone)::date AS day FROM users u"
    " CROSS JOIN (SELECT CAST(:now AS timestamptz) AS at) now_"
    " JOIN (SELECT DISTINCT user_id, environment FROM wallets WHERE status = 'active') x ON x.user_id = u.id"
    " LEFT JOIN notification_settings n ON n.user_id = u.id"
    " WHERE u.disabled_at IS NULL"
    "  AND extract(hour FROM now_.at AT TIME ZONE u.time_zone) * 60"
    "   + extract(minute FROM now_.at AT TIME ZONE u.time_zone) >= coalesce(n.digest_minute, 480)"
    "  AND NOT EXISTS (SELECT 1 FROM notifications t WHERE t.user_id = u.id AND t.event = 'daily_summary'"
    "   AND t.dedupe_key = x.environment || ':' || (now_.at AT TIME ZONE u.time_zone)::date)),"
    " summed AS (SELECT d.id, d.environment, d.day,"
    "  count(*) FILTER (WHERE t.status = 'CLOSED' AND t.updated_at >= :since) AS closed,"
    "  count(*) FILTER (WHERE t.status = 'CLOSED' AND t.updated_at >= :since"
    "   AND t.realized_pnl - t.fees + t.funding > 0) AS winners,"
    "  coalesce(sum(t.realized_pnl - t.fees + t.funding)"
    "   FILTER (WHERE t.status = 'CLOSED' AND t.updated_at >= :since), 0) AS net,"
    "  coalesce(sum(t.fees) FILTER (WHERE t.status = 'CLOSED' AND t.updated_at >= :since), 0) AS fees,"
    "  count(DISTINCT split_part(t.symbol, ':', 2)) AS currencies, max(split_part(t.symbol, ':', 2)) AS currency,"
    "  count(*) FILTER (WHERE t.protected_at >= :since) AS opened,"
    "  count(*) FILTER (WHERE t.status <> ALL(CAST(:over AS text[])) AND t.quantity > 0) AS open"
    "  FROM due d LEFT JOIN trades t ON t.user_id = d.id AND t.environment = d.environment"
    "   AND (t.updated_at >= :since OR t.status <> ALL(CAST(:over AS text[]))) GROUP BY 1, 2, 3)"
    " SELECT s.id, s.environment, s.day, s.closed, s.winners, s.net, s.fees, s.opened, s.open,"
    " (SELECT count(*) FROM risk_decisions r JOIN wallets w ON w.id = r.wallet_id AND w.user_id = r.user_id"
    "  WHERE r.user_id = s.id AND NOT r.approved AND r.created_at >= :since AND w.environment = s.environment),"
    " (SELECT sum(k.equity) FROM risk_state k JOIN wallets w ON w.id = k.wallet_id AND w.user_id = k.user_id"
    "  WHERE k.user_id = s.id AND k.environment = s.environment AND w.status = 'active'),"
    " CASE WHEN s.currencies = 1 AND s.currency <> '' THEN s.currency ELSE 'USD' END FROM summed s"
    " WHERE s.closed + s.opened + s.open > 0"
)


@dataclass(frozen=True, slots=True)
class DayOfUser:
    """The last 24 hours of wall time of one user in one environment; `day` is the user's date. `net` and `fees` in
    `currency`, which is USD where the day's trades settled in several; `equity` is the sum over all active wallets,
    whatever they hold, in USD, a stablecoin counted as one; None where no wallet's is known."""

    user_id: UUID
    environment: str
    day: date
    closed: int
    winners: int
    net: Decimal
    fees: Decimal
    opened: int
    open: int
    refused: int
    equity: Decimal | None
    currency: str


class SystemDailySummaryRepository:
    """Over every tenant, for the system role."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def due(self, now: datetime, since: datetime) -> list[DayOfUser]:
        """Days that are to be summed up now: who traded or holds something and has not been told today."""
        over = [status.value for status in TERMINAL_TRADE_STATUSES]
        found = await self._session.execute(_DUE, {"now": now, "since": since, "over": over})
        return [DayOfUser(*row) for row in found]
