"""What the asking user was told, and wants to be told of."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api.deps import NeedsProof, Parts, Tenant
from app.api.desk import Cursor, PageLimit, answer
from app.domain.notification_events import Channel, EventCategory, EventLevel, NotificationEvent
from app.schemas.notification import (
    MarkRead,
    MessageAddress,
    NotificationPage,
    NotificationSettings,
    NotificationSettingsPatch,
    TelegramLink,
    Unread,
)
from app.services.notifications import FeedWishes, SettingChanges

router = APIRouter(prefix="/notifications", tags=["notifications"])


@router.get("", response_model=NotificationPage)
async def list_notifications(
    parts: Parts,
    tenant: Tenant,
    level: Annotated[list[EventLevel], Query(max_length=4)] = [],  # noqa: B006 - FastAPI copies it
    category: Annotated[list[EventCategory], Query(max_length=6)] = [],  # noqa: B006
    event: Annotated[list[NotificationEvent], Query(max_length=50)] = [],  # noqa: B006
    wallet_id: Annotated[UUID | None, Query()] = None,
    unread: Annotated[bool, Query(description="Only what was not read yet")] = False,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """What the user was told, newest first."""
    wanted = FeedWishes(level, category, event, wallet_id, unread)
    return answer(await parts.notifications(tenant.session).page(tenant.user_id, wanted, cursor, limit))


@router.post("/read", response_model=Unread)
async def mark_notifications_read(body: MarkRead, parts: Parts, tenant: Tenant) -> Response:
    """Note that these, or all, were read."""
    return answer(await parts.notifications(tenant.session).mark_read(tenant.user_id, body.ids))


@router.get("/settings", response_model=NotificationSettings)
async def read_notification_settings(parts: Parts, tenant: Tenant) -> Response:
    """Every event, every channel, quiet hours and digest."""
    return answer(await parts.notifications(tenant.session).settings(tenant.user))


@router.patch("/settings", response_model=NotificationSettings)
async def change_notification_settings(
    body: NotificationSettingsPatch, parts: Parts, tenant: Tenant
) -> Response:
    """Change some of the settings. That unusual activity no longer pauses asks for a recent proof."""
    notifications = parts.notifications(tenant.session)
    return answer(await notifications.change(tenant.user, _changes(body), tenant.prove))


@router.post("/telegram/link", response_model=TelegramLink, dependencies=[NeedsProof])
async def link_telegram(parts: Parts, tenant: Tenant) -> Response:
    """A one-time code by which a Telegram chat is linked within ten minutes: it may pause, resume and halt."""
    return answer(await parts.notifications(tenant.session).link_telegram(tenant.user_id))


@router.delete("/telegram", response_model=NotificationSettings)
async def unlink_telegram(parts: Parts, tenant: Tenant) -> Response:
    """Tell the chat nothing more, and let it do nothing more."""
    return answer(await parts.notifications(tenant.session).unlink_telegram(tenant.user))


@router.put("/message-service", response_model=NotificationSettings, dependencies=[NeedsProof])
async def set_message_service(body: MessageAddress, parts: Parts, tenant: Tenant) -> Response:
    """Keep the address of an SMS or message service, sealed."""
    notifications = parts.notifications(tenant.session)
    return answer(await notifications.set_message_address(tenant.user, body.address))


@router.delete("/message-service", response_model=NotificationSettings)
async def forget_message_service(parts: Parts, tenant: Tenant) -> Response:
    """Forget that address."""
    return answer(await parts.notifications(tenant.session).forget_message_address(tenant.user))


@router.post("/test/{channel}", status_code=HTTPStatus.ACCEPTED)
async def send_test_message(channel: Channel, parts: Parts, tenant: Tenant) -> None:
    """Send a test message by one channel; how it fared is seen in the feed."""
    await parts.notifications(tenant.session).send_test(tenant.user, channel)


def _changes(body: NotificationSettingsPatch) -> SettingChanges:
    quiet: tuple[int, int] | tuple[()] | None = None
    if body.quiet_hours is not None:
        quiet = (_minute(body.quiet_hours.begins), _minute(body.quiet_hours.ends))
    elif "quiet_hours" in body.model_fields_set:
        quiet = ()
    return SettingChanges(
        {(one.event, one.channel): one.mode for one in body.preferences},
        {one.channel: one.level for one in body.levels},
        quiet,
        None if body.digest_at is None else _minute(body.digest_at),
        body.unusual_activity,
    )


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
