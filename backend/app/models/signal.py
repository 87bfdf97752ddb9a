"""Signals and the bars they were computed from: shared by every tenant, so without a user."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import DateTime, Index, Integer, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Document, Price, Timestamp, UuidKey, Word


class Candle(Base):
    """A closed bar; `open_time` is market time."""

    __tablename__ = "candles"

    venue: Mapped[str] = mapped_column(String(50), primary_key=True)
    symbol: Mapped[str] = mapped_column(String(50), primary_key=True)
    timeframe: Mapped[str] = mapped_column(String(5), primary_key=True)
    open_time: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    open: Mapped[Price]
    high: Mapped[Price]
    low: Mapped[Price]
    close: Mapped[Price]
    volume: Mapped[Decimal] = mapped_column(Numeric(28, 8))


class Signal(Base):
    """A proposal to trade, computed once for everybody."""

    __tablename__ = "signals"
    __table_args__ = (
        UniqueConstraint("venue", "symbol", "timeframe", "strategy", "bar_close"),
        Index("ix_signals_created_at", "created_at"),
    )

    id: Mapped[UuidKey]
    venue: Mapped[Word]
    symbol: Mapped[Word]
    timeframe: Mapped[str] = mapped_column(String(5))
    strategy: Mapped[Word]
    side: Mapped[str] = mapped_column(String(5))
    entry_price: Mapped[Price]
    stop_price: Mapped[Price]
    take_profit_price: Mapped[Price | None]
    confidence: Mapped[Decimal] = mapped_column(Numeric(5, 4))
    reason: Mapped[str] = mapped_column(Text)
    features: Mapped[Document]
    model: Mapped[str | None] = mapped_column(String(80))
    bar_close: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]
    created_at: Mapped[CreatedAt]


class StrategyFailure(Base):
    """A strategy that raised on one bar: reported here, retried by a sweep, never stopping the others."""

    __tablename__ = "strategy_failures"

    venue: Mapped[str] = mapped_column(String(50), primary_key=True)
    symbol: Mapped[str] = mapped_column(String(50), primary_key=True)
    timeframe: Mapped[str] = mapped_column(String(5), primary_key=True)
    strategy: Mapped[str] = mapped_column(String(50), primary_key=True)
    bar_close: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    error: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, server_default="1")
    resolved_at: Mapped[Timestamp | None]
    created_at: Mapped[CreatedAt]


class SymbolCorrelation(Base):
    """Correlation of two symbols' returns, -1 to 1; `symbol` sorts before `other`. NULL where the history is
    too short to say."""

    __tablename__ = "symbol_correlations"

    venue: Mapped[str] = mapped_column(String(50), primary_key=True)
    symbol: Mapped[str] = mapped_column(String(50), primary_key=True)
    other: Mapped[str] = mapped_column(String(50), primary_key=True)
    correlation: Mapped[Decimal | None] = mapped_column(Numeric(9, 8))
    observations: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[Timestamp]


class SymbolVolatility(Base):
    """Standard deviation of a symbol's daily returns, a fraction; NULL where the history is too short."""

    __tablename__ = "symbol_volatilities"

    venue: Mapped[str] = mapped_column(String(50), primary_key=True)
    symbol: Mapped[str] = mapped_column(String(50), primary_key=True)
    daily_volatility: Mapped[Decimal | None] = mapped_column(Numeric(12, 8))
    observations: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[Timestamp]
