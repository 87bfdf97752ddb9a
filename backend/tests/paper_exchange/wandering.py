"""Everything that three clients and the market may do to a venue, for tests that let chance choose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal

from paper_exchange.engine.accounts import Account
from paper_exchange.engine.amending import AmendRequest
from paper_exchange.engine.events import Liquidated
from paper_exchange.engine.orders import ConditionalRequest, OrderRequest
from paper_exchange.engine.refusals import VenueError
from paper_exchange.engine.settings import MarginRequest
from tests.paper_exchange.small_venue import FUNDING_MS, SmallVenue

SYMBOLS = ("BTCUSDT", "ETHUSDT")
ACCOUNTS = ("trader", "second", "third")
LIFE_MS = 3_600_000
# Steps of each contract that are worth about the same money.
LOTS = {"BTCUSDT": Decimal("0.001"), "ETHUSDT": Decimal("0.02")}


class Wanderers:
    """Each method is one thing that may be done; what the venue refuses is counted by its code."""

    def __init__(self, seed: int = 1) -> None:
        self.venue = SmallVenue(deposit="20000", seed=seed)
        for name in ACCOUNTS[1:]:
            self.venue.open_account(name, "20000")
        self.refusals: Counter[int] = Counter()
        self.done: Counter[str] = Counter()
        self._deposits = 0

    def account(self, name: str) -> Account:
        return self.venue.exchange.state.accounts[name]

    def price(self, symbol: str, offset_bps: int) -> str:
        """A price on the tick, that far from the last."""
        market = self.venue.market(symbol)
        return market.contract.price_text(market.last * (10_000 + offset_bps) / 10_000)

    def attempt(self, name: str, act: Callable[[], object]) -> None:
        try:
            act()
        except VenueError as refused:
            self.refusals[refused.refusal.code] += 1
            return
        self.done[name] += 1

    def whose(self, name: str, long: bool) -> str:
        """The position side of the account's mode."""
        if not self.account(name).record.hedged:
            return "BOTH"
        return "LONG" if long else "SHORT"

    def order(
        self,
        name: str,
        symbol: str,
        side: str,
        lots: int,
        long: bool,
        offset: int | None = None,
        time_in_force: str = "GTC",
        reduce_only: bool = False,
    ) -> None:
        """At the market when `offset` is None, else a limit that far (in bps) from the last price."""
        self.attempt(
            "order",
            lambda: self.venue.order(
                side,
                str(lots * LOTS[symbol]),
                None if offset is None else self.price(symbol, offset),
                None if offset is None else time_in_force,
                reduce_only,
                symbol,
                account=self.account(name),
                position_side=self.whose(name, long),
            ),
        )

    def amend(self, name: str, symbol: str, lots: int, offset: int) -> None:
        """Change the account's oldest open order there."""
        account = self.account(name)
        order = next(iter(account.orders_on(symbol)), None)
        if order is None:
            return
        request = AmendRequest(
            symbol,
            order.side.value,
            order_id=order.id,
            quantity=lots * LOTS[symbol],
            price=Decimal(self.price(symbol, offset)),
        )
        self.attempt("amend", lambda: self.venue.exchange.amend(account, request, self.venue.now))

    def conditional(
        self, name: str, symbol: str, side: str, kind: str, lots: int, long: bool, offset: int, close: bool
    ) -> None:
        trigger = self.price(symbol, offset)
        is_limit = not kind.endswith("MARKET")
        hedged = self.account(name).record.hedged
        self.attempt(
            "conditional",
            lambda: self.venue.conditional(
                side,
                kind,
                trigger,
                None if close else str(lots * LOTS[symbol]),
                price=trigger if is_limit else None,
                reduce_only=not close and not hedged and offset % 3 == 0,
                close_position=close,
                working_type="MARK_PRICE" if offset % 2 else "CONTRACT_PRICE",
                symbol=symbol,
                account=self.account(name),
                position_side=self.whose(name, long),
            ),
        )

    def trailing(self, name: str, symbol: str, side: str, lots: int, long: bool, callback_bps: int) -> None:
        request = ConditionalRequest(
            symbol,
            side,
            "TRAILING_STOP_MARKET",
            quantity=lots * LOTS[symbol],
            callback_fraction=Decimal(callback_bps) / 10_000,
            position_side=self.whose(name, long),
            price_protect=bool(lots % 2),
        )
        account, exchange = self.account(name), self.venue.exchange
        self.attempt("trailing", lambda: exchange.place_conditional(account, request, self.venue.now))

    def dated(
        self, name: str, symbol: str, side: str, lots: int, long: bool, prevention: str, matched: str
    ) -> None:
        """An order at a price of the book, good until `end_overdue`."""
        request = OrderRequest(
            symbol,
            side,
            "LIMIT",
            lots * LOTS[symbol],
            time_in_force="GTD",
            position_side=self.whose(name, long),
            good_till_ms=self.venue.now + LIFE_MS,
            self_trade_prevention=prevention,
            price_match=matched,
        )
        account, exchange = self.account(name), self.venue.exchange
        self.attempt("dated", lambda: exchange.place(account, request, self.venue.now))

    def end_overdue(self) -> None:
        """Every date passes at once, for the wall clock need not follow the market's."""
        self.venue.exchange.end_overdue(self.venue.now + 2 * LIFE_MS, self.venue.now)

    def cancel_all(self, name: str, symbol: str) -> None:
        account, exchange = self.account(name), self.venue.exchange
        self.attempt("cancel", lambda: exchange.cancel_all(account, symbol, self.venue.now))
        self.attempt("cancel", lambda: exchange.cancel_all_conditionals(account, symbol, self.venue.now))

    def go_flat(self, name: str) -> None:
        """Cancel everything and close everything, so that modes may be changed."""
        account = self.account(name)
        for symbol in SYMBOLS:
            self.cancel_all(name, symbol)
        for position in account.held():
            self.order(
                name,
                position.symbol,
                "SELL" if position.amount > 0 else "BUY",
                int(abs(position.amount) / LOTS[position.symbol]) or 1,
                position.amount > 0,
                reduce_only=not account.record.hedged,
            )

    def leverage(self, name: str, symbol: str, leverage: int) -> None:
        account, exchange = self.account(name), self.venue.exchange
        self.attempt("leverage", lambda: exchange.set_leverage(account, symbol, leverage, self.venue.now))

    def margin_type(self, name: str, symbol: str, isolated: bool) -> None:
        account, wanted = self.account(name), "ISOLATED" if isolated else "CROSSED"
        self.attempt(
            "margin type",
            lambda: self.venue.exchange.set_margin_type(account, symbol, wanted, self.venue.now),
        )

    def position_mode(self, name: str, hedged: bool) -> None:
        account = self.account(name)
        self.attempt(
            "position mode", lambda: self.venue.exchange.set_hedge_mode(account, hedged, self.venue.now)
        )

    def adjust_margin(self, name: str, symbol: str, cents: int, long: bool, add: bool) -> None:
        request = MarginRequest(symbol, Decimal(cents) / 100, 1 if add else 2, self.whose(name, long))
        account = self.account(name)
        self.attempt("margin", lambda: self.venue.exchange.adjust_margin(account, request, self.venue.now))

    def deposit(self, name: str, dollars: int) -> None:
        self._deposits += 1
        reference = f"wandering-{self._deposits}"
        self.venue.exchange.deposit(name, Decimal(dollars), reference, self.venue.now)

    def price_moves(
        self, symbol: str, offset: int, lots: int, bought: bool, after_ms: int = 1_000, repeat: int = 1
    ) -> None:
        """Trades of the feed; `repeat` lets mark follow the last price."""
        price = self.price(symbol, offset)
        for _ in range(repeat):
            self.venue.tick(price, symbol, str(lots * LOTS[symbol]), bought, after_ms)
            self.venue.books.check_nobody_is_under_water(self.venue.exchange)

    def funding(self, symbol: str) -> None:
        self.price_moves(symbol, 1, 1, True, after_ms=FUNDING_MS)

    def check(self) -> None:
        """The books, and how often the things happened that this is about."""
        self.done["liquidation"] += sum(isinstance(event, Liquidated) for event in self.venue.events)
        self.venue.events.clear()
        for name in ACCOUNTS:
            account = self.account(name)
            held = account.held()
            self.done["hedged steps"] += len({one.symbol for one in held}) < len(held)
            self.done["isolated steps"] += len(held) > len(account.held_cross())
            self.done["negative wallet steps"] += account.record.wallet < 0
        self.venue.check_invariants()
