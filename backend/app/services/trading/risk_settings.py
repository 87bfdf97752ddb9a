"""Risk settings of a user and the overrides of a wallet: read, changed, and set back.

Tightening acts at once. Loosening waits until the next day in the user's time zone, and longer while a loss
limit is tripped; until then it is shown as pending and can be cancelled.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID

from app.core.errors import FieldError, InvalidInputError, NotFoundError, PreconditionFailedError
from app.domain.consent import CONSENT_PHRASE, is_consent
from app.domain.decimal_text import plain
from app.domain.defaults import RiskSettingsValues
from app.domain.profiles import PROFILES, ProfileName, limits_taken_away
from app.domain.settings_rules import in_force, loosened, setting_errors
from app.domain.types import RiskLevel, SizingMethod
from app.models.risk_pending_change import RiskPendingChange
from app.models.risk_settings import RiskSettings, ScopedRiskSettings, WalletRiskSettings
from app.repositories.audit import AuditRepository
from app.repositories.risk_settings import RiskSettingsRepository
from app.repositories.user_events import UserEventRepository
from app.services.step_up import Proving
from app.services.trading.loosening import (
    Changes,
    Loosenings,
    Owner,
    PendingOutcome,
    Row,
    Setting,
    is_tripped,
    wished,
)
from app.services.trading.rulebook import values_of

__all__ = ["Changes", "HeldSettings", "Pausing", "RiskSettingsDesk"]

PAUSE_REASON: Final = "Paused in the risk settings."
PLATFORM: Final = "platform"


class Pausing(Protocol):
    """The user's circuit breaker, which owns the pause."""

    async def pause(
        self, user_id: UUID, *, wallet_id: UUID | None, reason: str | None, until: datetime | None
    ) -> object: ...

    async def resume(self, user_id: UUID, *, wallet_id: UUID | None) -> object: ...


@dataclass(frozen=True, slots=True)
class HeldSettings:
    """Settings as they bind now, and the loosenings of them that wait."""

    row: Row
    pending: list[RiskPendingChange]


class RiskSettingsDesk:
    """Settings of one user at a time, in the caller's transaction. `prove` refuses what loosens where the asking
    session has not shown lately who sits there."""

    def __init__(
        self,
        settings: RiskSettingsRepository,
        loosenings: Loosenings,
        audit: AuditRepository,
        events: UserEventRepository,
        pausing: Pausing,
        prove: Proving,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._loosenings = loosenings
        self._audit = audit
        self._events = events
        self._pausing = pausing
        self._prove = prove
        self._now = now

    async def read(self, user_id: UUID) -> HeldSettings:
        """The user's settings."""
        await self._settings.ensure(user_id)
        return await self._held(Owner(user_id), await self._settings.one(user_id))

    async def change(
        self, user_id: UUID, changes: Changes, version: int | None, consent: str | None = None
    ) -> HeldSettings:
        """Change the named settings; with a version, only where that is still the newest."""
        await self._settings.ensure(user_id)
        wanted = dict(changes)
        paused = wanted.pop("trading_paused", None)
        current = await self._settings.one(user_id)
        if paused is not None and paused is not current.trading_paused:
            # The breaker takes the halt lock, which comes before every row.
            await self._set_paused(user_id, paused=bool(paused))
        await self._settings.lock_states(user_id)
        current = await self._settings.lock(user_id)
        _check_version(current.version, version)
        return await self._write(Owner(user_id), current, wanted, consent)

    async def reset(self, user_id: UUID, version: int | None, consent: str | None = None) -> HeldSettings:
        """Set everything back to the defaults; a pause stays."""
        return await self.apply_profile(user_id, ProfileName.STANDARD, version, consent)

    async def apply_profile(
        self, user_id: UUID, name: ProfileName, version: int | None, consent: str | None = None
    ) -> HeldSettings:
        """Take ready-made settings over, each as if it were changed by hand; a pause stays."""
        chosen = PROFILES[name].settings
        changes: dict[str, Setting] = {
            field.name: getattr(chosen, field.name)
            for field in fields(RiskSettingsValues)
            if field.name != "trading_paused" and field.name in RiskSettings.__table__.c
        }
        return await self.change(user_id, changes, version, consent)

    async def cancel(self, user_id: UUID, setting: str) -> HeldSettings:
        """Give up a loosening of the user's that waits."""
        await self._settings.ensure(user_id)
        return await self._cancel(Owner(user_id), await self._settings.lock(user_id), setting)

    async def read_wallet(self, user_id: UUID, wallet_id: UUID) -> HeldSettings:
        """A wallet's overrides; the caller has made sure that the wallet is the user's."""
        return await self._held(
            Owner.of_wallet(user_id, wallet_id), await self._of_wallet(user_id, wallet_id)
        )

    async def change_wallet(
        self, user_id: UUID, wallet_id: UUID, changes: Changes, version: int | None = None
    ) -> HeldSettings:
        """Change a wallet's overrides; the caller has made sure that the wallet is the user's."""
        await self._settings.lock_states(user_id)
        current = await self._of_wallet(user_id, wallet_id)
        _check_version(current.version, version)
        return await self._write(Owner.of_wallet(user_id, wallet_id), current, changes, None)

    async def cancel_wallet(self, user_id: UUID, wallet_id: UUID, setting: str) -> HeldSettings:
        """Give up a loosening of a wallet's overrides that waits."""
        await self._settings.lock_states(user_id)
        current = await self._of_wallet(user_id, wallet_id)
        return await self._cancel(Owner.of_wallet(user_id, wallet_id), current, setting)

    async def scopes(self, user_id: UUID) -> list[HeldSettings]:
        """The strategies and symbols with an opinion of their own, or with one that waits."""
        held = []
        for row in await self._settings.scoped(user_id):
            one = await self._held(_scope_owner(row), row)
            if one.pending or row.trading_paused or values_of(row) != RiskSettingsValues():
                held.append(one)
        return held

    async def change_scope(self, owner: Owner, changes: Changes, version: int | None) -> HeldSettings:
        """Change the limits of a strategy or a symbol; its pause acts at once, both ways."""
        await self._settings.lock_states(owner.user_id)
        current = await self._row(owner)
        _check_version(current.version, version)
        return await self._write(owner, current, changes, None)

    async def cancel_scope(self, owner: Owner, setting: str) -> HeldSettings:
        """Give up a loosening of a strategy's or symbol's limits that waits."""
        await self._settings.lock_states(owner.user_id)
        return await self._cancel(owner, await self._row(owner), setting)

    async def apply_due(self, user_id: UUID) -> int:
        """Let the loosenings act whose day has come, unless a loss limit is tripped; returns how many did."""
        await self._settings.ensure(user_id)
        states = await self._settings.lock_states(user_id)
        await self._settings.lock(user_id)
        due = await self._loosenings.due(user_id)
        applied = 0
        for owner in dict.fromkeys(_owner(change) for change in due):
            if any(is_tripped(state) for state in states if owner.concerns(state)):
                continue
            applied += await self._apply(owner, [change for change in due if owner.owns(change)])
        return applied

    async def _apply(self, owner: Owner, due: Sequence[RiskPendingChange]) -> int:
        row = await self._row(owner)
        changes = {change.setting: wished(row, change) for change in due}
        fits = not _errors(_after(values_of(row), changes))
        outcome = PendingOutcome.APPLIED if fits else PendingOutcome.REFUSED
        await self._loosenings.end(owner.user_id, [change.id for change in due], outcome)
        action = "risk_loosening_applied" if fits else "risk_loosening_refused"
        await self._record(owner, action, _details(row, changes), actor=PLATFORM)
        await self._store(owner, changes if fits else {})
        return len(due) if fits else 0

    async def _write(self, owner: Owner, current: Row, changes: Changes, consent: str | None) -> HeldSettings:
        known = {name: value for name, value in changes.items() if getattr(current, name) != value}
        before = values_of(current)
        after = _after(before, known)
        _check(after)
        if owner.level is RiskLevel.USER:
            _check_consent(limits_taken_away(before, after), consent)
        if owner.wallet_id is not None:
            await self._settings.ensure(owner.user_id)
            user = values_of(await self._settings.one(owner.user_id))
            before, after = in_force(before, user), in_force(after, user)
        allowed_more = set(loosened(before, after)) & set(known)
        looser = allowed_more - {"trading_paused"}
        if looser or allowed_more:
            self._prove()
        waits = {name: value for name, value in known.items() if name in looser}
        now = {name: value for name, value in known.items() if name not in looser}
        if not await self._loosenings.supersede(owner, changes) and not known:
            return await self._held(owner, current)
        if waits:
            await self._loosenings.hold(owner, waits)
            await self._record(owner, "risk_loosening_requested", _details(current, waits))
        if now:
            await self._record(owner, "risk_settings_changed", _details(current, now))
        return await self._held(owner, await self._store(owner, now))

    async def _cancel(self, owner: Owner, current: Row, setting: str) -> HeldSettings:
        change = await self._loosenings.cancel(owner, setting)
        details = _details(current, {setting: wished(current, change)})
        await self._record(owner, "risk_loosening_cancelled", details)
        return await self._held(owner, await self._store(owner, {}))

    async def _record(
        self, owner: Owner, action: str, details: dict[str, object], actor: str = "user"
    ) -> None:
        if owner.level is not RiskLevel.USER:
            subject = "wallet_id" if owner.level is RiskLevel.WALLET else owner.level.value
            details, action = details | {subject: owner.subject}, f"{owner.level.value}_{action}"
        await self._audit.append(owner.user_id, action, details, self._now(), actor)

    async def _store(self, owner: Owner, changes: Changes) -> Row:
        """Write the changes, count the version up, and tell the user's screens."""
        stored = {
            name: value.value if isinstance(value, StrEnum) else value for name, value in changes.items()
        }
        user_id = owner.user_id
        if owner.wallet_id is not None:
            await self._events.announce(user_id, "wallet", owner.subject)
            await self._settings.change_wallet(user_id, owner.wallet_id, stored)
            return await self._row(owner)
        await self._events.announce(user_id, "risk_settings", str(user_id))
        if owner.level is RiskLevel.USER:
            return await self._settings.change(user_id, stored)
        await self._settings.change_scope(user_id, (await self._row(owner)).id, stored)
        return await self._row(owner)

    async def _row(self, owner: Owner) -> Row:
        if owner.wallet_id is not None:
            return await self._of_wallet(owner.user_id, owner.wallet_id)
        if owner.level is RiskLevel.USER:
            return await self._settings.one(owner.user_id)
        await self._settings.ensure_scope(owner.user_id, owner.level.value, owner.subject)
        held = await self._settings.of_scope(owner.user_id, owner.level.value, owner.subject)
        if held is None:
            raise NotFoundError(f"There are no limits of the {owner.level.value} {owner.subject}.")
        return held

    async def _of_wallet(self, user_id: UUID, wallet_id: UUID) -> WalletRiskSettings:
        await self._settings.ensure_wallet(user_id, wallet_id)
        held = await self._settings.of_wallet(user_id, wallet_id)
        if held is None:
            raise NotFoundError(f"There is no wallet {wallet_id}.")
        return held

    async def _held(self, owner: Owner, row: Row) -> HeldSettings:
        return HeldSettings(row, await self._loosenings.waiting(owner))

    async def _set_paused(self, user_id: UUID, *, paused: bool) -> None:
        if paused:
            await self._pausing.pause(user_id, wallet_id=None, reason=PAUSE_REASON, until=None)
        else:
            self._prove()
            await self._pausing.resume(user_id, wallet_id=None)


def _owner(change: RiskPendingChange) -> Owner:
    return Owner(change.user_id, RiskLevel(change.level), change.subject)


def _scope_owner(row: ScopedRiskSettings) -> Owner:
    return Owner(row.user_id, RiskLevel(row.scope), row.scope_key)


def _after(before: RiskSettingsValues, changes: Changes) -> RiskSettingsValues:
    names = {field.name for field in fields(RiskSettingsValues)}
    # names and types are the schema's
    held: dict[str, Any] = {name: value for name, value in changes.items() if name in names}
    method = held.get("position_sizing_method")
    if method is not None:
        held["position_sizing_method"] = SizingMethod(str(method))
    return replace(before, **held)


def checked_after(row: Row, changes: Changes) -> RiskSettingsValues:
    """Return the settings as they would be after the changes; what makes no sense is refused by field."""
    known = {name: value for name, value in changes.items() if name in row.__table__.c}
    after = _after(values_of(row), known)
    _check(after)
    return after


def _errors(values: RiskSettingsValues) -> tuple[FieldError, ...]:
    return tuple(
        FieldError(error.field, error.code, error.message, plain(error.limit), plain(error.value))
        for error in setting_errors(values)
    )


def _check(values: RiskSettingsValues) -> None:
    """Refuse settings that make no sense, every one of them named."""
    errors = _errors(values)
    if errors:
        detail = errors[0].message if len(errors) == 1 else "Some limits make no sense; see errors."
        raise InvalidInputError(detail, code="limits_not_coherent", errors=errors)


def _check_consent(taken_away: Sequence[str], consent: str | None) -> None:
    """Refuse to take a limit away without the phrase that says so."""
    if not taken_away or is_consent(consent):
        return
    message = f'Trading without a limit of your own needs your consent: send "{CONSENT_PHRASE}" as consent.'
    errors = tuple(
        FieldError(
            name, "consent_required", f"{name} would no longer limit anything.", CONSENT_PHRASE, consent
        )
        for name in taken_away
    )
    raise InvalidInputError(message, code="consent_required", errors=errors)


def _check_version(current: int, wanted: int | None) -> None:
    if wanted is not None and wanted != current:
        raise PreconditionFailedError(
            f"Somebody changed this meanwhile: it is version {current}, not {wanted}. Read it again."
        )


def _details(row: Row, changes: Mapping[str, Setting]) -> dict[str, object]:
    """Before and after of each change, as text."""
    return {name: [_text(getattr(row, name)), _text(value)] for name, value in sorted(changes.items())}


def _text(value: object) -> str | None:
    if value is None:
        return None
    return plain(value) if isinstance(value, Decimal) else str(value)
