"""Every operation of the API's own description, asked by everybody who must not be answered.

A route that is not described here in EXAMPLES fails: nothing is served that nobody has asked as a stranger.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import jwt
import pytest
from pydantic import SecretStr

from app.core.clock import utc_now
from app.core.config import Settings, jwt_key
from app.main import create_app
from tests.api.desk_world import NOON, Person, World
from tests.conftest import SECRET

METHODS = ("get", "post", "put", "patch", "delete")
PUBLIC = frozenset(
    {
        "read_liveness",
        "read_readiness",
        "sign_up",
        "verify_email",
        "request_password_reset",
        "reset_password",
        "sign_in",
        "refresh_session",
        "sign_out",
    }
)
TRADE, WALLET, SESSION = "{trade_id}", "{wallet_id}", "{session_id}"
ENTRY = {"wallet_id": WALLET, "symbol": "BTC", "side": "long", "stop_price": "40000"}
# Body (and query) of a valid request by operation id; ids of the asked-for tenant are put into paths.
EXAMPLES: dict[str, dict[str, Any]] = {
    "list_sessions": {},
    "revoke_session": {},
    "read_me": {},
    "step_up": {"json": {"password": "not the password"}},
    "read_account_security": {},
    "begin_two_factor": {},
    "confirm_two_factor": {"json": {"code": "000000"}},
    "renew_recovery_codes": {},
    "turn_off_two_factor": {},
    "read_account": {},
    "change_account": {"json": {"time_zone": "Asia/Tokyo"}},
    "keep_time_zone": {},
    "ask_for_deletion": {"json": {"email": "not-this@example.com"}},
    "keep_account": {},
    "ask_for_export": {"json": {"kind": "trades"}},
    "list_exports": {},
    "read_export": {},
    "cancel_export": {},
    "load_export": {},
    "list_tags": {},
    "list_saved_views": {},
    "save_view": {"json": {"name": "Losers", "search": {"tab": "trades"}}},
    "remove_saved_view": {},
    "read_trade_note": {},
    "write_trade_note": {"json": {"note": "late", "rating": 2}},
    "list_screenshots": {},
    "add_screenshot": {"content": b"no picture"},
    "load_screenshot": {},
    "remove_screenshot": {},
    "preview_arming": {},
    "arm_wallet": {"json": {"consent": "TRADE REAL MONEY"}},
    "disarm_wallet": {},
    "list_wallets": {},
    "create_wallet": {"json": {"name": "X", "venue": "paper", "environment": "paper"}},
    "read_wallet": {},
    "rename_wallet": {"json": {"name": "X"}},
    "archive_wallet": {},
    "deposit_into_wallet": {"json": {"amount": "5"}},
    "withdraw_from_wallet": {"json": {"amount": "5"}},
    "list_wallet_transfers": {},
    "enable_auto_trade": {"json": {}},
    "disable_auto_trade": {},
    "read_wallet_risk_settings": {},
    "change_wallet_risk_settings": {"json": {"max_leverage": 2}},
    "cancel_pending_wallet_risk_setting": {},
    "read_trading_schedule": {},
    "change_trading_schedule": {"json": {"trade_weekends": False}},
    "read_wallet_trading_schedule": {},
    "change_wallet_trading_schedule": {"json": {"trade_weekends": False}},
    "read_wallet_execution_settings": {},
    "change_wallet_execution_settings": {"json": {"max_slippage": "20"}},
    "read_risk_settings": {},
    "change_risk_settings": {"json": {"max_leverage": 2}},
    "cancel_pending_risk_setting": {},
    "list_limits": {},
    "list_scoped_risk_settings": {},
    "change_scoped_risk_settings": {"json": {"max_leverage": 2}},
    "cancel_pending_scoped_risk_setting": {},
    "list_risk_profiles": {},
    "apply_risk_profile": {"json": {"consent": "NO LIMIT"}},
    "reset_risk_settings": {},
    "read_risk_status": {},
    "list_risk_decisions": {},
    "read_system_health": {},
    "list_operator_cases": {},
    "resolve_operator_case": {"json": {"choice": "close"}},
    "list_platform_limits": {},
    "set_platform_limit": {"json": {"value": "5"}},
    "remove_platform_limit": {},
    "read_risk_decision": {},
    "preview_risk_settings": {"json": {"max_leverage": 2}},
    "calculate_position_size": {"json": ENTRY},
    "validate_entry": {"json": ENTRY},
    "read_circuit_breaker_status": {},
    "read_breaker_history": {},
    "pause_trading": {"json": {}},
    "resume_trading": {"json": {"acknowledge": True}},
    "preview_kill_switch": {},
    "press_kill_switch": {"json": {"confirm": "CLOSE ALL"}},
    "read_kill_switch_receipt": {},
    "list_trips": {},
    "read_breaker_report": {"params": {"since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}},
    "pause_scope": {"json": {"scope": "platform"}},
    "resume_scope": {"json": {"scope": "platform", "acknowledge": True}},
    "preview_scope_kill_switch": {"params": {"scope": "platform"}},
    "press_scope_kill_switch": {"json": {"scope": "platform", "confirm": "CLOSE ALL", "reason": "Drill."}},
    "read_scope_receipt": {},
    "list_positions": {},
    "read_position": {},
    "close_position": {},
    "confirm_entry": {},
    "list_trades": {},
    "read_trade": {},
    "replace_trade_tags": {"json": {"tags": ["news"]}},
    "list_execution_logs": {},
    "list_manual_trades": {},
    "read_execution_stats": {},
    "read_portfolio": {},
    "read_attribution": {},
    "read_risk_metrics": {},
    "read_equity": {},
    "read_drawdowns": {},
    "read_calendar": {},
    "read_comparison": {},
    "list_signals": {},
    "list_strategies": {},
    "list_venues": {},
    "list_markets": {},
    "list_candles": {"params": {"venue": "paper", "symbol": "BTC", "timeframe": "1h"}},
    "create_stream_ticket": {},
    "list_notifications": {},
    "mark_notifications_read": {"json": {}},
    "read_notification_settings": {},
    "change_notification_settings": {"json": {"digest_at": "07:00"}},
    "link_telegram": {},
    "unlink_telegram": {},
    "set_message_service": {"json": {"address": "discord://webhook-id/webhook-token"}},
    "forget_message_service": {},
    "send_test_message": {},
}
# Operations that show nothing of any tenant: another tenant's answer has nothing to hide.
SHARED = frozenset(
    {"list_signals", "list_strategies", "list_venues", "list_markets", "list_candles", "create_stream_ticket"}
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one path, as the API describes it."""

    name: str
    method: str
    path: str
    secured: bool


def operations() -> Iterator[Operation]:
    settings = Settings(
        secret_key=SecretStr(SECRET),
        database_url="postgresql://127.0.0.1:1/none",
        redis_url="redis://127.0.0.1:1/0",
    )
    for path, methods in create_app(settings).openapi()["paths"].items():
        for method, held in methods.items():
            if method in METHODS:
                secured = bool(held.get("security"))
                yield Operation(held["operationId"], method, path.removeprefix("/api/v1"), secured)


ALL = tuple(operations())
GUARDED = tuple(operation for operation in ALL if operation.name not in PUBLIC)
# Paths that name no row of a tenant's but a thing that everybody has.
OWN_OF_EVERYBODY = frozenset({"change_scoped_risk_settings", "apply_risk_profile", "send_test_message"})
ADMIN = tuple(operation for operation in GUARDED if operation.path.startswith("/admin"))
NOT_ADMIN = tuple(operation for operation in GUARDED if operation not in ADMIN)
WITH_ID = tuple(
    operation for operation in GUARDED if "{" in operation.path and operation.name not in OWN_OF_EVERYBODY
)


def named(chosen: tuple[Operation, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("operation", chosen, ids=lambda operation: operation.name)


@dataclass(frozen=True, slots=True)
class Target:
    """A tenant with something of everything, and the ids that its paths take."""

    person: Person
    trade_id: UUID
    decision_id: UUID
    run_id: UUID
    export_id: UUID
    view_id: UUID
    screenshot_id: UUID
    texts: frozenset[str]


@pytest.fixture
async def target(world: World, bob: Person) -> Target:
    trade_id = await world.trade(bob)
    closed = await world.closed_trade(bob, NOON, symbol="ETH/USDT:USDT")
    log_id = await world.execution(bob, trade_id=trade_id)
    decision_id = await world.decision(bob)
    await world.pending_change(bob, "user", "")
    await world.pending_change(bob, "symbol", "BTC/USDT:USDT")
    await world.pending_change(bob, "wallet", str(bob.wallet_id))
    run_id = await world.kill_switch_run(bob)
    export_id, view_id, screenshot_id = await world.things(bob, trade_id)
    ids = (bob.user_id, bob.session_id, bob.wallet_id, trade_id, closed, log_id, decision_id)
    texts = frozenset(str(one) for one in (*ids, export_id, view_id, screenshot_id))
    return Target(bob, trade_id, decision_id, run_id, export_id, view_id, screenshot_id, texts)


async def ask(
    http: httpx.AsyncClient, operation: Operation, target: Target, headers: dict[str, str]
) -> httpx.Response:
    path = operation_path(operation, target)
    held = headers | {"Idempotency-Key": uuid4().hex, "If-Match": "*"}
    example = dict(EXAMPLES[operation.name])
    if example.get("json") is ENTRY:
        example["json"] = ENTRY | {"wallet_id": str(target.person.wallet_id)}
    return await http.request(operation.method, path, headers=held, **example)


async def rows_of(sql: asyncpg.Connection, user_id: UUID) -> str:
    """Everything that is stored of a user, except when a row of nobody's was read."""
    found = {}
    for table in (
        "users",
        "wallets",
        "trades",
        "sessions",
        "risk_settings",
        "outbox",
        "wallet_risk_settings",
        "risk_pending_changes",
        "scoped_risk_settings",
        "notifications",
        "notification_settings",
        "notification_preferences",
        "telegram_link_codes",
        "kill_switch_runs",
        "two_factors",
        "exports",
        "saved_views",
        "trade_notes",
        "trade_screenshots",
        "recovery_codes",
    ):
        column = "id" if table == "users" else "user_id"
        rows = await sql.fetch(f"SELECT * FROM {table} WHERE {column} = $1 ORDER BY 1", user_id)  # noqa: S608
        found[table] = [str(row) for row in rows]
    rows = await sql.fetch("SELECT * FROM breaker_states WHERE user_id = $1", user_id)
    return json.dumps(found | {"breaker_states": [str(row) for row in rows]})


def test_every_operation_is_in_the_matrix() -> None:
    names = [operation.name for operation in ALL]
    assert len(names) == len(set(names)), "operation ids are unique"
    assert set(names) == PUBLIC | set(EXAMPLES)


def test_what_is_not_public_asks_for_a_token() -> None:
    assert {operation.name for operation in ALL if not operation.secured} == PUBLIC


@named(GUARDED)
async def test_anonymous_is_refused(http: httpx.AsyncClient, operation: Operation, target: Target) -> None:
    answer = await ask(http, operation, target, {})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@named(GUARDED)
async def test_an_expired_token_is_refused(
    http: httpx.AsyncClient, world: World, operation: Operation, target: Target
) -> None:
    person = target.person
    token = world.tokens.issue(person.user_id, person.session_id, utc_now() - timedelta(hours=1))
    answer = await ask(http, operation, target, {"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


@named(GUARDED)
async def test_a_refresh_token_is_no_access_token(
    http: httpx.AsyncClient, settings: Settings, operation: Operation, target: Target
) -> None:
    claims = {
        "iss": "stackalpha",
        "aud": "stackalpha-api",
        "sub": str(target.person.user_id),
        "sid": str(target.person.session_id),
        "jti": uuid4().hex,
        "typ": "refresh",
        "iat": utc_now(),
        "exp": utc_now() + timedelta(minutes=5),
    }
    for token in (jwt.encode(claims, jwt_key(settings), algorithm="HS256"), uuid4().hex):
        answer = await ask(http, operation, target, {"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@named(GUARDED)
async def test_a_token_for_another_tenants_session_is_refused(
    http: httpx.AsyncClient, world: World, alice: Person, operation: Operation, target: Target
) -> None:
    mixed = world.bearer(target.person.user_id, alice.session_id)
    answer = await ask(http, operation, target, mixed)
    assert (answer.status_code, answer.json()["code"]) == (401, "session_over")


@named(NOT_ADMIN)
async def test_another_tenant_sees_and_changes_nothing(
    http: httpx.AsyncClient,
    alice: Person,
    operation: Operation,
    target: Target,
    owner_connection: asyncpg.Connection,
) -> None:
    before = await rows_of(owner_connection, target.person.user_id)
    answer = await ask(http, operation, target, alice.headers)
    if operation in WITH_ID or EXAMPLES[operation.name].get("json") is ENTRY:
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.text
        asked = operation_path(operation, target) + str(target.person.wallet_id)
        named_ids = {one for one in target.texts if one in asked}
    else:
        named_ids = set()
        assert answer.status_code < 500 or operation.name in SHARED | {"create_wallet"}
    leaked = {one for one in target.texts - named_ids if one in answer.text}
    assert leaked == set()
    assert await rows_of(owner_connection, target.person.user_id) == before


def operation_path(operation: Operation, target: Target) -> str:
    return operation.path.format(
        trade_id=target.trade_id,
        decision_id=target.decision_id,
        wallet_id=target.person.wallet_id,
        session_id=target.person.session_id,
        run_id=target.run_id,
        export_id=target.export_id,
        view_id=target.view_id,
        screenshot_id=target.screenshot_id,
        setting="max_leverage",
        scope="symbol",
        key="BTC",
        profile="conservative",
        channel="in_app",
    )


@pytest.mark.parametrize(
    "path", ["/positions?wallet_id={}", "/execution/logs?wallet_id={}", "/trades?wallet_id={}"]
)
async def test_another_tenants_wallet_as_a_filter_finds_nothing(
    http: httpx.AsyncClient, alice: Person, target: Target, path: str
) -> None:
    answer = await http.get(path.format(target.person.wallet_id), headers=alice.headers)
    assert answer.json()["items"] == []


@pytest.mark.parametrize("name", ["pause_trading", "resume_trading", "press_kill_switch"])
async def test_another_tenants_wallet_in_a_body_is_not_found(
    http: httpx.AsyncClient, alice: Person, target: Target, name: str
) -> None:
    body = EXAMPLES[name]["json"] | {"wallet_id": str(target.person.wallet_id)}
    path = next(operation.path for operation in ALL if operation.name == name)
    held = alice.headers | {"Idempotency-Key": uuid4().hex}
    answer = await http.post(path, json=body, headers=held)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@named(NOT_ADMIN)
async def test_the_tenant_itself_is_let_in(
    http: httpx.AsyncClient, operation: Operation, target: Target
) -> None:
    answer = await ask(http, operation, target, target.person.headers)
    assert answer.status_code not in (401, 403, 404), answer.text
    assert answer.status_code < 500 or answer.json()["code"] == "venue_unavailable"


@named(ADMIN)
async def test_an_admin_route_asks_for_an_admin(
    http: httpx.AsyncClient, operation: Operation, target: Target
) -> None:
    answer = await ask(http, operation, target, target.person.headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "admin_required")


def test_the_clock_of_this_matrix_is_not_the_future() -> None:
    assert datetime(2100, 1, 1, tzinfo=UTC) > utc_now()
