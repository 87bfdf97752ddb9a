"""The parts of the API process, joined once when it starts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.attempt_counter import RedisAttemptCounter
from app.adapters.email import NoMailer, SmtpMailer
from app.bootstrap.api_database import ApiDatabase
from app.core.clock import utc_now
from app.core.config import DatabaseRole, Settings, derive_key, jwt_key, role_database_url
from app.core.db import Database
from app.core.errors import AppError, UnauthenticatedError
from app.core.redis import connect_redis
from app.core.security import AccessClaims, AccessTokens, DerivedTokens, Passwords
from app.repositories.sessions import SessionRepository
from app.services.auth import Authentication, SessionTerms, SignedInUser
from app.services.idempotency import IdempotencyKeys
from app.services.registration import Registration

DbSession = AsyncSession
PROBE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class ApiParts:
    """What the routes work with."""

    settings: Settings
    database: Database
    redis: Redis
    tokens: AccessTokens
    authentication: Authentication
    registration: Registration
    keys: IdempotencyKeys

    async def signed_in_user(self, session: DbSession, claims: AccessClaims) -> SignedInUser:
        """Who the claims speak for; a session that was ended is refused from that moment on."""
        user = await SessionRepository(session).signed_in(claims.user_id, claims.session_id, utc_now())
        if user is None:
            raise UnauthenticatedError("The session is over: sign in again.", code="session_over")
        return user

    async def database_answers(self) -> bool:
        """Whether Postgres answers."""
        try:
            async with asyncio.timeout(PROBE_SECONDS), self.database.system() as session:
                await session.execute(text("SELECT 1"))
        except (SQLAlchemyError, AppError, OSError):
            return False
        return True

    async def redis_answers(self) -> bool:
        """Whether Redis answers."""
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                return bool(await self.redis.ping())
        except (RedisError, OSError):
            return False


def email_links(settings: Settings) -> DerivedTokens:
    """The tokens of mailed links; the command line derives the same."""
    return DerivedTokens(derive_key(settings, "email-token/1"))


@asynccontextmanager
async def open_api(settings: Settings) -> AsyncIterator[ApiParts]:
    """Join the parts, and take them apart at the end. Nothing is connected before it is used."""
    async with AsyncExitStack() as stack:
        database = ApiDatabase(
            role_database_url(settings, DatabaseRole.API), pool_size=settings.database_pool_size
        )
        stack.push_async_callback(database.close)
        redis = connect_redis(settings)
        stack.push_async_callback(redis.aclose)
        passwords = Passwords()
        stack.callback(passwords.close)
        mailer = SmtpMailer(settings) if settings.smtp_host else NoMailer()
        stack.push_async_callback(mailer.close)
        tokens = AccessTokens(jwt_key(settings), settings.access_token_seconds)
        attempts = RedisAttemptCounter(redis)
        yield ApiParts(
            settings=settings,
            database=database,
            redis=redis,
            tokens=tokens,
            authentication=Authentication(
                database,
                passwords,
                tokens,
                DerivedTokens(derive_key(settings, "refresh-token/1")),
                attempts,
                SessionTerms(timedelta(days=settings.refresh_token_days)),
                utc_now,
            ),
            registration=Registration(
                database, passwords, email_links(settings), attempts, mailer, settings.browser_url, utc_now
            ),
            keys=IdempotencyKeys(database, utc_now),
        )
