"""Lines of the execution log as the API shows them."""

from uuid import UUID

from app.domain.types import OrderSide
from app.schemas.figures import Answer, DecimalText, Instant, Symbol


class Execution(Answer):
    """One attempt or fill. Slippage is adverse-positive; `timestamp` is wall time."""

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


class ExecutionPage(Answer):
    """Lines, newest first; `next_cursor` is null on the last page."""

    items: list[Execution]
    next_cursor: str | None
