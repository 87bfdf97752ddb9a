"""What trades came to, as the ledger holds it, and where an owner's figures stand: for analytics.

Amounts come as int64 counts of 1e-8. Postings are read from a number on: the ledger's numbers grow, so that what
was read once needs no second reading.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

OWN = (
    "l.user_id = :user AND l.wallet_id IN"
    " (SELECT id FROM wallets WHERE user_id = :user AND environment = :environment)"
)
NO_FLOW = "l.kind NOT IN ('deposit', 'withdrawal')"
# Up to the newest posting that is old enough, by number: what is read again begins behind a number, so that one that
# is younger than its successor would be left out for ever if times alone decided.
SETTLED = (
    "l.id <= coalesce((SELECT x.id FROM ledger_events x WHERE x.user_id = :user AND x.created_at < :settled_before"
    " ORDER BY x.id DESC LIMIT 1), 0)"
)
SUMS = text(
    f"""
SELECT l.trade_id, {SETTLED}, max(l.id),
       (coalesce(sum(l.amount) FILTER (WHERE l.kind = 'realized_pnl'), 0) * 100000000)::int8,
       (coalesce(sum(l.amount) FILTER (WHERE l.kind IN ('commission', 'liquidation')), 0) * 100000000)::int8,
       (coalesce(sum(l.amount) FILTER (WHERE l.kind = 'funding'), 0) * 100000000)::int8
FROM ledger_events l WHERE {OWN} AND {NO_FLOW} AND l.id > :after AND l.trade_id IS NOT NULL
GROUP BY 1, 2
"""  # noqa: S608 - constants of this module
)
ALONE = text(
    f"""
SELECT l.id, {SETTLED}, l.wallet_id, l.symbol, l.kind, (l.amount * 100000000)::int8, l.occurred_at
FROM ledger_events l WHERE {OWN} AND {NO_FLOW} AND l.id > :after AND l.trade_id IS NULL
"""  # noqa: S608
)
# What fills at other prices than asked for cost: (average - requested) x quantity, the other way round for a sale.
TRADES = text(
    """
SELECT t.id, t.wallet_id::text, t.symbol, t.side, t.strategy, t.timeframe,
       to_char(t.opened_at AT TIME ZONE :zone, 'HH24'), t.exit_reason, coalesce(g.model, 'none'),
       round(extract(epoch FROM t.opened_at) * 1000)::int8,
       CASE WHEN t.status = 'CLOSED' THEN round(extract(epoch FROM t.closed_at) * 1000)::int8 END,
       (t.risk_amount * 100000000)::int8,
       (coalesce(o.slippage, 0) * 100000000)::int8, (coalesce(o.traded, 0) * 100000000)::int8
FROM trades t LEFT JOIN signals g ON g.id = t.signal_id
LEFT JOIN (
    SELECT trade_id, sum(filled_quantity * average_price) AS traded,
           sum(filled_quantity * (average_price - requested_price)
               * CASE side WHEN 'buy' THEN 1 ELSE -1 END) AS slippage
    FROM orders WHERE user_id = :user AND filled_quantity > 0 AND (:every OR trade_id = ANY(:ids)) GROUP BY trade_id
) o ON o.trade_id = t.id
WHERE t.user_id = :user AND t.environment = :environment AND (:every OR t.id = ANY(:ids))
"""
)
TAGS = text(
    "SELECT trade_id, string_agg(tag, ', ' ORDER BY tag) FROM trade_tags WHERE user_id = :user GROUP BY 1"
)
VERSION = text(
    """
SELECT (SELECT max(id) FROM ledger_events WHERE user_id = :user),
       (SELECT count(*) FROM trades WHERE user_id = :user AND status IN
           ('INTENT', 'ENTERING', 'OPEN_UNPROTECTED', 'PROTECTED', 'EXITING', 'NEEDS_OPERATOR')),
       (SELECT max(closed_at) FROM trades WHERE user_id = :user),
       (SELECT max(created_at) FROM trade_tags WHERE user_id = :user),
       (SELECT count(*) FROM trade_tags WHERE user_id = :user),
       (SELECT max(at) FROM portfolio_snapshots WHERE scope_id = :scope AND environment = :environment
        AND resolution = 'fine'),
       (SELECT max(at) FROM portfolio_snapshots WHERE scope_id = :scope AND environment = :environment
        AND resolution = 'day'),
       (SELECT environment FROM wallets WHERE id = :scope AND user_id = :user)
"""
)
PARTS = text(
    f"""
SELECT l.trade_id,
       (coalesce(sum(l.amount) FILTER (WHERE l.kind = 'realized_pnl'), 0) * 100000000)::int8,
       (coalesce(sum(l.amount) FILTER (WHERE l.kind IN ('commission', 'liquidation')), 0) * 100000000)::int8,
       (coalesce(sum(l.amount) FILTER (WHERE l.kind = 'funding'), 0) * 100000000)::int8
FROM ledger_events l WHERE {OWN} AND {NO_FLOW} AND l.trade_id = ANY(:ids)
  AND l.occurred_at >= :begin AND l.occurred_at < :end
GROUP BY 1
"""  # noqa: S608
)
FLOWS = text(
    f"""
SELECT l.occurred_at, l.amount FROM ledger_events l
WHERE {OWN} AND l.kind IN ('deposit', 'withdrawal') AND (CAST(:wallet AS uuid) IS NULL OR l.wallet_id = :wallet)
ORDER BY l.occurred_at, l.id
"""  # noqa: S608
)
# What moves the sum over all wallets without being a result. A wallet joins with all that its first snapshot holds,
# however that came there, and leaves when it is archived with what its newest one held: its transfers
# before and after are none of the sum's. It left behind the last sum that holds it.
PORTFOLIO_FLOWS = text(
    """
WITH held AS (
    SELECT w.id, w.status, f.observed_at AS joined_at, f.equity AS joined_with, n.at AS last_at, n.resolution,
           n.observed_at AS seen_at, n.equity AS last_equity
    FROM wallets w
    LEFT JOIN LATERAL (
        SELECT p.observed_at, p.equity FROM (VALUES ('fine'), ('hour'), ('day')) r (resolution), LATERAL (
            SELECT q.observed_at, q.equity FROM portfolio_snapshots q
            WHERE q.scope_id = w.id AND q.user_id = :user AND q.environment = :environment
              AND q.resolution = r.resolution ORDER BY q.at LIMIT 1) p
        ORDER BY p.observed_at LIMIT 1) f ON true
    LEFT JOIN LATERAL (
        SELECT p.* FROM (VALUES ('fine'), ('hour'), ('day')) r (resolution), LATERAL (
            SELECT q.at, q.resolution, q.observed_at, q.equity FROM portfolio_snapshots q
            WHERE q.scope_id = w.id AND q.user_id = :user AND q.environment = :environment
              AND q.resolution = r.resolution ORDER BY q.at DESC LIMIT 1) p
        ORDER BY p.observed_at DESC LIMIT 1) n ON w.status <> 'active'
    WHERE w.user_id = :user AND w.environment = :environment
), moved AS (
    SELECT l.wallet_id, l.occurred_at, l.amount FROM ledger_events l JOIN held h ON h.id = l.wallet_id
    WHERE l.user_id = :user AND l.kind IN ('deposit', 'withdrawal')
      AND (h.joined_at IS NULL OR l.occurred_at > h.joined_at)
      AND (h.seen_at IS NULL OR l.occurred_at <= h.seen_at)
)
SELECT occurred_at, amount FROM moved
UNION ALL SELECT joined_at, joined_with FROM held WHERE joined_at IS NOT NULL
UNION ALL
SELECT greatest(h.seen_at, coalesce(u.observed_at, h.seen_at)) + interval '1 millisecond',
       -h.last_equity
FROM held h LEFT JOIN portfolio_snapshots u ON u.scope_id = :user AND u.user_id = :user
    AND u.environment = :environment AND u.resolution = h.resolution AND u.at = h.last_at
WHERE h.last_at IS NOT NULL
ORDER BY 1
"""
)


class ResultSums(NamedTuple):
    """Postings of one trade: whether all are settled, the newest one's number, and the sums. Fees are negative."""

    trade_id: UUID
    is_settled: bool
    newest: int
    realized: int
    fees: int
    funding: int


class LonePosting(NamedTuple):
    """A posting that belongs to no trade."""

    number: int
    is_settled: bool
    wallet_id: UUID
    symbol: str | None
    kind: str
    amount: int
    at: datetime


class TradeFacts(NamedTuple):
    """What a trade was; its hour is that of its opening in the zone asked for. `slippage` is adverse-positive,
    `traded` the notional of all its fills."""

    id: UUID
    wallet_id: str
    symbol: str
    side: str
    strategy: str
    timeframe: str
    hour: str | None
    exit_reason: str | None
    model: str
    opened_ms: int | None
    closed_ms: int | None
    risk: int
    slippage: int
    traded: int


class TradeResultRepository:
    """Results of one tenant, in one environment at a time."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def sums(
        self, user_id: UUID, environment: str, after: int, settled_before: datetime
    ) -> list[ResultSums]:
        """Postings behind number `after`, by trade and by whether they stand before the newest one that was written
        before `settled_before`, itself included."""
        values = self._values(user_id, environment, after, settled_before)
        return [ResultSums(*row) for row in await self._session.execute(SUMS, values)]

    async def alone(
        self, user_id: UUID, environment: str, after: int, settled_before: datetime
    ) -> list[LonePosting]:
        """Postings behind number `after` that belong to no trade."""
        values = self._values(user_id, environment, after, settled_before)
        return [LonePosting(*row) for row in await self._session.execute(ALONE, values)]

    async def facts(
        self, user_id: UUID, environment: str, zone: str, ids: Sequence[UUID] | None
    ) -> list[TradeFacts]:
        """What these trades were; all of the environment where none are named."""
        values = {"user": user_id, "environment": environment, "every": ids is None, "ids": list(ids or ())}
        values["zone"] = zone
        return [TradeFacts(*row) for row in await self._session.execute(TRADES, values)]

    async def tags(self, user_id: UUID) -> dict[UUID, str]:
        """The tags of each trade that has one, in one text."""
        return {row[0]: row[1] for row in await self._session.execute(TAGS, {"user": user_id})}

    async def version(self, user_id: UUID, scope_id: UUID, environment: str) -> tuple[object, ...]:
        """What changes when a figure may change; the last of it is the environment of a wallet that is the scope."""
        values = {"user": user_id, "scope": scope_id, "environment": environment}
        return tuple((await self._session.execute(VERSION, values)).one())

    async def parts(
        self, user_id: UUID, environment: str, ids: Sequence[UUID], begin: datetime, end: datetime
    ) -> dict[UUID, tuple[int, int, int]]:
        """(realised, fees, funding) that was posted for these trades from `begin` to before `end`."""
        values = {"user": user_id, "environment": environment, "ids": list(ids), "begin": begin, "end": end}
        rows = await self._session.execute(PARTS, values)
        return {row[0]: (row[1], row[2], row[3]) for row in rows}

    async def flows(
        self, user_id: UUID, environment: str, wallet_id: UUID | None
    ) -> list[tuple[datetime, Decimal]]:
        """Deposits (positive) and withdrawals by the ledger, in order."""
        values = {"user": user_id, "environment": environment, "wallet": wallet_id}
        return [(row[0], row[1]) for row in await self._session.execute(FLOWS, values)]

    async def portfolio_flows(self, user_id: UUID, environment: str) -> list[tuple[datetime, Decimal]]:
        """What moved the sum over all wallets and is no result, in order: transfers, and wallets that joined it
        (positive) or were archived."""
        values = {"user": user_id, "environment": environment}
        return [(row[0], row[1]) for row in await self._session.execute(PORTFOLIO_FLOWS, values)]

    @staticmethod
    def _values(user_id: UUID, environment: str, after: int, settled_before: datetime) -> dict[str, object]:
        return {
            "user": user_id,
            "environment": environment,
            "after": after,
            "settled_before": settled_before,
        }
