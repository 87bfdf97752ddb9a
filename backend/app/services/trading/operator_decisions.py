"""What an operator decided about a trade, carried out: take the venue's word, leave, or close the books.

The venue is read first, the trade is locked and written afterwards. A choice that the facts do not allow changes
nothing but the sentence that says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import structlog

from app.domain.types import ExitReason, OperatorChoice, OrderLeg, TradeStatus
from app.domain.venue import VenueFill
from app.models.trade import Trade
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.closing import finish
from app.services.trading.desk import Desk
from app.services.trading.fills_book import record_fills
from app.services.trading.trade_case import TradeCase

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the venue shows of the trade's market: signed quantity, the user's own included, working orders, and
    recent fills."""

    held: Decimal
    working: frozenset[str]
    fills: Sequence[VenueFill]


async def carry_out_choice(
    desk: Desk, account: TradingAccount, trade_id: UUID, choice: OperatorChoice
) -> None:
    """Carry out the choice; nothing happens to a trade that no longer waits. Raises VenueUnavailableError."""
    async with desk.database.tenant(account.user_id) as session:
        case = await TradeCase.load(TradingTransaction(session, account.user_id), trade_id)
    if case is None or case.status is not TradeStatus.NEEDS_OPERATOR:
        return
    shown = await _read(desk, account, case.trade)
    async with desk.database.tenant(account.user_id) as session:
        transaction = TradingTransaction(session, account.user_id)
        case = await TradeCase.load(transaction, trade_id)
        if case is None or case.status is not TradeStatus.NEEDS_OPERATOR:
            return
        refusal = await _decide(transaction, case, shown, choice)
        if refusal is not None:
            case.trade.operator_reason = refusal
        log.warning("an operator decided", trade_id=str(trade_id), choice=choice.value, refused=refusal)
        transaction.announcements.trade(trade_id)
        transaction.announcements.changed(account.user_id, "position", trade_id)
        await transaction.announcements.send()


async def _read(desk: Desk, account: TradingAccount, trade: Trade) -> _Shown:
    gateway = await desk.gateway(account)
    positions = await gateway.positions(trade.symbol)
    orders = await gateway.open_orders(trade.symbol)
    return _Shown(
        sum((one.side.sign * one.quantity for one in positions if one.side is not None), Decimal(0)),
        frozenset(order.client_order_id for order in orders),
        await gateway.fills(trade.symbol),
    )


async def _decide(
    transaction: TradingTransaction, case: TradeCase, shown: _Shown, choice: OperatorChoice
) -> str | None:
    """Write what the choice means; returns a sentence where the facts do not allow it."""
    trade, user_id = case.trade, transaction.user_id
    # What is known to be the user's own is neither ours to wait for nor ours to adopt.
    held = shown.held - await transaction.external.held(user_id, trade.wallet_id, trade.symbol)
    if choice is OperatorChoice.MARK_CLOSED:
        ours = shown.working & {order.client_order_id for order in case.orders}
        if (held != 0 and shown.held != 0) or ours:
            return (
                f"The venue still shows {shown.held} {case.trade.symbol} and {len(ours)} orders of ours:"
                " close and cancel them there first."
            )
        missing = await _missing(transaction, case, shown)
        await finish(
            transaction, await record_fills(transaction, case, missing, foreign=True), TradeStatus.CLOSED
        )
        return None
    missing = await _missing(transaction, case, shown)
    books, entered = _come_to(case, missing)
    if books != case.side.sign * held or not 0 <= books <= entered:
        return (
            f"Our fills come to {case.side.sign * books} and the venue shows {held}: nothing can be adopted."
        )
    case = await record_fills(transaction, case, missing, foreign=True)
    if choice is OperatorChoice.CLOSE or books == 0:
        reason = ExitReason.MANUAL if books else ExitReason.EXTERNAL
        trade.exit_requested = trade.exit_requested or reason.value
    trade.exits_forgiven = max(
        (order.attempt for order in case.orders if order.leg == OrderLeg.EXIT), default=0
    )
    after = TradeStatus.EXITING if trade.exit_requested else TradeStatus.OPEN_UNPROTECTED
    cleared: dict[str, object] = {"operator_reason": None, "operator_since": None}
    await transaction.trades.move(transaction.user_id, trade, after, cleared)
    return None


def _come_to(case: TradeCase, missing: Sequence[VenueFill]) -> tuple[Decimal, Decimal]:
    """(held, entered) base units of the trade with these fills, of which nothing is written yet."""
    opening = case.side.entry_order_side
    entered = sum((fill.quantity for fill in missing if fill.side == opening), Decimal(0))
    left = sum((fill.quantity for fill in missing if fill.side != opening), Decimal(0))
    return case.position_quantity() + entered - left, case.entered_quantity() + entered


async def _missing(transaction: TradingTransaction, case: TradeCase, shown: _Shown) -> list[VenueFill]:
    """Every fill since the trade opened that is recorded nowhere, neither as ours nor as somebody else's, and that
    no other order of ours caused."""
    trade, user_id = case.trade, transaction.user_id
    fills = [
        fill for fill in shown.fills if trade.opened_at is not None and fill.executed_at >= trade.opened_at
    ]
    ids = [fill.venue_trade_id for fill in fills]
    recorded = await transaction.fills.known_ids(user_id, trade.wallet_id, trade.symbol, ids)
    recorded |= await transaction.external.known_ids(user_id, trade.wallet_id, trade.symbol, ids)
    owners = await transaction.orders.known(
        user_id, trade.wallet_id, sorted({fill.exchange_order_id for fill in fills})
    )
    others = {venue_id for venue_id, (_, trade_id) in owners.items() if trade_id != trade.id}
    return [
        fill for fill in fills if fill.venue_trade_id not in recorded and fill.exchange_order_id not in others
    ]
