"""What happened, as the engine tells it.

The dialect renders each at once, while the objects are as they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from paper_exchange.engine.accounts import Account, Position
from paper_exchange.engine.bars import Bar
from paper_exchange.engine.instructions import ExpiryReason
from paper_exchange.engine.market import Market, Trade
from paper_exchange.engine.money import ZERO
from paper_exchange.engine.orders import Conditional, Fill, Order


class Execution(StrEnum):
    NEW = "NEW"
    TRADE = "TRADE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    CALCULATED = "CALCULATED"
    AMENDMENT = "AMENDMENT"


class UpdateReason(StrEnum):
    ORDER = "ORDER"
    FUNDING_FEE = "FUNDING_FEE"
    DEPOSIT = "DEPOSIT"
    WITHDRAW = "WITHDRAW"
    INSURANCE_CLEAR = "INSURANCE_CLEAR"
    MARGIN_TRANSFER = "MARGIN_TRANSFER"
    MARGIN_TYPE_CHANGE = "MARGIN_TYPE_CHANGE"


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """`why` is set when it expired, `modify_id` when its owner gave one with an amendment."""

    account: Account
    order: Order
    execution: Execution
    time_ms: int
    fill: Fill | None = None
    why: ExpiryReason = ExpiryReason.NONE
    modify_id: int | None = None


@dataclass(frozen=True, slots=True)
class FillBooked:
    """The short notice of a fill that goes out ahead of the full one."""

    account: Account
    order: Order
    fill: Fill


@dataclass(frozen=True, slots=True)
class BalanceChanged:
    """The wallet and `positions` as they now are.

    `change` is what the wallet gained by anything but fills (USDT, signed); `symbol` is that of a funding.
    """

    account: Account
    reason: UpdateReason
    time_ms: int
    positions: tuple[Position, ...] = ()
    change: Decimal = ZERO
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class ConditionalChanged:
    account: Account
    conditional: Conditional
    time_ms: int
    reject_reason: str = ""


@dataclass(frozen=True, slots=True)
class LeverageChanged:
    account: Account
    symbol: str
    leverage: int
    time_ms: int


@dataclass(frozen=True, slots=True)
class MarginCalled:
    """`positions` are at their maintenance margin: all on cross, or one isolated."""

    account: Account
    positions: tuple[Position, ...]
    time_ms: int


@dataclass(frozen=True, slots=True)
class Liquidated:
    order: Order
    time_ms: int


@dataclass(frozen=True, slots=True)
class TradePrinted:
    """A public trade; `from_feed` when it moved the market, not when a client's own order took it."""

    market: Market
    trade: Trade
    from_feed: bool


@dataclass(frozen=True, slots=True)
class BookChanged:
    market: Market
    time_ms: int


@dataclass(frozen=True, slots=True)
class BarClosed:
    market: Market
    interval_ms: int
    bar: Bar
    time_ms: int


UserEvent = OrderChanged | FillBooked | BalanceChanged | ConditionalChanged | LeverageChanged | MarginCalled
MarketEvent = TradePrinted | BookChanged | BarClosed | Liquidated
Event = UserEvent | MarketEvent
