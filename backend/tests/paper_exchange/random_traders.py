"""Traders who know nothing, on the real engine and a real feed: what they gain, the venue gives away.

*Takers* buy or sell a little at random, at market, and take the opposite side at market a random while later. Their
edge is the gross profit of that round trip, with half the spread given back at both ends, over what they paid. Each
has a twin who takes the other side at the same two moments: what luck gives one it takes from the other, and their
mean is what the venue gives either.

*Makers* rest a post-only order at a random small distance and give it up after a random while. Their edge is the
middle of the market a random while after the fill against the price they got.

Both in basis points of the first notional, before fees, positive = the trader gains. One run is one seed of dice and
market; runs are independent, so the interval comes from the spread between runs.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from paper_exchange.assembly import fresh, ticks_of
from paper_exchange.engine.accounts import Account
from paper_exchange.engine.exchange import Exchange
from paper_exchange.engine.market import Market
from paper_exchange.engine.orders import Order, OrderRequest
from paper_exchange.engine.refusals import VenueError
from paper_exchange.feeds.playback import Playback
from paper_exchange.feeds.replay import ReplaySource
from paper_exchange.feeds.synthetic import SyntheticSource
from paper_exchange.randomness import seeded

BPS = 10_000
DEPOSIT = Decimal(100_000_000)
NOTIONAL = (200.0, 2_000.0)
CHANCE = 0.03
LONGEST_HOLD = 20
LONGEST_REST = 20
FARTHEST_BPS = 4.0
# Two-sided 95 % points of Student's t by degrees of freedom.
STUDENT_95 = {5: 2.571, 7: 2.365, 11: 2.201, 15: 2.131, 23: 2.069, 31: 2.040, 47: 2.012}


@dataclass(frozen=True, slots=True)
class Edge:
    """Mean over runs and half the width of its 95 % interval, in basis points; `trades` in all."""

    mean: float
    half_width: float
    trades: int


@dataclass(slots=True)
class Tally:
    """Edges in basis points, trade by trade."""

    takers: list[float] = field(default_factory=list)
    makers: list[float] = field(default_factory=list)


@dataclass(slots=True)
class _Taken:
    market: Market
    sign: int
    quantity: Decimal
    paid: Decimal
    half_spread: Decimal


@dataclass(slots=True)
class _Quote:
    market: Market
    sign: int
    order: Order
    until: int
    judged_at: int | None = None


def _middle(market: Market) -> Decimal:
    return (market.best_bid + market.best_ask) / 2


def _half_spread(market: Market) -> Decimal:
    return (market.best_ask - market.best_bid) / 2


class RandomTraders:
    """One run: a fresh venue, one account for takers and one for makers."""

    def __init__(self, source: ReplaySource | SyntheticSource, seed: int) -> None:
        self.exchange: Exchange = fresh(source, seed)
        self.playback = Playback(source, seed, source.start_ms)
        self.tally = Tally()
        self._draw: random.Random = seeded("random traders", seed)
        self._now = source.start_ms
        self._step = 0
        self._taker, self._maker = self._account("taker"), self._account("maker")
        self._exits: dict[int, list[list[_Taken]]] = {}
        self._quotes: list[_Quote] = []

    def _account(self, name: str) -> Account:
        account = self.exchange.open_account(name, f"key-{name}", f"secret-{name}", self._now)
        self.exchange.deposit(name, DEPOSIT, name, self._now)
        return account

    def run(self, steps: int, steps_per_bar: int) -> Tally:
        """Play so many steps of the feed, or until its end."""
        for self._step in range(steps):
            step = self.playback.next_step(steps_per_bar)
            if step is None or not step.points:
                break
            self._now = step.time_ms
            self.exchange.advance(self._now, ticks_of(step, self.exchange.markets.values()))
            self.exchange.take_changes()
            self._leave()
            self._judge_quotes()
            for symbol in step.points:
                self._act(self.exchange.markets[symbol])
        return self.tally

    def _act(self, market: Market) -> None:
        if self._draw.random() < CHANCE:
            self._enter(market)
        if self._draw.random() < CHANCE:
            self._quote(market)

    def _quantity(self, market: Market) -> Decimal:
        wanted = Decimal(self._draw.uniform(*NOTIONAL)) / market.last
        return max(market.contract.step, market.contract.quantity(market.contract.steps(wanted)))

    def _place(
        self, account: Account, market: Market, sign: int, quantity: Decimal, price: Decimal | None
    ) -> Order:
        request = OrderRequest(
            symbol=market.symbol,
            side="BUY" if sign > 0 else "SELL",
            type="MARKET" if price is None else "LIMIT",
            quantity=quantity,
            price=price,
            time_in_force=None if price is None else "GTX",
        )
        return self.exchange.place(account, request, self._now)

    def _enter(self, market: Market) -> None:
        quantity, half = self._quantity(market), _half_spread(market)
        leave = self._step + self._draw.randint(1, LONGEST_HOLD)
        try:
            orders = [(sign, self._place(self._taker, market, sign, quantity, None)) for sign in (1, -1)]
        except VenueError:
            return
        taken = [_Taken(market, sign, one.filled, one.average_price, half) for sign, one in orders]
        self._exits.setdefault(leave, []).append(taken)

    def _leave(self) -> None:
        for twins in self._exits.pop(self._step, ()):
            half = _half_spread(twins[0].market)
            edges = [self._sell_out(taken, half) for taken in twins]
            self.tally.takers.append(sum(edges) / len(edges))

    def _sell_out(self, taken: _Taken, half_spread: Decimal) -> float:
        order = self._place(self._taker, taken.market, -taken.sign, taken.quantity, None)
        gained = taken.sign * (order.average_price - taken.paid) + half_spread + taken.half_spread
        return float(gained / taken.paid) * BPS

    def _quote(self, market: Market) -> None:
        sign = self._draw.choice((1, -1))
        away = market.last * Decimal(self._draw.uniform(0, FARTHEST_BPS)) / BPS
        price = market.best_bid - away if sign > 0 else market.best_ask + away
        price = market.contract.price(market.contract.ticks(price))
        try:
            order = self._place(self._maker, market, sign, self._quantity(market), price)
        except VenueError:
            return
        self._quotes.append(_Quote(market, sign, order, self._step + self._draw.randint(1, LONGEST_REST)))

    def _judge_quotes(self) -> None:
        kept: list[_Quote] = []
        for quote in self._quotes:
            order = quote.order
            if quote.judged_at is None and order.filled:
                quote.judged_at = self._step + self._draw.randint(1, LONGEST_HOLD)
            if order.is_open and self._step >= quote.until:
                self.exchange.cancel(self._maker, order.symbol, order, self._now)
            if quote.judged_at is not None and self._step >= quote.judged_at:
                gained = quote.sign * (_middle(quote.market) - order.price)
                self.tally.makers.append(float(gained / order.price) * BPS)
                if order.is_open:
                    self.exchange.cancel(self._maker, order.symbol, order, self._now)
            elif order.is_open or quote.judged_at is not None:
                kept.append(quote)
        self._quotes = kept


def edge(runs: Iterable[list[float]]) -> Edge:
    """Mean of the runs' means, each weighted alike, and its 95 % half width; at least six runs with trades."""
    found = [one for one in runs if one]
    means = [statistics.mean(one) for one in found]
    error = statistics.stdev(means) / len(means) ** 0.5
    student = min(value for freedom, value in STUDENT_95.items() if freedom <= len(means) - 1)
    return Edge(statistics.mean(means), student * error, sum(len(one) for one in found))
