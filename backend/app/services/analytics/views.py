"""What the routes of analytics answer. Money is text with every digit; ratios are numbers; null is undefined."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class FigureView:
    """One figure with what it rests on: `n` returns or trades, and the interval that holds it at `level` (0-1).
    `unit` is percent, ratio, quote, r, seconds or count; `is_few` marks fewer than thirty."""

    name: str
    unit: str
    value: float | None
    n: int
    low: float | None
    high: float | None
    level: float | None
    is_few: bool


@dataclass(frozen=True, slots=True)
class AskedView:
    """What was asked, and a sentence where the answer is empty or rests on something else than equity. `basis` is
    equity or closed_trades; `interval` the distance of the returns: fine (5 minutes), hour or day."""

    environment: str
    wallet_id: UUID | None
    strategy: str | None
    tag: str | None
    begin: datetime | None
    end: datetime | None
    basis: str
    interval: str
    note: str | None


@dataclass(frozen=True, slots=True)
class CausesView:
    """P&L by cause, signed as it moved the balance; the five causes add up to `net`."""

    net: str
    signal: str
    sizing: str
    slippage: str
    fees: str
    funding: str


@dataclass(frozen=True, slots=True)
class PortfolioView:
    """The account over the range: equity at both ends, what flowed in, what was made (None until there are two
    points), and every figure."""

    asked: AskedView
    as_of: datetime | None
    first_equity: str | None
    last_equity: str | None
    flows: str
    profit: str | None
    trades: int
    won: int
    lost: int
    net_pnl: str
    figures: list[FigureView]


@dataclass(frozen=True, slots=True)
class ShareView:
    """What one key of a cut made."""

    key: str
    trades: int
    causes: CausesView


@dataclass(frozen=True, slots=True)
class AttributionView:
    """The shares of a cut add up to `total`, cause by cause, to the last digit."""

    asked: AskedView
    by: str
    trades: int
    total: CausesView
    shares: list[ShareView]


@dataclass(frozen=True, slots=True)
class JudgedView:
    """Kupiec's test of a method's claims on this very series: `holds` is false where it is refuted at 5 %."""

    observations: int
    exceptions: int
    expected: float
    p_value: float
    holds: bool


@dataclass(frozen=True, slots=True)
class TailView:
    """Value at risk and expected shortfall by one method, positive losses in percent of equity."""

    method: str
    level: float
    horizon: int
    value_at_risk_percent: float | None
    expected_shortfall_percent: float | None
    judged: JudgedView | None


@dataclass(frozen=True, slots=True)
class PairView:
    """Correlation of two strategies' or symbols' daily P&L over `n` days; null where one of them does not vary."""

    first: str
    second: str
    n: int
    correlation: float | None


@dataclass(frozen=True, slots=True)
class RiskMetricsView:
    """What the bad intervals cost, by method, and how returns relate to the benchmark and to each other."""

    asked: AskedView
    n: int
    benchmark: str
    figures: list[FigureView]
    tails: list[TailView]
    correlations: list[PairView]


@dataclass(frozen=True, slots=True)
class EquityView:
    """A line of equity as columns of equal length, for drawing: milliseconds, quote currency, percent. `total` is
    how many points there were before some were left out."""

    asked: AskedView
    total: int
    at_ms: list[int]
    equity: list[float]
    drawdown_percent: list[float]
    exposure: list[float]


@dataclass(frozen=True, slots=True)
class FallView:
    """One drawdown of the flow-adjusted curve; `recovery_at` null while it lasts."""

    peak_at: datetime
    trough_at: datetime
    recovery_at: datetime | None
    depth_percent: float
    days: float


@dataclass(frozen=True, slots=True)
class DrawdownsView:
    """The deepest falls, deepest first, and how far below its peak the curve is now."""

    asked: AskedView
    current_percent: float | None
    falls: list[FallView]


@dataclass(frozen=True, slots=True)
class BinView:
    """Trades that ran from `low_r` to below `high_r` (null: without end), in R: against (adverse) and for
    (favourable) their owner, those that were won and the others."""

    low_r: float
    high_r: float | None
    adverse_won: int
    adverse_lost: int
    favourable_won: int
    favourable_lost: int


@dataclass(frozen=True, slots=True)
class ExcursionsView:
    """MAE and MFE of closed trades: of `known` of them it is known how far they ran, of `in_r` their risk too."""

    asked: AskedView
    trades: int
    known: int
    in_r: int
    figures: list[FigureView]
    bins: list[BinView]


@dataclass(frozen=True, slots=True)
class DayView:
    """Trades that closed on one day (or in one month) of the user's time zone."""

    date: str
    trades: int
    won: int
    net_pnl: str


@dataclass(frozen=True, slots=True)
class CalendarView:
    """By day and by month; days without a closed trade are left out."""

    asked: AskedView
    time_zone: str
    days: list[DayView]
    months: list[DayView]


@dataclass(frozen=True, slots=True)
class ColumnView:
    """One thing beside others."""

    key: str
    trades: int
    net_pnl: str
    figures: list[FigureView]


@dataclass(frozen=True, slots=True)
class CompareView:
    """The same figures of every key of a cut, or of this range and the one before it."""

    asked: AskedView
    by: str
    columns: list[ColumnView]
