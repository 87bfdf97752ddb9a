"""Stored settings as the rules read them: one mapper from rows to limits, and who has the last word."""

from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal

from app.domain.defaults import PLATFORM_LIMITS, STANDARD, RiskSettingsValues, fraction_of, limits_of
from app.domain.limits import LimitLevels, RiskLimits
from app.domain.types import BreakerScope, SizingMethod, TradingState
from app.models.risk_settings import RiskSettings, ScopedRiskSettings, WalletRiskSettings
from app.models.risk_state import BreakerState
from app.repositories.risk_state import WalletRules

_STRICTNESS = {TradingState.ACTIVE: 0, TradingState.REDUCE_ONLY: 1, TradingState.HALTED: 2}
_FIELDS = tuple(field.name for field in fields(RiskSettingsValues))


# Limits whose facts the gate does not read yet; with them standing, an unknown fact would refuse everything.
NOT_READ_YET = (
    "max_weekly_loss_usd",
    "max_weekly_loss_fraction",
    "max_monthly_loss_usd",
    "max_monthly_loss_fraction",
    "max_drawdown_fraction",
    "max_consecutive_losses",
    "max_correlated_positions",
    "max_correlation",
    "max_margin_utilisation_fraction",
    "max_positions_per_wallet",
    "max_positions_per_strategy",
    "max_positions_per_symbol",
    "max_trades_per_day",
    "max_orders_per_minute",
    "cooldown_minutes_after_exit",
    "cooldown_minutes_after_loss",
)


def _enforced(limits: RiskLimits) -> RiskLimits:
    return replace(limits, **dict.fromkeys(NOT_READ_YET))


def values_of(row: RiskSettings | WalletRiskSettings | ScopedRiskSettings | None) -> RiskSettingsValues:
    """Return a row's settings in the table's units; without a row, no opinion about anything."""
    if row is None:
        return RiskSettingsValues()
    held = {name: getattr(row, name) for name in _FIELDS if hasattr(row, name)}
    method = held.get("position_sizing_method")
    if method is not None:
        held["position_sizing_method"] = SizingMethod(method)
    return RiskSettingsValues(**held)


class Rulebook:
    """What binds one wallet, and the manner in which its trades are made."""

    def __init__(self, rules: WalletRules, platform: RiskLimits = PLATFORM_LIMITS) -> None:
        self.wallet = rules.wallet
        self.time_zone = rules.time_zone
        self.user = STANDARD if rules.user_settings is None else values_of(rules.user_settings)
        self.own = values_of(rules.wallet_settings)
        self.max_holding_minutes = (
            None if rules.wallet_settings is None else rules.wallet_settings.max_holding_minutes
        )
        self.limits = LimitLevels(
            platform=platform,
            user=_enforced(limits_of(self.user)),
            wallet=_enforced(limits_of(self.own)),
        )

    @property
    def sizing_method(self) -> SizingMethod:
        """The wallet's own method, else the user's."""
        return (
            self.own.position_sizing_method or self.user.position_sizing_method or SizingMethod.FIXED_PERCENT
        )

    @property
    def risk_per_trade_fraction(self) -> Decimal:
        """The smaller of the wallet's and the user's, as a fraction of equity."""
        held = [self.own.risk_per_trade_percent, self.user.risk_per_trade_percent]
        chosen = min((percent for percent in held if percent is not None), default=Decimal(1))
        return chosen / 100

    @property
    def fixed_amount_usd(self) -> Decimal | None:
        """The wallet's own amount, else the user's."""
        return (
            self.own.fixed_amount_usd if self.own.fixed_amount_usd is not None else self.user.fixed_amount_usd
        )

    @property
    def kelly_fraction(self) -> Decimal:
        """The user's fraction of full Kelly."""
        return Decimal("0.25") if self.user.kelly_fraction is None else self.user.kelly_fraction

    @property
    def trailing_enabled(self) -> bool:
        """A manner of leaving: the innermost opinion counts."""
        if self.own.enable_trailing_stop is not None:
            return self.own.enable_trailing_stop
        return bool(self.user.enable_trailing_stop)

    @property
    def trailing_activation_fraction(self) -> Decimal:
        """Gain, as a fraction of the entry price, from which the stop trails."""
        held = self.own.trailing_activation_percent
        return fraction_of(held if held is not None else self.user.trailing_activation_percent) or Decimal(0)

    @property
    def trailing_fraction(self) -> Decimal:
        """Distance of the trailing stop behind the best price, as a fraction of it."""
        held = self.own.trailing_stop_percent
        return fraction_of(held if held is not None else self.user.trailing_stop_percent) or Decimal(0)

    def leverage(self, venue_maximum: int) -> int:
        """The venue's leverage setting for this wallet: as much as the limits allow, at least 1."""
        limit = self.limits.per_trade().max_leverage
        return max(1, min(venue_maximum, 20 if limit is None else limit))


class TradingStates:
    """The trading state of every scope; a scope without a row, or whose time is over, is active."""

    def __init__(self, rows: list[BreakerState], now: datetime) -> None:
        self._states = {
            (row.scope, row.scope_id): TradingState(row.state)
            for row in rows
            if row.until is None or row.until > now
        }

    def platform(self) -> TradingState:
        """The platform's state: the strictest of its rows, whatever their ids."""
        held = [state for (scope, _), state in self._states.items() if scope == BreakerScope.PLATFORM]
        return max(held, key=lambda state: _STRICTNESS[state], default=TradingState.ACTIVE)

    def venue(self, venue: str) -> TradingState:
        return self._states.get((BreakerScope.VENUE, venue), TradingState.ACTIVE)

    def user(self, book: Rulebook) -> TradingState:
        """The user's state; `trading_paused` alone pauses too."""
        held = self._states.get((BreakerScope.USER, str(book.wallet.user_id)), TradingState.ACTIVE)
        if book.user.trading_paused and held is TradingState.ACTIVE:
            return TradingState.REDUCE_ONLY
        return held

    def wallet(self, book: Rulebook) -> TradingState:
        """The wallet's state; frozen entries, a switched-off or an archived wallet open nothing."""
        held = self._states.get((BreakerScope.WALLET, str(book.wallet.id)), TradingState.ACTIVE)
        closed = (
            book.wallet.entries_frozen_reason is not None
            or not book.wallet.auto_trade_enabled
            or book.wallet.status != "active"
        )
        return TradingState.REDUCE_ONLY if closed and held is TradingState.ACTIVE else held
