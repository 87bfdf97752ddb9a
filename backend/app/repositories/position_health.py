"""What is read about every open position for its health score, in one statement, and where it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.health_facts import LEAST_USUAL_TRADES, RANGE_BARS

USUAL_TRADES = 200

_CASES = text("""
SELECT t.id, t.user_id, t.wallet_id, w.name AS wallet_name, t.venue, t.symbol,
       t.timeframe, t.strategy, t.side, t.entry_price,
       coalesce(t.reference_stop_price, t.initial_stop_price) AS initial_stop_price,
       CASE WHEN t.status IN ('PROTECTED', 'EXITING') AND t.unprotected_since IS NULL
            THEN t.stop_price END AS stop_price,
       t.leverage, t.opened_at, t.funding, t.risk_amount,
       usual.seconds AS usual_seconds, spoken.side AS signal_side, spoken.confidence AS signal_confidence,
       at_entry.share AS range_at_entry, latest.share AS range_now,
       crowd.correlated, s.max_correlated_positions,
       coalesce(h.told_band, 'healthy') AS told_band
FROM trades t
JOIN wallets w ON w.user_id = t.user_id AND w.id = t.wallet_id
LEFT JOIN risk_settings s ON s.user_id = t.user_id
LEFT JOIN position_health h ON h.trade_id = t.id
LEFT JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM c.closed_at - c.opened_at)) AS seconds
    FROM (
        SELECT closed_at, opened_at FROM trades
        WHERE user_id = t.user_id AND environment = t.environment AND strategy = t.strategy
          AND timeframe = t.timeframe AND status = 'CLOSED' AND closed_at IS NOT NULL AND opened_at IS NOT NULL
        ORDER BY closed_at DESC LIMIT :usual_trades
    ) c HAVING count(*) >= :least_usual
) usual ON true
LEFT JOIN LATERAL (
    SELECT side, confidence FROM signals
    WHERE venue = t.venue AND symbol = t.symbol AND timeframe = t.timeframe AND strategy = t.strategy
    ORDER BY bar_close DESC LIMIT 1
) spoken ON true
LEFT JOIN LATERAL (
    SELECT avg((b.high - b.low) / b.close) AS share FROM (
        SELECT high, low, close FROM candles
        WHERE venue = t.venue AND symbol = t.symbol AND timeframe = t.timeframe
          AND open_time < t.opened_at AND close > 0
        ORDER BY open_time DESC LIMIT :bars
    ) b HAVING count(*) = :bars
) at_entry ON true
LEFT JOIN LATERAL (
    SELECT avg((b.high - b.low) / b.close) AS share FROM (
        SELECT high, low, close FROM candles
        WHERE venue = t.venue AND symbol = t.symbol AND timeframe = t.timeframe AND close > 0
        ORDER BY open_time DESC LIMIT :bars
    ) b HAVING count(*) = :bars
) latest ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS correlated
    FROM trades o
    LEFT JOIN symbol_correlations r
      ON r.venue = t.venue AND r.symbol = least(o.symbol, t.symbol) AND r.other = greatest(o.symbol, t.symbol)
    WHERE o.user_id = t.user_id AND o.environment = t.environment AND o.id <> t.id
      AND o.status IN ('OPEN_UNPROTECTED', 'PROTECTED', 'EXITING')
      AND (o.symbol = t.symbol AND o.side = t.side OR o.symbol <> t.symbol AND coalesce(
          r.correlation * (CASE WHEN o.side = t.side THEN 1 ELSE -1 END) > s.max_correlation, true))
) crowd ON true
WHERE t.status IN ('OPEN_UNPROTECTED', 'PROTECTED', 'EXITING')
ORDER BY t.user_id
""")

_KEEP = text("""
INSERT INTO position_health (trade_id, user_id, readings, told_band, as_of)
SELECT n.trade_id, n.user_id, CAST(n.readings AS jsonb), n.told_band, :as_of
FROM unnest(CAST(:trades AS uuid[]), CAST(:users AS uuid[]), CAST(:readings AS text[]), CAST(:bands AS text[]))
  AS n(trade_id, user_id, readings, told_band)
ON CONFLICT (trade_id) DO UPDATE SET readings = EXCLUDED.readings, told_band = EXCLUDED.told_band,
  as_of = EXCLUDED.as_of
""")


@dataclass(frozen=True, slots=True)
class HealthCase:
    """One open position. Prices in quote currency, `funding` signed as booked, market times; `stop_price` None while
    no stop lives at the venue; ranges are fractions of price; None where not known."""

    id: UUID
    user_id: UUID
    wallet_id: UUID
    wallet_name: str
    venue: str
    symbol: str
    timeframe: str
    strategy: str
    side: str
    entry_price: Decimal | None
    initial_stop_price: Decimal
    stop_price: Decimal | None
    leverage: int
    opened_at: datetime | None
    funding: Decimal
    risk_amount: Decimal
    usual_seconds: float | None
    signal_side: str | None
    signal_confidence: Decimal | None
    range_at_entry: Decimal | None
    range_now: Decimal | None
    correlated: int
    max_correlated_positions: int | None
    told_band: str


@dataclass(frozen=True, slots=True)
class KeptHealth:
    """One row to keep: readings as JSON text."""

    trade_id: UUID
    user_id: UUID
    readings: str
    told_band: str


class SystemPositionHealthRepository:
    """Every tenant's open positions."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def cases(self) -> list[HealthCase]:
        """Every position that is open, ordered by user."""
        rows = await self._session.execute(
            _CASES,
            {"usual_trades": USUAL_TRADES, "least_usual": LEAST_USUAL_TRADES, "bars": RANGE_BARS},
        )
        return [HealthCase(**row) for row in rows.mappings()]

    async def keep(self, rows: Sequence[KeptHealth], as_of: datetime) -> None:
        """Replace what is kept of these positions."""
        if not rows:
            return
        await self._session.execute(
            _KEEP,
            {
                "trades": [row.trade_id for row in rows],
                "users": [row.user_id for row in rows],
                "readings": [row.readings for row in rows],
                "bands": [row.told_band for row in rows],
                "as_of": as_of,
            },
        )
