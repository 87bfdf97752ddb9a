"""Finding a user: administrators find everybody's by address, wallet or id, page by page; nobody else finds anybody."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from app.schemas.user_search import FoundUserPage
from tests.api.desk_world import Person, World

PATH = "/admin/users"


@pytest_asyncio.fixture
async def admin(world: World) -> AsyncIterator[Person]:
    person = await world.person()
    await world.sql.execute("UPDATE users SET role = 'admin' WHERE id = $1", person.user_id)
    yield person
    await world.sql.execute("UPDATE users SET role = 'user' WHERE id = $1", person.user_id)


async def find(http: httpx.AsyncClient, asking: Person, **parameters: str) -> FoundUserPage:
    answer = await http.get(PATH, params=parameters, headers=asking.headers)
    assert answer.status_code == 200, answer.text
    return FoundUserPage.model_validate_json(answer.content)


async def test_an_administrator_finds_a_user_by_address_by_wallet_and_by_id(
    http: httpx.AsyncClient, world: World, admin: Person, alice: Person
) -> None:
    address = f"Found.{alice.user_id.hex}_%@example.com"
    await world.sql.execute("UPDATE users SET email = $2 WHERE id = $1", alice.user_id, address)
    await world.sql.execute(
        "UPDATE wallets SET name = $2 WHERE id = $1", alice.wallet_id, f"Ape {alice.wallet_id.hex}"
    )
    await world.trade(alice, status="PROTECTED")
    for words in (address.upper()[:40], f"ape {alice.wallet_id.hex[:20]}", str(alice.user_id)[:30]):
        (user,) = (await find(http, admin, q=words)).items
        assert (user.id, user.email, user.role, user.open_positions) == (alice.user_id, address, "user", 1)


async def test_marks_of_a_pattern_are_letters(
    http: httpx.AsyncClient, world: World, admin: Person, alice: Person
) -> None:
    assert (await find(http, admin, q="%@%")).items == []


async def test_pages_follow_each_other_without_gap_or_repetition(
    http: httpx.AsyncClient, world: World, admin: Person
) -> None:
    people = [await world.person() for _ in range(3)]
    word = f"paged-{people[0].user_id.hex}"
    for number, person in enumerate(people):
        await world.sql.execute(
            "UPDATE users SET email = $2, created_at = '2020-01-01T00:00:00Z' WHERE id = $1",
            person.user_id,
            f"{word}-{number}@example.com",
        )
    seen, cursor = [], ""
    for _ in range(3):
        page = await find(http, admin, q=word, limit="1", cursor=cursor)
        seen += [user.id for user in page.items]
        cursor = page.next_cursor or ""
    assert cursor == ""
    assert sorted(seen) == sorted(person.user_id for person in people)


async def test_a_search_for_nothing_is_refused(http: httpx.AsyncClient, admin: Person) -> None:
    answer = await http.get(PATH, params={"q": ""}, headers=admin.headers)
    assert answer.status_code == 422


@pytest.mark.parametrize("signed_in", [True, False])
async def test_nobody_else_finds_anybody(http: httpx.AsyncClient, alice: Person, signed_in: bool) -> None:
    answer = await http.get(PATH, params={"q": "a"}, headers=alice.headers if signed_in else {})
    assert answer.status_code == (403 if signed_in else 401)
