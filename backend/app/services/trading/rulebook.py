"""Stored settings as the rules read them: one mapper from rows to limits, and who has the last word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec

from app.domain.defaults import PLATFORM_LIMITS, STANDARD, RiskSettingsValues, fraction_of, limits_of
from app.domain.limits import LimitLevels, RiskLimits, strictest
from app.domain.records import Record
from app.domain.risk_limits import NO_OPINION
from app.domain.types import BreakerScope, SizingMethod, TradingState
from app.models.risk_settings import RiskSettings, ScopedRiskSettings, WalletRiskSettings
from app.repositories.gate_rows import BreakerRow, UserRow, WalletRow

_FIELDS = tuple(field.name for field in fields(RiskSettingsValues))
_STRICTNESS = {TradingState.ACTIVE: 0, TradingState.REDUCE_ONLY: 1, TradingState.HALTED: 2}
_SETTINGS: msgspec.json.Decoder[RiskSettingsValues | None] = msgspec.json.Decoder(RiskSettingsValues | None)
_PLATFORM = msgspec.json.Decoder(dict[str, Decimal])
_WHOLE_NUMBERS = frozenset(
    name
    for name, kind in RiskLimits.__annotations__.items()
    if kind == int | None or str(kind) == "int | None"
)
SETTINGS_KEPT = 4096


def values_of(row: RiskSettings | WalletRiskSettings | ScopedRiskSettings | None) -> RiskSettingsValues:
    """Return a row's settings in the table's units; without a row, no opinion about anything."""
    if row is None:
        return RiskSettingsValues()
    held = {name: getattr(row, name) for name in _FIELDS if hasattr(row, name)}
    method = held.get("position_sizing_method")
    if method is not None:
        held["position_sizing_method"] = SizingMethod(method)
    return RiskSettingsValues(**held)


@lru_cache(SETTINGS_KEPT)
def settings_of(document: bytes) -> RiskSettingsValues | None:
    """Return one level's settings out of their JSON; None where the level has no row."""
    return _SETTINGS.decode(document)


@lru_cache(64)
def platform_limits(document: bytes) -> RiskLimits:
    """Return the built-in floor, tightened by what the operator stored."""
    if not document:
        return PLATFORM_LIMITS
    stored: dict[str, Any] = {  # fields by name
        name: int(value) if name in _WHOLE_NUMBERS else value
        for name, value in _PLATFORM.decode(document).items()
    }
    return strictest((PLATFORM_LIMITS, RiskLimits(**stored)))


class SettingsText(Record, frozen=True):
    """The settings of every level that an order passes, as JSON; the same text is the same rulebook."""

    platform: bytes
    user: bytes
    wallet: bytes
    strategy: bytes
    symbol: bytes


class OwnStops(Record, frozen=True):
    """Distance of the first stop and of the target from the entry, percent of its price, in the place of the
    signal's; None for the signal's."""

    stop_percent: Decimal | None = None
    target_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Rulebook:
    """What binds an order, and the manner in which its trade is made."""

    user: RiskSettingsValues
    own: RiskSettingsValues
    limits: LimitLevels
    leverage_limit: int | None

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

    @property
    def trailing_atr_multiple(self) -> Decimal | None:
        """Distance of the trailing stop in ATR of the entry, in the place of the fraction; None for none."""
        held = self.own.trailing_atr_multiple
        return self.user.trailing_atr_multiple if held is None else held

    @property
    def volatility_multiple(self) -> Decimal | None:
        """How many of the present ATR the volatility stop stands behind the best price; None without one."""
        held = self.own.stop_atr_multiple
        return self.user.stop_atr_multiple if held is None else held

    @property
    def own_stops(self) -> OwnStops:
        """The settings' own stop and target, each the wallet's, else the user's."""
        stop, target = self.own.stop_loss_percent, self.own.take_profit_percent
        return OwnStops(
            self.user.stop_loss_percent if stop is None else stop,
            self.user.take_profit_percent if target is None else target,
        )

    @property
    def max_holding_minutes(self) -> int | None:
        """After how long a position is left: the shorter of the wallet's and the user's; None for never."""
        held = [self.own.max_holding_minutes, self.user.max_holding_minutes]
        return min((minutes for minutes in held if minutes is not None), default=None)

    @property
    def scale_out_enabled(self) -> bool:
        """Whether a trade is left in parts: the innermost opinion counts."""
        if self.own.enable_scale_out is not None:
            return self.own.enable_scale_out
        return bool(self.user.enable_scale_out)

    def leverage(self, venue_maximum: int) -> int:
        """The venue's leverage setting for this wallet: as much as the limits allow, at least 1."""
        limit = self.leverage_limit
        return max(1, min(venue_maximum, 20 if limit is None else limit))


_NONE: Final[Mapping[tuple[str, str], bytes]] = {}


@lru_cache(SETTINGS_KEPT)
def rulebook(text: SettingsText) -> Rulebook:
    """Return the rules that these settings make; without a user's row, the standard."""
    user, own = settings_of(text.user) or STANDARD, settings_of(text.wallet) or RiskSettingsValues()
    scoped = [settings_of(held) for held in (text.strategy, text.symbol)]
    strategy, symbol = (NO_OPINION if held is None else limits_of(held) for held in scoped)
    of_wallet = limits_of(own)
    limits = LimitLevels(
        platform=platform_limits(text.platform),
        user=limits_of(user),
        wallet=NO_OPINION if of_wallet == NO_OPINION else of_wallet,
        strategy=strategy,
        symbol=symbol,
    )
    return Rulebook(user, own, limits, limits.per_trade().max_leverage)


def rulebook_of(user: UserRow, wallet: WalletRow, platform: bytes, strategy: str, symbol: str) -> Rulebook:
    """Return what binds this wallet for an order of that strategy in that symbol."""
    scoped = (
        {(row.scope, row.scope_key): bytes(row.settings) for row in user.scoped} if user.scoped else _NONE
    )
    return rulebook(
        SettingsText(
            platform,
            bytes(user.settings),
            bytes(wallet.settings),
            scoped.get(("strategy", strategy), b"null"),
            scoped.get(("symbol", symbol), b"null"),
        )
    )


class TradingStates:
    """The trading state of every scope, the strictest of its causes; a scope without a row, or whose time is
    over, is active."""

    def __init__(self, rows: Sequence[BreakerRow], now: datetime) -> None:
        self._states: dict[tuple[str, str], TradingState] = {}
        for row in rows:
            if row.until is None or row.until > now:
                key, state = (row.scope, row.scope_id), TradingState(row.state)
                held = self._states.get(key, TradingState.ACTIVE)
                self._states[key] = max(held, state, key=lambda one: _STRICTNESS[one])

    def platform(self) -> TradingState:
        """The platform's state: the strictest of its rows, whatever their ids."""
        if not self._states:
            return TradingState.ACTIVE
        held = [state for (scope, _), state in self._states.items() if scope == BreakerScope.PLATFORM]
        return max(held, key=lambda state: _STRICTNESS[state], default=TradingState.ACTIVE)

    def venue(self, venue: str) -> TradingState:
        return self._states.get((BreakerScope.VENUE, venue), TradingState.ACTIVE)

    def _of(self, scope: BreakerScope, scope_id: UUID) -> TradingState:
        if not self._states:
            return TradingState.ACTIVE
        return self._states.get((scope, str(scope_id)), TradingState.ACTIVE)

    def user(self, user_id: UUID, settings: RiskSettingsValues) -> TradingState:
        """The user's state; `trading_paused` alone pauses too."""
        held = self._of(BreakerScope.USER, user_id)
        if settings.trading_paused and held is TradingState.ACTIVE:
            return TradingState.REDUCE_ONLY
        return held

    def wallet(self, wallet: WalletRow) -> TradingState:
        """The wallet's state; frozen entries, a switched-off or an archived wallet open nothing."""
        held = self._of(BreakerScope.WALLET, wallet.id)
        closed = (
            wallet.entries_frozen_reason is not None
            or not wallet.auto_trade_enabled
            or wallet.status != "active"
        )
        return TradingState.REDUCE_ONLY if closed and held is TradingState.ACTIVE else held
