"""Every operation asked with what its own description allows, and with what it does not.

schemathesis draws the requests from the API's description; what only a user can know or have (ids of things that exist,
names of markets and strategies, a token that came by mail: `fuzz_preparations`) is put in, and what has to fit together
is made to (`fuzz_coherence`). Nothing may answer with a server's error, with a status or a body that is not described,
or take what the description forbids. Of the requests that the description allows most must be carried out, by every
operation: a description that promises more than the API takes is wrong.
`FUZZ_EXAMPLES=200` draws that many requests of each kind per operation (`make soak NAME=api_fuzz`).
"""

import json
import os
import warnings
from collections.abc import AsyncIterator, Iterator, Mapping
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
from tests.api.fuzz_coherence import COHERENT
from tests.api.fuzz_preparations import PREPARATIONS, Prepared, Surroundings
from tests.api.wallets import opened
from tests.conftest import create_database
from tests.paper_venue import SYNTHETIC, PaperVenue
from tests.plain_http import PLAIN
from tests.service_host import TestServices
from tests.services.notification_world import servers

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
    """Somebody with something of everything, who knows the names of it, and who has prepared for the operation. `held`:
    what the operation changes, as it is."""

    def __init__(
        self, person: Person, known: Mapping[str, object], prepared: Prepared, held: Mapping[str, Any]
    ) -> None:
        self.person = person
        self.known = {**known, **prepared.known}
        self.prepared = prepared
        self.held = held

    def request(self, case: Case[Any], *, informed: bool) -> dict[str, Any]:
        """The request of a case as httpx sends it, about things that exist unless its path is what is wrong.
        `informed`: with what else a user knows put in."""
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
        if informed or not is_wrong(case, ParameterLocation.PATH):
            sent["url"] = self._place(case)
        if informed:
            self._inform(case, sent)
        return {name: value for name, value in sent.items() if value is not None}

    def _place(self, case: Case[Any]) -> str:
        path = {
            name: PATH_NAMES.get(name) or self.known.get(name, value)
            for name, value in case.path_parameters.items()
        }
        return case.path.removeprefix("/api/v1").format(**path)

    def _inform(self, case: Case[Any], sent: dict[str, Any]) -> None:
        if isinstance(sent.get("json"), dict):
            coherent, _ = COHERENT.get(str(case.operation.definition.raw["operationId"]), (None, None))
            body = self._told(sent["json"]) | self.prepared.typed
            sent["json"] = body if coherent is None else coherent(body, self.held)
        if isinstance(sent.get("params"), dict):
            sent["params"] = self._told(sent["params"])
            sent["params"].pop("cursor", None)
        if case.operation.get_parameter("Idempotency-Key", "header"):
            sent["headers"]["idempotency-key"] = uuid4().hex
        if case.operation.get_parameter("if-match", "header"):
            sent["headers"]["if-match"] = "*"
        sent["headers"] |= self.prepared.headers

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


@pytest.fixture(scope="module")
def fuzz_exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperVenue]:
    """A paper exchange that answers however often it is asked."""
    venue = PaperVenue(tmp_path_factory.mktemp("venue"), (*SYNTHETIC, "--weight-limit", "1000000"))
    venue.start()
    yield venue
    venue.stop()


@pytest_asyncio.fixture(scope="module")
async def fuzzed_api(fuzz_settings: Settings, fuzz_exchange: PaperVenue) -> AsyncIterator[str]:
    """The address of an API that knows a paper exchange, a mail server and a Telegram bot."""
    settings = fuzz_settings.model_copy(update={"paper_url": fuzz_exchange.url})
    async with servers(settings) as held, running_api(held.settings) as url:
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


@pytest.fixture
def around(
    fuzzed: httpx.AsyncClient,
    fuzz_world: World,
    fuzz_settings: Settings,
    fuzz_exchange: PaperVenue,
    redis_client: Redis,
) -> Surroundings:
    """Where tenants prepare."""
    return Surroundings(fuzzed, fuzz_world, fuzz_settings, fuzz_exchange, redis_client)


async def tenant(around: Surroundings, operation: str) -> Tenant:
    """A new tenant, of whom no rate limit is used up; an administrator where the operation asks for one."""
    client, world = around.http, around.world
    await around.redis.flushdb()
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
    prepare = PREPARATIONS.get(operation)
    prepared = Prepared() if prepare is None else await prepare(around, person)
    _, read = COHERENT.get(operation, (None, None))
    held = {} if read is None else await read_settings(client, person, read.format(wallet_id=wallet_id))
    return Tenant(person, known, prepared, held)


async def read_settings(client: httpx.AsyncClient, person: Person, path: str) -> dict[str, Any]:
    """Settings as they are."""
    answer = await client.get(path, headers=person.headers)
    assert answer.is_success, answer.text
    settings: dict[str, Any] = answer.json()
    return settings


def is_wrong(case: Case[Any], *places: ParameterLocation) -> bool:
    """Whether something is drawn wrong on purpose in one of those places."""
    parts = case.meta.components if case.meta else {}
    return any(part.mode is GenerationMode.NEGATIVE for place, part in parts.items() if place in places)


def is_forbidden(case: Case[Any]) -> bool:
    """Whether what is wrong is in the path, the query or the body: headers are the test's own."""
    return is_wrong(case, ParameterLocation.PATH, ParameterLocation.QUERY, ParameterLocation.BODY)


def has_plain_schema(case: Case[Any]) -> bool:
    """schemathesis turns the tuples of candles (`prefixItems`) into a form that JSON Schema 2020-12 knows no more."""
    return str(case.operation.definition.raw["operationId"]) != "list_candles"


async def answered(client: httpx.AsyncClient, case: Case[Any], request: dict[str, Any]) -> httpx.Response:
    """The answer, held against the description."""
    answer = await client.request(**request)
    case.validate_response(answer, checks=CHECKS if has_plain_schema(case) else CHECKS[:-1])
    return answer


def note_share(name: str, done: int, asked: int) -> None:
    """Tell the soak, where it runs, how much was carried out."""
    if path := os.environ.get("FUZZ_SHARES"):
        held = {
            "name": f"share.{name}",
            "value": round(done / asked, 3),
            "unit": "of requests",
            "limit": LEAST_SHARE,
        }
        with Path(path).open("a") as file:
            file.write(json.dumps(held) + "\n")


@pytest.mark.parametrize("name", sorted(OPERATIONS))
async def test_what_the_description_allows_is_done(around: Surroundings, name: str) -> None:
    done: list[bool] = []
    refusals: list[str] = []
    for case in drawn(OPERATIONS[name], GenerationMode.POSITIVE):
        somebody = await tenant(around, name)
        answer = await answered(around.http, case, somebody.request(case, informed=True))
        done.append(answer.is_success)
        if not answer.is_success:
            refusals.append(f"{case.body!r} {case.query!r}: {answer.text}"[:600])
    note_share(name, sum(done), len(done))
    assert sum(done) >= LEAST_SHARE * len(done), refusals


@pytest.mark.parametrize("name", sorted(OPERATIONS))
async def test_what_the_description_forbids_is_refused(around: Surroundings, name: str) -> None:
    somebody = await tenant(around, name)
    for case in drawn(OPERATIONS[name], GenerationMode.NEGATIVE):
        answer = await answered(around.http, case, somebody.request(case, informed=False))
        if is_forbidden(case) and answer.status_code != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            case.validate_response(answer, checks=[described.negative_data_rejection])
