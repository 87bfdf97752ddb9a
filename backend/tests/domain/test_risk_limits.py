from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.defaults import PLATFORM_LIMITS, STANDARD, RiskSettingsValues, limits_of, percent_of
from app.domain.risk_limits import FIELD_NAMES, LimitLevels, RiskLimits, coherence_errors, strictest
from tests.domain.examples import one_limit, with_facts

STANDARD_LIMITS = limits_of(STANDARD)


def test_strictest_takes_the_smallest_maximum_and_the_largest_minimum() -> None:
    platform = RiskLimits(max_leverage=20, min_signal_confidence=Decimal("0.5"))
    user = RiskLimits(max_leverage=10, min_signal_confidence=Decimal("0.7"))
    wallet = RiskLimits(max_leverage=15, min_signal_confidence=None)
    merged = strictest((platform, user, wallet))
    assert (merged.max_leverage, merged.min_signal_confidence) == (10, Decimal("0.7"))


def test_strictest_of_no_opinion_is_no_opinion() -> None:
    assert strictest((RiskLimits(), RiskLimits())) == RiskLimits()


def test_zero_is_stricter_than_any_other_maximum() -> None:
    assert (
        strictest((RiskLimits(max_open_positions=0), RiskLimits(max_open_positions=5))).max_open_positions
        == 0
    )


_limits = st.builds(
    RiskLimits,
    max_leverage=st.none() | st.integers(1, 125),
    max_daily_loss_usd=st.none() | st.decimals(min_value=0, max_value=10_000, places=2),
    min_signal_confidence=st.none() | st.decimals(min_value=0, max_value=1, places=2),
)


@given(a=_limits, b=_limits, c=_limits)
def test_strictest_does_not_depend_on_the_order_of_levels(
    a: RiskLimits, b: RiskLimits, c: RiskLimits
) -> None:
    assert strictest((a, b, c)) == strictest((c, a, b)) == strictest((strictest((a, b)), c))


def test_a_wallet_limit_of_an_aggregate_does_not_reach_the_user() -> None:
    levels = LimitLevels(RiskLimits(), RiskLimits(max_open_positions=5), RiskLimits(max_open_positions=2))
    assert levels.of_user().max_open_positions == 5
    assert levels.of_wallet().max_open_positions == 2


def test_the_standard_limits_are_coherent() -> None:
    assert coherence_errors(STANDARD_LIMITS) == ()
    assert coherence_errors(PLATFORM_LIMITS) == ()


@pytest.mark.parametrize("field", FIELD_NAMES)
def test_a_negative_limit_is_named(field: str) -> None:
    errors = coherence_errors(one_limit(field, Decimal("-0.01")))
    assert [(error.field, error.code) for error in errors] == [(field, "negative")]
    assert field in errors[0].message


@pytest.mark.parametrize("field", FIELD_NAMES)
def test_a_limit_that_is_not_a_number_is_named(field: str) -> None:
    errors = coherence_errors(one_limit(field, Decimal("NaN")))
    assert [(error.field, error.code) for error in errors] == [(field, "not_a_number")]


@pytest.mark.parametrize(
    ("field", "at", "beyond"),
    [
        ("min_signal_confidence", "1", "1.01"),
        ("max_daily_loss_fraction", "1", "1.0001"),
        ("max_leverage", "125", "126"),
        ("min_risk_reward_ratio", "100", "100.01"),
    ],
)
def test_a_limit_out_of_range_is_named(field: str, at: str, beyond: str) -> None:
    assert coherence_errors(one_limit(field, Decimal(at))) == ()
    errors = coherence_errors(one_limit(field, Decimal(beyond)))
    assert [(error.field, error.code, error.limit) for error in errors] == [
        (field, "out_of_range", Decimal(at))
    ]


def test_a_leverage_below_one_is_refused() -> None:
    [error] = coherence_errors(RiskLimits(max_leverage=0))
    assert (error.code, error.limit, error.value) == ("below_one", Decimal(1), Decimal(0))


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("max_daily_loss_fraction", "max_weekly_loss_fraction"),
        ("max_weekly_loss_fraction", "max_monthly_loss_fraction"),
        ("max_position_size_fraction", "max_portfolio_heat_fraction"),
    ],
)
def test_a_limit_above_the_wider_one_is_named(narrow: str, wide: str) -> None:
    equal = with_facts(RiskLimits(), {narrow: Decimal("0.2"), wide: Decimal("0.2")})
    assert coherence_errors(equal) == ()
    errors = coherence_errors(with_facts(equal, {narrow: Decimal("0.21")}))
    assert [(error.field, error.code) for error in errors] == [(narrow, "above_wider_limit")]


def test_percent_settings_become_fractions_and_null_stays_null() -> None:
    assert STANDARD_LIMITS.max_daily_loss_fraction == Decimal("0.05")
    assert STANDARD_LIMITS.max_portfolio_heat_fraction == Decimal("0.5")
    assert STANDARD_LIMITS.min_signal_confidence == Decimal("0.70")
    assert limits_of(RiskSettingsValues()) == RiskLimits()
    assert percent_of(Decimal("0.05")) == Decimal(5)
    assert percent_of(None) is None
