"""Comparing our books with the venue: what it shows is the truth, an error of it is never "flat".

Known orders converge, missed fills are inserted, orders of ours that our books lost are adopted, a position that
nothing explains freezes the account's entries, and what is not ours is recorded and counted but never touched.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import structlog

from app.core.clock import utc_now
from app.core.metrics import RECONCILIATIONS
from app.domain.client_order_id import is_of_deployment
from app.domain.sweep_budget import PER_SYMBOL, POSITIONS, TRADES_OF_SYMBOL, account_weight, reads_every_order
from app.domain.types import OrderLeg, OrderStatus
from app.domain.venue import VenueFill, VenueOrder, VenuePosition
from app.models.order import Order
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.ports import ExchangeGateway
from app.services.trading.account_books import AccountBooks, SymbolBooks
from app.services.trading.adoption import Adoption
from app.services.trading.desk import Desk
from app.services.trading.fills_book import record_fills
from app.services.trading.lookup import seconds_until_absence_counts
from app.services.trading.outcome import record_absence, record_order
from app.services.trading.outsiders import Outsiders
from app.services.trading.refused_keys import balance_or_tell
from app.services.trading.slippage_events import tell_of_slippage
from app.services.trading.trade_case import TradeCase
from app.services.trading.trade_news import tell_drift

LIQUIDATION_PREFIX = "autoclose-"
MISMATCH = "position_mismatch"
READS = 3
READ_AGAIN_SECONDS = 0.15
ZERO = Decimal(0)

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Found:
    """Trades to look at again, whether fills or balances changed, whether it is to be done again, by how much (signed
    base units) positions differ from what explains them, and in how many symbols something goes on."""

    trades: dict[UUID, None] = field(default_factory=dict)
    changed: bool = False
    cut_short: bool = False
    drift: dict[str, Decimal] = field(default_factory=dict)
    symbols: int = 0


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the venue shows of a whole account: signed positions, and working orders by symbol (None: not read).
    `untouched`: its balance is what it was, so that nobody has traded."""

    positions: Mapping[str, Decimal]
    orders: Mapping[str, Sequence[VenueOrder]] | None
    untouched: bool


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
        self._outsiders = Outsiders(desk, account)
        self._adoption = Adoption(desk, account, gateway)
        self._found = Found()
        self._held: AccountBooks | None = None
        self._written: set[str] = set()  # symbols about which this comparison has written something

    async def symbol(self, symbol: str) -> Found:
        """Compare one symbol, and look at every trade in it. Cut short, to be done again, when a trade waits for the
        account's writer."""
        for trade in (await self._books(symbol)).live:
            self._found.trades[trade.trade_id] = None
        await self._gateway.admit_comparison(PER_SYMBOL + POSITIONS + TRADES_OF_SYMBOL)
        await self._converge_orders(symbol, await self._gateway.open_orders(symbol))
        if self._wanted_elsewhere():
            self._found.cut_short = True
        else:
            await self._compare_position(symbol)
        return self._found

    async def whole(self, *, every_order: bool) -> Found:
        """Compare everything: every symbol that we or the venue know of, the balance, and what is not ours.
        Every trade costs a fee, so that where the balance is what our books say, nobody traded: fills and the ledger
        are read only where it is not. A symbol that the ledger names and nobody held any more is compared then.
        `every_order` reads all of it, and orders of symbols that we hold nothing in."""
        await self._gateway.admit_comparison(account_weight(0, every_order=every_order))
        booked = await self._booked()
        balance = await balance_or_tell(self._desk, self._account, self._gateway)
        positions = await self._gateway.positions(None)
        async with self._desk.database.tenant(self._account.user_id) as session:
            transaction = TradingTransaction(session, self._account.user_id)
            books = self._held = await AccountBooks.read(transaction, self._account, None)
        symbols = books.busy_symbols | {position.symbol for position in positions}
        shown = _Shown(
            {position.symbol: _signed(positions, position.symbol) for position in positions},
            await self._every_order(symbols, asked=every_order),
            untouched=not every_order and balance.balance == books.balance,
        )
        symbols |= {
            symbol
            for symbol, orders in (shown.orders or {}).items()
            if any(self._is_ours(order) for order in orders)
        }
        self._found.symbols = len(symbols)
        for symbol in sorted(symbols):
            await self._compare(symbol, shown)
        # the balance of the beginning is kept: who trades meanwhile is found by the next comparison
        touched = await self._desk.balances.refresh(
            self._account, with_ledger=every_order, known=balance, booked=booked
        )
        for symbol in sorted(touched - symbols):
            await self._compare(symbol)
        await self._count_external(positions)
        outcome = "drift" if self._found.drift else "agrees"
        RECONCILIATIONS.labels(self._account.venue, outcome).inc()
        return self._found

    async def _booked(self) -> Decimal | None:
        """The balance as our books have it; None before it was ever read."""
        async with self._desk.database.tenant(self._account.user_id) as session:
            transaction = TradingTransaction(session, self._account.user_id)
            state = await transaction.risk.of_wallet(self._account.user_id, self._account.wallet_id)
        return None if state is None else state.balance

    async def _every_order(
        self, symbols: Collection[str], *, asked: bool
    ) -> dict[str, list[VenueOrder]] | None:
        """The account's working orders in one read; None where they are better read symbol by symbol."""
        weight = self._desk.gateways.weight_per_minute(self._account.venue)
        if not asked and not reads_every_order(len(symbols), weight):
            return None
        found: dict[str, list[VenueOrder]] = {symbol: [] for symbol in symbols}
        for order in await self._gateway.open_orders(None):
            found.setdefault(order.symbol, []).append(order)
        return found

    async def _compare(self, symbol: str, shown: _Shown | None = None) -> None:
        """Compare one symbol, with what the venue has shown of it already. A trade at rest that agrees with its
        venue is left alone; every other is looked at."""
        orders = None if shown is None or shown.orders is None else shown.orders.get(symbol, [])
        if orders is None:
            orders = await self._gateway.open_orders(symbol)
        live = (await self._books(symbol)).live
        await self._converge_orders(symbol, orders)
        held = None if shown is None else shown.positions.get(symbol, ZERO)
        untouched = shown is not None and shown.untouched and symbol not in self._written
        await self._compare_position(symbol, held, untouched=untouched)
        agrees = self._held is not None and symbol not in self._written
        for trade in live:
            if not (agrees and trade.is_at_rest):
                self._found.trades[trade.trade_id] = None

    async def _books(self, symbol: str) -> SymbolBooks:
        """What is written about the symbol; read anew after this comparison has written something."""
        if self._held is not None and symbol not in self._written:
            return self._held.of(symbol)
        async with self._desk.database.tenant(self._account.user_id) as session:
            transaction = TradingTransaction(session, self._account.user_id)
            return (await AccountBooks.read(transaction, self._account, symbol)).of(symbol)

    async def _converge_orders(self, symbol: str, at_venue: Sequence[VenueOrder]) -> None:
        """Bring every order that we believe to be working to what the venue shows."""
        books, margin_ms = await self._books(symbol), self._desk.terms.outcome_margin_ms
        seen = {order.client_order_id: order for order in at_venue}
        for order in books.working:
            if order.status == OrderStatus.SENDING:
                self._found.trades[order.trade_id] = None
                continue
            shown = seen.get(order.client_order_id)
            if shown is None:
                conditional = order.leg == OrderLeg.STOP
                shown = await self._gateway.find_order(symbol, order.client_order_id, conditional=conditional)
                if shown is None and seconds_until_absence_counts(order, margin_ms, utc_now()) > 0:
                    continue  # so young that the venue's reads may only lag: the next look decides
            elif shown.status == order.status and shown.filled_quantity == order.filled_quantity:
                continue
            await self._converge(order, shown)
        known = {order.client_order_id for order in books.working}
        for order_at_venue in at_venue:
            if order_at_venue.client_order_id not in known and self._is_ours(order_at_venue):
                self._written.add(symbol)
                adopted = await self._adoption.meet(order_at_venue)
                if adopted is not None:
                    self._found.trades[adopted] = None

    async def _converge(self, order: Order, shown: VenueOrder | None) -> None:
        self._written.add(order.symbol)
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
                await tell_of_slippage(self._desk, transaction, recorded, own)
                self._found.changed |= len(recorded.fills) > len(case.fills)
            transaction.announcements.trade(order.trade_id)
            transaction.announcements.changed(self._account.user_id, "position", order.trade_id)
            await transaction.announcements.send()
        self._found.trades[order.trade_id] = None

    def _is_ours(self, order: VenueOrder) -> bool:
        return is_of_deployment(order.client_order_id, self._desk.terms.deployment)

    async def _compare_position(
        self, symbol: str, shown: Decimal | None = None, *, untouched: bool = False
    ) -> None:
        """The venue's position (`shown` where it was read before) against our fills and what is known to be somebody
        else's, read again before a difference, or a fill that nobody knows, is believed. `untouched`: nobody traded."""
        for attempt in range(READS):
            if attempt:  # a stop may have triggered in between: its fills are ours once that is known
                self._written.add(symbol)
                await asyncio.sleep(READ_AGAIN_SECONDS)
                await self._converge_orders(symbol, await self._gateway.open_orders(symbol))
            if attempt or shown is None:
                shown = _signed(await self._gateway.positions(symbol), symbol)
            held = shown
            strangers = [] if untouched and not attempt else await self._take_fills(symbol)
            books = await self._books(symbol)
            if books.has_unknown:
                return
            if strangers and attempt == 0:
                continue
            if strangers and await self._record_strangers(symbol, strangers):
                books = await self._books(symbol)
            if held == books.net + books.external:
                await self._agree(symbol)
                return
            if not books.live and attempt == READS - 1:
                await self._take_as_external(symbol, held - books.net)
                return
            if attempt == READS - 1:
                await self._differ(symbol, held, books)

    async def _record_strangers(self, symbol: str, strangers: Sequence[VenueFill]) -> bool:
        """Record fills that no order in our books caused. The venue is asked whose each order is: one with our
        prefix is ours, whatever our books say, and is adopted rather than called somebody else's."""
        self._written.add(symbol)
        theirs: list[VenueFill] = []
        liquidations: list[VenueFill] = []
        for order_id in sorted({fill.exchange_order_id for fill in strangers}):
            shown = await self._gateway.order_by_venue_id(symbol, order_id)
            if shown is not None and self._is_ours(shown):
                adopted = await self._adoption.meet(shown)
                if adopted is not None:
                    self._found.trades[adopted] = None
                continue
            of_order = liquidations if _is_liquidation(shown) else theirs
            of_order += [fill for fill in strangers if fill.exchange_order_id == order_id]
        for fills, liquidated in ((liquidations, True), (theirs, False)):
            if not fills:
                continue
            touched = await self._outsiders.record(symbol, fills, liquidated=liquidated)
            self._found.changed = True
            if touched is not None:
                self._found.trades[touched.trade.id] = None
        return bool(liquidations or theirs)

    async def _take_as_external(self, symbol: str, quantity: Decimal) -> None:
        """A position in a symbol that we hold nothing in is not ours: counted, never touched."""
        user_id, wallet_id = self._account.user_id, self._account.wallet_id
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            await transaction.external.hold(user_id, wallet_id, symbol, quantity)
            await transaction.announcements.send()
        await self._agree(symbol)

    async def _take_fills(self, symbol: str) -> list[VenueFill]:
        """Insert the fills of our orders since the watermark; returns those that are nobody's yet. Those from
        before we looked at the account are its history."""
        user_id, wallet_id = self._account.user_id, self._account.wallet_id
        books = await self._books(symbol)
        fills = await self._gateway.fills(symbol, since_id=books.watermark)
        if all(fill.venue_trade_id in books.newest for fill in fills):
            return []
        self._written.add(symbol)
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
            strange = [fill for fill in missing if fill.exchange_order_id not in owners]
            if not strange:
                return []
            named = [fill.venue_trade_id for fill in strange]
            theirs = await transaction.external.known_ids(user_id, wallet_id, symbol, named)
            watched = await transaction.reconciliations.watched_since(user_id, wallet_id)
            opened = await transaction.trades.opened_at(user_id, wallet_id, symbol)
        first = min((at for at in (watched, opened) if at is not None), default=None)
        return [
            fill
            for fill in strange
            if fill.venue_trade_id not in theirs and first is not None and fill.executed_at >= first
        ]

    async def _agree(self, symbol: str) -> None:
        prefix = f"{MISMATCH}: {symbol} "
        if self._held is not None and not (self._held.frozen_reason or "").startswith(prefix):
            return
        async with self._desk.database.tenant(self._account.user_id) as session:
            transaction = TradingTransaction(session, self._account.user_id)
            if await transaction.accounts.unfreeze(self._account.user_id, self._account.wallet_id, prefix):
                log.info("position and fills agree again", wallet_id=str(self._account.wallet_id))

    async def _differ(self, symbol: str, held: Decimal, books: SymbolBooks) -> None:
        """Nothing explains the difference: the account enters nothing until books and venue agree again."""
        user_id = self._account.user_id
        self._found.drift[symbol] = held - books.net - books.external
        external = "" if books.external == 0 else f" and {books.external} of somebody else"
        reason = f"{MISMATCH}: {symbol} is {held} at the venue and {books.net} in our fills{external}"
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            if await transaction.accounts.freeze(user_id, self._account.wallet_id, reason):
                log.critical("entries of an account are frozen", reason=reason)
                transaction.announcements.changed(user_id, "wallet", self._account.wallet_id)
                await tell_drift(
                    transaction, self._account, symbol, found=held, expected=books.net, now=utc_now()
                )
            await transaction.announcements.send()

    async def _count_external(self, positions: Sequence[VenuePosition]) -> None:
        """Positions that are not ours count in every gauge; the comparison is written down with its drift."""
        user_id, wallet_id = self._account.user_id, self._account.wallet_id
        market_time = await self._desk.markets.market_time(self._account.venue)
        price = {one.symbol: one.mark_price or one.entry_price or ZERO for one in positions}
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            held = await transaction.external.all_held(user_id, wallet_id)
            total = _notional(held, price)
            drift = (len(self._found.drift), _notional(self._found.drift, price))
            if self._held is None or self._held.external_notional != total:
                await transaction.risk.ensure(user_id, self._account.environment, wallet_id)
                for state in await transaction.risk.lock(user_id, self._account.environment):
                    if state.wallet_id == wallet_id:
                        state.external_notional = total
            await transaction.reconciliations.completed(user_id, wallet_id, utc_now(), drift, market_time)


def _is_liquidation(shown: VenueOrder | None) -> bool:
    """Whether the venue itself sent the order because margin ran out."""
    return shown is not None and shown.client_order_id.startswith(LIQUIDATION_PREFIX)


def _notional(quantities: Mapping[str, Decimal], price: Mapping[str, Decimal]) -> Decimal:
    """Sum of |quantity| at the mark; a symbol that the venue shows no position of counts nothing."""
    total = sum((abs(held) * price.get(symbol, ZERO) for symbol, held in quantities.items()), ZERO)
    return total.quantize(Decimal("1e-8"))


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
