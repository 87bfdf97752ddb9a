"""The monitor's book: open positions of all tenants in columns, and the few that a price has to be asked about.

A tick is held against its market's band; only where it leaves the band are positions looked at, and only those
whose own gate it reaches are *asked*: the exact decision is made on the position's row (`domain.exit_rules`).
While a position is asked it is quiet; `settle` brings the answer back, and looks at the prices seen meanwhile.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

import numpy as np

from app.domain.exit_gates import Rows, gates, signed_rows
from app.domain.exit_rules import STEP_R_FRACTION
from app.domain.fixed_point import FloatColumn, IntColumn
from app.domain.types import Instrument
from app.services.trading.position_block import Bands, Block

FEW: Final = 4  # ticks up to which one after the other is quicker than all together
UNKNOWN_MARKET: Final = -1

Market = tuple[str, str]  # venue, symbol


@dataclass(frozen=True, slots=True)
class Question:
    """A position to be asked: `mark` reached one of its gates at `market_ms`; `best` is the best price up to
    then. Prices in quote currency."""

    trade_id: UUID
    market: Market
    shard: int
    mark: float
    best: float
    market_ms: int
    may_move: bool  # whether the least interval since the stop was last moved is over
    place: int  # of the block's ticks since, in the book


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of the position: None instead of an answer where it is not watched any more.
    `stop_price` is the stop on its row: one that is only asked for is still triggered here, until the row shows
    it. `step_taken`: the next step of its ladder was asked for; the row shows the one after it."""

    stop_price: float
    is_armed: bool
    parts_taken: int
    is_event: bool
    next_move_ms: int | None = None
    step_taken: bool = False


@dataclass(frozen=True, slots=True)
class BestPrice:
    """The best price of a trade, to be written down."""

    trade_id: UUID
    price: float
    is_armed: bool


@dataclass(frozen=True, slots=True)
class Loaded:
    """Positions as read: unsigned columns as `open_trades` has them, one market and one side."""

    market: Market
    sign: float
    instrument: Instrument | None
    rows: Rows


class PositionBook:
    """Open positions by market and side."""

    def __init__(self, step_r_fraction: float = float(STEP_R_FRACTION)) -> None:
        self._step = step_r_fraction
        self._bands = Bands()
        self._blocks: list[Block] = []
        self._numbers: dict[Market, int] = {}
        self._markets: list[Market] = []
        self._place: dict[bytes, tuple[Block, int]] = {}
        self._asked: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._place)

    def __contains__(self, trade_id: UUID) -> bool:
        return trade_id.bytes in self._place

    @property
    def trades(self) -> set[UUID]:
        """Every position that is watched."""
        return {UUID(bytes=key) for key in self._place}

    def markets(self) -> set[Market]:
        """(venue, symbol) of every open position."""
        return {self._markets[block.number // 2] for block in self._blocks if block.count}

    def number_of(self, venue: str, symbol: str) -> int:
        """The market's number for `on_ticks`; UNKNOWN_MARKET where no position ever stood in it."""
        return self._numbers.get((venue, symbol), UNKNOWN_MARKET)

    def put(self, positions: Iterable[Loaded], wall_ms: int) -> None:
        """Take in positions as read; what was trailed here and is not written yet is kept."""
        for loaded in positions:
            block = self._block(loaded.market, loaded.sign, loaded.instrument)
            rows = signed_rows(loaded.rows, loaded.sign, loaded.instrument)
            for row, key in zip(rows, rows["trade"].tolist(), strict=True):
                self._carry_over(row, key)
            start = block.count
            block.append(rows, wall_ms)
            for at, key in enumerate(rows["trade"].tolist(), start=start):
                self._place[key] = (block, at)

    def drop(self, trade_ids: Iterable[UUID]) -> None:
        """Watch these no more."""
        for trade_id in trade_ids:
            self._remove(trade_id.bytes)

    def drop_shards(self, shards: Iterable[int]) -> None:
        """Watch the positions of these shards no more."""
        gone = list(shards)
        for block in self._blocks:
            held = block.held
            for key in held["trade"][np.isin(held["shard"], gone)].tolist():
                self._remove(key)

    def on_tick(self, market: int, mark: float, market_ms: int, wall_ms: int) -> list[Question]:
        """Return who has to be asked because of one price; none for a mark that is no price."""
        if market < 0 or not 0 < mark < np.inf:
            return []
        found: list[Question] = []
        for block in self._blocks[2 * market : 2 * market + 2]:
            if block.count:
                rows = block.tick_at(block.sign * mark, market_ms, wall_ms)
                found += [self._ask(block, row, mark, market_ms, wall_ms) for row in rows]
        return found

    def on_ticks(
        self, markets: IntColumn, marks: FloatColumn, market_ms: IntColumn, wall_ms: int
    ) -> list[Question]:
        """Return who has to be asked because of these prices, in their order per market."""
        usable = (markets >= 0) & (marks > 0) & (marks < np.inf)
        if not usable.all():
            markets, marks, market_ms = markets[usable], marks[usable], market_ms[usable]
        if len(markets) <= FEW:
            one_by_one = zip(markets.tolist(), marks.tolist(), market_ms.tolist(), strict=True)
            return [one for tick in one_by_one for one in self.on_tick(*tick, wall_ms)]
        found: list[Question] = []
        for side, prices in ((0, marks), (1, -marks)):
            blocks = 2 * markets + side
            for number in self._left_band(blocks, prices, market_ms, wall_ms):
                block = self._blocks[number]
                mine = np.flatnonzero(blocks == number)
                for price, at in zip(prices[mine].tolist(), market_ms[mine].tolist(), strict=True):
                    rows = block.tick_at(price, at, wall_ms)
                    found += [self._ask(block, row, abs(price), at, wall_ms) for row in rows]
        return found

    def _left_band(
        self, blocks: IntColumn, prices: FloatColumn, market_ms: IntColumn, wall_ms: int
    ) -> list[int]:
        """Return the blocks whose band some price leaves; to the others the prices are made known."""
        bands, count = self._bands, self._bands.count
        best = bands.best[:count].copy()
        np.maximum.at(best, blocks, prices)
        floor = bands.floors(best)
        left = (prices <= floor[blocks]) | (prices >= bands.ceiling[blocks])
        left |= (market_ms >= bands.due_ms[blocks]) | (wall_ms >= bands.wake_ms[blocks])
        left |= bands.busy[blocks] > 0
        if not left.any():
            bands.best[:count], bands.floor[:count] = best, floor
            return []
        numbers = np.unique(blocks[left])
        calm = np.ones(count, np.bool_)
        calm[numbers] = False
        bands.best[:count][calm], bands.floor[:count][calm] = best[calm], floor[calm]
        return [number for number in numbers.tolist() if self._blocks[number].count]

    def sweep(self, marks: Mapping[Market, tuple[float, int]], wall_ms: int) -> list[Question]:
        """Hold every position's own gates against present prices (mark, market time), whatever the bands say;
        returns who reaches one without having been asked, which is nobody unless a band was wrong."""
        found: list[Question] = []
        for block in self._blocks:
            price = marks.get(self._markets[block.number // 2])
            if price is not None and block.count:
                mark, market_ms = price
                rows = block.overlooked(block.sign * mark, market_ms)
                found += [self._ask(block, row, mark, market_ms, wall_ms) for row in rows]
        return found

    def settle(self, question: Question, answer: Answer | None, wall_ms: int) -> Question | None:
        """Take in what became of a question; returns the next one where a price seen meanwhile asks it."""
        key = question.trade_id.bytes
        place = self._place.get(key)
        if place is None or self._asked.pop(key, None) is None:
            return None
        block, row = place
        block.take_in_best()  # prices came while it was decided: the band that is set below must know the best of them
        if answer is None:
            self._calm(block)
            self._take_out(block, row, key)
            block.narrow()
            return None
        held = block.held[row : row + 1]
        self._write(held, question, answer, block.sign)
        later = self._later(block, row, question, wall_ms)
        if later is None:
            self._calm(block)
            block.regate(np.array([row]), wall_ms)
        else:
            self._asked[key] = block.number
            held["quiet"] = True
        return later

    def set_atr(self, market: Market, timeframe_ms: int, atr: float, wall_ms: int) -> None:
        """Take in the present ATR (quote currency) of a market and bar length."""
        number = self._numbers.get(market, UNKNOWN_MARKET)
        for block in self._blocks[2 * number : 2 * number + 2] if number >= 0 else ():
            held = block.held
            rows = np.flatnonzero(
                (held["timeframe_ms"] == timeframe_ms) & ~np.isnan(held["volatility_multiple"])
            )
            if len(rows):
                block.take_in_best()
                held["volatility_distance"][rows] = held["volatility_multiple"][rows] * atr
                held["asked_high"][rows], held["asked_low"][rows] = -np.inf, np.inf
                block.regate(rows, wall_ms)

    def atr_wanted(self) -> set[tuple[Market, int]]:
        """(market, bar length in milliseconds) of every volatility stop."""
        found = set()
        for block in self._blocks:
            held = block.held
            lengths = held["timeframe_ms"][~np.isnan(held["volatility_multiple"])]
            found |= {(self._markets[block.number // 2], length) for length in np.unique(lengths).tolist()}
        return found

    def take_bests(self, limit: int) -> list[BestPrice]:
        """Return at most so many best prices that are better than what was written; they count as written."""
        found: list[BestPrice] = []
        for block in self._blocks:
            if not block.count or len(found) >= limit:
                continue
            block.take_in_best()
            held = block.held
            rows = np.flatnonzero(held["best"] > held["kept"])[: limit - len(found)]
            held["kept"][rows] = held["best"][rows]
            found += [
                BestPrice(UUID(bytes=key), abs(best), armed)
                for key, best, armed in held[rows][["trade", "best", "armed"]].tolist()
            ]
        return found

    def put_back(self, bests: Iterable[BestPrice]) -> None:
        """What was taken could not be written: it is told again."""
        for one in bests:
            place = self._place.get(one.trade_id.bytes)
            if place is not None:
                place[0].held["kept"][place[1]] = -np.inf

    def rows_of(self, trade_ids: Sequence[UUID]) -> Iterator[tuple[UUID, Rows]]:
        """The columns of these positions, one row each, signed; for looking."""
        for trade_id in trade_ids:
            block, row = self._place[trade_id.bytes]
            block.take_in_best()
            yield trade_id, block.held[row : row + 1]

    def _block(self, market: Market, sign: float, instrument: Instrument | None) -> Block:
        number = self._numbers.get(market)
        tick = float("nan") if instrument is None else float(instrument.price_tick)
        if number is None:
            number = self._numbers[market] = len(self._markets)
            self._markets.append(market)
            for side in (1.0, -1.0):
                self._blocks.append(Block(self._bands.add(tick), side, self._bands, self._step))
        elif instrument is not None:
            self._bands.tick[2 * number : 2 * number + 2] = tick
        return self._blocks[2 * number + (0 if sign > 0 else 1)]

    def _carry_over(self, row: np.void, key: bytes) -> None:
        """Keep what this process knows better than what was read, and forget the position's former place."""
        place = self._place.get(key)
        if place is None:
            return
        block, at = place
        block.take_in_best()
        known = block.held[at]
        row["best"] = max(row["best"], known["best"])
        row["armed"] |= known["armed"]
        row["next_move_ms"] = known["next_move_ms"]
        row["volatility_distance"] = known["volatility_distance"]
        row["quiet"] = known["quiet"]
        self._take_out(block, at, key)

    def _remove(self, key: bytes) -> None:
        place = self._place.get(key)
        if place is not None:
            block, row = place
            block.take_in_best()
            if self._asked.pop(key, None) is not None:
                self._calm(block)
            self._take_out(block, row, key)
            block.narrow()

    def _take_out(self, block: Block, row: int, key: bytes) -> None:
        moved = block.remove(row)
        del self._place[key]
        if moved is not None:
            self._place[block.held["trade"][moved].tobytes()] = (block, moved)

    def _ask(self, block: Block, row: int, mark: float, market_ms: int, wall_ms: int) -> Question:
        held = block.held[row]
        key = held["trade"].tobytes()
        self._asked[key] = block.number
        self._bands.busy[block.number] += 1
        return Question(
            trade_id=UUID(bytes=key),
            market=self._markets[block.number // 2],
            shard=int(held["shard"]),
            mark=mark,
            best=abs(float(held["best"])),
            market_ms=market_ms,
            may_move=bool(held["next_move_ms"] <= wall_ms),
            place=len(block.seen),
        )

    @staticmethod
    def _write(held: Rows, question: Question, answer: Answer, sign: float) -> None:
        held["quiet"] = False
        held["armed"] |= answer.is_armed
        held["stop"] = np.fmax(held["stop"], sign * answer.stop_price)
        held["parts_taken"] = np.maximum(held["parts_taken"], answer.parts_taken)
        if answer.step_taken:
            held["ladder"] = -np.inf
        if answer.next_move_ms is not None:
            held["next_move_ms"] = answer.next_move_ms
        if answer.is_event:
            held["asked_high"], held["asked_low"] = -np.inf, np.inf
            return
        best, mark = sign * question.best, sign * question.mark
        if question.may_move:  # else the same price may yet move the stop, once the interval is over
            held["asked_high"] = np.fmax(held["asked_high"], max(best, mark))
        # a step that is due may be taken later at the same price, once the position stands as it should
        unchanged = held["best"][0] <= best and mark > held["ladder"][0]
        held["asked_low"] = np.fmin(held["asked_low"], mark) if unchanged else np.inf

    def _later(self, block: Block, row: int, question: Question, wall_ms: int) -> Question | None:
        """Return the question that a price asks which came while the position was quiet: the first of them
        that reaches a gate, as the gates stood then."""
        ticks = block.seen[question.place :]
        if not ticks:
            return None
        held = block.held[row : row + 1].copy()
        held["best"] = best = max(block.sign * question.best, block.sign * question.mark)
        found = gates(held, block.sign, block.tick, wall_ms, self._step)
        for place, (price, market_ms) in enumerate(ticks, start=question.place + 1):
            if price > best:
                held["best"] = best = price
                found = gates(held, block.sign, block.tick, wall_ms, self._step)
            if price <= found.low[0] or price >= found.high[0] or market_ms >= found.due_ms[0]:
                return replace(
                    question,
                    mark=abs(price),
                    best=abs(best),
                    market_ms=market_ms,
                    may_move=bool(held["next_move_ms"][0] <= wall_ms),
                    place=place,
                )
        return None

    def _calm(self, block: Block) -> None:
        """One question about the block is settled."""
        self._bands.busy[block.number] -= 1
        if not self._bands.busy[block.number]:
            block.seen.clear()
