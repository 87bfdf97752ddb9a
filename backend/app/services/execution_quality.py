"""How well orders were carried out, over a time: what the execution log and the decisions add up to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from app.core.errors import FieldError, InvalidInputError
from app.domain.decimal_text import plain
from app.domain.types import Environment
from app.repositories.execution_statistics import (
    ExecutionStatisticsRepository,
    LatencyRow,
    SlippageRow,
    StatisticsFilter,
)

USUAL: Final = timedelta(days=30)
FIRST_MOMENT: Final = datetime.min.replace(tzinfo=UTC)
LONGEST: Final = timedelta(days=731)
CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class SlippageView:
    """Slippage of `n` filled orders in basis points, adverse positive; null where there are none."""

    key: str
    n: int
    mean_bps: str | None
    median_bps: str | None
    p95_bps: str | None
    worst_bps: str | None


@dataclass(frozen=True, slots=True)
class SlippageViews:
    """Slippage of everything, and by each of five keys."""

    all: SlippageView
    by_symbol: list[SlippageView]
    by_venue: list[SlippageView]
    by_order_type: list[SlippageView]
    by_hour: list[SlippageView]
    by_size: list[SlippageView]


@dataclass(frozen=True, slots=True)
class FillsView:
    """Orders sent and filled; shares are 0-100 percent, fees also in basis points of what was traded."""

    orders_sent: int
    orders_filled: int
    orders_filled_whole: int
    fill_percent: str | None
    mean_filled_percent: str | None
    fees: str | None
    traded_notional: str | None
    fees_bps: str | None


@dataclass(frozen=True, slots=True)
class LatencyView:
    """Milliseconds of `n` sendings; null where nothing was measured."""

    n: int
    p50_ms: str | None
    p95_ms: str | None
    p99_ms: str | None


@dataclass(frozen=True, slots=True)
class LatencyViews:
    """Where the time of a sending went."""

    gate: LatencyView
    network: LatencyView
    venue: LatencyView
    sent_to_recorded: LatencyView


@dataclass(frozen=True, slots=True)
class AttemptsView:
    """Lines of the log by how their outcome is known, and how often an order was tried again."""

    lines: int
    answered: int
    looked_up: int
    refused: int
    observed: int
    orders_retried: int
    retries: int


@dataclass(frozen=True, slots=True)
class RefusalView:
    """How many decisions had that breach."""

    code: str
    n: int


@dataclass(frozen=True, slots=True)
class ExecutionStatsView:
    """All of it, from `begin` to before `end`."""

    begin: datetime
    end: datetime
    slippage: SlippageViews
    fills: FillsView
    latency: LatencyViews
    attempts: AttemptsView
    refusals: list[RefusalView]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsAsked:
    """What is asked about, by wall time; None is everything, of the time what is usual."""

    begin: datetime | None = None
    end: datetime | None = None
    wallet_id: UUID | None = None
    symbol: str | None = None
    environment: Environment | None = None
    strategy: str | None = None


class ExecutionQuality:
    """Statistics of one user at a time, in the caller's transaction."""

    def __init__(self, statistics: ExecutionStatisticsRepository, now: Callable[[], datetime]) -> None:
        self._statistics = statistics
        self._now = now

    async def stats(self, user_id: UUID, asked: StatisticsAsked) -> ExecutionStatsView:
        """Statistics of the time; without an end until now, without a beginning of the 30 days before it."""
        end = asked.end or self._now()
        begin = asked.begin or end - min(USUAL, end - FIRST_MOMENT)
        _check_range(begin, end)
        chosen = StatisticsFilter(
            begin, end, asked.wallet_id, asked.symbol, asked.environment, asked.strategy
        )
        fills = await self._statistics.fills(user_id, chosen)
        outcomes = await self._statistics.outcomes(user_id, chosen)
        refusals = await self._statistics.refusals(user_id, chosen)
        return ExecutionStatsView(
            begin,
            end,
            _slippage(await self._statistics.slippage(user_id, chosen)),
            FillsView(
                fills.sent,
                fills.filled,
                fills.whole,
                _percent(Decimal(fills.filled), Decimal(fills.sent)),
                None if fills.mean_share is None else plain((fills.mean_share * 100).quantize(CENT)),
                plain(fills.fees),
                plain(None if fills.notional is None else fills.notional.quantize(CENT)),
                _fees_bps(fills.fees, fills.notional),
            ),
            _latencies(await self._statistics.latencies(user_id, chosen)),
            AttemptsView(
                outcomes.lines,
                outcomes.answered,
                outcomes.looked_up,
                outcomes.refused,
                outcomes.observed,
                outcomes.retried,
                outcomes.retries,
            ),
            [RefusalView(code, count) for code, count in refusals],
        )


def _check_range(begin: datetime, end: datetime) -> None:
    if begin >= end or end - begin > LONGEST:
        message = f"`from` must lie before `to`, by at most {LONGEST.days} days."
        raise InvalidInputError(message, errors=(FieldError("from", "invalid_range", message),))


def _slippage(rows: Sequence[SlippageRow]) -> SlippageViews:
    def of(scope: str) -> list[SlippageView]:
        return [_slippage_view(row) for row in rows if row.scope == scope]

    whole = of("all") or [SlippageView("", 0, None, None, None, None)]
    return SlippageViews(whole[0], of("symbol"), of("venue"), of("order_type"), of("hour"), of("size"))


def _slippage_view(row: SlippageRow) -> SlippageView:
    figures = (_rounded(value) for value in (row.mean, row.median, row.p95, row.worst))
    return SlippageView(row.key, row.n, *figures)


def _latencies(rows: Sequence[LatencyRow]) -> LatencyViews:
    views = {row.name: LatencyView(row.n, *(_rounded(value) for value in row.percentiles)) for row in rows}
    return LatencyViews(views["gate"], views["network"], views["venue"], views["sent_to_recorded"])


def _rounded(value: float | None) -> str | None:
    return None if value is None else plain(Decimal(value).quantize(CENT))


def _percent(part: Decimal, whole: Decimal) -> str | None:
    return None if whole == 0 else plain((part / whole * 100).quantize(CENT))


def _fees_bps(fees: Decimal | None, notional: Decimal | None) -> str | None:
    return None if fees is None or not notional else plain((fees / notional * 10_000).quantize(CENT))
