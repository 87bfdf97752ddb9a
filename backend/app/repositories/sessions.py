"""Signed-in sessions and the chain of their refresh tokens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.session import RefreshToken, UserSession
from app.models.user import User

# Every request with a session runs this: built once, since building costs more than asking.
SIGNED_IN: Final = (
    select(
        User.id,
        UserSession.id,
        User.email,
        User.email_verified_at.is_not(None),
        User.role,
        User.time_zone,
        User.created_at,
        UserSession.proved_at,
    )
    .join(UserSession, UserSession.user_id == User.id)
    .where(
        User.id == bindparam("user_id"),
        User.disabled_at.is_(None),
        UserSession.id == bindparam("session_id"),
        UserSession.revoked_at.is_(None),
        UserSession.expires_at > bindparam("now"),
    )
)


@dataclass(frozen=True, slots=True)
class SignedInUser:
    """Somebody whose session stands; `proved_at` is when it last proved who sits there."""

    id: UUID
    session_id: UUID
    email: str
    email_verified: bool
    role: str
    time_zone: str
    created_at: datetime
    proved_at: datetime | None


class SessionRepository:
    """Sessions of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def signed_in(self, user_id: UUID, session_id: UUID, now: datetime) -> SignedInUser | None:
        """The user of a session that stands; None where it was revoked, has expired or never was."""
        values = {"user_id": user_id, "session_id": session_id, "now": now}
        row = (await self._session.execute(SIGNED_IN, values)).first()
        return None if row is None else SignedInUser(*row)

    async def start(
        self,
        user_id: UUID,
        *,
        session_id: UUID,
        user_agent: str | None,
        ip_address: str | None,
        now: datetime,
        expires_at: datetime,
    ) -> None:
        """Begin a session. It begins with a proof: the password, and the code where one is asked for."""
        self._session.add(
            UserSession(
                id=session_id,
                user_id=user_id,
                user_agent=user_agent,
                ip_address=ip_address,
                created_at=now,
                last_used_at=now,
                proved_at=now,
                expires_at=expires_at,
            )
        )
        await self._session.flush()

    async def prove(self, user_id: UUID, session_id: UUID, now: datetime) -> None:
        """Note that a password or a code showed now who sits there."""
        statement = update(UserSession).where(UserSession.user_id == user_id, UserSession.id == session_id)
        await self._session.execute(statement.values(proved_at=now))

    async def places(self, user_id: UUID) -> dict[str, int]:
        """How often the user signed in from each place so far: a device's name at an address."""
        statement = (
            select(UserSession.user_agent, UserSession.ip_address, func.count())
            .where(UserSession.user_id == user_id)
            .group_by(UserSession.user_agent, UserSession.ip_address)
        )
        rows = await self._session.execute(statement)
        return {place_name(agent, address or ""): count for agent, address, count in rows}

    async def knows(self, user_id: UUID, ip_address: str) -> bool:
        """Whether the user signed in from this address before."""
        known = exists().where(UserSession.user_id == user_id, UserSession.ip_address == ip_address)
        return bool((await self._session.execute(select(known))).scalar_one())

    async def add_token(
        self, user_id: UUID, *, token_id: UUID, session_id: UUID, token_hash: str, expires_at: datetime
    ) -> None:
        """Add a link to a session's chain of refresh tokens."""
        self._session.add(
            RefreshToken(
                id=token_id,
                user_id=user_id,
                session_id=session_id,
                token_hash=token_hash,
                expires_at=expires_at,
            )
        )
        await self._session.flush()

    async def lock(self, user_id: UUID, session_id: UUID) -> UserSession | None:
        """The session, locked: its chain grows by one refresh at a time."""
        statement = (
            select(UserSession)
            .where(UserSession.user_id == user_id, UserSession.id == session_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def token(self, user_id: UUID, token_id: UUID) -> RefreshToken | None:
        """One link of a chain."""
        statement = (
            select(RefreshToken)
            .where(RefreshToken.user_id == user_id, RefreshToken.id == token_id)
            .execution_options(populate_existing=True)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def list_standing(self, user_id: UUID, now: datetime) -> list[UserSession]:
        """Sessions that stand, the one used last first."""
        statement = (
            select(UserSession)
            .where(
                UserSession.user_id == user_id,
                UserSession.revoked_at.is_(None),
                UserSession.expires_at > now,
            )
            .order_by(UserSession.last_used_at.desc(), UserSession.id)
        )
        return list((await self._session.execute(statement)).scalars())

    async def revoke(self, user_id: UUID, session_id: UUID, reason: str, now: datetime) -> bool:
        """End a session and with it the whole chain; False where it had ended or is not the tenant's."""
        statement = (
            update(UserSession)
            .where(
                UserSession.user_id == user_id,
                UserSession.id == session_id,
                UserSession.revoked_at.is_(None),
            )
            .values(revoked_at=now, revoke_reason=reason)
            .returning(UserSession.id)
        )
        return (await self._session.execute(statement)).first() is not None

    async def revoke_all(self, user_id: UUID, reason: str, now: datetime) -> list[UUID]:
        """End every session of the tenant; returns those that stood."""
        statement = (
            update(UserSession)
            .where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
            .values(revoked_at=now, revoke_reason=reason)
            .returning(UserSession.id)
        )
        return list((await self._session.execute(statement)).scalars())


def place_name(user_agent: str | None, ip_address: str) -> str:
    """A place that is signed in from, in words."""
    return f"{user_agent or 'an unnamed device'} at {ip_address}"
