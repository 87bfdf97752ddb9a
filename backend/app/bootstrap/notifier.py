"""The notifier's composition: what sends messages and answers chats."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.attempt_counter import RedisAttemptCounter
from app.adapters.email import EmailCourier
from app.adapters.message_services import MessageServices
from app.adapters.postgres_notifications import PostgresNotifications
from app.adapters.price_cache import RedisPriceCache
from app.adapters.price_publisher import RedisPricePublisher
from app.adapters.telegram import TelegramBot
from app.bootstrap.breakers import circuit_breaker, press_own_kill_switch
from app.bootstrap.notifications import sealed_addresses
from app.core.clock import utc_now
from app.core.config import DatabaseRole, Settings, asyncpg_dsn, role_database_url
from app.core.db import Database
from app.core.errors import ForbiddenError
from app.core.redis import connect_redis
from app.domain.notification_events import Channel
from app.repositories.audit import AuditRepository
from app.repositories.positions import PositionRepository
from app.repositories.two_factor import TwoFactorRepository
from app.services.circuit_breaker import BreakerView
from app.services.notification_sender import Courier, NotificationSender
from app.services.position_views import PositionView, position_view
from app.services.price_book import PriceBook, follow_prices
from app.services.telegram_commands import TelegramCommands

BEAT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class ChatAccount:
    """What a chat may see and do, in one transaction of its user."""

    session: AsyncSession
    book: PriceBook

    async def status(self, user_id: UUID) -> BreakerView:
        """What the user and each wallet may do."""
        return await circuit_breaker(self.session, utc_now).status(user_id)

    async def positions(self, user_id: UUID) -> Sequence[PositionView]:
        """Everything that is open or opening."""
        trades = await PositionRepository(self.session).live(user_id)
        return [position_view(trade, self.book.quote(trade.venue, trade.symbol)) for trade in trades]

    async def pause(self, user_id: UUID, reason: str) -> None:
        """Stop entries."""
        await circuit_breaker(self.session, utc_now).pause(user_id, wallet_id=None, reason=reason, until=None)

    async def resume(self, user_id: UUID) -> None:
        """Let entries pass again. Whoever has a second factor uses it, which a chat cannot ask for."""
        held = await TwoFactorRepository(self.session).one(user_id)
        if held is not None and held.confirmed_at is not None:
            raise ForbiddenError(
                "Two-factor sign-in is on: resume in the web app, which asks for your code.",
                code="step_up_required",
            )
        await circuit_breaker(self.session, utc_now).resume(user_id, wallet_id=None)

    async def note(self, user_id: UUID, action: str, chat_name: str) -> None:
        """Write into the audit log what became of the chat."""
        await AuditRepository(self.session).append(user_id, action, {"chat": chat_name}, utc_now())


class ChatKillSwitch:
    """The kill switch of the user whom a chat speaks for, over all wallets."""

    def __init__(self, tenants: Database) -> None:
        self._tenants = tenants

    async def engage(self, user_id: UUID, reason: str) -> str:
        """Halt and begin to close everything; committed when this returns. Positions that are not ours stay."""
        async with self._tenants.tenant(user_id) as session:
            await press_own_kill_switch(session, user_id, None, uuid4(), reason=reason, close_external=False)
        return (
            "Halted. Everything of ours is being closed; you are told when it is proven flat."
            " Trading stays halted until you resume it."
        )


class Notifier:
    """Sends messages, and answers chats where there is a bot."""

    def __init__(
        self,
        sender: NotificationSender,
        commands: TelegramCommands | None,
        notifications: PostgresNotifications,
    ) -> None:
        self._sender = sender
        self._commands = commands
        self._notifications = notifications

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until told to stop; messages on their way are finished."""
        listening = None if self._commands is None else asyncio.create_task(self._commands.run())
        try:
            await self._sender.run(self._notifications, stop)
        finally:
            if listening is not None:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)


@asynccontextmanager
async def open_notifier(settings: Settings) -> AsyncIterator[Notifier]:
    """The notifier of this deployment. A channel without its settings is left out."""
    system = Database(role_database_url(settings, DatabaseRole.SYSTEM), connections=14)
    # a chat acts for its user as the web app does, by the role that may pause and halt
    tenants = Database(role_database_url(settings, DatabaseRole.API), connections=10)
    redis = connect_redis(settings)
    bot = TelegramBot(settings) if settings.telegram_bot_token.get_secret_value() else None
    book = PriceBook()
    background = [asyncio.create_task(_beat(RedisPricePublisher(redis)))]
    if bot is not None:
        background.append(
            asyncio.create_task(follow_prices(book, RedisPriceCache(redis), settings.allowed_venues))
        )
    dsn = asyncpg_dsn(role_database_url(settings, DatabaseRole.SYSTEM))
    try:
        yield Notifier(
            NotificationSender(system, _couriers(settings, bot), sealed_addresses(settings), utc_now),
            None if bot is None else _commands(system, tenants, book, bot, redis),
            PostgresNotifications(dsn),
        )
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        if bot is not None:
            await bot.close()
        await redis.aclose()
        await tenants.close()
        await system.close()


def _couriers(settings: Settings, bot: TelegramBot | None) -> dict[Channel, Courier]:
    couriers: dict[Channel, Courier] = {Channel.SMS: MessageServices(settings.message_schemes)}
    if bot is not None:
        couriers[Channel.TELEGRAM] = bot
    if settings.smtp_host:
        couriers[Channel.EMAIL] = EmailCourier(settings)
    return couriers


def _commands(
    system: Database, tenants: Database, book: PriceBook, bot: TelegramBot, redis: Redis
) -> TelegramCommands:
    @asynccontextmanager
    async def account(user_id: UUID) -> AsyncIterator[ChatAccount]:
        async with tenants.tenant(user_id) as session:
            yield ChatAccount(session, book)

    attempts, switch = RedisAttemptCounter(redis), ChatKillSwitch(tenants)
    return TelegramCommands(system, account, bot, attempts, utc_now, switch)


async def _beat(publisher: RedisPricePublisher) -> None:
    """Say that the notifier lives. Without Redis nobody hears it, and nothing else is lost."""
    while True:
        await publisher.beat("notifier", round(utc_now().timestamp() * 1000))
        await asyncio.sleep(BEAT_SECONDS)
