"""Limits of one strategy or one symbol, and ready-made settings."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from app.domain.profiles import ProfileName
from app.schemas.figures import Answer, DecimalText, Instant, Word
from app.schemas.request import PlainText, RequestBody
from app.schemas.risk import (
    Confidence,
    Correlation,
    Count,
    Heat,
    Lots,
    Minutes,
    PendingChange,
    Percent,
    Ratio,
    Usd,
)


class LimitScope(StrEnum):
    """What a scoped limit is about; it is held against the sums over all wallets of an environment."""

    STRATEGY = "strategy"
    SYMBOL = "symbol"


class ScopedRiskSettingsOut(Answer):
    """A strategy's or symbol's own limits; null has no opinion. `trading_paused` lets it open nothing."""

    scope: LimitScope
    key: Word
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
    trading_paused: bool
    version: int
    updated_at: Instant
    pending: list[PendingChange]


class ScopedRiskSettingsList(Answer):
    """Every strategy and symbol with an opinion of its own, or one that waits."""

    items: list[ScopedRiskSettingsOut]


class ScopedRiskSettingsPatch(RequestBody):
    """The limits to change; those left out stay, null takes this level's opinion away (which waits)."""

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
    trading_paused: bool = False


class ProfileOut(Answer):
    """Ready-made settings of a user. `settings` has every setting as text, null where it would have none."""

    name: ProfileName
    label: str
    explains: str
    needs_consent: bool
    settings: dict[str, str | bool | None]


class Profiles(Answer):
    """The ready-made settings that there are."""

    items: list[ProfileOut]


class ProfileApply(RequestBody):
    """The consent that is typed where the profile takes a limit away: "NO LIMIT"."""

    consent: Annotated[PlainText, Field(max_length=40)] | None = None


class LimitOut(Answer):
    """A limit as it is declared: `name` is its setting, `greatest` the largest value that means something,
    in its unit. It refuses above, at or below its value; aggregates are held against each level's own sum."""

    name: str
    label: str
    explains: str
    unit: str
    refuses: Literal["above", "at", "below"]
    aggregation: Literal["per_trade", "aggregate"]
    levels: list[str]
    greatest: DecimalText
    resets: Literal["day", "week", "month"] | None
    settable: bool


class Limits(Answer):
    """Every limit that there is."""

    items: list[LimitOut]
