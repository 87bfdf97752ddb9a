"""Risk settings over HTTP: versions, coherence, and no loosening while a limit is tripped."""

import asyncpg
import httpx
import pytest

from app.core.clock import utc_now
from app.schemas.risk import RiskSettingsOut
from tests.api.desk_world import Person, World

PATH = "/risk/settings"


async def patch(
    http: httpx.AsyncClient, person: Person, body: dict[str, object], if_match: str | None = None
) -> httpx.Response:
    headers = person.headers | ({} if if_match is None else {"If-Match": if_match})
    return await http.patch(PATH, json=body, headers=headers)


async def trip(world: World, person: Person, wallet: bool = False) -> None:
    await world.insert(
        "risk_state",
        user_id=person.user_id,
        environment="paper",
        wallet_id=person.wallet_id if wallet else None,
        day_tripped_at=utc_now(),
    )


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_settings_begin_with_the_defaults(http: httpx.AsyncClient, alice: Person) -> None:
    answer = await http.get(PATH, headers=alice.headers)
    settings = RiskSettingsOut.model_validate_json(answer.content)
    assert (settings.max_position_size_usd, settings.max_position_size_percent) == ("10000", "10")
    assert (settings.min_signal_confidence, settings.max_leverage) == ("0.7", 10)
    assert answer.headers["ETag"] == f'"{settings.version}"'


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_settings_anonymous_is_refused(http: httpx.AsyncClient, method: str) -> None:
    assert (await http.request(method, PATH, json={})).status_code == 401


async def test_settings_of_the_specification_are_taken(http: httpx.AsyncClient, alice: Person) -> None:
    answer = await patch(
        http,
        alice,
        {
            "position_sizing_method": "kelly",
            "max_position_size_percent": 5.0,
            "max_daily_loss_percent": "3.0",
            "min_risk_reward_ratio": 2,
        },
    )
    assert answer.status_code == 200
    held = (await http.get(PATH, headers=alice.headers)).json()
    assert held == answer.json()
    assert (held["position_sizing_method"], held["max_position_size_percent"]) == ("kelly", "5")
    assert (held["max_daily_loss_percent"], held["min_risk_reward_ratio"]) == ("3", "2")


async def test_settings_of_another_tenant_stay(http: httpx.AsyncClient, alice: Person, bob: Person) -> None:
    before = (await http.get(PATH, headers=bob.headers)).json()
    await patch(http, alice, {"max_open_positions": 1})
    assert (await http.get(PATH, headers=bob.headers)).json() == before


async def test_a_change_of_an_older_version_is_refused(http: httpx.AsyncClient, alice: Person) -> None:
    etag = (await http.get(PATH, headers=alice.headers)).headers["ETag"]
    first = await patch(http, alice, {"max_open_positions": 4}, etag)
    assert first.status_code == 200
    assert first.headers["ETag"] != etag
    assert code(await patch(http, alice, {"max_open_positions": 3}, etag)) == (412, "version_mismatch")
    assert (await patch(http, alice, {"max_open_positions": 3}, first.headers["ETag"])).status_code == 200
    assert (await patch(http, alice, {"max_open_positions": 2}, "*")).status_code == 200
    assert code(await patch(http, alice, {}, "nonsense")) == (422, "invalid_input")


async def test_a_change_to_what_stands_is_none(http: httpx.AsyncClient, alice: Person) -> None:
    before = await http.get(PATH, headers=alice.headers)
    after = await patch(http, alice, {"max_open_positions": 5, "max_daily_loss_usd": "500.00"})
    assert after.json() == before.json()


@pytest.mark.parametrize("name", ["max_daily_loss_usd", "max_portfolio_heat", "max_leverage"])
async def test_a_negative_limit_is_refused_with_field_limit_and_value(
    http: httpx.AsyncClient, alice: Person, name: str
) -> None:
    answer = await patch(http, alice, {name: -5})
    assert code(answer) == (422, "limits_not_coherent")
    [error] = [error for error in answer.json()["errors"] if error["field"] == name]
    assert (error["code"], error["limit"], error["value"]) == ("negative", "0", "-5")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"max_daily_loss_percent": "NaN"}, "max_daily_loss_percent"),
        ({"max_daily_loss_percent": "1e400000"}, "max_daily_loss_percent"),
        ({"max_daily_loss_percent": "5.001"}, "max_daily_loss_percent"),
        ({"max_daily_loss_percent": 1000}, "max_daily_loss_percent"),
        ({"max_daily_loss_percent": 100.5}, "max_daily_loss_percent"),
        ({"max_open_positions": 10**30}, "max_open_positions"),
        ({"max_open_positions": 1.5}, "max_open_positions"),
        ({"max_daily_loss_percent": 11}, "max_daily_loss_percent"),
        ({"risk_per_trade_percent": None}, "risk_per_trade_percent"),
        ({"position_sizing_method": "martingale"}, "position_sizing_method"),
        ({"max_dayly_loss": 1}, "max_dayly_loss"),
        ({"version": 7}, "version"),
    ],
)
async def test_a_setting_that_makes_no_sense_is_named(
    http: httpx.AsyncClient, alice: Person, body: dict[str, object], field: str
) -> None:
    answer = await patch(http, alice, body)
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert (await http.get(PATH, headers=alice.headers)).json()["version"] == 1


async def test_risk_parity_is_refused_by_its_own_code(http: httpx.AsyncClient, alice: Person) -> None:
    answer = await patch(http, alice, {"position_sizing_method": "risk_parity"})
    assert code(answer) == (422, "sizing_method_unavailable")


async def test_a_limit_may_be_taken_away_and_zero_is_not_off(http: httpx.AsyncClient, alice: Person) -> None:
    answer = await patch(http, alice, {"max_daily_loss_usd": None, "max_open_positions": 0})
    assert (answer.json()["max_daily_loss_usd"], answer.json()["max_open_positions"]) == (None, 0)


@pytest.mark.parametrize("wallet", [False, True])
async def test_loosening_is_refused_while_a_limit_is_tripped_and_tightening_is_not(
    http: httpx.AsyncClient, world: World, alice: Person, wallet: bool
) -> None:
    await trip(world, alice, wallet)
    answer = await patch(http, alice, {"max_daily_loss_usd": 600, "max_open_positions": 1})
    assert code(answer) == (409, "limit_tripped")
    assert [error["field"] for error in answer.json()["errors"]] == ["max_daily_loss_usd"]
    assert (await patch(http, alice, {"max_daily_loss_usd": 400})).status_code == 200


async def test_a_trip_of_another_tenant_binds_nobody_else(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    await trip(world, bob)
    assert (await patch(http, alice, {"max_daily_loss_usd": 600})).status_code == 200


async def test_reset_goes_back_to_the_defaults(http: httpx.AsyncClient, alice: Person) -> None:
    before = (await http.get(PATH, headers=alice.headers)).json()
    await patch(http, alice, {"max_daily_loss_usd": 100, "enable_scale_out": False})
    answer = await http.delete(PATH, headers=alice.headers)
    changing = {"version", "updated_at"}
    assert {k: v for k, v in answer.json().items() if k not in changing} == {
        k: v for k, v in before.items() if k not in changing
    }


async def test_reset_that_loosens_is_refused_while_tripped(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await patch(http, alice, {"max_daily_loss_usd": 100})
    await trip(world, alice)
    assert code(await http.delete(PATH, headers=alice.headers)) == (409, "limit_tripped")


async def test_the_pause_switch_is_the_circuit_breaker(http: httpx.AsyncClient, alice: Person) -> None:
    assert (await patch(http, alice, {"trading_paused": True})).json()["trading_paused"] is True
    breaker = (await http.get("/circuit-breaker/status", headers=alice.headers)).json()
    assert breaker["state"] == "reduce_only"
    assert (await patch(http, alice, {"trading_paused": False})).json()["trading_paused"] is False
    breaker = (await http.get("/circuit-breaker/status", headers=alice.headers)).json()
    assert breaker["state"] == "active"


async def test_a_change_is_written_into_the_audit_log(
    http: httpx.AsyncClient, alice: Person, owner_connection: asyncpg.Connection
) -> None:
    await patch(http, alice, {"max_daily_loss_usd": 400})
    row = await owner_connection.fetchrow(
        "SELECT action, details FROM audit_log WHERE user_id = $1 ORDER BY id DESC LIMIT 1", alice.user_id
    )
    assert row is not None
    assert (row["action"], row["details"]) == (
        "risk_settings_changed",
        '{"max_daily_loss_usd": ["500", "400"]}',
    )
