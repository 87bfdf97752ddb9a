"""Ready-made risk settings. Each is a whole set of user-level settings; the platform's floor stays under
every one of them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from app.domain.defaults import STANDARD, RiskSettingsValues
from app.domain.limit_table import BY_SETTING
from app.domain.types import SizingMethod


class ProfileName(StrEnum):
    STANDARD = "standard"
    CONSERVATIVE = "conservative"
    ML_FOREX = "ml_forex"
    ARIA = "aria"
    REAL_MONEY = "real_money"
    UNRESTRICTED = "unrestricted"


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of settings. `needs_consent`: choosing it asks for the typed consent, since it takes limits
    away altogether."""

    name: ProfileName
    label: str
    explains: str
    settings: RiskSettingsValues
    needs_consent: bool


_CONSERVATIVE: Final = replace(
    STANDARD,
    max_risk_per_trade_percent=Decimal("1.0"),
    max_open_risk_percent=Decimal("5.0"),
    max_positions_per_strategy=3,
    max_positions_per_symbol=1,
    max_open_positions=10,
    max_trades_per_day=10,
    stop_atr_multiple=Decimal("2.0"),
    trailing_atr_multiple=Decimal("1.5"),
)
_ML_FOREX: Final = replace(
    STANDARD,
    position_sizing_method=SizingMethod.KELLY,
    kelly_fraction=Decimal("0.25"),
    max_position_size_percent=Decimal("2.0"),
    max_daily_loss_percent=Decimal("5.0"),
    max_drawdown_percent=Decimal("15.0"),
)
_ARIA: Final = replace(
    STANDARD,
    position_sizing_method=SizingMethod.KELLY,
    max_position_size_lots=Decimal("1.0"),
    max_positions_per_symbol=5,
    min_signal_confidence=Decimal("0.65"),
    max_daily_loss_usd=Decimal(100),
)
_REAL_MONEY: Final = replace(
    STANDARD,
    position_sizing_method=SizingMethod.FIXED_AMOUNT,
    fixed_amount_usd=Decimal(200),
    max_leverage=10,
    min_signal_confidence=Decimal("0.70"),
    max_daily_loss_usd=Decimal(500),
    stop_loss_percent=Decimal("2.0"),
    take_profit_percent=Decimal("4.0"),
    enable_scale_out=False,  # all of it leaves at that target
)


def _without_limits(settings: RiskSettingsValues) -> RiskSettingsValues:
    nothing: dict[str, Any] = dict.fromkeys(BY_SETTING)  # every limit is nullable
    return replace(settings, **nothing)


_UNRESTRICTED: Final = replace(
    _without_limits(_REAL_MONEY), max_leverage=10, min_signal_confidence=Decimal("0.30"), auto_breakers=False
)
PROFILES: Final[Mapping[ProfileName, Profile]] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            Profile(
                ProfileName.STANDARD,
                "Standard",
                "The defaults: 1 % of equity at risk per trade, 5 positions, 5 % a day.",
                STANDARD,
                needs_consent=False,
            ),
            Profile(
                ProfileName.CONSERVATIVE,
                "Conservative",
                "At most 1 % per trade and 5 % at open risk, one position per symbol, 10 trades a day.",
                _CONSERVATIVE,
                needs_consent=False,
            ),
            Profile(
                ProfileName.ML_FOREX,
                "Machine learning, forex",
                "A quarter of Kelly, positions of at most 2 %, 5 % a day, 15 % drawdown.",
                _ML_FOREX,
                needs_consent=False,
            ),
            Profile(
                ProfileName.ARIA,
                "ARIA",
                "Kelly within 1 lot, up to 5 positions per symbol, confidence 0.65, 100 dollars a day.",
                _ARIA,
                needs_consent=False,
            ),
            Profile(
                ProfileName.REAL_MONEY,
                "Real money",
                "200 dollars per position at 10x, confidence 0.7, 500 dollars a day, stop 2 %, target 4 %.",
                _REAL_MONEY,
                needs_consent=False,
            ),
            Profile(
                ProfileName.UNRESTRICTED,
                "Unrestricted",
                "200 dollars per position at 10x, confidence 0.3, no limits of your own; the platform's stay.",
                _UNRESTRICTED,
                needs_consent=True,
            ),
        )
    }
)


def limits_taken_away(before: RiskSettingsValues, after: RiskSettingsValues) -> tuple[str, ...]:
    """Return the limits that stand before and not after, in the table's names: each asks for consent."""
    return tuple(
        field.name
        for field in fields(RiskSettingsValues)
        if field.name in BY_SETTING
        and getattr(before, field.name) is not None
        and getattr(after, field.name) is None
    )
