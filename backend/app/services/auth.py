"""Sign-in, the chain of refresh tokens, and sessions.

A refresh token is used once; its use makes the next one. What a second use comes to is said by
`domain.refresh_chain`: the same next token again, another one in its place where nobody ever used it, or the end
of the whole session.

These services open their own transactions: before the credentials are read there is no tenant, and an ended
session must stay ended although the request is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from app.core.db import Database, DbSession
from app.core.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from app.core.security import AccessTokens, DerivedTokens, Passwords, token_hash
from app.domain.anomaly import ActivityChoice, Oddity, judge_sign_in
from app.domain.notification_events import NotificationEvent
from app.domain.refresh_chain import ChainLink, LinkUse, use_of
from app.domain.types import BreakerScope
from app.models.session import RefreshToken, UserSession
from app.repositories.audit import AuditRepository
from app.repositories.breakers import SystemBreakerRepository
from app.repositories.halt_lock import SystemHaltLock
from app.repositories.notification_feed import NotificationWishRepository
from app.repositories.notifications import NotificationOutbox
from app.repositories.sessions import SessionRepository, SignedInUser, place_name
from app.repositories.user_events import UserEventRepository
from app.repositories.users import SignInRecord, SystemSignInLookup, UserRepository
from app.services.attempts import (
    SIGN_IN_BY_ADDRESS,
    SIGN_IN_BY_EMAIL,
    SIGN_IN_BY_PAIR,
    AttemptCounter,
    site_of,
    subject_of,
)
from app.services.breaker_board import BreakerBoard, unusual_change
from app.services.two_factor import CODE_BY_USER, SecondFactor, wrong_code

__all__ = ["Authentication", "ClientFacts", "SessionView", "SignedInUser", "Tokens"]

REFRESH: Final = "refresh"


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """Where a request came from."""

    address: str
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a browser gets; without a refresh token it keeps the one it has."""

    access_token: str
    expires_in: int
    refresh_token: str | None


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session that stands; `current` is the asking one."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    user_agent: str | None
    current: bool


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """Life of a refresh token since its last rotation."""

    refresh_life: timedelta


class Authentication:
    """Turns credentials into sessions and sessions into access tokens."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        access: AccessTokens,
        refresh: DerivedTokens,
        attempts: AttemptCounter,
        factor: Callable[[DbSession], SecondFactor],
        terms: SessionTerms,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._access = access
        self._refresh = refresh
        self._attempts = attempts
        self._factor = factor
        self._terms = terms
        self._now = now

    async def sign_in(
        self, email: str, password: str, client: ClientFacts, code: str | None = None
    ) -> Tokens:
        """A new session. An unknown address, a wrong password and a disabled account answer alike; whoever
        knows the password of an account with a second factor is asked for the code."""
        site = site_of(client.address)
        pair = subject_of(email, site)
        await self._attempts.count(SIGN_IN_BY_ADDRESS, subject_of(site))
        await self._attempts.count(SIGN_IN_BY_PAIR, pair)
        async with self._database.system() as session:
            account = await SystemSignInLookup(session).by_email(email)
        if not await self._is_known_at(account, client):
            await self._attempts.count(SIGN_IN_BY_EMAIL, subject_of(email))
        known = await self._passwords.matches(None if account is None else account.password_hash, password)
        if account is None or not known or account.disabled_at is not None:
            raise _wrong_credentials()
        if account.email_verified_at is None:
            raise ForbiddenError(
                "Confirm your address first, by the link that was sent to it.", code="email_unverified"
            )
        if code:
            await self._attempts.count(CODE_BY_USER, subject_of(str(account.user_id)))
        tokens = await self._start_session(account, client, code)
        await self._attempts.forget(SIGN_IN_BY_PAIR, pair)
        if tokens is None:
            raise UnauthenticatedError(
                "Type the code of your authenticator, or a recovery code.", code="two_factor_required"
            )
        if code:
            await self._attempts.forget(CODE_BY_USER, subject_of(str(account.user_id)))
        return tokens

    async def _is_known_at(self, account: SignInRecord | None, client: ClientFacts) -> bool:
        """Whether the account signed in from this address before: strangers who use up what all addresses together
        may try do not lock its owner out. Without an account the same work is done."""
        user_id = uuid4() if account is None else account.user_id
        async with self._database.tenant(user_id) as session:
            return await SessionRepository(session).knows(user_id, client.address[:64])

    async def refresh(self, refresh_token: str, client: ClientFacts) -> Tokens:
        """A new access token, and the next refresh token of the chain."""
        async with self._database.system() as session:
            found = await SystemSignInLookup(session).refresh_token(token_hash(refresh_token))
        if found is None:
            raise _session_over()
        user_id, session_id, token_id = found
        now = self._now()
        async with self._database.tenant(user_id) as session:
            sessions = SessionRepository(session)
            held = await sessions.lock(user_id, session_id)
            token = await sessions.token(user_id, token_id)
            user = await sessions.signed_in(user_id, session_id, now)
            tokens: Tokens | None = None
            if held is not None and token is not None and user is not None:
                same_client = held.user_agent == client.user_agent
                tokens = await self._use(session, held, token, now, same_client=same_client)
        if tokens is None:
            raise _session_over()
        return tokens

    async def _use(
        self, session: DbSession, held: UserSession, token: RefreshToken, now: datetime, *, same_client: bool
    ) -> Tokens | None:
        """The tokens that a link gives of a session that stands and is locked; None where it gives none."""
        sessions, user_id, session_id = SessionRepository(session), held.user_id, held.id
        next_id = self._refresh.successor(REFRESH, token.id)
        following = await sessions.token(user_id, next_id)
        use = use_of(
            _link(token), None if following is None else _link(following), now, same_client=same_client
        )
        if use is LinkUse.AGAIN:
            if following is not None and following.struck_out:
                next_id = self._refresh.successor(REFRESH, next_id)
                following = await sessions.token(user_id, next_id)
            is_newest = following is not None and following.used_at is None
            return self._tokens(user_id, session_id, now, next_id if is_newest else None)
        if use is LinkUse.REUSED:
            await sessions.revoke(user_id, session_id, "refresh_token_reused", now)
            await _note(session, held, "refresh_token_reused", now)
            await UserEventRepository(session).announce(user_id, "session", str(session_id))
            return None
        if use is LinkUse.OVER:
            return None
        if use is LinkUse.REPLACE and following is not None:
            following.struck_out = True
            next_id = self._refresh.successor(REFRESH, next_id)
            await _note(session, held, "refresh_token_replaced", now)
        token.used_at = held.last_used_at = now
        held.expires_at = now + self._terms.refresh_life
        await self._extend(sessions, user_id, session_id, next_id, now)
        return self._tokens(user_id, session_id, now, next_id)

    async def sign_out(self, refresh_token: str) -> None:
        """End the session that the token belongs to; a token that belongs to none changes nothing."""
        async with self._database.system() as session:
            found = await SystemSignInLookup(session).refresh_token(token_hash(refresh_token))
        if found is not None:
            user_id, session_id, _ = found
            await self._revoke(user_id, session_id, "signed_out")

    async def list_sessions(self, user: SignedInUser) -> list[SessionView]:
        """The user's standing sessions, the one used last first."""
        async with self._database.tenant(user.id) as session:
            standing = await SessionRepository(session).list_standing(user.id, self._now())
        return [
            SessionView(
                one.id, one.created_at, one.last_used_at, one.user_agent, current=one.id == user.session_id
            )
            for one in standing
        ]

    async def revoke_session(self, user: SignedInUser, session_id: UUID) -> None:
        """End one of the user's sessions; its access tokens are refused from now on."""
        if not await self._revoke(user.id, session_id, "revoked"):
            raise NotFoundError(f"There is no session {session_id}.")

    async def _revoke(self, user_id: UUID, session_id: UUID, reason: str) -> bool:
        now = self._now()
        async with self._database.tenant(user_id) as session:
            ended = await SessionRepository(session).revoke(user_id, session_id, reason, now)
            if ended:
                await AuditRepository(session).append(
                    user_id, "session_ended", {"session_id": str(session_id), "reason": reason}, now
                )
                await UserEventRepository(session).announce(user_id, "session", str(session_id))
        return ended

    async def _start_session(
        self, account: SignInRecord, client: ClientFacts, code: str | None
    ) -> Tokens | None:
        """None where a code is needed and none was given."""
        user_id = account.user_id
        now, session_id, token_id = self._now(), uuid4(), uuid4()
        async with self._database.tenant(user_id) as session:
            user = await UserRepository(session).lock(user_id)
            if user.password_hash != account.password_hash:  # replaced while we were checking the old one
                raise _wrong_credentials()
            factor = self._factor(session)
            if await factor.is_on(user_id):
                if not code:
                    return None
                if not await factor.accept(user_id, code):
                    raise UnauthenticatedError(wrong_code().message, code="wrong_code")
            sessions = SessionRepository(session)
            place = place_name(client.user_agent, client.address[:64])
            odd = judge_sign_in(await sessions.places(user_id), place)
            if odd is not None:
                await NotificationOutbox(session).emit(
                    user_id,
                    NotificationEvent.NEW_SIGN_IN,
                    dedupe_key=str(session_id),
                    figures={"device": client.user_agent or "an unnamed device", "address": client.address},
                    subject=client.address[:64],
                )
                board = BreakerBoard(SystemBreakerRepository(session), SystemHaltLock(session), self._now)
                wishes = NotificationWishRepository(session)
                await self._pause_if_chosen(wishes, board, user_id, odd, now)
            await sessions.start(
                user_id,
                session_id=session_id,
                user_agent=client.user_agent,
                ip_address=client.address[:64],
                now=now,
                expires_at=now + self._terms.refresh_life,
            )
            await self._extend(sessions, user_id, session_id, token_id, now)
            await AuditRepository(session).append(user_id, "signed_in", {"session_id": str(session_id)}, now)
        return self._tokens(user_id, session_id, now, token_id)

    async def _extend(
        self, sessions: SessionRepository, user_id: UUID, session_id: UUID, token_id: UUID, now: datetime
    ) -> None:
        await sessions.add_token(
            user_id,
            token_id=token_id,
            session_id=session_id,
            token_hash=self._refresh.stored_hash(REFRESH, token_id),
            expires_at=now + self._terms.refresh_life,
        )

    async def _pause_if_chosen(
        self,
        wishes: NotificationWishRepository,
        board: BreakerBoard,
        user_id: UUID,
        odd: Oddity,
        now: datetime,
    ) -> None:
        """Stop entries of all wallets where the user chose that for what is unusual."""
        chosen = await wishes.settings(user_id)
        if chosen is not None and chosen.unusual_activity == ActivityChoice.PAUSE:
            scope_id = str(user_id)
            await board.set(
                unusual_change(BreakerScope.USER, scope_id, user_id, odd.sentence, now, pauses=True)
            )

    def _tokens(self, user_id: UUID, session_id: UUID, now: datetime, token_id: UUID | None) -> Tokens:
        refresh = None if token_id is None else self._refresh.token(REFRESH, token_id)
        return Tokens(self._access.issue(user_id, session_id, now), self._access.lifetime_seconds, refresh)


def _link(token: RefreshToken) -> ChainLink:
    return ChainLink(token.expires_at, token.used_at, token.struck_out)


async def _note(session: DbSession, held: UserSession, event: str, now: datetime) -> None:
    await AuditRepository(session).append(held.user_id, event, {"session_id": str(held.id)}, now, "system")


def _wrong_credentials() -> UnauthenticatedError:
    return UnauthenticatedError("The address or the password is wrong.", code="invalid_credentials")


def _session_over() -> UnauthenticatedError:
    return UnauthenticatedError("The session is over: sign in again.", code="session_over")
