"""Orders, conditional orders, fills and ledger rows, as they are kept and journalled."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from paper_exchange.engine.instructions import PriceMatch, SelfTradePrevention
from paper_exchange.engine.money import ONE, ZERO


class Side(StrEnum):
    BUY = "BUY"
    SELL = "SELL"


class PositionSide(StrEnum):
    """Which position of a contract: BOTH is the one of one-way mode, LONG and SHORT the two of hedge mode."""

    BOTH = "BOTH"
    LONG = "LONG"
    SHORT = "SHORT"

    @property
    def opening(self) -> Side | None:
        """The order side that enlarges it; None for BOTH, which either side may."""
        match self:
            case PositionSide.LONG:
                return Side.BUY
            case PositionSide.SHORT:
                return Side.SELL
            case PositionSide.BOTH:
                return None


class OrderType(StrEnum):
    LIMIT = "LIMIT"
    MARKET = "MARKET"


class ConditionalType(StrEnum):
    STOP = "STOP"
    STOP_MARKET = "STOP_MARKET"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_MARKET = "TAKE_PROFIT_MARKET"
    TRAILING_STOP_MARKET = "TRAILING_STOP_MARKET"


class TimeInForce(StrEnum):
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTX = "GTX"
    GTD = "GTD"


class WorkingType(StrEnum):
    CONTRACT_PRICE = "CONTRACT_PRICE"
    MARK_PRICE = "MARK_PRICE"


class OrderStatus(StrEnum):
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"


class ConditionalStatus(StrEnum):
    NEW = "NEW"
    TRIGGERING = "TRIGGERING"
    TRIGGERED = "TRIGGERED"
    FINISHED = "FINISHED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


class IncomeType(StrEnum):
    TRANSFER = "TRANSFER"
    COMMISSION = "COMMISSION"
    REALIZED_PNL = "REALIZED_PNL"
    FUNDING_FEE = "FUNDING_FEE"
    INSURANCE_CLEAR = "INSURANCE_CLEAR"


class MarginDelta(StrEnum):
    """Why an isolated wallet changed."""

    TRADE = "TRADE"
    USER_ADJUST = "USER_ADJUST"


class AutoClose(StrEnum):
    """Why the venue itself closed a position."""

    LIQUIDATION = "LIQUIDATION"
    ADL = "ADL"


OPEN_STATUSES = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED})
LIVE_CONDITIONAL_STATUSES = frozenset(
    {ConditionalStatus.NEW, ConditionalStatus.TRIGGERING, ConditionalStatus.TRIGGERED}
)


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order as asked for: enumerations still text, so that each wrong one gets its own refusal.

    `received_ms` is the wall clock when it came, which `good_till_ms` is measured by; None: market time.
    """

    symbol: str
    side: str
    type: str
    quantity: Decimal | None = None
    price: Decimal | None = None
    time_in_force: str | None = None
    reduce_only: bool = False
    close_position: bool = False
    position_side: str = PositionSide.BOTH.value
    client_id: str | None = None
    good_till_ms: int | None = None
    self_trade_prevention: str = SelfTradePrevention.EXPIRE_MAKER.value
    price_match: str = PriceMatch.NONE.value
    price_protect: bool = False
    received_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ConditionalRequest:
    """A conditional order as asked for; `callback_fraction` and `activation_price` are a trailing stop's."""

    symbol: str
    side: str
    type: str
    trigger_price: Decimal | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    time_in_force: str | None = None
    reduce_only: bool = False
    close_position: bool = False
    position_side: str = PositionSide.BOTH.value
    client_id: str | None = None
    working_type: str = WorkingType.CONTRACT_PRICE.value
    price_protect: bool = False
    activation_price: Decimal | None = None
    callback_fraction: Decimal | None = None
    good_till_ms: int | None = None
    self_trade_prevention: str = SelfTradePrevention.NONE.value
    price_match: str = PriceMatch.NONE.value
    received_ms: int | None = None


@dataclass(slots=True)
class Order:
    """A placed order; `price` is 0 for a market order, `quote` is the sum of price x quantity filled.

    `good_till_ms` is wall-clock time, None unless GTD; `amendments` counts how often it was changed.
    """

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
    price_protect: bool = False
    good_till_ms: int | None = None
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.NONE
    price_match: PriceMatch = PriceMatch.NONE
    amendments: int = 0
    position_side: PositionSide = PositionSide.BOTH
    auto_close: AutoClose | None = None

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
    """A conditional order; `actual_order_id` is None until it has triggered.

    A trailing stop has a `callback_fraction` and no trigger price of its own: `extreme` is the best price
    seen since it became active, None before.
    """

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
    activation_price: Decimal | None = None
    callback_fraction: Decimal | None = None
    extreme: Decimal | None = None
    good_till_ms: int | None = None
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.NONE
    price_match: PriceMatch = PriceMatch.NONE
    position_side: PositionSide = PositionSide.BOTH

    @property
    def is_waiting(self) -> bool:
        return self.status is ConditionalStatus.NEW

    @property
    def is_live(self) -> bool:
        """Waiting, or triggered with its order still open."""
        return self.status in LIVE_CONDITIONAL_STATUSES

    @property
    def is_market(self) -> bool:
        return self.type not in (ConditionalType.STOP, ConditionalType.TAKE_PROFIT)

    @property
    def is_trailing(self) -> bool:
        return self.type is ConditionalType.TRAILING_STOP_MARKET

    @property
    def fires_upward(self) -> bool:
        """True when it fires as the price rises to the trigger, False when it falls to it."""
        is_profit = self.type in (ConditionalType.TAKE_PROFIT, ConditionalType.TAKE_PROFIT_MARKET)
        return is_profit == (self.side is Side.SELL)

    def follow(self, reference: Decimal) -> bool:
        """Let a trailing stop see a price; True when that made it active or moved its extreme."""
        sells = self.side is Side.SELL
        if self.extreme is None:
            activation = self.activation_price
            if activation is not None and (reference < activation if sells else reference > activation):
                return False
        elif reference <= self.extreme if sells else reference >= self.extreme:
            return False
        self.extreme = reference
        return True

    def fires_at(self, reference: Decimal) -> bool:
        """Whether it fires at that price; a trailing stop once the price turned back by its callback."""
        if self.is_trailing:
            if self.extreme is None or self.callback_fraction is None:
                return False
            if self.side is Side.SELL:
                return reference <= self.extreme * (ONE - self.callback_fraction)
            return reference >= self.extreme * (ONE + self.callback_fraction)
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
    position_side: PositionSide = PositionSide.BOTH


@dataclass(frozen=True, slots=True)
class Amendment:
    """One change of an open order's price (USDT) or quantity; `count` is 1 for the order's first."""

    id: int
    account: str
    order_id: int
    client_id: str
    symbol: str
    time_ms: int
    price_before: Decimal
    price_after: Decimal
    quantity_before: Decimal
    quantity_after: Decimal
    count: int
    modify_id: int | None = None


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


@dataclass(frozen=True, slots=True)
class MarginChange:
    """Money moved into an isolated position (amount > 0) or out of it (< 0), in USDT."""

    id: int
    account: str
    symbol: str
    position_side: PositionSide
    kind: MarginDelta
    amount: Decimal
    time_ms: int
