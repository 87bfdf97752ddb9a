"""The facts that a pre-trade review decides on. Everything that may be missing is nullable, and missing
is never zero. Amounts are quote currency; the facts are all of one environment, paper or live."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.sizing import PositionSize
from app.domain.types import Environment, Instrument, Side, TradingState


@dataclass(frozen=True, slots=True)
class LossWindow:
    """A calendar window of a scope: equity at its start, and what was paid in and out since (both >= 0).
    `tripped` says that its loss limit was reached before, in this window; a rebound does not untrip it."""

    start_equity: Decimal
    deposits: Decimal = Decimal(0)
    withdrawals: Decimal = Decimal(0)
    tripped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeFacts:
    """What one scope (a user over all wallets of the environment, or one wallet) holds now.

    Open positions include those that are not ours; pending entries include orders whose outcome is
    unknown. `reserved_*` is what pending entries may still use. `symbol_notional` is open plus reserved
    notional of the order's symbol. `open_risk` counts the whole notional of a position without a stop.
    """

    trading_state: TradingState | None
    equity: Decimal | None
    open_positions: int | None
    pending_entries: int | None
    notional: Decimal | None
    reserved_notional: Decimal | None
    open_risk: Decimal | None
    reserved_risk: Decimal | None
    symbol_notional: Decimal | None
    day: LossWindow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFacts(ScopeFacts):
    """A user's facts: sums over the user's wallets of the environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletFacts(ScopeFacts):
    """A wallet's facts. `free_margin` is what the venue says; `reserved_margin` is what pending entries
    may still take of it. `symbol_is_open` is whether it holds or awaits a trade in the order's symbol."""

    free_margin: Decimal | None
    reserved_margin: Decimal | None
    balance_age_seconds: float | None
    symbol_is_open: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketFacts:
    """The market of the order's symbol. `market_ms` is market time; the price's age is wall time."""

    platform_state: TradingState | None
    venue_state: TradingState | None
    instrument: Instrument | None
    mark_price: Decimal | None
    price_age_seconds: float | None
    market_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntent:
    """An entry that somebody would like to send. `signal_price` is what the signal saw, `entry_price`
    the price at which it is expected to fill now; both quote currency. `expires_at_ms` is market time,
    exclusive: at that moment the signal is too old."""

    symbol: str
    environment: Environment
    side: Side
    signal_price: Decimal
    entry_price: Decimal
    stop_price: Decimal | None
    take_profit_price: Decimal | None
    signal_confidence: Decimal | None
    expires_at_ms: int
    size: PositionSize
    slippage_allowance_fraction: Decimal


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One order and everything that decides about it."""

    intent: OrderIntent
    market: MarketFacts
    wallet: WalletFacts
    user: UserFacts
