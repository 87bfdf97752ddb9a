"""Trades that need a person: an operator sees everything that is known of them, and decides.

A decision is written as work for the executor, in the owner's transaction and in the owner's audit log; it is
carried out by `trading.operator_decisions`, which refuses what the venue's facts do not allow.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.db import Database
from app.core.errors import ConflictError, NotFoundError
from app.domain.decimal_text import plain
from app.domain.types import OperatorChoice, TradeStatus
from app.models.fill import Fill
from app.models.order import Order
from app.repositories.audit import AuditRepository
from app.repositories.operator_cases import OperatorCase, SystemOperatorCaseRepository
from app.repositories.positions import PositionRepository


@dataclass(frozen=True, slots=True)
class CaseOrderView:
    """An order of the trade, as written down."""

    client_order_id: str
    exchange_order_id: str | None
    leg: str
    attempt: int
    status: str
    side: str
    quantity: str
    filled_quantity: str
    trigger_price: str | None
    error_code: str | None
    error_message: str | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class CaseFillView:
    """A fill of the trade; `client_order_id` is None where none of our orders caused it."""

    venue_trade_id: str
    exchange_order_id: str
    client_order_id: str | None
    side: str
    quantity: str
    price: str
    executed_at: datetime


@dataclass(frozen=True, slots=True)
class OperatorCaseView:
    """One trade that waits, why, since when, and everything known of it."""

    trade_id: UUID
    user_id: UUID
    wallet_id: UUID
    environment: str
    venue: str
    symbol: str
    side: str
    reason: str | None
    since: datetime | None
    planned_quantity: str
    quantity: str
    entry_price: str | None
    stop_price: str
    exit_requested: str | None
    orders: list[CaseOrderView]
    fills: list[CaseFillView]


class OperatorCases:
    """What waits for an operator. `everybody` reads as the role that sees every tenant and writes nothing."""

    def __init__(self, everybody: Database, database: Database, now: Callable[[], datetime]) -> None:
        self._everybody = everybody
        self._database = database
        self._now = now

    async def list_waiting(self) -> list[OperatorCaseView]:
        """The trades that wait, longest first."""
        async with self._everybody.system() as session:
            return [_view(case) for case in await SystemOperatorCaseRepository(session).waiting()]

    async def resolve(self, operator: UUID, trade_id: UUID, choice: OperatorChoice, note: str) -> None:
        """Leave the decision for the executor; refused for a trade that does not wait."""
        async with self._everybody.system() as session:
            owner = await SystemOperatorCaseRepository(session).owner(trade_id)
        if owner is None:
            raise NotFoundError(f"There is no trade {trade_id}.")
        async with self._database.tenant(owner) as session:
            positions = PositionRepository(session)
            trade = await positions.one(owner, trade_id)
            if trade is None:
                raise NotFoundError(f"There is no trade {trade_id}.")
            if trade.status != TradeStatus.NEEDS_OPERATOR:
                raise ConflictError(
                    f"The trade in {trade.symbol} is {trade.status}: it waits for nobody.",
                    code="not_with_operator",
                )
            await positions.enqueue_choice(owner, trade, choice)
            details = {"trade_id": str(trade_id), "choice": choice.value, "note": note}
            await AuditRepository(session).append(
                owner, "operator_decided", details, self._now(), f"admin:{operator}"
            )


def _view(case: OperatorCase) -> OperatorCaseView:
    trade = case.trade
    return OperatorCaseView(
        trade_id=trade.id,
        user_id=trade.user_id,
        wallet_id=trade.wallet_id,
        environment=trade.environment,
        venue=trade.venue,
        symbol=trade.symbol,
        side=trade.side,
        reason=trade.operator_reason,
        since=trade.operator_since,
        planned_quantity=plain(trade.planned_quantity),
        quantity=plain(trade.quantity),
        entry_price=None if trade.entry_price is None else plain(trade.entry_price),
        stop_price=plain(trade.stop_price),
        exit_requested=trade.exit_requested,
        orders=[_order(order) for order in case.orders],
        fills=[_fill(fill) for fill in case.fills],
    )


def _order(order: Order) -> CaseOrderView:
    return CaseOrderView(
        client_order_id=order.client_order_id,
        exchange_order_id=order.exchange_order_id,
        leg=order.leg,
        attempt=order.attempt,
        status=order.status,
        side=order.side,
        quantity=plain(order.quantity),
        filled_quantity=plain(order.filled_quantity),
        trigger_price=None if order.trigger_price is None else plain(order.trigger_price),
        error_code=order.error_code,
        error_message=order.error_message,
        sent_at=order.sent_at,
    )


def _fill(fill: Fill) -> CaseFillView:
    return CaseFillView(
        venue_trade_id=fill.venue_trade_id,
        exchange_order_id=fill.exchange_order_id,
        client_order_id=fill.client_order_id,
        side=fill.side,
        quantity=plain(fill.quantity),
        price=plain(fill.price),
        executed_at=fill.executed_at,
    )
