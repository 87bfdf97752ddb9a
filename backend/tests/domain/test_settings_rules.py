"""Settings that make no sense are named in their own units, and a change is known to loosen or not."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.defaults import STANDARD, RiskSettingsValues
from app.domain.settings_rules import BOUNDS, in_force, loosened, setting_errors
from app.domain.types import SizingMethod
from tests.domain.examples import with_facts

LIMITS = tuple(name for name in RiskSettingsValues.__dataclass_fields__ if name.startswith(("max_", "min_")))


def test_the_defaults_make_sense() -> None:
    assert setting_errors(STANDARD) == ()


@pytest.mark.parametrize("name", LIMITS)
def test_a_negative_limit_is_named_with_limit_and_value(name: str) -> None:
    errors = setting_errors(with_facts(STANDARD, {name: Decimal(-1)}))
    found = next(error for error in errors if error.field == name)
    assert (found.code, found.limit, found.value) == ("negative", Decimal(0), Decimal(-1))
    assert found.message == f"{name} must not be negative, was -1."


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("risk_per_trade_percent", "-0.01", "negative"),
        ("risk_per_trade_percent", "100.01", "out_of_range"),
        ("kelly_fraction", "1.001", "out_of_range"),
        ("fixed_amount_usd", "1000000000.01", "out_of_range"),
        ("fixed_amount_usd", "-0.01", "negative"),
        ("trailing_activation_percent", "100.01", "out_of_range"),
        ("take_profit_percent", "0", "too_small"),
        ("take_profit_percent", "10000.01", "out_of_range"),
        ("stop_loss_percent", "0", "too_small"),
        ("stop_loss_percent", "100", "out_of_range"),
        ("stop_atr_multiple", "0.09", "too_small"),
        ("stop_atr_multiple", "100.01", "out_of_range"),
        ("trailing_atr_multiple", "0.09", "too_small"),
        ("trailing_atr_multiple", "100.01", "out_of_range"),
        ("trailing_stop_percent", "0", "too_small"),
        ("trailing_stop_percent", "100", "out_of_range"),
        ("max_holding_minutes", "0", "too_small"),
        ("max_holding_minutes", "2147483648", "out_of_range"),
        ("max_daily_loss_percent", "100.01", "out_of_range"),
        ("min_signal_confidence", "1.01", "out_of_range"),
        ("max_leverage", "0", "below_one"),
    ],
)
def test_a_value_just_outside_its_bound_is_refused(name: str, value: str, code: str) -> None:
    errors = setting_errors(with_facts(RiskSettingsValues(), {name: Decimal(value)}))
    assert [(error.field, error.code, error.value) for error in errors] == [(name, code, Decimal(value))]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("risk_per_trade_percent", "100"),
        ("risk_per_trade_percent", "0"),
        ("kelly_fraction", "1"),
        ("kelly_fraction", "0"),
        ("fixed_amount_usd", "1000000000"),
        ("fixed_amount_usd", "0"),
        ("trailing_activation_percent", "100"),
        ("trailing_activation_percent", "0"),
        ("take_profit_percent", "0.01"),
        ("take_profit_percent", "10000"),
        ("stop_loss_percent", "0.01"),
        ("stop_loss_percent", "99.99"),
        ("stop_atr_multiple", "0.1"),
        ("stop_atr_multiple", "100"),
        ("trailing_atr_multiple", "0.1"),
        ("trailing_atr_multiple", "100"),
        ("trailing_stop_percent", "0.01"),
        ("trailing_stop_percent", "99.99"),
        ("max_holding_minutes", "1"),
        ("max_holding_minutes", "2147483647"),
        ("max_daily_loss_percent", "100"),
        ("min_signal_confidence", "1"),
        ("max_leverage", "1"),
    ],
)
def test_a_value_at_its_bound_is_accepted(name: str, value: str) -> None:
    assert setting_errors(with_facts(RiskSettingsValues(), {name: Decimal(value)})) == ()


def test_the_bounds_of_limits_are_told_in_the_units_of_their_settings() -> None:
    told = {
        name: BOUNDS[name] for name in ("max_daily_loss_percent", "max_leverage", "min_signal_confidence")
    }
    assert told["max_daily_loss_percent"] == (Decimal(0), Decimal(100))
    assert told["max_leverage"][0] == 1
    assert told["min_signal_confidence"] == (Decimal(0), Decimal(1))


def test_a_negative_setting_that_is_no_limit_is_named_with_limit_and_value() -> None:
    [error] = setting_errors(replace(RiskSettingsValues(), kelly_fraction=Decimal("-0.1")))
    assert (error.code, error.limit, error.value) == ("negative", Decimal(0), Decimal("-0.1"))
    [small] = setting_errors(replace(RiskSettingsValues(), stop_atr_multiple=Decimal("0.05")))
    assert (small.code, small.limit) == ("too_small", Decimal("0.1"))


def test_a_daily_limit_above_the_weekly_one_is_refused_in_percent() -> None:
    [error] = setting_errors(replace(STANDARD, max_daily_loss_percent=Decimal("10.01")))
    assert (error.field, error.code, error.limit, error.value) == (
        "max_daily_loss_percent",
        "above_wider_limit",
        Decimal(10),
        Decimal("10.01"),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"max_daily_loss_usd": Decimal(501)},
        {"max_daily_loss_usd": None},
        {"min_signal_confidence": Decimal("0.69")},
        {"min_signal_confidence": None},
        {"risk_per_trade_percent": Decimal("1.1")},
        {"trailing_stop_percent": Decimal("1.6")},
        {"enable_pyramiding": True},
        {"enable_trailing_stop": False},
        {"position_sizing_method": SizingMethod.FIXED_AMOUNT},
        {"max_open_positions": 6},
    ],
)
def test_a_change_that_allows_more_loosens(change: dict[str, object]) -> None:
    assert loosened(STANDARD, with_facts(STANDARD, change)) == tuple(change)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"max_daily_loss_usd": Decimal(499)},
        {"min_signal_confidence": Decimal("0.71")},
        {"max_open_positions": 0},
        {"enable_scale_out": False},
        {"trading_paused": True},
    ],
)
def test_a_change_that_allows_no_more_does_not_loosen(change: dict[str, object]) -> None:
    assert loosened(STANDARD, with_facts(STANDARD, change)) == ()


def test_a_first_opinion_tightens_and_its_loss_loosens() -> None:
    none, one = RiskSettingsValues(), RiskSettingsValues(max_leverage=3)
    assert loosened(none, one) == ()
    assert loosened(one, none) == ("max_leverage",)


def test_to_leave_nothing_when_tripped_any_more_loosens() -> None:
    on, off = RiskSettingsValues(flatten_when_tripped=True), RiskSettingsValues(flatten_when_tripped=False)
    assert loosened(on, off) == loosened(on, RiskSettingsValues()) == ("flatten_when_tripped",)
    assert loosened(off, on) == loosened(RiskSettingsValues(), on) == ()


def test_what_a_wallet_has_no_opinion_on_is_its_users_where_its_own_would_replace_it() -> None:
    held = in_force(RiskSettingsValues(trailing_stop_percent=Decimal(3), max_leverage=None), STANDARD)
    assert held == RiskSettingsValues(
        position_sizing_method=STANDARD.position_sizing_method,
        fixed_amount_usd=STANDARD.fixed_amount_usd,
        enable_trailing_stop=STANDARD.enable_trailing_stop,
        trailing_activation_percent=STANDARD.trailing_activation_percent,
        trailing_stop_percent=Decimal(3),
        flatten_when_tripped=STANDARD.flatten_when_tripped,
    )


figures = st.none() | st.decimals(0, 100, places=2)


@given(name=st.sampled_from(LIMITS), before=figures, after=figures)
def test_a_changed_limit_loosens_in_exactly_one_direction(
    name: str, before: Decimal | None, after: Decimal | None
) -> None:
    one, two = (
        with_facts(RiskSettingsValues(), {name: before}),
        with_facts(RiskSettingsValues(), {name: after}),
    )
    assert bool(loosened(one, two)) + bool(loosened(two, one)) == (before != after)
