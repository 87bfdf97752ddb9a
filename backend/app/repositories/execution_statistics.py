"""What the execution log adds up to: slippage, fills, latencies, fees, retries and refusals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

Numbers = tuple[float | None, ...]
WALLETS = (
    "(CAST(:wallet AS uuid) IS NULL OR {0}wallet_id = :wallet) AND (CAST(:environment AS text) IS NULL"
    " OR {0}wallet_id IN (SELECT id FROM wallets WHERE user_id = :user AND environment = :environment))"
)
CHOSEN = (
    f"user_id = :user AND timestamp >= :begin AND timestamp < :end AND {WALLETS.format('')}"  # noqa: S608 - constants of this module; every value is bound
    " AND (CAST(:symbol AS text) IS NULL OR symbol = :symbol)"
    " AND (CAST(:strategy AS text) IS NULL"
    " OR trade_id IN (SELECT id FROM trades WHERE user_id = :user AND strategy = :strategy))"
)
# The newest line of an order holds all its fills; the hour is of the market's clock, in UTC.
FILLED = f"""
    SELECT DISTINCT ON (coalesce(client_order_id, id::text)) client_order_id, symbol,
           coalesce(venue, 'unknown') AS venue,
           coalesce(order_type, 'unknown') AS order_type, slippage_bps::float8 AS bps,
           extract(hour FROM coalesce(market_time, timestamp) AT TIME ZONE 'UTC')::int AS hour,
           filled_size * executed_price AS notional, fees_paid AS fees,
           filled_size / nullif(requested_size, 0) AS share
    FROM execution_logs WHERE {CHOSEN} AND filled_size > 0 AND executed_price IS NOT NULL
    ORDER BY coalesce(client_order_id, id::text), timestamp DESC
"""  # noqa: S608 - constants of this module; every value is bound
SIZES = (
    "CASE WHEN notional < 100 THEN 'under 100' WHEN notional < 1000 THEN '100 to 1,000'"
    " WHEN notional < 10000 THEN '1,000 to 10,000' WHEN notional < 100000 THEN '10,000 to 100,000'"
    " ELSE '100,000 and more' END"
)
SLIPPAGE = text(f"""
    WITH filled AS ({FILLED}), sized AS (SELECT *, {SIZES} AS size FROM filled)
    SELECT CASE WHEN grouping(symbol) = 0 THEN 'symbol' WHEN grouping(venue) = 0 THEN 'venue'
                WHEN grouping(order_type) = 0 THEN 'order_type' WHEN grouping(hour) = 0 THEN 'hour'
                WHEN grouping(size) = 0 THEN 'size' ELSE 'all' END AS scope,
           coalesce(symbol, venue, order_type, hour::text, size, '') AS key, count(bps) AS n,
           avg(bps), percentile_cont(0.5) WITHIN GROUP (ORDER BY bps),
           percentile_cont(0.95) WITHIN GROUP (ORDER BY bps), max(bps)
    FROM sized GROUP BY GROUPING SETS ((), (symbol), (venue), (order_type), (hour), (size))
    ORDER BY scope, CASE WHEN grouping(hour) = 0 THEN hour END, min(notional), key
""")  # noqa: S608 - constants of this module; every value is bound
# A stop waits for its price and what others did was never sent: neither says how well what was sent was filled. Both
# cost fees.
FILLS = text(f"""
    WITH filled AS ({FILLED}), sent AS (
        SELECT DISTINCT client_order_id FROM execution_logs
        WHERE {CHOSEN} AND action IN ('enter', 'add', 'exit', 'scale_out') AND outcome <> 'refused'
    ), of_sent AS (SELECT share FROM filled JOIN sent USING (client_order_id))
    SELECT (SELECT count(client_order_id) FROM sent), (SELECT count(*) FROM of_sent),
           (SELECT count(*) FROM of_sent WHERE share >= 1), (SELECT avg(least(share, 1)) FROM of_sent),
           (SELECT sum(fees) FROM filled), (SELECT sum(notional) FROM filled)
""")  # noqa: S608 - constants of this module; every value is bound
PARTS = "percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY {0}::float8), count({0})"
LATENCIES = text(f"""
    SELECT {PARTS.format("gate_ms")}, {PARTS.format("network_ms")}, {PARTS.format("venue_ms")},
           {PARTS.format("execution_time_ms")}
    FROM execution_logs WHERE {CHOSEN} AND outcome IN ('answered', 'looked_up')
""")  # noqa: S608 - constants of this module; every value is bound
OUTCOMES = text(f"""
    SELECT count(*), count(*) FILTER (WHERE retry_count > 0), coalesce(sum(retry_count), 0),
           count(*) FILTER (WHERE outcome = 'answered'), count(*) FILTER (WHERE outcome = 'looked_up'),
           count(*) FILTER (WHERE outcome = 'refused'), count(*) FILTER (WHERE outcome = 'observed')
    FROM execution_logs WHERE {CHOSEN}
""")  # noqa: S608 - constants of this module; every value is bound
REFUSALS = text(f"""
    SELECT breach ->> 'code', count(*) FROM risk_decisions d
    JOIN signals s ON s.id = d.signal_id, LATERAL jsonb_array_elements(d.breaches) AS breach
    WHERE d.user_id = :user AND NOT d.approved AND d.created_at >= :begin AND d.created_at < :end
      AND {WALLETS.format("d.")} AND (CAST(:symbol AS text) IS NULL OR s.symbol = :symbol)
      AND (CAST(:strategy AS text) IS NULL OR s.strategy = :strategy)
    GROUP BY 1 ORDER BY 2 DESC, 1
""")  # noqa: S608 - constants of this module; every value is bound


@dataclass(frozen=True, slots=True)
class StatisticsFilter:
    """From `begin` to before `end`, wall time; None lets all wallets, symbols, environments and strategies pass."""

    begin: datetime
    end: datetime
    wallet_id: UUID | None = None
    symbol: str | None = None
    environment: str | None = None
    strategy: str | None = None


@dataclass(frozen=True, slots=True)
class SlippageRow:
    """Slippage of `n` filled orders in basis points, adverse positive; None where there are none."""

    scope: str
    key: str
    n: int
    mean: float | None
    median: float | None
    p95: float | None
    worst: float | None


@dataclass(frozen=True, slots=True)
class FillRow:
    """Orders sent, filled at all, filled whole; the mean filled share 0-1 of those; fees and notional of
    all that was filled, stops and others' fills with them."""

    sent: int
    filled: int
    whole: int
    mean_share: Decimal | None
    fees: Decimal | None
    notional: Decimal | None


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """Milliseconds of `n` sendings: p50, p95 and p99; None where nothing was measured."""

    name: str
    n: int
    percentiles: Numbers


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """Lines of the log: all, those of orders that were tried again, retries in sum, and by outcome."""

    lines: int
    retried: int
    retries: int
    answered: int
    looked_up: int
    refused: int
    observed: int


class ExecutionStatisticsRepository:
    """Statistics of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def slippage(self, user_id: UUID, chosen: StatisticsFilter) -> list[SlippageRow]:
        """By scope: all, symbol, venue, order_type, hour (0-23) and size."""
        return [SlippageRow(*row) for row in await self._rows(SLIPPAGE, user_id, chosen)]

    async def fills(self, user_id: UUID, chosen: StatisticsFilter) -> FillRow:
        """How much of what was sent was filled, and what it cost."""
        (row,) = await self._rows(FILLS, user_id, chosen)
        return FillRow(*row)

    async def latencies(self, user_id: UUID, chosen: StatisticsFilter) -> list[LatencyRow]:
        """Gate, network, venue, and the whole from sending to record."""
        (row,) = await self._rows(LATENCIES, user_id, chosen)
        names = ("gate", "network", "venue", "sent_to_recorded")
        return [
            LatencyRow(name, row[2 * place + 1], tuple(row[2 * place] or (None, None, None)))
            for place, name in enumerate(names)
        ]

    async def outcomes(self, user_id: UUID, chosen: StatisticsFilter) -> OutcomeRow:
        """How the attempts came out."""
        (row,) = await self._rows(OUTCOMES, user_id, chosen)
        return OutcomeRow(*row)

    async def refusals(self, user_id: UUID, chosen: StatisticsFilter) -> list[tuple[str, int]]:
        """(code, decisions that had this breach), most frequent first; a decision may have several."""
        return [(code, count) for code, count in await self._rows(REFUSALS, user_id, chosen)]

    async def _rows(
        self, statement: TextClause, user_id: UUID, chosen: StatisticsFilter
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        values = {
            "user": user_id,
            "begin": chosen.begin,
            "end": chosen.end,
            "wallet": chosen.wallet_id,
            "symbol": chosen.symbol,
            "environment": chosen.environment,
            "strategy": chosen.strategy,
        }
        return (await self._session.execute(statement, values)).all()
