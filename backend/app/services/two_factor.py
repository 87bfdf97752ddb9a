"""The second factor: set up, confirmed, asked for, and replaced by a recovery code when it is lost."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from app.core.crypto import SealedSecrets
from app.core.errors import ConflictError, FieldError, InvalidInputError
from app.core.totp import new_totp_secret, totp_address, totp_step
from app.domain.notification_events import NotificationEvent
from app.repositories.audit import AuditRepository
from app.repositories.notifications import NotificationOutbox
from app.repositories.two_factor import TwoFactorRepository
from app.services.attempts import AttemptLimit

RECOVERY_CODES: Final = 10
CODE_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read for something else
CODE_LENGTH: Final = 16  # 79 random bits
CODE_GROUP: Final = 4
TOTP_DIGITS: Final = 6
CODE_BY_USER: Final = AttemptLimit("second-factor/user", 10, 900)


@dataclass(frozen=True, slots=True)
class TwoFactorSetup:
    """What an authenticator needs, shown once; `qr_rows` is the address as a picture."""

    secret: str = field(repr=False)
    address: str = field(repr=False)
    qr_rows: list[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class TwoFactorState:
    """Whether sign-in asks for a code, since when, and how many recovery codes still work."""

    enabled: bool
    enabled_at: datetime | None
    recovery_codes_left: int


class SecondFactor:
    """The second factor of one user at a time, in the caller's transaction.

    `pepper` keys the hashes of recovery codes, so that a copy of the database alone cannot be tried against.
    Whoever calls `accept` counts the attempts.
    """

    def __init__(
        self,
        factors: TwoFactorRepository,
        audit: AuditRepository,
        outbox: NotificationOutbox,
        sealed: SealedSecrets,
        pepper: bytes,
        picture: Callable[[str], list[str]],
        now: Callable[[], datetime],
    ) -> None:
        self._factors = factors
        self._audit = audit
        self._outbox = outbox
        self._sealed = sealed
        self._pepper = pepper
        self._picture = picture
        self._now = now

    async def state(self, user_id: UUID) -> TwoFactorState:
        """How the user's second factor stands."""
        held = await self._factors.one(user_id)
        since = None if held is None else held.confirmed_at
        left = await self._factors.codes_left(user_id) if since is not None else 0
        return TwoFactorState(since is not None, since, left)

    async def is_on(self, user_id: UUID) -> bool:
        """Whether a code is asked for."""
        held = await self._factors.one(user_id)
        return held is not None and held.confirmed_at is not None

    async def begin(self, user_id: UUID, email: str) -> TwoFactorSetup:
        """A new secret, which counts from its first right code on."""
        secret = new_totp_secret()
        sealed, version = self._sealed.seal(user_id, secret)
        if not await self._factors.begin(user_id, sealed, version):
            raise ConflictError("Two-factor sign-in is on already.", code="two_factor_is_on")
        address = totp_address(secret, email)
        return TwoFactorSetup(secret, address, self._picture(address))

    async def confirm(self, user_id: UUID, code: str) -> list[str]:
        """Ask for codes from now on; returns the recovery codes, which are shown this once."""
        if await self.is_on(user_id):
            raise ConflictError("Two-factor sign-in is on already.", code="two_factor_is_on")
        held = await self._factors.one(user_id)
        if held is None or held.sealed_secret is None:
            raise ConflictError("Begin first: there is no secret to confirm.", code="two_factor_not_begun")
        if not await self._accept_totp(user_id, code):
            raise wrong_code()
        await self._factors.confirm(user_id, self._now())
        codes = await self._fresh_codes(user_id)
        await self._tell(user_id, "two_factor_enabled", "Two-factor sign-in was switched on.")
        return codes

    async def accept(self, user_id: UUID, code: str) -> bool:
        """Whether it is a code that works: the authenticator's of now, or a recovery code. It works once."""
        typed = code.strip().replace(" ", "")
        if len(typed) == TOTP_DIGITS and typed.isdecimal():
            return await self._accept_totp(user_id, typed)
        if not await self._factors.use_code(user_id, self._hash(user_id, typed), self._now()):
            return False
        left = await self._factors.codes_left(user_id)
        await self._tell(user_id, "recovery_code_used", f"A recovery code was used; {left} are left.")
        return True

    async def renew_codes(self, user_id: UUID) -> list[str]:
        """New recovery codes in the place of all old ones, shown this once."""
        if not await self.is_on(user_id):
            raise _is_off()
        codes = await self._fresh_codes(user_id)
        await self._tell(user_id, "recovery_codes_renewed", "New recovery codes were made.")
        return codes

    async def turn_off(self, user_id: UUID) -> None:
        """Ask for no code any more."""
        if not await self.is_on(user_id):
            raise _is_off()
        await self._factors.forget(user_id, self._now())
        await self._tell(user_id, "two_factor_disabled", "Two-factor sign-in was switched off.")

    async def _accept_totp(self, user_id: UUID, code: str) -> bool:
        held = await self._factors.one(user_id)
        if held is None or held.sealed_secret is None:
            return False
        secret = self._sealed.open(user_id, held.sealed_secret, held.key_version)
        step = totp_step(secret, code, self._now())
        return step is not None and await self._factors.use_step(user_id, step)

    async def _fresh_codes(self, user_id: UUID) -> list[str]:
        await self._factors.end_codes(user_id, self._now())
        codes = [_new_code() for _ in range(RECOVERY_CODES)]
        await self._factors.add_codes(user_id, [self._hash(user_id, code) for code in codes])
        return codes

    def _hash(self, user_id: UUID, code: str) -> str:
        """Random enough to need no slow hash; keyed, and bound to its user."""
        typed = code.replace("-", "").lower()
        return hmac.new(
            self._pepper, user_id.bytes + typed.encode(errors="replace"), hashlib.sha256
        ).hexdigest()

    async def _tell(self, user_id: UUID, action: str, change: str) -> None:
        now = self._now()
        await self._audit.append(user_id, action, {}, now)
        await self._outbox.emit(
            user_id,
            NotificationEvent.SECURITY_CHANGED,
            dedupe_key=f"{action}:{now.isoformat()}",
            figures={"change": change},
            subject=action,
        )


def wrong_code() -> InvalidInputError:
    """The typed code does not work, whatever the reason."""
    message = "This code does not work: it is wrong, too old, or was used before. Wait for the next one."
    return InvalidInputError(message, code="wrong_code", errors=(FieldError("code", "wrong_code", message),))


def _is_off() -> ConflictError:
    return ConflictError("Two-factor sign-in is not on.", code="two_factor_is_off")


def _new_code() -> str:
    text = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    return "-".join(text[start : start + CODE_GROUP] for start in range(0, CODE_LENGTH, CODE_GROUP))
