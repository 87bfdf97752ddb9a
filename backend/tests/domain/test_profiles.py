"""Ready-made settings: what each of them promises, and which ask for consent."""

from decimal import Decimal

import pytest

from app.domain.defaults import STANDARD, limits_of
from app.domain.limit_table import BY_SETTING
from app.domain.profiles import PROFILES, Profile, ProfileName, limits_taken_away
from app.domain.risk_limits import coherence_errors
from app.domain.settings_rules import setting_errors
from app.domain.types import SizingMethod


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_a_profile_makes_sense(profile: Profile) -> None:
    settings = profile.settings
    assert setting_errors(settings) == ()
    assert coherence_errors(limits_of(settings)) == ()


def test_every_profile_is_there_under_its_name() -> None:
    assert list(PROFILES) == list(ProfileName)
    assert all(name is profile.name for name, profile in PROFILES.items())
    assert [name for name, profile in PROFILES.items() if profile.needs_consent] == ["unrestricted"]


def shown(*figures: object) -> tuple[object, ...]:
    return figures


def test_the_profiles_are_those_of_their_seeds() -> None:
    standard, conservative, forex, aria, real, unrestricted = (one.settings for one in PROFILES.values())
    assert standard == STANDARD
    assert shown(conservative.max_risk_per_trade_percent, conservative.max_open_risk_percent) == (1, 5)
    assert shown(conservative.max_positions_per_strategy, conservative.max_positions_per_symbol) == (3, 1)
    assert shown(conservative.max_open_positions, conservative.max_trades_per_day) == (10, 10)
    assert shown(conservative.max_correlation, conservative.stop_atr_multiple) == (Decimal("0.7"), 2)
    assert shown(conservative.trailing_atr_multiple) == (Decimal("1.5"),)
    assert shown(forex.position_sizing_method, forex.kelly_fraction) == (SizingMethod.KELLY, Decimal("0.25"))
    assert shown(forex.max_position_size_percent, forex.max_daily_loss_percent) == (2, 5)
    assert shown(forex.max_drawdown_percent) == (15,)
    assert shown(aria.max_position_size_lots, aria.max_positions_per_symbol) == (1, 5)
    assert shown(aria.min_signal_confidence, aria.max_daily_loss_usd) == (Decimal("0.65"), 100)
    assert shown(real.fixed_amount_usd, real.max_leverage, real.max_daily_loss_usd) == (200, 10, 500)
    assert shown(real.min_signal_confidence, real.stop_loss_percent) == (Decimal("0.70"), 2)
    assert shown(real.take_profit_percent, real.enable_scale_out) == (4, False)
    assert shown(unrestricted.fixed_amount_usd, unrestricted.max_leverage) == (200, 10)
    assert shown(unrestricted.min_signal_confidence) == (Decimal("0.30"),)
    assert shown(real.auto_breakers, unrestricted.auto_breakers) == (True, False)


def test_unrestricted_takes_every_other_limit_away() -> None:
    unrestricted = PROFILES[ProfileName.UNRESTRICTED].settings
    standing = {name for name in BY_SETTING if getattr(unrestricted, name) is not None}
    assert standing == {"max_leverage", "min_signal_confidence"}
    taken = limits_taken_away(STANDARD, unrestricted)
    assert "max_daily_loss_usd" in taken
    assert "max_leverage" not in taken
    assert limits_taken_away(unrestricted, STANDARD) == ()
