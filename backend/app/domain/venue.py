"""What a venue says, in the product's words: orders, fills, positions, balances, ledger entries, prices."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.domain.types import OrderSide, OrderStatus, Side

ORDERS_A_REQUEST: Final = 5
"""Exits of one request, at most; more are sent in several."""


class VenueUnavailableError(Exception):
    """The venue gave no certain answer. Nothing may be concluded from it, least of all "flat"."""


class KeyRefusedError(VenueUnavailableError):
    """The venue does not take the account's key (any more): it was deleted, or lost its rights or this address."""


class LeverageRefusedError(Exception):
    """The venue does not set that leverage for the account; nothing was changed."""


class BudgetSpentError(VenueUnavailableError):
    """The venue was not asked: this address has no request weight left for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no request weight is left for {seconds:.1f} s")
        self.seconds = seconds


class WithdrawalRefusedError(Exception):
    """The simulated venue does not give that much out; nothing was moved."""


@dataclass(frozen=True, slots=True)
class AccountKey:
    """Which account to speak for. Secrets are fetched by the adapter when it connects, never logged."""

    user_id: UUID
    wallet_id: UUID
    venue: str
    environment: str


class TimeInForce(StrEnum):
    """How long a limit order works: until cancelled, at once or not at all for the rest, or only as a maker."""

    GTC = "GTC"
    IOC = "IOC"
    GTX = "GTX"


@dataclass(frozen=True, slots=True)
class OrderTicket:
    """One order as it goes out. Prices and quantities are already quantised to the venue's steps;
    `time_in_force` counts where there is a limit price."""

    client_order_id: str
    symbol: str
    side: OrderSide
    quantity: Decimal
    timestamp_ms: int  # wall clock, signed
    receive_window_ms: int
    trigger_price: Decimal | None = None
    limit_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC


@dataclass(frozen=True, slots=True)
class VenueOrder:
    """An order as the venue shows it. `triggered_order_id` is the order a conditional one became."""

    client_order_id: str
    exchange_order_id: str
    triggered_order_id: str | None
    symbol: str
    side: OrderSide
    status: OrderStatus  # OPEN, PARTIAL, FILLED, CANCELED or REJECTED
    quantity: Decimal
    filled_quantity: Decimal
    average_price: Decimal | None
    trigger_price: Decimal | None
    reduce_only: bool
    conditional: bool
    updated_at: datetime  # market time


@dataclass(frozen=True, slots=True)
class Accepted:
    """`venue_ms` is the time that the venue says it took itself; None where it does not say."""

    order: VenueOrder
    venue_ms: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A definite refusal: the venue's own code on the allowlist of refusals. Nothing was accepted.

    `retryable` is true for refusals before acceptance that say nothing about the order (rate limits, clock).
    `already_there` is true where the venue already holds a working order of that client order id.
    """

    code: str
    message: str
    retryable: bool = False
    already_there: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether the venue accepted it: ask by client order id, never resend."""

    message: str


PlaceOutcome = Accepted | Refused | Unknown


@dataclass(frozen=True, slots=True)
class VenueFill:
    """`fee` is positive when paid; `realized_pnl` the venue's, before fees; `executed_at` market time."""

    venue_trade_id: str
    exchange_order_id: str
    symbol: str
    side: OrderSide
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str
    realized_pnl: Decimal
    is_maker: bool
    executed_at: datetime


@dataclass(frozen=True, slots=True)
class VenuePosition:
    """`quantity` is in base units, >= 0; `side` is None when flat."""

    symbol: str
    side: Side | None
    quantity: Decimal
    entry_price: Decimal | None
    mark_price: Decimal | None
    liquidation_price: Decimal | None


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """Cash, cash plus unrealised P&L, and what may still be used as margin; quote currency."""

    balance: Decimal
    equity: Decimal
    free_margin: Decimal


class LedgerKind(StrEnum):
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    REALIZED_PNL = "realized_pnl"
    COMMISSION = "commission"
    FUNDING = "funding"
    LIQUIDATION = "liquidation"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """`amount` is signed: positive adds to the balance. `reference` is unique per account and kind."""

    kind: LedgerKind
    amount: Decimal
    symbol: str | None
    reference: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class AccountHint:
    """A nudge to read the account again; carries no facts."""

    symbol: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class Quote:
    """`market_time` is the venue's; `received_at` is our wall clock, from which the age is taken."""

    symbol: str
    mark_price: Decimal
    last_price: Decimal
    market_time: datetime
    received_at: datetime
