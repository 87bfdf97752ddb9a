"""Risk limits: nullable at every level, merged to the strictest, and checked for coherence.

`None` means "no opinion at this level"; `0` means "zero allowed", never "off". What each limit means is
declared once, in `limit_table`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from app.domain import fixed_point as fp
from app.domain.limit_table import BY_FIELD, LIMITS
from app.domain.types import RiskLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskLimits:
    """One level's limits and switches. Fractions are 0-1 of equity, `_usd` quote currency, ages seconds.

    `paused` stops entries where one level says so; `enable_pyramiding` permits adding, and `enable_dca` a ladder, where
    every level with an opinion does, and at least one has one.
    """

    max_position_size_usd: Decimal | None = None
    max_position_size_fraction: Decimal | None = None
    max_position_size_lots: Decimal | None = None
    max_risk_per_trade_fraction: Decimal | None = None
    max_order_notional_usd: Decimal | None = None
    max_leverage: int | None = None
    max_adds_per_trade: int | None = None
    max_dca_steps: int | None = None
    min_signal_confidence: Decimal | None = None
    min_risk_reward_ratio: Decimal | None = None
    max_price_age_seconds: Decimal | None = None
    max_balance_age_seconds: Decimal | None = None
    max_entry_slippage_fraction: Decimal | None = None
    min_stop_distance_ticks: int | None = None
    max_stop_distance_fraction: Decimal | None = None
    min_liquidation_buffer_fraction: Decimal | None = None
    max_peg_deviation_fraction: Decimal | None = None
    max_portfolio_heat_fraction: Decimal | None = None
    max_open_risk_fraction: Decimal | None = None
    max_margin_utilisation_fraction: Decimal | None = None
    max_single_asset_exposure_fraction: Decimal | None = None
    max_open_positions: int | None = None
    max_positions_per_wallet: int | None = None
    max_positions_per_strategy: int | None = None
    max_positions_per_symbol: int | None = None
    max_correlated_positions: int | None = None
    max_correlation: Decimal | None = None
    max_daily_loss_usd: Decimal | None = None
    max_daily_loss_fraction: Decimal | None = None
    max_weekly_loss_usd: Decimal | None = None
    max_weekly_loss_fraction: Decimal | None = None
    max_monthly_loss_usd: Decimal | None = None
    max_monthly_loss_fraction: Decimal | None = None
    max_drawdown_fraction: Decimal | None = None
    max_consecutive_losses: int | None = None
    max_trades_per_day: int | None = None
    max_orders_per_minute: int | None = None
    cooldown_minutes_after_exit: Decimal | None = None
    cooldown_minutes_after_loss: Decimal | None = None
    paused: bool | None = None
    enable_pyramiding: bool | None = None
    enable_dca: bool | None = None


NO_OPINION: Final = RiskLimits()
FIELD_NAMES: Final = tuple(declared.field for declared in LIMITS)
SWITCH_NAMES: Final = ("paused", "enable_pyramiding", "enable_dca")


@dataclass(frozen=True)  # without slots: what is merged once is kept
class LimitLevels:
    """The limits of the levels that an order passes. Per-trade limits are merged to the strictest;
    aggregate limits (loss, heat, risk, counts, exposure) are held against each level's own aggregate,
    the platform's against the user's."""

    platform: RiskLimits
    user: RiskLimits
    wallet: RiskLimits
    strategy: RiskLimits = NO_OPINION
    symbol: RiskLimits = NO_OPINION

    def per_trade(self) -> RiskLimits:
        """The strictest opinion of every level."""
        return self._per_trade

    def of_user(self) -> RiskLimits:
        """What the user's own sums are held against."""
        return self._of_user

    def of_wallet(self) -> RiskLimits:
        """What the wallet's own sums are held against."""
        return self.wallet

    @cached_property
    def _per_trade(self) -> RiskLimits:
        return strictest((self._of_user, self.wallet, self.strategy, self.symbol))

    @cached_property
    def _of_user(self) -> RiskLimits:
        return strictest((self.platform, self.user))

    @cached_property
    def units(self) -> tuple[tuple[int, ...], ...]:
        """Every limit in fixed-point units, in the order of `FIELD_NAMES`, for the user (with the platform's),
        the wallet, the strategy, the symbol, and merged to the strictest."""
        levels = (self._of_user, self.wallet, self.strategy, self.symbol, self._per_trade)
        return tuple(NOTHING_SAID if level is NO_OPINION else _units(level) for level in levels)

    def at(self, level: RiskLevel) -> RiskLimits:
        """The opinions of one level; a venue has none."""
        match level:
            case RiskLevel.PLATFORM:
                return self.platform
            case RiskLevel.USER:
                return self.user
            case RiskLevel.WALLET:
                return self.wallet
            case RiskLevel.STRATEGY:
                return self.strategy
            case RiskLevel.SYMBOL:
                return self.symbol
            case RiskLevel.VENUE:
                return NO_OPINION


def _units(limits: RiskLimits) -> tuple[int, ...]:
    return tuple(_unit(name, getattr(limits, name)) for name in FIELD_NAMES)


def _unit(name: str, value: Decimal | int | None) -> int:
    """A minimum beyond every amount allows nothing, where a maximum beyond every amount allows all."""
    unit = fp.limit_unit(value)
    is_minimum = BY_FIELD[name].larger_is_stricter
    return fp.UNKNOWN if unit == fp.NO_LIMIT and value is not None and is_minimum else unit


NOTHING_SAID: Final = (fp.NO_LIMIT,) * len(FIELD_NAMES)


@dataclass(frozen=True, slots=True)
class LimitError:
    """A limit that makes no sense: `field` is the RiskLimits field, `message` a sentence."""

    field: str
    code: str
    message: str
    limit: Decimal | None
    value: Decimal | None


def strictest(levels: Iterable[RiskLimits]) -> RiskLimits:
    """Return the strictest non-null value of each limit: the smallest maximum, the largest minimum; a pause
    of any level, a permission only of all that have an opinion."""
    held = tuple(level for level in levels if level is not NO_OPINION)
    merged: dict[str, Any] = {}  # the names are RiskLimits' own
    for name in (*FIELD_NAMES, *SWITCH_NAMES):
        opinions = [value for level in held if (value := getattr(level, name)) is not None]
        choose: Callable[..., object] = max if name in _LARGER_IS_STRICTER else min
        merged[name] = choose(opinions) if opinions else None
    return RiskLimits(**merged)


_LARGER_IS_STRICTER: Final = frozenset(
    {declared.field for declared in LIMITS if declared.larger_is_stricter} | {"paused"}
)
_ORDERED: Final = (
    ("max_daily_loss_fraction", "max_weekly_loss_fraction"),
    ("max_weekly_loss_fraction", "max_monthly_loss_fraction"),
    ("max_daily_loss_fraction", "max_monthly_loss_fraction"),
    ("max_daily_loss_usd", "max_weekly_loss_usd"),
    ("max_weekly_loss_usd", "max_monthly_loss_usd"),
    ("max_daily_loss_usd", "max_monthly_loss_usd"),
    ("max_position_size_fraction", "max_portfolio_heat_fraction"),
    ("max_position_size_fraction", "max_single_asset_exposure_fraction"),
    ("max_risk_per_trade_fraction", "max_open_risk_fraction"),
    ("max_positions_per_wallet", "max_open_positions"),
    ("max_positions_per_strategy", "max_open_positions"),
    ("max_positions_per_symbol", "max_open_positions"),
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
    least, bound = BY_FIELD[name].least, BY_FIELD[name].greatest
    if value < least:
        return LimitError(name, "below_one", f"{name} must be at least {least}, was {value}.", least, value)
    if value > bound:
        return LimitError(name, "out_of_range", f"{name} must be at most {bound}, was {value}.", bound, value)
    return None
