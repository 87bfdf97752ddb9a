"""What wallets did, hour by hour of wall time: orders that left, and signals that were refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Who did anything in the hour, and wants to hear of it.
_ACTIVE = text(
    "SELECT w.user_id, w.id, w.name, w.environment, u.time_zone, w.created_at,"
    " coalesce(n.unusual_activity, 'notify') FROM wallets w JOIN users u ON u.id = w.user_id"
    " LEFT JOIN notification_settings n ON n.user_id = w.user_id"
    " WHERE w.status = 'active' AND coalesce(n.unusual_activity, 'notify') <> 'ignore'"
    " AND (EXISTS (SELECT 1 FROM orders o WHERE o.user_id = w.user_id AND o.wallet_id = w.id"
    "   AND o.leg IN ('entry', 'add') AND o.sent_at IS NOT NULL AND o.created_at >= :since AND o.created_at < :until)"
    "  OR EXISTS (SELECT 1 FROM risk_decisions d WHERE d.user_id = w.user_id AND d.wallet_id = w.id"
    "   AND NOT d.approved AND d.created_at >= :since AND d.created_at < :until)) ORDER BY w.user_id, w.id"
)
_ORDERS = text(
    "SELECT o.wallet_id, date_trunc('hour', o.created_at) AS hour,"
    " array_agg(o.quantity * coalesce(o.average_price, o.requested_price, t.planned_entry_price)),"
    " array_agg(o.symbol) FROM orders o JOIN trades t ON t.user_id = o.user_id AND t.id = o.trade_id"
    " WHERE o.wallet_id = ANY (:wallets) AND o.leg IN ('entry', 'add') AND o.sent_at IS NOT NULL"
    " AND o.created_at >= :since AND o.created_at < :until GROUP BY 1, 2"
)
_REFUSALS = text(
    "SELECT d.wallet_id, date_trunc('hour', d.created_at) AS hour, count(*) FROM risk_decisions d"
    " WHERE d.wallet_id = ANY (:wallets) AND NOT d.approved"
    " AND d.created_at >= :since AND d.created_at < :until GROUP BY 1, 2"
)


@dataclass(frozen=True, slots=True)
class ActiveWallet:
    """A wallet that did something in an hour; `choice` is what its owner wants unusual activity to do."""

    user_id: UUID
    wallet_id: UUID
    name: str
    environment: str
    time_zone: str
    created_at: datetime
    choice: str


@dataclass(frozen=True, slots=True)
class OrdersOfHour:
    """Entries of a wallet that were sent in the hour that begins then: notional in quote currency, and symbol."""

    wallet_id: UUID
    hour: datetime
    notionals: list[Decimal]
    symbols: list[str]


class SystemActivityRepository:
    """Over every tenant, for the system role."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def active(self, since: datetime, until: datetime) -> list[ActiveWallet]:
        """Wallets that sent an entry or were refused one within these times, of owners who want to know."""
        found = await self._session.execute(_ACTIVE, {"since": since, "until": until})
        return [ActiveWallet(*row) for row in found]

    async def orders(self, wallets: Sequence[UUID], since: datetime, until: datetime) -> list[OrdersOfHour]:
        """Entries by wallet and hour; hours without any are absent."""
        found = await self._session.execute(
            _ORDERS, {"wallets": list(wallets), "since": since, "until": until}
        )
        return [OrdersOfHour(*row) for row in found]

    async def refusals(
        self, wallets: Sequence[UUID], since: datetime, until: datetime
    ) -> list[tuple[UUID, datetime, int]]:
        """(wallet, hour, how many) signals that the gate turned down; hours without any are absent."""
        found = await self._session.execute(
            _REFUSALS, {"wallets": list(wallets), "since": since, "until": until}
        )
        return [(wallet, hour, count) for wallet, hour, count in found]
