"""Step-up: whoever loosens a limit, resumes, adds keys or arms live trading shows again who sits there.

A sign-in is a proof; `POST /auth/step-up` renews it, by a code where two-factor sign-in is on, else by the
password. What is guarded is what raises risk or opens the account; what lowers risk is never guarded.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from app.core.errors import FieldError, ForbiddenError, InvalidInputError
from app.core.security import Passwords
from app.domain.proof import Proof
from app.repositories.sessions import SessionRepository, SignedInUser
from app.repositories.users import UserRepository
from app.services.attempts import AttemptCounter, AttemptLimit, subject_of
from app.services.two_factor import CODE_BY_USER, SecondFactor, wrong_code

PASSWORD_BY_USER: Final = AttemptLimit("step-up/user", 10, 900)
Proving = Callable[[], None]


class TenantParts(Protocol):
    """One tenant's transaction, and what works in it."""

    @property
    def users(self) -> UserRepository: ...

    @property
    def sessions(self) -> SessionRepository: ...

    @property
    def factor(self) -> SecondFactor: ...


@dataclass(frozen=True, slots=True)
class StepUpView:
    """Until when the proof counts."""

    proved_until: datetime


class StepUp:
    """Renews the proof of a session. It opens its own transactions, around the slow hash."""

    def __init__(
        self,
        account: Callable[[UUID], AbstractAsyncContextManager[TenantParts]],
        passwords: Passwords,
        attempts: AttemptCounter,
        life: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._passwords = passwords
        self._attempts = attempts
        self._life = life
        self._now = now

    async def prove(self, user: SignedInUser, password: str | None, code: str | None) -> StepUpView:
        """Renew it; the code is asked for where two-factor sign-in is on, the password elsewhere."""
        async with self._account(user.id) as parts:
            asks_code = await parts.factor.is_on(user.id)
            password_hash = (await parts.users.one(user.id)).password_hash
        subject = subject_of(str(user.id))
        if asks_code:
            await self._attempts.count(CODE_BY_USER, subject)
            if not code:
                raise _missing("code", "Two-factor sign-in is on: type the code of your authenticator.")
        else:
            await self._attempts.count(PASSWORD_BY_USER, subject)
            if not password:
                raise _missing("password", "Type your password.")
            if not await self._passwords.matches(password_hash, password):
                raise _wrong_password()
        now = self._now()
        async with self._account(user.id) as parts:
            locked = await parts.users.lock(user.id)
            if locked.password_hash != password_hash:  # replaced while we were checking the old one
                raise _wrong_password()
            # Asked again under the lock: the second factor may have been switched on meanwhile.
            if await parts.factor.is_on(user.id) and not (code and await parts.factor.accept(user.id, code)):
                raise wrong_code()
            await parts.sessions.prove(user.id, user.session_id, now)
        await self._attempts.forget(CODE_BY_USER if asks_code else PASSWORD_BY_USER, subject)
        return StepUpView(now + self._life)


def require(proof: Proof, now: datetime) -> None:
    """Refuse where the session's proof is too old; the caller proves itself and asks again."""
    if not proof.is_recent(now):
        raise ForbiddenError(
            "Show first that it is you: by your code, or by your password where you have no second factor.",
            code="step_up_required",
        )


def _missing(name: str, message: str) -> InvalidInputError:
    code = f"{name}_required"
    return InvalidInputError(message, code=code, errors=(FieldError(name, code, message),))


def _wrong_password() -> InvalidInputError:
    message = "The password is wrong."
    return InvalidInputError(
        message, code="wrong_password", errors=(FieldError("password", "wrong_password", message),)
    )
