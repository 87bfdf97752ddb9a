"""A canary put into every credential that the platform is given is found nowhere afterwards: not in answers, logs,
tables, the queue, Redis or exports; where it has to be kept, it is kept sealed."""

import logging
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
import structlog
from redis.asyncio import Redis

from app.adapters.export_files import ExportFolder
from app.bootstrap.exchange import key_vault
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import Database
from app.core.logging import configure_logging
from app.services.exports import ExportJob
from tests.api.desk_world import running_api
from tests.api.newcomer import Newcomer, bearer
from tests.plain_http import PLAIN

CANARY = "canary-9b1d4e77"


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """The runner's own logging, as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


async def everything_stored(sql: asyncpg.Connection) -> str:
    """Every row of every table, as text; sealed bytes are shown in hexadecimal and as they are."""
    tables = await sql.fetch(
        "SELECT c.oid::regclass::text AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
        " AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
    )
    found = []
    for table in tables:
        for row in await sql.fetch(f"SELECT * FROM {table['name']}"):  # noqa: S608
            found += [
                value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row.values()
            ]
    return "\n".join(found)


async def everything_in_redis(redis: Redis) -> str:
    """Every key and what it holds, whatever its kind."""
    found = []
    for key in await redis.keys("*"):
        dumped = await redis.dump(key)
        found += [key.decode("latin-1"), (dumped or b"").decode("latin-1")]
    return "\n".join(found)


async def keep_keys(sql: asyncpg.Connection, settings: Settings, email: str) -> None:
    """A live wallet whose stored keys are the canary; no venue is asked."""
    user_id, wallet_id = await sql.fetchval("SELECT id FROM users WHERE email = $1", email), uuid4()
    held = key_vault(settings).seal(user_id, wallet_id, f"{CANARY}-key", f"{CANARY}-secret")
    await sql.execute(
        "INSERT INTO wallets (id, user_id, name, venue, environment, account_fingerprint, key_last4,"
        " api_key_ciphertext, api_secret_ciphertext, data_key_wrapped, key_version)"
        " VALUES ($1, $2, 'Kept', 'binanceusdm', 'live', $3, '-key', $4, $5, $6, $7)",
        *(wallet_id, user_id, wallet_id.hex, held.api_key, held.api_secret, held.data_key, held.version),
    )


async def give_credentials(
    http: httpx.AsyncClient, newcomer: Newcomer
) -> tuple[list[httpx.Response], dict[str, str]]:
    """Hand a canary over in every field that takes a credential, right and wrong; the answers and a session."""
    password = f"{CANARY}-password"
    answers = [await newcomer.sign_up(password=password), await newcomer.confirm()]
    signed_in = await newcomer.sign_in(password)
    headers = bearer(signed_in)
    live: dict[str, object] = {
        "name": "Live",
        "venue": "binanceusdm",
        "environment": "live",
        "api_key": f"{CANARY}-key",
        "api_secret": f"{CANARY}-secret",
    }
    key = headers | {"Idempotency-Key": uuid4().hex}
    paper = live | {"venue": "paper", "environment": "paper"}
    odd = live | {"api_key": f"{CANARY}\x00", "extra": CANARY}
    steps: list[tuple[str, str, dict[str, object], dict[str, str]]] = [
        ("POST", "/auth/sign-in", {"email": newcomer.email, "password": f"{CANARY}-wrong"}, {}),
        ("POST", "/auth/sign-in", {"email": newcomer.email, "password": password, "code": CANARY}, {}),
        ("POST", "/auth/step-up", {"password": f"{CANARY}-wrong"}, headers),
        ("POST", "/auth/step-up", {"password": password}, headers),
        ("POST", "/auth/password-reset/confirm", {"token": CANARY, "password": f"{CANARY}-new"}, {}),
        ("POST", "/auth/verify-email", {"token": CANARY}, {}),
        ("POST", "/wallets", live, key),
        ("POST", "/wallets", paper, key | {"Idempotency-Key": uuid4().hex}),
        ("POST", "/wallets", odd, key | {"Idempotency-Key": uuid4().hex}),
        ("PUT", "/notifications/message-service", {"address": f"discord://{CANARY}/{CANARY}-token"}, headers),
        ("POST", "/account/two-factor/confirm", {"code": CANARY}, headers),
        ("GET", "/me", {}, {"Authorization": f"Bearer {CANARY}"}),
    ]
    for method, path, body, held in steps:
        answers.append(await http.request(method, path, json=body or None, headers=held))
    return answers, headers


async def test_a_canary_in_every_credential_is_found_nowhere(
    settings: Settings,
    owner_connection: asyncpg.Connection,
    worker_database: Database,
    redis_client: Redis,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    restored_logging: None,
) -> None:
    chatty = {"export_dir": tmp_path, "log_level": "DEBUG"}
    loose = settings.model_copy(update=chatty)
    configure_logging(loose, "api")
    async with (
        running_api(loose) as url,
        httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=120, verify=PLAIN) as http,
    ):
        newcomer = Newcomer(http, settings, owner_connection)
        answers, headers = await give_credentials(http, newcomer)
        await keep_keys(owner_connection, settings, newcomer.email)
        export = (await http.post("/exports", json={"kind": "account"}, headers=headers)).json()
        user_id = await owner_connection.fetchval("SELECT id FROM users WHERE email = $1", newcomer.email)
        assert await ExportJob(worker_database, ExportFolder(tmp_path), utc_now).run(user_id, export["id"])
        loaded = await http.get(f"/exports/{export['id']}/file", headers=headers)
    archive = zipfile.ZipFile(BytesIO(loaded.content))
    written = capsys.readouterr()
    places = {
        "answers": "\n".join(f"{answer.headers} {answer.text}" for answer in answers),
        "logs": written.out + written.err,
        "tables": await everything_stored(owner_connection),
        "redis": await everything_in_redis(redis_client),
        "export": "\n".join(archive.read(name).decode() for name in archive.namelist()),
    }
    assert [place for place, text in places.items() if CANARY in text] == []
    assert len(archive.namelist()) > 10
    assert "export_asked" in places["tables"]
    assert '"level"' in places["logs"]
