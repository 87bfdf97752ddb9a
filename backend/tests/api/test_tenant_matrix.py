"""Every operation of the API's own description, asked by everybody who must not be answered.

A route that is not described here in EXAMPLES fails: nothing is served that nobody has asked as a stranger.
"""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
import jwt
import pytest
import pytest_asyncio

from app.core.clock import utc_now
from app.core.config import Settings, jwt_key
from tests.api.description import description
from tests.api.desk_world import NOON, Person, World
from tests.api.operation_examples import ENTRY, EXAMPLES

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
# Operations that show nothing of any tenant: another tenant's answer has nothing to hide.
SHARED = frozenset(
    {
        "list_signals",
        "list_strategies",
        "list_venues",
        "list_markets",
        "list_candles",
        "read_next_funding",
        "create_stream_ticket",
    }
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one path, as the API describes it."""

    name: str
    method: str
    path: str
    secured: bool


def operations() -> Iterator[Operation]:
    for path, methods in description()["paths"].items():
        for method, held in methods.items():
            if method in METHODS:
                secured = bool(held.get("security"))
                yield Operation(held["operationId"], method, path.removeprefix("/api/v1"), secured)


ALL = tuple(operations())
GUARDED = tuple(operation for operation in ALL if operation.name not in PUBLIC)
# Paths that name no row of a tenant's but a thing that everybody has.
OWN_OF_EVERYBODY = frozenset(
    {
        "change_scoped_risk_settings",
        "apply_risk_profile",
        "send_test_message",
        "read_venue_trading_schedule",
        "change_venue_trading_schedule",
    }
)
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
    report_id: UUID
    texts: frozenset[str]


async def target_of(scene: World) -> Target:
    """A new tenant with one of everything."""
    bob = await scene.person()
    trade_id = await scene.trade(bob)
    closed = await scene.closed_trade(bob, NOON, symbol="ETH/USDT:USDT")
    log_id = await scene.execution(bob, trade_id=trade_id)
    decision_id = await scene.decision(bob)
    await scene.pending_change(bob, "user", "")
    await scene.pending_change(bob, "symbol", "BTC/USDT:USDT")
    await scene.pending_change(bob, "wallet", str(bob.wallet_id))
    run_id = await scene.kill_switch_run(bob)
    export_id, view_id, screenshot_id, report_id = await scene.things(bob, trade_id)
    ids = (bob.user_id, bob.session_id, bob.wallet_id, trade_id, closed, log_id, decision_id)
    texts = frozenset(str(one) for one in (*ids, export_id, view_id, screenshot_id, report_id))
    return Target(bob, trade_id, decision_id, run_id, export_id, view_id, screenshot_id, report_id, texts)


@pytest_asyncio.fixture(scope="module")
async def scene(settings: Settings) -> AsyncIterator[World]:
    """Writes rows behind row-level security, for all of this matrix."""
    connection = await asyncpg.connect(settings.database_url)
    yield World(connection, settings)
    await connection.close()


@pytest_asyncio.fixture(scope="module")
async def target(scene: World) -> Target:
    """A tenant for everybody who must be refused: nothing of it ever changes."""
    return await target_of(scene)


@pytest_asyncio.fixture
async def stranger(scene: World) -> Person:
    """Another tenant."""
    return await scene.person()


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
    http: httpx.AsyncClient, scene: World, operation: Operation, target: Target
) -> None:
    person = target.person
    token = scene.tokens.issue(person.user_id, person.session_id, utc_now() - timedelta(hours=1))
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
    http: httpx.AsyncClient, scene: World, stranger: Person, operation: Operation, target: Target
) -> None:
    mixed = scene.bearer(target.person.user_id, stranger.session_id)
    answer = await ask(http, operation, target, mixed)
    assert (answer.status_code, answer.json()["code"]) == (401, "session_over")


@named(NOT_ADMIN)
async def test_another_tenant_sees_and_changes_nothing(
    http: httpx.AsyncClient, scene: World, stranger: Person, operation: Operation, target: Target
) -> None:
    before = await rows_of(scene.sql, target.person.user_id)
    answer = await ask(http, operation, target, stranger.headers)
    if operation in WITH_ID or EXAMPLES[operation.name].get("json") is ENTRY:
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.text
        asked = operation_path(operation, target) + str(target.person.wallet_id)
        named_ids = {one for one in target.texts if one in asked}
    else:
        named_ids = set()
        assert answer.status_code < 500 or operation.name in SHARED | {"create_wallet"}
    leaked = {one for one in target.texts - named_ids if one in answer.text}
    assert leaked == set()
    assert await rows_of(scene.sql, target.person.user_id) == before


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
        report_id=target.report_id,
        setting="max_leverage",
        scope="symbol",
        key="BTC",
        profile="conservative",
        channel="in_app",
        venue="paper",
    )


@pytest.mark.parametrize(
    "path", ["/positions?wallet_id={}", "/execution/logs?wallet_id={}", "/trades?wallet_id={}"]
)
async def test_another_tenants_wallet_as_a_filter_finds_nothing(
    http: httpx.AsyncClient, stranger: Person, target: Target, path: str
) -> None:
    answer = await http.get(path.format(target.person.wallet_id), headers=stranger.headers)
    assert answer.json()["items"] == []


@pytest.mark.parametrize("name", ["pause_trading", "resume_trading", "press_kill_switch"])
async def test_another_tenants_wallet_in_a_body_is_not_found(
    http: httpx.AsyncClient, stranger: Person, target: Target, name: str
) -> None:
    body = EXAMPLES[name]["json"] | {"wallet_id": str(target.person.wallet_id)}
    path = next(operation.path for operation in ALL if operation.name == name)
    held = stranger.headers | {"Idempotency-Key": uuid4().hex}
    answer = await http.post(path, json=body, headers=held)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@named(NOT_ADMIN)
async def test_the_tenant_itself_is_let_in(
    http: httpx.AsyncClient, operation: Operation, scene: World
) -> None:
    own = await target_of(scene)
    answer = await ask(http, operation, own, own.person.headers)
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
