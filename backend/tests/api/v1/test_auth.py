"""Identity over HTTP: accounts, links, and what nobody finds out."""

from uuid import uuid4

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis

from app.adapters.attempt_counter import RedisAttemptCounter
from app.cli.accounts import create_admin, pending_links
from app.core.config import Settings, SmtpSecurity
from app.services.attempts import SIGN_IN_BY_EMAIL, subject_of
from app.services.mail import LinkPurpose
from app.services.registration import until_the_next_step
from tests.adapters.smtp_sink import smtp_sink
from tests.api.answers import code
from tests.api.desk_world import running_api
from tests.api.newcomer import COOKIE, PASSWORD, Newcomer, bearer
from tests.plain_http import PLAIN

pytestmark = pytest.mark.usefixtures("redis_client")  # nobody is held back by what another test tried


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


@pytest.mark.parametrize(("choice", "states"), [("pause", ["reduce_only"]), ("notify", [])])
async def test_a_sign_in_from_a_new_place_pauses_where_the_user_chose_that(
    newcomer: Newcomer, choice: str, states: list[str]
) -> None:
    headers = await newcomer.arrive()
    chosen = await newcomer.http.patch(
        "/notifications/settings", json={"unusual_activity": choice}, headers=headers
    )
    assert chosen.json()["unusual_activity"] == choice
    body = {"email": newcomer.email, "password": PASSWORD}
    await newcomer.http.post("/auth/sign-in", json=body, headers={"User-Agent": "Never seen"})
    found = await newcomer.sql.fetch(
        "SELECT b.state, b.reason FROM breaker_states b JOIN users u ON u.id = b.user_id WHERE u.email = $1",
        newcomer.email,
    )
    assert [row["state"] for row in found] == states
    assert all("a sign-in from Never seen" in row["reason"] for row in found)


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
        # names that Python opens as a file and Postgres refuses, in statements over every user
        ({"time_zone": "localtime"}, "unknown_time_zone"),
        ({"time_zone": "right/Europe/Berlin"}, "unknown_time_zone"),
        ({"time_zone": "posix/Europe/Berlin"}, "unknown_time_zone"),
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


async def test_the_delay_of_an_answer_does_not_say_whether_the_address_has_an_account(
    newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await newcomer.arrive()
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("app.services.registration.sleep", wait)
    for email in (newcomer.email, f"{uuid4().hex}@example.com"):
        await newcomer.sign_up(email=email)
        await newcomer.http.post("/auth/password-reset", json={"email": email})
    assert len(waits) == 4
    assert all(seconds > 0 for seconds in waits)


@pytest.mark.parametrize(("worked", "waits"), [(0.0, 0.25), (0.0625, 0.1875), (0.25, 0.25), (0.3125, 0.1875)])
def test_an_answer_waits_for_the_next_quarter_of_a_second(
    worked: float, waits: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.registration.ANSWER_STEP_SECONDS", 0.25)
    assert until_the_next_step(worked) == waits


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


async def test_strangers_who_use_up_the_attempts_do_not_lock_the_owner_out(
    newcomer: Newcomer, redis_client: Redis
) -> None:
    await newcomer.arrive()
    counter = RedisAttemptCounter(redis_client)
    for _ in range(SIGN_IN_BY_EMAIL.attempts - 1):  # the first sign-in was one
        await counter.count(SIGN_IN_BY_EMAIL, subject_of(newcomer.email))
    assert (await newcomer.sign_in()).status_code == 200
    await newcomer.sql.execute(
        "UPDATE sessions SET ip_address = '192.0.2.1' WHERE user_id = (SELECT id FROM users WHERE email = $1)",
        newcomer.email,
    )
    assert code(await newcomer.sign_in()) == (429, "too_many_requests")


async def test_without_redis_nobody_signs_in(settings: Settings) -> None:
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    async with (
        running_api(away) as url,
        httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=120, verify=PLAIN) as http,
    ):
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
        async with (
            running_api(mailing) as url,
            httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=120, verify=PLAIN) as http,
        ):
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
