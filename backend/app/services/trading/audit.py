"""The audit: our books against the venue's ledger, wallet by wallet, to the last 1e-8.

Our side is computed anew from the fills that we stored, by our own accounting. The venue's side is read
through the gateway alone: what it posted, every trade it made, which orders work there, and what is held.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from app.core.db import Database
from app.domain.accounting import position_from_fills
from app.domain.client_order_id import is_of_deployment
from app.domain.types import OrderLeg, OrderSide, Side
from app.domain.venue import LedgerKind, VenueFill, VenueOrder, VenuePosition
from app.models.fill import Fill
from app.models.manual_trade import ExternalFill
from app.repositories.audit_facts import AuditFacts, AuditFactsRepository
from app.repositories.trading_accounts import TradingAccount
from app.services.ports import ExchangeGateway, ExchangeGateways
from app.services.trading.balances import account_key
from app.services.trading.fills_book import realized_by_fill
from app.services.trading.trade_case import accounted

TOLERANCE = Decimal("1e-8")
FIRST_FILL = "0"
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums in the quote currency; fees positive when paid, funding positive when received."""

    realized_pnl: Decimal
    fees: Decimal
    funding: Decimal

    @property
    def net(self) -> Decimal:
        """Realised P&L less fees plus funding."""
        return self.realized_pnl - self.fees + self.funding


@dataclass(frozen=True, slots=True)
class WalletAudit:
    """One wallet. Every count should be zero, and the two totals equal within 1e-8.

    `duplicate_entries`: entry orders beyond the first that the venue filled for one signal. `lost_fills`:
    trades of the venue that our books do not hold as it made them. `unknown_orders`: working orders with
    our prefix that we do not hold as working. `unprotected_positions`: ours, without a live stop over all.
    """

    account: TradingAccount
    ours: Totals
    venue: Totals
    closed_trades: int
    duplicate_entries: int
    lost_fills: int
    unknown_orders: int
    unprotected_positions: int
    position_differences: int

    @property
    def difference(self) -> Decimal:
        """The largest difference between a figure of ours and the venue's."""
        pairs = (
            (self.ours.realized_pnl, self.venue.realized_pnl),
            (self.ours.fees, self.venue.fees),
            (self.ours.funding, self.venue.funding),
            (self.ours.net, self.venue.net),
        )
        return max(abs(own - theirs) for own, theirs in pairs)

    @property
    def is_sound(self) -> bool:
        """Whether there is nothing to explain."""
        faults = (
            self.duplicate_entries,
            self.lost_fills,
            self.unknown_orders,
            self.unprotected_positions,
            self.position_differences,
        )
        return self.difference <= TOLERANCE and not any(faults)


@dataclass(frozen=True, slots=True)
class _Venue:
    """What the venue shows of one account."""

    orders: Sequence[VenueOrder]
    positions: Mapping[str, Decimal]
    fills: Sequence[VenueFill]
    totals: Totals


async def verify_wallet(
    database: Database, gateways: ExchangeGateways, account: TradingAccount, deployment: str
) -> WalletAudit:
    """Compare one wallet with its venue. Raises VenueUnavailableError when the venue cannot be read."""
    gateway = await gateways.for_account(account_key(account))
    async with database.tenant(account.user_id) as session:
        facts = await AuditFactsRepository(session).facts(account.user_id, account.wallet_id)
    venue = await _read_venue(gateway, facts)
    return WalletAudit(
        account=account,
        ours=_our_totals(facts),
        venue=venue.totals,
        closed_trades=facts.closed_trades,
        duplicate_entries=_duplicate_entries(facts, venue),
        lost_fills=_lost_fills(facts, venue),
        unknown_orders=_unknown_orders(facts, venue, deployment),
        unprotected_positions=_unprotected(facts, venue),
        position_differences=_position_differences(facts, venue),
    )


async def _read_venue(gateway: ExchangeGateway, facts: AuditFacts) -> _Venue:
    positions = await gateway.positions(None)
    sums = dict.fromkeys(LedgerKind, ZERO)
    symbols = {fill.symbol for fill in facts.fills} | {position.symbol for position in positions}
    for entry in await gateway.ledger(None):
        sums[entry.kind] += entry.amount
        if entry.symbol is not None:
            symbols.add(entry.symbol)
    fills: list[VenueFill] = []
    for symbol in sorted(symbols):
        fills += await gateway.fills(symbol, since_id=FIRST_FILL)
    return _Venue(
        orders=await gateway.open_orders(None),
        positions={position.symbol: _signed(position) for position in positions},
        fills=fills,
        totals=Totals(sums[LedgerKind.REALIZED_PNL], -sums[LedgerKind.COMMISSION], sums[LedgerKind.FUNDING]),
    )


def _our_totals(facts: AuditFacts) -> Totals:
    """Our own computation from the stored fills; funding is what the ledger holds of it.

    Where somebody else traded the same symbol, the venue nets his fills with ours at one average price: there
    the book is computed over everybody's fills, as the venue does."""
    shared = {fill.symbol for fill in facts.external_fills}
    realized = ZERO
    for fills in facts.fills_by_trade.values():
        if fills[0].symbol not in shared:
            realized += sum(realized_by_fill(fills).values(), ZERO)
    whole = _whole_fills(facts)
    for symbol in sorted(shared):
        book = position_from_fills(accounted(fill) for fill in whole if fill.symbol == symbol)
        realized += book.realized_pnl
    return Totals(realized, sum((fill.fee for fill in whole), ZERO), facts.funding)


def _whole_fills(facts: AuditFacts) -> list[Fill | ExternalFill]:
    """Every fill once, in the venue's order, a shared one whole rather than as the part that was ours."""
    theirs = {(fill.symbol, fill.venue_trade_id) for fill in facts.external_fills}
    ours = [fill for fill in facts.fills if (fill.symbol, fill.venue_trade_id) not in theirs]
    return sorted([*ours, *facts.external_fills], key=_sequence)


def _duplicate_entries(facts: AuditFacts, venue: _Venue) -> int:
    """By the venue's own trades: distinct orders that opened one trade, beyond the first and what was added. An
    entry that is worked has several; there, one that opened more than was planned counts."""
    owner = {
        (fill.symbol, fill.exchange_order_id): trade_id
        for trade_id, fills in facts.fills_by_trade.items()
        for fill in fills
    }
    opened: dict[UUID, set[str]] = {}
    quantity: dict[UUID, Decimal] = defaultdict(Decimal)
    for fill in venue.fills:
        trade_id = owner.get((fill.symbol, fill.exchange_order_id))
        if trade_id is None:
            continue
        first = min(facts.fills_by_trade[trade_id], key=_sequence)
        if fill.side == first.side:
            opened.setdefault(trade_id, set()).add(fill.exchange_order_id)
            quantity[trade_id] += fill.quantity
    beyond = sum(quantity[trade_id] > planned for trade_id, planned in facts.worked.items())
    return beyond + sum(
        max(len(orders) - 1 - facts.additions.get(trade_id, 0), 0)
        for trade_id, orders in opened.items()
        if trade_id not in facts.worked
    )


def _lost_fills(facts: AuditFacts, venue: _Venue) -> int:
    """The venue's trades that we do not hold, or hold otherwise."""
    held = {(fill.symbol, fill.venue_trade_id): fill for fill in _whole_fills(facts)}
    count = 0
    for made in venue.fills:
        ours = held.get((made.symbol, made.venue_trade_id))
        same = ours is not None and (ours.side, ours.quantity, ours.price, ours.fee) == (
            made.side,
            made.quantity,
            made.price,
            made.fee,
        )
        count += not same
    return count


def _unknown_orders(facts: AuditFacts, venue: _Venue, deployment: str) -> int:
    working = {order.client_order_id for order in facts.working_orders}
    return sum(
        is_of_deployment(order.client_order_id, deployment) and order.client_order_id not in working
        for order in venue.orders
    )


def _unprotected(facts: AuditFacts, venue: _Venue) -> int:
    stops = {order.client_order_id for order in facts.working_orders if order.leg == OrderLeg.STOP}
    covered: dict[tuple[str, OrderSide], Decimal] = {}
    for order in venue.orders:
        if order.conditional and order.reduce_only and order.client_order_id in stops:
            key = (order.symbol, order.side)
            covered[key] = max(covered.get(key, ZERO), order.quantity)
    count = 0
    for symbol, quantity in venue.positions.items():
        side = Side.LONG if quantity > 0 else Side.SHORT
        ours = side.sign * _net(facts, symbol)
        count += ours > covered.get((symbol, side.exit_order_side), ZERO)
    return count


def _position_differences(facts: AuditFacts, venue: _Venue) -> int:
    """Symbols that we trade whose position at the venue is not the sum of our fills and of what is known to be
    somebody else's."""
    symbols = {fill.symbol for fill in facts.fills}
    return sum(
        _net(facts, symbol) + facts.external_held.get(symbol, ZERO) != venue.positions.get(symbol, ZERO)
        for symbol in symbols
    )


def _net(facts: AuditFacts, symbol: str) -> Decimal:
    return sum(
        (
            fill.quantity if fill.side == OrderSide.BUY else -fill.quantity
            for fill in facts.fills
            if fill.symbol == symbol
        ),
        ZERO,
    )


def _signed(position: VenuePosition) -> Decimal:
    return ZERO if position.side is None else position.side.sign * position.quantity


def _sequence(fill: Fill | ExternalFill) -> tuple[int, str]:
    text = fill.venue_trade_id
    return (int(text) if text.isdecimal() else 0, text)
