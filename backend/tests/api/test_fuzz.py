"""Every operation asked with what its own description allows, and with what it does not.

schemathesis draws the requests from the API's description; what only a user can know (ids of things that exist,
names of markets and strategies) is put in. Nothing may answer with a server's error, with a status or a body that
is not described, or take what the description forbids. Of the requests that the description allows most must be
carried out: a description that promises more than the API takes is wrong.
`FUZZ_EXAMPLES=200` draws that many requests of each kind per operation (`make soak NAME=api_fuzz`).
"""

import json
import os
import warnings
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from redis.asyncio import Redis
from schemathesis import Case, GenerationMode, checks, openapi
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks as described

from app.core.config import Settings
from tests.api.description import description
from tests.api.desk_world import NOON, Person, World, running_api
from tests.api.wallets import opened
from tests.conftest import create_database
from tests.paper_venue import PaperVenue
from tests.plain_http import PLAIN
from tests.service_host import TestServices

EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "6"))
LEAST_SHARE: Final = 0.6
DRAWING: Final = settings(
    max_examples=EXAMPLES,
    database=None,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
DOCUMENT: Final = description()
Operation = APIOperation[Any, Any, Any, Any]


def described_operations() -> dict[str, Operation]:
    """Every operation by its id; an operation that cannot be read fails."""
    read = [found.ok() for found in openapi.from_dict(DOCUMENT).get_all_operations() if isinstance(found, Ok)]
    operations = {str(operation.definition.raw["operationId"]): operation for operation in read}
    assert len(operations) == sum(len(methods) for methods in DOCUMENT["paths"].values())
    return operations


OPERATIONS: Final = described_operations()
CHECKS: Final = [
    checks.not_a_server_error,
    described.status_code_conformance,
    described.content_type_conformance,
    described.response_schema_conformance,
]
BEFORE_THE_VENUE: Final = frozenset({"deposit_into_wallet", "withdraw_from_wallet", "archive_wallet"})
PATH_NAMES: Final = {"setting": "max_leverage", "scope": "symbol", "key": "BTC"}
SCOPE_IDS: Final[Mapping[object, str | None]] = {"platform": "platform", "venue": "paper", "user": None}
# Operations whose carrying out depends on something that no description can tell, and what that is.
NEEDS_MORE: Final[Mapping[str, str]] = {
    "verify_email": "a token that comes by mail",
    "reset_password": "a token that comes by mail",
    "sign_in": "an account with that password",
    "refresh_session": "the cookie of a session",
    "step_up": "the password of the account",
    "confirm_two_factor": "a secret that was begun, and its code",
    "turn_off_two_factor": "a second factor that is on",
    "renew_recovery_codes": "a second factor that is on",
    "arm_wallet": "a live wallet with its key",
    "preview_arming": "a live wallet",
    "load_export": "an export that its job has made",
    "save_view": "names of filters that the journal has",
    "ask_for_deletion": "an account without open positions",
    "link_telegram": "a bot of the deployment",
    "send_test_message": "a channel that is linked",
    "set_message_service": "the address of a service that the deployment allows",
    "confirm_entry": "an entry that waits for a yes",
    "resolve_operator_case": "a trade that waits for an operator",
}
# The bounds of settings and what makes sense together are rules of the domain: answered in words, not described.
DOMAIN_BOUNDS: Final = frozenset(
    {
        "change_risk_settings",
        "change_scoped_risk_settings",
        "change_wallet_risk_settings",
        "change_wallet_execution_settings",
        "preview_risk_settings",
        "enable_auto_trade",
        "set_platform_limit",
        "change_trading_schedule",
        "change_venue_trading_schedule",
        "change_wallet_trading_schedule",
    }
)


def drawn(operation: Operation, mode: GenerationMode) -> list[Case[Any]]:
    """The same requests every time, as the description allows or forbids them; none where it takes nothing."""
    found: list[Case[Any]] = []

    @DRAWING
    @given(case=operation.as_strategy(mode))
    def collect(case: Case[Any]) -> None:
        found.append(case)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            collect()
        except Unsatisfiable:
            return []
    return found


class Tenant:
    """Somebody with something of everything, who knows the names of it."""

    def __init__(self, person: Person, known: Mapping[str, object]) -> None:
        self.person = person
        self.known = known

    def request(self, case: Case[Any], *, informed: bool) -> dict[str, Any]:
        """The request of a case as httpx sends it. `informed`: with what a user knows put in."""
        sent = case.as_transport_kwargs(base_url="http://api")
        sent["url"] = sent["url"].removeprefix("http://api/api/v1")
        sent["headers"] = {
            name.lower(): value
            for name, value in sent["headers"].items()
            if name.lower() in ("content-type", "idempotency-key", "if-match")
        }
        sent["headers"] |= self.person.headers
        if cookies := sent.pop("cookies", None):
            sent["headers"]["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        if isinstance(sent.get("data"), str | bytes):
            sent["content"] = sent.pop("data")
        if informed:
            self._inform(case, sent)
        return {name: value for name, value in sent.items() if value is not None}

    def _inform(self, case: Case[Any], sent: dict[str, Any]) -> None:
        path = {
            name: PATH_NAMES.get(name) or self.known.get(name, value)
            for name, value in case.path_parameters.items()
        }
        sent["url"] = case.path.removeprefix("/api/v1").format(**path)
        if "json" in sent:
            sent["json"] = self._told(sent["json"])
        if isinstance(sent.get("params"), dict):
            sent["params"] = self._told(sent["params"])
            sent["params"].pop("cursor", None)
        if case.operation.get_parameter("Idempotency-Key", "header"):
            sent["headers"]["idempotency-key"] = uuid4().hex
        if case.operation.get_parameter("if-match", "header"):
            sent["headers"]["if-match"] = "*"

    def _told(self, value: object) -> Any:
        if isinstance(value, dict):
            told = {
                name: self.known[name] if name in self.known and one is not None else self._told(one)
                for name, one in value.items()
            }
            if told.get("scope") in SCOPE_IDS:
                told["scope_id"] = SCOPE_IDS[told["scope"]] or str(self.person.user_id)
            return told
        if isinstance(value, list):
            return [self._told(one) for one in value]
        return value


@pytest.fixture(scope="module")
def fuzz_settings(
    settings: Settings, services: TestServices, session_folder: Path, worker_name: str
) -> Settings:
    """A database of its own: administrators' halts and limits of everybody must not meet other tests."""
    name = f"fuzz_{worker_name}"
    create_database(services, session_folder, name)
    url = services.postgres_url.rpartition("/")[0] + f"/{name}"
    return settings.model_copy(update={"database_url": url})


@pytest_asyncio.fixture(scope="module")
async def fuzzed_api(fuzz_settings: Settings, shared_paper_exchange: PaperVenue) -> AsyncIterator[str]:
    """The address of an API that knows a paper exchange."""
    settings = fuzz_settings.model_copy(update={"paper_url": shared_paper_exchange.url})
    async with running_api(settings) as url:
        yield url


@pytest_asyncio.fixture
async def fuzzed(fuzzed_api: str, redis_client: Redis) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it; nothing of any rate limit is used up."""
    async with httpx.AsyncClient(base_url=f"{fuzzed_api}/api/v1", timeout=120, verify=PLAIN) as client:
        yield client


@pytest_asyncio.fixture
async def fuzz_world(fuzz_settings: Settings) -> AsyncIterator[World]:
    """Writes rows behind row-level security; what an administrator changed for everybody is undone."""
    connection = await asyncpg.connect(fuzz_settings.database_url)
    yield World(connection, fuzz_settings)
    for table in ("breaker_states", "kill_switch_runs", "platform_risk_limits"):
        await connection.execute(f"DELETE FROM {table}")  # noqa: S608
    await connection.close()


async def tenant(client: httpx.AsyncClient, world: World, operation: str) -> Tenant:
    """A new tenant; an administrator where the operation asks for one."""
    person = await world.person()
    if OPERATIONS[operation].path.startswith("/api/v1/admin"):
        await world.sql.execute("UPDATE users SET role = 'admin' WHERE id = $1", person.user_id)
    trade_id = await world.trade(person)
    await world.closed_trade(person, NOON, symbol="ETH/USDT:USDT")
    await world.execution(person, trade_id=trade_id)
    await world.pending_change(person, "user", "")
    await world.pending_change(person, "symbol", "BTC/USDT:USDT")
    await world.pending_change(person, "wallet", str(person.wallet_id))
    wallet_id = str(person.wallet_id)
    if operation in BEFORE_THE_VENUE:
        wallet_id = (await opened(client, person)).json()["id"]
    export_id, view_id, screenshot_id, report_id = await world.things(person, trade_id)
    known = {
        "export_id": str(export_id),
        "view_id": str(view_id),
        "screenshot_id": str(screenshot_id),
        "report_id": str(report_id),
        "month": "2025-10",
        "send": False,  # without a mail server nothing is sent
        "wallet_id": wallet_id,
        "session_id": str(person.session_id),
        "trade_id": str(trade_id),
        "decision_id": str(await world.decision(person)),
        "run_id": str(await world.kill_switch_run(person)),
        "symbol": "BTC",
        "symbols": ["BTC", "ETH"],
        "strategy": "ema_trend",
        "strategies": ["ema_trend"],
        "tags": ["news", "breakout"],
        "since": "2026-01-01T00:00:00Z",
        "until": "2026-01-02T00:00:00Z",
        "timeframe": "1h",
        "timeframes": ["1h"],
        "venue": "paper",
        "time_zone": "Europe/Berlin",
        "email": f"{uuid4().hex}@example.com",
        "password": "orbital marmalade 42",
        "environment": "paper",
        "api_key": None,  # the paper exchange takes no keys
        "api_secret": None,
    }
    return Tenant(person, known)


def is_forbidden(case: Case[Any]) -> bool:
    """Whether what is wrong is in the path, the query or the body: headers are the test's own."""
    parts = case.meta.components if case.meta else {}
    return any(
        part.mode is GenerationMode.NEGATIVE
        for place, part in parts.items()
        if place in (ParameterLocation.PATH, ParameterLocation.QUERY, ParameterLocation.BODY)
    )


def has_plain_schema(case: Case[Any]) -> bool:
    """schemathesis turns the tuples of candles (`prefixItems`) into a form that JSON Schema 2020-12 knows no more."""
    return str(case.operation.definition.raw["operationId"]) != "list_candles"


async def answered(client: httpx.AsyncClient, case: Case[Any], request: dict[str, Any]) -> httpx.Response:
    """The answer, held against the description."""
    answer = await client.request(**request)
    case.validate_response(answer, checks=CHECKS if has_plain_schema(case) else CHECKS[:-1])
    return answer


def why_not_held(name: str) -> str | None:
    """Why nobody can say how much of what the description of an operation allows is to be carried out; None where
    somebody can."""
    if name in DOMAIN_BOUNDS:
        return "it takes any figure, and refuses with a sentence those beyond a bound or at odds with another"
    return NEEDS_MORE.get(name) and f"it needs {NEEDS_MORE[name]}"


def note_share(name: str, done: int, asked: int) -> None:
    """Tell the soak, where it runs, how much was carried out."""
    if path := os.environ.get("FUZZ_SHARES"):
        held = {
            "name": f"share.{name}",
            "value": round(done / asked, 3),
            "unit": "of requests",
            "limit": LEAST_SHARE,
        }
        if (why := why_not_held(name)) is not None:
            held["not held"] = why
        with Path(path).open("a") as file:
            file.write(json.dumps(held) + "\n")


@pytest.mark.parametrize("name", sorted(OPERATIONS))
async def test_what_the_description_allows_is_done(
    fuzzed: httpx.AsyncClient, fuzz_world: World, name: str
) -> None:
    done: list[bool] = []
    refusals: list[str] = []
    for case in drawn(OPERATIONS[name], GenerationMode.POSITIVE):
        somebody = await tenant(fuzzed, fuzz_world, name)
        answer = await answered(fuzzed, case, somebody.request(case, informed=True))
        done.append(answer.is_success)
        if not answer.is_success:
            refusals.append(f"{case.body!r} {case.query!r}: {answer.text}"[:600])
    note_share(name, sum(done), len(done))
    if why_not_held(name) is None:
        assert sum(done) >= LEAST_SHARE * len(done), refusals


@pytest.mark.parametrize("name", sorted(OPERATIONS))
async def test_what_the_description_forbids_is_refused(
    fuzzed: httpx.AsyncClient, fuzz_world: World, name: str
) -> None:
    somebody = await tenant(fuzzed, fuzz_world, name)
    for case in drawn(OPERATIONS[name], GenerationMode.NEGATIVE):
        answer = await answered(fuzzed, case, somebody.request(case, informed=False))
        if is_forbidden(case) and answer.status_code != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            case.validate_response(answer, checks=[described.negative_data_rejection])
