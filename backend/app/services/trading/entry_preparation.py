"""What an entry needs before it may pass the gate: its owner's yes, and the order book of this moment.

Nothing is read from the venue while rows are locked: what is missing is named, and asked for between two
transactions.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.domain.clock_offset import MAX_ENTRY_OFFSET_MS, may_enter_by_clock
from app.domain.decimal_text import grouped
from app.domain.execution_settings import ExecutionSettings
from app.domain.types import OrderLeg, Side
from app.models.order import Order
from app.models.trade import Trade
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.desk import Desk
from app.services.trading.entry_refusals import NotYet, Refusal
from app.services.trading.entry_routes import EntryTerms, settings_in_bps
from app.services.trading.trade_case import TradeCase

BOOK_AGAIN_SECONDS = 0.5
NOT_CONFIRMED = "not_confirmed"
PAUSE_SECONDS = 1.0
CLOCK_AGAIN_SECONDS = 0.1
CLOCK_OFFSET = "clock_offset"
INSTRUMENT_UNKNOWN = "instrument_unknown"
EXTERNAL_POSITION = "external_position"


@dataclass(frozen=True, slots=True)
class BookNeeded:
    """The book must be read first, deep enough for that quantity."""

    venue: str
    symbol: str
    quantity: Decimal


async def prepare_entry(
    desk: Desk, transaction: TradingTransaction, case: TradeCase, order: Order, now: datetime
) -> EntryTerms | BookNeeded | NotYet | Refusal:
    """Return the terms on which the entry may be routed, or what stands before that."""
    trade = case.trade
    clock = _clock(desk, trade.venue)
    if clock is not None:
        return clock
    pause = _pause(case, now)
    if pause > 0:
        return NotYet(pause)
    opposed = await _opposed(transaction, trade)
    if opposed is not None:
        return opposed
    row = await transaction.execution_settings.of_wallet(transaction.user_id, trade.wallet_id)
    instrument = await desk.markets.instrument(trade.venue, trade.symbol)
    if instrument is None:
        return Refusal(INSTRUMENT_UNKNOWN, f"The venue does not say what {trade.symbol} is.")
    settings = settings_in_bps(row, price=trade.planned_entry_price, instrument=instrument)
    unconfirmed = await _confirmation(transaction, trade, order, settings, now)
    if unconfirmed is not None:
        return unconfirmed
    held = desk.books.held(trade.venue, trade.symbol, order.quantity)
    if held is None:
        return BookNeeded(trade.venue, trade.symbol, order.quantity)
    timeout = timedelta(seconds=float(settings.execution_timeout_seconds))
    begun = (
        order.created_at
        if order.leg == OrderLeg.ADD
        else max(trade.created_at, trade.confirmed_at or trade.created_at)
    )
    if held.book is None and now < begun + timeout:
        return NotYet(BOOK_AGAIN_SECONDS)
    volatility = desk.risk.daily_volatility(trade.venue, trade.symbol)
    return EntryTerms(settings, held.book, instrument, volatility)


def _pause(case: TradeCase, now: datetime) -> float:
    """Seconds until the next order of a worked entry: the book needs time to come back."""
    sent = [
        order.sent_at for order in case.orders if order.leg == OrderLeg.ENTRY and order.sent_at is not None
    ]
    if case.trade.entry_until is None or not sent:
        return 0.0
    return PAUSE_SECONDS - (now - max(sent)).total_seconds()


async def _opposed(transaction: TradingTransaction, trade: Trade) -> Refusal | None:
    """None unless the account holds a position of somebody else in the symbol on the other side: a venue nets them,
    so that our entry would close what is not ours, and no stop of ours could stand."""
    held = await transaction.external.all_held(transaction.user_id, trade.wallet_id)
    quantity = held.get(trade.symbol)
    if quantity is None or quantity * Side(trade.side).sign > 0:
        return None
    how = "long" if quantity > 0 else "short"
    return Refusal(
        EXTERNAL_POSITION,
        f"{trade.symbol} refused: {grouped(abs(quantity))} are held {how} that we did not open, and an order the"
        " other way would close them.",
    )


def _clock(desk: Desk, venue: str) -> NotYet | Refusal | None:
    """None where the venue's clock is known and near enough to ours."""
    offset_ms = desk.gateways.clock_offset_ms(venue)
    if offset_ms is None:
        return NotYet(CLOCK_AGAIN_SECONDS)
    if may_enter_by_clock(offset_ms):
        return None
    return Refusal(
        CLOCK_OFFSET,
        f"The venue's clock is {abs(offset_ms)} ms {'ahead of' if offset_ms > 0 else 'behind'} ours;"
        f" entries stop beyond {MAX_ENTRY_OFFSET_MS} ms.",
    )


async def _confirmation(
    transaction: TradingTransaction, trade: Trade, order: Order, settings: ExecutionSettings, now: datetime
) -> NotYet | Refusal | None:
    """None where nobody's yes is missing. The wait begins when it is first asked for and is written down, so
    that a restart does not begin it anew."""
    if settings.confirm_trades and order.leg == OrderLeg.ADD:
        found = await transaction.additions.numbered(transaction.user_id, trade.id, order.attempt)
        if found is not None and found[0].step is not None and trade.confirmed_at is not None:
            return None  # it is a part of what was said yes to
        return Refusal(NOT_CONFIRMED, "Its owner says yes to every entry, and is not asked about additions.")
    if not settings.confirm_trades or trade.confirmed_at is not None:
        return None
    if trade.confirm_by is None:
        trade.confirm_by = now + timedelta(seconds=settings.confirm_seconds)
        transaction.announcements.changed(transaction.user_id, "position", trade.id)
    left = (trade.confirm_by - now).total_seconds()
    if left > 0:
        return NotYet(left)
    return Refusal(NOT_CONFIRMED, f"Its owner did not say yes within {settings.confirm_seconds} seconds.")
