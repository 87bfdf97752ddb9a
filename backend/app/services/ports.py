"""What the services need from the outside world, as structural types.

Adapters satisfy these without importing them; app.bootstrap joins the two.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from app.domain.funding import NextFunding
from app.domain.limits import ApprovedOrder
from app.domain.order_book import OrderBook
from app.domain.types import Candle, Instrument
from app.domain.venue import (
    AccountBalance,
    AccountHint,
    AccountKey,
    LedgerEntry,
    OrderTicket,
    PlaceOutcome,
    Quote,
    VenueFill,
    VenueOrder,
    VenuePosition,
)


class ExchangeGateway(Protocol):
    """One account at one venue.

    Reads raise `app.domain.venue.VenueUnavailableError` when the venue gives no certain answer: an error is
    never "nothing there". `place_*` never raise for the venue's sake; they return what is known.
    Every order carries its client order id and the wall-clock `timestamp_ms` that is signed; the venue
    refuses it after `timestamp_ms + receive_window_ms`.
    """

    async def admit_entry(self) -> float | None:
        """Set aside the request weight that an entry needs until it is protected; returns the seconds to wait
        where the address has none left."""
        ...

    async def admit_comparison(self, weight: int) -> None:
        """Set aside the request weight of a comparison as a whole; raises BudgetSpentError where the address has
        not so much left."""
        ...

    async def place_entry(self, order: ApprovedOrder, ticket: OrderTicket) -> PlaceOutcome: ...

    async def place_protective(self, ticket: OrderTicket) -> PlaceOutcome:
        """A reduce-only conditional stop that triggers on the mark price."""
        ...

    async def place_exit(self, ticket: OrderTicket) -> PlaceOutcome:
        """A reduce-only market order."""
        ...

    async def place_exits(self, tickets: Sequence[OrderTicket]) -> Sequence[PlaceOutcome]:
        """Reduce-only market orders, `ORDERS_A_REQUEST` to a request; what is known of each, in their order. An
        answer that is lost leaves every order of its request unknown."""
        ...

    async def find_order(self, symbol: str, client_order_id: str, *, conditional: bool) -> VenueOrder | None:
        """The newest order of that id, working or finished; None when the venue says it knows none."""
        ...

    async def order_by_venue_id(self, symbol: str, exchange_order_id: str) -> VenueOrder | None:
        """The plain order of that id of the venue; None when the venue says it knows none."""
        ...

    async def cancel(self, symbol: str, client_order_id: str, *, conditional: bool) -> VenueOrder | None:
        """Ask for a cancel, then return the order as the venue now shows it (None: unknown there)."""
        ...

    async def withdraw(self, symbol: str, client_order_id: str) -> bool:
        """Ask for the cancel of a conditional order; True where the venue said that it is cancelled, False where it
        says that it knows no such order, which proves nothing."""
        ...

    async def open_orders(self, symbol: str | None) -> Sequence[VenueOrder]:
        """Working plain and conditional orders."""
        ...

    async def fills(
        self, symbol: str, *, since_id: str | None = None, exchange_order_id: str | None = None
    ) -> Sequence[VenueFill]: ...

    async def positions(self, symbol: str | None) -> Sequence[VenuePosition]: ...

    async def balance(self) -> AccountBalance: ...

    async def ledger(self, since_ms: int | None) -> Sequence[LedgerEntry]:
        """Deposits, funding, realised P&L, commissions, liquidation postings; market time, oldest first."""
        ...

    async def set_leverage(self, symbol: str, leverage: int) -> None: ...

    async def refusal_of_account(self) -> str | None:
        """Why this account cannot be used (hedge mode, withdraw right, ...), or None."""
        ...

    def hints(self) -> AsyncIterator[AccountHint]:
        """Something changed on the account: which symbol, None when unknown. Ends never; reconnects."""
        ...


class ExchangeGateways(Protocol):
    """A bounded pool of gateways sharing markets, limiter and connections per venue."""

    async def for_account(self, key: AccountKey) -> ExchangeGateway: ...

    def clock_offset_ms(self, venue: str) -> int | None:
        """How far the venue's clock is ahead of ours, as last measured; None before the first time."""
        ...

    def clock_moved_ms(self, venue: str | None = None) -> int:
        """How far the venue's clock (None: the one that moved most) has moved against ours within the last minute;
        0 where it keeps time."""
        ...

    async def measure_clock(self, venue: str) -> int:
        """Measure it now; raises `app.domain.venue.VenueUnavailableError`."""
        ...

    async def recent_clock_offset(self, venue: str, no_older_than: timedelta) -> int:
        """As it was measured within that time, else measured now; raises as `measure_clock`."""
        ...

    def weight_per_minute(self, venue: str) -> int:
        """Request weight a minute that all egress addresses together have at the venue."""
        ...

    async def close(self) -> None: ...


class MarketReader(Protocol):
    """Public facts of a venue."""

    async def instrument(self, venue: str, symbol: str, *, anew: bool = False) -> Instrument | None:
        """The instrument, read once; `anew` asks the venue again. None where the venue has none."""
        ...

    async def instruments(self, venue: str) -> Sequence[Instrument]: ...

    async def quote(self, venue: str, symbol: str) -> Quote | None:
        """The newest price, cached while fresh, else asked of the venue; None when unknown."""
        ...

    async def order_book(self, venue: str, symbol: str, levels: int) -> OrderBook:
        """The best `levels` of each side; raises VenueUnavailableError where the venue does not tell."""
        ...

    async def next_funding(self, venue: str, symbol: str) -> NextFunding:
        """The next funding of a perpetual; raises VenueUnavailableError where the venue does not tell."""
        ...

    async def closed_candles(
        self, venue: str, symbol: str, timeframe: str, *, limit: int, now_market_ms: int
    ) -> Sequence[Candle]:
        """The newest closed bars, oldest first."""
        ...

    def quotes(self, venue: str, symbols: Sequence[str]) -> AsyncIterator[Sequence[Quote]]:
        """Mark and last prices as they come, in batches. Ends never; reconnects."""
        ...


class PaperVenueAdmin(Protocol):
    """The operator's side of the paper exchange."""

    async def open_account(self, account: str) -> tuple[str, str]:
        """Return (api_key, api_secret); the same for the same account."""
        ...

    async def deposit(self, account: str, amount: Decimal, reference: str) -> None: ...

    async def withdraw(self, account: str, amount: Decimal, reference: str) -> None:
        """Raises WithdrawalRefusedError where that much is not free."""
        ...

    async def market_time(self) -> datetime: ...


class Doorbell(Protocol):
    """Rings for a job; a lost ring is found by the sweep."""

    async def enqueue(self, job: str, *arguments: str | int, key: str) -> None: ...


__all__ = [
    "AccountKey",
    "Doorbell",
    "ExchangeGateway",
    "ExchangeGateways",
    "MarketReader",
    "PaperVenueAdmin",
]
