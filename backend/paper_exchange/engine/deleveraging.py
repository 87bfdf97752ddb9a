"""Where each position stands in the queue for auto-deleveraging, as the venue estimates it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from paper_exchange.engine import margin
from paper_exchange.engine.accounts import Account, Position
from paper_exchange.engine.money import ZERO
from paper_exchange.engine.orders import PositionSide
from paper_exchange.engine.state import State

QUANTILES = 5
REFRESH_MS = 30_000


@dataclass(slots=True)
class Queue:
    """The scores of a contract's longs and shorts, ascending, as they were at `time_ms`."""

    time_ms: int
    longs: list[float] = field(default_factory=list)
    shorts: list[float] = field(default_factory=list)


def score(state: State, account: Account, position: Position) -> float:
    """Profit in proportion to cost x effective leverage; a loss is divided by it instead (the venue's rule).

    Effective leverage is notional / equity of the pot that answers for the position.
    """
    market = state.markets[position.symbol]
    if account.is_isolated(position.symbol):
        pot = margin.position_pot(market, account, position)
    else:
        pot = margin.cross_pot(state, account)
    profit = float(position.unrealized(market.mark) / position.cost) if position.cost else 0.0
    if pot.equity <= 0:
        return profit
    leverage = float(margin.notional(market, position) / pot.equity)
    return profit * leverage if profit > 0 else profit / leverage


def _queue(state: State, symbol: str, now: int) -> Queue:
    made = Queue(now)
    for account in state.holders.get(symbol, {}).values():
        for position in account.held_on(symbol):
            (made.longs if position.amount > 0 else made.shorts).append(score(state, account, position))
    made.longs.sort()
    made.shorts.sort()
    return made


class Deleveraging:
    """Quantiles 0 (last to be closed) to 4 (first), among the positions of the same direction.

    The queues are made anew every 30 s of market time, as the venue does.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._queues: dict[str, Queue] = {}

    def quantile(self, account: Account, position: Position, now: int) -> int:
        """0 when flat."""
        if not position.amount:
            return 0
        queue = self._queues.get(position.symbol)
        if queue is None or not queue.time_ms <= now < queue.time_ms + REFRESH_MS:
            queue = self._queues[position.symbol] = _queue(self._state, position.symbol, now)
        scores = queue.longs if position.amount > 0 else queue.shorts
        rank = bisect_right(scores, score(self._state, account, position))
        return min(QUANTILES - 1, max(0, rank * QUANTILES - 1) // max(1, len(scores)))

    def quantiles(self, account: Account, symbol: str, now: int) -> dict[str, int]:
        """By position side; the two sides of a hedge in cross margin share one value, marked HEDGE."""
        ranks = {
            side: self.quantile(account, self._state.position(account, symbol, side), now)
            for side in PositionSide
        }
        long, short = ranks[PositionSide.LONG], ranks[PositionSide.SHORT]
        both = ranks[PositionSide.BOTH]
        if not account.record.hedged or account.is_isolated(symbol):
            return {"LONG": long, "SHORT": short, "BOTH": both}
        amounts = [account.amount(symbol, side) for side in account.sides]
        if all(amount != ZERO for amount in amounts):
            long = short = max(long, short)
        return {"LONG": long, "SHORT": short, "HEDGE": 0}
