"""The defaults of `risk_settings` (rows SA18-SA37), and the platform's floor.

`RiskSettingsValues` carries the table's own names and units: percent 0-100, `min_signal_confidence` 0-1.
`limits_of` is the one mapper from those to the fractions that the rules use.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from app.domain.limit_table import BY_SETTING, LimitUnit
from app.domain.risk_limits import RiskLimits
from app.domain.types import SizingMethod

_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSettingsValues:
    """One level's risk settings in the table's names and units, all nullable.

    `auto_breakers` off turns the user's automatic trips into alerts. `flatten_when_tripped` leaves every
    position when one trips. `stop_loss_percent` and `take_profit_percent` (of the entry price) replace the
    signal's own stop and target; None leaves them. `stop_atr_multiple` sets a volatility stop behind the best
    price; `trailing_atr_multiple` replaces `trailing_stop_percent`. `max_holding_minutes` after its opening a
    position is left.
    """

    position_sizing_method: SizingMethod | None = None
    max_position_size_usd: Decimal | None = None
    max_position_size_percent: Decimal | None = None
    max_portfolio_heat: Decimal | None = None
    max_open_risk_percent: Decimal | None = None
    max_open_positions: int | None = None
    max_leverage: int | None = None
    max_daily_loss_usd: Decimal | None = None
    max_daily_loss_percent: Decimal | None = None
    max_weekly_loss_percent: Decimal | None = None
    max_monthly_loss_percent: Decimal | None = None
    min_risk_reward_ratio: Decimal | None = None
    max_correlated_positions: int | None = None
    max_single_asset_exposure_percent: Decimal | None = None
    max_consecutive_losses: int | None = None
    trading_paused: bool = False
    enable_trailing_stop: bool | None = None
    trailing_stop_percent: Decimal | None = None
    trailing_activation_percent: Decimal | None = None
    enable_scale_out: bool | None = None
    enable_pyramiding: bool | None = None
    min_signal_confidence: Decimal | None = None
    risk_per_trade_percent: Decimal | None = None
    fixed_amount_usd: Decimal | None = None
    kelly_fraction: Decimal | None = None
    max_position_size_lots: Decimal | None = None
    max_risk_per_trade_percent: Decimal | None = None
    max_margin_utilisation_percent: Decimal | None = None
    max_positions_per_wallet: int | None = None
    max_positions_per_strategy: int | None = None
    max_positions_per_symbol: int | None = None
    max_correlation: Decimal | None = None
    max_weekly_loss_usd: Decimal | None = None
    max_monthly_loss_usd: Decimal | None = None
    max_drawdown_percent: Decimal | None = None
    max_trades_per_day: int | None = None
    cooldown_minutes_after_exit: Decimal | None = None
    cooldown_minutes_after_loss: Decimal | None = None
    auto_breakers: bool | None = None
    flatten_when_tripped: bool | None = None
    stop_loss_percent: Decimal | None = None
    take_profit_percent: Decimal | None = None
    stop_atr_multiple: Decimal | None = None
    trailing_atr_multiple: Decimal | None = None
    max_holding_minutes: int | None = None
    max_adds_per_trade: int | None = None
    enable_dca: bool | None = None
    dca_max_steps: int | None = None


STANDARD: Final = RiskSettingsValues(
    position_sizing_method=SizingMethod.FIXED_PERCENT,
    max_position_size_usd=Decimal(10_000),
    max_position_size_percent=Decimal("10.0"),
    max_portfolio_heat=Decimal("50.0"),
    max_open_risk_percent=Decimal("10.0"),
    max_open_positions=5,
    max_leverage=10,
    max_daily_loss_usd=Decimal(500),
    max_daily_loss_percent=Decimal("5.0"),
    max_weekly_loss_percent=Decimal("10.0"),
    max_monthly_loss_percent=Decimal("20.0"),
    min_risk_reward_ratio=Decimal("1.5"),
    max_correlated_positions=2,
    max_single_asset_exposure_percent=Decimal("20.0"),
    max_consecutive_losses=3,
    trading_paused=False,
    enable_trailing_stop=True,
    trailing_stop_percent=Decimal("1.5"),
    trailing_activation_percent=Decimal("2.0"),
    enable_scale_out=True,
    enable_pyramiding=False,
    min_signal_confidence=Decimal("0.70"),
    risk_per_trade_percent=Decimal("1.0"),
    fixed_amount_usd=Decimal(200),
    kelly_fraction=Decimal("0.25"),
    max_correlation=Decimal("0.7"),
    auto_breakers=True,
    flatten_when_tripped=False,
    max_adds_per_trade=2,
    enable_dca=False,
    dca_max_steps=2,
)

# The operator's floor: no user can loosen it. That an entry has a stop, a price, a balance and its margin needs
# no number: the review refuses without.
PLATFORM_LIMITS: Final = RiskLimits(
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
SLIPPAGE_ALLOWANCE_FRACTION: Final = Decimal("0.0005")


def fraction_of(percent: Decimal | None) -> Decimal | None:
    """Return percent 0-100 as a fraction 0-1; None stays None."""
    return None if percent is None else percent / _HUNDRED


def percent_of(fraction: Decimal | None) -> Decimal | None:
    """Return a fraction 0-1 as percent 0-100; None stays None."""
    return None if fraction is None else fraction * _HUNDRED


def limits_of(settings: RiskSettingsValues) -> RiskLimits:
    """Return the limits that the settings set, as fractions; a null setting stays no opinion."""
    limits: dict[str, Any] = {  # the fields are RiskLimits' own, which a test holds them to
        declared.field: _as_field(getattr(settings, name), declared.unit)
        for name, declared in BY_SETTING.items()
    }
    return RiskLimits(
        **limits,
        paused=settings.trading_paused or None,
        enable_pyramiding=settings.enable_pyramiding,
        enable_dca=settings.enable_dca,
    )


def _as_field(value: Decimal | int | None, unit: LimitUnit) -> Decimal | int | None:
    return value / _HUNDRED if unit is LimitUnit.PERCENT and value is not None else value
