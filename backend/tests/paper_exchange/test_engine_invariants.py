"""Whatever is done to the venue, the books stay balanced."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from paper_exchange.engine.refusals import VenueError
from tests.paper_exchange.small_venue import FUNDING_MS, SmallVenue

SIDES = st.sampled_from(["BUY", "SELL"])
QUANTITIES = st.integers(1, 4_000).map(lambda steps: str(Decimal(steps) / 1_000))
OFFSETS = st.integers(-400, 400)
KINDS = st.sampled_from(["STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"])


class VenueMachine(RuleBasedStateMachine):
    """Orders, stops, price moves, fundings and leverage in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.venue = SmallVenue(deposit="20000")

    def _price(self, offset_bps: int) -> str:
        market = self.venue.market()
        price = market.last * (10_000 + offset_bps) / 10_000
        return market.contract.price_text(price)

    @rule(side=SIDES, quantity=QUANTITIES, reduce_only=st.booleans())
    def market_order(self, side: str, quantity: str, reduce_only: bool) -> None:
        try:
            self.venue.order(side, quantity, reduce_only=reduce_only)
        except VenueError:
            return

    @rule(
        side=SIDES,
        quantity=QUANTITIES,
        offset=OFFSETS,
        time_in_force=st.sampled_from(["GTC", "IOC", "FOK", "GTX"]),
        reduce_only=st.booleans(),
    )
    def limit_order(
        self, side: str, quantity: str, offset: int, time_in_force: str, reduce_only: bool
    ) -> None:
        try:
            self.venue.order(side, quantity, self._price(offset), time_in_force, reduce_only)
        except VenueError:
            return

    @rule(side=SIDES, kind=KINDS, offset=OFFSETS, quantity=QUANTITIES, close=st.booleans())
    def conditional_order(self, side: str, kind: str, offset: int, quantity: str, close: bool) -> None:
        trigger = self._price(offset)
        try:
            self.venue.conditional(
                side,
                kind,
                trigger,
                None if close else quantity,
                price=trigger,
                reduce_only=not close,
                close_position=close,
                working_type="MARK_PRICE" if offset % 2 else "CONTRACT_PRICE",
            )
        except VenueError:
            return

    @rule(offset=st.integers(-900, 900), quantity=QUANTITIES, bought=st.booleans())
    def price_moves(self, offset: int, quantity: str, bought: bool) -> None:
        self.venue.tick(self._price(offset), quantity=quantity, taker_bought=bought)

    @rule()
    def cancel_everything(self) -> None:
        self.venue.exchange.cancel_all(self.venue.trader, "BTCUSDT", self.venue.now)

    @rule(leverage=st.integers(1, 125))
    def change_leverage(self, leverage: int) -> None:
        try:
            self.venue.exchange.set_leverage(self.venue.trader, "BTCUSDT", leverage, self.venue.now)
        except VenueError:
            return

    @rule()
    def funding(self) -> None:
        self.venue.tick(self._price(1), after_ms=FUNDING_MS)

    @invariant()
    def books_balance(self) -> None:
        self.venue.check_invariants()

    @invariant()
    def reduce_only_orders_have_something_to_reduce(self) -> None:
        amount = self.venue.trader.amount("BTCUSDT")
        for order in self.venue.trader.open_orders.values():
            if order.reduce_only:
                assert amount > 0 if order.side == "SELL" else amount < 0


TestVenueMachine = VenueMachine.TestCase
TestVenueMachine.settings = settings(
    max_examples=60,
    stateful_step_count=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
