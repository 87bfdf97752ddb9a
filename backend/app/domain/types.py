"""Vocabulary of the trading domain: sides, states, instruments and the names of things."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Side(StrEnum):
    """The side of a position."""

    LONG = "long"
    SHORT = "short"

    @property
    def sign(self) -> int:
        """+1 for long, -1 for short: P&L = sign * (exit - entry) * quantity."""
        return 1 if self is Side.LONG else -1

    @property
    def entry_order_side(self) -> "OrderSide":
        return OrderSide.BUY if self is Side.LONG else OrderSide.SELL

    @property
    def exit_order_side(self) -> "OrderSide":
        return OrderSide.SELL if self is Side.LONG else OrderSide.BUY


class OrderSide(StrEnum):
    BUY = "buy"
    SELL = "sell"


class Environment(StrEnum):
    """Paper and live never mix: every aggregate is kept per environment."""

    PAPER = "paper"
    LIVE = "live"


class TradingState(StrEnum):
    """What a scope may do. REDUCE_ONLY lets positions close but none open; HALTED also flattens."""

    ACTIVE = "active"
    REDUCE_ONLY = "reduce_only"
    HALTED = "halted"


class BreakerScope(StrEnum):
    PLATFORM = "platform"
    VENUE = "venue"
    USER = "user"
    WALLET = "wallet"


class RiskLevel(StrEnum):
    """Whose limit or state is meant. Limits stand at every level but `venue`; an aggregate limit is held
    against the level's own sum, the platform's against each user's."""

    PLATFORM = "platform"
    VENUE = "venue"
    USER = "user"
    WALLET = "wallet"
    STRATEGY = "strategy"
    SYMBOL = "symbol"


class TradeStatus(StrEnum):
    """Life of a trade, as in the specification's state diagram."""

    INTENT = "INTENT"
    ENTERING = "ENTERING"
    OPEN_UNPROTECTED = "OPEN_UNPROTECTED"
    PROTECTED = "PROTECTED"
    EXITING = "EXITING"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    NEEDS_OPERATOR = "NEEDS_OPERATOR"

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL_TRADE_STATUSES


TERMINAL_TRADE_STATUSES = frozenset({TradeStatus.CLOSED, TradeStatus.REJECTED, TradeStatus.EXPIRED})


class OrderLeg(StrEnum):
    ENTRY = "entry"
    STOP = "stop"
    EXIT = "exit"
    SCALE_OUT = "scale_out"  # a part that is left at a target; the rest stays
    ADD = "add"  # more of a position that is in profit

    @property
    def opens(self) -> bool:
        """Whether its orders make a position, or make it larger; every other leg only reduces."""
        return self in (OrderLeg.ENTRY, OrderLeg.ADD)


class OrderStatus(StrEnum):
    INTENT = "INTENT"
    SENDING = "SENDING"
    OPEN = "OPEN"
    PARTIAL = "PARTIAL"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    NOT_ACCEPTED = "NOT_ACCEPTED"

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL_ORDER_STATUSES


TERMINAL_ORDER_STATUSES = frozenset(
    {OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED, OrderStatus.NOT_ACCEPTED}
)


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP_MARKET = "stop_market"


class ExitReason(StrEnum):
    STOP_LOSS = "stop_loss"
    TRAILING_STOP = "trailing_stop"
    TAKE_PROFIT = "take_profit"
    MANUAL = "manual"
    TIME_EXIT = "time_exit"
    UNPROTECTED = "unprotected"
    LIQUIDATION = "liquidation"
    EXTERNAL = "external"
    REVERSE_SIGNAL = "reverse_signal"
    KILL_SWITCH = "kill_switch"
    VOLATILITY_STOP = "volatility_stop"
    SESSION_CLOSE = "session_close"
    FUNDING = "funding"


class OperatorChoice(StrEnum):
    """What an operator may decide about a trade that needs one: take the venue's position as ours, leave it at
    market, or close our books because it is gone."""

    ADOPT = "adopt"
    CLOSE = "close"
    MARK_CLOSED = "mark_closed"


class SizingMethod(StrEnum):
    FIXED_PERCENT = "fixed_percent"
    KELLY = "kelly"
    RISK_PARITY = "risk_parity"
    FIXED_AMOUNT = "fixed_amount"


@dataclass(frozen=True, slots=True)
class Instrument:
    """A linear perpetual at a venue. Steps and limits are in price or base units, fees are fractions.

    `lot_size` is base units per lot. `max_trigger_distance_fraction` is how far from the mark price the venue
    accepts a stop, `min_trigger_distance_fraction` how near; None where it names no bound.
    `maintenance_margin_fraction` is of notional, None where not known.
    """

    symbol: str
    price_tick: Decimal
    quantity_step: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    min_notional: Decimal
    contract_size: Decimal
    max_leverage: int
    taker_fee_rate: Decimal
    maker_fee_rate: Decimal
    lot_size: Decimal = Decimal(1)
    min_trigger_distance_fraction: Decimal | None = None
    max_trigger_distance_fraction: Decimal | None = None
    maintenance_margin_fraction: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Candle:
    """One closed bar. `open_time_ms` is market time, UTC; prices in quote, volume in base units."""

    open_time_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
