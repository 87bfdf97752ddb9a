"""What a wallet holds or awaits, as the risk rules count it: the reservation ledger."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from app.domain import exposure
from app.domain.accounting import unrealized_pnl
from app.domain.defaults import SLIPPAGE_ALLOWANCE_FRACTION
from app.domain.types import Instrument, Side, TradeStatus
from app.repositories.risk_state import Exposure

PENDING = frozenset({TradeStatus.INTENT, TradeStatus.ENTERING})
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
    """One live trade. A pending one reserves its worst case until its entry is filled or known to be
    absent; an open one counts at the current mark."""

    trade_id: UUID
    wallet_id: UUID
    venue: str
    symbol: str
    side: Side
    is_pending: bool
    quantity: Decimal
    entry_price: Decimal | None
    stop_price: Decimal
    has_live_stop: bool
    planned_notional: Decimal
    risk_amount: Decimal
    leverage: int

    @staticmethod
    def of(exposure: Exposure) -> "Holding":
        """Return the holding of a live trade; a partly filled entry still reserves its whole plan."""
        trade = exposure.trade
        status = TradeStatus(trade.status)
        return Holding(
            trade_id=trade.id,
            wallet_id=trade.wallet_id,
            venue=trade.venue,
            symbol=trade.symbol,
            side=Side(trade.side),
            is_pending=status in PENDING and trade.quantity == 0,
            quantity=trade.quantity,
            entry_price=trade.entry_price,
            stop_price=trade.stop_price,
            has_live_stop=exposure.has_live_stop,
            planned_notional=trade.planned_notional,
            risk_amount=trade.risk_amount,
            leverage=trade.leverage,
        )

    def reserved_notional(self) -> Decimal:
        return self.planned_notional if self.is_pending else ZERO

    def reserved_risk(self) -> Decimal:
        return self.risk_amount if self.is_pending else ZERO

    def reserved_margin(self, market: Marked) -> Decimal:
        """Margin and entry fee that a pending entry may still take."""
        if not self.is_pending:
            return ZERO
        return self.planned_notional / self.leverage + self.planned_notional * market.fee_rate

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
