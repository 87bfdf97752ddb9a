"""What a wallet holds or awaits, as the risk rules count it: the reservation ledger, and what is not ours."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from uuid import UUID

from app.domain import exposure
from app.domain.accounting import unrealized_pnl
from app.domain.defaults import SLIPPAGE_ALLOWANCE_FRACTION
from app.domain.fixed_point import UNIT
from app.domain.types import Instrument, Side
from app.repositories.gate_rows import StateRow, TradeRow, UserRow

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Marked:
    """The market of a symbol: its newest mark price and its instrument, each None where not known."""

    mark_price: Decimal | None
    instrument: Instrument | None

    @property
    def contract_size(self) -> Decimal:
        return Decimal(1) if self.instrument is None else self.instrument.contract_size

    @property
    def fee_rate(self) -> Decimal:
        return ZERO if self.instrument is None else self.instrument.taker_fee_rate


Markets = dict[tuple[str, str], Marked]


@dataclass(frozen=True, slots=True)
class Holding:
    """One live trade. What its entry, an addition to it, or a step of its ladder may still fill is reserved at its
    worst case, until that is filled or known to be over; what is held counts at the
    mark. `net` is what it realised, costs included."""

    trade_id: UUID
    wallet_id: UUID
    venue: str
    symbol: str
    strategy: str
    side: Side
    quantity: Decimal
    entry_price: Decimal | None
    stop_price: Decimal
    has_live_stop: bool
    reserved_notional: Decimal
    reserved_risk: Decimal
    leverage: int
    net: Decimal = ZERO

    @staticmethod
    def of(trade: TradeRow, *, is_added_to: bool = False) -> "Holding":
        """Return the holding of a live trade; a partly filled entry still reserves the rest of its plan. One that is
        added to is asked about as it is held: the addition is the order in question."""
        left = ZERO
        if trade.entry_works:
            left = max(trade.planned_quantity - trade.quantity, ZERO) / trade.planned_quantity
        adding = (ZERO, ZERO) if is_added_to else (trade.adding_notional, trade.adding_risk)
        return Holding(
            trade_id=trade.id,
            wallet_id=trade.wallet_id,
            venue=trade.venue,
            symbol=trade.symbol,
            strategy=trade.strategy,
            side=Side(trade.side),
            quantity=trade.quantity,
            entry_price=trade.entry_price,
            stop_price=trade.stop_price,
            has_live_stop=trade.has_live_stop,
            reserved_notional=_money(trade.planned_notional * left + trade.ladder_notional + adding[0]),
            reserved_risk=_money(trade.risk_amount * left + trade.ladder_risk + adding[1]),
            leverage=trade.leverage,
            net=trade.net,
        )

    @property
    def is_pending(self) -> bool:
        """Nothing is held yet."""
        return self.quantity == 0

    def reserved_margin(self, market: Marked) -> Decimal:
        """Margin and entry fee that the entry may still take."""
        if not self.reserved_notional:
            return ZERO
        return _money(self.reserved_notional / self.leverage + self.reserved_notional * market.fee_rate)

    def margin(self, market: Marked) -> Decimal | None:
        """Margin of what is held, at the mark; None where there is no mark."""
        notional = self.notional(market)
        return None if notional is None else _money(notional / self.leverage)

    def notional(self, market: Marked) -> Decimal | None:
        """Open notional at the mark; None where there is no mark."""
        if self.is_pending:
            return ZERO
        return None if market.mark_price is None else self.quantity * market.mark_price * market.contract_size

    def unrealized(self, market: Marked) -> Decimal | None:
        """Unrealised P&L at the mark, signed; None where mark or entry price is not known."""
        if self.quantity == 0:
            return ZERO
        if market.mark_price is None or self.entry_price is None:
            return None
        quantity = self.quantity * market.contract_size
        return unrealized_pnl(self.side, quantity, self.entry_price, market.mark_price)

    def open_risk(self, market: Marked) -> Decimal | None:
        """Loss if the stop fills, costs included, >= 0; without a live stop the whole notional."""
        if self.is_pending:
            return ZERO
        if self.entry_price is None:
            return self.notional(market)
        if not self.has_live_stop and market.mark_price is None:
            return None
        return exposure.open_risk(
            self.side,
            self.quantity * market.contract_size,
            self.entry_price,
            self.stop_price if self.has_live_stop else None,
            taker_fee_rate=market.fee_rate,
            slippage_fraction=SLIPPAGE_ALLOWANCE_FRACTION,
            mark_price=market.mark_price,
        )


@dataclass(frozen=True, slots=True)
class External:
    """A position that is not ours. `notional` is at the mark; where there is none, what the account's are worth
    together, which it cannot exceed. `symbol` is empty where it is not known."""

    wallet_id: UUID
    symbol: str
    notional: Decimal


def externals_of(user: UserRow, states: Iterable[StateRow], markets: Markets) -> list[External]:
    """Return the positions of the user that are not ours, of the wallets where the venue showed some."""
    found: list[External] = []
    for state in states:
        if state.wallet_id is None or state.external_notional == 0:
            continue
        venue = next((wallet.venue for wallet in user.wallets if wallet.id == state.wallet_id), "")
        held = [row for row in user.external if row.wallet_id == state.wallet_id]
        if not held:
            found.append(External(state.wallet_id, "", state.external_notional))
        for row in held:
            market = markets.get((venue, row.symbol))
            notional = state.external_notional
            if market is not None and market.mark_price is not None:
                notional = abs(row.quantity) * market.mark_price * market.contract_size
            found.append(External(state.wallet_id, row.symbol, notional))
    return found


def asset_of(symbol: str) -> str:
    """Return the base asset of a symbol."""
    return symbol.partition("/")[0]


def marked_pairs(users: Iterable[UserRow], symbols: Collection[str]) -> set[tuple[str, str]]:
    """Return the (venue, symbol) pairs whose mark decides about orders in these symbols: of every trade, and of the
    positions that are not ours in the same assets."""
    assets = {asset_of(symbol) for symbol in symbols}
    found: set[tuple[str, str]] = set()
    for user in users:
        found |= {(trade.venue, trade.symbol) for trade in user.trades}
        if user.external:
            venues = {wallet.id: wallet.venue for wallet in user.wallets}
            found |= {
                (venues[row.wallet_id], row.symbol)
                for row in user.external
                if asset_of(row.symbol) in assets and row.wallet_id in venues
            }
    return found


def _money(amount: Decimal) -> Decimal:
    """Reservations are rounded up."""
    return amount.quantize(UNIT, ROUND_CEILING)
