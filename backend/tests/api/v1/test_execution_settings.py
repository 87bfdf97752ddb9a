"""A wallet's execution settings over HTTP: read, changed within bounds, by their owner only."""

from typing import Any

import httpx
import pytest

from app.schemas.execution_settings import ExecutionSettingsOut
from tests.api.desk_world import Person, World

ANY = {"If-Match": "*"}


def path(person: Person) -> str:
    return f"/wallets/{person.wallet_id}/execution-settings"


async def patch(
    http: httpx.AsyncClient, person: Person, body: dict[str, Any], **headers: str
) -> httpx.Response:
    sent = person.headers | (headers or ANY)
    return await http.patch(path(person), json=body, headers=sent)


async def test_defaults_until_something_is_changed(http: httpx.AsyncClient, alice: Person) -> None:
    answer = await http.get(path(alice), headers=alice.headers)
    settings = ExecutionSettingsOut.model_validate_json(answer.content)
    assert (settings.max_slippage, settings.max_slippage_unit, settings.max_deviation) == ("30", "bps", "50")
    assert (settings.retry_attempts, settings.retry_delay_seconds, settings.execution_timeout_seconds) == (
        3,
        "1",
        "30",
    )
    assert (settings.use_market_orders, settings.confirm_trades) == (True, False)
    assert answer.headers["ETag"] == '"1"'


async def test_change_is_kept_counted_and_audited(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    body = {"max_slippage": "0.25", "max_slippage_unit": "percent", "confirm_trades": True}
    answer = await patch(http, alice, body, **{"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    kept = (await http.get(path(alice), headers=alice.headers)).json()
    assert (kept["max_slippage"], kept["max_slippage_unit"], kept["confirm_trades"]) == (
        "0.25",
        "percent",
        True,
    )
    stale = await patch(http, alice, {"retry_attempts": 1}, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_mismatch")
    details = await world.sql.fetchval(
        "SELECT details FROM audit_log WHERE user_id = $1 AND action = 'execution_settings_changed'",
        alice.user_id,
    )
    assert '"max_slippage": ["30", "0.25"]' in details


@pytest.mark.parametrize(
    ("name", "inside", "at", "outside", "extra"),
    [
        ("max_slippage", "999", "1000", "1000.0001", {}),
        ("max_slippage", "9.9", "10", "10.0001", {"max_slippage_unit": "percent"}),
        ("max_slippage", "5", "100000", "100000.0001", {"max_slippage_unit": "points"}),
        ("max_deviation", "1", "0.0001", "0", {}),
        ("retry_attempts", 9, 10, 11, {}),
        ("retry_attempts", 1, 0, -1, {}),
        ("retry_delay_seconds", "1", "0.1", "0.09", {}),
        ("execution_timeout_seconds", "599", "600", "600.01", {}),
        ("confirm_seconds", 11, 10, 9, {}),
    ],
)
async def test_value_is_refused_outside_its_bounds_only(
    http: httpx.AsyncClient,
    alice: Person,
    name: str,
    inside: object,
    at: object,
    outside: object,
    extra: dict[str, object],
) -> None:
    for value in (inside, at):
        assert (await patch(http, alice, extra | {name: value})).status_code == 200
    refused = await patch(http, alice, extra | {name: outside})
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["field"], error["code"]) == (422, name, "out_of_bounds")
    assert error["limit"] == str(at if name != "max_deviation" else 0)
    assert error["value"] == str(outside)


async def test_unit_alone_is_judged_with_the_value_that_is_there(
    http: httpx.AsyncClient, alice: Person
) -> None:
    refused = await patch(http, alice, {"max_slippage_unit": "percent"})  # 30 %
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "max_slippage")


async def test_settings_of_another_tenant_are_not_found(
    http: httpx.AsyncClient, alice: Person, bob: Person
) -> None:
    assert (await http.get(path(bob), headers=alice.headers)).status_code == 404
    answer = await http.patch(path(bob), json={"retry_attempts": 1}, headers=alice.headers | ANY)
    assert answer.status_code == 404


STRICT: dict[str, Any] = {"use_market_orders": False, "confirm_trades": True, "max_deviation": "40"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"max_slippage": "30.01"}, 403),
        ({"max_slippage": "29.99"}, 200),
        ({"max_slippage": "0.3", "max_slippage_unit": "percent"}, 200),
        ({"max_slippage": "0.301", "max_slippage_unit": "percent"}, 403),
        ({"max_slippage_unit": "percent", "max_slippage": "1"}, 403),
        ({"max_slippage": "1", "max_slippage_unit": "points"}, 403),
        ({"max_deviation": "40.01"}, 403),
        ({"max_deviation": "40"}, 200),
        ({"use_market_orders": True}, 403),
        ({"use_market_orders": False}, 200),
        ({"confirm_trades": False}, 403),
        ({"confirm_seconds": 3600, "retry_attempts": 10, "execution_timeout_seconds": 600}, 200),
    ],
)
async def test_what_protects_less_asks_for_a_recent_proof(
    http: httpx.AsyncClient, world: World, alice: Person, body: dict[str, Any], status: int
) -> None:
    await world.sql.execute("UPDATE sessions SET proved_at = NULL WHERE id = $1", alice.session_id)
    assert (await patch(http, alice, STRICT)).status_code == 200
    answer = await patch(http, alice, body)
    assert answer.status_code == status, answer.text
    if status == 403:
        assert answer.json()["code"] == "step_up_required"
        await world.sql.execute("UPDATE sessions SET proved_at = now() WHERE id = $1", alice.session_id)
        assert (await patch(http, alice, body)).status_code == 200
