"""Stored settings as the API shows them: figures as plain decimal text, everything else as it is."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from app.domain.decimal_text import plain
from app.models.risk_settings import RiskSettings, WalletRiskSettings
from app.services.trading.risk_settings import HeldSettings

OVERRIDES: Final = (
    "position_sizing_method",
    "risk_per_trade_percent",
    "fixed_amount_usd",
    "max_position_size_usd",
    "max_position_size_percent",
    "max_portfolio_heat",
    "max_open_risk_percent",
    "max_open_positions",
    "max_leverage",
    "max_daily_loss_usd",
    "max_daily_loss_percent",
    "min_risk_reward_ratio",
    "max_single_asset_exposure_percent",
    "min_signal_confidence",
    "enable_trailing_stop",
    "trailing_activation_percent",
    "trailing_stop_percent",
    "enable_scale_out",
    "max_holding_minutes",
)


def settings_view(row: RiskSettings | WalletRiskSettings, names: Iterable[str]) -> dict[str, object]:
    """The named columns of a row; absent stays None."""
    held = {name: getattr(row, name) for name in names}
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in held.items()}


def held_view(held: HeldSettings, names: Iterable[str]) -> dict[str, object]:
    """Settings with the loosenings of them that wait, as `pending`."""
    waiting = [
        {
            "setting": change.setting,
            "value": None if change.value is None else str(change.value),
            "effective_at": change.effective_at,
            "requested_at": change.created_at,
        }
        for change in held.pending
    ]
    return settings_view(held.row, (name for name in names if name != "pending")) | {"pending": waiting}


def overrides_view(row: WalletRiskSettings | None) -> dict[str, object]:
    """A wallet's own opinions; without a row it has none."""
    return dict.fromkeys(OVERRIDES) if row is None else settings_view(row, OVERRIDES)
