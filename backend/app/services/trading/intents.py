"""Steps that only write: new intents, dropped intents, statuses. Carried out inside the transaction."""

from datetime import datetime
from decimal import Decimal

import structlog

from app.domain.client_order_id import client_order_id
from app.domain.order_states import Action, ActionKind, can_move, next_action
from app.domain.types import ExitReason, OrderLeg, OrderStatus, OrderType, TradeStatus
from app.models.order import Order
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.closing import finish, naked_ms
from app.services.trading.desk import Desk
from app.services.trading.operator_calls import call_operator
from app.services.trading.trade_case import TradeCase
from app.services.trading.trade_news import tell_added, tell_opened, tell_unprotected

MOST_STEPS = 24

log = structlog.get_logger(__name__)


class Advance:
    """Asks what comes next and carries out what needs no venue, until something does."""

    def __init__(self, desk: Desk, transaction: TradingTransaction, now: datetime, may_enter: bool) -> None:
        self._desk = desk
        self._transaction = transaction
        self._now = now
        self._may_enter = may_enter
        self.wrote: list[str] = []  # crash labels of what was written

    async def run(self, case: TradeCase) -> tuple[TradeCase, Action]:
        """Return the case after every written step, and the step that is left to do."""
        held = case.position_quantity()  # no step here brings a fill
        action = self._ask(case, held)
        for _ in range(MOST_STEPS):
            await self._write_status(case, action)
            match action.kind:
                case ActionKind.WRITE_INTENT:
                    case = await self._write_intent(case, action)
                case ActionKind.DROP:
                    await self._drop(case, action)
                case ActionKind.END_ENTRY:
                    self._end_entry(case)
                case ActionKind.END_ADD:
                    await self._end_addition(case)
                case ActionKind.END_LADDER:
                    self._end_ladder(case)
                case ActionKind.FINISH:
                    await finish(self._transaction, case, action.status)
                    return case, action
                case _:
                    return case, action
            action = self._ask(case, held)
        raise RuntimeError(f"trade {case.trade.id} does not come to rest: {action.reason}")

    def _ask(self, case: TradeCase, held: Decimal) -> Action:
        view = case.view(
            may_enter=self._may_enter,
            now=self._now,
            alive_since=self._desk.alive_since,
            bound=self._desk.unprotected_bound,
            largest_order=self._desk.markets.largest_order(case.trade.venue, case.trade.symbol),
        )
        return next_action(view, case.order_views(self._now), held)

    async def _write_status(self, case: TradeCase, action: Action) -> None:
        """Move the trade's status to what it should read now."""
        before, after = case.status, action.status
        if action.kind is ActionKind.FINISH or before is after or not can_move(before, after):
            return
        values: dict[str, object] = {}
        if after is TradeStatus.OPEN_UNPROTECTED:
            values["unprotected_since"] = self._now
        elif after is TradeStatus.PROTECTED:
            values |= {
                "unprotected_since": None,
                "naked_ms": naked_ms(case.trade, self._now),
                "protected_at": case.trade.protected_at or self._now,
            }
        elif after is TradeStatus.NEEDS_OPERATOR:
            values |= {"operator_reason": action.reason, "operator_since": self._now}
            await call_operator(self._transaction, case, action.reason, self._now)
        if before is TradeStatus.NEEDS_OPERATOR:
            values |= {"operator_reason": None, "operator_since": None}
        is_new = case.trade.protected_at is None
        if await self._transaction.trades.move(self._transaction.user_id, case.trade, after, values):
            if after is TradeStatus.PROTECTED:
                await (
                    tell_opened(self._transaction, case.trade)
                    if is_new
                    else tell_added(self._transaction, case)
                )
            self._transaction.announcements.trade(case.trade.id)
            self._transaction.announcements.changed(self._transaction.user_id, "position", case.trade.id)

    async def _write_intent(self, case: TradeCase, action: Action) -> TradeCase:
        transaction, trade = self._transaction, case.trade
        leg, attempt, quantity = action.leg, action.attempt, action.quantity
        if leg is None or attempt is None or quantity is None:
            raise ValueError(f"an intent without leg, attempt or quantity: {action}")
        if action.exit_reason is not None and trade.exit_requested is None:
            trade.exit_requested = action.exit_reason.value
            if action.exit_reason is ExitReason.UNPROTECTED:
                await tell_unprotected(transaction, trade, self._now)
        new_id = client_order_id(self._desk.terms.deployment, trade.id, leg, attempt)
        if action.replaces is not None:
            await transaction.orders.replaced(transaction.user_id, case.order(action.replaces), new_id)
        side = case.side.entry_order_side if leg.opens else case.side.exit_order_side
        row: dict[str, object] = {
            "client_order_id": new_id,
            "wallet_id": trade.wallet_id,
            "trade_id": trade.id,
            "symbol": trade.symbol,
            "leg": leg.value,
            "attempt": attempt,
            "status": OrderStatus.INTENT.value,
            "order_type": (OrderType.STOP_MARKET if leg is OrderLeg.STOP else OrderType.MARKET).value,
            "side": side.value,
            "quantity": quantity,
            "requested_price": action.trigger_price,
            "trigger_price": action.trigger_price,
            "reduce_only": not leg.opens,
            "created_at": self._now,
            "reason": (action.exit_reason.value if action.exit_reason else action.reason)[:50],
        }
        written = await transaction.orders.insert(transaction.user_id, row)
        if written is None:
            raise IntentExistsError(f"{new_id} cannot be written: a working order of that leg is there")
        self.wrote.append(f"commit_intent{_label(leg, attempt)}")
        return TradeCase(trade, [*case.orders, written], case.fills)

    def _end_entry(self, case: TradeCase) -> None:
        """No further order will come: what was reserved for the rest is free with this commit."""
        case.trade.entry_until = None
        case.trade.entry_stopped = True
        self._transaction.announcements.changed(self._transaction.user_id, "position", case.trade.id)
        self.wrote.append("end_entry")

    async def _end_addition(self, case: TradeCase) -> None:
        """What was reserved for the addition and not filled is free with this commit."""
        await tell_added(self._transaction, case)
        case.trade.adding_notional = case.trade.adding_risk = Decimal(0)
        self._transaction.announcements.changed(self._transaction.user_id, "position", case.trade.id)
        self.wrote.append("end_add")

    def _end_ladder(self, case: TradeCase) -> None:
        """What was reserved for the steps that nobody asked for is free with this commit."""
        case.trade.ladder_price = case.trade.ladder_step = None
        case.trade.ladder_notional = case.trade.ladder_risk = Decimal(0)
        self._transaction.announcements.trade(case.trade.id)
        self._transaction.announcements.changed(self._transaction.user_id, "position", case.trade.id)
        self.wrote.append("end_ladder")

    async def _drop(self, case: TradeCase, action: Action) -> None:
        order = _named(case, action)
        values: dict[str, object] = {"error_message": action.reason}
        await self._transaction.orders.move(self._transaction.user_id, order, OrderStatus.CANCELED, values)


class IntentExistsError(Exception):
    """Two working orders of one leg: the database refused what the rules should not have asked for."""


def _named(case: TradeCase, action: Action) -> Order:
    if action.client_order_id is None:
        raise ValueError(f"a step about no order: {action}")
    return case.order(action.client_order_id)


def _label(leg: OrderLeg, attempt: int) -> str:
    if leg is OrderLeg.ENTRY:
        return "_slice" if attempt > 1 else ""
    return "_move" if leg is OrderLeg.STOP and attempt > 1 else f"_{leg}"
