"""A trade with its orders and fills, locked: what `next_action` is asked about."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Self
from uuid import UUID

from app.domain.accounting import Fill as AccountedFill
from app.domain.accounting import PositionAccount, position_from_fills
from app.domain.order_states import OrderView, TradeView
from app.domain.trade_steps import RETRY_STOP_AFTER
from app.domain.types import ExitReason, OrderLeg, OrderSide, OrderStatus, Side, TradeStatus
from app.models.fill import Fill
from app.models.manual_trade import ExternalFill
from app.models.order import Order
from app.models.trade import Trade
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.trade_lanes import Urgency

WOULD_TRIGGER = "would_trigger"
WOULD_TAKE = "would_take"
TOO_LARGE = "too_large"
TOO_LATE = "too_late"  # its signature had run out when it arrived
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class TradeCase:
    """Everything written down about one trade; `fills` are in the venue's order."""

    trade: Trade
    orders: list[Order]
    fills: list[Fill]

    @classmethod
    async def load(cls, transaction: TradingTransaction, trade_id: UUID) -> Self | None:
        """The trade, locked until the transaction ends; None where there is none of that id."""
        user_id = transaction.user_id
        trade = await transaction.trades.lock(user_id, trade_id)
        if trade is None:
            return None
        orders = await transaction.orders.of_trade(user_id, trade_id)
        fills = []
        if any(order.filled_quantity > 0 for order in orders) or trade.quantity > 0:
            fills = await transaction.fills.of_trade(user_id, trade_id)
        return cls(trade, orders, fills)

    async def again(self, transaction: TradingTransaction) -> Self | None:
        """The same case with the trade read and locked anew. Its orders and fills are written by this
        account's one writer only, and each of them moves by compare-and-swap."""
        trade = await transaction.trades.lock(transaction.user_id, self.trade.id)
        return None if trade is None else type(self)(trade, self.orders, self.fills)

    @property
    def side(self) -> Side:
        return Side(self.trade.side)

    @property
    def status(self) -> TradeStatus:
        return TradeStatus(self.trade.status)

    @property
    def urgency(self) -> Urgency:
        """For what it can wait. An entry of unknown outcome may be a position without a stop."""
        statuses = [OrderStatus(order.status) for order in self.orders]
        if not self.fills and all(one is OrderStatus.INTENT or one.is_terminal for one in statuses):
            return Urgency.ENTERING
        is_kept = self.status is TradeStatus.PROTECTED and self.trade.exit_requested is None
        return Urgency.HELD if is_kept else Urgency.EXPOSED

    def account(self) -> PositionAccount:
        """What the fills add up to."""
        return position_from_fills(accounted(fill) for fill in self.fills)

    def position_quantity(self) -> Decimal:
        """Base units still held, >= 0 in a sound trade."""
        return self.side.sign * self.account().quantity

    def entered_quantity(self) -> Decimal:
        """Sum of the fills that opened."""
        side = self.side.entry_order_side
        return sum((fill.quantity for fill in self.fills if fill.side == side), ZERO)

    def order(self, client_order_id: str) -> Order:
        """The order of that id; it must be the trade's."""
        return next(order for order in self.orders if order.client_order_id == client_order_id)

    def only_stop_beside(self, order: Order) -> Order | None:
        """The resting stop, where nothing else than it and that order is, or may be, at the venue; else None."""
        others = [one for one in self.orders if one is not order and not OrderStatus(one.status).is_terminal]
        if len(others) != 1 or others[0].leg != OrderLeg.STOP or others[0].status != OrderStatus.OPEN:
            return None
        return others[0]

    def owner_of(self, exchange_order_id: str) -> Order | None:
        """The order whose fills carry that id of the venue: for a stop, the order that it became. (The
        venue numbers conditional orders apart, so that the same number may name two orders.) A fill's own
        `client_order_id` says who was known to have caused it when it was written, which may be nobody yet."""
        for order in self.orders:
            conditional = order.leg == OrderLeg.STOP
            held = order.triggered_order_id if conditional else order.exchange_order_id
            if held == exchange_order_id:
                return order
        return None

    def fills_of(self, order: Order) -> list[Fill]:
        """The fills that an order caused."""
        return [fill for fill in self.fills if self.owner_of(fill.exchange_order_id) is order]

    def view(
        self,
        *,
        may_enter: bool,
        now: datetime,
        alive_since: datetime,
        bound: timedelta,
        largest_order: Decimal | None,
    ) -> TradeView:
        """The trade as the rules see it. The time without a stop counts only while somebody could act."""
        trade = self.trade
        since, until = trade.unprotected_since, trade.entry_until
        too_long = since is not None and now - max(since, alive_since) > bound
        return TradeView(
            status=self.status,
            side=self.side,
            quantity=trade.planned_quantity,
            entered_quantity=self.entered_quantity(),
            stop_price=trade.stop_price,
            exit_reason=None if trade.exit_requested is None else ExitReason(trade.exit_requested),
            may_enter=may_enter and not trade.entry_stopped and (until is None or now < until),
            unprotected_too_long=too_long,
            scale_out_quantity=trade.scale_out_quantity,
            exits_forgiven=trade.exits_forgiven,
            entry_worked=until is not None,
            adding=trade.adding_notional > 0,
            largest_order=largest_order,
            ladder_price=trade.ladder_price,
        )

    def order_views(self, now: datetime) -> list[OrderView]:
        """The orders as the rules see them at that moment."""
        recorded: dict[str, Decimal] = {}
        owners: dict[str, Order | None] = {}  # an order's trades are many
        for fill in self.fills:
            venue_id = fill.exchange_order_id
            if venue_id not in owners:
                owners[venue_id] = self.owner_of(venue_id)
            owner = owners[venue_id]
            if owner is not None:
                held = recorded.get(owner.client_order_id, ZERO)
                recorded[owner.client_order_id] = held + fill.quantity
        return [
            OrderView(
                client_order_id=order.client_order_id,
                leg=OrderLeg(order.leg),
                attempt=order.attempt,
                status=OrderStatus(order.status),
                quantity=order.quantity,
                filled_quantity=order.filled_quantity,
                recorded_quantity=recorded.get(order.client_order_id, ZERO),
                trigger_price=order.trigger_price,
                would_trigger=order.error_code == WOULD_TRIGGER,
                would_take=order.error_code == WOULD_TAKE,
                failed_lately=_failed_lately(order, now),
            )
            for order in self.orders
        ]


def accounted(fill: Fill | ExternalFill) -> AccountedFill:
    """A stored fill as the accounting takes it."""
    return AccountedFill(OrderSide(fill.side), fill.price, fill.quantity, fill.fee)


def _failed_lately(order: Order, now: datetime) -> bool:
    return order.status == OrderStatus.NOT_ACCEPTED and now - order.updated_at < RETRY_STOP_AFTER


def crash_leg(order: Order) -> str:
    """The leg in crash point labels: a stop that replaces another is a move, a further entry order a slice."""
    if order.leg == OrderLeg.STOP and order.attempt > 1:
        return "move"
    if order.leg == OrderLeg.ENTRY and order.attempt > 1:
        return "slice"
    return order.leg
