"""Risk settings of a user and the overrides of a wallet: read, changed, and set back.

Tightening acts at once. Loosening is refused while a day's loss limit is tripped; otherwise it acts at once too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from app.core.errors import (
    ConflictError,
    FieldError,
    InvalidInputError,
    NotFoundError,
    PreconditionFailedError,
)
from app.domain.decimal_text import plain
from app.domain.defaults import STANDARD, RiskSettingsValues
from app.domain.settings_rules import loosened, setting_errors
from app.domain.types import SizingMethod
from app.models.risk_settings import RiskSettings, WalletRiskSettings
from app.models.risk_state import RiskState
from app.repositories.audit import AuditRepository
from app.repositories.risk_settings import RiskSettingsRepository
from app.repositories.user_events import UserEventRepository
from app.services.trading.rulebook import values_of

__all__ = ["Changes", "Pausing", "RiskSettings", "RiskSettingsDesk", "WalletRiskSettings"]

Setting = Decimal | int | bool | str | None
Changes = Mapping[str, Setting]

PAUSE_REASON: Final = "Paused in the risk settings."
UNAVAILABLE_METHODS: Final = frozenset({SizingMethod.RISK_PARITY})


class Pausing(Protocol):
    """The user's circuit breaker, which owns the pause."""

    async def pause(
        self, user_id: UUID, *, wallet_id: UUID | None, reason: str | None, until: datetime | None
    ) -> object: ...

    async def resume(self, user_id: UUID, *, wallet_id: UUID | None) -> object: ...


class RiskSettingsDesk:
    """Settings of one user at a time, in the caller's transaction."""

    def __init__(
        self,
        settings: RiskSettingsRepository,
        audit: AuditRepository,
        events: UserEventRepository,
        pausing: Pausing,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._audit = audit
        self._events = events
        self._pausing = pausing
        self._now = now

    async def read(self, user_id: UUID) -> RiskSettings:
        """The user's settings."""
        await self._settings.ensure(user_id)
        return await self._settings.one(user_id)

    async def change(self, user_id: UUID, changes: Changes, version: int | None) -> RiskSettings:
        """Change the named settings; with a version, only where that is still the newest."""
        await self._settings.ensure(user_id)
        held = dict(changes)
        paused = held.pop("trading_paused", None)
        current = await self._settings.one(user_id)
        if paused is not None and paused is not current.trading_paused:
            # The breaker takes the halt lock, which comes before every row.
            await self._set_paused(user_id, paused=bool(paused))
        states = await self._settings.lock_states(user_id)
        current = await self._settings.lock(user_id)
        _check_version(current.version, version)
        return await self._write(user_id, current, held, states)

    async def reset(self, user_id: UUID, version: int | None) -> RiskSettings:
        """Set everything back to the defaults; a pause stays."""
        await self._settings.ensure(user_id)
        states = await self._settings.lock_states(user_id)
        current = await self._settings.lock(user_id)
        _check_version(current.version, version)
        defaults: dict[str, Setting] = {
            field.name: getattr(STANDARD, field.name)
            for field in fields(RiskSettingsValues)
            if field.name != "trading_paused" and hasattr(current, field.name)
        }
        return await self._write(user_id, current, defaults, states)

    async def read_wallet(self, user_id: UUID, wallet_id: UUID) -> WalletRiskSettings:
        """A wallet's overrides; the caller has made sure that the wallet is the user's."""
        await self._settings.ensure_wallet(user_id, wallet_id)
        held = await self._settings.of_wallet(user_id, wallet_id)
        if held is None:
            raise NotFoundError(f"There is no wallet {wallet_id}.")
        return held

    async def change_wallet(
        self, user_id: UUID, wallet_id: UUID, changes: Changes, version: int | None = None
    ) -> WalletRiskSettings:
        """Change a wallet's overrides; the caller has made sure that the wallet is the user's."""
        states = await self._settings.lock_states(user_id)
        held = await self.read_wallet(user_id, wallet_id)
        _check_version(held.version, version)
        known = {name: value for name, value in changes.items() if getattr(held, name) != value}
        if not known:
            return held
        before = values_of(held)
        after = _after(before, known)
        _check(after)
        looser = list(loosened(before, after))
        if "max_holding_minutes" in known and _holds_longer(held.max_holding_minutes, known):
            looser.append("max_holding_minutes")
        own = [state for state in states if state.wallet_id in (None, wallet_id)]
        _check_not_tripped(looser, own)
        details = _details(held, known) | {"wallet_id": str(wallet_id)}
        changed = await self._settings.change_wallet(user_id, wallet_id, _stored(known))
        await self._audit.append(user_id, "wallet_risk_settings_changed", details, self._now())
        await self._events.announce(user_id, "wallet", str(wallet_id))
        if changed is None:
            raise NotFoundError(f"There is no wallet {wallet_id}.")
        return changed

    async def _write(
        self, user_id: UUID, current: RiskSettings, changes: Changes, states: Sequence[RiskState]
    ) -> RiskSettings:
        known = {name: value for name, value in changes.items() if getattr(current, name) != value}
        if not known:
            return current
        before = values_of(current)
        after = _after(before, known)
        _check(after)
        _check_not_tripped(loosened(before, after), states)
        details = _details(current, known)
        changed = await self._settings.change(user_id, _stored(known))
        await self._audit.append(user_id, "risk_settings_changed", details, self._now())
        await self._events.announce(user_id, "risk_settings", str(user_id))
        return changed

    async def _set_paused(self, user_id: UUID, *, paused: bool) -> None:
        if paused:
            await self._pausing.pause(user_id, wallet_id=None, reason=PAUSE_REASON, until=None)
        else:
            await self._pausing.resume(user_id, wallet_id=None)


def _after(before: RiskSettingsValues, changes: Changes) -> RiskSettingsValues:
    names = {field.name for field in fields(RiskSettingsValues)}
    held = {name: value for name, value in changes.items() if name in names}
    method = held.get("position_sizing_method")
    if method is not None:
        held["position_sizing_method"] = SizingMethod(str(method))
    return replace(before, **held)  # type: ignore[arg-type]  # names and types are the schema's


def _check(values: RiskSettingsValues) -> None:
    """Refuse settings that make no sense, every one of them named."""
    if values.position_sizing_method in UNAVAILABLE_METHODS:
        message = f"The sizing method {values.position_sizing_method} is not available yet."
        error = FieldError("position_sizing_method", "sizing_method_unavailable", message)
        raise InvalidInputError(message, code="sizing_method_unavailable", errors=(error,))
    errors = tuple(
        FieldError(error.field, error.code, error.message, plain(error.limit), plain(error.value))
        for error in setting_errors(values)
    )
    if errors:
        detail = errors[0].message if len(errors) == 1 else "Some limits make no sense; see errors."
        raise InvalidInputError(detail, code="limits_not_coherent", errors=errors)


def _check_not_tripped(looser: Sequence[str], states: Sequence[RiskState]) -> None:
    if looser and any(state.day_tripped_at is not None for state in states):
        message = "A loss limit is tripped today: nothing is loosened before the day ends."
        errors = tuple(FieldError(name, "limit_tripped", f"{name}: {message}") for name in looser)
        raise ConflictError(message, code="limit_tripped", errors=errors)


def _check_version(current: int, wanted: int | None) -> None:
    if wanted is not None and wanted != current:
        raise PreconditionFailedError(
            f"Somebody changed this meanwhile: it is version {current}, not {wanted}. Read it again."
        )


def _holds_longer(before: int | None, changes: Changes) -> bool:
    after = changes["max_holding_minutes"]
    return after is None or (before is not None and int(after) > before)


def _stored(changes: Changes) -> dict[str, Setting]:
    return {name: value.value if isinstance(value, StrEnum) else value for name, value in changes.items()}


def _details(row: RiskSettings | WalletRiskSettings, changes: Changes) -> dict[str, object]:
    """Before and after of each change, as text."""
    return {name: [_text(getattr(row, name)), _text(value)] for name, value in sorted(changes.items())}


def _text(value: object) -> str | None:
    if value is None:
        return None
    return plain(value) if isinstance(value, Decimal) else str(value)
