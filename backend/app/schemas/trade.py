"""Trades as the API shows them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.domain.types import ExitReason, OrderLeg, OrderSide, OrderStatus
from app.schemas.execution import Execution
from app.schemas.figures import Answer, DecimalText, Instant
from app.schemas.position import Position
from app.schemas.request import PlainText, RequestBody


class Trade(Position):
    """A trade with what came of it; `slippage_bps` of the entry, adverse-positive."""

    exit_price: DecimalText | None
    exit_reason: ExitReason | None
    realized_pnl: DecimalText
    fees: DecimalText
    funding: DecimalText
    closed_at: Instant | None
    slippage_bps: DecimalText | None


class Order(Answer):
    """An order of a trade and what became of it."""

    client_order_id: str
    exchange_order_id: str | None
    leg: OrderLeg
    attempt: int
    status: OrderStatus
    order_type: str
    side: OrderSide
    quantity: DecimalText
    filled_quantity: DecimalText
    requested_price: DecimalText | None
    limit_price: DecimalText | None
    trigger_price: DecimalText | None
    average_price: DecimalText | None
    reduce_only: bool
    reason: str | None
    route: str | None
    route_reason: str | None
    time_in_force: str | None
    error_code: str | None
    error_message: str | None
    market_time: Instant | None
    created_at: Instant
    sent_at: Instant | None
    accepted_at: Instant | None


class Fill(Answer):
    """A fill as the venue reported it; the fee is positive when paid."""

    venue_trade_id: str
    client_order_id: str | None
    side: OrderSide
    quantity: DecimalText
    price: DecimalText
    fee: DecimalText
    fee_currency: str
    is_maker: bool
    executed_at: Instant


class Excursions(Answer):
    """How far a trade ran against (MAE) and for (MFE) its owner while open, before costs: quote currency, percent
    of the entry price, R (null without a known risk). Out of bars of `timeframe`; those of entry and exit are
    counted whole, so that both are upper bounds."""

    timeframe: str
    adverse: DecimalText
    favourable: DecimalText
    adverse_percent: DecimalText
    favourable_percent: DecimalText
    adverse_r: DecimalText | None
    favourable_r: DecimalText | None


class TradeDetail(Trade):
    """A trade with everything that it left behind, oldest first."""

    orders: list[Order]
    fills: list[Fill]
    logs: list[Execution]
    excursions: Excursions | None


class TradePage(Answer):
    """Trades, newest first; `next_cursor` is null on the last page."""

    items: list[Trade]
    next_cursor: str | None


class TradeTagWish(RequestBody):
    """All the tags that a trade is to have; an empty list takes them off."""

    tags: Annotated[list[PlainText], Field(max_length=100, examples=[["news", "breakout"]])]


class TradeTagList(Answer):
    """The tags of a trade, in order."""

    trade_id: UUID
    tags: list[str]
