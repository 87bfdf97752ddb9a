"""What the gate takes for a user's, a wallet's, a strategy's and a symbol's facts out of their rows."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

from app.domain.limits import LossWindow
from app.domain.risk_case import ClosedTradeStatistics
from app.domain.risk_facts import NEVER_MS
from app.domain.types import Side, TradingState
from app.repositories.gate_rows import (
    NO_USAGE,
    BreakerRow,
    EntriesRow,
    ExitRow,
    StatisticsRow,
)
from app.services.trading.holdings import Holding
from app.services.trading.risk_picture import Candidate
from tests.services.trading.gate_rows_examples import (
    AT_110,
    BTC,
    BTC_IN_USDC,
    DAY,
    EQUITY,
    ETH,
    MARKETS,
    NOON,
    ORDER,
    OTHER,
    SECOND,
    USER,
    WALLET,
    picture,
    row,
    state,
    user,
    wallet,
)

PENDING: dict[str, object] = {
    "quantity": Decimal(0),
    "entry_price": None,
    "entry_works": True,
    "net": Decimal(0),
}
BOOK = [
    row(50),  # two at 100, now 220
    row(51, symbol=ETH, side="short", strategy="other", has_live_stop=False),
    row(52, symbol=BTC_IN_USDC, wallet_id=OTHER, **PENDING),
]
TWO_WALLETS = {
    "states": [state(None), state(), state(OTHER)],
    "wallets": [wallet(), wallet(OTHER)],
    "trades": BOOK,
}


def test_a_users_facts_are_the_sums_over_its_wallets() -> None:
    facts = picture(user(**TWO_WALLETS, orders_last_minute=4)).user_facts(WALLET, ORDER)
    assert (facts.open_positions, facts.pending_entries) == (2, 1)
    assert (facts.positions_in_strategy, facts.positions_in_symbol) == (2, 1)
    assert [facts.notional, facts.reserved_notional] == [440, 400]
    assert [facts.open_risk, facts.reserved_risk] == [Decimal("10.095") + 220, 20]
    assert [facts.margin_used, facts.reserved_margin] == [88, 80]
    assert facts.asset_notional == 620  # Bitcoin in any currency
    assert facts.position_correlations == (
        Decimal("-0.8"),
        None,
    )  # a short of what moves along, and one unknown
    assert facts.equity == 2 * EQUITY  # 20 won and 20 lost
    assert facts.orders_last_minute == 4
    assert facts.day == LossWindow(2 * EQUITY)
    assert facts.peak_equity == 2 * EQUITY
    assert facts.trading_state is TradingState.ACTIVE


def test_a_wallets_facts_are_its_own() -> None:
    held = picture(user(**TWO_WALLETS))
    first, second = held.wallet_facts(WALLET, ORDER), held.wallet_facts(OTHER, ORDER)
    assert (first.open_positions, first.pending_entries, second.open_positions, second.pending_entries) == (
        2,
        0,
        0,
        1,
    )
    assert (first.equity, second.equity) == (EQUITY, EQUITY)
    assert (first.symbol_is_open, second.symbol_is_open) == (True, False)
    assert (first.balance_age_seconds, first.free_margin) == (1.0, EQUITY)
    assert (first.peak_equity, first.consecutive_losses) == (EQUITY, 0)


def test_without_a_state_a_wallets_money_is_not_known() -> None:
    facts = picture(user(states=[state(None)])).wallet_facts(WALLET, ORDER)
    assert [facts.equity, facts.free_margin, facts.peak_equity, facts.day] == [None] * 4
    assert [facts.consecutive_losses, facts.balance_age_seconds] == [None] * 2
    undated = picture(user(states=[state(balance_as_of=None)])).wallet_facts(WALLET, ORDER)
    assert undated.balance_age_seconds is None
    ahead = picture(user(states=[state(balance_as_of=NOON + 2 * SECOND)])).wallet_facts(WALLET, ORDER)
    assert ahead.balance_age_seconds == 0.0
    nobody = picture(user(states=[state()])).user_facts(WALLET, ORDER)
    assert (nobody.peak_equity, nobody.consecutive_losses) == (None, None)


def test_strategies_and_symbols_count_their_own_trades_over_all_wallets() -> None:
    held = picture(user(**TWO_WALLETS))
    book = held.book(WALLET)
    strategy, symbol = held.strategy_facts(ORDER, book), held.symbol_facts(ORDER, book)
    assert [strategy.open_positions, strategy.pending_entries, strategy.notional] == [1, 1, 220]
    assert [symbol.open_positions, symbol.pending_entries, symbol.notional] == [1, 0, 220]
    assert (strategy.equity, symbol.equity) == (2 * EQUITY, 2 * EQUITY)
    assert strategy.peak_equity == 2 * EQUITY


def test_without_a_mark_the_sums_are_not_known() -> None:
    facts = picture(user(**TWO_WALLETS), markets={("paper", BTC): AT_110}).user_facts(WALLET, ORDER)
    assert [facts.notional, facts.open_risk, facts.margin_used, facts.equity] == [None] * 4
    assert facts.asset_notional == 620
    assert [facts.reserved_notional, facts.open_positions] == [400, 2]


def test_what_is_not_ours_counts_whole_and_by_the_venues_own_figure() -> None:
    """Two thousand that somebody opened by hand: a position, its own risk and margin, related to everything."""
    beside = state(external_notional=Decimal(2_000), equity=Decimal(9_000))
    facts = picture(user(states=[state(None), beside], trades=[row(50)])).wallet_facts(WALLET, ORDER)
    assert [facts.open_positions, facts.notional, facts.margin_used] == [2, 2_220, 2_044]
    assert facts.open_risk == Decimal("2010.095")
    assert facts.position_correlations == (None,)
    assert facts.equity == 9_000
    alone = picture(user(states=[state(None), beside])).user_facts(WALLET, ORDER)
    assert [alone.open_positions, alone.notional] == [1, 2_000]


def test_nothing_held_is_nothing_at_stake() -> None:
    facts = picture(user()).user_facts(WALLET, ORDER)
    assert (
        facts.open_positions,
        facts.pending_entries,
        facts.positions_in_strategy,
        facts.positions_in_symbol,
    ) == (*(0, 0, 0, 0),)
    assert [facts.notional, facts.reserved_notional, facts.open_risk, facts.reserved_risk] == [0] * 4
    assert [facts.margin_used, facts.reserved_margin, facts.asset_notional] == [0] * 3
    assert facts.position_correlations == ()
    assert (facts.trades_today, facts.last_exit_ms, facts.last_loss_ms) == (0, NEVER_MS, NEVER_MS)


def test_positions_at_another_venue_are_not_compared() -> None:
    elsewhere = row(50, venue="binance", symbol=ETH)
    held = picture(user(trades=[elsewhere]), markets={**MARKETS, ("binance", ETH): AT_110})
    assert held.user_facts(WALLET, ORDER).position_correlations == (None,)


def test_an_approval_counts_from_then_on() -> None:
    held = picture(user(orders_last_minute=4))
    held.reserve(Holding.of(row(50, **PENDING)))
    facts = held.user_facts(WALLET, ORDER)
    assert [facts.pending_entries, facts.reserved_notional, facts.orders_last_minute] == [1, 400, 5]
    assert facts.trades_today == 1
    assert held.symbol_facts(ORDER, held.book(WALLET)).trades_today == 1
    other = Candidate("paper", ETH, "other", Side.LONG)
    assert held.symbol_facts(other, held.book(WALLET)).trades_today == 0
    assert held.strategy_facts(other, held.book(WALLET)).trades_today == 0


def test_the_ledger_counts_an_approval_in_its_four_scopes() -> None:
    counted = msgspec.structs.replace(
        NO_USAGE,
        scope="user",
        positions=2,
        notional=Decimal(10),
        margin=Decimal(3),
        open_risk=Decimal(1),
        version=7,
    )
    held = picture(user(usage=[counted]))
    assert held.usage() == {("user", ""): counted}
    held.reserve(Holding.of(row(50, **PENDING)))
    keys = [("user", ""), ("wallet", str(WALLET)), ("strategy", "ema_trend"), ("symbol", BTC)]
    figures = {
        key: [one.positions, one.notional, one.margin, one.open_risk] for key, one in held.usage().items()
    }
    assert figures == {keys[0]: [3, 410, 83, 21]} | {key: [1, 400, 80, 20] for key in keys[1:]}


def test_a_trade_that_is_asked_about_again_or_added_to_is_not_counted_twice() -> None:
    adding = row(50, adding_notional=Decimal(50), adding_risk=Decimal(3))
    rows = user(trades=[adding, row(51, symbol=ETH)])
    assert picture(rows).user_facts(WALLET, ORDER).reserved_notional == 50
    assert picture(rows, added_to=adding.id).user_facts(WALLET, ORDER).reserved_notional == 0
    assert picture(rows, without_trade=adding.id).user_facts(WALLET, ORDER).open_positions == 1


EARLIER, LATER = NOON - timedelta(hours=2), NOON - timedelta(hours=1)
LATER_MS = int(LATER.timestamp() * 1000)


def left(wallet_id: UUID, symbol: str = BTC, *, lost: bool = False, strategy: str = "ema_trend") -> ExitRow:
    at = EARLIER if lost else LATER
    return ExitRow(
        wallet_id=wallet_id, strategy=strategy, symbol=symbol, last_exit=at, last_loss=at if lost else None
    )


def test_the_days_entries_and_the_newest_exits_of_the_symbol_count() -> None:
    entries = [
        EntriesRow(wallet_id=WALLET, strategy="ema_trend", symbol=BTC, entries=3),
        EntriesRow(wallet_id=OTHER, strategy="other", symbol=ETH, entries=2),
    ]
    exits = [left(WALLET, lost=True), left(OTHER), left(WALLET, ETH)]
    held = picture(user(**TWO_WALLETS, entries=entries, exits=exits))
    of_user, of_wallet = held.user_facts(WALLET, ORDER), held.wallet_facts(WALLET, ORDER)
    early_ms = LATER_MS - 3_600_000
    assert (of_user.trades_today, of_user.last_exit_ms, of_user.last_loss_ms) == (5, LATER_MS, early_ms)
    assert (of_wallet.trades_today, of_wallet.last_exit_ms, of_wallet.last_loss_ms) == (3, early_ms, early_ms)
    strategy = held.strategy_facts(ORDER, held.book(WALLET))
    assert (strategy.trades_today, strategy.last_exit_ms) == (3, LATER_MS)
    symbol = held.symbol_facts(Candidate("paper", ETH, "", Side.LONG), held.book(WALLET))
    assert (symbol.trades_today, symbol.last_exit_ms, symbol.last_loss_ms) == (2, LATER_MS, NEVER_MS)
    only_exits = picture(user(exits=exits)).user_facts(WALLET, ORDER)
    assert (only_exits.trades_today, only_exits.last_exit_ms) == (0, LATER_MS)


def test_statistics_are_the_strategys_own() -> None:
    rows = [
        StatisticsRow(strategy=name, trades=9, wins=wins, average_win=Decimal(4), average_loss=Decimal(2))
        for name, wins in (("other", 1), ("ema_trend", 5))
    ]
    held = picture(user(statistics=rows))
    assert held.statistics("ema_trend") == ClosedTradeStatistics(9, 5, Decimal(4), Decimal(2))
    assert held.statistics("third") is None


def test_the_state_of_every_scope_stands_in_its_facts() -> None:
    rows = [
        BreakerRow(scope="wallet", scope_id=str(WALLET), state="halted", until=None),
        BreakerRow(scope="user", scope_id=str(USER), state="reduce_only", until=NOON + SECOND),
    ]
    held = picture(user(breakers=rows))
    assert held.wallet_facts(WALLET, ORDER).trading_state is TradingState.HALTED
    assert held.user_facts(WALLET, ORDER).trading_state is TradingState.ACTIVE  # over at this very second
    assert held.wallet_facts(WALLET, ORDER).hours is None


def test_a_wallet_that_was_archived_without_a_state_is_left_out() -> None:
    held = picture(user(wallets=[wallet(), wallet(OTHER, status="archived")]))
    assert held.windows.of_user()[0] == LossWindow(EQUITY)
    unknown = picture(user(wallets=[wallet(), wallet(OTHER)]))
    assert unknown.windows.of_user() == (None, None, None)
    assert unknown.changed == []


def test_what_an_archived_wallet_holds_is_not_the_users() -> None:
    rows = user(
        states=[state(None), state(), state(OTHER)],
        wallets=[wallet(), wallet(OTHER, status="archived")],
        trades=[row(50), row(51, wallet_id=OTHER)],
    )
    assert picture(rows).user_facts(WALLET, ORDER).open_positions == 1


def test_rows_whose_windows_began_are_to_be_written() -> None:
    old = state(day_start=DAY - timedelta(days=1))
    assert picture(user(states=[state(None), old])).changed == [old]
