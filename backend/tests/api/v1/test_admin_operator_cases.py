"""Trades that need a person: administrators see all of them and decide; nobody else does."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from app.schemas.operator_case import OperatorCaseList
from tests.api.desk_world import Person, World

PATH = "/admin/operator-cases"


@pytest_asyncio.fixture
async def admin(world: World) -> AsyncIterator[Person]:
    person = await world.person()
    await world.sql.execute("UPDATE users SET role = 'admin' WHERE id = $1", person.user_id)
    yield person
    await world.sql.execute("UPDATE users SET role = 'user' WHERE id = $1", person.user_id)


async def test_an_administrator_sees_another_tenants_case_and_decides_it(
    http: httpx.AsyncClient, world: World, admin: Person, alice: Person
) -> None:
    trade_id = await world.trade(alice, status="NEEDS_OPERATOR")
    await world.sql.execute(
        "UPDATE trades SET operator_reason = 'the fills do not add up', operator_since = now() WHERE id = $1",
        trade_id,
    )
    answer = await http.get(PATH, headers=admin.headers)
    assert answer.status_code == 200, answer.text
    items = OperatorCaseList.model_validate_json(answer.content).items
    (case,) = [item for item in items if item.trade_id == trade_id]
    assert (case.user_id, case.reason) == (alice.user_id, "the fills do not add up")
    decided = await http.post(
        f"{PATH}/{trade_id}/resolve",
        json={"choice": "close", "note": "seen at the venue"},
        headers=admin.headers,
    )
    assert decided.status_code == 202, decided.text
    work = await world.sql.fetchrow("SELECT * FROM outbox WHERE dedupe_key = $1", f"operator:{trade_id}")
    assert work is not None
    assert '"choice": "close"' in work["payload"]
    entry = await world.sql.fetchrow(
        "SELECT * FROM audit_log WHERE user_id = $1 AND action = 'operator_decided'", alice.user_id
    )
    assert entry is not None
    assert entry["actor"] == f"admin:{admin.user_id}"
    assert '"note": "seen at the venue"' in entry["details"]


async def test_a_trade_that_waits_for_nobody_is_refused(
    http: httpx.AsyncClient, world: World, admin: Person, alice: Person
) -> None:
    trade_id = await world.trade(alice, status="PROTECTED")
    answer = await http.post(f"{PATH}/{trade_id}/resolve", json={"choice": "close"}, headers=admin.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_with_operator")
    answer = await http.post(f"{PATH}/{uuid4()}/resolve", json={"choice": "close"}, headers=admin.headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("body", [{}, {"choice": "hope"}, {"choice": "close", "note": "x" * 501}])
async def test_a_decision_that_is_none_is_refused(
    body: dict[str, object], http: httpx.AsyncClient, admin: Person
) -> None:
    answer = await http.post(f"{PATH}/{uuid4()}/resolve", json=body, headers=admin.headers)
    assert answer.status_code == 422


@pytest.mark.parametrize(("choice", "status"), [("adopt", 403), ("mark_closed", 403), ("close", 202)])
async def test_a_decision_asks_for_a_recent_proof_unless_it_leaves_the_position(
    choice: str, status: int, http: httpx.AsyncClient, world: World, admin: Person, alice: Person
) -> None:
    trade_id = await world.trade(alice, status="NEEDS_OPERATOR")
    await world.sql.execute("UPDATE sessions SET proved_at = NULL WHERE id = $1", admin.session_id)
    path, body = f"{PATH}/{trade_id}/resolve", {"choice": choice}
    answer = await http.post(path, json=body, headers=admin.headers)
    assert answer.status_code == status, answer.text
    if status == 403:
        assert answer.json()["code"] == "step_up_required"
        await world.sql.execute("UPDATE sessions SET proved_at = now() WHERE id = $1", admin.session_id)
        assert (await http.post(path, json=body, headers=admin.headers)).status_code == 202
