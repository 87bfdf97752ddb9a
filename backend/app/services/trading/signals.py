"""Closed bars into signals, once for everybody. One strategy's error stops neither the others nor the bar."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import structlog

from app.core.db import Database
from app.core.metrics import loop_failed
from app.domain.signals.features import Features
from app.domain.signals.protocol import CandleColumns, SignalProposal, Strategy
from app.domain.signals.registry import STRATEGIES
from app.domain.stops import stop_toward_entry
from app.domain.timeframes import Timeframe
from app.domain.types import Candle, Instrument
from app.repositories.outbox import SystemOutboxRepository
from app.repositories.signal_writer import FailedStrategy, NewSignal, SystemSignalWriteRepository
from app.repositories.subscriptions import SystemSubscriptionRepository
from app.services.ports import MarketReader

STORED_BARS = 200
MAX_ATTEMPTS = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

log = structlog.get_logger(__name__)


class ProposalError(ValueError):
    """A strategy proposed prices that nobody can trade."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A closed bar of one market; `close_ms` is market time."""

    venue: str
    symbol: str
    timeframe: Timeframe
    close_ms: int

    @property
    def closed_at(self) -> datetime:
        return _EPOCH + timedelta(milliseconds=self.close_ms)


class Signals:
    """Computes the signals of a bar and leaves them for the executors."""

    def __init__(
        self, system: Database, reader: MarketReader, strategies: Mapping[str, Strategy] | None = None
    ) -> None:
        self._system = system
        self._reader = reader
        self._strategies = STRATEGIES if strategies is None else strategies

    async def compute(self, bar: Bar, only: Iterable[str] | None = None) -> int:
        """Return how many new signals the bar gave. May run twice: the second run adds nothing.

        `only` names the strategies to compute, all that run on this bar length when None.
        """
        named = None if only is None else frozenset(only)
        wanted = [
            strategy
            for strategy in self._strategies.values()
            if bar.timeframe in strategy.timeframes and (named is None or strategy.id in named)
        ]
        warm_up = max((strategy.warm_up_bars for strategy in wanted), default=0)
        candles = await self._reader.closed_candles(
            bar.venue,
            bar.symbol,
            bar.timeframe.value,
            limit=max(warm_up, STORED_BARS),
            now_market_ms=bar.close_ms,
        )
        instrument = await self._reader.instrument(bar.venue, bar.symbol)
        if not candles or instrument is None:
            log.warning("a bar cannot be computed", venue=bar.venue, symbol=bar.symbol, close_ms=bar.close_ms)
            return 0
        complete = candles[-1].open_time_ms + bar.timeframe.milliseconds == bar.close_ms
        found, failures = _evaluate(bar, wanted if complete else [], candles, instrument)
        return await self._write(bar, candles, found, failures)

    async def retry(self, failed: FailedStrategy) -> None:
        """Compute one strategy again on the bar on which it raised."""
        close_ms = round((failed.bar_close - _EPOCH) / timedelta(milliseconds=1))
        bar = Bar(failed.venue, failed.symbol, Timeframe(failed.timeframe), close_ms)
        await self.compute(bar, only=(failed.strategy,))

    async def failures(self) -> list[FailedStrategy]:
        async with self._system.system() as session:
            return await SystemSignalWriteRepository(session).open_failures(MAX_ATTEMPTS, 50)

    async def _write(
        self,
        bar: Bar,
        candles: Sequence[Candle],
        found: Mapping[str, NewSignal | None],
        failures: Mapping[str, str],
    ) -> int:
        """Bars, signals, the executors' work and failures, in one transaction."""
        added = 0
        async with self._system.system() as session:
            writer = SystemSignalWriteRepository(session)
            newest = await writer.newest_open_time(bar.venue, bar.symbol, bar.timeframe.value)
            fresh = [c for c in candles if newest is None or _moment(c.open_time_ms) > newest]
            await writer.store_candles(bar.venue, bar.symbol, bar.timeframe.value, fresh)
            for strategy_id, error in failures.items():
                await writer.record_failure(_failed(bar, strategy_id), error)
            for strategy_id, signal in found.items():
                await writer.resolve_failure(_failed(bar, strategy_id))
                if signal is None:
                    continue
                signal_id = await writer.add_signal(signal)
                if signal_id is None:
                    continue
                added += 1
                shards = await SystemSubscriptionRepository(session).shards(
                    bar.venue, bar.symbol, bar.timeframe.value, strategy_id
                )
                if shards:  # one executor decides for everybody and hands other shards their orders
                    await SystemOutboxRepository(session).put(
                        "signal",
                        {"signal_id": str(signal_id)},
                        shard=shards[0],
                        dedupe_key=f"signal:{signal_id}",
                    )
        return added


def _evaluate(
    bar: Bar, strategies: Sequence[Strategy], candles: Sequence[Candle], instrument: Instrument
) -> tuple[dict[str, NewSignal | None], dict[str, str]]:
    """Return each strategy's signal, and the errors of those that raised or proposed what cannot be."""
    columns = CandleColumns.of(candles)
    shared: dict[int, Features] = {}
    found: dict[str, NewSignal | None] = {}
    failures: dict[str, str] = {}
    for strategy in strategies:
        window = strategy.warm_up_bars
        try:
            if window not in shared:
                shared[window] = columns.last(window).features()
            proposal = strategy.evaluate(columns, shared[window])
            found[strategy.id] = None if proposal is None else _signal(bar, strategy.id, proposal, instrument)
        except Exception as error:
            log.exception(
                "a strategy raised; the others go on",
                strategy=strategy.id,
                symbol=bar.symbol,
                bar_close_ms=bar.close_ms,
                failures=loop_failed("strategy"),
            )
            failures[strategy.id] = f"{type(error).__name__}: {error}"
    return found, failures


def _signal(bar: Bar, strategy_id: str, proposal: SignalProposal, instrument: Instrument) -> NewSignal:
    """Return the proposal on the venue's ticks; raises `ProposalError` where it makes no sense."""
    prices = (proposal.entry_price, proposal.stop_price, proposal.take_profit_price)
    if (
        not all(map(math.isfinite, (*prices, *proposal.figures.values())))
        or not 0 <= proposal.confidence <= 1
    ):
        raise ProposalError(f"a price, a figure or the confidence is no usable number: {proposal}")
    tick, sign = instrument.price_tick, proposal.side.sign
    entry = _nearest(proposal.entry_price, tick)
    stop = stop_toward_entry(Decimal(repr(float(proposal.stop_price))), tick, proposal.side)
    target = _nearest(proposal.take_profit_price, tick)
    if min(entry, stop, target) <= 0 or sign * (entry - stop) <= 0 or sign * (target - entry) <= 0:
        raise ProposalError(f"stop {stop} and target {target} do not lie around a {proposal.side} at {entry}")
    return NewSignal(
        venue=bar.venue,
        symbol=bar.symbol,
        timeframe=bar.timeframe.value,
        strategy=strategy_id,
        side=proposal.side,
        entry_price=entry,
        stop_price=stop,
        take_profit_price=target,
        confidence=Decimal(repr(float(proposal.confidence))),
        reason=proposal.reason,
        features={name: float(value) for name, value in proposal.figures.items()},
        model=proposal.model,
        bar_close=bar.closed_at,
        expires_at=bar.closed_at + timedelta(milliseconds=bar.timeframe.milliseconds),
    )


def _nearest(price: float, tick: Decimal) -> Decimal:
    return (Decimal(repr(float(price))) / tick).to_integral_value(ROUND_HALF_EVEN) * tick


def _failed(bar: Bar, strategy_id: str) -> FailedStrategy:
    return FailedStrategy(bar.venue, bar.symbol, bar.timeframe.value, strategy_id, bar.closed_at)


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
