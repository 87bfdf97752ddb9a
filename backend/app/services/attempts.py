"""How often somebody may try: sign-in, sign-up and mailed links. The counting fails closed."""

import hashlib
from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """At most `attempts` within `window_seconds` of the first, per name."""

    name: str
    attempts: int
    window_seconds: int


class AttemptCounter(Protocol):
    """Counts attempts; raises UnavailableError where it cannot, and TooManyRequestsError above a limit."""

    async def count(self, limit: AttemptLimit, subject: str) -> None: ...

    async def forget(self, limit: AttemptLimit, subject: str) -> None: ...


SIGN_IN_BY_PAIR: Final = AttemptLimit("sign-in/pair", 10, 900)
SIGN_IN_BY_EMAIL: Final = AttemptLimit("sign-in/email", 50, 900)
SIGN_IN_BY_ADDRESS: Final = AttemptLimit("sign-in/address", 200, 900)
SIGN_UP_BY_ADDRESS: Final = AttemptLimit("sign-up/address", 60, 3600)
MAIL_BY_EMAIL: Final = AttemptLimit("mail/email", 5, 3600)
LINK_BY_ADDRESS: Final = AttemptLimit("link/address", 60, 900)


def subject_of(*parts: str) -> str:
    """A name for who tries, that shows neither address nor e-mail."""
    return hashlib.sha256("\x00".join(parts).lower().encode(errors="replace")).hexdigest()[:32]
