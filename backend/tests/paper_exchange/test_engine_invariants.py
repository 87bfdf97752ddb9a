"""Whatever is done to the venue, the books stay balanced."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from paper_exchange.engine.instructions import PriceMatch, SelfTradePrevention
from tests.paper_exchange.wandering import ACCOUNTS, SYMBOLS, Wanderers

NAMES = st.sampled_from(ACCOUNTS)
CONTRACTS = st.sampled_from(SYMBOLS)
SIDES = st.sampled_from(["BUY", "SELL"])
LOTS = st.integers(1, 4_000)
OFFSETS = st.integers(-400, 400)
FLAGS = st.booleans()
KINDS = st.sampled_from(["STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"])
PREVENTIONS = st.sampled_from([mode.value for mode in SelfTradePrevention])
MATCHES = st.sampled_from([mode.value for mode in PriceMatch if mode is not PriceMatch.NONE])
TIMES = st.sampled_from(["GTC", "IOC", "FOK", "GTX"])


class VenueMachine(RuleBasedStateMachine):
    """Orders, stops, price moves, fundings, modes and margins of three accounts, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.all = Wanderers()

    @rule(name=NAMES, symbol=CONTRACTS, side=SIDES, lots=LOTS, long=FLAGS, reduce_only=FLAGS)
    def market_order(
        self, name: str, symbol: str, side: str, lots: int, long: bool, reduce_only: bool
    ) -> None:
        self.all.order(name, symbol, side, lots, long, reduce_only=reduce_only)

    @rule(
        name=NAMES,
        symbol=CONTRACTS,
        side=SIDES,
        lots=LOTS,
        long=FLAGS,
        offset=OFFSETS,
        time_in_force=TIMES,
        reduce_only=FLAGS,
    )
    def limit_order(
        self,
        name: str,
        symbol: str,
        side: str,
        lots: int,
        long: bool,
        offset: int,
        time_in_force: str,
        reduce_only: bool,
    ) -> None:
        self.all.order(name, symbol, side, lots, long, offset, time_in_force, reduce_only)

    @rule(name=NAMES, symbol=CONTRACTS, lots=LOTS, offset=OFFSETS)
    def amend(self, name: str, symbol: str, lots: int, offset: int) -> None:
        self.all.amend(name, symbol, lots, offset)

    @rule(
        name=NAMES,
        symbol=CONTRACTS,
        side=SIDES,
        kind=KINDS,
        lots=LOTS,
        long=FLAGS,
        offset=OFFSETS,
        close=FLAGS,
    )
    def conditional_order(
        self, name: str, symbol: str, side: str, kind: str, lots: int, long: bool, offset: int, close: bool
    ) -> None:
        self.all.conditional(name, symbol, side, kind, lots, long, offset, close)

    @rule(name=NAMES, symbol=CONTRACTS, side=SIDES, lots=LOTS, long=FLAGS, callback=st.integers(10, 1_000))
    def trailing_stop(self, name: str, symbol: str, side: str, lots: int, long: bool, callback: int) -> None:
        self.all.trailing(name, symbol, side, lots, long, callback)

    @rule(
        name=NAMES,
        symbol=CONTRACTS,
        side=SIDES,
        lots=LOTS,
        long=FLAGS,
        prevention=PREVENTIONS,
        matched=MATCHES,
    )
    def dated_order(
        self, name: str, symbol: str, side: str, lots: int, long: bool, prevention: str, matched: str
    ) -> None:
        self.all.dated(name, symbol, side, lots, long, prevention, matched)

    @rule()
    def dates_pass(self) -> None:
        self.all.end_overdue()

    @rule(symbol=CONTRACTS, offset=st.integers(-900, 900), lots=LOTS, bought=FLAGS, repeat=st.integers(1, 8))
    def price_moves(self, symbol: str, offset: int, lots: int, bought: bool, repeat: int) -> None:
        self.all.price_moves(symbol, offset, lots, bought, repeat=repeat)

    @rule(name=NAMES, symbol=CONTRACTS)
    def cancel_everything(self, name: str, symbol: str) -> None:
        self.all.cancel_all(name, symbol)

    @rule(name=NAMES, hedged=FLAGS, isolated=FLAGS)
    def change_modes(self, name: str, hedged: bool, isolated: bool) -> None:
        """After going flat; refused when something is still open."""
        self.all.go_flat(name)
        self.all.position_mode(name, hedged)
        for symbol in SYMBOLS:
            self.all.margin_type(name, symbol, isolated)

    @rule(name=NAMES, symbol=CONTRACTS, hedged=FLAGS, isolated=FLAGS)
    def change_modes_at_any_time(self, name: str, symbol: str, hedged: bool, isolated: bool) -> None:
        self.all.position_mode(name, hedged)
        self.all.margin_type(name, symbol, isolated)

    @rule(name=NAMES, symbol=CONTRACTS, cents=st.integers(1, 1_000_000), long=FLAGS, add=FLAGS)
    def adjust_margin(self, name: str, symbol: str, cents: int, long: bool, add: bool) -> None:
        self.all.adjust_margin(name, symbol, cents, long, add)

    @rule(name=NAMES, symbol=CONTRACTS, leverage=st.integers(1, 125))
    def change_leverage(self, name: str, symbol: str, leverage: int) -> None:
        self.all.leverage(name, symbol, leverage)

    @rule(symbol=CONTRACTS)
    def funding(self, symbol: str) -> None:
        self.all.funding(symbol)

    @rule(name=NAMES, dollars=st.integers(1, 20_000))
    def deposit(self, name: str, dollars: int) -> None:
        self.all.deposit(name, dollars)

    @invariant()
    def books_balance(self) -> None:
        self.all.check()


TestVenueMachine = VenueMachine.TestCase
TestVenueMachine.settings = settings(
    max_examples=60,
    stateful_step_count=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
