"""Trading schedules over HTTP: read, changed by their owner only, at work on open positions at once."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from app.schemas.trading_schedule import TradingScheduleOut
from tests.api.desk_world import Person, World

ANY = {"If-Match": "*"}
USER = "/risk/schedule"
VENUE = "/venues/paper/schedule"
HOURS = [{"days": [0, 1, 2, 3, 4], "opens": "09:00", "closes": "17:00"}]


async def patch(
    http: httpx.AsyncClient, person: Person, body: dict[str, Any], path: str = USER, **headers: str
) -> httpx.Response:
    return await http.patch(path, json=body, headers=person.headers | (headers or ANY))


def of_wallet(person: Person) -> str:
    return f"/wallets/{person.wallet_id}/schedule"


@pytest.mark.parametrize("level", ["user", "venue", "wallet"])
async def test_schedule_is_off_in_the_users_zone_until_it_is_changed(
    http: httpx.AsyncClient, world: World, level: str
) -> None:
    person = await world.person(zone="Europe/Berlin")
    path = {"user": USER, "venue": VENUE, "wallet": of_wallet(person)}[level]
    read = await http.get(path, headers=person.headers)
    held = TradingScheduleOut.model_validate_json(read.content)
    assert (held.enabled, held.time_zone, held.hours, held.now) == (False, "Europe/Berlin", [], [])
    assert "XNYS" in {one.code for one in held.calendars}
    assert read.headers["ETag"] == '"1"'


async def test_change_is_kept_counted_and_audited(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    body = {"enabled": True, "hours": HOURS, "closed_dates": ["2026-12-24"], "leave_before_weekend": True}
    answer = await patch(http, alice, body, **{"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    kept = (await http.get(USER, headers=alice.headers)).json()
    assert (kept["enabled"], kept["hours"], kept["closed_dates"]) == (True, HOURS, ["2026-12-24"])
    stale = await patch(http, alice, {"enabled": False}, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_mismatch")
    details = await world.sql.fetchval(
        "SELECT details FROM audit_log WHERE user_id = $1 AND action = 'trading_schedule_changed'",
        alice.user_id,
    )
    assert "leave_before_weekend" in details


async def test_users_and_wallets_schedules_are_apart(http: httpx.AsyncClient, alice: Person) -> None:
    await patch(http, alice, {"enabled": True, "hours": HOURS}, of_wallet(alice))
    assert (await http.get(USER, headers=alice.headers)).json()["enabled"] is False
    assert (await http.get(of_wallet(alice), headers=alice.headers)).json()["enabled"] is True


async def test_a_venues_schedule_is_its_owners_and_stands_beside_the_others(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    answer = await patch(http, alice, {"enabled": True, "hours": HOURS}, VENUE, **{"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    kept = (await http.get(VENUE, headers=alice.headers)).json()
    assert (kept["enabled"], kept["hours"]) == (True, HOURS)
    for person, path in ((alice, USER), (alice, of_wallet(alice)), (bob, VENUE)):
        assert (await http.get(path, headers=person.headers)).json()["enabled"] is False
    details = await world.sql.fetchval(
        "SELECT details FROM audit_log WHERE user_id = $1 AND action = 'trading_schedule_changed'",
        alice.user_id,
    )
    assert '"venue": "paper"' in details


async def test_a_venue_that_there_is_not_is_not_found(http: httpx.AsyncClient, alice: Person) -> None:
    path = "/venues/atlantis/schedule"
    assert (await http.get(path, headers=alice.headers)).status_code == 404
    assert (await patch(http, alice, {"enabled": True}, path)).status_code == 404


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone", "unknown_time_zone"),
        ({"calendar": "XMAR"}, "calendar", "unknown_calendar"),
        ({"leave_before_weekend": True}, "leave_before_weekend", "no_weekend"),
        ({"leave_before_close": True}, "leave_before_close", "never_closes"),
    ],
)
async def test_what_cannot_stand_is_refused_by_name(
    http: httpx.AsyncClient, alice: Person, body: dict[str, Any], field: str, code: str
) -> None:
    answer = await patch(http, alice, body)
    problem = answer.json()
    assert (answer.status_code, problem["errors"][0]["field"], problem["errors"][0]["code"]) == (
        422,
        field,
        code,
    )
    assert (await http.get(USER, headers=alice.headers)).headers["ETag"] == '"1"'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"leave_minutes": 240}, 200),
        ({"leave_minutes": 241}, 422),
        ({"leave_minutes": 0}, 200),
        ({"leave_before_funding_percent": "0.05"}, 200),
        ({"leave_before_funding_percent": "0"}, 200),
        ({"leave_before_funding_percent": None}, 200),
        ({"leave_before_funding_percent": "-0.0001"}, 422),
        ({"leave_before_funding_percent": "100.0001"}, 422),
        ({"skip_funding_minutes": 0}, 422),
        ({"skip_funding_minutes": 1}, 200),
        ({"skip_funding_minutes": 240}, 200),
        ({"skip_funding_minutes": 241}, 422),
        ({"skip_funding_minutes": None}, 200),
        ({"leave_minutes": -1}, 422),
        ({"hours": [HOURS[0] | {"opens": "24:00"}]}, 422),
        ({"hours": [HOURS[0] | {"opens": "23:59"}]}, 200),
        ({"hours": [HOURS[0] | {"days": []}]}, 422),
        ({"hours": [HOURS[0] | {"days": [1, 1]}]}, 422),
        ({"hours": [HOURS[0] | {"days": [7]}]}, 422),
        ({"hours": HOURS * 21}, 200),
        ({"hours": HOURS * 22}, 422),
    ],
)
async def test_value_is_refused_outside_its_bounds_only(
    http: httpx.AsyncClient, alice: Person, body: dict[str, Any], status: int
) -> None:
    assert (await patch(http, alice, body)).status_code == status


async def test_open_positions_of_the_user_alone_lose_their_time_of_leaving(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    """Without a price nobody knows the market's time: what stands stays; switched off, nothing is left."""
    at = datetime.fromisoformat("2026-01-01T12:00:00+00:00")
    mine, theirs = await world.trade(alice), await world.trade(bob)
    await world.sql.execute(
        "UPDATE trades SET session_closes_at = $2 WHERE id = ANY ($1)", [mine, theirs], at
    )
    assert (await patch(http, alice, {"enabled": True, "hours": HOURS})).status_code == 200
    held = await world.sql.fetch(
        "SELECT id, session_closes_at FROM trades WHERE id = ANY ($1)", [mine, theirs]
    )
    assert dict(held)[theirs] == at


async def test_another_tenants_wallet_is_not_found(
    http: httpx.AsyncClient, alice: Person, bob: Person
) -> None:
    assert (await http.get(of_wallet(bob), headers=alice.headers)).status_code == 404
    assert (await patch(http, alice, {"enabled": True}, of_wallet(bob))).status_code == 404


async def test_nobody_reads_or_changes_it_anonymously(http: httpx.AsyncClient, alice: Person) -> None:
    for path in (USER, VENUE, of_wallet(alice)):
        assert (await http.get(path)).status_code == 401
        assert (await http.patch(path, json={"enabled": True}, headers=ANY)).status_code == 401


STRICT: dict[str, Any] = {
    "enabled": True,
    "hours": HOURS,
    "trade_weekends": False,
    "closed_dates": ["2026-12-24"],
    "leave_before_close": True,
    "leave_minutes": 30,
    "leave_before_funding_percent": "0.05",
    "skip_funding_minutes": 30,
}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"enabled": False}, 403),
        ({"hours": []}, 403),
        ({"trade_weekends": True}, 403),
        ({"closed_dates": []}, 403),
        ({"time_zone": "Asia/Tokyo"}, 403),
        ({"leave_before_close": False}, 403),
        ({"leave_minutes": 29}, 403),
        ({"leave_minutes": 30}, 200),
        ({"leave_minutes": 31}, 200),
        ({"leave_before_funding_percent": "0.06"}, 403),
        ({"skip_funding_minutes": 29}, 403),
        ({"skip_funding_minutes": None}, 403),
        ({"skip_funding_minutes": 31}, 200),
        ({"leave_before_funding_percent": None}, 403),
        ({"leave_before_funding_percent": "0.05"}, 200),
        ({"leave_before_funding_percent": "0.04"}, 200),
        ({"calendar": "XNYS"}, 200),
        ({"closed_dates": ["2026-12-24", "2026-12-25"]}, 200),
        ({"leave_before_weekend": True}, 200),
    ],
)
async def test_what_loosens_a_schedule_asks_for_a_recent_proof(
    http: httpx.AsyncClient, world: World, alice: Person, body: dict[str, Any], status: int
) -> None:
    await world.sql.execute("UPDATE sessions SET proved_at = NULL WHERE id = $1", alice.session_id)
    assert (await patch(http, alice, STRICT)).status_code == 200  # nothing stood before
    answer = await patch(http, alice, body)
    assert answer.status_code == status, answer.text
    if status == 403:
        assert answer.json()["code"] == "step_up_required"
        await world.sql.execute("UPDATE sessions SET proved_at = now() WHERE id = $1", alice.session_id)
        assert (await patch(http, alice, body)).status_code == 200
