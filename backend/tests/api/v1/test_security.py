"""Two-factor sign-in and step-up over HTTP: codes work once, and what raises risk asks who sits there."""

from datetime import timedelta

import httpx
import pyotp
import pytest

from app.core.clock import utc_now
from tests.api.answers import code
from tests.api.desk_world import Person, World
from tests.api.newcomer import PASSWORD, Newcomer, bearer

STALE = timedelta(minutes=10, seconds=1)
FRESH = timedelta(minutes=9)


class Authenticator:
    """Shows codes of a secret; `fresh` one that was not used yet, from the next step on."""

    def __init__(self, secret: str) -> None:
        self._totp = pyotp.TOTP(secret)
        self._steps_ahead = 0

    def now(self) -> str:
        return self._totp.at(utc_now())

    def fresh(self) -> str:
        self._steps_ahead += 1
        return self._totp.at(utc_now(), counter_offset=self._steps_ahead)


async def switch_on(newcomer: Newcomer, headers: dict[str, str]) -> tuple[Authenticator, list[str]]:
    """Two-factor sign-in switched on by a code of the step before, so that those of now are fresh."""
    setup = (await newcomer.http.post("/account/two-factor", headers=headers)).json()
    totp = pyotp.TOTP(setup["secret"])
    first = totp.at(utc_now(), counter_offset=-1)
    answer = await newcomer.http.post("/account/two-factor/confirm", json={"code": first}, headers=headers)
    assert answer.status_code == 200, answer.text
    return Authenticator(setup["secret"]), answer.json()["recovery_codes"]


async def sign_in(newcomer: Newcomer, typed: str | None = None) -> httpx.Response:
    body = {"email": newcomer.email, "password": PASSWORD} | ({} if typed is None else {"code": typed})
    return await newcomer.http.post("/auth/sign-in", json=body)


async def age_proof(world: World, person: Person, age: timedelta | None) -> None:
    """Let the session's proof be that old; None: it never had one."""
    at = None if age is None else utc_now() - age
    await world.sql.execute("UPDATE sessions SET proved_at = $1 WHERE id = $2", at, person.session_id)


async def test_a_sign_in_asks_for_the_code_once_it_is_on(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    authenticator, _ = await switch_on(newcomer, headers)
    assert code(await sign_in(newcomer)) == (401, "two_factor_required")
    assert code(await sign_in(newcomer, "000000")) == (401, "wrong_code")
    assert (await sign_in(newcomer, authenticator.now())).status_code == 200


async def test_a_wrong_password_says_nothing_of_the_second_factor(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    authenticator, _ = await switch_on(newcomer, headers)
    body = {"email": newcomer.email, "password": "another password 42", "code": authenticator.now()}
    assert code(await newcomer.http.post("/auth/sign-in", json=body)) == (401, "invalid_credentials")
    assert (await sign_in(newcomer, authenticator.now())).status_code == 200, "the code was not used up"


async def test_a_code_works_once(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    authenticator, _ = await switch_on(newcomer, headers)
    typed = authenticator.now()
    assert (await sign_in(newcomer, typed)).status_code == 200
    assert code(await sign_in(newcomer, typed)) == (401, "wrong_code")
    assert (await sign_in(newcomer, authenticator.fresh())).status_code == 200
    assert code(await sign_in(newcomer, typed)) == (401, "wrong_code"), "nor does an older one"


async def test_a_recovery_code_works_once_and_only_its_hash_is_kept(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    _, codes = await switch_on(newcomer, headers)
    assert len(set(codes)) == 10
    assert (await sign_in(newcomer, codes[0].upper())).status_code == 200
    assert code(await sign_in(newcomer, codes[0])) == (401, "wrong_code")
    security = (await newcomer.http.get("/account/security", headers=headers)).json()
    assert security["two_factor"]["recovery_codes_left"] == 9
    rows = await newcomer.sql.fetch("SELECT * FROM recovery_codes r JOIN users u ON u.id = r.user_id")
    assert not any(one.replace("-", "") in str(rows) or one in str(rows) for one in codes)


async def test_new_recovery_codes_end_the_old_ones(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    _, old = await switch_on(newcomer, headers)
    answer = await newcomer.http.post("/account/two-factor/recovery-codes", headers=headers)
    assert code(await sign_in(newcomer, old[0])) == (401, "wrong_code")
    assert (await sign_in(newcomer, answer.json()["recovery_codes"][0])).status_code == 200


async def test_codes_cannot_be_tried_for_ever(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    authenticator, codes = await switch_on(newcomer, headers)
    user_id = await newcomer.sql.fetchval("SELECT id FROM users WHERE email = $1", newcomer.email)
    answers = [
        await newcomer.http.post("/auth/step-up", json={"code": "000000"}, headers=headers) for _ in range(9)
    ]
    assert {code(answer) for answer in answers} == {(422, "wrong_code")}, user_id
    refused = await sign_in(newcomer, authenticator.now())
    assert code(refused) == (429, "too_many_requests")
    assert int(refused.headers["retry-after"]) > 0
    assert code(await sign_in(newcomer, codes[0])) == (429, "too_many_requests")


async def test_switched_off_no_code_is_asked_for_and_a_new_secret_is_another(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    before, _ = await switch_on(newcomer, headers)
    again = await newcomer.http.post("/account/two-factor", headers=headers)
    assert code(again) == (409, "two_factor_is_on")
    assert (await newcomer.http.delete("/account/two-factor", headers=headers)).status_code == 204
    assert code(await newcomer.http.delete("/account/two-factor", headers=headers)) == (
        409,
        "two_factor_is_off",
    )
    assert (await sign_in(newcomer)).status_code == 200
    after, _ = await switch_on(newcomer, headers)
    assert code(await sign_in(newcomer, before.now())) == (401, "wrong_code")
    assert (await sign_in(newcomer, after.now())).status_code == 200


async def test_a_first_code_that_is_wrong_switches_nothing_on(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    not_begun = await newcomer.http.post(
        "/account/two-factor/confirm", json={"code": "000000"}, headers=headers
    )
    assert code(not_begun) == (409, "two_factor_not_begun")
    await newcomer.http.post("/account/two-factor", headers=headers)
    wrong = await newcomer.http.post("/account/two-factor/confirm", json={"code": "000000"}, headers=headers)
    assert code(wrong) == (422, "wrong_code")
    assert (await sign_in(newcomer)).status_code == 200


async def test_changes_of_the_second_factor_are_told_and_audited(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    await switch_on(newcomer, headers)
    await newcomer.http.delete("/account/two-factor", headers=headers)
    told = await newcomer.sql.fetch(
        "SELECT n.sentence FROM notifications n JOIN users u ON u.id = n.user_id"
        " WHERE u.email = $1 AND n.event = 'security_changed' ORDER BY n.created_at",
        newcomer.email,
    )
    assert ["on" in row["sentence"].split(".")[0] for row in told] == [True, False]
    actions = await newcomer.sql.fetch(
        "SELECT action FROM audit_log a JOIN users u ON u.id = a.user_id WHERE u.email = $1 ORDER BY a.id",
        newcomer.email,
    )
    assert [row["action"] for row in actions][-2:] == ["two_factor_enabled", "two_factor_disabled"]


LOOSENING: dict[str, object] = {"max_leverage": 50}
GUARDED: list[tuple[str, str, dict[str, object] | None]] = [
    ("PATCH", "/risk/settings", LOOSENING),
    ("PATCH", "/wallets/{wallet_id}/risk-settings", {"min_risk_reward_ratio": "0.1"}),
    ("PATCH", "/risk/scopes/symbol/BTC", {"trading_paused": False}),
    ("POST", "/circuit-breaker/resume", {"acknowledge": True}),
    ("POST", "/account/two-factor", None),
    ("PUT", "/notifications/message-service", {"address": "discord://1234567890/abcdefghijk"}),
    ("PATCH", "/notifications/settings", {"unusual_activity": "ignore"}),
    (
        "POST",
        "/wallets",
        {
            "name": "L",
            "venue": "binanceusdm",
            "environment": "live",
            "api_key": "k" * 20,
            "api_secret": "s" * 20,
        },
    ),
]


@pytest.mark.parametrize("age", [None, STALE])
@pytest.mark.parametrize(("method", "path", "body"), GUARDED)
async def test_what_raises_risk_asks_for_a_recent_proof(
    http: httpx.AsyncClient,
    world: World,
    alice: Person,
    method: str,
    path: str,
    body: dict[str, object] | None,
    age: timedelta | None,
) -> None:
    strict = {"trading_paused": True, "max_leverage": 2}
    await http.patch("/risk/scopes/symbol/BTC", json=strict, headers=alice.headers | {"If-Match": "*"})
    wallet = f"/wallets/{alice.wallet_id}/risk-settings"
    await http.patch(wallet, json={"min_risk_reward_ratio": "3"}, headers=alice.headers | {"If-Match": "*"})
    pausing = {"unusual_activity": "pause"}
    await http.patch("/notifications/settings", json=pausing, headers=alice.headers)
    await age_proof(world, alice, age)
    headers = alice.headers | {"If-Match": "*", "Idempotency-Key": f"key-{alice.user_id}"}
    answer = await http.request(method, path.format(wallet_id=alice.wallet_id), json=body, headers=headers)
    assert code(answer) == (403, "step_up_required")
    await age_proof(world, alice, FRESH)
    answer = await http.request(method, path.format(wallet_id=alice.wallet_id), json=body, headers=headers)
    assert answer.status_code == 200 or answer.json()["code"] == "live_not_allowed", answer.text


async def test_what_lowers_risk_asks_for_no_proof(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await age_proof(world, alice, None)
    headers = alice.headers | {"If-Match": "*"}
    assert (await http.patch("/risk/settings", json={"max_leverage": 2}, headers=headers)).status_code == 200
    assert (await http.post("/circuit-breaker/pause", json={}, headers=headers)).status_code == 200
    paused = await http.patch("/risk/settings", json={"trading_paused": True}, headers=headers)
    assert paused.status_code == 200
    resumed = await http.patch("/risk/settings", json={"trading_paused": False}, headers=headers)
    assert code(resumed) == (403, "step_up_required")


async def test_a_password_steps_up_where_there_is_no_second_factor(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    await newcomer.sql.execute("UPDATE sessions SET proved_at = NULL")
    assert code(await newcomer.http.post("/account/two-factor", headers=headers)) == (403, "step_up_required")
    missing = await newcomer.http.post("/auth/step-up", json={"code": "123456"}, headers=headers)
    assert code(missing) == (422, "password_required")
    wrong = await newcomer.http.post("/auth/step-up", json={"password": "not the password"}, headers=headers)
    assert code(wrong) == (422, "wrong_password")
    assert "not the password" not in wrong.text
    proved = await newcomer.http.post("/auth/step-up", json={"password": PASSWORD}, headers=headers)
    assert proved.status_code == 200
    security = (await newcomer.http.get("/account/security", headers=headers)).json()
    assert security["proved_until"] is not None
    assert (await newcomer.http.post("/account/two-factor", headers=headers)).status_code == 200


async def test_a_password_alone_does_not_step_up_where_there_is_a_second_factor(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    authenticator, codes = await switch_on(newcomer, headers)
    only_password = await newcomer.http.post("/auth/step-up", json={"password": PASSWORD}, headers=headers)
    assert code(only_password) == (422, "code_required")
    typed = authenticator.now()
    first, second = [
        await newcomer.http.post("/auth/step-up", json={"code": typed}, headers=headers) for _ in range(2)
    ]
    assert (first.status_code, code(second)) == (200, (422, "wrong_code"))
    assert (
        await newcomer.http.post("/auth/step-up", json={"code": codes[0]}, headers=headers)
    ).status_code == 200


async def test_a_proof_is_of_one_session(newcomer: Newcomer) -> None:
    headers = await newcomer.arrive()
    other = bearer(await newcomer.sign_in())
    await newcomer.sql.execute("UPDATE sessions SET proved_at = NULL")
    await newcomer.http.post("/auth/step-up", json={"password": PASSWORD}, headers=headers)
    assert code(await newcomer.http.post("/account/two-factor", headers=other)) == (403, "step_up_required")
