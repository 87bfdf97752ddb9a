"""The defaults of the specification's risk_settings table, one row each (SA18-SA37), and the additions."""

from decimal import Decimal

import pytest

from app.domain.defaults import PLATFORM_LIMITS, SLIPPAGE_ALLOWANCE_FRACTION, STANDARD
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
]


@pytest.mark.parametrize(("name", "value"), _ROWS)
def test_a_default_is_the_specifications(name: str, value: object) -> None:
    assert getattr(STANDARD, name) == value


def test_the_platform_always_has_a_floor() -> None:
    assert PLATFORM_LIMITS.max_order_notional_usd is not None
    assert PLATFORM_LIMITS.max_price_age_seconds is not None
    assert PLATFORM_LIMITS.max_balance_age_seconds is not None
    assert PLATFORM_LIMITS.max_entry_slippage_fraction is not None
    assert SLIPPAGE_ALLOWANCE_FRACTION > 0
