"""Joins the notifications of the API with what they need, in somebody's transaction."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.message_services import MessageServices
from app.adapters.qr_picture import qr_rows
from app.core.clock import utc_now
from app.core.config import Settings, derive_key
from app.core.crypto import SealedText
from app.repositories.audit import AuditRepository
from app.repositories.notification_feed import NotificationFeedRepository, NotificationWishRepository
from app.repositories.notifications import NotificationOutbox
from app.repositories.telegram_links import TelegramLinkRepository
from app.repositories.user_events import UserEventRepository
from app.services.notifications import ChannelTerms, Notifications


def sealed_addresses(settings: Settings) -> SealedText:
    """Seals the addresses of message services."""
    return SealedText(derive_key(settings, "message-address/1"), "message_address")


def notifications(session: AsyncSession, settings: Settings) -> Notifications:
    """The notifications of one tenant at a time."""
    bot_name = settings.telegram_bot_name if settings.telegram_bot_token.get_secret_value() else ""
    return Notifications(
        NotificationFeedRepository(session),
        NotificationWishRepository(session),
        TelegramLinkRepository(session),
        UserEventRepository(session),
        NotificationOutbox(session),
        AuditRepository(session),
        utc_now,
        terms=ChannelTerms(bot_name, bool(settings.smtp_host)),
        addresses=MessageServices(settings.message_schemes),
        sealed=sealed_addresses(settings),
        picture=qr_rows,
    )
