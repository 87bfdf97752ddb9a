"""Orders with our prefix that our books do not hold as working: taken into the books, taken away, or alarmed about.

Such an order is ours: the id proves it. It can exist where the books were restored from an older copy, or where
an answer was lost. What only reduces and is not wanted is cancelled; what belongs to a trade we know is adopted;
what cannot be placed freezes the account's entries, and says so.
"""

from uuid import UUID

import structlog

from app.domain.client_order_id import ClientOrderId, parse_client_order_id
from app.domain.types import OrderStatus, OrderType
from app.domain.venue import VenueOrder
from app.models.order import Order
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.ports import ExchangeGateway
from app.services.trading.desk import Desk
from app.services.trading.trade_case import TradeCase

STRANGER = "unknown_order"

log = structlog.get_logger(__name__)


class Adoption:
    """Meets orders of ours that are not in the books; called by the account's one writer only."""

    def __init__(self, desk: Desk, account: TradingAccount, gateway: ExchangeGateway) -> None:
        self._desk = desk
        self._account = account
        self._gateway = gateway

    async def meet(self, shown: VenueOrder) -> UUID | None:
        """Deal with one; returns the trade that it was adopted into, which is then to be looked at."""
        parsed = parse_client_order_id(shown.client_order_id)
        if parsed is None:
            return None
        user_id = self._account.user_id
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            row = await transaction.orders.by_client_id(user_id, shown.client_order_id)
            if row is None:
                adopted = await self._adopt(transaction, parsed, shown)
                if adopted:
                    return parsed.trade_id
            elif not OrderStatus(row.status).is_terminal:
                return None
            elif shown.status.is_terminal:
                return await self._correct(transaction, row, shown)
        if shown.reduce_only and not shown.status.is_terminal:
            if row is None:
                log.critical(
                    "an order of ours that nothing needs is not in our books: cancelled",
                    client_order_id=shown.client_order_id,
                )
            else:
                log.warning("an order that is over still works: cancelled", order=shown.client_order_id)
            await self._gateway.cancel(shown.symbol, shown.client_order_id, conditional=shown.conditional)
            return None
        if row is None:
            await self._alarm(shown)
        return None

    async def _adopt(self, transaction: TradingTransaction, parsed: ClientOrderId, shown: VenueOrder) -> bool:
        """Write the order as the venue shows it into its trade; False where there is no such live trade of this
        account, or where another order does that leg's work already."""
        case = await TradeCase.load(transaction, parsed.trade_id)
        trade = None if case is None else case.trade
        if trade is None or trade.wallet_id != self._account.wallet_id or trade.symbol != shown.symbol:
            return False
        if case is None or case.status.is_terminal:
            return False
        values: dict[str, object] = {
            "client_order_id": shown.client_order_id,
            "wallet_id": trade.wallet_id,
            "trade_id": trade.id,
            "symbol": trade.symbol,
            "leg": parsed.leg.value,
            "attempt": parsed.attempt,
            "status": shown.status.value,
            "order_type": (OrderType.STOP_MARKET if shown.conditional else OrderType.MARKET).value,
            "side": shown.side.value,
            "quantity": shown.quantity,
            "trigger_price": shown.trigger_price,
            "reduce_only": shown.reduce_only,
            "reason": "adopted",
            "exchange_order_id": shown.exchange_order_id,
            "triggered_order_id": shown.triggered_order_id,
            "filled_quantity": shown.filled_quantity,
            "average_price": shown.average_price,
            "accepted_at": shown.updated_at,
        }
        if await transaction.orders.insert(transaction.user_id, values) is None:
            return False
        log.critical(
            "an order of ours that was not in our books is adopted",
            client_order_id=shown.client_order_id,
            trade_id=str(trade.id),
            status=shown.status.value,
        )
        transaction.announcements.changed(transaction.user_id, "position", trade.id)
        await transaction.announcements.send()
        return True

    async def _correct(self, transaction: TradingTransaction, row: Order, shown: VenueOrder) -> UUID | None:
        """An order that we wrote off and that was filled: its fills are ours. The status that is written stands,
        what identifies its fills is added."""
        if shown.filled_quantity <= row.filled_quantity and row.exchange_order_id == shown.exchange_order_id:
            return None
        log.critical("an order that was written off was executed", order=row.client_order_id)
        values: dict[str, object] = {
            "exchange_order_id": row.exchange_order_id if shown.conditional else shown.exchange_order_id,
            "filled_quantity": max(shown.filled_quantity, row.filled_quantity),
        }
        if row.order_type == OrderType.STOP_MARKET:  # the plain order that it became
            values["exchange_order_id"] = row.exchange_order_id
            values["triggered_order_id"] = shown.exchange_order_id
        await transaction.orders.move(transaction.user_id, row, OrderStatus(row.status), values)
        return row.trade_id

    async def _alarm(self, shown: VenueOrder) -> None:
        """Nothing explains it: no more entries on the account until somebody looked."""
        user_id, wallet_id = self._account.user_id, self._account.wallet_id
        log.critical("an order with our prefix is not in our books", client_order_id=shown.client_order_id)
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            reason = f"{STRANGER}: {shown.client_order_id} works at the venue and is not in our books"
            if await transaction.accounts.freeze(user_id, wallet_id, reason):
                transaction.announcements.changed(user_id, "wallet", wallet_id)
            await transaction.announcements.send()
