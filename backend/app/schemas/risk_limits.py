"""The limits that every level may have, and the stops of its own that a user or a wallet may have.

Percent is 0-100, confidence 0-1. Each field stands here once, as it is answered and as it is asked for.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from app.domain.settings_rules import BOUNDS
from app.schemas.bounded import BoundedBody
from app.schemas.decimal_input import EXACT
from app.schemas.figures import Answer, DecimalText

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


class LimitsOut(Answer):
    """A level's limits; null has no opinion, 0 allows none."""

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
    max_single_asset_exposure_percent: DecimalText | None
    min_signal_confidence: DecimalText | None
    max_correlated_positions: int | None
    max_consecutive_losses: int | None
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
    max_adds_per_trade: int | None
    dca_max_steps: int | None
    cooldown_minutes_after_exit: DecimalText | None
    cooldown_minutes_after_loss: DecimalText | None


class SettingsPatch(BoundedBody):
    """Risk settings to change, within the bounds of the one table."""

    bounds: ClassVar[Mapping[str, tuple[Decimal, Decimal]]] = BOUNDS


class LimitsPatch(SettingsPatch):
    """Limits to change; those left out stay, null takes the level's opinion away."""

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
    max_single_asset_exposure_percent: Percent | None = None
    min_signal_confidence: Confidence | None = None
    max_correlated_positions: Count | None = None
    max_consecutive_losses: Count | None = None
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
    max_adds_per_trade: Count | None = None
    dca_max_steps: Count | None = None
    cooldown_minutes_after_exit: Minutes | None = None
    cooldown_minutes_after_loss: Minutes | None = None


class OwnStopsOut(Answer):
    """How positions are left beside the signal's own way; null leaves that as it is."""

    flatten_when_tripped: bool | None
    stop_loss_percent: DecimalText | None
    take_profit_percent: DecimalText | None
    stop_atr_multiple: DecimalText | None
    trailing_atr_multiple: DecimalText | None
    max_holding_minutes: int | None


class OwnStopsPatch(SettingsPatch):
    """The same, to change."""

    flatten_when_tripped: bool | None = None
    stop_loss_percent: Percent | None = None
    take_profit_percent: Heat | None = None
    stop_atr_multiple: Percent | None = None
    trailing_atr_multiple: Percent | None = None
    max_holding_minutes: Annotated[int, Field(ge=1, lt=2**31)] | None = None
