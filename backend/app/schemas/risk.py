"""Risk settings of a user, and a wallet's overrides. Percent is 0-100, confidence 0-1."""

from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import Field

from app.domain.types import SizingMethod
from app.schemas.decimal_input import EXACT
from app.schemas.figures import Answer, DecimalText, Instant, Word
from app.schemas.request import PlainText, RequestBody

_LEFT_OUT: Final[Any] = None  # a default that is never read: only the fields that were sent are
Percent = Annotated[Decimal, Field(max_digits=5, decimal_places=2, description="0-100"), EXACT]
Heat = Annotated[Decimal, Field(max_digits=7, decimal_places=2, description="Percent of equity"), EXACT]
Usd = Annotated[Decimal, Field(max_digits=12, decimal_places=2, description="Quote currency"), EXACT]
Ratio = Annotated[Decimal, Field(max_digits=4, decimal_places=2), EXACT]
Confidence = Annotated[Decimal, Field(max_digits=3, decimal_places=2, description="0-1"), EXACT]
KellyFraction = Annotated[Decimal, Field(max_digits=4, decimal_places=3, description="0-1"), EXACT]
Lots = Annotated[Decimal, Field(max_digits=14, decimal_places=4, description="Quantity at the venue"), EXACT]
Correlation = Annotated[Decimal, Field(max_digits=4, decimal_places=3, description="0-1"), EXACT]
Minutes = Annotated[Decimal, Field(max_digits=9, decimal_places=2), EXACT]
Count = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class PendingChange(Answer):
    """A loosening that waits. It acts at `effective_at`, or later while a loss limit is tripped; `value` is the
    setting's new value as text ("true", "12.5"), null where the limit would be taken away."""

    setting: Word
    value: str | None
    effective_at: Instant
    requested_at: Instant


class RiskSettingsOut(Answer):
    """A user's settings. A limit that is null has no opinion; 0 allows none."""

    position_sizing_method: SizingMethod
    risk_per_trade_percent: DecimalText
    fixed_amount_usd: DecimalText
    kelly_fraction: DecimalText
    max_position_size_usd: DecimalText | None
    max_position_size_percent: DecimalText | None
    max_portfolio_heat: DecimalText | None
    max_open_risk_percent: DecimalText | None
    max_open_positions: int | None
    max_leverage: int | None
    max_daily_loss_usd: DecimalText | None
    max_daily_loss_percent: DecimalText | None
    max_weekly_loss_percent: DecimalText | None
    max_monthly_loss_percent: DecimalText | None
    min_risk_reward_ratio: DecimalText | None
    max_correlated_positions: int | None
    max_single_asset_exposure_percent: DecimalText | None
    max_consecutive_losses: int | None
    trading_paused: bool
    enable_trailing_stop: bool
    trailing_activation_percent: DecimalText
    trailing_stop_percent: DecimalText
    enable_scale_out: bool
    enable_pyramiding: bool
    min_signal_confidence: DecimalText | None
    auto_breakers: bool
    max_position_size_lots: DecimalText | None
    max_risk_per_trade_percent: DecimalText | None
    max_margin_utilisation_percent: DecimalText | None
    max_positions_per_wallet: int | None
    max_positions_per_strategy: int | None
    max_positions_per_symbol: int | None
    max_correlation: DecimalText | None
    max_weekly_loss_usd: DecimalText | None
    max_monthly_loss_usd: DecimalText | None
    max_drawdown_percent: DecimalText | None
    max_trades_per_day: int | None
    cooldown_minutes_after_exit: DecimalText | None
    cooldown_minutes_after_loss: DecimalText | None
    flatten_when_tripped: bool | None
    stop_loss_percent: DecimalText | None
    take_profit_percent: DecimalText | None
    stop_atr_multiple: DecimalText | None
    trailing_atr_multiple: DecimalText | None
    version: int
    updated_at: Instant
    pending: list[PendingChange]


class RiskSettingsPatch(RequestBody):
    """The settings to change; those left out stay. Null takes a limit away, where it may be taken away, and
    asks for `consent`. What loosens waits until the next day, and is answered as pending."""

    position_sizing_method: SizingMethod = Field(default=_LEFT_OUT)
    risk_per_trade_percent: Percent = Field(default=_LEFT_OUT)
    fixed_amount_usd: Usd = Field(default=_LEFT_OUT)
    kelly_fraction: KellyFraction = Field(default=_LEFT_OUT)
    max_position_size_usd: Usd | None = None
    max_position_size_percent: Percent | None = None
    max_portfolio_heat: Heat | None = None
    max_open_risk_percent: Percent | None = None
    max_open_positions: Count | None = None
    max_leverage: Count | None = None
    max_daily_loss_usd: Usd | None = None
    max_daily_loss_percent: Percent | None = None
    max_weekly_loss_percent: Percent | None = None
    max_monthly_loss_percent: Percent | None = None
    min_risk_reward_ratio: Ratio | None = None
    max_correlated_positions: Count | None = None
    max_single_asset_exposure_percent: Percent | None = None
    max_consecutive_losses: Count | None = None
    trading_paused: bool = Field(default=_LEFT_OUT)
    enable_trailing_stop: bool = Field(default=_LEFT_OUT)
    trailing_activation_percent: Percent = Field(default=_LEFT_OUT)
    trailing_stop_percent: Percent = Field(default=_LEFT_OUT)
    enable_scale_out: bool = Field(default=_LEFT_OUT)
    enable_pyramiding: bool = Field(default=_LEFT_OUT)
    min_signal_confidence: Confidence | None = None
    auto_breakers: bool = Field(default=_LEFT_OUT)
    max_position_size_lots: Lots | None = None
    max_risk_per_trade_percent: Percent | None = None
    max_margin_utilisation_percent: Percent | None = None
    max_positions_per_wallet: Count | None = None
    max_positions_per_strategy: Count | None = None
    max_positions_per_symbol: Count | None = None
    max_correlation: Correlation | None = None
    max_weekly_loss_usd: Usd | None = None
    max_monthly_loss_usd: Usd | None = None
    max_drawdown_percent: Percent | None = None
    max_trades_per_day: Count | None = None
    cooldown_minutes_after_exit: Minutes | None = None
    cooldown_minutes_after_loss: Minutes | None = None
    flatten_when_tripped: bool | None = None
    stop_loss_percent: Percent | None = None
    take_profit_percent: Heat | None = None
    stop_atr_multiple: Percent | None = None
    trailing_atr_multiple: Percent | None = None
    consent: Annotated[PlainText, Field(max_length=40)] | None = Field(
        None,
        description='Typed by the user, word for word, to trade without a limit of their own: "NO LIMIT"',
    )


class OverridesOut(Answer):
    """A wallet's own opinions; null leaves it to the user's settings. The stricter limit binds."""

    position_sizing_method: SizingMethod | None
    risk_per_trade_percent: DecimalText | None
    fixed_amount_usd: DecimalText | None
    max_position_size_usd: DecimalText | None
    max_position_size_percent: DecimalText | None
    max_portfolio_heat: DecimalText | None
    max_open_risk_percent: DecimalText | None
    max_open_positions: int | None
    max_leverage: int | None
    max_daily_loss_usd: DecimalText | None
    max_daily_loss_percent: DecimalText | None
    min_risk_reward_ratio: DecimalText | None
    max_single_asset_exposure_percent: DecimalText | None
    min_signal_confidence: DecimalText | None
    enable_trailing_stop: bool | None
    trailing_activation_percent: DecimalText | None
    trailing_stop_percent: DecimalText | None
    enable_scale_out: bool | None
    max_holding_minutes: int | None
    max_weekly_loss_percent: DecimalText | None
    max_monthly_loss_percent: DecimalText | None
    max_correlated_positions: int | None
    max_consecutive_losses: int | None
    enable_pyramiding: bool | None
    max_position_size_lots: DecimalText | None
    max_risk_per_trade_percent: DecimalText | None
    max_margin_utilisation_percent: DecimalText | None
    max_positions_per_wallet: int | None
    max_positions_per_strategy: int | None
    max_positions_per_symbol: int | None
    max_correlation: DecimalText | None
    max_weekly_loss_usd: DecimalText | None
    max_monthly_loss_usd: DecimalText | None
    max_drawdown_percent: DecimalText | None
    max_trades_per_day: int | None
    cooldown_minutes_after_exit: DecimalText | None
    cooldown_minutes_after_loss: DecimalText | None
    flatten_when_tripped: bool | None
    stop_loss_percent: DecimalText | None
    take_profit_percent: DecimalText | None
    stop_atr_multiple: DecimalText | None
    trailing_atr_multiple: DecimalText | None


class WalletRiskSettingsOut(OverridesOut):
    """A wallet's overrides and their version."""

    version: int
    updated_at: Instant
    pending: list[PendingChange]


class WalletRiskSettingsPatch(RequestBody):
    """The overrides to change; those left out stay, null hands a setting back to the user's."""

    position_sizing_method: SizingMethod | None = None
    risk_per_trade_percent: Percent | None = None
    fixed_amount_usd: Usd | None = None
    max_position_size_usd: Usd | None = None
    max_position_size_percent: Percent | None = None
    max_portfolio_heat: Heat | None = None
    max_open_risk_percent: Percent | None = None
    max_open_positions: Count | None = None
    max_leverage: Count | None = None
    max_daily_loss_usd: Usd | None = None
    max_daily_loss_percent: Percent | None = None
    min_risk_reward_ratio: Ratio | None = None
    max_single_asset_exposure_percent: Percent | None = None
    min_signal_confidence: Confidence | None = None
    enable_trailing_stop: bool | None = None
    trailing_activation_percent: Percent | None = None
    trailing_stop_percent: Percent | None = None
    enable_scale_out: bool | None = None
    max_holding_minutes: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    max_weekly_loss_percent: Percent | None = None
    max_monthly_loss_percent: Percent | None = None
    max_correlated_positions: Count | None = None
    max_consecutive_losses: Count | None = None
    enable_pyramiding: bool | None = None
    max_position_size_lots: Lots | None = None
    max_risk_per_trade_percent: Percent | None = None
    max_margin_utilisation_percent: Percent | None = None
    max_positions_per_wallet: Count | None = None
    max_positions_per_strategy: Count | None = None
    max_positions_per_symbol: Count | None = None
    max_correlation: Correlation | None = None
    max_weekly_loss_usd: Usd | None = None
    max_monthly_loss_usd: Usd | None = None
    max_drawdown_percent: Percent | None = None
    max_trades_per_day: Count | None = None
    cooldown_minutes_after_exit: Minutes | None = None
    cooldown_minutes_after_loss: Minutes | None = None
    flatten_when_tripped: bool | None = None
    stop_loss_percent: Percent | None = None
    take_profit_percent: Heat | None = None
    stop_atr_multiple: Percent | None = None
    trailing_atr_multiple: Percent | None = None
