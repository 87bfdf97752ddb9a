"""Snapshots of a portfolio: on which clock they are taken, how long they are kept, and how a missed one is rebuilt.

A snapshot stands at the beginning of a slot of market time. Money is Decimal in the quote currency; a drawdown is a
fraction, zero or positive.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from app.domain.accounting import ZERO, Fill, PositionAccount, apply_fill, money
from app.domain.drawdown import drawdown_fraction, peak_after, peak_after_flow


class Resolution(StrEnum):
    """How far apart snapshots stand."""

    FINE = "fine"
    HOUR = "hour"
    DAY = "day"

    @property
    def step(self) -> timedelta:
        """The length of a slot: five minutes, an hour, a day (UTC)."""
        return _STEPS[self]

    @property
    def kept(self) -> timedelta | None:
        """How long they are kept; None for ever."""
        return _KEPT[self]

    @property
    def periods_per_year(self) -> int:
        """How many slots a year of 365 days has: these markets never close."""
        return int(timedelta(days=365) / self.step)

    def slot(self, at: datetime) -> datetime:
        """The beginning of the slot that a moment (aware UTC) falls in."""
        seconds = int(self.step.total_seconds())
        past = int(at.timestamp()) % seconds
        return at.replace(microsecond=0) - timedelta(seconds=past)


_STEPS = {
    Resolution.FINE: timedelta(minutes=5),
    Resolution.HOUR: timedelta(hours=1),
    Resolution.DAY: timedelta(days=1),
}
_KEPT = {Resolution.FINE: timedelta(days=30), Resolution.HOUR: timedelta(days=365), Resolution.DAY: None}


@dataclass(frozen=True, slots=True)
class Posting:
    """One posting of the ledger; a flow is a deposit (positive) or a withdrawal (negative)."""

    at: datetime
    amount: Decimal
    is_flow: bool


@dataclass(frozen=True, slots=True)
class SymbolFill:
    """One fill of an account. `leverage` is that of the trade it belongs to."""

    at: datetime
    symbol: str
    fill: Fill
    leverage: int = 1


@dataclass(frozen=True, slots=True)
class PortfolioState:
    """What an account was worth at a moment. `exposure` is the sum of |quantity| x mark, `margin` that over the
    leverage; both count positions only, not entries that were pending."""

    at: datetime
    balance: Decimal
    equity: Decimal
    exposure: Decimal
    margin: Decimal
    unrealized: Decimal
    peak: Decimal
    drawdown: Decimal | None


@dataclass(slots=True)
class _Book:
    balance: Decimal = ZERO
    accounts: dict[str, PositionAccount] = field(default_factory=dict)
    leverages: dict[str, int] = field(default_factory=dict)

    def take(self, event: Posting | SymbolFill) -> None:
        if isinstance(event, Posting):
            self.balance += event.amount
            return
        account = self.accounts.get(event.symbol, PositionAccount())
        self.accounts[event.symbol] = apply_fill(account, event.fill)
        self.leverages[event.symbol] = event.leverage


class Marks:
    """Prices of symbols over time: the newest at or before a moment, and how old it may be."""

    def __init__(self, closes: Mapping[str, Sequence[tuple[datetime, Decimal]]], oldest: timedelta) -> None:
        self._times = {symbol: [at for at, _ in rows] for symbol, rows in closes.items()}
        self._prices = {symbol: [price for _, price in rows] for symbol, rows in closes.items()}
        self._oldest = oldest

    def at(self, symbol: str, moment: datetime) -> Decimal | None:
        """The price; None where there is none that is recent enough."""
        times = self._times.get(symbol, [])
        place = bisect_right(times, moment) - 1
        if place < 0 or moment - times[place] > self._oldest:
            return None
        return self._prices[symbol][place]


def missing_slots(
    taken: Sequence[datetime], first: datetime, newest: datetime, resolution: Resolution
) -> list[datetime]:
    """Return the slots from `first` up to and including `newest`, both slots, that are not among `taken`."""
    have, count = set(taken), (newest - first) // resolution.step + 1
    slots = (first + place * resolution.step for place in range(count))
    return [slot for slot in slots if slot not in have]


def rebuilt(
    postings: Sequence[Posting],
    fills: Sequence[SymbolFill],
    marks: Marks,
    slots: Sequence[datetime],
    *,
    peak: Decimal | None = None,
) -> Iterator[PortfolioState]:
    """Yield the account at each slot (in order), from its first posting and fill on. What happened at the very
    moment of a slot counts in it. A slot where a held symbol has no price is left out: unknown is not a figure.
    `peak` is the highest equity before the first slot, as the account stood then; flows carry it with them."""
    held: list[Posting | SymbolFill] = [*postings, *fills]
    events = deque(sorted(held, key=lambda event: event.at))
    book = _Book()
    for slot in slots:
        while events and events[0].at <= slot:
            event = events.popleft()
            if isinstance(event, Posting) and event.is_flow and peak is not None:
                before = _valued(book, marks, event.at, peak)
                equity = book.balance if before is None else before.equity
                peak = peak_after_flow(peak, equity, event.amount)
            book.take(event)
        state = _valued(book, marks, slot, peak)
        if state is not None:
            peak = state.peak
            yield state


def _valued(book: _Book, marks: Marks, at: datetime, peak: Decimal | None) -> PortfolioState | None:
    unrealized = exposure = margin = ZERO
    for symbol, account in book.accounts.items():
        if account.is_flat:
            continue
        mark = marks.at(symbol, at)
        if mark is None:
            return None
        unrealized += money(account.quantity * mark - account.cost)
        held = money(abs(account.quantity) * mark)
        exposure += held
        margin += money(held / book.leverages[symbol])
    equity = book.balance + unrealized
    highest = peak_after(peak, equity)
    return PortfolioState(
        at,
        book.balance,
        equity,
        exposure,
        margin,
        unrealized,
        highest,
        drawdown_fraction(highest, equity),
    )
