"""Random positions under random ticks, decided twice: by the book with its gates, and by asking every row of every
tick. Both must cause the same events, at the same ticks, in the same order per position."""

from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from uuid import UUID

import numpy as np

from app.domain.exit_rules import Reaction, react
from app.domain.price_batch import price_decimal
from app.domain.types import Instrument, Side
from app.repositories.open_trades import OpenTrade
from app.services.trading.exit_decisions import StepTerms, decide, open_position
from app.services.trading.position_book import PositionBook, Question
from tests.services.trading.open_positions import loaded

VENUE = "paper"
STEPS = StepTerms(Decimal("0.1"), 1_000)
INSTRUMENTS = {
    symbol: Instrument(
        symbol=symbol,
        price_tick=tick,
        quantity_step=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(1000),
        min_notional=Decimal(5),
        contract_size=Decimal(1),
        max_leverage=20,
        taker_fee_rate=Decimal("0.0005"),
        maker_fee_rate=Decimal("0.0002"),
    )
    for symbol, tick in (("A", Decimal("0.1")), ("B", Decimal("0.01")), ("C", Decimal("0.0001")))
}
LADDER = 3  # steps
SWEPT = 50  # every so many batches; between them the book stays as lazy as it is
Event = tuple[int, str, str]  # number of the tick, what, which figure


@dataclass
class Held:
    """A position as its row stands, and what the one-row path remembers."""

    trade: OpenTrade
    best: Decimal
    next_move_ms: int = 0
    is_open: bool = True


def random_trade(random: Random, symbol: str, price: Decimal, at_ms: int) -> OpenTrade:
    """A position opened at that price, its manners drawn."""
    side = random.choice(list(Side))
    tick = INSTRUMENTS[symbol].price_tick
    distance = max(tick * 5, _on(price * Decimal(random.randint(5, 40)) / 1000, tick))
    trailing = random.random() < 0.7
    laddered = random.random() < 0.4
    return OpenTrade(
        id=UUID(int=random.getrandbits(128)),
        user_id=UUID(int=1),
        wallet_id=UUID(int=2),
        shard=random.randrange(4),
        venue=VENUE,
        symbol=symbol,
        side=side.value,
        status=random.choice(["PROTECTED"] * 9 + ["OPEN_UNPROTECTED"]),
        timeframe="1h",
        entry_price=price,
        initial_stop_price=price - side.sign * distance,
        stop_price=price - side.sign * distance,
        take_profit_price=price + side.sign * distance * 4 if random.random() < 0.5 else None,
        trailing_enabled=trailing,
        trailing_activation_fraction=Decimal(random.choice(["0.005", "0.01", "0.02"])),
        trailing_fraction=Decimal(random.choice(["0.004", "0.01", "0.015"])),
        trailing_distance=distance if random.random() < 0.3 else None,
        trailing_armed=False,
        volatility_multiple=Decimal(random.choice(["1.5", "3"])) if random.random() < 0.2 else None,
        scale_out_enabled=random.random() < 0.5,
        scale_out_step=0,
        entered_quantity=Decimal(random.choice([1, 2, 3, 10, 1000])) / 1000,
        time_exit_ms=at_ms + random.randint(1, 5_000_000) if random.random() < 0.3 else None,
        session_close_ms=at_ms + random.randint(1, 9_000_000) if random.random() < 0.1 else None,
        funding_leave_ms=at_ms + random.randint(1, 9_000_000) if random.random() < 0.05 else None,
        ladder_price=price - side.sign * distance / 4 if laddered else None,
        ladder_step=1 if laddered else None,
    )


def _on(price: Decimal, tick: Decimal) -> Decimal:
    return (price / tick).to_integral_value() * tick


class ExitWalk:
    """One random market and its positions; `run` walks it and returns how many events there were."""

    def __init__(self, seed: int, atr_fraction: str = "0.004") -> None:
        self._random = Random(seed)  # noqa: S311 - the same walk each time
        self._atr_fraction = Decimal(atr_fraction)
        self._book = PositionBook(float(STEPS.r_fraction))
        self._by_book: dict[UUID, OpenTrade] = {}
        self._by_row: dict[UUID, Held] = {}
        self._prices = {symbol: _on(Decimal(100), one.price_tick) for symbol, one in INSTRUMENTS.items()}
        self._atr = {symbol: float(price * self._atr_fraction) for symbol, price in self._prices.items()}
        self._ms = 1_700_000_000_000
        self.events: list[tuple[Event, UUID]] = []
        self._batches = 0
        self.asked = 0
        self.looked_at = 0

    def open(self, count: int) -> None:
        """Open that many positions at present prices."""
        for _ in range(count):
            symbol = self._random.choice(list(INSTRUMENTS))
            trade = random_trade(self._random, symbol, self._prices[symbol], self._ms)
            self._by_book[trade.id] = trade
            self._by_row[trade.id] = Held(trade, trade.entry_price)
            self._book.put([loaded(trade, INSTRUMENTS[symbol])], self._ms)
        for symbol, atr in self._atr.items():
            self._book.set_atr((VENUE, symbol), 3_600_000, atr, self._ms)

    def run(self, ticks: int, positions: int, batch: int = 1) -> None:
        """Walk so many ticks with about so many open positions; asserts agreement after every batch."""
        done = 0
        while done < ticks:
            missing = positions - len(self._by_book)
            if missing > positions // 20 or done == 0:
                self.open(missing)
            drawn = [self._draw() for _ in range(min(batch, ticks - done))]
            found = self._of_book(drawn, done)
            asked_rows = self._of_rows(drawn, done)
            assert found == asked_rows, self._difference(found, asked_rows)
            self.events += [(event, trade) for trade, events in found.items() for event in events]
            self._show_next_steps(found, drawn[-1][2])
            done += len(drawn)

    def _show_next_steps(self, found: dict[UUID, list[Event]], wall_ms: int) -> None:
        """A step was bought: the row shows the next one, nearer to the stop, and the book reads it."""
        for trade_id, events in found.items():
            held = self._by_row.get(trade_id)
            taken = [int(figure) for _, what, figure in events if what.startswith("ladder_step")]
            if held is None or not taken or taken[-1] == LADDER:
                continue
            step = taken[-1] + 1
            distance = (held.trade.entry_price - held.trade.initial_stop_price) * step / (LADDER + 1)
            price = held.trade.entry_price - distance
            held.trade = replace(held.trade, ladder_step=step, ladder_price=price)
            known = self._by_book[trade_id]
            fresh = self._by_book[trade_id] = replace(known, ladder_step=step, ladder_price=price)
            self._book.put([loaded(fresh, INSTRUMENTS[fresh.symbol])], wall_ms)

    def _difference(self, found: dict[UUID, list[Event]], asked: dict[UUID, list[Event]]) -> str:
        """The first position about which the two disagree, whole."""
        trade_id = next(one for one in {**found, **asked} if found.get(one) != asked.get(one))
        held = self._by_book.get(trade_id) or self._by_row[trade_id].trade
        return f"book {found.get(trade_id)}, rows {asked.get(trade_id)}: {held}, prices {self._prices}"

    def _draw(self) -> tuple[str, Decimal, int]:
        symbol = self._random.choice(list(INSTRUMENTS))
        tick = INSTRUMENTS[symbol].price_tick
        size = self._random.choice([1, 1, 1, 2, 5]) * self._random.gauss(0, 0.0008)
        price = max(tick * 100, _on(self._prices[symbol] * Decimal(repr(1 + size)), tick))
        if self._random.random() < 0.2:
            price += Decimal(self._random.randint(0, 99)) * tick / 100  # a mark price is not on a tick
        self._prices[symbol] = price
        self._ms += self._random.randint(0, 800)
        return symbol, price, self._ms

    def _of_book(self, drawn: list[tuple[str, Decimal, int]], first: int) -> dict[UUID, list[Event]]:
        found: dict[UUID, list[Event]] = {}
        wall_ms = drawn[-1][2]
        if len(drawn) == 1:
            symbol, price, at = drawn[0]
            questions = self._book.on_tick(self._book.number_of(VENUE, symbol), float(price), at, wall_ms)
        else:
            questions = self._book.on_ticks(
                np.array([self._book.number_of(VENUE, symbol) for symbol, _, _ in drawn]),
                np.array([float(price) for _, price, _ in drawn]),
                np.array([at for _, _, at in drawn]),
                wall_ms,
            )
        self._batches += 1
        if self._batches % SWEPT == 0:
            marks = {(VENUE, symbol): (float(price), at) for symbol, price, at in drawn}
            assert self._book.sweep(marks, wall_ms) == []  # the bands overlooked nobody
        while questions:
            question = questions.pop(0)
            self.asked += 1
            later = self._answer(question, found, first, wall_ms)
            if later is not None:
                questions.append(later)
        return found

    def _answer(
        self, question: Question, found: dict[UUID, list[Event]], tick: int, wall_ms: int
    ) -> Question | None:
        trade = self._by_book[question.trade_id]
        decided = decide(
            question,
            trade,
            INSTRUMENTS[trade.symbol],
            self._atr[trade.symbol],
            epoch=1,
            wall_ms=wall_ms,
            steps=STEPS,
        )
        for row in decided.rows:
            figure = row.stop_price if row.action in ("move_stop", "exit") else row.step
            found.setdefault(trade.id, []).append((tick, f"{row.action} {row.rule}", _figure(figure)))
        if decided.answer is None:
            del self._by_book[trade.id]
        else:
            moved = [row.stop_price for row in decided.rows if row.action == "move_stop"]
            fresh = self._by_book[trade.id] = replace(
                trade,
                ladder_price=None if decided.answer.step_taken else trade.ladder_price,
                trailing_armed=decided.answer.is_armed,
                scale_out_step=decided.answer.parts_taken,
                stop_price=moved[0] if moved and moved[0] is not None else trade.stop_price,
            )
            assert Side(trade.side).sign * (fresh.stop_price - trade.stop_price) >= 0
            later = self._book.settle(question, decided.answer, wall_ms)
            if moved:  # the executor moved it, and said so
                self._book.put([loaded(fresh, INSTRUMENTS[trade.symbol])], wall_ms)
            return later
        return self._book.settle(question, None, wall_ms)

    def _of_rows(self, drawn: list[tuple[str, Decimal, int]], first: int) -> dict[UUID, list[Event]]:
        found: dict[UUID, list[Event]] = {}
        for symbol, price, at in drawn:
            for trade_id, held in list(self._by_row.items()):
                if held.trade.symbol == symbol:
                    self.looked_at += 1
                    events = self._one_row(held, price, at, drawn[-1][2], first)
                    if events:
                        found.setdefault(trade_id, []).extend(events)
                    if not held.is_open:
                        del self._by_row[trade_id]
        return found

    def _one_row(self, held: Held, price: Decimal, at: int, wall_ms: int, tick: int) -> list[Event]:
        trade = held.trade
        reaction = react(
            open_position(trade, INSTRUMENTS[trade.symbol], self._atr[trade.symbol]),
            price_decimal(float(price)),
            held.best,
            at,
            may_move=held.next_move_ms <= wall_ms,
            step_r_fraction=STEPS.r_fraction,
        )
        held.best = reaction.best
        return _taken(held, reaction, wall_ms, tick)


def _figure(value: Decimal | int | None) -> str:
    return "" if value is None else f"{Decimal(value).normalize():f}"


def _taken(held: Held, reaction: Reaction, wall_ms: int, tick: int) -> list[Event]:
    """Write the reaction on the row, as the executor would; returns its events."""
    if reaction.leave is not None:
        held.is_open = False
        return [(tick, f"exit {reaction.leave.rule}", _figure(reaction.leave.stop_price))]
    events: list[Event] = []
    if reaction.arms:
        events.append((tick, "arm trailing_armed", ""))
        held.trade = replace(held.trade, trailing_armed=True)
    if reaction.part is not None:
        events.append((tick, f"scale_out {reaction.part.rule}", _figure(reaction.part.step)))
        held.trade = replace(held.trade, scale_out_step=reaction.part.step)
    if reaction.add is not None:
        events.append((tick, f"ladder_step {reaction.add.rule}", _figure(reaction.add.step)))
        held.trade = replace(held.trade, ladder_price=None)
    if reaction.move is not None:
        events.append((tick, f"move_stop {reaction.move.rule}", _figure(reaction.move.stop_price)))
        held.trade = replace(held.trade, stop_price=reaction.move.stop_price)
        held.next_move_ms = wall_ms + STEPS.interval_ms
    return events
