"""Snapshots of portfolios: taken for everybody at once, rebuilt for one wallet, read by its owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, bindparam, case, cast, func, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import ARRAY, BigInteger, Double

from app.domain.snapshots import Resolution
from app.models.portfolio_snapshot import PortfolioSnapshot

# One statement for every account whose figures are fresh: the wallet's own, and the sum over a user's wallets, which
# is taken only when all of them are. The first look in a slot is the one that stays.
TAKE = text(
    """
WITH fresh AS (
    SELECT s.user_id, s.environment, s.wallet_id, s.balance, s.equity, s.peak_equity, s.market_as_of
    FROM risk_state s JOIN wallets w ON w.id = s.wallet_id
    WHERE w.status = 'active' AND s.equity IS NOT NULL AND s.market_as_of IS NOT NULL
      AND s.balance_as_of > :fresh_since AND date_trunc('month', s.market_as_of) = ANY(:months)
), whole AS (
    SELECT u.user_id, u.environment, u.user_id AS scope_id, NULL::uuid AS wallet_id, 'user' AS scope, '' AS key,
           sum(f.balance) AS balance, sum(f.equity) AS equity, min(u.peak_equity) AS peak,
           max(f.market_as_of) AS at
    FROM risk_state u JOIN fresh f USING (user_id, environment)
    WHERE u.wallet_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM wallets w WHERE w.user_id = u.user_id AND w.status = 'active'
                      AND w.environment = u.environment
                      AND NOT EXISTS (SELECT 1 FROM fresh g WHERE g.wallet_id = w.id))
    GROUP BY u.user_id, u.environment
), scopes AS (
    SELECT user_id, environment, wallet_id AS scope_id, wallet_id, 'wallet' AS scope, wallet_id::text AS key,
           balance, equity, peak_equity AS peak, market_as_of AS at FROM fresh
    UNION ALL SELECT * FROM whole
), slots AS (
    SELECT s.*, greatest(coalesce(s.peak, s.equity), s.equity) AS highest, k.resolution, k.slot
    FROM scopes s, LATERAL (VALUES
        ('fine', date_bin('5 minutes', s.at, 'epoch'::timestamptz)),
        ('hour', date_bin('1 hour', s.at, 'epoch'::timestamptz)),
        ('day', date_bin('1 day', s.at, 'epoch'::timestamptz))) k (resolution, slot)
)
INSERT INTO portfolio_snapshots (scope_id, environment, resolution, at, user_id, wallet_id, source, observed_at,
    balance, equity, exposure, open_risk, margin, unrealized, peak, drawdown)
SELECT s.scope_id, s.environment, s.resolution, s.slot, s.user_id, s.wallet_id, 'observed', s.at, s.balance, s.equity,
    coalesce(u.notional, 0), coalesce(u.open_risk, 0), coalesce(u.margin, 0), s.equity - s.balance, s.highest,
    CASE WHEN s.highest > 0 THEN round((s.highest - s.equity) / s.highest, 10) END
FROM slots s LEFT JOIN risk_usage u ON u.user_id = s.user_id AND u.environment = s.environment
    AND u.scope = s.scope AND u.scope_key = s.key
ON CONFLICT DO NOTHING
RETURNING 1
"""
).bindparams(bindparam("months", type_=ARRAY(DateTime(timezone=True))))
# The months that clocks stand in, those of most accounts first. Venues that replay stand far from the others, so
# that what lies between is not made.
MONTHS = text(
    """
SELECT date_trunc('month', s.market_as_of), count(*)
FROM risk_state s JOIN wallets w ON w.id = s.wallet_id
WHERE w.status = 'active' AND s.equity IS NOT NULL AND s.balance_as_of > :since AND isfinite(s.market_as_of)
GROUP BY 1 ORDER BY 2 DESC, 1 DESC
"""
)
MOST_MONTHS = 24
# Wallets that have a snapshot and then a hole before their newest one, or before their clock. A paper wallet's books
# begin with its first deposit, and so do its snapshots: its first slot is the one that the deposit ends in. In any
# order: a hole that cannot be filled (no price is known) must not keep the others waiting.
BEHIND = text(
    """
WITH taken AS (
    SELECT p.user_id, p.wallet_id, p.environment, w.venue, min(p.at) AS first, max(p.at) AS newest, count(*) AS held,
           s.market_as_of AS clock
    FROM portfolio_snapshots p JOIN wallets w ON w.id = p.wallet_id JOIN risk_state s ON s.wallet_id = p.wallet_id
    WHERE p.resolution = :resolution AND p.wallet_id IS NOT NULL AND s.market_as_of IS NOT NULL
      AND p.at >= s.market_as_of - CAST(:span AS interval)
    GROUP BY p.user_id, p.wallet_id, p.environment, w.venue, s.market_as_of
), begun AS (
    SELECT t.*, least(t.first, CASE WHEN t.environment = 'paper' AND l.kind = 'deposit'
                                     AND l.occurred_at >= t.clock - CAST(:span AS interval)
        THEN date_bin(CAST(:step AS interval), l.occurred_at - interval '1 microsecond', 'epoch'::timestamptz)
             + CAST(:step AS interval) END) AS begins
    FROM taken t LEFT JOIN LATERAL (
        SELECT e.kind, e.occurred_at FROM ledger_events e WHERE e.user_id = t.user_id AND e.wallet_id = t.wallet_id
        ORDER BY e.occurred_at, e.id LIMIT 1) l ON true
)
SELECT user_id, wallet_id, environment, venue, begins, newest, clock FROM begun
WHERE held < 1 + floor(extract(epoch FROM clock - begins) / extract(epoch FROM CAST(:step AS interval)))
ORDER BY random()
LIMIT :most
"""
)


class Taken(NamedTuple):
    """How many snapshots were taken, and how many accounts were left out for how far off their clocks are."""

    snapshots: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Hole:
    """A wallet that misses snapshots between its first slot of a span and its clock, all market time."""

    user_id: UUID
    wallet_id: UUID
    environment: str
    venue: str
    first: datetime
    newest: datetime
    clock: datetime


class EquityColumns(NamedTuple):
    """Snapshots in order, as columns: milliseconds of market time, money in quote currency. `observed_ms` is when
    the account was looked at, up to a slot later than `at_ms`."""

    at_ms: list[int]
    equity: list[float]
    exposure: list[float]
    observed_ms: list[int]

    def chosen(self, places: Sequence[int]) -> "EquityColumns":
        """The points at these places."""
        at_ms, equity, exposure, observed_ms = self
        return EquityColumns(
            [at_ms[place] for place in places],
            [equity[place] for place in places],
            [exposure[place] for place in places],
            [observed_ms[place] for place in places],
        )

    def and_then(self, later: "EquityColumns") -> "EquityColumns":
        """These points, then the other ones."""
        return EquityColumns(
            self.at_ms + later.at_ms,
            self.equity + later.equity,
            self.exposure + later.exposure,
            self.observed_ms + later.observed_ms,
        )


NO_POINT = EquityColumns([], [], [], [])
_COLUMNS = (  # in the order of EquityColumns
    cast(func.date_part("epoch", PortfolioSnapshot.at) * 1000, BigInteger),
    cast(PortfolioSnapshot.equity, Double),
    cast(PortfolioSnapshot.exposure, Double),
    cast(func.date_part("epoch", PortfolioSnapshot.observed_at) * 1000, BigInteger),
)


class SnapshotRepository:
    """Snapshots of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def columns(
        self,
        user_id: UUID,
        scope_id: UUID,
        environment: str,
        resolution: Resolution,
        begin: datetime,
        end: datetime,
    ) -> EquityColumns:
        """Snapshots from `begin` to before `end`; one row of arrays, which is read many times faster."""
        at = PortfolioSnapshot.at
        columns = [
            func.array_agg(aggregate_order_by(value, at), type_=ARRAY(value.type)) for value in _COLUMNS
        ]
        statement = select(*columns).where(
            PortfolioSnapshot.user_id == user_id,
            PortfolioSnapshot.scope_id == scope_id,
            PortfolioSnapshot.environment == environment,
            PortfolioSnapshot.resolution == resolution.value,
            at >= begin,
            at < end,
        )
        row = (await self._session.execute(statement)).one()
        return EquityColumns(*(part or [] for part in row))

    async def newest(
        self, user_id: UUID, scope_id: UUID, environment: str, after: datetime, until: datetime
    ) -> EquityColumns:
        """The newest snapshot behind `after`, `until` included, of whatever distance, the finest where they stand
        at one moment; no point where there is none."""
        at = PortfolioSnapshot.at
        coarseness = case({"fine": 0, "hour": 1}, value=PortfolioSnapshot.resolution, else_=2)
        statement = (
            select(*_COLUMNS)
            .where(
                PortfolioSnapshot.user_id == user_id,
                PortfolioSnapshot.scope_id == scope_id,
                PortfolioSnapshot.environment == environment,
                at > after,
                at <= until,
            )
            .order_by(at.desc(), coarseness)
            .limit(1)
        )
        row = (await self._session.execute(statement)).one_or_none()
        return NO_POINT if row is None else EquityColumns(*([part] for part in row))

    async def bounds(
        self, user_id: UUID, scope_id: UUID, environment: str, resolution: Resolution
    ) -> tuple[datetime, datetime] | None:
        """(first, newest) moment that there is a snapshot of; None without one."""
        statement = select(func.min(PortfolioSnapshot.at), func.max(PortfolioSnapshot.at)).where(
            PortfolioSnapshot.user_id == user_id,
            PortfolioSnapshot.scope_id == scope_id,
            PortfolioSnapshot.environment == environment,
            PortfolioSnapshot.resolution == resolution.value,
        )
        first, newest = (await self._session.execute(statement)).one()
        return None if first is None else (first, newest)


class SystemSnapshotRepository:
    """Snapshots of every tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def take(self, fresh_since: datetime) -> Taken:
        """Take the slots that have begun of every account read since then (wall time). At most 24 different months
        are made room for; who stands in another waits, and nobody else for it."""
        months = [(row[0], row[1]) for row in await self._session.execute(MONTHS, {"since": fresh_since})]
        kept = [month for month, _ in months[:MOST_MONTHS]]
        for month in kept:
            await self.ensure_partitions(month.date(), month.date())
        rows = await self._session.execute(TAKE, {"fresh_since": fresh_since, "months": kept})
        return Taken(len(rows.all()), sum(count for _, count in months[MOST_MONTHS:]))

    async def ensure_partitions(self, begin: date, end: date) -> None:
        """Make the months from `begin` to `end`."""
        await self._session.execute(select(func.ensure_snapshot_partitions(begin, end)))

    async def drop_partitions(self, resolution: Resolution, before: date) -> int:
        """Drop the months of that resolution that lie wholly before that day; returns how many."""
        found = await self._session.execute(select(func.drop_snapshot_partitions(resolution.value, before)))
        return int(found.scalar_one())

    async def holes(self, resolution: Resolution, span: timedelta, most: int) -> list[Hole]:
        """Wallets that miss a snapshot within `span` before their clock."""
        values = {
            "resolution": resolution.value,
            "span": span,
            "step": resolution.step,
            "most": most,
        }
        return [Hole(*row) for row in await self._session.execute(BEHIND, values)]

    async def taken(
        self, scope_id: UUID, environment: str, resolution: Resolution, begin: datetime
    ) -> list[datetime]:
        """The moments from `begin` on that there is a snapshot of, in order."""
        statement = (
            select(PortfolioSnapshot.at)
            .where(
                PortfolioSnapshot.scope_id == scope_id,
                PortfolioSnapshot.environment == environment,
                PortfolioSnapshot.resolution == resolution.value,
                PortfolioSnapshot.at >= begin,
            )
            .order_by(PortfolioSnapshot.at)
        )
        return list((await self._session.execute(statement)).scalars())

    async def insert(self, rows: Sequence[Mapping[str, object]]) -> int:
        """Insert what is not there yet; returns how many were."""
        if not rows:
            return 0
        statement = (
            insert(PortfolioSnapshot)
            .values([dict(row) for row in rows])
            .on_conflict_do_nothing()
            .returning(PortfolioSnapshot.at)
        )
        return len((await self._session.execute(statement)).all())
