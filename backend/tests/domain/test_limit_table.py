"""What every limit is declared as, which the API, the form and the rules all read."""

import pytest

from app.domain.limit_table import LIMITS

# name, unit, where it begins to refuse, the greatest value as a field (fractions 0-1), window
_DECLARED = (
    ("max_position_size_usd", "usd", "above", "1000000000", None),
    ("max_position_size_percent", "percent", "above", "125", None),
    ("max_position_size_lots", "lots", "above", "1000000", None),
    ("max_risk_per_trade_percent", "percent", "above", "1", None),
    ("max_order_notional_usd", "usd", "above", "1000000000", None),
    ("max_leverage", "ratio", "above", "125", None),
    ("max_adds_per_trade", "count", "above", "100", None),
    ("dca_max_steps", "count", "above", "20", None),
    ("min_signal_confidence", "confidence", "below", "1", None),
    ("min_risk_reward_ratio", "ratio", "below", "100", None),
    ("max_price_age_seconds", "seconds", "above", "86400", None),
    ("max_balance_age_seconds", "seconds", "above", "86400", None),
    ("max_entry_slippage_fraction", "bps", "above", "1", None),
    ("min_stop_distance_ticks", "ticks", "below", "1000000", None),
    ("max_stop_distance_fraction", "percent", "above", "1", None),
    ("min_liquidation_buffer_fraction", "percent", "below", "1", None),
    ("max_peg_deviation_fraction", "percent", "above", "1", None),
    ("max_portfolio_heat", "percent", "above", "125", None),
    ("max_open_risk_percent", "percent", "above", "1", None),
    ("max_margin_utilisation_percent", "percent", "above", "1", None),
    ("max_single_asset_exposure_percent", "percent", "above", "125", None),
    ("max_open_positions", "count", "above", "10000", None),
    ("max_positions_per_wallet", "count", "above", "10000", None),
    ("max_positions_per_strategy", "count", "above", "10000", None),
    ("max_positions_per_symbol", "count", "above", "10000", None),
    ("max_correlated_positions", "count", "above", "10000", None),
    ("max_correlation", "correlation", "above", "1", None),
    ("max_daily_loss_usd", "usd", "at", "1000000000", "day"),
    ("max_daily_loss_percent", "percent", "at", "1", "day"),
    ("max_weekly_loss_usd", "usd", "at", "1000000000", "week"),
    ("max_weekly_loss_percent", "percent", "at", "1", "week"),
    ("max_monthly_loss_usd", "usd", "at", "1000000000", "month"),
    ("max_monthly_loss_percent", "percent", "at", "1", "month"),
    ("max_drawdown_percent", "percent", "at", "1", None),
    ("max_consecutive_losses", "count", "at", "10000", None),
    ("max_trades_per_day", "count", "above", "10000", "day"),
    ("max_orders_per_minute", "count", "above", "10000", None),
    ("cooldown_minutes_after_exit", "minutes", "below", "43200", None),
    ("cooldown_minutes_after_loss", "minutes", "below", "43200", None),
)


@pytest.mark.parametrize("declared", _DECLARED, ids=lambda row: row[0])
def test_a_limit_is_declared_as_the_specification_has_it(
    declared: tuple[str, str, str, str, str | None],
) -> None:
    held = next(one for one in LIMITS if one.name == declared[0])
    resets = None if held.resets is None else held.resets.value
    assert (held.name, held.unit, held.refuses, str(held.greatest), resets) == declared


def test_no_other_limit_is_declared() -> None:
    assert [held.name for held in LIMITS] == [row[0] for row in _DECLARED]
