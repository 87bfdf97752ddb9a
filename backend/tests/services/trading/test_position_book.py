"""The monitor's book: what prices cause, and what survives a reload."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from app.domain.types import ExitReason
from app.repositories.open_trades import OpenTrade
from app.services.trading.position_book import ExitIntent, PositionBook, StopMoveIntent
from tests.services.trading.floor import BTC, ETH
from tests.services.trading.open_positions import OPENED_MS, open_trade

TICKS = {("paper", BTC): 0.1, ("paper", ETH): 0.01}
NAN = float("nan")


def book_of(*trades: OpenTrade) -> PositionBook:
    book = PositionBook()
    book.load(trades, TICKS)
    return book


def moves(book: PositionBook, mark: float, symbol: str = BTC) -> dict[UUID, Decimal]:
    intents = book.on_price("paper", symbol, mark, OPENED_MS)
    return {one.trade.id: one.stop_price for one in intents if isinstance(one, StopMoveIntent)}


def exits(
    book: PositionBook, mark: float, market_ms: int = OPENED_MS, symbol: str = BTC
) -> dict[UUID, ExitReason]:
    intents = book.on_price("paper", symbol, mark, market_ms)
    return {one.trade.id: one.reason for one in intents if isinstance(one, ExitIntent)}


def test_price_in_profit_moves_the_stop_once() -> None:
    trade = open_trade()
    book = book_of(trade)
    assert moves(book, 104.0) == {trade.id: Decimal("103.0")}
    assert moves(book, 104.0) == {}


def test_short_is_trailed_downward() -> None:
    trade = open_trade(side="short", stop_price=Decimal(102), take_profit_price=Decimal(90))
    assert moves(book_of(trade), 96.0) == {trade.id: Decimal("96.9")}


def test_price_below_activation_moves_nothing() -> None:
    assert moves(book_of(open_trade()), 100.9) == {}


def test_price_that_falls_back_never_loosens_the_stop() -> None:
    book = book_of(open_trade())
    moves(book, 104.0)
    assert moves(book, 101.0) == {}


def test_trade_without_trailing_keeps_its_stop() -> None:
    assert moves(book_of(open_trade(trailing_enabled=False)), 104.0) == {}


def test_market_whose_tick_is_unknown_keeps_its_stops_and_reaches_its_targets() -> None:
    trade = open_trade()
    book = PositionBook()
    book.load([trade], {})
    assert moves(book, 104.0) == {}
    assert exits(book, 106.0) == {trade.id: ExitReason.TAKE_PROFIT}


@pytest.mark.parametrize("mark", [NAN, 0.0, -1.0, float("inf")])
def test_price_that_is_none_causes_nothing(mark: float) -> None:
    book = book_of(open_trade(max_holding_minutes=1))
    assert book.on_price("paper", BTC, mark, OPENED_MS + 3_600_000) == []
    assert book.take_dirty() == []


def test_stale_price_causes_nothing() -> None:
    book = book_of(open_trade())
    assert book.on_price("paper", BTC, 106.0, OPENED_MS, is_stale=True) == []


def test_target_leaves_once() -> None:
    trade = open_trade()
    book = book_of(trade)
    assert exits(book, 106.0) == {trade.id: ExitReason.TAKE_PROFIT}
    assert exits(book, 107.0) == {}


@pytest.mark.parametrize(("late_ms", "leaves"), [(-1, False), (0, True), (1, True)])
def test_time_leaves_at_its_last_millisecond(late_ms: int, leaves: bool) -> None:
    trade = open_trade(max_holding_minutes=30)
    found = exits(book_of(trade), 100.0, OPENED_MS + 30 * 60_000 + late_ms)
    assert found == ({trade.id: ExitReason.TIME_EXIT} if leaves else {})


def test_trade_that_is_being_left_causes_nothing() -> None:
    assert book_of(open_trade(exit_requested="manual")).on_price("paper", BTC, 106.0, OPENED_MS) == []


def test_price_concerns_its_own_market() -> None:
    bitcoin, ether = open_trade(), open_trade(symbol=ETH)
    book = book_of(bitcoin, ether)
    assert exits(book, 106.0, symbol=ETH) == {ether.id: ExitReason.TAKE_PROFIT}
    assert exits(book, 106.0) == {bitcoin.id: ExitReason.TAKE_PROFIT}
    assert book.on_price("other", BTC, 106.0, OPENED_MS) == []


def test_trade_without_an_entry_price_is_not_watched() -> None:
    assert len(book_of(open_trade(entry_price=None))) == 0


def test_reload_keeps_what_was_trailed_and_not_yet_written() -> None:
    trade = open_trade()
    book = book_of(trade)
    moves(book, 104.0)
    book.load([trade], TICKS)
    assert moves(book, 101.0) == {trade.id: Decimal("103.0")}  # the row still shows the old stop: told again
    assert book.take_dirty() == [(trade.id, Decimal("104.0"), True)]


def test_reload_tells_an_exit_again_that_was_never_committed() -> None:
    trade = open_trade()
    book = book_of(trade)
    exits(book, 106.0)
    book.load([trade], TICKS)
    assert exits(book, 106.0) == {trade.id: ExitReason.TAKE_PROFIT}


def test_refresh_keeps_what_was_trailed() -> None:
    trade = open_trade()
    book = book_of(trade)
    moves(book, 104.0)
    book.refresh([trade.id], [replace(trade, stop_price=Decimal(103))], TICKS)
    assert moves(book, 103.5) == {}
    assert moves(book, 105.0) == {trade.id: Decimal("104.0")}


def test_refresh_of_one_trade_leaves_the_others_as_they_stand() -> None:
    left, moved, other = open_trade(), open_trade(take_profit_price=None), open_trade()
    book = book_of(left, moved)
    assert exits(book, 106.0) == {left.id: ExitReason.TAKE_PROFIT}
    book.refresh([other.id], [replace(other, symbol=BTC, take_profit_price=None)], TICKS)
    intents = book.on_price("paper", BTC, 106.0, OPENED_MS)
    assert [intent.trade.id for intent in intents] == [other.id]


def test_refresh_drops_what_is_not_open_any_more() -> None:
    gone, stays = open_trade(), open_trade()
    book = book_of(gone, stays)
    book.refresh([gone.id], [], TICKS)
    assert exits(book, 106.0) == {stays.id: ExitReason.TAKE_PROFIT}
    book.refresh([stays.id], [], TICKS)
    assert (len(book), book.markets()) == (0, set())


def test_refresh_of_an_unknown_trade_changes_nothing() -> None:
    book = book_of()
    book.refresh([open_trade().id], [], TICKS)
    assert len(book) == 0


def test_changed_extremes_are_told_once_and_again_when_they_could_not_be_written() -> None:
    trade, calm = open_trade(), open_trade(symbol=ETH)
    book = book_of(trade, calm)
    book.on_price("paper", BTC, 100.5, OPENED_MS)
    taken = book.take_dirty()
    assert taken == [(trade.id, Decimal("100.5"), False)]
    assert book.take_dirty() == []
    book.put_back([trade.id])
    assert book.take_dirty() == taken
