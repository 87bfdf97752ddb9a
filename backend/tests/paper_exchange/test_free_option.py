"""Liquidation caps what an isolated position can lose; nobody may live on that."""

from __future__ import annotations

from decimal import Decimal

from paper_exchange.assembly import fresh, scales, ticks_of
from paper_exchange.engine.accounts import Account, Position
from paper_exchange.engine.exchange import Exchange
from paper_exchange.engine.orders import OrderRequest
from paper_exchange.feeds.playback import Playback
from paper_exchange.feeds.synthetic import SyntheticSource

START_MS = 1_700_000_000_000
HISTORY = 300
STEPS = 3_000
STEPS_PER_BAR = 60
SYMBOL = "BTCUSDT"


class Straddler:
    """Holds both sides at the greatest leverage, drops the survivor when one is liquidated, begins again."""

    def __init__(self, seed: int) -> None:
        source = SyntheticSource(scales(), seed, START_MS, HISTORY)
        self.exchange: Exchange = fresh(source, seed)
        self.playback = Playback(source, seed, source.start_ms)
        self.now = source.start_ms
        self.account: Account = self.exchange.open_account("straddler", "key", "secret", self.now)
        self.exchange.deposit("straddler", Decimal(1_000_000), "first", self.now)
        self.exchange.set_hedge_mode(self.account, True, self.now)
        self.exchange.set_margin_type(self.account, SYMBOL, "ISOLATED", self.now)
        self.exchange.set_leverage(self.account, SYMBOL, 125, self.now)
        self.trips = 0

    def run(self) -> Decimal:
        """What it gained (USDT, signed)."""
        before = self.account.record.wallet
        for _ in range(STEPS):
            step = self.playback.next_step(STEPS_PER_BAR)
            if step is None:
                break
            self.now = step.time_ms
            self.exchange.advance(self.now, ticks_of(step, self.exchange.markets.values()))
            self.exchange.take_changes()
            match self.account.held():
                case []:
                    self._straddle()
                case [survivor]:
                    self._leave(survivor)
        return self.account.record.wallet - before

    def _straddle(self) -> None:
        for side, position_side in (("BUY", "LONG"), ("SELL", "SHORT")):
            self._at_market(side, Decimal("0.03"), position_side)
        self.trips += 1

    def _leave(self, survivor: Position) -> None:
        side = "SELL" if survivor.amount > 0 else "BUY"
        self._at_market(side, abs(survivor.amount), survivor.side.value)

    def _at_market(self, side: str, quantity: Decimal, position_side: str) -> None:
        request = OrderRequest(SYMBOL, side, "MARKET", quantity, position_side=position_side)
        self.exchange.place(self.account, request, self.now)


def test_the_greatest_leverage_on_both_sides_at_once_loses() -> None:
    straddlers = [Straddler(seed) for seed in (2, 3)]
    gains = [one.run() for one in straddlers]
    assert all(one.trips > 1 for one in straddlers)
    assert all(gain < 0 for gain in gains)
