"""The own account over HTTP: a time zone that waits, quotas, and the end of an account."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from app.adapters.export_files import ExportFolder
from app.bootstrap.account import apply_due_accounts
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import Database
from tests.api.answers import code
from tests.api.desk_world import NOON, Person, World, running_api
from tests.plain_http import PLAIN


async def email_of(world: World, person: Person) -> str:
    return str(await world.sql.fetchval("SELECT email FROM users WHERE id = $1", person.user_id))


async def test_another_time_zone_waits_for_the_next_day_of_the_old_one(
    http: httpx.AsyncClient, world: World, system_database: Database, tmp_path: Path
) -> None:
    person = await world.person(zone="Asia/Tokyo")
    answer = await http.patch("/account", json={"time_zone": "Europe/Berlin"}, headers=person.headers)
    body = answer.json()
    assert (body["time_zone"], body["pending_time_zone"]) == ("Asia/Tokyo", "Europe/Berlin")
    at = datetime.fromisoformat(body["pending_time_zone_at"])
    assert at.astimezone(UTC).hour == 15  # midnight in Tokyo
    assert timedelta(0) < at - utc_now() <= timedelta(days=1)
    await apply_due_accounts(system_database, ExportFolder(tmp_path), lambda: at - timedelta(seconds=1))
    assert (await http.get("/me", headers=person.headers)).json()["time_zone"] == "Asia/Tokyo"
    await apply_due_accounts(system_database, ExportFolder(tmp_path), lambda: at)
    account = (await http.get("/account", headers=person.headers)).json()
    assert (account["time_zone"], account["pending_time_zone"]) == ("Europe/Berlin", None)


async def test_a_time_zone_does_not_act_while_a_loss_limit_is_tripped(
    http: httpx.AsyncClient, world: World, alice: Person, system_database: Database, tmp_path: Path
) -> None:
    await http.patch("/account", json={"time_zone": "Asia/Tokyo"}, headers=alice.headers)
    await world.insert(
        "risk_state", user_id=alice.user_id, environment="paper", wallet_id=None, day_tripped_at=utc_now()
    )
    later = utc_now() + timedelta(days=3)
    await apply_due_accounts(system_database, ExportFolder(tmp_path), lambda: later)
    assert (await http.get("/account", headers=alice.headers)).json()["pending_time_zone"] == "Asia/Tokyo"
    await world.sql.execute("UPDATE risk_state SET day_tripped_at = NULL WHERE user_id = $1", alice.user_id)
    await apply_due_accounts(system_database, ExportFolder(tmp_path), lambda: later)
    assert (await http.get("/account", headers=alice.headers)).json()["time_zone"] == "Asia/Tokyo"


async def test_a_time_zone_that_waits_is_given_up(http: httpx.AsyncClient, alice: Person) -> None:
    await http.patch("/account", json={"time_zone": "Asia/Tokyo"}, headers=alice.headers)
    answer = await http.delete("/account/pending-time-zone", headers=alice.headers)
    assert answer.json()["pending_time_zone"] is None
    assert code(await http.patch("/account", json={"time_zone": "Mars/Base"}, headers=alice.headers)) == (
        422,
        "unknown_time_zone",
    )


async def test_a_deletion_stops_entries_and_is_given_up_within_its_grace(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    wrong = await http.post("/account/deletion", json={"email": "other@example.com"}, headers=alice.headers)
    assert code(wrong) == (422, "confirmation_needed")
    asked = await http.post(
        "/account/deletion", json={"email": await email_of(world, alice)}, headers=alice.headers
    )
    assert asked.status_code == 202
    due = datetime.fromisoformat(asked.json()["deletion_due_at"])
    assert timedelta(days=13) < due - utc_now() <= timedelta(days=14)
    wallet = (await http.get(f"/wallets/{alice.wallet_id}", headers=alice.headers)).json()
    assert wallet["auto_trade_enabled"] is False
    kept = await http.delete("/account/deletion", headers=alice.headers)
    assert kept.json()["deletion_due_at"] is None


async def test_a_deletion_is_refused_while_a_position_is_open(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await world.trade(alice)
    answer = await http.post(
        "/account/deletion", json={"email": await email_of(world, alice)}, headers=alice.headers
    )
    assert code(answer) == (409, "positions_open")


async def rows_left(sql: asyncpg.Connection, person: Person) -> list[str]:
    """The tables in which anything of the person is left."""
    tables = await sql.fetch(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'user_id'"
    )
    left = []
    for row in tables:
        found = await sql.fetchval(
            f'SELECT count(*) FROM "{row["relname"]}" WHERE user_id = $1',  # noqa: S608
            person.user_id,
        )
        if found:
            left.append(row["relname"])
    return left


async def test_an_erased_account_leaves_no_row_and_no_file_and_others_lose_nothing(
    http: httpx.AsyncClient,
    world: World,
    alice: Person,
    bob: Person,
    system_database: Database,
    tmp_path: Path,
) -> None:
    for person in (alice, bob):
        trade_id = await world.closed_trade(person, NOON)
        await world.stop_order(person, trade_id, 1, status="CANCELED")
        await world.execution(person, trade_id=trade_id)
        await world.decision(person)
        await world.insert("trade_notes", trade_id=trade_id, user_id=person.user_id, note="mine")
        await world.pending_change(person, "user", "")
        await world.kill_switch_run(person)
        await http.get("/risk/settings", headers=person.headers)
    await http.post("/account/deletion", json={"email": await email_of(world, alice)}, headers=alice.headers)
    folder, files = ExportFolder(tmp_path), []
    for person in (alice, bob):
        asked = await http.post("/exports", json={"kind": "trades"}, headers=person.headers)
        files.append(folder.path(UUID(asked.json()["id"]), "csv"))
        files[-1].write_text("everything")
    before = await rows_left(world.sql, bob)
    later = utc_now() + timedelta(days=15)
    await world.sql.execute("UPDATE users SET deletion_due_at = now() WHERE id = $1", alice.user_id)
    await apply_due_accounts(system_database, folder, lambda: later)
    assert await rows_left(world.sql, alice) == []
    assert [path.exists() for path in files] == [False, True]
    assert await world.sql.fetchval("SELECT count(*) FROM users WHERE id = $1", alice.user_id) == 0
    assert await rows_left(world.sql, bob) == before
    assert code(await http.get("/me", headers=alice.headers)) == (401, "session_over")


async def test_an_account_that_is_not_due_cannot_be_erased(
    world: World, alice: Person, system_database: Database
) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    with pytest.raises(DBAPIError, match="not due"):
        async with system_database.system() as session:
            await session.execute(text("SELECT erase_account(:id)"), {"id": alice.user_id})


async def test_quotas_are_told_and_kept(settings: Settings, world: World) -> None:
    tight = settings.model_copy(update={"max_wallets": 1, "max_subscriptions": 3, "max_exports_per_day": 1})
    async with (
        running_api(tight) as url,
        httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=120, verify=PLAIN) as http,
    ):
        person = await world.person()
        quotas = (await http.get("/account", headers=person.headers)).json()["quotas"]
        assert {one["name"]: (one["used"], one["limit"]) for one in quotas} == {
            "wallets": (1, 1),
            "subscriptions": (0, 3),
            "exports_per_day": (0, 1),
            "screenshots": (0, 200),
        }
        body = {"name": "Two", "venue": "paper", "environment": "paper"}
        headers = person.headers | {"Idempotency-Key": uuid4().hex}
        refused = await http.post("/wallets", json=body, headers=headers)
        assert code(refused) == (409, "quota_exceeded")
        assert "1 are allowed" in refused.json()["detail"]
        asked = [
            await http.post("/exports", json={"kind": "trades"}, headers=person.headers) for _ in range(2)
        ]
        assert [answer.status_code for answer in asked] == [202, 429]
        assert asked[1].json()["code"] == "quota_exceeded"


async def test_an_archived_wallets_trip_does_not_hold_up_the_time_zone(
    http: httpx.AsyncClient, world: World, alice: Person, system_database: Database, tmp_path: Path
) -> None:
    await http.patch("/account", json={"time_zone": "Asia/Tokyo"}, headers=alice.headers)
    await world.sql.execute("UPDATE wallets SET status = 'archived' WHERE id = $1", alice.wallet_id)
    for wallet_id in (None, alice.wallet_id):
        await world.insert(
            "risk_state",
            user_id=alice.user_id,
            environment="paper",
            wallet_id=wallet_id,
            day_tripped_at=utc_now(),
        )
    later = utc_now() + timedelta(days=3)
    await apply_due_accounts(system_database, ExportFolder(tmp_path), lambda: later)
    assert (await http.get("/account", headers=alice.headers)).json()["time_zone"] == "Asia/Tokyo"


class StuckFolder(ExportFolder):
    """The files of one export cannot be removed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.stuck: UUID | None = None

    def remove(self, export_id: UUID) -> None:
        if export_id == self.stuck:
            raise PermissionError("a file of this export cannot be removed")
        super().remove(export_id)


async def test_an_account_that_cannot_be_erased_holds_up_no_other_and_is_tried_again(
    http: httpx.AsyncClient,
    world: World,
    alice: Person,
    bob: Person,
    system_database: Database,
    tmp_path: Path,
) -> None:
    folder = StuckFolder(tmp_path)
    asked = await http.post("/exports", json={"kind": "trades"}, headers=alice.headers)
    folder.stuck = UUID(asked.json()["id"])
    await world.sql.execute(
        "UPDATE users SET deletion_due_at = now() - interval '1 second' WHERE id = ANY($1)",
        [alice.user_id, bob.user_id],
    )

    async def left() -> set[UUID]:
        rows = await world.sql.fetch("SELECT id FROM users WHERE id = ANY($1)", [alice.user_id, bob.user_id])
        return {row["id"] for row in rows}

    await apply_due_accounts(system_database, folder, utc_now)
    assert await left() == {alice.user_id}
    folder.stuck = None
    await apply_due_accounts(system_database, folder, utc_now)
    assert await left() == set()
