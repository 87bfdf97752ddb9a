"""Risk settings of a user, and a wallet's overrides. Percent is 0-100, confidence 0-1."""

from typing import Annotated, Any, Final

from pydantic import Field

from app.domain.types import SizingMethod
from app.schemas.figures import Answer, DecimalText, Instant, Word
from app.schemas.request import PlainText
from app.schemas.risk_limits import (
    KellyFraction,
    LimitsOut,
    LimitsPatch,
    OwnStopsOut,
    OwnStopsPatch,
    Percent,
    Usd,
)

_LEFT_OUT: Final[Any] = None  # a default that is never read: only the fields that were sent are


class PendingChange(Answer):
    """A loosening that waits. It acts at `effective_at`, or later while a loss limit is tripped; `value` is the
    setting's new value as text ("true", "12.5"), null where the limit would be taken away."""

    setting: Word
    value: str | None
    effective_at: Instant
    requested_at: Instant


class RiskSettingsOut(OwnStopsOut, LimitsOut):
    """A user's settings. A limit that is null has no opinion; 0 allows none."""

    position_sizing_method: SizingMethod
    risk_per_trade_percent: DecimalText
    fixed_amount_usd: DecimalText
    kelly_fraction: DecimalText
    trading_paused: bool
    enable_trailing_stop: bool
    trailing_activation_percent: DecimalText
    trailing_stop_percent: DecimalText
    enable_scale_out: bool
    enable_pyramiding: bool
    enable_dca: bool
    auto_breakers: bool
    version: int
    updated_at: Instant
    pending: list[PendingChange]


class RiskSettingsPatch(OwnStopsPatch, LimitsPatch):
    """The settings to change; those left out stay. Null takes a limit away, where it may be taken away, and
    asks for `consent`. What loosens waits until the next day, and is answered as pending."""

    position_sizing_method: SizingMethod = Field(default=_LEFT_OUT)
    risk_per_trade_percent: Percent = Field(default=_LEFT_OUT)
    fixed_amount_usd: Usd = Field(default=_LEFT_OUT)
    kelly_fraction: KellyFraction = Field(default=_LEFT_OUT)
    trading_paused: bool = Field(default=_LEFT_OUT)
    enable_trailing_stop: bool = Field(default=_LEFT_OUT)
    trailing_activation_percent: Percent = Field(default=_LEFT_OUT)
    trailing_stop_percent: Percent = Field(default=_LEFT_OUT)
    enable_scale_out: bool = Field(default=_LEFT_OUT)
    enable_pyramiding: bool = Field(default=_LEFT_OUT)
    enable_dca: bool = Field(default=_LEFT_OUT)
    auto_breakers: bool = Field(default=_LEFT_OUT)
    consent: Annotated[PlainText, Field(max_length=40)] | None = Field(
        None,
        description='Typed by the user, word for word, to trade without a limit of their own: "NO LIMIT"',
    )


class OverridesOut(OwnStopsOut, LimitsOut):
    """A wallet's own opinions; null leaves it to the user's settings. The stricter limit binds."""

    position_sizing_method: SizingMethod | None
    risk_per_trade_percent: DecimalText | None
    fixed_amount_usd: DecimalText | None
    enable_trailing_stop: bool | None
    trailing_activation_percent: DecimalText | None
    trailing_stop_percent: DecimalText | None
    enable_scale_out: bool | None
    enable_pyramiding: bool | None
    enable_dca: bool | None


class WalletRiskSettingsOut(OverridesOut):
    """A wallet's overrides and their version."""

    version: int
    updated_at: Instant
    pending: list[PendingChange]


class WalletRiskSettingsPatch(OwnStopsPatch, LimitsPatch):
    """The overrides to change; those left out stay, null hands a setting back to the user's."""

    position_sizing_method: SizingMethod | None = None
    risk_per_trade_percent: Percent | None = None
    fixed_amount_usd: Usd | None = None
    enable_trailing_stop: bool | None = None
    trailing_activation_percent: Percent | None = None
    trailing_stop_percent: Percent | None = None
    enable_scale_out: bool | None = None
    enable_pyramiding: bool | None = None
    enable_dca: bool | None = None
