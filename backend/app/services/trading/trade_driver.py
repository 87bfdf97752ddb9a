"""Drives one trade, step by step, until there is nothing to do: first tries, retries and recovery alike.

Each step: read what is written, ask what comes next, take it to the venue outside any transaction, write the
answer. A crash anywhere is followed by the same step, because the question depends only on what is written.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from time import perf_counter
from uuid import UUID

import structlog

from app.core.clock import utc_now
from app.core.crash_points import crash_point
from app.domain.order_states import Action, ActionKind
from app.domain.routing import RouteKind, is_outbid
from app.domain.types import OrderLeg, OrderSide, OrderStatus, OrderType, TradeStatus
from app.domain.venue import (
    Accepted,
    LeverageRefusedError,
    PlaceOutcome,
    Refused,
    Unknown,
    VenueFill,
    VenueOrder,
    VenueUnavailableError,
)
from app.models.order import Order
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.ports import ExchangeGateway
from app.services.trading.desk import Desk
from app.services.trading.drive_steps import Rest, Step, Writing
from app.services.trading.entry_gate import turn_down
from app.services.trading.entry_preparation import BookNeeded, prepare_entry
from app.services.trading.entry_refusals import NotYet, Refusal
from app.services.trading.entry_routes import EntryTerms
from app.services.trading.execution_records import Timing, timing_of
from app.services.trading.gate import Passed, pass_gate
from app.services.trading.intents import Advance
from app.services.trading.lookup import RESTING, Absent, find_order
from app.services.trading.outcome import (
    FILTERS,
    put_stop_on_tick,
    record_absence,
    record_order,
    record_refusal,
)
from app.services.trading.slippage_events import tell_of_slippage
from app.services.trading.trade_case import TradeCase, crash_leg

LEVERAGE_REFUSED = "leverage_refused"
MOST_ROUNDS = 40
ASK_AGAIN_SECONDS = 0.1
RESTING_SECONDS = 1.0
REFUSED_SECONDS = 0.2
IN_DOUBT_SECONDS = 0.3
BUDGET_AGAIN_SECONDS = 1.0

log = structlog.get_logger(__name__)


class TradeDriver:
    """Drives the trades of one account, one at a time."""

    def __init__(
        self,
        desk: Desk,
        account: TradingAccount,
        gateway: ExchangeGateway,
        in_doubt: Callable[[], bool] = lambda: False,
    ) -> None:
        """While `in_doubt` says so, what is known of the account may be stale, and no entry leaves."""
        self._desk = desk
        self._account = account
        self._gateway = gateway
        self._in_doubt = in_doubt
        self._changed = False
        self._case: TradeCase | None = None  # what the step before left behind, while one drive lasts

    async def drive(self, trade_id: UUID) -> Rest:
        """Take the trade as far as it can go now."""
        rest = await self._steps(trade_id)
        return rest if self._case is None else replace(rest, urgency=self._case.urgency)

    async def _steps(self, trade_id: UUID) -> Rest:
        self._changed, self._case = False, None
        for _ in range(MOST_ROUNDS):
            step = await self._decide(trade_id)
            if step is None:
                return Rest(None, self._changed)
            try:
                rest = await self._carry_out(trade_id, step)
            except VenueUnavailableError as error:
                log.warning("the venue gives no certain answer", trade_id=str(trade_id), error=str(error))
                return Rest(ASK_AGAIN_SECONDS, self._changed, failed=True)
            if rest is not None:
                return rest
        log.error("a trade takes too many steps", trade_id=str(trade_id))
        return Rest(RESTING_SECONDS, self._changed)

    async def _decide(self, trade_id: UUID) -> Step | None:
        """Read, write what needs no venue, and pass the gate where an order is to leave."""
        async with self._desk.database.tenant(self._account.user_id) as session:
            transaction = TradingTransaction(session, self._account.user_id)
            case = await self._load(transaction, trade_id)
            if case is None or case.status.is_terminal:
                return None
            now = utc_now()
            advance = Advance(self._desk, transaction, now, await self._may_enter(transaction, case))
            case, action = await advance.run(case)
            step = await self._prepare(transaction, case, action, now)
            await transaction.announcements.send()
        self._case = case
        self._crash_after_intents(advance)
        if step is not None and step.passed is not None:
            crash_point(f"after_commit_sending_{crash_leg(step.passed.order)}")
        return step

    async def _load(self, transaction: TradingTransaction, trade_id: UUID) -> TradeCase | None:
        """The trade, locked: read whole at first, afterwards what the step before left, locked anew. A step
        that fails leaves nothing behind, so that the next one reads everything."""
        known, self._case = self._case, None
        if known is None:
            return await TradeCase.load(transaction, trade_id)
        return await known.again(transaction)

    async def _prepare(
        self, transaction: TradingTransaction, case: TradeCase, action: Action, now: datetime
    ) -> Step | None:
        if action.kind in (ActionKind.NOTHING, ActionKind.FINISH, ActionKind.CALL_OPERATOR):
            return None
        order = None if action.client_order_id is None else case.order(action.client_order_id)
        if action.kind is not ActionKind.SEND or order is None:
            return Step(action, order, None)
        opens, trade, known = OrderLeg(order.leg).opens, case.trade, self._desk.leverage
        if opens and not known.is_set(trade.wallet_id, trade.symbol, trade.leverage, now):
            return Step(action, order, None, leverage=trade.leverage)
        passed: Passed | BookNeeded | NotYet | None
        if opens:
            passed = await self._pass_entry(transaction, case, order, now)
        else:
            passed = await pass_gate(self._desk, transaction, self._account, case, order, now)
        if passed is None or isinstance(passed, Passed):
            return None if passed is None else Step(action, order, passed)
        return Step(action, order, None, missing=passed)

    async def _pass_entry(
        self, transaction: TradingTransaction, case: TradeCase, order: Order, now: datetime
    ) -> Passed | BookNeeded | NotYet | None:
        """Through the gate with what an entry needs, or what stands before it; None where it was turned down and
        nothing is left to do."""
        if self._in_doubt():
            return NotYet(IN_DOUBT_SECONDS)
        ready = await prepare_entry(self._desk, transaction, case, order, now)
        if isinstance(ready, Refusal):
            return await turn_down(transaction, case, order, [ready.breach()], now)
        if not isinstance(ready, EntryTerms):
            return ready
        wait = await self._gateway.admit_entry()
        if wait is not None:
            return NotYet(min(wait, BUDGET_AGAIN_SECONDS))
        return await pass_gate(self._desk, transaction, self._account, case, order, now, ready)

    async def _may_enter(self, transaction: TradingTransaction, case: TradeCase) -> bool:
        """Whether the signal is still young enough for an entry, or for the rest of one, in market time."""
        trade = case.trade
        resting = any(o.leg == OrderLeg.ENTRY and not OrderStatus(o.status).is_terminal for o in case.orders)
        resting = resting or trade.entry_until is not None
        if not resting and case.status not in (TradeStatus.INTENT, TradeStatus.ENTERING):
            return True
        signal = await self._desk.signal_of(transaction, trade)
        if signal is None:
            return False
        market_time = await self._desk.markets.time_for(signal)
        return market_time is None or market_time < signal.expires_at

    async def _carry_out(self, trade_id: UUID, step: Step) -> Rest | None:
        """Take one step to the venue; None to go on, else the rest."""
        order = step.order
        if order is None:
            raise ValueError(f"a step at the venue about no order: {step.action}")
        if step.leverage is not None:
            await self._set_leverage(trade_id, order, step.leverage)
            return None
        match step.missing:
            case BookNeeded(venue=venue, symbol=symbol, quantity=quantity):
                await self._desk.books.read(venue, symbol, quantity)
                return None
            case NotYet(seconds=seconds):
                return Rest(seconds, self._changed)
        match step.action.kind:
            case ActionKind.SEND if step.passed is not None:
                return await self._send(trade_id, step.passed)
            case ActionKind.ASK if await self._is_outbid(order):
                return await self._cancel(trade_id, order)
            case ActionKind.ASK:
                return await self._ask(trade_id, order)
            case ActionKind.READ_FILLS:
                return await self._read_fills(trade_id, order)
            case ActionKind.CANCEL:
                return await self._cancel(trade_id, order)
            case _:
                raise ValueError(f"not a step at the venue: {step.action}")

    async def _set_leverage(self, trade_id: UUID, order: Order, leverage: int) -> None:
        """Set what the entry was sized for; where the venue refuses it for good, the entry is turned down."""
        try:
            await self._gateway.set_leverage(order.symbol, leverage)
        except LeverageRefusedError as error:
            breach = Refusal(LEVERAGE_REFUSED, str(error)).breach()
            async with self._writing(trade_id) as writing:
                own = writing.case.order(order.client_order_id)
                await turn_down(writing.transaction, writing.case, own, [breach], utc_now())
            return
        self._desk.leverage.note(order.wallet_id, order.symbol, leverage, utc_now())
        crash_point("after_set_leverage")

    async def _send(self, trade_id: UUID, passed: Passed) -> Rest | None:
        order, leg = passed.order, crash_leg(passed.order)
        begun = perf_counter()
        outcome = await self._place(passed)
        timing = timing_of(perf_counter() - begun, outcome)
        match outcome:
            case Accepted(order=seen):
                crash_point(f"after_response_{leg}")
                await self._record(trade_id, order, seen, timing)
                return self._rest_after(order, seen)
            case Refused(already_there=True):
                return None  # the next step asks for it
            case Refused():
                crash_point(f"after_response_{leg}")
                tried, terms = order.retry_count or 0, passed.terms
                await self._record_refusal(trade_id, passed, outcome, timing)
                if outcome.retryable:
                    pause = REFUSED_SECONDS if terms is None else terms.retry_seconds(tried)
                    return Rest(pause, self._changed, failed=terms is None)
                if order.leg == OrderLeg.EXIT:
                    # The account is compared before long: what it was to leave may be gone, by its owner's hand.
                    return Rest(REFUSED_SECONDS, self._changed, suspicious=True, failed=True)
                return None
            case Unknown(message=message):
                log.warning("the outcome of an order is unknown", order=order.client_order_id, why=message)
                crash_point(f"after_unknown_{leg}")
                return None  # the next step asks for it

    async def _place(self, passed: Passed) -> PlaceOutcome:
        if passed.approved is not None:
            return await self._gateway.place_entry(passed.approved, passed.ticket)
        if passed.order.leg == OrderLeg.STOP:
            return await self._gateway.place_protective(passed.ticket)
        return await self._gateway.place_exit(passed.ticket)

    async def _ask(self, trade_id: UUID, order: Order) -> Rest | None:
        """Ask for an order by its id; never send it again."""
        found = await self._find(order)
        leg = crash_leg(order)
        crash_point(f"after_query_{leg}")
        match found:
            case VenueOrder():
                moved = await self._record(trade_id, order, found)
                resting = not moved and found.status in (OrderStatus.OPEN, OrderStatus.PARTIAL)
                return Rest(RESTING_SECONDS, self._changed) if resting else self._rest_after(order, found)
            case Absent(status=None):
                return Rest(found.wait_seconds, self._changed)
            case Absent(status=OrderStatus() as status):
                async with self._writing(trade_id) as writing:
                    own = writing.case.order(order.client_order_id)
                    await record_absence(writing.transaction, writing.case, own, status, utc_now())
                crash_point(f"after_not_accepted_{leg}")
        return None

    async def _find(self, order: Order) -> VenueOrder | Absent:
        """Look for an order. An entry that seems never to have arrived is looked for again once the venue's clock was
        measured: by that clock it is taken or refused, and where it was set back the entry may still come to be. What
        only reduces is not waited for: a second one does no harm, and a position may be without its stop."""
        found = await find_order(self._gateway, self._desk.terms.outcome_margin_ms, order, utc_now())
        never = isinstance(found, Absent) and found.status is OrderStatus.NOT_ACCEPTED
        if never and OrderLeg(order.leg).opens:
            await self._desk.gateways.measure_clock(self._account.venue)
            margin_ms = self._desk.margin_ms(self._account.venue)
            found = await find_order(self._gateway, margin_ms, order, utc_now())
        return found

    def _rest_after(self, order: Order, seen: VenueOrder) -> Rest | None:
        """A way out that met nobody is tried again, but not at once: the book needs time to come back."""
        met_nobody = seen.status is OrderStatus.CANCELED and seen.filled_quantity == 0
        if order.leg in (OrderLeg.EXIT, OrderLeg.SCALE_OUT) and met_nobody:
            return Rest(REFUSED_SECONDS, self._changed, failed=True)
        return None

    async def _is_outbid(self, order: Order) -> bool:
        """Whether an entry that waits in the book should be priced again: cancelled, and its rest decided anew."""
        case = self._case
        if order.route != RouteKind.POSTED or order.status not in RESTING or case is None:
            return False
        cap, price = case.trade.entry_cap_price, order.limit_price
        if cap is None or price is None:
            return False
        held = await self._desk.books.read(self._account.venue, order.symbol, order.quantity)
        if held.book is None:
            return False
        side = OrderSide(order.side)
        return is_outbid(side, price, cap, held.book.joined_by(side))

    async def _cancel(self, trade_id: UUID, order: Order) -> Rest | None:
        leg = order.leg if order.leg in (OrderLeg.STOP, OrderLeg.ENTRY) else None
        if leg is not None:
            crash_point(f"before_cancel_{leg}")
        conditional = order.order_type == OrderType.STOP_MARKET
        seen = await self._gateway.cancel(order.symbol, order.client_order_id, conditional=conditional)
        if leg is not None:
            crash_point(f"after_cancel_{leg}")
        if seen is None:
            return await self._ask(trade_id, order)
        moved = await self._record(trade_id, order, seen)
        crash_point("after_record_cancel_entry" if leg == OrderLeg.ENTRY else "after_record_cancel")
        return None if moved else Rest(REFUSED_SECONDS, self._changed)

    async def _read_fills(self, trade_id: UUID, order: Order) -> Rest | None:
        """Read the trades of an order of which the venue says that more was filled than we have."""
        conditional = order.order_type == OrderType.STOP_MARKET
        seen = await self._gateway.find_order(order.symbol, order.client_order_id, conditional=conditional)
        if seen is None:
            return Rest(ASK_AGAIN_SECONDS * 3, self._changed, suspicious=True)
        moved = await self._record(trade_id, order, seen)
        return None if moved else Rest(ASK_AGAIN_SECONDS, self._changed, suspicious=True)

    async def _record(
        self, trade_id: UUID, order: Order, seen: VenueOrder, timing: Timing | None = None
    ) -> bool:
        """Write an order as the venue shows it, its fills and the next intent; False when nothing was new."""
        fills = await self._fills_of(order, seen)
        before = (order.status, order.filled_quantity)
        async with self._writing(trade_id) as writing:
            count = len(writing.case.fills)
            own = writing.case.order(order.client_order_id)
            writing.case = await record_order(
                writing.transaction, writing.case, own, seen, fills, utc_now(), timing
            )
            grown = len(writing.case.fills) > count
            if grown:
                await tell_of_slippage(self._desk, writing.transaction, writing.case, own)
            self._changed |= grown
        crash_point(f"after_record_{crash_leg(order)}")
        return grown or (seen.status, seen.filled_quantity) != before

    async def _fills_of(self, order: Order, seen: VenueOrder) -> Sequence[VenueFill]:
        """The trades of an order; none where the venue does not tell them now (they are asked for again)."""
        if seen.filled_quantity == 0:
            return ()
        venue_id = seen.exchange_order_id
        if seen.conditional:
            if seen.triggered_order_id is None:
                return ()
            venue_id = seen.triggered_order_id
        try:
            return await self._gateway.fills(order.symbol, exchange_order_id=venue_id)
        except VenueUnavailableError:
            return ()

    async def _record_refusal(self, trade_id: UUID, passed: Passed, refused: Refused, timing: Timing) -> None:
        most = None if passed.terms is None else passed.terms.retries
        is_filtered = refused.code in FILTERS
        if is_filtered:  # what was checked against them by us: the venue's filters have changed
            await self._desk.markets.read_again(self._account.venue, passed.order.symbol)
        async with self._writing(trade_id) as writing:
            own = writing.case.order(passed.order.client_order_id)
            await record_refusal(writing.transaction, writing.case, own, refused, utc_now(), timing, most)
            if is_filtered and own.leg == OrderLeg.STOP:
                tick = self._desk.markets.price_tick(self._account.venue, own.symbol)
                put_stop_on_tick(writing.case.trade, tick)
        crash_point(f"after_record_{crash_leg(passed.order)}")

    @asynccontextmanager
    async def _writing(self, trade_id: UUID) -> AsyncIterator[Writing]:
        """A transaction on the locked trade, ended by every step that needs no venue."""
        async with self._desk.database.tenant(self._account.user_id) as session:
            transaction = TradingTransaction(session, self._account.user_id)
            case = await self._load(transaction, trade_id)
            if case is None:
                raise LookupError(f"trade {trade_id} is gone")
            writing = Writing(transaction, case)
            yield writing
            case = writing.case
            advance = Advance(self._desk, transaction, utc_now(), await self._may_enter(transaction, case))
            case, _ = await advance.run(case)
            transaction.announcements.trade(trade_id)
            await transaction.announcements.send()
        self._case = case
        self._crash_after_intents(advance)

    @staticmethod
    def _crash_after_intents(advance: Advance) -> None:
        for label in advance.wrote:
            crash_point(f"after_{label}")
