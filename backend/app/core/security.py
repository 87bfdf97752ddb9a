"""Passwords, access tokens, and opaque tokens that are derived from a row's id rather than stored."""

import asyncio
import base64
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID, uuid4

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.errors import UnauthenticatedError, UnavailableError

ALGORITHM: Final = "HS256"
ISSUER: Final = "stackalpha"
AUDIENCE: Final = "stackalpha-api"
ACCESS_TYPE: Final = "access"
REQUIRED_CLAIMS: Final = ("exp", "iat", "aud", "iss", "sub", "jti", "sid", "typ")
MAX_TOKEN_LENGTH: Final = 2_000
REMEMBERED_TOKENS: Final = 20_000

Result = TypeVar("Result")


class Passwords:
    """Argon2id in threads of its own: at most `workers` at once, and a bounded queue behind them."""

    def __init__(self, *, workers: int = 4, waiting: int = 64, hasher: PasswordHasher | None = None) -> None:
        # 46 MiB, one pass, one lane: a first choice of the OWASP password storage cheat sheet for argon2id.
        self._hasher = hasher or PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="argon2")
        self._limit = workers + waiting
        self._busy = 0
        self._nobody = self._hasher.hash(uuid4().hex)

    async def hash(self, password: str) -> str:
        """The encoded hash, with its parameters and salt."""
        return await self._in_thread(lambda: self._hasher.hash(password))

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the hash's; without a hash the same work is done and the answer is no."""
        found = await self._in_thread(lambda: self._verify(password_hash or self._nobody, password))
        return found and password_hash is not None

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        if self._busy >= self._limit:
            raise UnavailableError("Too many people sign in just now: try again.", retry_after_seconds=2)
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._busy -= 1


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a valid access token says. That its session still stands is asked of the database."""

    user_id: UUID
    session_id: UUID
    expires_at: datetime


class AccessTokens:
    """Signs access tokens and reads them; one algorithm, one issuer, one audience, one type."""

    def __init__(self, key: bytes, lifetime_seconds: int) -> None:
        self._key = key
        self._lifetime = timedelta(seconds=lifetime_seconds)
        self._read: OrderedDict[bytes, AccessClaims] = OrderedDict()

    @property
    def lifetime_seconds(self) -> int:
        """Life of a token in seconds."""
        return int(self._lifetime.total_seconds())

    def issue(self, user_id: UUID, session_id: UUID, now: datetime) -> str:
        """A token for one session of a user."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": str(session_id),
            "jti": uuid4().hex,
            "typ": ACCESS_TYPE,
            "iat": now,
            "exp": now + self._lifetime,
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def read(self, token: str, now: datetime) -> AccessClaims:
        """The claims of a token that is ours and has not expired; every other text is refused.

        A signature is verified once and then remembered by the token's hash until it expires.
        """
        fingerprint = hashlib.sha256(token.encode(errors="replace")).digest()
        claims = self._read.get(fingerprint)
        if claims is None:
            claims = self._verify(token)
            self._read[fingerprint] = claims
            if len(self._read) > REMEMBERED_TOKENS:
                self._read.popitem(last=False)
        if now >= claims.expires_at:
            self._read.pop(fingerprint, None)
            raise UnauthenticatedError("The access token has expired.", code="token_expired")
        return claims

    def _verify(self, token: str) -> AccessClaims:
        if len(token) > MAX_TOKEN_LENGTH:
            raise UnauthenticatedError("The access token is not valid.")
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": list(REQUIRED_CLAIMS), "strict_aud": True},
            )
            if claims["typ"] != ACCESS_TYPE:
                raise UnauthenticatedError("This is not an access token.")
            return AccessClaims(
                UUID(claims["sub"]), UUID(claims["sid"]), datetime.fromtimestamp(int(claims["exp"]), UTC)
            )
        except jwt.ExpiredSignatureError as error:
            raise UnauthenticatedError("The access token has expired.", code="token_expired") from error
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError) as error:
            raise UnauthenticatedError("The access token is not valid.") from error


@dataclass(frozen=True, slots=True)
class DerivedTokens:
    """Opaque tokens computed from a row's id and a key that only the processes know.

    The database keeps a hash, so its copy alone opens nothing; whoever holds the key can show a token again.
    """

    key: bytes = field(repr=False)

    def token(self, purpose: str, row_id: UUID) -> str:
        """The token of a row, 43 characters that may stand in an address."""
        return base64.urlsafe_b64encode(self._mac(f"token|{purpose}", row_id)).decode().rstrip("=")

    def stored_hash(self, purpose: str, row_id: UUID) -> str:
        """What the row keeps of its token."""
        return token_hash(self.token(purpose, row_id))

    def successor(self, purpose: str, row_id: UUID) -> UUID:
        """The id of the row that follows this one in a chain."""
        return UUID(bytes=self._mac(f"successor|{purpose}", row_id)[:16], version=4)

    def _mac(self, label: str, row_id: UUID) -> bytes:
        return hmac.new(self.key, label.encode() + b"|" + row_id.bytes, hashlib.sha256).digest()


def token_hash(token: str) -> str:
    """SHA-256 of a token in hexadecimal; the token itself is random enough to need no salt."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
