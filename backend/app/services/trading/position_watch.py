"""Watches open positions: prices in, durable wishes out, the book kept true to Postgres.

Prices are taken in without waiting (`see`, `see_columns`); what they ask is answered by `answer`, a batch at a
time: the rows are read, decided exactly, and what they cause is committed together. A position is asked about once
at a time, so that several batches are answered beside each other. A stale price never acts.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import numpy as np
import structlog

from app.core.db import Database
from app.core.lean_transactions import LeanTransactions
from app.core.metrics import OVERLOOKED, loop_failed
from app.domain.price_batch import PriceColumns
from app.domain.signals.volatility import average_true_range
from app.domain.timeframes import Timeframe
from app.domain.types import Instrument, Side
from app.domain.venue import Quote, VenueUnavailableError
from app.repositories.candles import SystemCandleRepository
from app.repositories.open_trades import (
    ROWS_AT_ONCE,
    Nakedness,
    OpenTrade,
    SidePositions,
    SystemOpenTradeRepository,
    exact_trades,
    keep_best,
)
from app.repositories.position_events import ReactionRow, SystemReactionRepository, Written
from app.services.ports import MarketReader
from app.services.trading.exit_decisions import Decided, StepTerms, decide
from app.services.trading.monitor_shards import MonitorShards
from app.services.trading.position_book import Loaded, Market, PositionBook, Question

QUESTIONS_AT_ONCE = 128
LANES = 3  # batches of questions that are read, decided and committed beside each other
BESTS_AT_ONCE = 200
RETRY_SECONDS = 0.2
SWEEP_MS = 5_000
ATR_BARS = 100

log = structlog.get_logger(__name__)


class PositionWatch:
    """The monitor's work over the positions of its shards."""

    def __init__(
        self,
        system: Database,
        lean: LeanTransactions,
        reader: MarketReader,
        shards: MonitorShards,
        now: Callable[[], datetime],
        *,
        stale_seconds: float,
        steps: StepTerms,
    ) -> None:
        self._system = system
        self._lean = lean
        self._reader = reader
        self._shards = shards
        self._now = now
        self._stale = timedelta(seconds=stale_seconds)
        self._steps = steps
        self._instruments: dict[Market, Instrument] = {}
        self._atr: dict[tuple[Market, int], float] = {}
        self._questions: deque[Question] = deque()
        self._asked = asyncio.Event()
        self._sweeps_at = 0
        self.book = PositionBook(float(steps.r_fraction))

    async def tend(self) -> tuple[set[int], set[int]]:
        """See to the leases; positions of shards gained are read, those of shards lost are let go. Returns
        (gained, lost)."""
        gained, lost = await self._shards.tend()
        if lost:
            self.book.drop_shards(lost)
        if gained:
            await self._load(sorted(gained), ROWS_AT_ONCE, 0.0)
            log.info("shards are watched", shards=sorted(gained), positions=len(self.book))
        return gained, lost

    async def reload(self, rows_at_once: int = ROWS_AT_ONCE, pause_seconds: float = 0.0) -> None:
        """Read every position of our shards again, a page at a time; what is gone is dropped. With a pause
        between small pages it is the sweep that finds what no notification told of."""
        known = self.book.trades
        found = await self._load(self._shards.shards, rows_at_once, pause_seconds)
        self.book.drop(known - found)

    async def refresh(self, trade_ids: Sequence[UUID]) -> None:
        """Read what became of some trades."""
        async with self._system.system() as session:
            found = await SystemOpenTradeRepository(session).some(trade_ids, self._shards.shards)
        open_ids = await self._put(found)
        self.book.drop(set(trade_ids) - open_ids)

    def see(self, venue: str, quotes: Sequence[Quote]) -> None:
        """Take in prices of a venue's own stream."""
        now = self._now()
        wall_ms = _ms(now)
        seen: dict[Market, tuple[float, int]] = {}
        for quote in quotes:
            if now - quote.received_at <= self._stale:
                number = self.book.number_of(venue, quote.symbol)
                mark, market_ms = float(quote.mark_price), _ms(quote.market_time)
                self._ask(self.book.on_tick(number, mark, market_ms, wall_ms))
                seen[venue, quote.symbol] = (mark, market_ms)
        self._sweep(seen, wall_ms)

    def see_columns(self, venue: str, publications: Sequence[tuple[PriceColumns, int]]) -> None:
        """Take in packed publications, oldest first, each with its wall time in milliseconds."""
        wall_ms = _ms(self._now())
        oldest = wall_ms - self._stale / timedelta(milliseconds=1)
        fresh = [columns for columns, published_ms in publications if published_ms >= oldest]
        if not fresh:
            return
        symbols = [symbol for columns in fresh for symbol in columns.symbols]
        numbers = {symbol: self.book.number_of(venue, symbol) for symbol in set(symbols)}
        self._ask(
            self.book.on_ticks(
                np.fromiter((numbers[symbol] for symbol in symbols), np.int64, len(symbols)),
                np.concatenate([columns.mark for columns in fresh]),
                np.concatenate([columns.market_ms for columns in fresh]),
                wall_ms,
            )
        )

        if wall_ms >= self._sweeps_at:
            newest: dict[Market, tuple[float, int]] = {}
            for columns in fresh:
                ticks = zip(columns.symbols, columns.mark.tolist(), columns.market_ms.tolist(), strict=True)
                newest |= {(venue, symbol): (mark, at) for symbol, mark, at in ticks}
            self._sweep(newest, wall_ms)

    def _sweep(self, marks: Mapping[Market, tuple[float, int]], wall_ms: int) -> None:
        """Now and then hold every position of these markets against its own gates, after the bands had their say:
        who is found was overlooked, which is a fault of ours, and is asked now."""
        if not marks or wall_ms < self._sweeps_at:
            return
        self._sweeps_at = wall_ms + SWEEP_MS
        sound = {market: held for market, held in marks.items() if 0 < held[0] < np.inf}
        overlooked = self.book.sweep(sound, wall_ms)
        if overlooked:
            log.error("positions were overlooked by their band", positions=len(overlooked))
            OVERLOOKED.inc(len(overlooked))
            self._ask(overlooked)

    async def on_quotes(self, venue: str, quotes: Sequence[Quote]) -> None:
        """Take in prices and answer all that they ask."""
        self.see(venue, quotes)
        while self._questions:
            await self.answer()

    async def answer_forever(self) -> None:
        """Answer questions as they come, several batches beside each other, until cancelled."""
        async with asyncio.TaskGroup() as lanes:
            for _ in range(LANES):
                lanes.create_task(self._answer_in_turn())

    async def _answer_in_turn(self) -> None:
        while True:
            await self._asked.wait()
            try:
                await self.answer()
            except Exception:
                log.exception(
                    "reactions could not be written; they are decided again",
                    questions=len(self._questions),
                    failures=loop_failed("reactions"),
                )
                await asyncio.sleep(RETRY_SECONDS)

    async def answer(self) -> None:
        """Decide the questions that wait longest, and commit what they cause; a failure leaves them waiting."""
        self._asked.clear()
        batch = [self._questions.popleft() for _ in range(min(len(self._questions), QUESTIONS_AT_ONCE))]
        if self._questions:
            self._asked.set()
        if not batch:
            return
        try:
            decided, written = await self._decide(batch)
        except BaseException:
            self._questions.extendleft(reversed(batch))
            self._asked.set()
            raise
        wall_ms = _ms(self._now())
        for question, one in zip(batch, decided, strict=True):
            later = self.book.settle(question, None if one is None else one.answer, wall_ms)
            if later is not None:
                self._questions.append(later)
        if self._questions:
            self._asked.set()
        await self._tell(written)

    async def keep_bests(self, seconds: float) -> None:
        """Write best prices and armed flags now and then, until cancelled."""
        while True:
            await asyncio.sleep(seconds)
            bests = self.book.take_bests(BESTS_AT_ONCE)
            written: set[UUID] = set()
            try:
                async with self._lean.connection() as connection:
                    written = await keep_best(
                        connection, [(one.trade_id, one.price, one.is_armed) for one in bests]
                    )
            finally:
                self.book.put_back(one for one in bests if one.trade_id not in written)

    async def read_atr(self) -> None:
        """Read the present ATR of every market and bar length that a volatility stop depends on."""
        for market, length in self.book.atr_wanted():
            async with self._system.system() as session:
                bars = await SystemCandleRepository(session).newest(
                    *market, Timeframe.of_milliseconds(length).value, ATR_BARS
                )
            atr = average_true_range(
                [float(bar.high) for bar in bars],
                [float(bar.low) for bar in bars],
                [float(bar.close) for bar in bars],
            )
            if atr is not None:
                self._atr[market, length] = atr
                self.book.set_atr(market, length, atr, _ms(self._now()))

    async def naked(self) -> Nakedness:
        """How many positions stand without a live stop now, and for how long."""
        async with self._system.system() as session:
            return await SystemOpenTradeRepository(session).naked(self._now())

    def _ask(self, questions: Iterable[Question]) -> None:
        self._questions.extend(questions)
        if self._questions:
            self._asked.set()

    async def _decide(self, batch: Sequence[Question]) -> tuple[list[Decided | None], list[Written]]:
        """Return the answer to each question, and what became durable."""
        async with self._lean.connection() as connection:
            trades = await exact_trades(connection, [one.trade_id for one in batch])
            decided = [self._decide_one(one, trades.get(one.trade_id)) for one in batch]
            rows: list[ReactionRow] = [row for one in decided if one is not None for row in one.rows]
            if not rows:
                return decided, []
            return decided, await SystemReactionRepository(connection).write(rows, self._shards.holder)

    async def _tell(self, written: Sequence[Written]) -> None:
        """Wake the executors and the users' pages; who is not woken finds it by looking."""
        if not written:
            return
        try:
            async with self._lean.connection() as connection:
                await SystemReactionRepository(connection).tell(written)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("executors were not woken; they look by themselves", error=str(error))

    def _decide_one(self, question: Question, trade: OpenTrade | None) -> Decided | None:
        epoch = None if trade is None else self._shards.book.epoch(trade.shard)
        if trade is None or epoch is None:
            return None
        market = (trade.venue, trade.symbol)
        return decide(
            question,
            trade,
            self._instruments.get(market),
            self._atr.get((market, Timeframe(trade.timeframe).milliseconds)),
            epoch=epoch,
            wall_ms=_ms(self._now()),
            steps=self._steps,
        )

    async def _load(self, shards: Sequence[int], rows_at_once: int, pause_seconds: float) -> set[UUID]:
        """Read the positions of these shards; returns their ids."""
        found: set[UUID] = set()
        after: UUID | None = None
        while shards:
            async with self._system.system() as session:
                positions, after = await SystemOpenTradeRepository(session).page(shards, after, rows_at_once)
            found |= await self._put(positions)
            if after is None:
                break
            await asyncio.sleep(pause_seconds)
        return found

    async def _put(self, found: Sequence[SidePositions]) -> set[UUID]:
        markets = {(held.venue, held.symbol) for held in found}
        await self._learn_instruments(markets)
        wall_ms = _ms(self._now())
        loaded = [
            Loaded(
                (held.venue, held.symbol),
                float(Side(held.side).sign),
                self._instruments.get((held.venue, held.symbol)),
                held.rows,
            )
            for held in found
        ]
        self.book.put(loaded, wall_ms)
        for (market, length), atr in self._atr.items():
            if market in markets:
                self.book.set_atr(market, length, atr, wall_ms)
        return {UUID(bytes=key) for held in found for key in held.rows["trade"].tolist()}

    async def _learn_instruments(self, markets: Iterable[Market]) -> None:
        for market in set(markets) - set(self._instruments):
            try:
                instrument = await self._reader.instrument(*market)
            except VenueUnavailableError as error:
                log.warning("a market's tick is not known; its stops stay", market=market, error=str(error))
                continue
            if instrument is not None:
                self._instruments[market] = instrument


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
