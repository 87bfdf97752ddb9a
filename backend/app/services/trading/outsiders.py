"""Fills of somebody else, written down: what they did to a position of ours, and what they hold of their own.

What is not ours is never stopped, moved or closed: it is counted. A manual trade that closed or reduced a position
of ours keeps the exit rules as they stood, so that a job can say later what they would have done.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import structlog

from app.core.clock import utc_now
from app.core.metrics import EXTERNAL_FILLS
from app.domain.accounting import money
from app.domain.external_fills import Effect, NettedBook, Shared, share_out
from app.domain.types import ExitReason
from app.domain.venue import VenueFill
from app.models.manual_trade import ManualTrade
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.desk import Desk
from app.services.trading.fills_book import record_fills
from app.services.trading.kept_rules import rules_document, rules_of
from app.services.trading.trade_case import TradeCase

ZERO = Decimal(0)
OURS, OWN = "ours", "own"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of one external fill: what it touched, what it did, and its P&L net of fees."""

    fill: VenueFill
    touched: str
    effect: Effect
    quantity: Decimal
    fees: Decimal
    pnl: Decimal


class Outsiders:
    """Records external fills of one account; called by its one writer only."""

    def __init__(self, desk: Desk, account: TradingAccount) -> None:
        self._desk = desk
        self._account = account

    async def record(
        self, symbol: str, fills: Sequence[VenueFill], *, liquidated: bool = False
    ) -> TradeCase | None:
        """Write fills that no order of ours caused, or (`liquidated`) that the venue's own liquidation caused;
        returns the trade of ours that they touched, if any."""
        user_id, wallet_id = self._account.user_id, self._account.wallet_id
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            known = await transaction.external.known_ids(
                user_id, wallet_id, symbol, [fill.venue_trade_id for fill in fills]
            )
            new = sorted((f for f in fills if f.venue_trade_id not in known), key=_sequence)
            if not new:
                return None
            case = await self._live_case(transaction, symbol)
            net = (await transaction.fills.net_quantity(user_id, wallet_id)).get(symbol, ZERO)
            book = NettedBook(net, await transaction.external.held(user_id, wallet_id, symbol))
            rows, parts, closing = [], [], []
            for fill in new:
                shared = _share(book, case, fill)
                book = shared.after
                rows.append(self._row(fill, shared, case))
                parts += _parts(fill, shared, case)
                if shared.closed_ours > 0:
                    closing.append(_portion(fill, shared.closed_ours))
            await transaction.external.insert_fills(user_id, rows)
            await transaction.external.hold(user_id, wallet_id, symbol, book.external)
            for part in parts:
                await self._remember(transaction, part, case)
            if case is not None and closing:
                reason = ExitReason.LIQUIDATION if liquidated else ExitReason.EXTERNAL
                case = await self._close(transaction, case, closing, book, reason)
            transaction.announcements.changed(user_id, "wallet", wallet_id)
            await transaction.announcements.send()
        EXTERNAL_FILLS.labels(self._account.venue).inc(len(new))
        log.warning("trades of somebody else were found", symbol=symbol, fills=len(new))
        return case if closing else None

    async def _live_case(self, transaction: TradingTransaction, symbol: str) -> TradeCase | None:
        live = await transaction.trades.live_of_wallet(self._account.user_id, self._account.wallet_id, symbol)
        return None if not live else await TradeCase.load(transaction, live[0].trade_id)

    async def _close(
        self,
        transaction: TradingTransaction,
        case: TradeCase,
        closing: Sequence[VenueFill],
        book: NettedBook,
        reason: ExitReason,
    ) -> TradeCase:
        if book.ours == 0 and (case.trade.exit_requested is None or reason is ExitReason.LIQUIDATION):
            case.trade.exit_requested = reason.value
        case = await record_fills(transaction, case, closing, foreign=True)
        transaction.announcements.trade(case.trade.id)
        transaction.announcements.changed(transaction.user_id, "position", case.trade.id)
        log.warning("our position was reduced by somebody else", trade_id=str(case.trade.id))
        return case

    def _row(self, fill: VenueFill, shared: Shared, case: TradeCase | None) -> dict[str, object]:
        ours = shared.closed_ours > 0 and case is not None
        return {
            "wallet_id": self._account.wallet_id,
            "symbol": fill.symbol,
            "venue_trade_id": fill.venue_trade_id,
            "trade_id": case.trade.id if ours and case is not None else None,
            "exchange_order_id": fill.exchange_order_id,
            "side": fill.side.value,
            "quantity": fill.quantity,
            "closed_quantity": shared.closed_ours,
            "price": fill.price,
            "fee": fill.fee,
            "fee_currency": fill.fee_currency,
            "venue_realized_pnl": fill.realized_pnl,
            "is_maker": fill.is_maker,
            "executed_at": fill.executed_at,
        }

    async def _remember(self, transaction: TradingTransaction, part: _Part, case: TradeCase | None) -> None:
        """One row per order and per what it touched: further fills of it are added."""
        user_id, wallet_id, fill = self._account.user_id, self._account.wallet_id, part.fill
        known = await transaction.external.of_order(user_id, wallet_id, fill.symbol, fill.exchange_order_id)
        row = known.get(part.touched)
        if row is not None:
            notional = row.price * row.quantity + fill.price * part.quantity
            row.quantity += part.quantity
            row.price = (notional / row.quantity).quantize(Decimal("1e-10"))
            row.fees, row.pnl, row.effect = row.fees + part.fees, row.pnl + part.pnl, part.effect.value
            return
        row = ManualTrade(
            wallet_id=wallet_id,
            environment=self._account.environment,
            venue=self._account.venue,
            symbol=fill.symbol,
            exchange_order_id=fill.exchange_order_id,
            touched=part.touched,
            effect=part.effect.value,
            side=fill.side.value,
            quantity=part.quantity,
            price=fill.price,
            fees=part.fees,
            pnl=part.pnl,
            executed_at=fill.executed_at,
            detected_at=utc_now(),
            counterfactual="none",
        )
        if part.touched == OURS and case is not None:
            await self._match(row, case)
        transaction.external.add(user_id, row)
        await transaction.flush()

    async def _match(self, row: ManualTrade, case: TradeCase) -> None:
        """What the closed position was, and the exit rules as they stand now."""
        trade = case.trade
        row.trade_id, row.strategy, row.confidence = trade.id, trade.strategy, trade.signal_confidence
        row.entry_price = trade.entry_price
        if trade.opened_at is not None:
            seconds = Decimal(str((row.executed_at - trade.opened_at).total_seconds()))
            row.duration_minutes = (seconds / 60).quantize(Decimal("0.001"))
        instrument = await self._desk.markets.instrument(trade.venue, trade.symbol)
        if trade.entry_price is None or instrument is None:
            row.counterfactual = "unresolved"
            return
        row.rules = rules_document(rules_of(trade, trade.entry_price, instrument))
        row.counterfactual, row.walked_until = "pending", row.executed_at


def _share(book: NettedBook, case: TradeCase | None, fill: VenueFill) -> Shared:
    opened = None if case is None else case.trade.opened_at
    was_open = opened is not None and fill.executed_at >= opened
    return share_out(book, fill.side, fill.quantity, ours_was_open=was_open)


def _parts(fill: VenueFill, shared: Shared, case: TradeCase | None) -> list[_Part]:
    """The parts of a fill that are not empty. What the venue realised beyond our part is the user's own."""
    parts, ours_pnl = [], ZERO
    if shared.closed_ours > 0 and case is not None and case.trade.entry_price is not None:
        effect = Effect.CLOSED_OURS if shared.after.ours == 0 else Effect.REDUCED_OURS
        fees = _fee(fill, shared.closed_ours) + _entry_fees(case, shared.closed_ours)
        ours_pnl = money(case.side.sign * (fill.price - case.trade.entry_price) * shared.closed_ours)
        parts.append(_Part(fill, OURS, effect, shared.closed_ours, fees, ours_pnl - fees))
    own = shared.reduced_own + shared.opened_own
    if own > 0:
        effect = Effect.OPENED_OWN if shared.opened_own > 0 else Effect.REDUCED_OWN
        fees = _fee(fill, own)
        realized = fill.realized_pnl - ours_pnl if shared.reduced_own > 0 else ZERO
        parts.append(_Part(fill, OWN, effect, own, fees, realized - fees))
    return parts


def _portion(fill: VenueFill, quantity: Decimal) -> VenueFill:
    """A part of a fill as a fill: fee and the venue's realised P&L in proportion."""
    if quantity == fill.quantity:
        return fill
    share = quantity / fill.quantity
    return replace(
        fill, quantity=quantity, fee=_fee(fill, quantity), realized_pnl=money(fill.realized_pnl * share)
    )


def _fee(fill: VenueFill, quantity: Decimal) -> Decimal:
    return fill.fee if quantity == fill.quantity else money(fill.fee * quantity / fill.quantity)


def _entry_fees(case: TradeCase, quantity: Decimal) -> Decimal:
    """The share of the entry's fees that a part of the position carries."""
    entered = [fill for fill in case.fills if fill.side == case.side.entry_order_side]
    total = sum((fill.quantity for fill in entered), ZERO)
    return ZERO if total == 0 else money(sum((fill.fee for fill in entered), ZERO) * quantity / total)


def _sequence(fill: VenueFill) -> tuple[int, str]:
    text = fill.venue_trade_id
    return (int(text) if text.isdecimal() else 0, text)
