"""Telegram chats and whom they speak for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.notification import NotificationSettings, TelegramLinkCode
from app.models.user import User

LISTENER_LOCK = 0x7E1E  # any number that no other advisory lock of ours has


class TelegramLinkRepository:
    """One tenant's link codes."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_code(self, user_id: UUID, token_hash: str, code_hash: str, expires_at: datetime) -> None:
        """Keep a new code; older ones of the user work no more."""
        await self._session.execute(
            update(TelegramLinkCode)
            .where(TelegramLinkCode.user_id == user_id, TelegramLinkCode.used_at.is_(None))
            .values(used_at=func.now())
        )
        self._session.add(
            TelegramLinkCode(
                user_id=user_id, token_hash=token_hash, code_hash=code_hash, expires_at=expires_at
            )
        )
        await self._session.flush()

    async def forget(self, user_id: UUID) -> bool:
        """Let the user's chat speak for nobody, and no code link another; whether there was a chat."""
        await self._session.execute(
            update(TelegramLinkCode)
            .where(TelegramLinkCode.user_id == user_id, TelegramLinkCode.used_at.is_(None))
            .values(used_at=func.now())
        )
        unlinked = (
            update(NotificationSettings)
            .where(
                NotificationSettings.user_id == user_id, NotificationSettings.telegram_chat_id.is_not(None)
            )
            .values(telegram_chat_id=None, telegram_chat_name=None, telegram_linked_at=None)
            .returning(NotificationSettings.user_id)
            .execution_options(synchronize_session=False)
        )
        return (await self._session.execute(unlinked)).first() is not None


class SystemTelegramLinks:
    """Looks up by chat and by code, before a tenant is known."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lead(self) -> bool:
        """Whether this transaction, for as long as it lasts, is the one that listens to the bot's chats."""
        statement = select(func.pg_try_advisory_xact_lock(LISTENER_LOCK))
        return bool((await self._session.execute(statement)).scalar_one())

    async def redeem(self, hashed: str, chat_id: int, chat_name: str, now: datetime) -> UUID | None:
        """Link the chat to the user whose code this is; None where no code that works is like it.

        A code works once. A chat speaks for one user: it leaves the one it spoke for before.
        """
        statement = (
            update(TelegramLinkCode)
            .where(
                or_(TelegramLinkCode.token_hash == hashed, TelegramLinkCode.code_hash == hashed),
                TelegramLinkCode.used_at.is_(None),
                TelegramLinkCode.expires_at > now,
            )
            .values(used_at=now)
            .returning(TelegramLinkCode.user_id)
        )
        found = list((await self._session.execute(statement)).scalars())
        if len(found) != 1:  # six digits may be those of two users: then neither is linked
            return None
        user_id: UUID = found[0]
        await self._session.execute(
            update(NotificationSettings)
            .where(NotificationSettings.telegram_chat_id == chat_id)
            .values(telegram_chat_id=None, telegram_chat_name=None, telegram_linked_at=None)
            .execution_options(synchronize_session=False)
        )
        values = {
            "telegram_chat_id": chat_id,
            "telegram_chat_name": chat_name[:100],
            "telegram_linked_at": now,
        }
        await self._session.execute(
            insert(NotificationSettings)
            .values(user_id=user_id, **values)
            .on_conflict_do_update(index_elements=[NotificationSettings.user_id], set_=values)
        )
        return user_id

    async def user_of(self, chat_id: int) -> UUID | None:
        """Whom the chat speaks for; None where nobody, or somebody whose account is disabled."""
        statement = (
            select(NotificationSettings.user_id)
            .join(User, User.id == NotificationSettings.user_id)
            .where(NotificationSettings.telegram_chat_id == chat_id, User.disabled_at.is_(None))
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def unlink(self, user_id: UUID) -> None:
        """Let the user's chat speak for nobody."""
        await self._session.execute(
            update(NotificationSettings)
            .where(NotificationSettings.user_id == user_id)
            .values(telegram_chat_id=None, telegram_chat_name=None, telegram_linked_at=None)
            .execution_options(synchronize_session=False)
        )
