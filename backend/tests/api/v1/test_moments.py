"""Moments that a caller names: written out, and whatever year they lie in, answered."""

import httpx
import pytest

from tests.api.desk_world import NOON, Person, World

READS = {
    "/execution/stats": ("from", "to"),
    "/execution/logs": ("from", "to"),
    "/analytics/portfolio": ("from", "to"),
    "/analytics/equity?points=50": ("from", "to"),
    "/analytics/risk-metrics": ("from", "to"),
    "/analytics/drawdowns": ("from", "to"),
    "/analytics/calendar": ("from", "to"),
    "/analytics/attribution": ("from", "to"),
    "/analytics/compare": ("from", "to"),
    "/trades": ("from", "to"),
}
NAMED = [(path, name) for path, names in READS.items() for name in names]
OF_A_VENUE = ("/market/candles?venue=paper&symbol=BTC/USDT:USDT&timeframe=1h", "until")  # which is not there


async def _asked(http: httpx.AsyncClient, person: Person, path: str, **moments: str) -> httpx.Response:
    url = httpx.URL(f"{http.base_url}".rstrip("/") + path).copy_merge_params(moments)
    return await http.get(url, headers=person.headers)


@pytest.mark.parametrize(("path", "name"), [*NAMED, OF_A_VENUE])
async def test_what_is_no_moment_is_refused_by_name(
    http: httpx.AsyncClient, alice: Person, path: str, name: str
) -> None:
    for moment in (
        "0",
        "1760130000",
        "1760130000000",
        "2025-10-10",
        "2025-10-10T21:00:00",
        "0001-01-01T00:00:00+00:01",
    ):
        answer = await _asked(http, alice, path, **{name: moment})
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [name]


@pytest.mark.parametrize(("path", "name"), NAMED)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Adak"])  # fourteen hours before, ten behind
async def test_the_first_and_the_last_years_are_answered(
    http: httpx.AsyncClient, world: World, alice: Person, path: str, name: str, zone: str
) -> None:
    await world.sql.execute("UPDATE users SET time_zone = $2 WHERE id = $1", alice.user_id, zone)
    await world.closed_trade(alice, NOON, symbol="ETH/USDT:USDT")
    for moment in (
        "0001-01-01T00:00:00Z",
        "0001-01-02T00:00:00Z",
        "0001-01-15T01:00:00+01:00",
        "9999-12-31T23:59:59Z",
    ):
        answer = await _asked(http, alice, path, **{name: moment})
        assert answer.status_code in (200, 422), answer.text
        assert answer.is_success or answer.json()["code"] in ("invalid_input", "range_in_future")


async def test_statistics_to_a_day_of_the_first_year_begin_with_it(
    http: httpx.AsyncClient, alice: Person
) -> None:
    answer = await _asked(http, alice, "/execution/stats", to="0001-01-15T01:00:00Z")
    assert answer.status_code == 200
    assert answer.json()["begin"].startswith("0001-01-01T00:00:00")


@pytest.mark.parametrize("moment", [1, 4102444800, "4102444800", True])
async def test_a_pause_ends_at_no_number(http: httpx.AsyncClient, alice: Person, moment: object) -> None:
    answer = await http.post("/circuit-breaker/pause", json={"until": moment}, headers=alice.headers)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["until"]
