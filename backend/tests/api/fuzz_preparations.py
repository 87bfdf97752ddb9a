"""What somebody has, knows and types before an operation that takes more than an account: one preparation by operation.

A preparation brings about what its user would have brought about, by the API itself, by the job that does it, or by
rows as their makers write them; then the operation can be carried out.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import httpx
import pyotp
from redis.asyncio import Redis

from app.bootstrap.exchange import key_vault
from app.bootstrap.exports import export_job
from app.core.clock import utc_now
from app.core.config import DatabaseRole, Settings, role_database_url
from app.core.db import Database
from app.core.security import Passwords
from app.services.mail import LinkPurpose
from tests.api.desk_world import NOON, Person, World
from tests.api.newcomer import COOKIE, PASSWORD, Newcomer
from tests.paper_venue import PaperVenue

NEW_PASSWORD: Final = PASSWORD + "!"
MESSAGE_SERVICE: Final = "twilio://AC735c307c62944b5a0fbbb1e0b6f0d3bf:thetoken@15551112222/15553334444"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where somebody prepares: a client of the API, the database behind it, and the exchange."""

    http: httpx.AsyncClient
    world: World
    settings: Settings
    exchange: PaperVenue
    redis: Redis


@dataclass(frozen=True, slots=True)
class Prepared:
    """What came of it. `known` takes the place of what was drawn under that name, `typed` is in the body whether it was
    drawn or not, `headers` are sent beside the usual ones."""

    known: Mapping[str, object] = field(default_factory=dict)
    typed: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


Preparation = Callable[[Surroundings, Person], Awaitable[Prepared]]


def address(person: Person) -> str:
    """The e-mail address that the person has."""
    return f"{person.user_id}@example.com"


async def posted(
    around: Surroundings, path: str, person: Person, body: Mapping[str, object] | None = None
) -> httpx.Response:
    """The answer to something that the person asks for, which is granted."""
    answer = await around.http.post(path, json=body, headers=person.headers)
    assert answer.is_success, answer.text
    return answer


async def _with_password(around: Surroundings, person: Person) -> None:
    passwords = Passwords(workers=1)
    try:
        hashed = await passwords.hash(PASSWORD)
    finally:
        passwords.close()
    await around.world.sql.execute(
        "UPDATE users SET password_hash = $2 WHERE id = $1", person.user_id, hashed
    )


async def _mailed_to_confirm(around: Surroundings, _: Person) -> Prepared:
    newcomer = Newcomer(around.http, around.settings, around.world.sql)
    assert (await newcomer.sign_up()).is_success
    return Prepared({"token": await newcomer.link(LinkPurpose.VERIFY_EMAIL)})


async def _mailed_to_reset(around: Surroundings, person: Person) -> Prepared:
    await _with_password(around, person)
    reader = Newcomer(around.http, around.settings, around.world.sql)
    reader.email = address(person)
    await posted(around, "/auth/password-reset", person, {"email": reader.email})
    return Prepared({"token": await reader.link(LinkPurpose.RESET_PASSWORD), "password": NEW_PASSWORD})


async def _account(around: Surroundings, person: Person) -> Prepared:
    await _with_password(around, person)
    return Prepared({"email": address(person), "password": PASSWORD})


async def _password_at_hand(around: Surroundings, person: Person) -> Prepared:
    await _with_password(around, person)
    return Prepared(typed={"password": PASSWORD})


async def _cookie(around: Surroundings, person: Person) -> Prepared:
    await _with_password(around, person)
    body = {"email": address(person), "password": PASSWORD}
    answer = await around.http.post("/auth/sign-in", json=body)
    token = answer.cookies[COOKIE]
    around.http.cookies.clear()
    return Prepared(headers={"cookie": f"{COOKIE}={token}"})


async def _begun_factor(around: Surroundings, person: Person) -> Prepared:
    setup = (await posted(around, "/account/two-factor", person)).json()
    return Prepared({"code": pyotp.TOTP(setup["secret"]).at(utc_now())})


async def _factor(around: Surroundings, person: Person) -> Prepared:
    begun = await _begun_factor(around, person)
    await posted(around, "/account/two-factor/confirm", person, {"code": begun.known["code"]})
    return Prepared()


async def _live_wallet(around: Surroundings, person: Person) -> Prepared:
    """A wallet whose key trades at the exchange of the tests, which stands for a live venue."""
    wallet_id = uuid4()
    keys = around.exchange.account(wallet_id.hex)
    held = key_vault(around.settings).seal(person.user_id, wallet_id, keys.api_key, keys.api_secret)
    await around.world.insert(
        "wallets",
        id=wallet_id,
        user_id=person.user_id,
        name="Real",
        venue="paper",
        environment="live",
        account_fingerprint=wallet_id.hex,
        api_key_ciphertext=held.api_key,
        api_secret_ciphertext=held.api_secret,
        data_key_wrapped=held.data_key,
    )
    return Prepared({"wallet_id": str(wallet_id)})


async def _ready_to_arm(around: Surroundings, person: Person) -> Prepared:
    await _factor(around, person)
    wallet = await _live_wallet(around, person)
    return Prepared({**wallet.known, "consent": "TRADE REAL MONEY"})


async def _made_export(around: Surroundings, person: Person) -> Prepared:
    asked = await posted(around, "/exports", person, {"kind": "trades", "format": "csv"})
    export_id = UUID(asked.json()["id"])
    tenants = Database(role_database_url(around.settings, DatabaseRole.WORKER))
    try:
        assert await export_job(around.settings, tenants).run(person.user_id, export_id)
    finally:
        await tenants.close()
    return Prepared({"export_id": str(export_id)})


async def _filters(_: Surroundings, __: Person) -> Prepared:
    return Prepared({"search": {"tab": "trades", "side": "long", "symbol": "BTC"}})


async def _nothing_open(around: Surroundings, person: Person) -> Prepared:
    await around.world.sql.execute(
        "UPDATE trades SET status = 'CLOSED', quantity = 0, exit_price = 40200, exit_reason = 'take_profit',"
        " realized_pnl = 0, closed_at = $2 WHERE user_id = $1 AND status <> 'CLOSED'",
        person.user_id,
        NOON,
    )
    return Prepared({"email": address(person)})


async def _channels(around: Surroundings, person: Person) -> Prepared:
    """Everything by which somebody can be reached; the address of the account is confirmed already."""
    chat = person.user_id.int % 2**52
    await around.world.insert("notification_settings", user_id=person.user_id, telegram_chat_id=chat)
    answer = await around.http.put(
        "/notifications/message-service", json={"address": MESSAGE_SERVICE}, headers=person.headers
    )
    assert answer.is_success, answer.text
    return Prepared()


async def _message_service(_: Surroundings, __: Person) -> Prepared:
    return Prepared({"address": MESSAGE_SERVICE})


async def _entry_to_confirm(around: Surroundings, person: Person) -> Prepared:
    trade_id = await around.world.trade(
        person,
        "SOL/USDT:USDT",
        status="INTENT",
        quantity=0,
        entry_price=None,
        opened_at=None,
        protected_at=None,
        confirm_by=utc_now() + timedelta(minutes=2),
    )
    return Prepared({"trade_id": str(trade_id)})


async def _trade_for_operator(around: Surroundings, person: Person) -> Prepared:
    trade_id = await around.world.trade(
        person,
        "SOL/USDT:USDT",
        status="NEEDS_OPERATOR",
        operator_reason="the fills do not add up",
        operator_since=utc_now(),
    )
    return Prepared({"trade_id": str(trade_id)})


async def _consent(_: Surroundings, __: Person) -> Prepared:
    return Prepared(typed={"consent": "NO LIMIT"})


async def _exchange_calendar(_: Surroundings, __: Person) -> Prepared:
    return Prepared({"calendar": "XNYS"})


async def _tomorrow(_: Surroundings, __: Person) -> Prepared:
    return Prepared({"until": (utc_now() + timedelta(days=1)).isoformat()})


async def _few_subscriptions(_: Surroundings, __: Person) -> Prepared:
    lists = {"strategies": ["ema_trend"], "symbols": ["BTC", "ETH"], "timeframes": ["1h"]}
    return Prepared(typed=lists)


PREPARATIONS: Final[Mapping[str, Preparation]] = {
    "verify_email": _mailed_to_confirm,
    "reset_password": _mailed_to_reset,
    "sign_in": _account,
    "refresh_session": _cookie,
    "step_up": _password_at_hand,
    "confirm_two_factor": _begun_factor,
    "turn_off_two_factor": _factor,
    "renew_recovery_codes": _factor,
    "preview_arming": _live_wallet,
    "arm_wallet": _ready_to_arm,
    "load_export": _made_export,
    "save_view": _filters,
    "ask_for_deletion": _nothing_open,
    "send_test_message": _channels,
    "set_message_service": _message_service,
    "confirm_entry": _entry_to_confirm,
    "resolve_operator_case": _trade_for_operator,
    "change_risk_settings": _consent,
    "change_trading_schedule": _exchange_calendar,
    "change_venue_trading_schedule": _exchange_calendar,
    "change_wallet_trading_schedule": _exchange_calendar,
    "enable_auto_trade": _few_subscriptions,
    "pause_trading": _tomorrow,
    "pause_scope": _tomorrow,
}
"""By the id of the operation; every other one needs nothing but an account."""
