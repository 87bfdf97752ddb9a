"""A venue in memory with two markets, for tests of the engine alone."""

from __future__ import annotations

from decimal import Decimal

from paper_exchange.engine.accounts import Account
from paper_exchange.engine.bars import MINUTE_MS, history_bar, new_candles
from paper_exchange.engine.contracts import listed_contracts
from paper_exchange.engine.events import Event
from paper_exchange.engine.exchange import Exchange, Tick
from paper_exchange.engine.market import Market, MarketRecord
from paper_exchange.engine.money import ZERO
from paper_exchange.engine.orders import (
    Conditional,
    ConditionalRequest,
    Fill,
    Income,
    Order,
    OrderRequest,
)
from paper_exchange.engine.state import new_state

START_MS = 1_700_000_000_000 - 1_700_000_000_000 % (8 * 3_600_000)
FUNDING_MS = 8 * 3_600_000
PRICES = {"BTCUSDT": 60_000, "ETHUSDT": 3_000}


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
        self.fills: list[Fill] = []
        self.income: list[Income] = []
        self.trader = self.open_account("trader", deposit)

    def open_account(self, name: str, deposit: str) -> Account:
        account = self.exchange.open_account(name, f"key-{name}", f"secret-{name}", self.now)
        self.exchange.deposit(name, Decimal(deposit), f"first-{name}", self.now)
        return account

    def market(self, symbol: str = "BTCUSDT") -> Market:
        return self.exchange.markets[symbol]

    def collect(self) -> None:
        """Gather the rows that a journal would have written."""
        changes = self.exchange.take_changes()
        self.fills += changes.fills
        self.income += changes.income

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
    ) -> Conditional:
        request = ConditionalRequest(
            symbol="BTCUSDT",
            side=side,
            type=kind,
            trigger_price=Decimal(trigger),
            quantity=None if quantity is None else Decimal(quantity),
            price=None if price is None else Decimal(price),
            reduce_only=reduce_only,
            close_position=close_position,
            working_type=working_type,
            client_id=client_id,
        )
        return self.exchange.place_conditional(self.trader, request, self.now)

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

    def check_invariants(self) -> None:
        """What must hold after any sequence of commands."""
        self.collect()
        for account in self.exchange.state.accounts.values():
            rows = [row.amount for row in self.income if row.account == account.id]
            assert account.record.wallet == sum(rows, ZERO)
            for position in account.positions.values():
                mine = [f for f in self.fills if f.account == account.id and f.symbol == position.symbol]
                bought = sum((f.quantity for f in mine if f.side == "BUY"), ZERO)
                sold = sum((f.quantity for f in mine if f.side == "SELL"), ZERO)
                assert position.amount == bought - sold
                if not position.amount:
                    assert position.cost == 0
                    spent = sum((f.price * f.quantity for f in mine if f.side == "BUY"), ZERO)
                    earned = sum((f.price * f.quantity for f in mine if f.side == "SELL"), ZERO)
                    assert sum((f.realized for f in mine), ZERO) == earned - spent
                assert position.cost >= 0
            for order in account.open_orders.values():
                assert 0 <= order.filled < order.quantity
                assert order.is_open
            assert self.exchange.summary(account).available >= 0
            if not account.held():
                assert account.record.wallet >= 0
