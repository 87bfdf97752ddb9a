"""Comparing our books with the venue: what it shows is the truth, an error of it is never "flat".

Known orders converge, missed fills are inserted, a position that is not the sum of our fills freezes the
account's entries, and what is not ours is counted but never touched.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import structlog

from app.core.clock import utc_now
from app.domain.client_order_id import is_of_deployment, parse_client_order_id
from app.domain.types import ExitReason, OrderLeg, OrderStatus
from app.domain.venue import VenueFill, VenueOrder, VenuePosition
from app.models.order import Order
from app.repositories.trades import LiveTrade
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.ports import ExchangeGateway
from app.services.trading.desk import Desk
from app.services.trading.fills_book import record_fills, reduces
from app.services.trading.outcome import record_absence, record_order
from app.services.trading.trade_case import TradeCase

MISMATCH = "position_mismatch"
STRANGER = "unknown_order"
OVERLAP_FILLS = 20
READS = 3
READ_AGAIN_SECONDS = 0.15
ZERO = Decimal(0)

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Found:
    """Trades to look at again, whether fills or balances changed, and whether it is to be done again."""

    trades: dict[UUID, None] = field(default_factory=dict)
    changed: bool = False
    cut_short: bool = False


@dataclass(frozen=True, slots=True)
class _Books:
    """What we have written about one symbol."""

    working: list[Order]
    live: list[LiveTrade]
    net: Decimal

    @property
    def has_unknown(self) -> bool:
        return any(order.status == OrderStatus.SENDING for order in self.working)


class Reconciler:
    """Reconciles one account; called by its one writer only."""

    def __init__(
        self,
        desk: Desk,
        account: TradingAccount,
        gateway: ExchangeGateway,
        wanted_elsewhere: Callable[[], bool] = lambda: False,
    ) -> None:
        self._desk = desk
        self._account = account
        self._gateway = gateway
        self._wanted_elsewhere = wanted_elsewhere
        self._found = Found()

    async def symbol(self, symbol: str) -> Found:
        """Compare one symbol. Cut short, to be done again, when a trade waits for the account's writer."""
        await self._converge_orders(symbol, await self._gateway.open_orders(symbol))
        if self._wanted_elsewhere():
            self._found.cut_short = True
        else:
            await self._compare_position(symbol)
        return self._found

    async def whole(self, *, every_order: bool) -> Found:
        """Compare everything: every symbol that we or the venue know of, balances, ledger, and what is not
        ours. `every_order` also reads orders of symbols that we hold nothing in, at 80 weight."""
        positions = await self._gateway.positions(None)
        async with self._desk.database.tenant(self._account.user_id) as session:
            transaction = TradingTransaction(session, self._account.user_id)
            mine = await transaction.orders.at_venue(self._account.user_id, self._account.wallet_id, None)
            live = await transaction.trades.live_of_wallet(
                self._account.user_id, self._account.wallet_id, None
            )
        symbols = {order.symbol for order in mine} | {trade.symbol for trade in live}
        symbols |= {position.symbol for position in positions}
        if every_order:
            working = await self._gateway.open_orders(None)
            symbols |= {order.symbol for order in working if self._is_ours(order)}
        for symbol in sorted(symbols):
            await self._converge_orders(symbol, await self._gateway.open_orders(symbol))
            await self._compare_position(symbol)
        await self._count_external(positions)
        await self._desk.balances.refresh(self._account)
        return self._found

    async def _books(self, symbol: str) -> _Books:
        user_id, wallet_id = self._account.user_id, self._account.wallet_id
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            net = await transaction.fills.net_quantity(user_id, wallet_id)
            return _Books(
                await transaction.orders.at_venue(user_id, wallet_id, symbol),
                await transaction.trades.live_of_wallet(user_id, wallet_id, symbol),
                net.get(symbol, ZERO),
            )

    async def _converge_orders(self, symbol: str, at_venue: Sequence[VenueOrder]) -> None:
        """Bring every order that we believe to be working to what the venue shows."""
        books = await self._books(symbol)
        seen = {order.client_order_id: order for order in at_venue}
        for order in books.working:
            if order.status == OrderStatus.SENDING:
                self._found.trades[order.trade_id] = None
                continue
            shown = seen.get(order.client_order_id)
            if shown is None:
                conditional = order.leg == OrderLeg.STOP
                shown = await self._gateway.find_order(symbol, order.client_order_id, conditional=conditional)
            elif shown.status == order.status and shown.filled_quantity == order.filled_quantity:
                continue
            await self._converge(order, shown)
        known = {order.client_order_id for order in books.working}
        for order_at_venue in at_venue:
            if order_at_venue.client_order_id not in known and self._is_ours(order_at_venue):
                await self._meet_stranger(order_at_venue)
        for trade in books.live:
            self._found.trades[trade.trade_id] = None

    async def _converge(self, order: Order, shown: VenueOrder | None) -> None:
        fills: Sequence[VenueFill] = ()
        venue_id = None if shown is None else _fills_id(shown)
        if shown is not None and venue_id is not None and shown.filled_quantity > 0:
            fills = await self._gateway.fills(order.symbol, exchange_order_id=venue_id)
        async with self._desk.database.tenant(self._account.user_id) as session:
            transaction = TradingTransaction(session, self._account.user_id)
            case = await TradeCase.load(transaction, order.trade_id)
            if case is None:
                return
            own, now = case.order(order.client_order_id), utc_now()
            if shown is None:
                await record_absence(transaction, case, own, OrderStatus.CANCELED, now)
            else:
                recorded = await record_order(transaction, case, own, shown, fills, now)
                self._found.changed |= len(recorded.fills) > len(case.fills)
            transaction.announcements.trade(order.trade_id)
            transaction.announcements.changed(self._account.user_id, "position", order.trade_id)
            await transaction.announcements.send()
        self._found.trades[order.trade_id] = None

    def _is_ours(self, order: VenueOrder) -> bool:
        return is_of_deployment(order.client_order_id, self._desk.terms.deployment)

    async def _meet_stranger(self, shown: VenueOrder) -> None:
        """An order with our prefix that our books do not hold as working.

        One that we know to be over, or whose trade is over, is taken away where it only reduces. One that
        we never wrote raises an alarm and freezes the account's entries.
        """
        parsed = parse_client_order_id(shown.client_order_id)
        async with self._desk.database.tenant(self._account.user_id) as session:
            transaction = TradingTransaction(session, self._account.user_id)
            row = await transaction.orders.by_client_id(self._account.user_id, shown.client_order_id)
            if row is None:
                log.critical(
                    "an order with our prefix is not in our books",
                    client_order_id=shown.client_order_id,
                    trade_id=None if parsed is None else str(parsed.trade_id),
                )
                await transaction.accounts.freeze(
                    self._account.user_id,
                    self._account.wallet_id,
                    f"{STRANGER}: {shown.client_order_id} works at the venue and is not in our books",
                )
                return
            if not OrderStatus(row.status).is_terminal:
                return
        if shown.reduce_only:
            log.warning("an order that is over still works: cancelled", order=shown.client_order_id)
            await self._gateway.cancel(shown.symbol, shown.client_order_id, conditional=shown.conditional)

    async def _compare_position(self, symbol: str) -> None:
        """The venue's position against the sum of our fills, read again before a difference is believed."""
        for attempt in range(READS):
            if attempt:  # a stop may have triggered in between: its fills are ours once that is known
                await asyncio.sleep(READ_AGAIN_SECONDS)
                await self._converge_orders(symbol, await self._gateway.open_orders(symbol))
            held = _signed(await self._gateway.positions(symbol), symbol)
            strangers = await self._take_fills(symbol)
            books = await self._books(symbol)
            if books.has_unknown:
                return
            if held == books.net:
                await self._agree()
                return
            if not books.live:
                return  # a position that is not ours: counted, never touched
            if attempt == READS - 1:
                await self._differ(symbol, held, books, strangers)

    async def _take_fills(self, symbol: str) -> list[VenueFill]:
        """Insert the fills of our orders since the watermark; returns those that are not ours."""
        user_id, wallet_id = self._account.user_id, self._account.wallet_id
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            since = await transaction.fills.watermark(user_id, wallet_id, symbol, OVERLAP_FILLS)
        fills = await self._gateway.fills(symbol, since_id=since)
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            recorded = await transaction.fills.known_ids(
                user_id, wallet_id, symbol, [fill.venue_trade_id for fill in fills]
            )
            missing = [fill for fill in fills if fill.venue_trade_id not in recorded]
            owners = await transaction.orders.known(
                user_id, wallet_id, sorted({fill.exchange_order_id for fill in missing})
            )
            for trade_id in sorted({trade for _, trade in owners.values()}):
                case = await TradeCase.load(transaction, trade_id)
                if case is not None:
                    await record_fills(transaction, case, missing)
                    self._found.trades[trade_id] = None
                    self._found.changed = True
                    transaction.announcements.trade(trade_id)
            await transaction.announcements.send()
        return [fill for fill in missing if fill.exchange_order_id not in owners]

    async def _agree(self) -> None:
        async with self._desk.database.tenant(self._account.user_id) as session:
            transaction = TradingTransaction(session, self._account.user_id)
            if await transaction.accounts.unfreeze(self._account.user_id, self._account.wallet_id, MISMATCH):
                log.info("position and fills agree again", wallet_id=str(self._account.wallet_id))

    async def _differ(
        self, symbol: str, held: Decimal, books: _Books, strangers: Iterable[VenueFill]
    ) -> None:
        """Somebody else changed our position. What only reduced it belongs to the trade; else the account
        enters nothing until books and venue agree again."""
        user_id, trade_id = self._account.user_id, books.live[0].trade_id
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            case = await TradeCase.load(transaction, trade_id)
            if case is None:
                return
            opened = case.trade.opened_at
            taken = [
                fill
                for fill in strangers
                if opened is not None and fill.executed_at >= opened and reduces(case.side, fill)
            ]
            net = books.net - case.side.sign * sum((fill.quantity for fill in taken), ZERO)
            if taken and net == held:
                if case.trade.exit_requested is None and held == 0:
                    case.trade.exit_requested = ExitReason.EXTERNAL.value
                await record_fills(transaction, case, taken, foreign=True)
                log.warning("our position was reduced by somebody else", trade_id=str(trade_id))
                self._found.changed = True
                self._found.trades[trade_id] = None
            else:
                reason = f"{MISMATCH}: {symbol} is {held} at the venue and {books.net} in our fills"
                if await transaction.accounts.freeze(user_id, self._account.wallet_id, reason):
                    log.critical("entries of an account are frozen", reason=reason)
                    transaction.announcements.changed(user_id, "wallet", self._account.wallet_id)
            await transaction.announcements.send()

    async def _count_external(self, positions: Sequence[VenuePosition]) -> None:
        """Positions that are not ours count in every gauge."""
        user_id, wallet_id = self._account.user_id, self._account.wallet_id
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            net = await transaction.fills.net_quantity(user_id, wallet_id)
            live = await transaction.trades.live_of_wallet(user_id, wallet_id, None)
            ours = {trade.symbol for trade in live}
            total = ZERO
            for position in positions:
                if position.symbol in ours:
                    continue
                foreign = abs(_signed([position], position.symbol) - net.get(position.symbol, ZERO))
                price = position.mark_price if position.mark_price is not None else position.entry_price
                total += foreign * (price or ZERO)
            await transaction.risk.ensure(user_id, self._account.environment, wallet_id)
            states = await transaction.risk.lock(user_id, self._account.environment)
            for state in states:
                if state.wallet_id == wallet_id and state.external_notional != total:
                    state.external_notional = total.quantize(Decimal("1e-8"))


def _signed(positions: Sequence[VenuePosition], symbol: str) -> Decimal:
    """Signed quantity of a symbol, zero when the venue shows none."""
    total = ZERO
    for position in positions:
        if position.symbol == symbol and position.side is not None:
            total += position.side.sign * position.quantity
    return total


def _fills_id(shown: VenueOrder) -> str | None:
    """The venue's id that the fills of an order carry."""
    return shown.triggered_order_id if shown.conditional else shown.exchange_order_id
