"""Analytics: answers about portfolios. A null is an undefined figure, never a zero."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.schemas.figures import Answer, DecimalText, Instant, Word


class Figure(Answer):
    """One figure with what it rests on. `low` and `high` hold it at `level`; `is_few` marks fewer than thirty."""

    name: Word
    unit: Annotated[
        str, Field(examples=["percent"], description="percent, ratio, quote, r, seconds or count")
    ]
    value: float | None
    n: int
    low: float | None
    high: float | None
    level: float | None
    is_few: bool


class Asked(Answer):
    """What was asked, and a sentence where the answer is empty or rests on something else than equity."""

    environment: Word
    wallet_id: UUID | None
    strategy: Word | None
    tag: Word | None
    begin: Instant | None
    end: Instant | None
    basis: Annotated[str, Field(description="equity, closed_trades or postings")]
    interval: Annotated[str, Field(description="Distance of the returns: fine (5 minutes), hour or day")]
    note: str | None


class Causes(Answer):
    """P&L by cause, signed as it moved the balance; the five causes add up to `net`."""

    net: DecimalText
    signal: DecimalText
    sizing: DecimalText
    slippage: DecimalText
    fees: DecimalText
    funding: DecimalText


class ExcursionBin(Answer):
    """Trades that ran from `low_r` to below `high_r` (null: without end), in R, by whether they were won."""

    low_r: float
    high_r: float | None
    adverse_won: int
    adverse_lost: int
    favourable_won: int
    favourable_lost: int


class ExcursionDistribution(Answer):
    """How far closed trades ran against and for their owner; of `known` of them it is known, of `in_r` in R."""

    asked: Asked
    trades: int
    known: int
    in_r: int
    figures: list[Figure]
    bins: list[ExcursionBin]


class Portfolio(Answer):
    """The account over the range."""

    asked: Asked
    as_of: Instant | None
    first_equity: DecimalText | None
    last_equity: DecimalText | None
    flows: DecimalText
    profit: DecimalText | None
    trades: int
    won: int
    lost: int
    net_pnl: DecimalText
    figures: list[Figure]


class Share(Answer):
    """What one key of a cut made."""

    key: str
    trades: int
    causes: Causes


class Attribution(Answer):
    """Shares that add up to `total`, cause by cause, to the last digit."""

    asked: Asked
    by: Word
    trades: int
    total: Causes
    shares: list[Share]


class Judged(Answer):
    """Kupiec's test of a method's claims on this very series; `holds` is false where it is refuted at 5 %."""

    observations: int
    exceptions: int
    expected: float
    p_value: float
    holds: bool


class Tail(Answer):
    """Value at risk and expected shortfall, positive losses in percent of equity, over `horizon` intervals."""

    method: Word
    level: float
    horizon: int
    value_at_risk_percent: float | None
    expected_shortfall_percent: float | None
    judged: Judged | None


class Pair(Answer):
    """Correlation of two strategies' or symbols' daily P&L over `n` days."""

    first: str
    second: str
    n: int
    correlation: float | None


class RiskMetrics(Answer):
    """Tail risk by method, and how returns relate to the benchmark and to each other."""

    asked: Asked
    n: int
    benchmark: str
    figures: list[Figure]
    tails: list[Tail]
    correlations: list[Pair]


class Equity(Answer):
    """A line for drawing: columns of equal length, thinned from `total` points."""

    asked: Asked
    total: int
    at_ms: list[int]
    equity: list[float]
    drawdown_percent: list[float]
    exposure: list[float]


class Fall(Answer):
    """One drawdown of the flow-adjusted line; `recovery_at` null while it lasts."""

    peak_at: Instant
    trough_at: Instant
    recovery_at: Instant | None
    depth_percent: float
    days: float


class Drawdowns(Answer):
    """The deepest falls, deepest first."""

    asked: Asked
    current_percent: float | None
    falls: list[Fall]


class CalendarEntry(Answer):
    """Trades that closed on one day, or in one month."""

    date: Annotated[str, Field(examples=["2025-10-01"])]
    trades: int
    won: int
    net_pnl: DecimalText


class Calendar(Answer):
    """By day and by month of the time zone; days without a closed trade are left out."""

    asked: Asked
    time_zone: str
    days: list[CalendarEntry]
    months: list[CalendarEntry]


class Compared(Answer):
    """One thing beside others."""

    key: str
    trades: int
    net_pnl: DecimalText
    figures: list[Figure]


class Comparison(Answer):
    """The same figures of every key of a cut, or of this range and the one before it."""

    asked: Asked
    by: Word
    columns: list[Compared]
