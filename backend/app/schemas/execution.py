"""Lines of the execution log as the API shows them."""

from uuid import UUID

from app.domain.types import OrderSide
from app.schemas.figures import Answer, DecimalText, Instant, Symbol, Word


class Execution(Answer):
    """One attempt or fill. Slippage is adverse-positive; `timestamp` is wall time.

    `outcome` says how the result is known: answered by the venue, looked_up by id because the answer was lost,
    refused by ourselves before anything was sent, or observed of an order that rested. `gate_ms` is from the
    signal (stop, exit: from the intent) to the sending, `network_ms` the way there and back, `venue_ms` what the
    venue says it took. `market_volatility`: basis points in one second; `market_liquidity`: quote currency in
    the book within the cap; both at the decision. What nobody measured is null.
    """

    id: UUID
    timestamp: Instant
    market_time: Instant | None
    trade_id: UUID | None
    wallet_id: UUID
    symbol: Symbol
    side: OrderSide | None
    action: str
    order_type: str | None
    requested_price: DecimalText | None
    executed_price: DecimalText | None
    slippage_percent: DecimalText | None
    slippage_bps: DecimalText | None
    requested_size: DecimalText | None
    filled_size: DecimalText | None
    fill_percent: DecimalText | None
    fees_paid: DecimalText | None
    execution_time_ms: int | None
    status: str
    error_message: str | None
    retry_count: int
    client_order_id: str | None
    realized_pnl: DecimalText | None
    venue: Word | None
    exchange_order_id: str | None
    outcome: str | None
    error_code: str | None
    route: str | None
    route_reason: str | None
    expected_slippage_bps: DecimalText | None
    spread_bps: DecimalText | None
    market_volatility: DecimalText | None
    market_liquidity: DecimalText | None
    gate_ms: DecimalText | None
    network_ms: DecimalText | None
    venue_ms: DecimalText | None


class ExecutionPage(Answer):
    """Lines, newest first; `next_cursor` is null on the last page."""

    items: list[Execution]
    next_cursor: str | None


class SlippageFigures(Answer):
    """Slippage of `n` filled orders in basis points, adverse positive; null where there are none."""

    key: str
    n: int
    mean_bps: DecimalText | None
    median_bps: DecimalText | None
    p95_bps: DecimalText | None
    worst_bps: DecimalText | None


class SlippageStats(Answer):
    """Slippage of everything, and by each key. Hours are of the market's clock in UTC; sizes of the traded
    notional."""

    all: SlippageFigures
    by_symbol: list[SlippageFigures]
    by_venue: list[SlippageFigures]
    by_order_type: list[SlippageFigures]
    by_hour: list[SlippageFigures]
    by_size: list[SlippageFigures]


class FillStats(Answer):
    """Entries and exits sent and filled; shares are 0-100, fees also in basis points of what was traded."""

    orders_sent: int
    orders_filled: int
    orders_filled_whole: int
    fill_percent: DecimalText | None
    mean_filled_percent: DecimalText | None
    fees: DecimalText | None
    traded_notional: DecimalText | None
    fees_bps: DecimalText | None


class LatencyFigures(Answer):
    """Milliseconds of `n` sendings; null where nothing was measured."""

    n: int
    p50_ms: DecimalText | None
    p95_ms: DecimalText | None
    p99_ms: DecimalText | None


class LatencyStats(Answer):
    """Where the time of a sending went."""

    gate: LatencyFigures
    network: LatencyFigures
    venue: LatencyFigures
    sent_to_recorded: LatencyFigures


class AttemptStats(Answer):
    """Lines of the log by how their outcome is known, and how often an order was tried again."""

    lines: int
    answered: int
    looked_up: int
    refused: int
    observed: int
    orders_retried: int
    retries: int


class RefusalCount(Answer):
    """How many decisions had that breach; one decision may have several."""

    code: str
    n: int


class ExecutionStats(Answer):
    """How well orders were carried out from `begin` to before `end`, wall time."""

    begin: Instant
    end: Instant
    slippage: SlippageStats
    fills: FillStats
    latency: LatencyStats
    attempts: AttemptStats
    refusals: list[RefusalCount]
