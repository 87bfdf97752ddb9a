"""Sessions over HTTP: refresh tokens, sign-out, and who else may use them."""

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from app.core.clock import utc_now
from app.services.mail import LinkPurpose
from tests.api.answers import code
from tests.api.desk_world import Person
from tests.api.newcomer import COOKIE, PASSWORD, Newcomer, bearer

pytestmark = pytest.mark.usefixtures("redis_client")  # nobody is held back by what another test tried


async def test_a_new_password_ends_every_session(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    await newcomer.http.post("/auth/password-reset", json={"email": newcomer.email})
    body = {"token": await newcomer.link(LinkPurpose.RESET_PASSWORD), "password": "another orbit 4711"}
    assert (await newcomer.http.post("/auth/password-reset/confirm", json=body)).status_code == 204
    assert code(await newcomer.http.get("/me", headers=headers)) == (401, "session_over")
    assert code(await newcomer.http.post("/auth/refresh")) == (401, "session_over")
    assert code(await newcomer.sign_in()) == (401, "invalid_credentials")
    assert (await newcomer.sign_in("another orbit 4711")).status_code == 200


async def test_a_new_password_unlinks_the_chat_that_could_resume(newcomer: Newcomer) -> None:
    await newcomer.arrive()
    user_id = await newcomer.sql.fetchval("SELECT id FROM users WHERE email = $1", newcomer.email)
    await newcomer.sql.execute(
        "INSERT INTO notification_settings (user_id, telegram_chat_id, telegram_chat_name) VALUES ($1, $2, 'a thief')",
        user_id,
        user_id.int % 2**53,
    )
    await newcomer.sql.execute(
        "INSERT INTO telegram_link_codes (user_id, token_hash, code_hash, expires_at)"
        " VALUES ($1, $2, $2, now() + interval '10 minutes')",
        user_id,
        user_id.hex,
    )
    await newcomer.http.post("/auth/password-reset", json={"email": newcomer.email})
    body = {"token": await newcomer.link(LinkPurpose.RESET_PASSWORD), "password": "another orbit 4711"}
    assert (await newcomer.http.post("/auth/password-reset/confirm", json=body)).status_code == 204
    chat = "SELECT telegram_chat_id FROM notification_settings WHERE user_id = $1"
    assert await newcomer.sql.fetchval(chat, user_id) is None
    codes = "SELECT count(*) FROM telegram_link_codes WHERE user_id = $1 AND used_at IS NULL"
    assert await newcomer.sql.fetchval(codes, user_id) == 0
    told = "SELECT sentence FROM notifications WHERE user_id = $1 AND event = 'security_changed'"
    assert "the Telegram chat was unlinked" in await newcomer.sql.fetchval(told, user_id)


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
    newest = (await refresh_with(newcomer, own)).cookies[COOKIE]
    await use_up(newcomer, 11)
    assert code(await refresh_with(newcomer, stolen)) == (401, "session_over")
    assert code(await refresh_with(newcomer, newest)) == (401, "session_over")
    assert code(await newcomer.http.get("/me", headers=headers)) == (401, "session_over")


async def test_a_page_that_was_closed_while_it_renewed_its_session_goes_on_with_the_former_cookie(
    newcomer: Newcomer,
) -> None:
    """The answer never reached the browser. Another tab that opens with the same cookie gets the same answer."""
    await newcomer.arrive()
    kept = newcomer.http.cookies[COOKIE]
    lost = (await newcomer.http.post("/auth/refresh")).cookies[COOKIE]
    await use_up(newcomer, 11)
    first, second = await refresh_with(newcomer, kept), await refresh_with(newcomer, kept)
    assert first.status_code == 200
    assert lost != first.cookies[COOKIE] == second.cookies[COOKIE]
    assert (await newcomer.http.get("/me", headers=bearer(first))).status_code == 200
    await use_up(newcomer, 11)
    assert (await refresh_with(newcomer, first.cookies[COOKIE])).status_code == 200
    events = await newcomer.sql.fetch(
        "SELECT a.action FROM audit_log a JOIN users u ON u.id = a.user_id WHERE u.email = $1", newcomer.email
    )
    assert [row["action"] for row in events].count("refresh_token_replaced") == 1


async def test_a_thief_who_replaces_an_unused_token_is_found_out_by_the_owners_next_renewal(
    newcomer: Newcomer,
) -> None:
    """And the former cookie works no third time: what was put in its place ends with it."""
    headers = await newcomer.arrive()
    stolen = newcomer.http.cookies[COOKIE]
    own = (await newcomer.http.post("/auth/refresh")).cookies[COOKIE]
    await use_up(newcomer, 11)
    thief = await refresh_with(newcomer, stolen)
    assert thief.status_code == 200
    assert code(await refresh_with(newcomer, own)) == (401, "session_over")
    assert code(await refresh_with(newcomer, thief.cookies[COOKIE])) == (401, "session_over")
    for access in (headers, bearer(thief)):
        assert code(await newcomer.http.get("/me", headers=access)) == (401, "session_over")


async def test_a_former_cookie_replaces_a_lost_one_once_and_for_the_same_browser_alone(
    newcomer: Newcomer,
) -> None:
    await newcomer.arrive()
    kept = newcomer.http.cookies[COOKIE]
    await newcomer.http.post("/auth/refresh")
    await use_up(newcomer, 11)
    assert (await refresh_with(newcomer, kept)).status_code == 200
    await use_up(newcomer, 11)
    assert code(await refresh_with(newcomer, kept)) == (401, "session_over")

    again = (await newcomer.sign_in()).cookies[COOKIE]
    assert (await refresh_with(newcomer, again)).status_code == 200
    await use_up(newcomer, 11)
    newcomer.http.headers["User-Agent"] = "somebody else's"
    assert code(await refresh_with(newcomer, again)) == (401, "session_over")


async def test_after_an_hour_a_former_cookie_ends_the_session(newcomer: Newcomer) -> None:
    await newcomer.arrive()
    kept = newcomer.http.cookies[COOKIE]
    await newcomer.http.post("/auth/refresh")
    await use_up(newcomer, 3_601)
    assert code(await refresh_with(newcomer, kept)) == (401, "session_over")


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


async def test_a_session_of_nobody_is_refused(newcomer: Newcomer, alice: Person) -> None:
    await newcomer.sql.execute(
        "UPDATE sessions SET expires_at = $2 WHERE id = $1",
        UUID(str(alice.session_id)),
        utc_now() - timedelta(seconds=1),
    )
    assert code(await newcomer.http.get("/me", headers=alice.headers)) == (401, "session_over")
