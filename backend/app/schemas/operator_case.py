"""Trades that wait for an operator, and the operator's decision."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.domain.types import Environment, ExitReason, OperatorChoice, OrderLeg, OrderSide, OrderStatus, Side
from app.schemas.figures import Answer, DecimalText
from app.schemas.request import RequestBody


class CaseOrder(Answer):
    """An order of the trade, as written down."""

    client_order_id: str
    exchange_order_id: str | None
    leg: OrderLeg
    attempt: int
    status: OrderStatus
    side: OrderSide
    quantity: DecimalText
    filled_quantity: DecimalText
    trigger_price: DecimalText | None
    error_code: str | None
    error_message: str | None
    sent_at: datetime | None


class CaseFill(Answer):
    """A fill of the trade; `client_order_id` is null where none of our orders caused it."""

    venue_trade_id: str
    exchange_order_id: str
    client_order_id: str | None
    side: OrderSide
    quantity: DecimalText
    price: DecimalText
    executed_at: datetime


class OperatorCase(Answer):
    """One trade that waits, why, since when, and everything known of it."""

    trade_id: UUID
    user_id: UUID
    wallet_id: UUID
    environment: Environment
    venue: str
    symbol: str
    side: Side
    reason: str | None
    since: datetime | None
    planned_quantity: DecimalText
    quantity: DecimalText
    entry_price: DecimalText | None
    stop_price: DecimalText
    exit_requested: ExitReason | None
    orders: list[CaseOrder]
    fills: list[CaseFill]


class OperatorCaseList(Answer):
    """Every trade that waits, longest first."""

    items: list[OperatorCase]


class OperatorDecision(RequestBody):
    """`adopt`: the venue's position is ours, go on. `close`: leave it at market. `mark_closed`: it is gone, close
    our books; refused while the venue shows anything of it."""

    choice: OperatorChoice
    note: Annotated[str, Field(max_length=500)] = ""
