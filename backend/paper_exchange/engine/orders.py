"""Orders, conditional orders, fills and ledger rows, as they are kept and journalled."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from paper_exchange.engine.money import ZERO


class Side(StrEnum):
    BUY = "BUY"
    SELL = "SELL"


class OrderType(StrEnum):
    LIMIT = "LIMIT"
    MARKET = "MARKET"


class ConditionalType(StrEnum):
    STOP = "STOP"
    STOP_MARKET = "STOP_MARKET"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_MARKET = "TAKE_PROFIT_MARKET"


class TimeInForce(StrEnum):
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTX = "GTX"


class WorkingType(StrEnum):
    CONTRACT_PRICE = "CONTRACT_PRICE"
    MARK_PRICE = "MARK_PRICE"


class OrderStatus(StrEnum):
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


class ConditionalStatus(StrEnum):
    NEW = "NEW"
    TRIGGERING = "TRIGGERING"
    TRIGGERED = "TRIGGERED"
    FINISHED = "FINISHED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"


class IncomeType(StrEnum):
    TRANSFER = "TRANSFER"
    COMMISSION = "COMMISSION"
    REALIZED_PNL = "REALIZED_PNL"
    FUNDING_FEE = "FUNDING_FEE"
    INSURANCE_CLEAR = "INSURANCE_CLEAR"


OPEN_STATUSES = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED})
LIVE_CONDITIONAL_STATUSES = frozenset(
    {ConditionalStatus.NEW, ConditionalStatus.TRIGGERING, ConditionalStatus.TRIGGERED}
)


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order as asked for: enumerations still text, so that each wrong one gets its own refusal."""

    symbol: str
    side: str
    type: str
    quantity: Decimal | None = None
    price: Decimal | None = None
    time_in_force: str | None = None
    reduce_only: bool = False
    close_position: bool = False
    position_side: str = "BOTH"
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class ConditionalRequest:
    """A conditional order as asked for."""

    symbol: str
    side: str
    type: str
    trigger_price: Decimal | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    time_in_force: str | None = None
    reduce_only: bool = False
    close_position: bool = False
    position_side: str = "BOTH"
    client_id: str | None = None
    working_type: str = WorkingType.CONTRACT_PRICE.value
    price_protect: bool = False


@dataclass(slots=True)
class Order:
    """A placed order; `price` is 0 for a market order, `quote` is the sum of price x quantity filled."""

    id: int
    account: str
    client_id: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    price: Decimal
    quantity: Decimal
    created_ms: int
    updated_ms: int
    reduce_only: bool = False
    close_position: bool = False
    filled: Decimal = ZERO
    quote: Decimal = ZERO
    status: OrderStatus = OrderStatus.NEW
    queue_ahead: Decimal = ZERO
    conditional_id: int | None = None
    origin_type: str = ""
    trigger_price: Decimal = ZERO
    working_type: WorkingType = WorkingType.CONTRACT_PRICE

    @property
    def remaining(self) -> Decimal:
        return self.quantity - self.filled

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    @property
    def average_price(self) -> Decimal:
        """Mean fill price; 0 (the venue's word for none) before the first fill."""
        return self.quote / self.filled if self.filled else ZERO


@dataclass(slots=True)
class Conditional:
    """A conditional order; `actual_order_id` is None until it has triggered."""

    id: int
    account: str
    client_id: str
    symbol: str
    side: Side
    type: ConditionalType
    trigger_price: Decimal
    quantity: Decimal
    price: Decimal
    time_in_force: TimeInForce
    working_type: WorkingType
    created_ms: int
    updated_ms: int
    reduce_only: bool = False
    close_position: bool = False
    price_protect: bool = False
    status: ConditionalStatus = ConditionalStatus.NEW
    triggered_ms: int = 0
    actual_order_id: int | None = None
    actual_price: Decimal = ZERO
    actual_quantity: Decimal = ZERO
    actual_type: str = ""

    @property
    def is_waiting(self) -> bool:
        return self.status is ConditionalStatus.NEW

    @property
    def is_live(self) -> bool:
        """Waiting, or triggered with its order still open."""
        return self.status in LIVE_CONDITIONAL_STATUSES

    @property
    def is_market(self) -> bool:
        return self.type in (ConditionalType.STOP_MARKET, ConditionalType.TAKE_PROFIT_MARKET)

    @property
    def fires_upward(self) -> bool:
        """True when it fires as the price rises to the trigger, False when it falls to it."""
        is_stop = self.type in (ConditionalType.STOP, ConditionalType.STOP_MARKET)
        return is_stop == (self.side is Side.BUY)

    def fires_at(self, reference: Decimal) -> bool:
        return reference >= self.trigger_price if self.fires_upward else reference <= self.trigger_price


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution; `fee` is what was paid (>= 0), `realized` is signed, both USDT."""

    id: int
    account: str
    order_id: int
    client_id: str
    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    realized: Decimal
    time_ms: int
    is_maker: bool


@dataclass(frozen=True, slots=True)
class Income:
    """One ledger posting; the sum of an account's amounts is its wallet balance."""

    id: int
    account: str
    symbol: str
    kind: IncomeType
    amount: Decimal
    time_ms: int
    trade_id: str
    note: str
