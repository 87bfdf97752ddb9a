"""Identity over HTTP: accounts, links, sessions, and what nobody finds out."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from app.bootstrap.api import email_links
from app.cli.accounts import create_admin, pending_links
from app.core.clock import utc_now
from app.core.config import Settings, SmtpSecurity
from app.services.mail import LinkPurpose
from tests.adapters.smtp_sink import smtp_sink
from tests.api.desk_world import Person, running_api

PASSWORD = "orbital marmalade 42"
COOKIE = "sa_refresh"


@pytest_asyncio.fixture(autouse=True)
async def no_attempts_before(redis_client: Redis) -> AsyncIterator[None]:
    """Nobody is held back by what another test tried."""
    yield


class Newcomer:
    """Somebody with an address and a browser."""

    def __init__(self, http: httpx.AsyncClient, settings: Settings, sql: asyncpg.Connection) -> None:
        self.email = f"{uuid4().hex[:12]}@example.com"
        self.http = http
        self._settings = settings
        self.sql = sql

    async def sign_up(self, **changes: object) -> httpx.Response:
        body: dict[str, object] = {
            "email": self.email,
            "password": PASSWORD,
            "time_zone": "Europe/Berlin",
            "accept_risk_disclosure": True,
        }
        return await self.http.post("/auth/sign-up", json=body | changes)

    async def link(self, purpose: LinkPurpose) -> str:
        """The token of the newest link to this address."""
        row = await self.sql.fetchrow(
            "SELECT t.id FROM email_tokens t JOIN users u ON u.id = t.user_id"
            " WHERE u.email = $1 AND t.purpose = $2 ORDER BY t.created_at DESC LIMIT 1",
            self.email,
            purpose.value,
        )
        assert row is not None
        return email_links(self._settings).token(purpose, row["id"])

    async def confirm(self) -> httpx.Response:
        return await self.http.post(
            "/auth/verify-email", json={"token": await self.link(LinkPurpose.VERIFY_EMAIL)}
        )

    async def sign_in(self, password: str = PASSWORD, email: str | None = None) -> httpx.Response:
        return await self.http.post(
            "/auth/sign-in", json={"email": email or self.email, "password": password}
        )

    async def arrive(self) -> dict[str, str]:
        """Sign up, confirm, sign in; the headers of a signed-in request."""
        await self.sign_up()
        await self.confirm()
        return bearer(await self.sign_in())


def bearer(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def newcomer(http: httpx.AsyncClient, settings: Settings, owner_connection: asyncpg.Connection) -> Newcomer:
    return Newcomer(http, settings, owner_connection)


async def test_sign_up_confirm_and_sign_in(newcomer: Newcomer) -> None:
    assert (await newcomer.sign_up()).status_code == 202
    assert (await newcomer.confirm()).status_code == 204
    answer = await newcomer.sign_in(email=newcomer.email.upper())
    me = await newcomer.http.get("/me", headers=bearer(answer))
    assert me.json()["email"] == newcomer.email
    assert (me.json()["time_zone"], me.json()["role"], me.json()["email_verified"]) == (
        "Europe/Berlin",
        "user",
        True,
    )
    assert answer.json()["expires_in"] <= 600
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=strict" in answer.headers["set-cookie"].lower()
    assert "path=/api/v1/auth" in answer.headers["set-cookie"].lower()


async def test_a_new_account_has_default_risk_settings(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    settings = (await newcomer.http.get("/risk/settings", headers=headers)).json()
    assert (settings["max_daily_loss_usd"], settings["position_sizing_method"]) == ("500", "fixed_percent")


async def test_a_sign_in_from_a_new_place_is_told_and_others_are_not(newcomer: Newcomer) -> None:
    await newcomer.sign_up()
    await newcomer.confirm()

    async def sign_in_with(device: str) -> int:
        body = {"email": newcomer.email, "password": PASSWORD}
        answer = await newcomer.http.post("/auth/sign-in", json=body, headers={"User-Agent": device})
        assert answer.status_code == 200
        count: int = await newcomer.sql.fetchval(
            "SELECT count(*) FROM notifications n JOIN users u ON u.id = n.user_id"
            " WHERE u.email = $1 AND n.event = 'new_sign_in'",
            newcomer.email,
        )
        return count

    assert [await sign_in_with(device) for device in ("A", "A", "B", "B", "A")] == [0, 0, 1, 1, 1]


async def test_sign_in_before_the_address_is_confirmed_is_refused(newcomer: Newcomer) -> None:
    await newcomer.sign_up()
    assert code(await newcomer.sign_in()) == (403, "email_unverified")
    assert code(await newcomer.sign_in("another password 42")) == (401, "invalid_credentials")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"password": "orbital 427"}, "password_too_short"),
        ({"password": "orb " * 51}, "password_too_long"),
        ({"password": "Password1234"}, "password_common"),
        ({"password": "aaaaaaaaaaaa"}, "password_common"),
        ({"time_zone": "Mars/Olympus"}, "unknown_time_zone"),
        ({"time_zone": "../../etc/passwd"}, "unknown_time_zone"),
        ({"accept_risk_disclosure": False}, "invalid_input"),
        ({"email": "nobody"}, "invalid_input"),
        ({"password": "orbital\x00marmalade"}, "invalid_input"),
        ({"extra": 1}, "invalid_input"),
    ],
)
async def test_sign_up_with_one_thing_wrong_is_refused(
    newcomer: Newcomer, changes: dict[str, object], expected: str
) -> None:
    answer = await newcomer.sign_up(**changes)
    assert code(answer) == (422, expected)
    assert answer.headers["content-type"] == "application/problem+json"
    assert str(changes.get("password", "no password")) not in answer.text
    count = await newcomer.sql.fetchval("SELECT count(*) FROM users WHERE email = $1", newcomer.email)
    assert count == 0


async def test_a_password_of_exactly_twelve_characters_is_accepted(newcomer: Newcomer) -> None:
    assert (await newcomer.sign_up(password="orbital 4272")).status_code == 202


async def test_the_answers_about_a_known_and_an_unknown_address_are_alike(newcomer: Newcomer) -> None:
    await newcomer.arrive()
    taken, free = await newcomer.sign_up(), await newcomer.sign_up(email=f"{uuid4().hex}@example.com")
    assert (taken.status_code, taken.json()) == (free.status_code, free.json())
    known = await newcomer.http.post("/auth/password-reset", json={"email": newcomer.email})
    unknown = await newcomer.http.post("/auth/password-reset", json={"email": "nobody@example.com"})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json()) == (202, known.json())
    wrong = await newcomer.sign_in("another password 42")
    nobody = await newcomer.sign_in(email="nobody@example.com")
    assert {key: value for key, value in wrong.json().items() if key != "request_id"} == {
        key: value for key, value in nobody.json().items() if key != "request_id"
    }


async def test_an_answer_never_carries_a_link(newcomer: Newcomer) -> None:
    signed_up = await newcomer.sign_up()
    reset = await newcomer.http.post("/auth/password-reset", json={"email": newcomer.email})
    for purpose in LinkPurpose:
        token = await newcomer.link(purpose)
        assert token not in signed_up.text + reset.text + str(signed_up.headers) + str(reset.headers)


async def test_a_second_sign_up_changes_nothing_about_the_first(newcomer: Newcomer) -> None:
    await newcomer.sign_up()
    await newcomer.sign_up(password="a stranger's choice 9")
    await newcomer.http.post(
        "/auth/verify-email", json={"token": await newcomer.link(LinkPurpose.VERIFY_EMAIL)}
    )
    assert code(await newcomer.sign_in("a stranger's choice 9")) == (401, "invalid_credentials")
    assert (await newcomer.sign_in()).status_code == 200


async def test_a_link_works_once(newcomer: Newcomer) -> None:
    await newcomer.sign_up()
    assert (await newcomer.confirm()).status_code == 204
    assert code(await newcomer.confirm()) == (422, "link_invalid")


async def test_a_link_for_one_purpose_does_not_do_another(newcomer: Newcomer) -> None:
    await newcomer.sign_up()
    token = await newcomer.link(LinkPurpose.VERIFY_EMAIL)
    answer = await newcomer.http.post(
        "/auth/password-reset/confirm", json={"token": token, "password": PASSWORD + "!"}
    )
    assert code(answer) == (422, "link_invalid")


async def test_an_expired_link_does_not_work(newcomer: Newcomer) -> None:
    await newcomer.sign_up()
    await newcomer.sql.execute("UPDATE email_tokens SET expires_at = now() - interval '1 second'")
    assert code(await newcomer.confirm()) == (422, "link_invalid")


async def test_the_database_holds_hashes_alone(newcomer: Newcomer) -> None:
    await newcomer.arrive()
    cookie = newcomer.http.cookies[COOKIE]
    link = await newcomer.link(LinkPurpose.VERIFY_EMAIL)
    for table in ("users", "sessions", "refresh_tokens", "email_tokens", "audit_log"):
        stored = str(await newcomer.sql.fetch(f"SELECT * FROM {table}"))  # noqa: S608
        assert not any(secret in stored for secret in (cookie, link, PASSWORD))


async def test_a_new_password_ends_every_session(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    await newcomer.http.post("/auth/password-reset", json={"email": newcomer.email})
    body = {"token": await newcomer.link(LinkPurpose.RESET_PASSWORD), "password": "another orbit 4711"}
    assert (await newcomer.http.post("/auth/password-reset/confirm", json=body)).status_code == 204
    assert code(await newcomer.http.get("/me", headers=headers)) == (401, "session_over")
    assert code(await newcomer.http.post("/auth/refresh")) == (401, "session_over")
    assert code(await newcomer.sign_in()) == (401, "invalid_credentials")
    assert (await newcomer.sign_in("another orbit 4711")).status_code == 200


async def test_a_refresh_rotates_the_cookie(newcomer: Newcomer) -> None:
    await newcomer.arrive()
    first = newcomer.http.cookies[COOKIE]
    answer = await newcomer.http.post("/auth/refresh")
    assert newcomer.http.cookies[COOKIE] != first
    assert (await newcomer.http.get("/me", headers=bearer(answer))).status_code == 200


async def use_up(newcomer: Newcomer, seconds: int) -> None:
    """Let every use of a refresh token lie that long in the past."""
    await newcomer.sql.execute(
        "UPDATE refresh_tokens SET used_at = used_at - make_interval(secs => $1)", float(seconds)
    )


async def refresh_with(newcomer: Newcomer, cookie: str) -> httpx.Response:
    newcomer.http.cookies.clear()
    return await newcomer.http.post("/auth/refresh", headers={"Cookie": f"{COOKIE}={cookie}"})


async def test_a_stolen_refresh_token_ends_the_session(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    stolen = newcomer.http.cookies[COOKIE]
    own = (await newcomer.http.post("/auth/refresh")).cookies[COOKIE]
    await use_up(newcomer, 11)
    assert code(await refresh_with(newcomer, stolen)) == (401, "session_over")
    assert code(await refresh_with(newcomer, own)) == (401, "session_over")
    assert code(await newcomer.http.get("/me", headers=headers)) == (401, "session_over")


async def test_two_tabs_that_refresh_at_once_stay_signed_in_with_one_cookie(newcomer: Newcomer) -> None:
    await newcomer.arrive()
    cookie = newcomer.http.cookies[COOKIE]
    first, second = await refresh_with(newcomer, cookie), await refresh_with(newcomer, cookie)
    assert first.cookies[COOKIE] == second.cookies[COOKIE]
    await use_up(newcomer, 11)
    assert (await refresh_with(newcomer, first.cookies[COOKIE])).status_code == 200


async def test_refreshes_at_the_very_same_moment_make_one_chain(newcomer: Newcomer) -> None:
    await newcomer.arrive()
    cookie = newcomer.http.cookies[COOKIE]
    answers = await asyncio.gather(*(refresh_with(newcomer, cookie) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.cookies[COOKIE] for answer in answers}) == 1
    count = await newcomer.sql.fetchval(
        "SELECT count(*) FROM refresh_tokens t JOIN users u ON u.id = t.user_id WHERE u.email = $1",
        newcomer.email,
    )
    assert count == 2


async def test_an_old_token_within_the_grace_does_not_give_a_used_one_again(newcomer: Newcomer) -> None:
    await newcomer.arrive()
    oldest = newcomer.http.cookies[COOKIE]
    await newcomer.http.post("/auth/refresh")
    await newcomer.http.post("/auth/refresh")
    answer = await refresh_with(newcomer, oldest)
    assert answer.status_code == 200
    assert COOKIE not in answer.cookies


async def test_an_expired_refresh_token_is_refused(newcomer: Newcomer) -> None:
    await newcomer.arrive()
    await newcomer.sql.execute("UPDATE refresh_tokens SET expires_at = now() - interval '1 second'")
    assert code(await newcomer.http.post("/auth/refresh")) == (401, "session_over")


async def test_sign_out_ends_the_session_at_once(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    cookie = newcomer.http.cookies[COOKIE]
    answer = await newcomer.http.post("/auth/sign-out")
    assert answer.status_code == 204
    assert COOKIE not in newcomer.http.cookies
    assert code(await newcomer.http.get("/me", headers=headers)) == (401, "session_over")
    assert code(await refresh_with(newcomer, cookie)) == (401, "session_over")
    assert (await newcomer.http.post("/auth/sign-out")).status_code == 204


@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/sign-out", "/auth/sign-in", "/auth/sign-up"])
async def test_a_foreign_page_may_not_use_the_cookie(newcomer: Newcomer, path: str) -> None:
    await newcomer.arrive()
    body: dict[str, object] = {"email": newcomer.email, "password": PASSWORD}
    if path == "/auth/sign-up":
        body |= {"time_zone": "UTC", "accept_risk_disclosure": True}
    answer = await newcomer.http.post(path, headers={"Origin": "https://evil.example"}, json=body)
    assert code(answer) == (403, "foreign_origin")
    own = await newcomer.http.post("/auth/refresh")
    assert own.status_code == 200
    same = str(newcomer.http.base_url).removesuffix("/api/v1/")
    assert (await newcomer.http.post("/auth/refresh", headers={"Origin": same})).status_code == 200


async def test_sessions_are_listed_and_revoked(newcomer: Newcomer, bob: Person) -> None:
    first = await newcomer.arrive()
    second = bearer(await newcomer.sign_in())
    listed = (await newcomer.http.get("/auth/sessions", headers=second)).json()["items"]
    assert [session["current"] for session in listed] == [True, False]
    other = listed[1]["id"]
    foreign = await newcomer.http.delete(f"/auth/sessions/{other}", headers=bob.headers)
    assert code(foreign) == (404, "not_found")
    assert (await newcomer.http.delete(f"/auth/sessions/{other}", headers=second)).status_code == 204
    assert code(await newcomer.http.get("/me", headers=first)) == (401, "session_over")
    assert code(await newcomer.http.delete(f"/auth/sessions/{other}", headers=second)) == (404, "not_found")


async def test_a_disabled_account_is_out_at_once_and_answers_like_a_wrong_password(
    newcomer: Newcomer,
) -> None:
    headers = await newcomer.arrive()
    await newcomer.sql.execute("UPDATE users SET disabled_at = now() WHERE email = $1", newcomer.email)
    assert code(await newcomer.http.get("/me", headers=headers)) == (401, "session_over")
    assert code(await newcomer.sign_in()) == (401, "invalid_credentials")


async def test_the_eleventh_wrong_password_is_not_even_tried(newcomer: Newcomer) -> None:
    await newcomer.sign_up()
    await newcomer.confirm()
    for _ in range(10):
        assert code(await newcomer.sign_in("another password 42")) == (401, "invalid_credentials")
    answer = await newcomer.sign_in()
    assert code(answer) == (429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) > 0


async def test_without_redis_nobody_signs_in(settings: Settings) -> None:
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    async with running_api(away) as url, httpx.AsyncClient(base_url=f"{url}/api/v1") as http:
        body = {"email": "somebody@example.com", "password": PASSWORD}
        assert code(await http.post("/auth/sign-in", json=body)) == (503, "unavailable")
        assert (await http.get("/health/ready")).json() == {"status": "degraded", "redis": False}


async def test_links_go_by_mail_where_there_is_a_server(
    settings: Settings, owner_connection: asyncpg.Connection
) -> None:
    async with smtp_sink() as sink:
        mailing = settings.model_copy(
            update={"smtp_host": "127.0.0.1", "smtp_port": sink.port, "smtp_security": SmtpSecurity.NONE}
        )
        async with running_api(mailing) as url, httpx.AsyncClient(base_url=f"{url}/api/v1") as http:
            newcomer = Newcomer(http, settings, owner_connection)
            await newcomer.sign_up()
            await newcomer.confirm()
            await newcomer.sign_up()
    subjects = [mail["Subject"] for mail in sink.mails]
    assert subjects == ["Confirm your address", "You already have an account"]
    token = await newcomer.link(LinkPurpose.VERIFY_EMAIL)
    assert f"/verify-email?token={token}" in sink.mails[0].get_content()


async def test_the_operator_prints_the_link_that_waits(newcomer: Newcomer, settings: Settings) -> None:
    await newcomer.sign_up()
    [printed] = await pending_links(settings, newcomer.email.upper())
    assert printed.address.endswith(f"/verify-email?token={await newcomer.link(LinkPurpose.VERIFY_EMAIL)}")
    await newcomer.confirm()
    assert await pending_links(settings, newcomer.email) == []


async def test_the_first_admin_signs_in_and_a_user_becomes_one(
    newcomer: Newcomer, settings: Settings
) -> None:
    made = await create_admin(settings, f"admin-{uuid4().hex[:8]}@example.com")
    assert made.password is not None
    me = await newcomer.http.get("/me", headers=bearer(await newcomer.sign_in(made.password, made.email)))
    assert me.json()["role"] == "admin"
    headers = await newcomer.arrive()
    assert (await create_admin(settings, newcomer.email)).password is None
    assert (await newcomer.http.get("/me", headers=headers)).json()["role"] == "admin"


async def test_what_happens_to_an_account_is_chained_in_the_audit_log(
    newcomer: Newcomer, settings: Settings
) -> None:
    await newcomer.arrive()
    rows = await newcomer.sql.fetch(
        "SELECT action, hash, previous_hash FROM audit_log a JOIN users u ON u.id = a.user_id"
        " WHERE u.email = $1 ORDER BY a.id",
        newcomer.email,
    )
    assert [row["action"] for row in rows] == ["signed_up", "email_verified", "signed_in"]
    assert [row["previous_hash"] for row in rows[1:]] == [row["hash"] for row in rows[:-1]]


async def test_a_session_of_nobody_is_refused(newcomer: Newcomer, alice: Person) -> None:
    await newcomer.sql.execute(
        "UPDATE sessions SET expires_at = $2 WHERE id = $1",
        UUID(str(alice.session_id)),
        utc_now() - timedelta(seconds=1),
    )
    assert code(await newcomer.http.get("/me", headers=alice.headers)) == (401, "session_over")
