"""The defaults of the specification's risk_settings table, one row each (SA18-SA37), and the additions."""

from decimal import Decimal

import pytest

from app.domain.defaults import (
    PLATFORM_LIMITS,
    SLIPPAGE_ALLOWANCE_FRACTION,
    STANDARD,
    fraction_of,
    percent_of,
)
from app.domain.risk_limits import RiskLimits
from app.domain.types import SizingMethod

_ROWS = [
    ("position_sizing_method", SizingMethod.FIXED_PERCENT),
    ("max_position_size_usd", Decimal(10_000)),
    ("max_position_size_percent", Decimal("10.0")),
    ("max_portfolio_heat", Decimal("50.0")),
    ("max_open_positions", 5),
    ("max_leverage", 10),
    ("max_daily_loss_usd", Decimal(500)),
    ("max_daily_loss_percent", Decimal("5.0")),
    ("max_weekly_loss_percent", Decimal("10.0")),
    ("max_monthly_loss_percent", Decimal("20.0")),
    ("min_risk_reward_ratio", Decimal("1.5")),
    ("max_correlated_positions", 2),
    ("max_single_asset_exposure_percent", Decimal("20.0")),
    ("max_consecutive_losses", 3),
    ("trading_paused", False),
    ("enable_trailing_stop", True),
    ("trailing_stop_percent", Decimal("1.5")),
    ("enable_scale_out", True),
    ("enable_pyramiding", False),
    ("min_signal_confidence", Decimal("0.70")),
    ("risk_per_trade_percent", Decimal("1.0")),
    ("trailing_activation_percent", Decimal("2.0")),
    ("max_open_risk_percent", Decimal("10.0")),
    ("kelly_fraction", Decimal("0.25")),
    ("fixed_amount_usd", Decimal(200)),
    ("max_correlation", Decimal("0.7")),
    ("auto_breakers", True),
    ("flatten_when_tripped", False),
    ("max_adds_per_trade", 2),
    ("enable_dca", False),
    ("dca_max_steps", 2),
]


@pytest.mark.parametrize(("name", "value"), _ROWS)
def test_a_default_is_the_specifications(name: str, value: object) -> None:
    assert getattr(STANDARD, name) == value


def test_the_platforms_floor_is_the_specifications() -> None:
    assert (
        RiskLimits(
            max_order_notional_usd=Decimal(1_000_000),
            max_price_age_seconds=Decimal(5),
            max_balance_age_seconds=Decimal(120),
            max_entry_slippage_fraction=Decimal("0.01"),
            min_liquidation_buffer_fraction=Decimal("0.005"),
            max_peg_deviation_fraction=Decimal("0.01"),
            max_orders_per_minute=600,
            max_adds_per_trade=10,
            max_dca_steps=5,
        )
        == PLATFORM_LIMITS
    )
    assert Decimal("0.0005") == SLIPPAGE_ALLOWANCE_FRACTION


def test_percent_and_fraction_are_a_hundred_apart_and_none_stays_none() -> None:
    assert (fraction_of(Decimal(5)), percent_of(Decimal("0.05"))) == (Decimal("0.05"), Decimal(5))
    assert (fraction_of(None), percent_of(None)) == (None, None)
