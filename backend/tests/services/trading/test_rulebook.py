"""Who has the last word about each manner of trading, and which state every scope is in."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from app.domain.defaults import PLATFORM_LIMITS, STANDARD, RiskSettingsValues
from app.domain.limits import LimitLevels
from app.domain.risk_limits import NO_OPINION
from app.domain.types import SizingMethod, TradingState
from app.models.risk_settings import RiskSettings
from app.repositories.gate_rows import BreakerRow, WalletRow
from app.services.trading.rulebook import (
    OwnStops,
    Rulebook,
    SettingsText,
    TradingStates,
    platform_limits,
    rulebook,
    values_of,
)
from tests.services.trading.gate_rows_examples import NOON, USER, WALLET, wallet

NONE = RiskSettingsValues()
LEVELS = LimitLevels(NO_OPINION, NO_OPINION, NO_OPINION, NO_OPINION, NO_OPINION)


def book(
    user: RiskSettingsValues = NONE, own: RiskSettingsValues = NONE, leverage: int | None = None
) -> Rulebook:
    return Rulebook(user, own, LEVELS, leverage)


@pytest.mark.parametrize(
    ("setting", "manner", "of_user", "of_wallet", "read"),
    [
        ("position_sizing_method", "sizing_method", SizingMethod.KELLY, SizingMethod.FIXED_AMOUNT, None),
        ("fixed_amount_usd", "fixed_amount_usd", Decimal(5), Decimal(7), None),
        ("enable_trailing_stop", "trailing_enabled", True, False, None),
        ("enable_trailing_stop", "trailing_enabled", False, True, None),
        ("enable_scale_out", "scale_out_enabled", True, False, None),
        ("enable_scale_out", "scale_out_enabled", False, True, None),
        ("trailing_atr_multiple", "trailing_atr_multiple", Decimal(2), Decimal(3), None),
        ("stop_atr_multiple", "volatility_multiple", Decimal(2), Decimal(3), None),
        ("trailing_stop_percent", "trailing_fraction", Decimal(2), Decimal(3), Decimal("0.01")),
        (
            "trailing_activation_percent",
            "trailing_activation_fraction",
            Decimal(2),
            Decimal(3),
            Decimal("0.01"),
        ),
    ],
)
def test_the_wallets_own_opinion_counts_before_the_users(
    setting: str, manner: str, of_user: object, of_wallet: object, read: Decimal | None
) -> None:
    user, own = (values_with(setting, value) for value in (of_user, of_wallet))
    for rules, held in ((book(user, own), of_wallet), (book(user), of_user), (book(NONE, own), of_wallet)):
        expected = held if read is None or not isinstance(held, Decimal) else held * read
        assert getattr(rules, manner) == expected


def values_with(setting: str, value: object) -> RiskSettingsValues:
    """Settings with one opinion, read as a row of the database is."""
    return values_of(RiskSettings(**{setting: value}))


def test_without_any_opinion_nothing_trails_nothing_is_left_in_parts_and_the_standard_sizes() -> None:
    rules = book()
    assert rules.sizing_method is SizingMethod.FIXED_PERCENT
    assert rules.risk_per_trade_fraction == Decimal("0.01")
    assert rules.kelly_fraction == Decimal("0.25")
    assert (rules.trailing_enabled, rules.scale_out_enabled) == (False, False)
    assert [rules.trailing_fraction, rules.trailing_activation_fraction] == [0, 0]
    assert (rules.fixed_amount_usd, rules.trailing_atr_multiple, rules.volatility_multiple) == (None,) * 3
    assert rules.own_stops == OwnStops(None, None)


@pytest.mark.parametrize(("user", "own", "fraction"), [(2, 1, "0.01"), (1, 2, "0.01"), (2, None, "0.02")])
def test_the_smaller_risk_of_a_trade_counts(user: int, own: int | None, fraction: str) -> None:
    of_wallet = NONE if own is None else RiskSettingsValues(risk_per_trade_percent=Decimal(own))
    rules = book(RiskSettingsValues(risk_per_trade_percent=Decimal(user)), of_wallet)
    assert rules.risk_per_trade_fraction == Decimal(fraction)


def test_the_users_kelly_fraction_counts() -> None:
    assert book(RiskSettingsValues(kelly_fraction=Decimal("0.5"))).kelly_fraction == Decimal("0.5")


def test_stop_and_target_are_each_the_wallets_else_the_users() -> None:
    user = RiskSettingsValues(stop_loss_percent=Decimal(2), take_profit_percent=Decimal(4))
    assert book(user).own_stops == OwnStops(Decimal(2), Decimal(4))
    stop = RiskSettingsValues(stop_loss_percent=Decimal(1))
    assert book(user, stop).own_stops == OwnStops(Decimal(1), Decimal(4))
    target = RiskSettingsValues(take_profit_percent=Decimal(9))
    assert book(user, target).own_stops == OwnStops(Decimal(2), Decimal(9))


@pytest.mark.parametrize(
    ("limit", "venue", "leverage"), [(None, 50, 20), (None, 10, 10), (5, 50, 5), (50, 20, 20), (0, 20, 1)]
)
def test_leverage_is_what_limits_and_venue_allow(limit: int | None, venue: int, leverage: int) -> None:
    assert book(leverage=limit).leverage(venue) == leverage


def test_a_row_of_the_database_becomes_settings() -> None:
    row = RiskSettings(position_sizing_method="kelly", max_open_positions=3, trading_paused=True)
    values = values_of(row)
    assert (values.position_sizing_method, values.max_open_positions) == (SizingMethod.KELLY, 3)
    assert values.trading_paused is True
    assert values_of(None) == NONE


def test_the_operators_limits_only_tighten_the_floor() -> None:
    assert platform_limits(b"") == PLATFORM_LIMITS
    held = platform_limits(
        b'{"max_order_notional_usd": 5000, "max_orders_per_minute": 7, "max_open_positions": 3.0}'
    )
    assert held == replace(
        PLATFORM_LIMITS,
        max_order_notional_usd=Decimal(5_000),
        max_orders_per_minute=7,
        max_open_positions=3,
    )
    assert isinstance(held.max_open_positions, int)
    assert platform_limits(b'{"max_order_notional_usd": 9000000}') == PLATFORM_LIMITS


def text(**levels: bytes) -> SettingsText:
    held = {"platform": b"", **dict.fromkeys(("user", "wallet", "strategy", "symbol"), b"null"), **levels}
    return SettingsText(**held)


def test_every_level_binds_with_its_own_settings() -> None:
    levels = ("user", "wallet", "strategy", "symbol")
    rules = rulebook(
        text(**{level: b'{"max_open_positions": %d}' % (9 - at) for at, level in enumerate(levels)})
    )
    held = [getattr(rules.limits, level).max_open_positions for level in levels]
    assert held == [9, 8, 7, 6]
    assert rules.limits.platform == PLATFORM_LIMITS


def test_a_user_without_settings_has_the_standard_and_the_other_levels_no_opinion() -> None:
    rules = rulebook(text())
    assert rules.user is STANDARD
    assert rules.leverage_limit == STANDARD.max_leverage
    assert all(getattr(rules.limits, level) is NO_OPINION for level in ("wallet", "strategy", "symbol"))
    assert rulebook(text(wallet=b"{}")).limits.wallet is NO_OPINION


def breaker(scope: str, scope_id: object, state: str, minutes: int | None = None) -> BreakerRow:
    until = None if minutes is None else NOON + timedelta(minutes=minutes)
    return BreakerRow(scope=scope, scope_id=str(scope_id), state=state, until=until)


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([("reduce_only", None)], TradingState.REDUCE_ONLY),
        ([("halted", 1)], TradingState.HALTED),
        ([("halted", 0)], TradingState.ACTIVE),  # over at this very moment
        ([("halted", -1)], TradingState.ACTIVE),
        ([("reduce_only", None), ("halted", None)], TradingState.HALTED),
        ([("halted", None), ("reduce_only", None)], TradingState.HALTED),
        ([("active", None), ("reduce_only", None)], TradingState.REDUCE_ONLY),
        ([], TradingState.ACTIVE),
    ],
)
def test_the_strictest_cause_that_is_not_over_counts(
    rows: list[tuple[str, int | None]], state: TradingState
) -> None:
    states = TradingStates(
        [
            breaker(scope, scope_id, said, minutes)
            for said, minutes in rows
            for scope, scope_id in (("user", USER), ("wallet", WALLET), ("venue", "paper"))
        ],
        NOON,
    )
    assert states.user(USER, NONE) is state
    assert states.wallet(wallet()) is state
    assert states.venue("paper") is state
    assert states.platform() is TradingState.ACTIVE


def test_the_platforms_state_is_the_strictest_of_its_rows() -> None:
    rows = [
        breaker("platform", "", "reduce_only"),
        breaker("platform", "rate", "halted"),
        breaker("user", USER, "halted"),
    ]
    assert TradingStates(rows, NOON).platform() is TradingState.HALTED
    assert TradingStates(rows[::2], NOON).platform() is TradingState.REDUCE_ONLY


def test_a_pause_reduces_only_and_loosens_no_halt() -> None:
    paused = RiskSettingsValues(trading_paused=True)
    assert TradingStates([], NOON).user(USER, paused) is TradingState.REDUCE_ONLY
    assert TradingStates([breaker("user", USER, "halted")], NOON).user(USER, paused) is TradingState.HALTED


@pytest.mark.parametrize(
    "closed",
    [
        wallet(status="archived"),
        wallet(auto_trade_enabled=False),
        wallet(entries_frozen_reason="unknown orders"),
    ],
)
def test_a_wallet_that_opens_nothing_reduces_only(closed: WalletRow) -> None:
    assert TradingStates([], NOON).wallet(closed) is TradingState.REDUCE_ONLY
    assert TradingStates([breaker("wallet", WALLET, "halted")], NOON).wallet(closed) is TradingState.HALTED
