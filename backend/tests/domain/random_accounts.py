"""Random accounts, booked as the platform books: deposits, partial closes, flips, funding and fees.

`check_account` holds an account's equity curve, fills, attribution and ledger against each other.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

from app.domain.accounting import Fill, PositionAccount, apply_fill, money
from app.domain.attribution import (
    UNITS_PER_QUOTE,
    Cut,
    TradeColumns,
    attribution,
    labels_of,
    total,
)
from app.domain.snapshots import Marks, Posting, Resolution, SymbolFill, rebuilt
from app.domain.types import OrderSide

START = datetime(2025, 1, 1, tzinfo=UTC)
SYMBOLS = ("BTC", "ETH", "SOL")
CENT = Decimal("0.01")
ZERO = Decimal(0)
prices = st.decimals("0.5", "90000", places=4)
moves = st.one_of(
    st.tuples(st.just("flow"), st.decimals("-500", "5000", places=2)),
    st.tuples(
        st.just("fill"),
        st.sampled_from(SYMBOLS),
        st.decimals("-40", "40", places=3).filter(lambda quantity: quantity != 0),
        prices,
        st.decimals("-0.02", "0.02", places=4),
        st.decimals("-0.0002", "0.001", places=6),
    ),
    st.tuples(st.just("funding"), st.sampled_from(SYMBOLS), st.decimals("-30", "30", places=8)),
)
accounts = st.lists(moves, min_size=1, max_size=40)


@dataclass(slots=True)
class Booked:
    """A trade as the ledger knows it, in Decimal."""

    symbol: str
    side: str
    opened: datetime
    closed: datetime | None = None
    realized: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    slippage: Decimal = ZERO


@dataclass(slots=True)
class Account:
    """Postings, fills and trades; `cash` is counted apart from them all: what was paid and received."""

    postings: list[tuple[Posting, Booked | None, str]] = field(default_factory=list)
    fills: list[SymbolFill] = field(default_factory=list)
    trades: list[Booked] = field(default_factory=list)
    open: dict[str, Booked] = field(default_factory=dict)
    positions: dict[str, PositionAccount] = field(default_factory=lambda: defaultdict(PositionAccount))
    held: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    cash: Decimal = ZERO
    last: dict[str, Decimal] = field(default_factory=dict)
    worth: list[Decimal] = field(default_factory=list)

    def post(self, at: datetime, kind: str, amount: Decimal, trade: Booked | None) -> None:
        booked = money(amount)
        self.postings.append((Posting(at, booked, is_flow=kind == "flow"), trade, kind))
        if trade is not None:
            setattr(trade, kind, getattr(trade, kind) + booked)

    def fill(
        self, at: datetime, symbol: str, quantity: Decimal, price: Decimal, slip: Decimal, rate: Decimal
    ) -> None:
        """A fill that crosses zero closes one trade and opens the next, each with its share of the fee."""
        self.cash -= quantity * price + money(abs(quantity) * price * rate)
        self.held[symbol] += quantity
        self.last[symbol] = price
        before = self.positions[symbol].quantity
        closing = min(abs(quantity), abs(before)) if before * quantity < 0 else ZERO
        fee, closing_fee = money(abs(quantity) * price * rate), ZERO
        if closing:
            closing_fee = money(fee * closing / abs(quantity))
            self._part(at, symbol, quantity, closing, price, slip, closing_fee)
        if abs(quantity) > closing:
            self._part(at, symbol, quantity, abs(quantity) - closing, price, slip, fee - closing_fee)

    def _part(
        self,
        at: datetime,
        symbol: str,
        signed: Decimal,
        size: Decimal,
        price: Decimal,
        slip: Decimal,
        fee: Decimal,
    ) -> None:
        side = OrderSide.BUY if signed > 0 else OrderSide.SELL
        before = self.positions[symbol]
        trade = self.open.get(symbol)
        if trade is None:
            trade = self.open[symbol] = Booked(symbol, "long" if signed > 0 else "short", at)
            self.trades.append(trade)
        one = Fill(side, price, size, fee)
        after = self.positions[symbol] = apply_fill(before, one)
        self.fills.append(SymbolFill(at, symbol, one, leverage=3))
        self.post(at, "realized", after.realized_pnl - before.realized_pnl, trade)
        self.post(at, "fees", -fee, trade)
        trade.slippage += money(size * price * slip)
        if after.is_flat:
            trade.closed = at
            del self.open[symbol]
            self.positions[symbol] = PositionAccount()


def account_of(events: Sequence[tuple[object, ...]]) -> Account:
    """Book the events, one an hour."""
    account = Account()
    for place, (kind, *rest) in enumerate(events):
        at = START + timedelta(hours=place)
        if kind == "flow":
            account.cash += Decimal(str(rest[0]))
            account.post(at, "flow", Decimal(str(rest[0])), None)
        elif kind == "funding":
            symbol, amount = str(rest[0]), Decimal(str(rest[1]))
            account.cash += amount
            account.post(at, "funding", amount, account.open.get(symbol))
        else:
            quantity, price, slip, rate = (Decimal(str(figure)) for figure in rest[1:])
            account.fill(at, str(rest[0]), quantity, price, slip, rate)
        value = sum((account.held[name] * price for name, price in account.last.items()), ZERO)
        account.worth.append(account.cash + value)
    return account


def units(amount: Decimal) -> int:
    """Counts of 1e-8."""
    return int(amount * UNITS_PER_QUOTE)


def columns_of(account: Account) -> TradeColumns:
    """The account's trades, and its postings that belong to none, as columns."""
    alone = [(posting, kind) for posting, trade, kind in account.postings if trade is None and kind != "flow"]
    rows = [
        *account.trades,
        *(Booked("none", "none", one.at, one.at, funding=one.amount) for one, _ in alone),
    ]

    def column(values: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        return np.array(values, dtype=np.int64)

    words = {
        Cut.SYMBOL: [row.symbol for row in rows],
        Cut.SIDE: [row.side for row in rows],
        Cut.HOUR: [f"{row.opened.hour:02}" for row in rows],
    }
    return TradeColumns(
        labels={cut: labels_of(names) for cut, names in words.items()},
        is_trade=np.array([place < len(account.trades) for place in range(len(rows))], dtype=np.bool_),
        opened_ms=column([int(row.opened.timestamp() * 1000) for row in rows]),
        closed_ms=column([-1 if row.closed is None else int(row.closed.timestamp() * 1000) for row in rows]),
        realized=column([units(row.realized) for row in rows]),
        fees=column([units(row.fees) for row in rows]),
        funding=column([units(row.funding) for row in rows]),
        slippage=column([units(row.slippage) for row in rows]),
        risk=column([place % 3 * UNITS_PER_QUOTE * 7 for place in range(len(rows))]),
    )


def check_account(events: Sequence[tuple[object, ...]]) -> None:
    """Raise AssertionError where curve, fills, attribution and ledger do not agree: the cuts exactly, equity to
    the cent at every hour."""
    account = account_of(events)
    columns = columns_of(account)
    ledger = sum(units(posting.amount) for posting, _, kind in account.postings if kind != "flow")
    whole = total(columns)
    assert whole.net == ledger
    assert whole.fees == sum(units(posting.amount) for posting, _, kind in account.postings if kind == "fees")
    assert whole.funding == sum(units(p.amount) for p, _, kind in account.postings if kind == "funding")
    assert -whole.slippage == sum(units(trade.slippage) for trade in account.trades)
    for cut in columns.labels:
        parts = attribution(columns, cut)
        assert sum(share.causes.net for share in parts) == ledger, cut
        assert sum(share.trades for share in parts) == len(account.trades), cut
        for cause in ("signal", "sizing", "slippage", "fees", "funding"):
            assert sum(getattr(share.causes, cause) for share in parts) == getattr(whole, cause), (cut, cause)
    _check_curve(account, len(events))


def _check_curve(account: Account, hours: int) -> None:
    slots = [START + timedelta(hours=place) for place in range(hours)]
    closes: dict[str, list[tuple[datetime, Decimal]]] = defaultdict(list)
    for one in account.fills:
        closes[one.symbol].append((one.at, one.fill.price))
    postings = [posting for posting, _, _ in account.postings]
    curve = list(rebuilt(postings, account.fills, Marks(closes, timedelta(days=9)), slots))
    assert [state.at for state in curve] == [Resolution.HOUR.slot(slot) for slot in slots]
    for place, state in enumerate(curve):
        assert state.balance == sum((p.amount for p in postings if p.at <= state.at), ZERO)
        assert abs(state.equity - account.worth[place]) < CENT, (state, account.worth[place])
        assert state.peak >= state.equity
        assert state.drawdown is None or state.drawdown >= 0
