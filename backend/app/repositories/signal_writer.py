"""Writes what is computed once for everybody: bars, signals, and strategies that failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.types import Candle as CandleBar
from app.domain.types import Side
from app.models.signal import Candle, Signal, StrategyFailure

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class NewSignal:
    """A proposal with its prices on the venue's ticks; times are market time."""

    venue: str
    symbol: str
    timeframe: str
    strategy: str
    side: Side
    entry_price: Decimal
    stop_price: Decimal
    take_profit_price: Decimal | None
    confidence: Decimal
    reason: str
    features: Mapping[str, float]
    model: str | None
    bar_close: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class FailedStrategy:
    """A strategy that raised on a bar and has not been computed since."""

    venue: str
    symbol: str
    timeframe: str
    strategy: str
    bar_close: datetime


class SystemSignalWriteRepository:
    """Shared tables; they belong to no tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def store_candles(self, venue: str, symbol: str, timeframe: str, bars: Sequence[CandleBar]) -> None:
        """Keep closed bars; one that is stored stays as it is."""
        if not bars:
            return
        rows = [
            {
                "venue": venue,
                "symbol": symbol,
                "timeframe": timeframe,
                "open_time": _EPOCH + timedelta(milliseconds=bar.open_time_ms),
                "open": Decimal(repr(bar.open)),
                "high": Decimal(repr(bar.high)),
                "low": Decimal(repr(bar.low)),
                "close": Decimal(repr(bar.close)),
                "volume": Decimal(repr(bar.volume)),
            }
            for bar in bars
        ]
        await self._session.execute(insert(Candle).values(rows).on_conflict_do_nothing())

    async def newest_open_time(self, venue: str, symbol: str, timeframe: str) -> datetime | None:
        """The open of the newest stored bar."""
        statement = select(func.max(Candle.open_time)).where(
            Candle.venue == venue, Candle.symbol == symbol, Candle.timeframe == timeframe
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def add_signal(self, signal: NewSignal) -> UUID | None:
        """Insert a signal; None where this bar of this strategy has one already."""
        statement = (
            insert(Signal)
            .values(
                venue=signal.venue,
                symbol=signal.symbol,
                timeframe=signal.timeframe,
                strategy=signal.strategy,
                side=signal.side.value,
                entry_price=signal.entry_price,
                stop_price=signal.stop_price,
                take_profit_price=signal.take_profit_price,
                confidence=signal.confidence,
                reason=signal.reason,
                features=dict(signal.features),
                model=signal.model,
                bar_close=signal.bar_close,
                expires_at=signal.expires_at,
            )
            .on_conflict_do_nothing()
            .returning(Signal.id)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def record_failure(self, failed: FailedStrategy, error: str) -> None:
        """Remember that a strategy raised, and how often."""
        statement = insert(StrategyFailure).values(
            venue=failed.venue,
            symbol=failed.symbol,
            timeframe=failed.timeframe,
            strategy=failed.strategy,
            bar_close=failed.bar_close,
            error=error[:2000],
        )
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["venue", "symbol", "timeframe", "strategy", "bar_close"],
                set_={"error": error[:2000], "attempts": StrategyFailure.attempts + 1},
            )
        )

    async def resolve_failure(self, failed: FailedStrategy) -> None:
        """The strategy was computed after all."""
        await self._session.execute(
            update(StrategyFailure)
            .where(
                StrategyFailure.venue == failed.venue,
                StrategyFailure.symbol == failed.symbol,
                StrategyFailure.timeframe == failed.timeframe,
                StrategyFailure.strategy == failed.strategy,
                StrategyFailure.bar_close == failed.bar_close,
                StrategyFailure.resolved_at.is_(None),
            )
            .values(resolved_at=func.now())
        )

    async def open_failures(self, max_attempts: int, limit: int) -> list[FailedStrategy]:
        """Failures worth another try, newest first."""
        columns = StrategyFailure.__table__.c
        statement = (
            select(columns.venue, columns.symbol, columns.timeframe, columns.strategy, columns.bar_close)
            .where(columns.resolved_at.is_(None), columns.attempts < max_attempts)
            .order_by(columns.bar_close.desc())
            .limit(limit)
        )
        return [FailedStrategy(*row) for row in await self._session.execute(statement)]
