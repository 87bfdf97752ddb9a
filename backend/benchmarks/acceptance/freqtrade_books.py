"""freqtrade's books beside the venue's ledger, trade by trade."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import ccxt

from tests.paper_exchange.running import ccxt_options

PAGE = 1_000
CLOSED_TRADES = """
    SELECT t.id, t.pair, t.exit_reason, t.close_profit_abs, o.order_id, o.ft_order_side
    FROM trades t JOIN orders o ON o.ft_trade_id = t.id
    WHERE NOT t.is_open
    ORDER BY t.id
"""


@dataclass(frozen=True, slots=True)
class BookedTrade:
    """A closed trade as freqtrade booked it; profit in USDT after fees and with funding, negative for a loss."""

    number: int
    pair: str
    exit_reason: str
    profit: Decimal
    orders: frozenset[str]
    stops: frozenset[str]


def booked_trades(database: Path) -> list[BookedTrade]:
    """freqtrade's closed trades with the venue's numbers of their orders; stops are numbered apart."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute(CLOSED_TRADES).fetchall()
    orders: defaultdict[tuple[int, bool], set[str]] = defaultdict(set)
    for number, *_, order, side in rows:
        orders[number, side == "stoploss"].add(order)
    return [
        BookedTrade(
            number=number,
            pair=pair,
            exit_reason=reason,
            profit=Decimal(str(profit)),
            orders=frozenset(orders[number, False]),
            stops=frozenset(orders[number, True]),
        )
        for number, (pair, reason, profit) in {row[0]: row[1:4] for row in rows}.items()
    ]


def open_pairs(database: Path) -> set[str]:
    """The pairs with an open trade."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return {pair for (pair,) in connection.execute("SELECT pair FROM trades WHERE is_open")}


class Ledger:
    """What the venue knows of one account."""

    def __init__(self, base: str, keys: tuple[str, str]) -> None:
        self._exchange = ccxt.binanceusdm(ccxt_options(base, *keys))
        self._exchange.load_markets()

    def wallet(self) -> Decimal:
        """The wallet's balance in USDT, without unrealised profit."""
        return Decimal(self._exchange.fapiPrivateV3GetAccount()["totalWalletBalance"])

    def triggered(self, pairs: set[str]) -> dict[str, str]:
        """The order that each triggered conditional order became, by the conditional's number."""
        rows = [row for pair in pairs for row in self._pages("fapiPrivateGetAllAlgoOrders", pair, "algoId")]
        return {str(row["algoId"]): str(row["actualOrderId"]) for row in rows if row["actualOrderId"]}

    def profit_by_order(self, pairs: set[str]) -> dict[str, Decimal]:
        """Realised profit less commission of each order's fills."""
        found: defaultdict[str, Decimal] = defaultdict(Decimal)
        for pair in pairs:
            for row in self._pages("fapiPrivateGetUserTrades", pair, "id", "fromId"):
                found[str(row["orderId"])] += Decimal(row["realizedPnl"]) - Decimal(row["commission"])
        return dict(found)

    def _pages(
        self, method: str, pair: str, number: str, following: str | None = None
    ) -> list[dict[str, str]]:
        """All rows of a list that is given out by pages, oldest first."""
        rows: list[dict[str, str]] = []
        market = self._exchange.market(pair)["id"]
        asked: dict[str, str | int] = {"symbol": market, "limit": PAGE, following or number: 1}
        while True:
            page = getattr(self._exchange, method)(asked)
            rows += page
            if len(page) < PAGE:
                return rows
            asked[following or number] = int(page[-1][number]) + 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """The two books side by side, in USDT; `differences` is freqtrade's profit less the ledger's, by trade."""

    trades: list[BookedTrade]
    differences: dict[int, Decimal]
    stops_triggered: int


def compare(database: Path, ledger: Ledger) -> Comparison:
    """Every closed trade's profit as freqtrade booked it and as its fills came to; there was no funding."""
    trades = booked_trades(database)
    pairs = {trade.pair for trade in trades}
    triggered, profits = ledger.triggered(pairs), ledger.profit_by_order(pairs)
    differences = {}
    for trade in trades:
        orders = trade.orders | {triggered[stop] for stop in trade.stops if stop in triggered}
        earned = sum((profits.get(order, Decimal(0)) for order in orders), Decimal(0))
        differences[trade.number] = trade.profit - earned
    return Comparison(trades, differences, sum(bool(trade.stops & triggered.keys()) for trade in trades))
