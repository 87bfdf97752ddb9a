"""A venue in memory with two markets, for tests of the engine alone."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from paper_exchange.engine.accounts import Account, Position
from paper_exchange.engine.bars import MINUTE_MS, history_bar, new_candles
from paper_exchange.engine.contracts import listed_contracts
from paper_exchange.engine.events import Event
from paper_exchange.engine.exchange import Exchange, Tick
from paper_exchange.engine.liquidation import liquidate_under_water
from paper_exchange.engine.market import Market, MarketRecord
from paper_exchange.engine.orders import (
    Conditional,
    ConditionalRequest,
    Fill,
    Income,
    Order,
    OrderRequest,
    PositionSide,
)
from paper_exchange.engine.refusals import VenueError
from paper_exchange.engine.state import new_state
from tests.paper_exchange.books import Books

START_MS = 1_700_000_000_000 - 1_700_000_000_000 % (8 * 3_600_000)
FUNDING_MS = 8 * 3_600_000
PRICES = {"BTCUSDT": 60_000, "ETHUSDT": 3_000}


def code_of(act: Callable[[], object]) -> int:
    """The code with which it is refused; 0 when it is not."""
    try:
        act()
    except VenueError as refused:
        return refused.refusal.code
    return 0


class SmallVenue:
    """BTCUSDT at 60,000 and ETHUSDT at 3,000; one account, `trader`, with a deposit."""

    def __init__(self, deposit: str = "10000", seed: int = 1) -> None:
        self.now = START_MS
        contracts = {one.symbol: one for one in listed_contracts()}
        markets = []
        for symbol, price in PRICES.items():
            contract = contracts[symbol]
            ticks = price * 10**contract.price_decimals
            candles = new_candles(MINUTE_MS)
            record = MarketRecord(
                symbol, ticks, Decimal(price), Decimal(price), START_MS, START_MS + FUNDING_MS
            )
            reach = ticks // 2_000
            prices = (ticks, ticks + reach, ticks - reach, ticks)
            record.activity.absorb(history_bar(START_MS - MINUTE_MS, prices, 100_000), MINUTE_MS)
            markets.append(Market(contract, record, candles, seed))
        self.exchange = Exchange(new_state(markets))
        self.events: list[Event] = []
        self.exchange.listen(self.events.append)
        self.books = Books()
        self.trader = self.open_account("trader", deposit)

    def open_account(self, name: str, deposit: str) -> Account:
        account = self.exchange.open_account(name, f"key-{name}", f"secret-{name}", self.now)
        self.exchange.deposit(name, Decimal(deposit), f"first-{name}", self.now)
        return account

    def isolate(self, symbol: str = "BTCUSDT", account: Account | None = None) -> None:
        self.exchange.set_margin_type(account or self.trader, symbol, "ISOLATED", self.now)

    def hedge(self, account: Account | None = None) -> None:
        self.exchange.set_hedge_mode(account or self.trader, True, self.now)

    def position(self, side: str = "BOTH", symbol: str = "BTCUSDT") -> Position:
        """The trader's position."""
        return self.exchange.state.position(self.trader, symbol, PositionSide(side))

    def posted(self, kind: str, account: str = "trader") -> list[Decimal]:
        """The amounts (USDT) of the account's ledger postings of that kind, oldest first."""
        return [row.amount for row in self.income if row.account == account and row.kind.value == kind]

    def market(self, symbol: str = "BTCUSDT") -> Market:
        return self.exchange.markets[symbol]

    @property
    def fills(self) -> list[Fill]:
        """Every fill so far."""
        self.collect()
        return self.books.fills

    @property
    def income(self) -> list[Income]:
        """Every ledger posting so far."""
        self.collect()
        return self.books.income

    def collect(self) -> None:
        """Gather the rows that a journal would have written."""
        self.books.absorb(self.exchange, self.exchange.take_changes())

    def order(
        self,
        side: str,
        quantity: str | None,
        price: str | None = None,
        time_in_force: str | None = None,
        reduce_only: bool = False,
        symbol: str = "BTCUSDT",
        client_id: str | None = None,
        account: Account | None = None,
        position_side: str = "BOTH",
    ) -> Order:
        """A limit order when a price is given (GTC unless told otherwise), else a market order."""
        request = OrderRequest(
            symbol=symbol,
            side=side,
            type="MARKET" if price is None else "LIMIT",
            quantity=None if quantity is None else Decimal(quantity),
            price=None if price is None else Decimal(price),
            time_in_force=time_in_force or (None if price is None else "GTC"),
            reduce_only=reduce_only,
            client_id=client_id,
            position_side=position_side,
        )
        return self.exchange.place(account or self.trader, request, self.now)

    def conditional(
        self,
        side: str,
        kind: str,
        trigger: str,
        quantity: str | None = "0.1",
        price: str | None = None,
        reduce_only: bool = True,
        close_position: bool = False,
        working_type: str = "CONTRACT_PRICE",
        client_id: str | None = None,
        symbol: str = "BTCUSDT",
        account: Account | None = None,
        position_side: str = "BOTH",
    ) -> Conditional:
        request = ConditionalRequest(
            symbol=symbol,
            side=side,
            type=kind,
            trigger_price=Decimal(trigger),
            quantity=None if quantity is None else Decimal(quantity),
            price=None if price is None else Decimal(price),
            reduce_only=reduce_only,
            close_position=close_position,
            working_type=working_type,
            client_id=client_id,
            position_side=position_side,
        )
        return self.exchange.place_conditional(account or self.trader, request, self.now)

    def tick(
        self,
        price: str,
        symbol: str = "BTCUSDT",
        quantity: str = "1",
        taker_bought: bool = True,
        after_ms: int = 1_000,
    ) -> None:
        """One trade of the feed, `after_ms` of market time later."""
        self.now += after_ms
        contract = self.market(symbol).contract
        tick = Tick(symbol, contract.ticks(Decimal(price)), contract.steps(Decimal(quantity)), taker_bought)
        self.exchange.advance(self.now, [tick])

    def mark_at(self, price: str, symbol: str = "BTCUSDT") -> None:
        """Put the mark exactly there and let the venue look at everybody's margin; nothing trades."""
        self.market(symbol).record.mark = Decimal(price)
        for account in self.exchange.state.accounts.values():
            self.exchange.state.unreviewed[account.id] = account
        liquidate_under_water(self.exchange.state, self.now)

    def check_invariants(self) -> None:
        """What must hold after any sequence of commands."""
        self.collect()
        self.books.check(self.exchange)
