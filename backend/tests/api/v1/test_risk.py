"""Risk settings over HTTP: versions, coherence, and no loosening while a limit is tripped."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta

import asyncpg
import httpx
import pytest
import pytest_asyncio

from app.bootstrap.risk import apply_due_loosenings
from app.core.clock import utc_now
from app.core.db import Database
from app.schemas.risk import RiskSettingsOut
from tests.api.answers import code
from tests.api.desk_world import Person, World

PATH = "/risk/settings"
ANY = {"If-Match": "*"}
CONSENT = "NO LIMIT"


Applying = Callable[[timedelta], Awaitable[int]]


@pytest_asyncio.fixture
async def apply(
    system_database: Database, worker_database: Database, owner_connection: asyncpg.Connection
) -> AsyncIterator[Applying]:
    """Runs the job of waiting loosenings as it would run so much later; nobody else's wait."""
    await owner_connection.execute("TRUNCATE risk_pending_changes")

    async def later(ahead: timedelta) -> int:
        return await apply_due_loosenings(system_database, worker_database, lambda: utc_now() + ahead)

    yield later


async def patch(
    http: httpx.AsyncClient, person: Person, body: Mapping[str, object], if_match: str | None = "*"
) -> httpx.Response:
    headers = person.headers | ({} if if_match is None else {"If-Match": if_match})
    return await http.patch(PATH, json=body, headers=headers)


async def waiting(http: httpx.AsyncClient, person: Person) -> dict[str, str | None]:
    held = RiskSettingsOut.model_validate_json((await http.get(PATH, headers=person.headers)).content)
    return {change.setting: change.value for change in held.pending}


async def trip(world: World, person: Person, wallet: bool = False) -> None:
    await world.insert(
        "risk_state",
        user_id=person.user_id,
        environment="paper",
        wallet_id=person.wallet_id if wallet else None,
        day_tripped_at=utc_now(),
    )


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
    assert await waiting(http, alice) == {"position_sizing_method": "kelly"}
    assert held["max_position_size_percent"] == "5"
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


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_a_change_without_a_version_is_refused(
    http: httpx.AsyncClient, alice: Person, method: str
) -> None:
    answer = await http.request(method, PATH, json={}, headers=alice.headers)
    assert code(answer) == (428, "if_match_required")


async def test_zero_is_not_off(http: httpx.AsyncClient, alice: Person) -> None:
    assert (await patch(http, alice, {"max_open_positions": 0})).json()["max_open_positions"] == 0


@pytest.mark.parametrize("consent", [None, "no limit", "NO LIMITS", ""])
async def test_a_limit_is_not_taken_away_without_the_phrase(
    http: httpx.AsyncClient, alice: Person, consent: str | None
) -> None:
    body = {"max_daily_loss_usd": None, "min_signal_confidence": None, "consent": consent}
    answer = await patch(http, alice, body)
    assert code(answer) == (422, "consent_required")
    assert {(error["field"], error["limit"]) for error in answer.json()["errors"]} == {
        ("max_daily_loss_usd", "NO LIMIT"),
        ("min_signal_confidence", "NO LIMIT"),
    }
    assert await waiting(http, alice) == {}


async def test_a_limit_that_is_taken_away_binds_until_the_next_day(
    http: httpx.AsyncClient, alice: Person
) -> None:
    answer = await patch(http, alice, {"max_daily_loss_usd": None, "consent": CONSENT})
    assert answer.status_code == 200
    assert answer.json()["max_daily_loss_usd"] == "500"
    assert await waiting(http, alice) == {"max_daily_loss_usd": None}


async def test_of_one_change_what_tightens_acts_and_what_loosens_waits(
    http: httpx.AsyncClient, alice: Person
) -> None:
    answer = await patch(http, alice, {"max_daily_loss_usd": 600, "max_open_positions": 1})
    assert (answer.json()["max_daily_loss_usd"], answer.json()["max_open_positions"]) == ("500", 1)
    [pending] = answer.json()["pending"]
    assert (pending["setting"], pending["value"]) == ("max_daily_loss_usd", "600")


async def test_a_loosening_waits_for_midnight_in_the_users_zone(
    http: httpx.AsyncClient, world: World
) -> None:
    tokyo = await world.person(zone="Asia/Tokyo")
    answer = await patch(http, tokyo, {"max_leverage": 20})
    effective_at = RiskSettingsOut.model_validate_json(answer.content).pending[0].effective_at
    assert (effective_at.hour, effective_at.minute) == (15, 0)
    assert timedelta(0) < effective_at - utc_now() <= timedelta(days=1)


async def test_a_loosening_acts_once_its_day_has_come(
    http: httpx.AsyncClient, world: World, alice: Person, apply: Applying
) -> None:
    await patch(http, alice, {"max_daily_loss_usd": "600.50", "enable_pyramiding": True, "max_leverage": 20})
    assert await apply(timedelta(0)) == 0
    assert (await http.get(PATH, headers=alice.headers)).json()["max_daily_loss_usd"] == "500"
    assert await apply(timedelta(days=1)) == 3
    held = (await http.get(PATH, headers=alice.headers)).json()
    assert (held["max_daily_loss_usd"], held["enable_pyramiding"], held["max_leverage"]) == (
        "600.5",
        True,
        20,
    )
    assert held["pending"] == []
    assert await apply(timedelta(days=1)) == 0


@pytest.mark.parametrize("wallet", [False, True])
async def test_a_loosening_never_acts_while_a_limit_is_tripped_and_tightening_does(
    http: httpx.AsyncClient, world: World, alice: Person, apply: Applying, wallet: bool
) -> None:
    await trip(world, alice, wallet)
    await patch(http, alice, {"max_daily_loss_usd": 600, "max_open_positions": 1})
    assert await apply(timedelta(days=1)) == 0
    held = (await http.get(PATH, headers=alice.headers)).json()
    assert (held["max_daily_loss_usd"], held["max_open_positions"]) == ("500", 1)
    await world.sql.execute("UPDATE risk_state SET day_tripped_at = NULL WHERE user_id = $1", alice.user_id)
    assert await apply(timedelta(days=1)) == 1


async def test_a_trip_of_another_tenant_holds_nobody_else_back(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person, apply: Applying
) -> None:
    await trip(world, bob)
    await patch(http, alice, {"max_daily_loss_usd": 600})
    assert await apply(timedelta(days=1)) == 1


async def test_a_waiting_loosening_can_be_cancelled(
    http: httpx.AsyncClient, alice: Person, apply: Applying
) -> None:
    await patch(http, alice, {"max_daily_loss_usd": 600, "max_leverage": 20})
    answer = await http.delete(f"{PATH}/pending/max_leverage", headers=alice.headers)
    assert [change["setting"] for change in answer.json()["pending"]] == ["max_daily_loss_usd"]
    assert await apply(timedelta(days=1)) == 1
    assert (await http.get(PATH, headers=alice.headers)).json()["max_leverage"] == 10
    again = await http.delete(f"{PATH}/pending/max_leverage", headers=alice.headers)
    assert code(again) == (404, "not_found")


@pytest.mark.parametrize("value", [400, 500, 700])
async def test_a_later_wish_replaces_the_one_that_waits(
    http: httpx.AsyncClient, alice: Person, value: int
) -> None:
    """Tightening acts, the value that stands gives the wish up, and a new loosening waits instead."""
    await patch(http, alice, {"max_daily_loss_usd": 600})
    answer = await patch(http, alice, {"max_daily_loss_usd": value})
    assert answer.json()["max_daily_loss_usd"] == str(min(value, 500))
    assert await waiting(http, alice) == ({"max_daily_loss_usd": "700"} if value == 700 else {})


async def test_a_loosening_that_no_longer_fits_is_refused_when_its_day_comes(
    http: httpx.AsyncClient, alice: Person, apply: Applying
) -> None:
    await patch(http, alice, {"max_daily_loss_percent": 8})
    await patch(http, alice, {"max_weekly_loss_percent": 6})
    assert await apply(timedelta(days=1)) == 0
    held = (await http.get(PATH, headers=alice.headers)).json()
    assert (held["max_daily_loss_percent"], held["pending"]) == ("5", [])


async def test_a_longest_holding_is_shortened_at_once_and_lengthened_later(
    http: httpx.AsyncClient, alice: Person
) -> None:
    await patch(http, alice, {"max_holding_minutes": 60})
    for looser in (61, None):
        await patch(http, alice, {"max_holding_minutes": looser})
        held = (await http.get(PATH, headers=alice.headers)).json()
        assert held["max_holding_minutes"] == 60
        assert [change["setting"] for change in held["pending"]] == ["max_holding_minutes"]
    await patch(http, alice, {"max_holding_minutes": 1})
    held = (await http.get(PATH, headers=alice.headers)).json()
    assert (held["max_holding_minutes"], held["pending"]) == (1, [])
    for refused in (0, 2**31):
        answer = await http.patch(PATH, json={"max_holding_minutes": refused}, headers=alice.headers | ANY)
        assert answer.status_code == 422


async def test_reset_goes_back_to_the_defaults(http: httpx.AsyncClient, alice: Person) -> None:
    await patch(http, alice, {"flatten_when_tripped": False})
    before = (await http.get(PATH, headers=alice.headers)).json()
    await patch(http, alice, {"enable_scale_out": False})
    answer = await http.delete(PATH, headers=alice.headers | ANY)
    changing = {"version", "updated_at"}
    assert {k: v for k, v in answer.json().items() if k not in changing} == {
        k: v for k, v in before.items() if k not in changing
    }


async def test_what_a_reset_loosens_waits_too(http: httpx.AsyncClient, alice: Person) -> None:
    await patch(http, alice, {"max_daily_loss_usd": 100})
    answer = await http.delete(PATH, headers=alice.headers | ANY)
    assert answer.json()["max_daily_loss_usd"] == "100"
    assert await waiting(http, alice) == {"max_daily_loss_usd": "500"}


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
