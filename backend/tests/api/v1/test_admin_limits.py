"""The platform's limits over HTTP, for administrators alone."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.db import Database
from app.schemas.platform_limits import PlatformLimit, PlatformLimitList
from tests.api.desk_world import Person, World

PATH = "/admin/risk/limits"


@pytest_asyncio.fixture
async def admin(world: World) -> AsyncIterator[Person]:
    """An administrator; what they stored is taken away again."""
    person = await world.person()
    await world.sql.execute("UPDATE users SET role = 'admin' WHERE id = $1", person.user_id)
    yield person
    await world.sql.execute("DELETE FROM platform_risk_limits")


def named(answer: httpx.Response, name: str) -> PlatformLimit:
    assert answer.status_code == 200, answer.text
    items = PlatformLimitList.model_validate_json(answer.content).items
    return next(item for item in items if item.name == name)


async def test_the_floor_is_listed(http: httpx.AsyncClient, admin: Person) -> None:
    held = named(await http.get(PATH, headers=admin.headers), "max_order_notional_usd")
    assert (held.built_in, held.stored, held.binding) == ("1000000", None, "1000000")


async def test_an_administrator_tightens_and_takes_it_away(http: httpx.AsyncClient, admin: Person) -> None:
    path = f"{PATH}/max_daily_loss_percent"
    held = named(await http.put(path, json={"value": "2.5"}, headers=admin.headers), "max_daily_loss_percent")
    assert (held.stored, held.binding) == ("2.5", "2.5")
    status = (await http.get("/risk/status", headers=admin.headers)).json()["environments"][0]
    daily = next(use for use in status["limits"] if use["name"] == "max_daily_loss_percent")
    assert daily["limit"] == "2.5"
    held = named(await http.delete(path, headers=admin.headers), "max_daily_loss_percent")
    assert (held.stored, held.binding) == (None, None)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("max_order_notional_usd", "1000001", "looser_than_floor"),
        ("max_daily_loss_percent", "101", "out_of_range"),
        ("max_open_positions", "1.5", "not_whole"),
        ("max_daily_loss_percent", "NaN", "invalid_input"),
        ("max_daily_loss_percent", "-1", "invalid_input"),
    ],
)
async def test_a_limit_that_makes_no_sense_is_refused(
    http: httpx.AsyncClient, admin: Person, name: str, value: str, code: str
) -> None:
    answer = await http.put(f"{PATH}/{name}", json={"value": value}, headers=admin.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_limit_that_does_not_exist_is_not_found(http: httpx.AsyncClient, admin: Person) -> None:
    answer = await http.put(f"{PATH}/max_luck", json={"value": "1"}, headers=admin.headers)
    assert answer.status_code == 404


async def test_the_database_itself_asks_for_an_administrator(api_database: Database, alice: Person) -> None:
    with pytest.raises(DBAPIError, match="only an administrator"):
        async with api_database.tenant(alice.user_id) as session:
            await session.execute(text("SELECT set_platform_risk_limit('max_leverage', 1)"))
