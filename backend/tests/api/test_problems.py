"""Every refusal is a problem, every answer carries the headers, and nothing that is sent makes a 500."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text

from app.api.deps import Tenant
from app.api.middleware import MAX_BODY_BYTES, SECURITY_HEADERS
from app.core.config import Settings
from app.main import create_app
from tests.api.answers import code
from tests.api.desk_world import Person, running_api
from tests.plain_http import PLAIN


async def test_an_unknown_path_is_a_problem(http: httpx.AsyncClient) -> None:
    assert code(await http.get("/nothing/here")) == (404, "not_found")


async def test_another_method_is_a_problem(http: httpx.AsyncClient) -> None:
    answer = await http.put("/me")
    assert code(answer) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET"


async def test_titles_are_those_of_rfc_9110_under_every_python(http: httpx.AsyncClient) -> None:
    long = b'{"x": "' + b"a" * MAX_BODY_BYTES + b'"}'
    assert (await http.post("/auth/sign-in", content=long)).json()["title"] == "Content Too Large"
    assert (await http.post("/auth/sign-in", json={})).json()["title"] == "Unprocessable Content"


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 5_000, b"nul", b'{"email": "\\ud800"}', b""])
async def test_a_body_that_is_no_object_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post("/auth/sign-in", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    code(answer)


@pytest.mark.parametrize("name", ["Surrogate \\ud800", "Nul \\u0000", "Bell \\u0007"])
async def test_text_that_no_table_holds_is_refused(http: httpx.AsyncClient, alice: Person, name: str) -> None:
    body = f'{{"name": "{name}"}}'.encode()
    headers = alice.headers | {"Content-Type": "application/json"}
    answer = await http.patch(f"/wallets/{alice.wallet_id}", content=body, headers=headers)
    assert code(answer) == (422, "invalid_input")


@pytest.mark.parametrize(
    "path",
    ["/wallets/nonsense", "/positions?wallet_id=%00", "/execution/logs?limit=999999999999999999999999"],
)
async def test_a_path_or_query_that_makes_no_sense_is_refused(
    http: httpx.AsyncClient, alice: Person, path: str
) -> None:
    assert code(await http.get(path, headers=alice.headers)) == (422, "invalid_input")


@pytest.mark.parametrize("symbol", ["%00", "%ED%A0%80", "%27%3B--", "B" * 40])
async def test_an_odd_query_text_is_never_a_500(http: httpx.AsyncClient, alice: Person, symbol: str) -> None:
    answer = await http.get(f"/execution/logs?symbol={symbol}", headers=alice.headers)
    assert answer.status_code in (200, 422)


async def test_a_body_at_the_cap_is_read_and_one_above_is_not(http: httpx.AsyncClient) -> None:
    filling = b'{"x": "' + b"a" * (MAX_BODY_BYTES - 9) + b'"}'
    assert code(await http.post("/auth/sign-in", content=filling)) == (422, "invalid_input")
    assert code(await http.post("/auth/sign-in", content=filling + b" ")) == (413, "body_too_large")


async def test_a_body_that_does_not_say_its_length_is_capped_too(http: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 1_000 + 1):
            yield b"a" * 1_000

    assert code(await http.post("/auth/sign-in", content=endless())) == (413, "body_too_large")


async def test_a_request_id_is_kept_where_it_is_well_formed(http: httpx.AsyncClient) -> None:
    given = uuid4().hex
    assert (await http.get("/health/live", headers={"X-Request-ID": given})).headers["X-Request-ID"] == given
    odd = await http.get("/health/live", headers={"X-Request-ID": "a b<script>"})
    assert odd.headers["X-Request-ID"] not in ("", "a b<script>")


async def test_answers_carry_the_security_headers(http: httpx.AsyncClient) -> None:
    for answer in (await http.get("/health/live"), await http.get("/nothing"), await http.get("/me")):
        assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert answer.headers["Cache-Control"] == "no-store"


async def test_an_anonymous_request_says_how_to_sign_in(http: httpx.AsyncClient) -> None:
    answer = await http.get("/me")
    assert code(answer) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_secret_is_not_repeated_by_the_problem_about_it(http: httpx.AsyncClient) -> None:
    answer = await http.post("/auth/sign-in", json={"email": "x", "password": "1" * 1_001})
    assert code(answer)[0] == 422
    assert "1111" not in answer.text


@pytest_asyncio.fixture
async def site(settings: Settings, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API that serves a small web app."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>StackAlpha</title>")
    (folder / "assets" / "main.js").write_text("1")
    (folder / "assets" / "main.js.gz").write_bytes(gzip.compress(b"1"))
    (tmp_path / "secret.txt").write_text("secret")
    with_site = settings.model_copy(update={"frontend_dir": folder})
    async with (
        running_api(with_site) as url,
        httpx.AsyncClient(base_url=url, timeout=120, verify=PLAIN) as client,
    ):
        yield client


@pytest.mark.parametrize("path", ["/", "/positions/live", "/verify-email?token=abc"])
async def test_a_page_of_the_web_app_is_served(site: httpx.AsyncClient, path: str) -> None:
    answer = await site.get(path)
    assert (answer.status_code, answer.text) == (200, "<title>StackAlpha</title>")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("br", None), ("identity", None)],
)
async def test_a_packed_copy_is_sent_to_who_takes_it(
    site: httpx.AsyncClient, accepted: str, encoding: str | None
) -> None:
    answer = await site.get("/assets/main.js", headers={"Accept-Encoding": accepted})
    assert (answer.text, answer.headers.get("Content-Encoding")) == ("1", encoding)
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip", "gzip"), ("br", None), ("identity", None)])
async def test_a_long_answer_is_packed_for_who_takes_it(
    http: httpx.AsyncClient, accepted: str, encoding: str | None
) -> None:
    answer = await http.get("/openapi.json", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers.get("Vary") == (None if encoding is None else "Accept-Encoding")
    assert answer.json()["info"]["title"] == "StackAlpha"


async def test_a_short_answer_goes_as_it_is(http: httpx.AsyncClient, alice: Person) -> None:
    answer = await http.get("/me", headers=alice.headers | {"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.headers.get("Content-Encoding")) == (200, None)


async def test_a_hashed_file_is_kept_and_a_missing_one_is_no_page(site: httpx.AsyncClient) -> None:
    assert "immutable" in (await site.get("/assets/main.js")).headers["Cache-Control"]
    assert code(await site.get("/assets/missing.js")) == (404, "not_found")


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"])
async def test_nothing_outside_of_the_folder_is_served(site: httpx.AsyncClient, path: str) -> None:
    answer = await site.get(httpx.URL(str(site.base_url)).copy_with(raw_path=path.encode()))
    assert "secret" not in answer.text.replace("secret.txt", "")


async def test_the_web_app_leaves_the_api_alone(site: httpx.AsyncClient) -> None:
    assert code(await site.get("/api/v1/nothing")) == (404, "not_found")
    assert code(await site.post("/positions/live")) == (404, "not_found")


@pytest_asyncio.fixture
async def failing_commit(settings: Settings) -> AsyncIterator[tuple[httpx.AsyncClient, FastAPI]]:
    """An API with a route whose work succeeds and whose commit does not."""
    app = create_app(settings)

    @app.post("/api/v1/probe")
    async def probe(tenant: Tenant) -> dict[str, str]:
        await tenant.session.execute(text("INSERT INTO probe_parents VALUES (gen_random_uuid())"))
        return {"status": "done"}

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://testserver/api/v1") as client,
    ):
        yield client, app


async def test_a_commit_that_fails_is_never_a_200(
    failing_commit: tuple[httpx.AsyncClient, FastAPI], alice: Person, owner_connection: asyncpg.Connection
) -> None:
    client, _ = failing_commit
    await owner_connection.execute(
        "CREATE TABLE probe_parents (id uuid REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED);"
        "GRANT INSERT ON probe_parents TO stackalpha_api"
    )
    try:
        answer = await client.post("/probe", headers=alice.headers)
        assert code(answer) == (500, "internal_error")
    finally:
        await owner_connection.execute("DROP TABLE probe_parents")


async def test_a_database_that_is_away_is_503(settings: Settings, alice: Person) -> None:
    away = settings.model_copy(update={"database_url": "postgresql://postgres@127.0.0.1:1/none"})
    app = create_app(away)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://testserver/api/v1") as client,
    ):
        assert code(await client.get("/me", headers=alice.headers)) == (503, "database_unavailable")
        assert code(await client.get("/health/ready")) == (503, "database_unavailable")
        assert (await client.get("/health/live")).status_code == 200
