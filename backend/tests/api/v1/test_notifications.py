"""What users are told, over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr

from app.bootstrap.notifications import sealed_addresses
from app.core.config import Settings
from app.core.db import Database
from app.domain.notification_events import NotificationEvent
from app.schemas.notification import NotificationPage, NotificationSettings, TelegramLink
from tests.adapters.bot_api import TOKEN
from tests.api.desk_world import Person, World, running_api
from tests.plain_http import PLAIN
from tests.services.notification_world import emit

FEED, READ, SETTINGS = "/notifications", "/notifications/read", "/notifications/settings"
TELEGRAM = "/notifications/telegram"


async def page(http: httpx.AsyncClient, person: Person, query: str = "") -> NotificationPage:
    answer = await http.get(FEED + query, headers=person.headers)
    return NotificationPage.model_validate_json(answer.content)


async def held(http: httpx.AsyncClient, person: Person) -> NotificationSettings:
    answer = await http.get(SETTINGS, headers=person.headers)
    return NotificationSettings.model_validate_json(answer.content)


def mode(settings: NotificationSettings, event: str, channel: str) -> str:
    row = next(row for row in settings.events if row.event == event)
    return next(cell.mode for cell in row.channels if cell.channel == channel)


@pytest.mark.parametrize(("method", "path"), [("GET", FEED), ("POST", READ), ("PATCH", SETTINGS)])
async def test_notifications_anonymous_is_refused(http: httpx.AsyncClient, method: str, path: str) -> None:
    assert (await http.request(method, path, json={})).status_code == 401


async def test_the_feed_shows_what_was_told_newest_first_and_to_its_user_alone(
    http: httpx.AsyncClient, alice: Person, bob: Person, worker_database: Database
) -> None:
    await emit(worker_database, alice.user_id)
    await emit(worker_database, alice.user_id, NotificationEvent.NEEDS_OPERATOR)
    shown = await page(http, alice)
    assert [one.event for one in shown.items] == ["needs_operator", "trading_paused"]
    assert shown.unread == 2
    assert (await page(http, bob)).items == []


async def test_the_feed_is_read_page_by_page(
    http: httpx.AsyncClient, alice: Person, worker_database: Database
) -> None:
    for number in range(5):
        await emit(worker_database, alice.user_id, key=str(number))
    seen, cursor = [], ""
    while True:
        shown = await page(http, alice, f"?limit=2{cursor}")
        seen += [one.id for one in shown.items]
        if shown.next_cursor is None:
            break
        cursor = f"&cursor={shown.next_cursor}"
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?level=critical", ["needs_operator"]),
        ("?category=risk", ["trading_paused"]),
        ("?category=risk&category=error", ["needs_operator", "trading_paused"]),
        ("?event=trade_opened", []),
        ("?category=trade&event=trading_paused", []),
        ("?unread=true", ["needs_operator"]),
    ],
)
async def test_the_feed_is_filtered(
    http: httpx.AsyncClient, alice: Person, worker_database: Database, query: str, expected: list[str]
) -> None:
    await emit(worker_database, alice.user_id)
    first = (await page(http, alice)).items[0].id
    await http.post(READ, json={"ids": [str(first)]}, headers=alice.headers)
    await emit(worker_database, alice.user_id, NotificationEvent.NEEDS_OPERATOR)
    assert [one.event for one in (await page(http, alice, query)).items] == expected


async def test_nobody_marks_what_another_was_told(
    http: httpx.AsyncClient, alice: Person, bob: Person, worker_database: Database
) -> None:
    await emit(worker_database, alice.user_id)
    told = (await page(http, alice)).items[0].id
    await http.post(READ, json={"ids": [str(told)]}, headers=bob.headers)
    await http.post(READ, json={}, headers=bob.headers)
    assert (await page(http, alice)).unread == 1
    answer = await http.post(READ, json={}, headers=alice.headers)
    assert answer.json() == {"unread": 0}


async def test_settings_begin_with_the_defaults_of_the_table(http: httpx.AsyncClient, alice: Person) -> None:
    settings = await held(http, alice)
    assert mode(settings, "trade_opened", "telegram") == "on"
    assert mode(settings, "trade_opened", "email") == "off"
    assert settings.quiet_hours is None
    assert settings.digest_at == "08:00"
    assert "test_message" not in {row.event for row in settings.events}


async def test_settings_change_what_is_named_and_nothing_else(
    http: httpx.AsyncClient, alice: Person, bob: Person
) -> None:
    change = {
        "preferences": [{"event": "trade_opened", "channel": "email", "mode": "digest"}],
        "levels": [{"channel": "telegram", "level": "error"}],
        "quiet_hours": {"begins": "22:30", "ends": "07:00"},
        "digest_at": "18:15",
    }
    answer = await http.patch(SETTINGS, json=change, headers=alice.headers)
    assert answer.status_code == 200, answer.text
    settings = await held(http, alice)
    assert mode(settings, "trade_opened", "email") == "digest"
    assert settings.digest_at == "18:15"
    assert settings.quiet_hours is not None
    assert (settings.quiet_hours.begins, settings.quiet_hours.ends) == ("22:30", "07:00")
    await http.patch(SETTINGS, json={"digest_at": "09:00"}, headers=alice.headers)
    assert (await held(http, alice)).quiet_hours == settings.quiet_hours
    await http.patch(SETTINGS, json={"quiet_hours": None}, headers=alice.headers)
    assert (await held(http, alice)).quiet_hours is None
    assert mode(await held(http, bob), "trade_opened", "email") == "off"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (
            {"preferences": [{"event": "needs_operator", "channel": "in_app", "mode": "off"}]},
            "mode_not_allowed",
        ),
        (
            {"preferences": [{"event": "trade_opened", "channel": "sms", "mode": "digest"}]},
            "mode_not_allowed",
        ),
        ({"levels": [{"channel": "in_app", "level": "error"}]}, "level_not_allowed"),
        ({"digest_at": "24:00"}, "invalid_input"),
    ],
)
async def test_what_a_channel_cannot_do_is_refused(
    http: httpx.AsyncClient, alice: Person, change: dict[str, object], code: str
) -> None:
    answer = await http.patch(SETTINGS, json=change, headers=alice.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_an_event_switched_off_in_the_web_app_is_not_in_the_feed(
    http: httpx.AsyncClient, alice: Person, worker_database: Database
) -> None:
    change = {"preferences": [{"event": "trading_paused", "channel": "in_app", "mode": "off"}]}
    await http.patch(SETTINGS, json=change, headers=alice.headers)
    await emit(worker_database, alice.user_id)
    shown = await page(http, alice)
    assert (shown.items, shown.unread) == ([], 0)


@asynccontextmanager
async def api_with_bot(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    changed = settings.model_copy(
        update={"telegram_bot_token": SecretStr(TOKEN), "telegram_bot_name": "a_bot"}
    )
    async with (
        running_api(changed) as url,
        httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=120, verify=PLAIN) as client,
    ):
        yield client


async def test_a_link_is_shown_once_and_kept_as_a_hash(
    settings: Settings, world: World, alice: Person
) -> None:
    async with api_with_bot(settings) as http:
        answer = await http.post(f"{TELEGRAM}/link", headers=alice.headers)
        link = TelegramLink.model_validate_json(answer.content)
        token = link.url.removeprefix("https://t.me/a_bot?start=")
        assert len(token) <= 64
        assert len(link.command) == len("/link 123456")
        assert len({len(row) for row in link.qr_rows}) == 1
        kept = await world.sql.fetch("SELECT * FROM telegram_link_codes WHERE user_id = $1", alice.user_id)
        assert token not in str(kept)
        assert not (await held(http, alice)).channels[1].reachable
        assert (await held(http, alice)).channels[1].available


async def test_a_link_that_lets_a_chat_resume_asks_for_a_recent_proof(
    settings: Settings, world: World, alice: Person
) -> None:
    await world.sql.execute("UPDATE sessions SET proved_at = NULL WHERE id = $1", alice.session_id)
    async with api_with_bot(settings) as http:
        refused = await http.post(f"{TELEGRAM}/link", headers=alice.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")


async def test_without_a_bot_nobody_links(http: httpx.AsyncClient, alice: Person) -> None:
    answer = await http.post(f"{TELEGRAM}/link", headers=alice.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "channel_unavailable")


async def test_the_address_of_a_message_service_is_kept_sealed_and_never_shown(
    http: httpx.AsyncClient, world: World, alice: Person, settings: Settings
) -> None:
    address = "twilio://AC735c307c62944b5a0fbbb1e0b6f0d3bf:thetoken@15551112222/15553334444"
    answer = await http.put(
        "/notifications/message-service", json={"address": address}, headers=alice.headers
    )
    assert answer.status_code == 200, answer.text
    assert "thetoken" not in answer.text
    assert NotificationSettings.model_validate_json(answer.content).channels[3].address == "Twilio …4444"
    sealed = await world.sql.fetchval(
        "SELECT sms_address FROM notification_settings WHERE user_id = $1", alice.user_id
    )
    assert b"thetoken" not in sealed
    assert sealed_addresses(settings).open(alice.user_id, sealed) == address


@pytest.mark.parametrize(
    "address",
    [
        "json://127.0.0.1/x",
        "file:///etc/passwd",
        "twilio://nothing",
        "discord://1234567890/abcdefghijk?template=http://127.0.0.1/latest/meta-data",
    ],
)
async def test_an_address_into_the_network_is_refused(
    http: httpx.AsyncClient, alice: Person, address: str
) -> None:
    answer = await http.put(
        "/notifications/message-service", json={"address": address}, headers=alice.headers
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "message_service_not_allowed")


async def test_a_test_message_is_sent_once_a_minute_by_a_channel_that_is_linked(
    http: httpx.AsyncClient, alice: Person
) -> None:
    assert (await http.post("/notifications/test/in_app", headers=alice.headers)).status_code == 202
    assert (await page(http, alice)).unread == 1
    refused = await http.post("/notifications/test/telegram", headers=alice.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "channel_not_linked")
