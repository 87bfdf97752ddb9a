"""Users, and the links mailed to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.user import EmailToken, User


@dataclass(frozen=True, slots=True)
class SignInRecord:
    """What is known of an address before anybody has signed in."""

    user_id: UUID
    password_hash: str
    email_verified_at: datetime | None
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class PendingLink:
    """A link that was made and not used yet; the token itself is derived from the id."""

    token_id: UUID
    purpose: str
    email: str
    expires_at: datetime


class SystemSignInLookup:
    """Lookups before a tenant is known, each by one narrow function of the database."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def by_email(self, email: str) -> SignInRecord | None:
        """The account of an address, whatever the case of its letters."""
        statement = text(
            "SELECT user_id, password_hash, email_verified_at, disabled_at FROM auth_user_by_email(:email)"
        )
        row = (await self._session.execute(statement, {"email": email})).first()
        return None if row is None else SignInRecord(*row)

    async def refresh_token(self, token_hash: str) -> tuple[UUID, UUID, UUID] | None:
        """(user, session, token row) of a refresh token's hash."""
        statement = text("SELECT user_id, session_id, token_id FROM auth_refresh_token(:hash)")
        row = (await self._session.execute(statement, {"hash": token_hash})).first()
        return None if row is None else (row[0], row[1], row[2])

    async def email_token(self, token_hash: str, purpose: str) -> tuple[UUID, UUID] | None:
        """(user, token row) of a mailed link's hash."""
        statement = text("SELECT user_id, token_id FROM auth_email_token(:hash, :purpose)")
        row = (await self._session.execute(statement, {"hash": token_hash, "purpose": purpose})).first()
        return None if row is None else (row[0], row[1])


class UserRepository:
    """One tenant's own row and links."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def insert(
        self,
        user_id: UUID,
        *,
        email: str,
        password_hash: str,
        time_zone: str,
        disclosure_accepted_at: datetime,
        email_verified_at: datetime | None = None,
        role: str = "user",
    ) -> bool:
        """Make the account; False where the address has one already."""
        statement = (
            insert(User)
            .values(
                id=user_id,
                email=email,
                password_hash=password_hash,
                time_zone=time_zone,
                risk_disclosure_accepted_at=disclosure_accepted_at,
                email_verified_at=email_verified_at,
                role=role,
            )
            .on_conflict_do_nothing()
            .returning(User.id)
        )
        return (await self._session.execute(statement)).first() is not None

    async def one(self, user_id: UUID) -> User:
        """The tenant's row."""
        statement = select(User).where(User.id == user_id).execution_options(populate_existing=True)
        return (await self._session.execute(statement)).scalar_one()

    async def lock(self, user_id: UUID) -> User:
        """The tenant's row, locked against a change at the same time."""
        statement = select(User).where(User.id == user_id).with_for_update(key_share=True)
        statement = statement.execution_options(populate_existing=True)
        return (await self._session.execute(statement)).scalar_one()

    async def set_password(self, user_id: UUID, password_hash: str) -> None:
        """Replace the password."""
        await self._update(user_id, password_hash=password_hash)

    async def set_verified(self, user_id: UUID, at: datetime) -> None:
        """Note that the address is the user's, once."""
        statement = update(User).where(User.id == user_id, User.email_verified_at.is_(None))
        await self._session.execute(statement.values(email_verified_at=at, updated_at=func.now()))

    async def set_role(self, user_id: UUID, role: str) -> None:
        """Make somebody an administrator, or a user again."""
        await self._update(user_id, role=role)

    async def add_link(
        self, user_id: UUID, *, token_id: UUID, purpose: str, token_hash: str, expires_at: datetime
    ) -> None:
        """Keep the hash of a link to be mailed."""
        link = EmailToken(
            id=token_id, user_id=user_id, purpose=purpose, token_hash=token_hash, expires_at=expires_at
        )
        self._session.add(link)
        await self._session.flush()

    async def use_link(self, user_id: UUID, token_id: UUID, now: datetime) -> bool:
        """Use a link up; False where it was used or has expired."""
        statement = (
            update(EmailToken)
            .where(
                EmailToken.user_id == user_id,
                EmailToken.id == token_id,
                EmailToken.used_at.is_(None),
                EmailToken.expires_at > now,
            )
            .values(used_at=now)
            .returning(EmailToken.id)
        )
        return (await self._session.execute(statement)).first() is not None

    async def use_up_links(self, user_id: UUID, purposes: Sequence[str], now: datetime) -> None:
        """Let no other link of these purposes work any more."""
        statement = update(EmailToken).where(
            EmailToken.user_id == user_id,
            EmailToken.purpose.in_(list(purposes)),
            EmailToken.used_at.is_(None),
        )
        await self._session.execute(statement.values(used_at=now))

    async def _update(self, user_id: UUID, **values: object) -> None:
        statement = update(User).where(User.id == user_id)
        await self._session.execute(statement.values(**values, updated_at=func.now()))


class SystemLinkRepository:
    """Links of every user, for the operator of a deployment without mail."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def pending(self, now: datetime, email: str | None = None) -> list[PendingLink]:
        """Links that still work, newest first; of one address where it is given."""
        statement = (
            select(EmailToken.id, EmailToken.purpose, User.email, EmailToken.expires_at)
            .join(User, User.id == EmailToken.user_id)
            .where(EmailToken.used_at.is_(None), EmailToken.expires_at > now)
            .order_by(EmailToken.created_at.desc())
        )
        if email is not None:
            statement = statement.where(func.lower(User.email) == email.lower())
        return [PendingLink(*row) for row in await self._session.execute(statement)]
