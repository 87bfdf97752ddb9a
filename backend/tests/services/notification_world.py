"""Users who want to be told, and what tells them, before servers on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
from pydantic import SecretStr

from app.core.config import Settings, SmtpSecurity
from app.core.db import Database
from app.domain.notification_events import NotificationEvent
from app.repositories.notifications import NotificationOutbox
from tests.adapters.bot_api import TOKEN, BotApi, bot_api
from tests.adapters.smtp_sink import SmtpSink, smtp_sink

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIGURES = {"scope": "All wallets", "reason": "Daily loss limit reached."}


@dataclass
class Servers:
    """A mail server and a Bot API server, and settings that name them."""

    mail: SmtpSink
    bot: BotApi
    settings: Settings


@asynccontextmanager
async def servers(settings: Settings) -> AsyncIterator[Servers]:
    """Both servers on free ports."""
    async with smtp_sink() as mail, bot_api() as bot:
        changed = settings.model_copy(
            update={
                "smtp_host": "127.0.0.1",
                "smtp_port": mail.port,
                "smtp_security": SmtpSecurity.NONE,
                "telegram_bot_token": SecretStr(TOKEN),
                "telegram_bot_name": "stackalpha_test_bot",
                "telegram_api_url": bot.url,
            }
        )
        yield Servers(mail, bot, changed)


async def forget_messages(sql: asyncpg.Connection) -> None:
    """Delete everybody's messages and wishes about them."""
    await sql.execute("DELETE FROM notifications")
    await sql.execute("DELETE FROM notification_settings")


async def person(
    connection: asyncpg.Connection, *, chat: int | None = None, zone: str = "UTC", **columns: object
) -> UUID:
    """A user whose address is confirmed, with a linked chat and other columns of the settings where given."""
    made = uuid4()
    await connection.execute(
        "INSERT INTO users (id, email, password_hash, email_verified_at, time_zone)"
        " VALUES ($1, $2, 'x', now(), $3)",
        made,
        f"{made}@example.com",
        zone,
    )
    values = {"user_id": made, "telegram_chat_id": chat, **columns}
    names = ", ".join(values)
    places = ", ".join(f"${number + 1}" for number in range(len(values)))
    await connection.execute(
        f"INSERT INTO notification_settings ({names}) VALUES ({places})",  # noqa: S608
        *values.values(),
    )
    return made


async def emit(
    database: Database,
    user_id: UUID,
    event: NotificationEvent = NotificationEvent.TRADING_PAUSED,
    *,
    key: str = "1",
    subject: str = "",
) -> None:
    """Tell the user of the event."""
    async with database.tenant(user_id) as session:
        await NotificationOutbox(session).emit(
            user_id, event, dedupe_key=key, figures=FIGURES, subject=subject
        )


async def deliveries(connection: asyncpg.Connection, user_id: UUID) -> dict[str, tuple[str, int]]:
    """State and attempts by channel, of the newest notification."""
    rows = await connection.fetch(
        "SELECT channel, state, attempts FROM notification_deliveries WHERE notification_id ="
        " (SELECT id FROM notifications WHERE user_id = $1 ORDER BY created_at DESC LIMIT 1)",
        user_id,
    )
    return {row["channel"]: (row["state"], row["attempts"]) for row in rows}
