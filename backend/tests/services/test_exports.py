"""Exports by their job: every row once, formulas defused, progress told, nothing of anybody else's."""

import asyncio
import base64
import csv
import io
import json
import zipfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import asyncpg
import pyarrow.parquet as pq
import pytest
import pytest_asyncio

from app.adapters.export_files import ExportFolder
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import Database
from app.core.errors import ConflictError, TooManyRequestsError
from app.repositories.account_data import account_tables
from app.services import export_rows
from app.services.exports import ExportJob, ExportKind, Exports, ExportTerms, sweep_exports
from app.services.job_tries import MOST_ATTEMPTS
from tests.api.desk_world import NOON, Person, World


class Bell:
    """Keeps what it was rung for."""

    def __init__(self) -> None:
        self.rung: list[tuple[str | int, ...]] = []

    async def enqueue(self, job: str, *arguments: str | int, key: str) -> None:
        self.rung.append(arguments)


class Office:
    """Both sides of exports over one folder."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.files, self.bell = ExportFolder(folder), Bell()
        self.exports = Exports(database, self.files, self.bell, ExportTerms(3, timedelta(days=7)), utc_now)
        self.job = ExportJob(database, self.files, utc_now)

    async def made(self, person: Person, kind: ExportKind, form: str, **wishes: object) -> bytes:
        """The file of an export, made by its job."""
        view = await self.exports.ask(person.user_id, kind, form, wishes)
        assert await self.job.run(person.user_id, view.id)
        done, path = await self.exports.file(person.user_id, view.id)
        assert (done.status, done.size_bytes) == ("done", path.stat().st_size)
        assert done.rows_total is not None
        assert done.rows_done == done.rows_total
        return path.read_bytes()


@pytest.fixture
def office(worker_database: Database, tmp_path: Path) -> Office:
    return Office(worker_database, tmp_path / "exports")


@pytest_asyncio.fixture
async def world(owner_connection: asyncpg.Connection, settings: Settings) -> World:
    return World(owner_connection, settings)


@pytest_asyncio.fixture
async def alice(world: World) -> Person:
    return await world.person()


async def trades(world: World, person: Person, count: int, **values: object) -> list[UUID]:
    return [
        await world.closed_trade(person, NOON + timedelta(minutes=number), **values)
        for number in range(count)
    ]


async def fill(
    world: World, person: Person, trade_id: UUID, number: int, side: str, quantity: str, price: str, fee: str
) -> None:
    await world.insert(
        "fills",
        wallet_id=person.wallet_id,
        symbol="BTC/USDT:USDT",
        venue_trade_id=str(number),
        user_id=person.user_id,
        trade_id=trade_id,
        exchange_order_id="1",
        side=side,
        quantity=Decimal(quantity),
        price=Decimal(price),
        fee=Decimal(fee),
        fee_currency="USDT",
        venue_realized_pnl=0,
        is_maker=False,
        executed_at=NOON + timedelta(minutes=number),
    )


async def test_every_row_is_exported_once_over_batches(
    office: Office, world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_rows, "BATCH", 3)
    made = await trades(world, alice, 8)
    other = await world.person()
    await trades(world, other, 2)
    rows = list(
        csv.DictReader(
            io.StringIO((await office.made(alice, ExportKind.TRADES, "csv", status="CLOSED")).decode())
        )
    )
    assert [row["id"] for row in rows] == [str(one) for one in reversed(made)]
    assert {row["net_pnl"] for row in rows} == {"96"}


async def test_the_quantity_of_a_trade_is_what_was_filled_of_it(
    office: Office, world: World, alice: Person
) -> None:
    """0.3 of 0.5 were entered, in two fills; left in two as well: (110 - 100) x 0.1 + (120 - 103) x 0.2 = 4.4."""
    trade_id = await world.closed_trade(
        alice, NOON, planned_quantity=Decimal("0.5"), realized_pnl=Decimal("4.4")
    )
    without = await world.closed_trade(alice, NOON - timedelta(hours=1))
    fills = [("buy", "0.1", "100"), ("buy", "0.2", "103"), ("sell", "0.1", "110"), ("sell", "0.2", "120")]
    for number, (side, quantity, price) in enumerate(fills):
        await fill(world, alice, trade_id, number, side, quantity, price, "0")
    rows = csv.DictReader(io.StringIO((await office.made(alice, ExportKind.TRADES, "csv")).decode()))
    held = {row["id"]: (row["planned_quantity"], row["quantity"]) for row in rows}
    assert held == {str(trade_id): ("0.5", "0.3"), str(without): ("0.5", "0")}


async def test_a_formula_in_a_tag_and_a_note_is_text_and_a_negative_number_stays_one(
    office: Office, world: World, alice: Person
) -> None:
    trade_id = await world.closed_trade(alice, NOON, realized_pnl=-50, reason='=HYPERLINK("http://evil","x")')
    await world.insert("trade_notes", trade_id=trade_id, user_id=alice.user_id, note="@SUM(A1)", rating=4)
    for word in ("=1+1", "ok"):
        await world.insert("trade_tags", trade_id=trade_id, user_id=alice.user_id, tag=word)
    (row,) = csv.DictReader(io.StringIO((await office.made(alice, ExportKind.TRADES, "csv")).decode()))
    assert (row["tags"], row["note"], row["rating"]) == ("'=1+1, ok", "'@SUM(A1)", "4")
    assert row["reason"].startswith("'=HYPERLINK")
    assert row["net_pnl"] == "-54"


async def test_json_and_parquet_hold_the_same_exact_figures(
    office: Office, world: World, alice: Person
) -> None:
    await trades(world, alice, 2, realized_pnl=Decimal("0.00000001"), fees=Decimal("1.23456789"))
    told = json.loads(await office.made(alice, ExportKind.TRADES, "json"))
    table = pq.read_table(io.BytesIO(await office.made(alice, ExportKind.TRADES, "parquet")))
    assert [row["net_pnl"] for row in told] == ["-2.23456788"] * 2
    assert table.column("net_pnl").to_pylist() == [Decimal("-2.23456788")] * 2
    assert table.column("closed_at").to_pylist()[0] == NOON + timedelta(minutes=1)


async def test_an_export_without_rows_is_a_whole_file(office: Office, alice: Person) -> None:
    assert json.loads(await office.made(alice, ExportKind.EXECUTIONS, "json")) == []
    assert (
        (await office.made(alice, ExportKind.TAX_LOTS, "csv"))
        .decode()
        .startswith("wallet_id,symbol,side,method")
    )
    assert pq.read_table(io.BytesIO(await office.made(alice, ExportKind.TRADES, "parquet"))).num_rows == 0


@pytest.mark.parametrize(("method", "gain"), [("fifo", "17"), ("lifo", "7"), ("hifo", "-3")])
async def test_tax_lots_follow_their_method(
    office: Office, world: World, alice: Person, method: str, gain: str
) -> None:
    trade_id = await world.closed_trade(alice, NOON)
    for number, price in enumerate(("100", "120", "110")):
        await fill(world, alice, trade_id, number, "buy", "1", price, "1")
    await fill(world, alice, trade_id, 11, "sell", "1", "120", "2")
    (row,) = csv.DictReader(
        io.StringIO((await office.made(alice, ExportKind.TAX_LOTS, "csv", method=method)).decode())
    )
    assert (row["gain"], row["fees"], row["method"]) == (gain, "3", method)


async def test_a_filter_of_tag_side_and_range_holds(office: Office, world: World, alice: Person) -> None:
    first, second, _ = await trades(world, alice, 3)
    for trade_id in (first, second):
        await world.insert("trade_tags", trade_id=trade_id, user_id=alice.user_id, tag="breakout")
    wishes: dict[str, object] = {"tag": "breakout", "from": (NOON + timedelta(minutes=1)).isoformat()}
    rows = json.loads(await office.made(alice, ExportKind.TRADES, "json", **wishes))
    assert [row["id"] for row in rows] == [str(second)]
    assert json.loads(await office.made(alice, ExportKind.TRADES, "json", side="short")) == []


async def test_a_job_that_fell_silent_is_begun_anew_and_one_that_runs_is_not(
    office: Office, world: World, alice: Person, system_database: Database
) -> None:
    await trades(world, alice, 1)
    view = await office.exports.ask(alice.user_id, ExportKind.TRADES, "csv", {})
    beat = "UPDATE exports SET status = 'running', beat_at = now() - make_interval(secs => $2) WHERE id = $1"
    await world.sql.execute(beat, view.id, 30.0)
    assert not await office.job.run(alice.user_id, view.id)
    await world.sql.execute(beat, view.id, 61.0)
    office.bell.rung.clear()
    await sweep_exports(system_database, office.job, office.bell, utc_now())
    assert (str(alice.user_id), str(view.id)) in office.bell.rung
    assert await office.job.run(alice.user_id, view.id)
    assert not await office.job.run(alice.user_id, view.id), "done is done"


async def test_a_cancelled_export_leaves_no_file(office: Office, world: World, alice: Person) -> None:
    await trades(world, alice, 1)
    view = await office.exports.ask(alice.user_id, ExportKind.TRADES, "csv", {})
    assert (await office.exports.cancel(alice.user_id, view.id)).status == "cancelled"
    assert not await office.job.run(alice.user_id, view.id)
    await office.made(alice, ExportKind.TRADES, "csv")
    newest = (await office.exports.newest(alice.user_id))[0]
    await office.exports.cancel(alice.user_id, newest.id)
    with pytest.raises(ConflictError, match="cancelled"):
        await office.exports.file(alice.user_id, newest.id)
    assert not list((office.files.path(newest.id, "csv")).parent.iterdir())


async def test_an_old_export_is_let_go(
    office: Office, world: World, alice: Person, system_database: Database
) -> None:
    await office.made(alice, ExportKind.TRADES, "csv")
    view = (await office.exports.newest(alice.user_id))[0]
    await sweep_exports(system_database, office.job, office.bell, utc_now())
    assert (await office.exports.one(alice.user_id, view.id)).status == "done"
    await world.sql.execute("UPDATE exports SET expires_at = now() WHERE id = $1", view.id)
    await sweep_exports(system_database, office.job, office.bell, utc_now())
    assert (await office.exports.one(alice.user_id, view.id)).status == "expired"
    assert not office.files.path(view.id, "csv").exists()


async def test_the_quota_of_a_day_is_kept(office: Office, alice: Person) -> None:
    for _ in range(3):
        await office.exports.ask(alice.user_id, ExportKind.TRADES, "csv", {})
    with pytest.raises(TooManyRequestsError, match="3 are allowed"):
        await office.exports.ask(alice.user_id, ExportKind.TRADES, "csv", {})


async def test_exports_that_are_asked_for_at_once_do_not_pass_the_quota_together(
    office: Office, alice: Person
) -> None:
    asked = await asyncio.gather(
        *(office.exports.ask(alice.user_id, ExportKind.TRADES, "csv", {}) for _ in range(12)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, TooManyRequestsError) for one in asked) == 9


CANARY = "canary-7f3a9e"


async def test_an_account_is_exported_whole_and_without_what_opens_anything(
    office: Office, world: World, alice: Person
) -> None:
    secret = CANARY.encode()
    await world.sql.execute("UPDATE users SET password_hash = $2 WHERE id = $1", alice.user_id, CANARY)
    await world.sql.execute(
        "UPDATE wallets SET api_key_ciphertext = $2, api_secret_ciphertext = $2, data_key_wrapped = $2 WHERE id = $1",
        alice.wallet_id,
        secret,
    )
    await world.insert("two_factors", user_id=alice.user_id, sealed_secret=secret, confirmed_at=NOON)
    await world.insert("recovery_codes", user_id=alice.user_id, code_hash=CANARY)
    await world.insert(
        "refresh_tokens",
        user_id=alice.user_id,
        session_id=alice.session_id,
        token_hash=CANARY,
        expires_at=NOON,
    )
    await world.insert(
        "email_tokens", user_id=alice.user_id, purpose="verify_email", token_hash=CANARY, expires_at=NOON
    )
    await world.insert("notification_settings", user_id=alice.user_id, sms_address=secret)
    await world.trade(alice)
    archive = zipfile.ZipFile(io.BytesIO(await office.made(alice, ExportKind.ACCOUNT, "zip")))
    assert {name.removesuffix(".jsonl") for name in archive.namelist()} == {
        table.name for table in account_tables()
    }
    texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert str(alice.user_id) in texts["users.jsonl"]
    assert len(texts["trades.jsonl"].splitlines()) == 1
    whole = "".join(texts.values())
    assert CANARY not in whole
    assert base64.b64encode(secret).decode()[:12] not in whole


class BrokenFolder(ExportFolder):
    """Nothing can be begun in it, for a reason that nobody foresaw."""

    def begin(self, *_: object) -> NoReturn:
        raise RuntimeError("the writer broke")


async def test_what_fails_for_a_reason_that_nobody_foresaw_is_tried_a_few_times_only(
    worker_database: Database, tmp_path: Path, world: World, alice: Person, system_database: Database
) -> None:
    office = Office(worker_database, tmp_path)
    office.job = ExportJob(worker_database, BrokenFolder(tmp_path), utc_now)
    view = await office.exports.ask(alice.user_id, ExportKind.TRADES, "csv", {})
    for attempt in range(1, MOST_ATTEMPTS + 1):
        with pytest.raises(RuntimeError):
            await office.job.run(alice.user_id, view.id)
        held = await office.exports.one(alice.user_id, view.id)
        assert held.status == ("failed" if attempt == MOST_ATTEMPTS else "running")
        await world.sql.execute(
            "UPDATE exports SET beat_at = now() - interval '61 seconds' WHERE id = $1", view.id
        )
    assert held.error == f"It failed {MOST_ATTEMPTS} times, last by RuntimeError. Ask again."
    office.bell.rung.clear()
    await sweep_exports(system_database, office.job, office.bell, utc_now())
    assert (str(alice.user_id), str(view.id)) not in office.bell.rung


async def test_an_export_whose_process_dies_each_time_ends_too(
    office: Office, world: World, alice: Person
) -> None:
    view = await office.exports.ask(alice.user_id, ExportKind.TRADES, "csv", {})
    await world.sql.execute(
        "UPDATE exports SET status = 'running', attempts = $2, beat_at = now() - interval '61 seconds'"
        " WHERE id = $1",
        view.id,
        MOST_ATTEMPTS,
    )
    assert not await office.job.run(alice.user_id, view.id)
    assert (await office.exports.one(alice.user_id, view.id)).status == "failed"
