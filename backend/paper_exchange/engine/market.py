"""One contract's market: last, mark and index price, book, candles, and what waits for a price."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

from paper_exchange.engine.activity import Activity
from paper_exchange.engine.bars import Bar, Candles, References
from paper_exchange.engine.contracts import Contract
from paper_exchange.engine.ladder import Ladder, book_shape, build_ladder
from paper_exchange.engine.money import ZERO, money
from paper_exchange.engine.orders import Conditional, Order, Side, WorkingType
from paper_exchange.engine.watchlist import PriceWatch
from paper_exchange.randomness import seeded

INDEX_TIME_CONSTANT_MS = 15_000
INDEX_LEAST_WEIGHT = Decimal("0.125")
PREMIUM_WEIGHT = Decimal("0.02")
INTEREST_RATE = Decimal("0.0001")
PREMIUM_CLAMP = Decimal("0.0005")
FUNDING_CAP = Decimal("0.02")
KEPT_TRADES = 1_000
KEPT_FUNDINGS = 1_000
KEPT_INTEREST = 8_640
INTEREST_EVERY_MS = 300_000


@dataclass(frozen=True, slots=True)
class Trade:
    """A public print; price in ticks, quantity in steps."""

    id: int
    price: int
    quantity: int
    time_ms: int
    taker_bought: bool


@dataclass(frozen=True, slots=True)
class FundingPoint:
    """A funding that was settled; `rate` is a fraction of notional that longs paid (signed)."""

    symbol: str
    time_ms: int
    rate: Decimal
    mark: Decimal


@dataclass(frozen=True, slots=True)
class InterestPoint:
    """What accounts held of the contract at that moment (base units), and its mark price (USDT)."""

    time_ms: int
    quantity: Decimal
    mark: Decimal


@dataclass(slots=True)
class MarketRecord:
    """What is journalled of a market, besides its closed bars."""

    symbol: str
    last: int
    mark: Decimal
    index: Decimal
    time_ms: int
    next_funding_ms: int
    taker_bought: bool = True
    last_quantity: int = 1
    update_id: int = 1_000
    trade_id: int = 0
    premium: Decimal = ZERO
    activity: Activity = field(default_factory=Activity)
    forming_base: Bar | None = None
    forming_minute: Bar | None = None


class Market:
    """Live state of one contract; only the engine changes it.

    `stale_since_ms` is the market time at which a followed feed stood still, having been silent for more than
    `stale_after_seconds`; None while the prices are fresh.
    """

    def __init__(self, contract: Contract, record: MarketRecord, candles: Candles, seed: int) -> None:
        self.contract = contract
        self.record = record
        self.candles = candles
        self.seed = seed
        self.trades: deque[Trade] = deque(maxlen=KEPT_TRADES)
        self.fundings: deque[FundingPoint] = deque(maxlen=KEPT_FUNDINGS)
        self.interest: deque[InterestPoint] = deque(maxlen=KEPT_INTEREST)
        self.buys: PriceWatch[Order] = PriceWatch(upward=False)
        self.sells: PriceWatch[Order] = PriceWatch(upward=True)
        self.triggers: dict[tuple[WorkingType, bool], PriceWatch[Conditional]] = {
            (kind, upward): PriceWatch(upward) for kind in WorkingType for upward in (True, False)
        }
        self.trailing: dict[int, Conditional] = {}
        self.stale_since_ms: int | None = None
        self.stale_after_seconds = 0.0
        self._follows = False
        self._ladder: Ladder | None = None

    @property
    def symbol(self) -> str:
        return self.contract.symbol

    @property
    def last(self) -> Decimal:
        return self.contract.price(self.record.last)

    @property
    def mark(self) -> Decimal:
        return self.record.mark

    @property
    def mark_ticks(self) -> int:
        return self.contract.ticks(self.record.mark)

    @property
    def book(self) -> Ladder:
        """The visible book; built when somebody looks, then kept (and consumed) until the next trade
        of the feed.
        """
        if self._ladder is None:
            record = self.record
            activity = record.activity
            forming, now = self.candles.base.forming, record.time_ms
            sigma, volume = activity.sigma(forming, now), activity.minute_volume(forming, now)
            shape = book_shape(record.last, sigma, activity.base_sigma(), volume)
            draw = seeded(self.seed, self.symbol, record.update_id)
            self._ladder = build_ladder(record.last, record.taker_bought, shape, draw)
        return self._ladder

    @property
    def best_bid(self) -> Decimal:
        return self.contract.price(self.book.best_bid())

    @property
    def best_ask(self) -> Decimal:
        return self.contract.price(self.book.best_ask())

    def resting(self, side: Side) -> PriceWatch[Order]:
        return self.buys if side is Side.BUY else self.sells

    def watch_of(self, conditional: Conditional) -> PriceWatch[Conditional]:
        return self.triggers[conditional.working_type, conditional.fires_upward]

    def reference(self, working_type: WorkingType) -> Decimal:
        return self.mark if working_type is WorkingType.MARK_PRICE else self.last

    def funding_rate(self) -> Decimal:
        """The rate (fraction, longs pay when positive) as it stands.

        Premium plus interest, clamped as the venue does.
        """
        premium = self.record.premium
        interest = max(-PREMIUM_CLAMP, min(PREMIUM_CLAMP, INTEREST_RATE - premium))
        return money(max(-FUNDING_CAP, min(FUNDING_CAP, premium + interest)))

    def print_trade(self, now: int, price: int, quantity: int, taker_bought: bool) -> Trade:
        """Record a public trade that leaves candles and last price alone (a client's own taking)."""
        record = self.record
        record.trade_id += 1
        trade = Trade(record.trade_id, price, quantity, now, taker_bought)
        if quantity:
            self.trades.append(trade)
        return trade

    def follow(self, mark: Decimal, index: Decimal) -> None:
        """Take mark and index (USDT) from a followed venue; from here on they are no longer derived from trades."""
        self._follows = True
        self.record.mark, self.record.index = money(mark), money(index)

    def move(self, now: int, price: int, quantity: int, taker_bought: bool) -> Trade:
        """A trade of the feed: moves last, index, mark and candles, and makes the book anew."""
        record = self.record
        last = self.contract.price(price)
        if not self._follows:
            elapsed = max(0, now - record.time_ms)
            weight = max(INDEX_LEAST_WEIGHT, Decimal(elapsed) / (elapsed + INDEX_TIME_CONSTANT_MS))
            record.index = money(record.index + (last - record.index) * weight)
            record.mark = money((record.index + last) / 2)
        record.premium += ((last - record.index) / record.index - record.premium) * PREMIUM_WEIGHT
        record.premium = money(record.premium)
        record.last, record.last_quantity, record.taker_bought = price, quantity, taker_bought
        record.time_ms = now
        record.update_id += 1
        self._ladder = None
        self.candles.trade(now, price, quantity, taker_bought, self._references())
        return self.print_trade(now, price, quantity, taker_bought)

    def _references(self) -> References:
        record = self.record
        premium = (self.last - record.index) / record.index
        return References(self.mark_ticks, self.contract.ticks(record.index), int(premium.scaleb(8)))

    def roll(self, now: int) -> list[tuple[int, Bar]]:
        """Close the bars that are over at `now`; (interval ms, bar) of each."""
        closed = self.candles.roll(now)
        for interval_ms, bar in closed:
            if interval_ms == self.candles.base.interval_ms:
                self.record.activity.absorb(bar, interval_ms)
        return closed

    def consume(self, side_taken: Side, price: int, left: int) -> None:
        """Leave `left` steps at that level of the asks (a BUY took) or the bids (a SELL took)."""
        levels = self.book.asks if side_taken is Side.BUY else self.book.bids
        if left:
            levels[price] = left
        else:
            del levels[price]
        self.record.update_id += 1
