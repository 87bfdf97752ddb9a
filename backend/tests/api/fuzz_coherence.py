"""Values that make sense beside each other, as somebody who sets them would choose them: each within its bounds is not
enough where a day may not lose more than its week, or a slippage has another bound in another unit."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

Body = dict[str, Any]

# What must not be above what; the wider one of a pair stands before it is the narrower one of another.
ORDERED: Final = (
    ("max_daily_loss_percent", "max_weekly_loss_percent"),
    ("max_daily_loss_percent", "max_monthly_loss_percent"),
    ("max_weekly_loss_percent", "max_monthly_loss_percent"),
    ("max_daily_loss_usd", "max_weekly_loss_usd"),
    ("max_daily_loss_usd", "max_monthly_loss_usd"),
    ("max_weekly_loss_usd", "max_monthly_loss_usd"),
    ("max_position_size_percent", "max_portfolio_heat"),
    ("max_position_size_percent", "max_single_asset_exposure_percent"),
    ("max_risk_per_trade_percent", "max_open_risk_percent"),
    ("max_positions_per_wallet", "max_open_positions"),
    ("max_positions_per_strategy", "max_open_positions"),
    ("max_positions_per_symbol", "max_open_positions"),
)
LARGEST_SLIPPAGE: Final = {"bps": Decimal(1_000), "percent": Decimal(10), "points": Decimal(100_000)}


def limits_in_order(body: Body, held: Mapping[str, Any]) -> Body:
    """Who allows so much allows the wider limit as much. `held`: the settings as they are."""
    wanted = dict(body)
    for narrow, wide in ORDERED:
        low, high = (wanted.get(name, held.get(name)) for name in (narrow, wide))
        if low is not None and high is not None and Decimal(str(low)) > Decimal(str(high)):
            wanted[wide] = low
    return wanted


def slippage_with_its_unit(body: Body, held: Mapping[str, Any]) -> Body:
    """Who names a unit names a figure in it, and counts in points what would be too much in another one."""
    wanted = dict(body)
    for name in ("max_slippage", "max_deviation"):
        unit = f"{name}_unit"
        if unit in wanted and name not in wanted:
            wanted[name] = "5"
        if name in wanted:
            most = LARGEST_SLIPPAGE[wanted.get(unit, held[unit])]
            wanted[unit] = wanted.get(unit, held[unit]) if Decimal(str(wanted[name])) <= most else "points"
    return wanted


def hours_that_close(body: Body, _: Mapping[str, Any]) -> Body:
    """Who wants to leave before a closing has hours that close."""
    leaves = body.get("leave_before_close") or body.get("leave_before_weekend")
    return body | {"trade_weekends": False} if leaves else body


def whole_leverage(body: Body, _: Mapping[str, Any]) -> Body:
    """Who limits the leverage of everybody names a whole number that a venue knows."""
    return body | {"value": str(min(int(Decimal(str(body["value"]))), 125))}


# By the id of the operation, what makes its body coherent, and where what is held already is read.
COHERENT: Final[Mapping[str, tuple[Callable[[Body, Mapping[str, Any]], Body], str | None]]] = {
    "change_risk_settings": (limits_in_order, "/risk/settings"),
    "preview_risk_settings": (limits_in_order, "/risk/settings"),
    "change_wallet_risk_settings": (limits_in_order, None),
    "change_scoped_risk_settings": (limits_in_order, None),
    "enable_auto_trade": (limits_in_order, None),
    "change_wallet_execution_settings": (
        slippage_with_its_unit,
        "/wallets/{wallet_id}/execution-settings",
    ),
    "change_trading_schedule": (hours_that_close, None),
    "change_venue_trading_schedule": (hours_that_close, None),
    "change_wallet_trading_schedule": (hours_that_close, None),
    "set_platform_limit": (whole_leverage, None),
}
