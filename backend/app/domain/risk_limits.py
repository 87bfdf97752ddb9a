"""Risk limits: nullable at every level, merged to the strictest, and checked for coherence.

`None` means "no opinion at this level"; `0` means "zero allowed", never "off".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLimits:
    """One level's limits. Fractions are 0-1 of equity, `_usd` quote currency, ages seconds.

    The weekly, monthly, streak and correlation limits are stored and validated here; `limits.review`
    evaluates the others.
    """

    max_position_size_usd: Decimal | None = None
    max_position_size_fraction: Decimal | None = None
    max_portfolio_heat_fraction: Decimal | None = None
    max_open_risk_fraction: Decimal | None = None
    max_single_asset_exposure_fraction: Decimal | None = None
    max_open_positions: int | None = None
    max_leverage: int | None = None
    max_daily_loss_usd: Decimal | None = None
    max_daily_loss_fraction: Decimal | None = None
    max_weekly_loss_fraction: Decimal | None = None
    max_monthly_loss_fraction: Decimal | None = None
    min_risk_reward_ratio: Decimal | None = None
    min_signal_confidence: Decimal | None = None
    max_correlated_positions: int | None = None
    max_consecutive_losses: int | None = None
    max_order_notional_usd: Decimal | None = None
    max_price_age_seconds: Decimal | None = None
    max_balance_age_seconds: Decimal | None = None
    max_entry_slippage_fraction: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LimitLevels:
    """The limits of the levels that an order passes. Per-trade limits are merged to the strictest;
    aggregate limits (loss, heat, risk, counts, exposure) are held against each level's own aggregate,
    the platform's against the user's."""

    platform: RiskLimits
    user: RiskLimits
    wallet: RiskLimits

    def per_trade(self) -> RiskLimits:
        return strictest((self.platform, self.user, self.wallet))

    def of_user(self) -> RiskLimits:
        return strictest((self.platform, self.user))

    def of_wallet(self) -> RiskLimits:
        return self.wallet


@dataclass(frozen=True, slots=True)
class LimitError:
    """A limit that makes no sense: `field` is the RiskLimits field, `message` a sentence."""

    field: str
    code: str
    message: str
    limit: Decimal | None
    value: Decimal | None


FIELD_NAMES: Final = tuple(field.name for field in fields(RiskLimits))


def strictest(levels: Iterable[RiskLimits]) -> RiskLimits:
    """Return the strictest non-null value of each limit: the smallest maximum, the largest minimum."""
    held = tuple(levels)
    merged: dict[str, object] = {}
    for name in FIELD_NAMES:
        opinions = [value for level in held if (value := getattr(level, name)) is not None]
        choose: Callable[..., object] = max if name.startswith("min_") else min
        merged[name] = choose(opinions) if opinions else None
    return RiskLimits(**merged)  # type: ignore[arg-type]  # the names are RiskLimits' own


_HUNDRED_PERCENT: Final = Decimal(1)
# The largest value that still means something. A fraction above the bound is a unit mistake.
_UPPER_BOUNDS: Final[dict[str, Decimal]] = {
    "max_position_size_fraction": Decimal(125),
    "max_portfolio_heat_fraction": Decimal(125),
    "max_single_asset_exposure_fraction": Decimal(125),
    "max_open_risk_fraction": _HUNDRED_PERCENT,
    "max_daily_loss_fraction": _HUNDRED_PERCENT,
    "max_weekly_loss_fraction": _HUNDRED_PERCENT,
    "max_monthly_loss_fraction": _HUNDRED_PERCENT,
    "max_leverage": Decimal(125),
    "max_open_positions": Decimal(10_000),
    "max_correlated_positions": Decimal(10_000),
    "max_consecutive_losses": Decimal(10_000),
    "min_signal_confidence": Decimal(1),
    "min_risk_reward_ratio": Decimal(100),
    "max_entry_slippage_fraction": _HUNDRED_PERCENT,
    "max_position_size_usd": Decimal(1_000_000_000),
    "max_daily_loss_usd": Decimal(1_000_000_000),
    "max_order_notional_usd": Decimal(1_000_000_000),
    "max_price_age_seconds": Decimal(86_400),
    "max_balance_age_seconds": Decimal(86_400),
}
_ORDERED: Final = (
    ("max_daily_loss_fraction", "max_weekly_loss_fraction"),
    ("max_weekly_loss_fraction", "max_monthly_loss_fraction"),
    ("max_daily_loss_fraction", "max_monthly_loss_fraction"),
    ("max_position_size_fraction", "max_portfolio_heat_fraction"),
    ("max_position_size_fraction", "max_single_asset_exposure_fraction"),
)


def coherence_errors(limits: RiskLimits) -> tuple[LimitError, ...]:
    """Return what makes no sense, per field: not a number, negative, beyond its bound, or at odds
    with a wider limit that it must not exceed."""
    errors: list[LimitError] = []
    figures: dict[str, Decimal] = {}
    for name in FIELD_NAMES:
        raw = getattr(limits, name)
        if raw is None:
            continue
        value = Decimal(raw)
        error = _range_error(name, value)
        if error is None:
            figures[name] = value
        else:
            errors.append(error)
    for narrow, wide in _ORDERED:
        if narrow in figures and wide in figures and figures[narrow] > figures[wide]:
            message = (
                f"{narrow} {figures[narrow]} is above {wide} {figures[wide]}, which would never be reached."
            )
            errors.append(LimitError(narrow, "above_wider_limit", message, figures[wide], figures[narrow]))
    return tuple(errors)


def _range_error(name: str, value: Decimal) -> LimitError | None:
    if not value.is_finite():
        return LimitError(name, "not_a_number", f"{name} must be a number.", None, None)
    if value < 0:
        return LimitError(name, "negative", f"{name} must not be negative, was {value}.", Decimal(0), value)
    if name == "max_leverage" and value < 1:
        return LimitError(name, "below_one", f"{name} must be at least 1, was {value}.", Decimal(1), value)
    bound = _UPPER_BOUNDS[name]
    if value > bound:
        return LimitError(name, "out_of_range", f"{name} must be at most {bound}, was {value}.", bound, value)
    return None
