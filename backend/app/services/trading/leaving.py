"""Wishes about a position, written on its trade: leave it, leave a part of it, or turn it around.

A wish is a fact on the locked trade; what is sent for it is decided by the trade's steps, so that a wish may be
asked for twice and a crash between the two changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import structlog

from app.core.db import Database
from app.domain.scale_out import break_even_stop, scale_out_plan
from app.domain.types import ExitReason
from app.models.signal import Signal
from app.repositories.fan_out import FanOutTransaction
from app.repositories.trades import LiveTrade
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.markets import MarketView
from app.services.trading.trade_case import TradeCase

log = structlog.get_logger(__name__)


class InstrumentUnknownError(Exception):
    """The venue does not say now in which steps the market trades; the work is done later."""


class NoSuchPartError(ValueError):
    """The position is not left in that many parts."""


async def ask_for_part(
    transaction: TradingTransaction, markets: MarketView, trade_id: UUID, step: int
) -> bool:
    """Note that all parts up to `step` (from 1) are due, and where the stop goes after the first.

    False when there is nothing to leave any more. Raises NoSuchPartError, InstrumentUnknownError.
    """
    case = await TradeCase.load(transaction, trade_id)
    if case is None or case.status.is_terminal or case.trade.exit_requested is not None:
        return False
    trade, entered = case.trade, case.entered_quantity()
    if entered == 0 or trade.entry_price is None:
        return False
    instrument = await markets.instrument(trade.venue, trade.symbol)
    if instrument is None:
        raise InstrumentUnknownError(f"{trade.symbol} at {trade.venue}")
    try:
        plan = scale_out_plan(
            side=case.side,
            quantity=entered,
            entry_price=trade.entry_price,
            initial_stop=trade.planned_stop_price,
            instrument=instrument,
        )
    except ValueError as error:  # the entry slipped beyond its stop: there is no R to count in
        raise NoSuchPartError(str(error)) from error
    if not 1 <= step <= len(plan):
        raise NoSuchPartError(f"part {step} of {len(plan)}")
    if step <= trade.scale_out_step:
        return True
    if step == len(plan):  # the last part is all that is left
        await transaction.trades.request_exit(transaction.user_id, trade_id, ExitReason.TAKE_PROFIT)
    trade.scale_out_step = step
    trade.scale_out_quantity = sum((part.quantity for part in plan[:step]), Decimal(0))
    if trade.break_even_price is None:
        trade.break_even_price = break_even_stop(
            side=case.side,
            entry_price=trade.entry_price,
            fee_rate=instrument.taker_fee_rate,
            instrument=instrument,
        )
    transaction.announcements.changed(transaction.user_id, "position", trade_id)
    return True


class Reversals:
    """An opposite signal of the same strategy and timeframe closes what is held, then may enter."""

    def __init__(self, system: Database) -> None:
        self._system = system

    async def begin(
        self, signal: Signal, accounts: Sequence[TradingAccount], market_time: datetime | None
    ) -> list[LiveTrade]:
        """Ask for the exit of every opposite trade of these accounts, and leave the second half of the
        work in the outbox, both in one transaction. Returns those trades; an old signal turns nothing."""
        if market_time is not None and market_time >= signal.expires_at:
            return []
        shards = {account.wallet_id: account.shard for account in accounts}
        async with self._system.system() as session:
            transaction = FanOutTransaction(session)
            opposite = await transaction.trades.turn(signal, sorted(shards))
            for trade in opposite:
                await transaction.outbox.put(
                    "reverse",
                    {
                        "signal_id": str(signal.id),
                        "wallet_id": str(trade.wallet_id),
                        "trade_id": str(trade.trade_id),
                    },
                    shard=shards[trade.wallet_id],
                    user_id=trade.user_id,
                    wallet_id=trade.wallet_id,
                    dedupe_key=f"reverse:{signal.id}:{trade.wallet_id}",
                )
        if opposite:
            log.info("a signal turns positions around", signal_id=str(signal.id), trades=len(opposite))
        return opposite
