"""Puts a venue together: fresh from a feed's history, or as the journal left it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from paper_exchange.engine.accounts import Account
from paper_exchange.engine.bars import MINUTE_MS, Candles, history_bar, new_candles
from paper_exchange.engine.changes import Changes, Counters
from paper_exchange.engine.contracts import Contract, listed_contracts
from paper_exchange.engine.exchange import Exchange, Tick
from paper_exchange.engine.funding import FUNDING_INTERVAL_MS
from paper_exchange.engine.market import Market, MarketRecord
from paper_exchange.engine.state import new_state
from paper_exchange.feeds.bars import BarRow, FeedBar
from paper_exchange.feeds.candle_files import Scale
from paper_exchange.feeds.live import LiveSource
from paper_exchange.feeds.play import FeedStep
from paper_exchange.feeds.replay import ReplaySource
from paper_exchange.feeds.synthetic import SyntheticSource
from paper_exchange.journal.store import JournalError, Kept

Source = ReplaySource | SyntheticSource | LiveSource
# A dated contract trades this much above its perpetual, in hundredths of a percent.
BASIS_BPS = 100
DATED_PREMIUM = 1 + Decimal(BASIS_BPS) / 10_000
DATED_VOLUME_SHARE = 20


@dataclass(frozen=True, slots=True)
class FeedIdentity:
    """What a journal must be continued with."""

    kind: str
    seed: int

    def text(self) -> str:
        return f"{self.kind}:{self.seed}"


def scales() -> dict[str, Scale]:
    """Tick and step decimals of every perpetual."""
    return {
        one.symbol: Scale(one.price_decimals, one.quantity_decimals)
        for one in listed_contracts()
        if one.is_perpetual
    }


def dated_price(perpetual: int) -> int:
    """The dated contract's price (ticks) when its perpetual trades at `perpetual`."""
    return perpetual * (10_000 + BASIS_BPS) // 10_000


def _bar_of(contract: Contract, row: BarRow) -> FeedBar | None:
    bar = row.bars.get(contract.pair)
    if bar is None or contract.is_perpetual:
        return bar
    return FeedBar(
        dated_price(bar.open),
        dated_price(bar.high),
        dated_price(bar.low),
        dated_price(bar.close),
        bar.volume // DATED_VOLUME_SHARE,
    )


def ticks_of(step: FeedStep, markets: Iterable[Market]) -> list[Tick]:
    """The step's trades and marks, the dated contracts' derived from their perpetuals'."""
    ticks: list[Tick] = []
    for market in markets:
        contract = market.contract
        point, marked = step.points.get(contract.pair), step.marks.get(contract.pair)
        if point is None and marked is None:
            continue
        dated = not contract.is_perpetual
        price, quantity, bought = market.record.last, 0, market.record.taker_bought
        if point is not None:
            price = dated_price(point.price) if dated else point.price
            quantity = point.quantity // DATED_VOLUME_SHARE if dated else point.quantity
            bought = point.taker_bought
        mark = index = None
        if marked is not None:
            basis = DATED_PREMIUM if dated else 1
            mark, index = marked.mark * basis, marked.index * basis
        ticks.append(Tick(contract.symbol, price, quantity, bought, mark, index))
    return ticks


def _fresh_market(
    contract: Contract, rows: list[BarRow], first: BarRow | None, source: Source, seed: int
) -> Market:
    candles = new_candles(source.interval_ms)
    closed = candles.base.closed
    for row in rows:
        bar = _bar_of(contract, row)
        if bar is not None:
            closed.append(history_bar(row.open_ms, (bar.open, bar.high, bar.low, bar.close), bar.volume))
    if closed:
        last = closed[-1].close
    else:
        opening = None if first is None else _bar_of(contract, first)
        last = 1 if opening is None else opening.open
    now = source.start_ms
    price = contract.price(last)
    record = MarketRecord(
        contract.symbol,
        last=last,
        mark=price,
        index=price,
        time_ms=now,
        next_funding_ms=now - now % FUNDING_INTERVAL_MS + FUNDING_INTERVAL_MS,
    )
    for one in closed:
        record.activity.absorb(one, source.interval_ms)
    return Market(contract, record, candles, seed)


def fresh(source: Source, seed: int) -> Exchange:
    """A venue on its first day; every row of history goes to the journal with the first commit."""
    rows = source.history()
    bookmark = source.bookmark()
    first = source.next_row()
    source.resume(bookmark)
    contracts = [one for one in listed_contracts() if one.pair in source.symbols]
    markets = [_fresh_market(one, rows, first, source, seed) for one in contracts]
    exchange = Exchange(new_state(markets))
    if isinstance(source, LiveSource):
        _begin_bars(exchange, source)
    changes = exchange.state.changes
    for market in markets:
        changes.markets.add(market.symbol)
        base = market.candles.base
        changes.bars.extend((market.symbol, base.interval_ms, bar) for bar in base.closed)
    return exchange


def catch_up(exchange: Exchange, source: LiveSource) -> None:
    """Give a restored venue the bars that the followed one made in the meantime, from its own record of them."""
    changes = exchange.state.changes
    for market in exchange.markets.values():
        base = market.candles.base
        known = base.closed[-1].open_ms if base.closed else -1
        for row in source.history():
            bar = _bar_of(market.contract, row)
            if bar is None or row.open_ms <= known:
                continue
            base.closed.append(history_bar(row.open_ms, (bar.open, bar.high, bar.low, bar.close), bar.volume))
            changes.bars.append((market.symbol, base.interval_ms, base.closed[-1]))
            changes.markets.add(market.symbol)
        if base.forming is not None and base.forming.open_ms < source.start_ms:
            base.forming = None
    _begin_bars(exchange, source)


def _begin_bars(exchange: Exchange, source: LiveSource) -> None:
    """Take over the bar that the followed venue is making: its first trades were made before we listened."""
    row = source.next_row()
    for market in exchange.markets.values():
        bar = None if row is None else _bar_of(market.contract, row)
        if row is not None and bar is not None and market.candles.base.forming is None:
            prices = (bar.open, bar.high, bar.low, bar.close)
            market.candles.base.forming = history_bar(row.open_ms, prices, bar.volume)


def _kept_candles(record: MarketRecord, kept: Kept, interval_ms: int) -> Candles:
    candles = new_candles(interval_ms)
    candles.base.closed.extend(kept.bars.get((record.symbol, interval_ms), ()))
    candles.base.forming = record.forming_base
    if interval_ms != MINUTE_MS:
        candles.minutes.closed.extend(kept.bars.get((record.symbol, MINUTE_MS), ()))
        candles.minutes.forming = record.forming_minute
    return candles


def restored(kept: Kept, identity: FeedIdentity, interval_ms: int) -> Exchange:
    """The venue as the journal has it; refused when the journal belongs to another feed or seed."""
    found = kept.meta["feed_identity"]
    if found != identity.text():
        kind, _, seed = found.partition(":")
        raise JournalError(
            f"the journal holds a {kind} market of seed {seed}: start it with --feed {kind} --seed {seed}, "
            "or name another journal"
        )
    contracts = {one.symbol: one for one in listed_contracts()}
    markets = []
    for record in kept.markets.values():
        market = Market(
            contracts[record.symbol], record, _kept_candles(record, kept, interval_ms), identity.seed
        )
        market.fundings.extend(kept.fundings.get(record.symbol, ()))
        markets.append(market)
    order = list(contracts)
    markets.sort(key=lambda market: order.index(market.symbol))
    exchange = Exchange(new_state(markets))
    state = exchange.state
    state.counters = _counters(kept.meta)
    state.insurance = Decimal(kept.meta["insurance"])
    for account_record in kept.accounts:
        state.add_account(Account(account_record))
        for symbol, until_ms in account_record.countdowns.items():
            state.agenda.countdowns[account_record.id, symbol] = until_ms
    state.deposits = {deposit.reference: deposit for deposit in kept.deposits}
    for position in kept.positions:
        exchange.restore_position(position)
    for one in kept.orders:
        exchange.restore_order(one)
    for conditional in kept.conditionals:
        exchange.restore_conditional(conditional)
    state.changes = Changes()
    return exchange


def _counters(meta: Mapping[str, str]) -> Counters:
    return Counters(
        order=int(meta["last_order"]),
        conditional=int(meta["last_conditional"]),
        fill=int(meta["last_fill"]),
        income=int(meta["last_income"]),
        amendment=int(meta.get("last_amendment", Counters().amendment)),
    )
