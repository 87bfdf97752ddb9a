"""A strategy's and a symbol's loss windows, drawdown and limits out of the rows of a user."""

from decimal import Decimal

import msgspec
import pytest

from app.domain.loss_windows import WindowLength
from app.repositories.gate_rows import NO_USAGE, ClosedRow, ScopedSettingsRow, UserRow
from app.repositories.gate_writes import ScopeTrip
from tests.services.trading.gate_rows_examples import (
    BTC,
    DAY,
    EQUITY,
    ETH,
    NOON,
    ORDER,
    SECOND,
    USER,
    WALLET,
    picture,
    row,
    state,
    user,
)

CLOSED = [
    ClosedRow(strategy="ema_trend", symbol=ETH, day=Decimal(-40), week=Decimal(-50), month=Decimal(-60)),
    ClosedRow(strategy="other", symbol=BTC, day=Decimal(-7), week=Decimal(-8), month=Decimal(-9)),
]


def test_a_scopes_window_is_what_its_own_trades_made() -> None:
    """Closed ones, and 20 won at the mark less 3 of costs."""
    held = picture(user(trades=[row(50)], closed=CLOSED))
    book = held.book(WALLET)
    strategy, symbol = held.strategy_facts(ORDER, book), held.symbol_facts(ORDER, book)
    windows = (strategy.day, strategy.week, strategy.month, symbol.day)
    assert [None if one is None else one.pnl for one in windows] == [-23, -33, -43, 10]
    assert strategy.day is not None
    assert strategy.day.start_equity == EQUITY
    unmarked = picture(user(trades=[row(50)], closed=CLOSED), markets={})
    assert unmarked.strategy_facts(ORDER, unmarked.book(WALLET)).day is None
    assert picture(user(trades=[row(50)])).open_results() == {
        ("strategy", "ema_trend"): 17,
        ("symbol", BTC): 17,
    }
    assert unmarked.open_results() == {}


def test_a_scopes_drawdown_is_what_its_own_trades_gave_back() -> None:
    """They made 100 at best, and stand at 40 and 17 more."""
    usage = msgspec.structs.replace(
        NO_USAGE,
        scope="strategy",
        scope_key="ema_trend",
        book_result=Decimal(40),
        book_peak=Decimal(100),
        consecutive_losses=2,
    )
    held = picture(user(trades=[row(50)], usage=[usage]))
    strategy = held.strategy_facts(ORDER, held.book(WALLET))
    assert (strategy.consecutive_losses, strategy.peak_equity) == (2, EQUITY + 20)
    assert strategy.book_equity == EQUITY + 20 - 43
    assert held.symbol_facts(ORDER, held.book(WALLET)).consecutive_losses == 0
    nobody = picture(user(states=[state()], usage=[usage]))
    assert nobody.strategy_facts(ORDER, nobody.book(WALLET)).peak_equity is None


LIMITED = b'{"max_daily_loss_usd": 40}'


@pytest.mark.parametrize(("lost", "trips"), [("-57", True), ("-56.99999999", False)])
def test_a_scopes_loss_limit_trips_at_its_value_and_is_to_be_written(lost: str, trips: bool) -> None:
    """With the open one's 17 that is 40."""
    closed = [
        ClosedRow(strategy="ema_trend", symbol=ETH, day=Decimal(lost), week=Decimal(0), month=Decimal(0))
    ]
    held = picture(limited(closed))
    facts = held.strategy_facts(ORDER, held.book(WALLET, "ema_trend", BTC))
    assert facts.day is not None
    assert facts.day.tripped is trips
    trip = ScopeTrip(
        user_id=USER,
        environment="paper",
        scope="strategy",
        scope_key="ema_trend",
        length="day",
        tripped_at=NOON,
    )
    key = ("strategy", "ema_trend", WindowLength.DAY)
    assert held.trips == ({key: trip} if trips else {})


def limited(closed: list[ClosedRow], **tripped: object) -> UserRow:
    """A user whose strategy may lose 40 a day, and has one open trade with 17 won."""
    usage = msgspec.structs.replace(NO_USAGE, scope="strategy", scope_key="ema_trend", **tripped)
    document = b'{"scope": "strategy", "scope_key": "ema_trend", "settings": ' + LIMITED + b"}"
    scoped = msgspec.json.decode(b"[" + document + b"]", type=list[ScopedSettingsRow])
    return user(trades=[row(50)], closed=closed, usage=[usage], scoped=scoped)


def test_a_scope_that_tripped_in_this_window_stays_so_whatever_it_wins_back() -> None:
    won = [ClosedRow(strategy="ema_trend", symbol=ETH, day=Decimal(90), week=Decimal(0), month=Decimal(0))]
    for at, tripped in ((DAY, True), (NOON, True), (DAY - SECOND, False)):
        held = picture(limited(won, day_tripped_at=at))
        facts = held.strategy_facts(ORDER, held.book(WALLET, "ema_trend", BTC))
        assert facts.day is not None
        assert facts.day.tripped is tripped
        assert held.trips == {}


def test_flows_of_the_user_lower_what_a_scopes_limit_is_a_part_of() -> None:
    document = b'[{"scope": "strategy", "scope_key": "ema_trend", "settings": {"max_daily_loss_percent": 1}}]'
    scoped = msgspec.json.decode(document, type=list[ScopedSettingsRow])
    for flows, trips in ((Decimal(-5_000), True), (Decimal(0), False), (Decimal(5_000), False)):
        rows = user(
            states=[state(None), state(day_flows=flows)],
            trades=[row(50)],
            closed=[
                ClosedRow(
                    strategy="ema_trend", symbol=ETH, day=Decimal(-67), week=Decimal(0), month=Decimal(0)
                )
            ],
            scoped=scoped,
        )
        held = picture(rows)
        facts = held.strategy_facts(ORDER, held.book(WALLET, "ema_trend", BTC))
        assert facts.day is not None
        assert facts.day.tripped is trips


def test_where_nobody_has_settings_of_a_scope_one_rulebook_serves_all() -> None:
    held = picture(user())
    assert held.book(WALLET, "ema_trend", BTC) is held.book(WALLET)
    scoped = picture(limited([]))
    assert scoped.book(WALLET, "ema_trend", BTC) is not scoped.book(WALLET)
    assert scoped.book(WALLET, "ema_trend", BTC) is scoped.book(WALLET, "ema_trend", BTC)
