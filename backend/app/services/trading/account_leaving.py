"""Every position of one account is left at once: one transaction for all intents, requests side by side, one
transaction for all that they brought.

What is to be done is decided for each trade by the same steps as when it is driven alone (`order_states.next_action`),
each order is written and committed before it is sent, an unknown outcome is asked for by its id, and a stop goes last:
once the venue has told the trades by which the whole position went.
Whatever needs another step than sending or asking for an exit, or cancelling a stop of which nothing is left to
protect, is handed back, to be driven alone. Called by the account's one writer.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from uuid import UUID

import structlog

from app.core.clock import utc_now
from app.core.crash_points import crash_point
from app.domain.order_states import Action, ActionKind
from app.domain.types import ExitReason, OrderLeg, OrderSide, OrderStatus
from app.domain.venue import (
    ORDERS_A_REQUEST,
    Accepted,
    PlaceOutcome,
    Refused,
    Unknown,
    VenueFill,
    VenueOrder,
    VenueUnavailableError,
)
from app.models.order import Order
from app.repositories.gathered import GatheredTransaction
from app.repositories.trading_accounts import TradingAccount
from app.services.ports import ExchangeGateway
from app.services.trading.desk import Desk
from app.services.trading.execution_records import UNTIMED, Timing, timing_of
from app.services.trading.gate import Passed, pass_gate
from app.services.trading.intents import Advance
from app.services.trading.lookup import RESTING, Absent, find_order
from app.services.trading.outcome import record_absence, record_order, record_refusal
from app.services.trading.request_pace import RequestPace
from app.services.trading.slippage_events import tell_of_slippage
from app.services.trading.trade_case import ZERO, TradeCase, crash_leg

MOST_ROUNDS = 12
AT_ONCE_SECONDS = 0.0
AGAIN_SECONDS = 0.2
RESTING_SECONDS = 1.0
FINAL = (ActionKind.NOTHING, ActionKind.FINISH, ActionKind.CALL_OPERATOR)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """What one trade needs of the venue: a SEND that passed the gate, an ASK, or a CANCEL of a stop."""

    trade_id: UUID
    action: Action
    order: Order
    passed: Passed | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A step that was decided: a sending with the venue's answer, which took so long, or one still to be taken
    there."""

    step: Step
    outcome: PlaceOutcome | None = None
    taken_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Told:
    """What the venue told about a step: an order as it shows it with its fills, a refusal, or what its absence
    means. `timing` where it is the answer to the sending itself."""

    step: Step
    seen: VenueOrder | None = None
    fills: Sequence[VenueFill] = ()
    timing: Timing | None = None
    refused: Refused | None = None
    absent: OrderStatus | None = None


@dataclass(slots=True)
class Left:
    """How far it went: trades that are to be driven alone and after how many seconds, whether any of the account's
    trades still lives, whether fills changed, and whether the venue refused what our books say is possible."""

    later: dict[UUID, float] = field(default_factory=dict)
    live: bool = False
    changed: bool = False
    suspicious: bool = False


class AccountLeaving:
    """Leaves one account once."""

    def __init__(
        self, desk: Desk, account: TradingAccount, gateway: ExchangeGateway, pace: RequestPace
    ) -> None:
        self._desk = desk
        self._account = account
        self._gateway = gateway
        self._pace = pace
        self._cases: dict[UUID, TradeCase] = {}
        self._left = Left()
        self._wrote: list[str] = []  # crash labels of what is being written

    async def leave(self, reason: ExitReason) -> Left:
        """Ask for the exit of everything that lives, and go as far as it goes now. Few accounts of a venue write and
        send at a time, and each waits anew for its turn between two rounds: what is committed leaves at once, and
        every account's exits are on their way before the first stop is cleared away. Reading what became of them,
        which the account's own pace stretches over seconds, holds up nobody."""
        places = self._desk.leaving_at(self._account.venue)
        async with places:
            sent = await self._send(await self._begin(reason))
        for _ in range(MOST_ROUNDS):
            told = await self._hear(sent)
            idle = self._idle_stops(told)
            if idle:
                async with places:
                    pass  # whose exits have not left yet goes before
                told += await self._hear(idle)
            if not told:
                break
            async with places:
                sent = await self._send(await self._write(told))
        else:
            told = await self._hear(sent)
        self._left.later |= {one.step.trade_id: AT_ONCE_SECONDS for one in told}
        self._left.live = any(not case.status.is_terminal for case in self._cases.values())
        return self._left

    async def _begin(self, reason: ExitReason) -> list[Step]:
        """Lock every trade, let no entry of them go on, and decide."""
        user_id, wallet_id = self._account.user_id, self._account.wallet_id
        async with self._desk.database.tenant(user_id) as session:
            transaction = GatheredTransaction(session, user_id)
            trades = await transaction.trades.lock_live(user_id, wallet_id)
            if not trades:
                return []
            ids = [trade.id for trade in trades]
            orders = await transaction.orders.of_trades(user_id, ids)
            fills = await transaction.fills.of_trades(user_id, ids)
            for trade in trades:
                if trade.exit_requested is None or not trade.entry_stopped:
                    trade.exit_requested = trade.exit_requested or reason.value
                    trade.entry_stopped = True
                    self._announce(transaction, trade.id)
                self._cases[trade.id] = TradeCase(trade, orders[trade.id], fills[trade.id])
            steps = await self._decide_all(transaction, ids, send=True)
            await transaction.announcements.send()
            await transaction.write(user_id)
        self._crash_after_intents()
        return steps

    async def _write(self, told: Sequence[Told]) -> list[Step]:
        """Write what the venue told, and decide what follows, in one transaction."""
        user_id = self._account.user_id
        known = [(fill.symbol, fill.venue_trade_id) for case in self._cases.values() for fill in case.fills]
        async with self._desk.database.tenant(user_id) as session:
            transaction = GatheredTransaction(session, user_id, known)
            ids = list(dict.fromkeys(one.step.trade_id for one in told))
            for trade in await transaction.trades.lock_each(user_id, ids):
                held = self._cases[trade.id]
                self._cases[trade.id] = TradeCase(trade, held.orders, held.fills)
            for one in told:
                await self._record(transaction, one)
            for trade_id in ids:
                self._announce(transaction, trade_id)
            going_on = [trade_id for trade_id in ids if trade_id not in self._left.later]
            waiting = [trade_id for trade_id in ids if trade_id in self._left.later]
            await self._decide_all(transaction, waiting, send=False)
            steps = await self._decide_all(transaction, going_on, send=True)
            await transaction.announcements.send()
            await transaction.write(user_id)
        self._crash_after_intents()
        for one in told:
            crash_point(f"after_record_{crash_leg(one.step.order)}")
        return steps

    async def _decide_all(
        self, transaction: GatheredTransaction, trade_ids: Sequence[UUID], *, send: bool
    ) -> list[Step]:
        """Decide about each trade and write it; with `send` an exit that is wanted passes the gate."""
        now, steps = utc_now(), []
        for trade_id in trade_ids:
            advance = Advance(self._desk, transaction, now, may_enter=False)
            case, action = await advance.run(self._cases[trade_id])
            self._wrote += advance.wrote
            self._cases[trade_id] = case
            if not send or action.kind in FINAL:
                continue
            step = await self._step(transaction, case, action, now)
            if step is None:
                self._left.later[trade_id] = AT_ONCE_SECONDS
            else:
                steps.append(step)
        return steps

    async def _step(
        self, transaction: GatheredTransaction, case: TradeCase, action: Action, now: datetime
    ) -> Step | None:
        """What is done here; None for what is left to the trade's own steps."""
        if action.client_order_id is None:
            return None
        order = case.order(action.client_order_id)
        if action.kind is ActionKind.ASK and order.leg == OrderLeg.EXIT:
            return Step(case.trade.id, action, order)
        if action.kind is ActionKind.CANCEL and order.leg == OrderLeg.STOP:
            return Step(case.trade.id, action, order)
        if action.kind is ActionKind.SEND and order.leg == OrderLeg.EXIT:
            passed = await pass_gate(self._desk, transaction, self._account, case, order, now)
            if isinstance(passed, Passed):
                return Step(case.trade.id, action, order, passed)
        return None

    async def _send(self, steps: Sequence[Step]) -> list[Sent]:
        """Send the exits among the steps, together; the other steps are taken to the venue afterwards."""
        exits = [(step, step.passed) for step in steps if step.passed is not None]
        others = [Sent(step) for step in steps if step.passed is None]
        if not exits:
            return others
        crash_point("after_commit_sending_exit")
        for _ in range(0, len(exits), ORDERS_A_REQUEST):
            await self._pace.turn()
        begun = perf_counter()
        outcomes = await self._gateway.place_exits([passed.ticket for _, passed in exits])
        taken = perf_counter() - begun
        crash_point("after_response_exit")
        answered = [Sent(step, outcome, taken) for (step, _), outcome in zip(exits, outcomes, strict=True)]
        return [*answered, *others]

    async def _hear(self, sent: Sequence[Sent]) -> list[Told]:
        """What became of every step, asked side by side. A step without a certain answer is left for later."""
        told = await asyncio.gather(*(self._certain(one) for one in sent))
        return [one for one in told if one is not None]

    def _idle_stops(self, told: Sequence[Told]) -> list[Sent]:
        """The stops of trades whose exit took the whole position, as the venue's trades add up, and of which nothing
        else is, or may be, at the venue: to be cleared away before all of it is written together."""
        idle = []
        for one in told:
            case, seen = self._cases[one.step.trade_id], one.seen
            if one.step.order.leg != OrderLeg.EXIT or seen is None or seen.status is not OrderStatus.FILLED:
                continue
            stop = case.only_stop_beside(one.step.order)
            gone = sum((fill.quantity for fill in one.fills), ZERO)
            if stop is not None and gone == case.position_quantity():
                action = Action(
                    kind=ActionKind.CANCEL,
                    status=case.status,
                    reason="the position is gone",
                    client_order_id=stop.client_order_id,
                )
                idle.append(Sent(Step(one.step.trade_id, action, stop)))
        return idle

    async def _answer(self, step: Step, outcome: PlaceOutcome, taken: float) -> Told | None:
        match outcome:
            case Accepted(order=seen):
                return Told(step, seen, await self._fills(seen), timing_of(taken, outcome))
            case Refused(already_there=False):
                self._left.later[step.trade_id] = AGAIN_SECONDS
                self._left.suspicious |= not outcome.retryable
                return Told(step, refused=outcome, timing=timing_of(taken, outcome))
            case Refused():
                return await self._look_up(step)
            case Unknown(message=message):
                log.warning(
                    "the outcome of an order is unknown", order=step.order.client_order_id, why=message
                )
                return await self._look_up(step)

    async def _other(self, step: Step) -> Told | None:
        """An order whose outcome is asked for, or a stop that nothing needs any more."""
        if step.action.kind is ActionKind.ASK:
            return await self._look_up(step)
        order = step.order
        crash_point("before_cancel_stop")
        gone = await self._pace.answer(lambda: self._gateway.withdraw(order.symbol, order.client_order_id))
        crash_point("after_cancel_stop")
        return Told(step, _cancelled(order)) if gone else await self._look_up(step)

    async def _look_up(self, step: Step) -> Told | None:
        """Ask for the order by its id; None where nothing can be said yet, and it is asked for again alone."""
        margin_ms = self._desk.terms.outcome_margin_ms
        found = await self._pace.answer(lambda: find_order(self._gateway, margin_ms, step.order, utc_now()))
        match found:
            case VenueOrder():
                return Told(step, found, await self._fills(found))
            case Absent(status=OrderStatus() as status):
                return Told(step, absent=status)
            case Absent(wait_seconds=seconds):
                self._left.later[step.trade_id] = seconds
        return None

    async def _fills(self, seen: VenueOrder) -> Sequence[VenueFill]:
        """The trades of an order; none where the venue does not tell them now: its next step asks again."""
        venue_id = seen.triggered_order_id if seen.conditional else seen.exchange_order_id
        if seen.filled_quantity == 0 or venue_id is None:
            return ()
        try:
            return await self._pace.answer(
                lambda: self._gateway.fills(seen.symbol, exchange_order_id=venue_id)
            )
        except VenueUnavailableError:
            return ()

    async def _certain(self, sent: Sent) -> Told | None:
        step, outcome = sent.step, sent.outcome
        try:
            return await (
                self._other(step) if outcome is None else self._answer(step, outcome, sent.taken_seconds)
            )
        except VenueUnavailableError as error:
            log.warning("the venue gives no certain answer", trade_id=str(step.trade_id), error=str(error))
            self._left.later[step.trade_id] = AGAIN_SECONDS
            return None

    async def _record(self, transaction: GatheredTransaction, told: Told) -> None:
        step, now = told.step, utc_now()
        case = self._cases[step.trade_id]
        order = case.order(step.order.client_order_id)
        if told.refused is not None:
            await record_refusal(transaction, case, order, told.refused, now, told.timing or UNTIMED)
        elif told.absent is not None:
            await record_absence(transaction, case, order, told.absent, now)
        elif told.seen is not None:
            count = len(case.fills)
            after = await record_order(transaction, case, order, told.seen, told.fills, now, told.timing)
            self._cases[step.trade_id] = after
            if len(after.fills) > count:
                self._left.changed = True
                await tell_of_slippage(self._desk, transaction, after, order)
            again = _again_seconds(told.seen) if order.leg == OrderLeg.EXIT else None
            if again is not None:
                self._left.later[step.trade_id] = again

    def _crash_after_intents(self) -> None:
        wrote, self._wrote = self._wrote, []
        for label in wrote:
            crash_point(f"after_{label}")

    def _announce(self, transaction: GatheredTransaction, trade_id: UUID) -> None:
        transaction.announcements.trade(trade_id)
        transaction.announcements.changed(transaction.user_id, "position", trade_id)


def _again_seconds(seen: VenueOrder) -> float | None:
    """When to look at an exit again that did not leave; None where it did. One that met nobody is not tried again at
    once: the book needs time to come back."""
    if seen.status in RESTING:
        return RESTING_SECONDS
    return AGAIN_SECONDS if seen.status is OrderStatus.CANCELED and seen.filled_quantity == 0 else None


def _cancelled(order: Order) -> VenueOrder:
    """A conditional order after the venue said that it is cancelled: it had not triggered."""
    return VenueOrder(
        client_order_id=order.client_order_id,
        exchange_order_id=order.exchange_order_id or "",
        triggered_order_id=order.triggered_order_id,
        symbol=order.symbol,
        side=OrderSide(order.side),
        status=OrderStatus.CANCELED,
        quantity=order.quantity,
        filled_quantity=order.filled_quantity,
        average_price=order.average_price,
        trigger_price=order.trigger_price,
        reduce_only=order.reduce_only,
        conditional=True,
        updated_at=utc_now(),
    )
