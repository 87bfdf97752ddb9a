"""The monitor's book: who is asked at which price, and what survives reading a position again."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import pytest

from app.domain.types import Instrument
from app.repositories.open_trades import OpenTrade
from app.services.trading.position_book import Answer, BestPrice, PositionBook, Question
from tests.services.trading.exit_walk import INSTRUMENTS
from tests.services.trading.floor import BTC, ETH
from tests.services.trading.open_positions import OPENED_MS, loaded, open_trade

TENTHS = INSTRUMENTS["A"]
NAN = float("nan")


def book_of(*trades: OpenTrade, instrument: Instrument | None = TENTHS) -> PositionBook:
    book = PositionBook()
    book.put([loaded(trade, instrument) for trade in trades], OPENED_MS)
    return book


def asked(
    book: PositionBook, mark: float, market_ms: int = OPENED_MS, symbol: str = BTC
) -> Sequence[Question]:
    return book.on_tick(book.number_of("paper", symbol), mark, market_ms, OPENED_MS)


def ids(questions: Sequence[Question]) -> set[UUID]:
    return {question.trade_id for question in questions}


def answer(stop: float = 98.0, *, armed: bool = False, event: bool = True) -> Answer:
    return Answer(stop, armed, 0, event)


@pytest.mark.parametrize(("mark", "is_asked"), [(105.9, False), (106.0, True), (106.1, True)])
def test_target_asks_at_its_price(mark: float, is_asked: bool) -> None:
    trade = open_trade(trailing_enabled=False)
    assert ids(asked(book_of(trade), mark)) == ({trade.id} if is_asked else set())


@pytest.mark.parametrize(("mark", "is_asked"), [(94.1, False), (94.0, True), (93.9, True)])
def test_target_of_a_short_asks_below(mark: float, is_asked: bool) -> None:
    trade = open_trade(
        side="short",
        initial_stop_price=Decimal(102),
        stop_price=Decimal(102),
        take_profit_price=Decimal(94),
        trailing_enabled=False,
    )
    assert bool(asked(book_of(trade), mark)) is is_asked


@pytest.mark.parametrize(("late_ms", "is_asked"), [(-1, False), (0, True), (1, True)])
def test_time_asks_at_its_last_millisecond(late_ms: int, is_asked: bool) -> None:
    trade = open_trade(time_exit_ms=OPENED_MS + 60_000)
    assert bool(asked(book_of(trade), 100.0, OPENED_MS + 60_000 + late_ms)) is is_asked


def test_stop_at_the_venue_asks_nobody_and_a_missing_one_does() -> None:
    held, naked = open_trade(), open_trade(status="OPEN_UNPROTECTED")
    assert ids(asked(book_of(held, naked), 97.0)) == {naked.id}


@pytest.mark.parametrize("mark", [NAN, 0.0, -1.0, float("inf")])
def test_price_that_is_none_asks_nobody(mark: float) -> None:
    book = book_of(open_trade(time_exit_ms=OPENED_MS))
    assert asked(book, mark, OPENED_MS + 1) == []
    assert book.take_bests(10) == []


def test_market_whose_tick_is_unknown_reaches_targets_and_trails_nothing() -> None:
    trade = open_trade(trailing_armed=True, scale_out_enabled=True)
    book = book_of(trade, instrument=None)
    assert asked(book, 104.0) == []
    assert ids(asked(book, 106.0)) == {trade.id}


def test_price_concerns_its_own_market() -> None:
    bitcoin, ether = open_trade(), open_trade(symbol=ETH)
    book = book_of(bitcoin, ether)
    assert ids(asked(book, 106.0, symbol=ETH)) == {ether.id}
    assert ids(asked(book, 106.0)) == {bitcoin.id}
    assert asked(book, 106.0, symbol="nowhere") == []


def test_position_is_asked_once_until_it_is_settled() -> None:
    book = book_of(open_trade())
    question = asked(book, 106.0)[0]
    assert asked(book, 107.0) == []
    assert book.settle(question, None, OPENED_MS) is None
    assert len(book) == 0


def test_price_seen_while_a_position_was_asked_asks_it_again() -> None:
    trade = open_trade(take_profit_price=None, trailing_armed=True)
    book = book_of(trade)
    first = asked(book, 104.0)[0]
    asked(book, 105.0)
    asked(book, 102.0)
    again = book.settle(first, answer(103.0, armed=True), OPENED_MS)
    assert again is not None
    assert (again.mark, again.best) == (105.0, 105.0)
    last = book.settle(again, answer(103.0, armed=True), OPENED_MS)
    assert last is not None
    assert (last.mark, last.best) == (102.0, 105.0)
    assert book.settle(last, answer(104.0, armed=True), OPENED_MS) is None
    assert asked(book, 103.9) == []  # the venue holds 104 by now


def test_reading_again_keeps_what_was_trailed_and_not_yet_written() -> None:
    trade = open_trade(take_profit_price=None)
    book = book_of(trade)
    book.settle(asked(book, 104.0)[0], answer(103.0, armed=True), OPENED_MS)
    book.put([loaded(trade, TENTHS)], OPENED_MS)
    assert len(book) == 1
    assert book.take_bests(10) == [BestPrice(trade.id, 104.0, True)]
    assert ids(asked(book, 103.0)) == {
        trade.id
    }  # its row shows the old stop, so the venue may not hold this one


def test_reading_again_leaves_a_question_open() -> None:
    trade = open_trade()
    book = book_of(trade)
    question = asked(book, 106.0)[0]
    book.put([loaded(trade, TENTHS)], OPENED_MS)
    assert asked(book, 107.0) == []
    assert book.settle(question, None, OPENED_MS) is None
    assert len(book) == 0


def test_position_dropped_while_it_is_asked_is_forgotten() -> None:
    gone, stays = open_trade(), open_trade()
    book = book_of(gone, stays)
    questions = {question.trade_id: question for question in asked(book, 106.0)}
    book.drop([gone.id])
    assert book.settle(questions[gone.id], answer(), OPENED_MS) is None
    assert len(book) == 1
    assert book.settle(questions[stays.id], None, OPENED_MS) is None
    assert (len(book), book.markets()) == (0, set())


def test_shards_that_are_lost_are_let_go() -> None:
    kept, lost = open_trade(shard=1), open_trade(shard=2)
    book = book_of(kept, lost)
    book.drop_shards([2])
    assert ids(asked(book, 106.0)) == {kept.id}


def test_best_prices_are_told_once_and_again_when_they_could_not_be_written() -> None:
    trade, calm = open_trade(), open_trade(symbol=ETH)
    book = book_of(trade, calm)
    asked(book, 100.5)
    taken = book.take_bests(10)
    assert taken == [BestPrice(trade.id, 100.5, False)]
    assert book.take_bests(10) == []
    book.put_back(taken)
    assert book.take_bests(10) == taken


def test_new_position_does_not_inherit_the_best_price_of_others() -> None:
    early, late = open_trade(), open_trade()
    book = book_of(early)
    asked(book, 100.8)
    book.put([loaded(late, TENTHS)], OPENED_MS)
    asked(book, 100.2)
    assert {one.trade_id: one.price for one in book.take_bests(10)} == {early.id: 100.8, late.id: 100.2}


def test_sweep_finds_nobody_beyond_a_gate_while_the_bands_are_right() -> None:
    book = book_of(
        open_trade(), open_trade(status="OPEN_UNPROTECTED"), open_trade(time_exit_ms=OPENED_MS + 1)
    )
    found = [len(book.sweep({("paper", BTC): (100.0, OPENED_MS + later)}, OPENED_MS)) for later in (0, 1, 1)]
    assert found == [0, 1, 0]  # who was found is being asked
    assert len(book.sweep({("paper", BTC): (98.0, OPENED_MS)}, OPENED_MS)) == 1
    assert book.sweep({("paper", ETH): (98.0, OPENED_MS)}, OPENED_MS) == []


@pytest.mark.parametrize("how", ["left", "kept", "dropped"])
def test_best_price_that_came_while_another_was_decided_is_trailed(how: str) -> None:
    """The stop of a position that was not asked has risen with it, whatever becomes of the other."""
    other = open_trade(trailing_enabled=False, take_profit_price=Decimal("101.5"))
    trailed = open_trade(trailing_armed=True, take_profit_price=None)
    book = book_of(other, trailed)
    questions = {one.trade_id: one for one in asked(book, 101.6)}
    assert set(questions) == {other.id, trailed.id}
    moved = Answer(100.5, True, 0, True, next_move_ms=OPENED_MS + 10_000)  # no second move for ten seconds
    assert book.settle(questions[trailed.id], moved, OPENED_MS) is None
    assert asked(book, 104.0) == []

    if how == "dropped":
        book.drop([other.id])
    else:
        later = book.settle(questions[other.id], answer() if how == "kept" else None, OPENED_MS)
        assert (later is not None) is (how == "kept")  # 104 is beyond its target too

    assert asked(book, 103.1) == []
    assert ids(asked(book, 102.9)) == {trailed.id}  # 1 % behind 104 is 102.96
