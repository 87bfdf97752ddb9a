"""Wallets over HTTP, before the real paper exchange."""

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from app.core.config import Settings
from app.schemas.wallet import WalletOut, WalletsOut
from app.services.wallet_opening import shard_of
from tests.api.answers import code, keyed
from tests.api.desk_world import Person, World, running_api
from tests.api.wallets import PAPER, opened
from tests.paper_venue import PaperVenue
from tests.plain_http import PLAIN

EXCHANGE = {"name": "Real", "venue": "binanceusdm", "environment": "live", "api_key": "k" * 20}


async def test_a_paper_wallet_opens_with_its_deposit(api: httpx.AsyncClient, alice: Person) -> None:
    answer = await opened(api, alice)
    assert answer.status_code == 201, answer.text
    wallet = WalletOut.model_validate_json(answer.content)
    assert (wallet.balance, wallet.equity, wallet.unrealized_pnl) == ("10000", "10000", "0")
    assert (wallet.key_last4, wallet.auto_trade_enabled, wallet.open_positions) == (None, False, 0)
    read = await api.get(f"/wallets/{wallet.id}", headers=alice.headers)
    assert WalletOut.model_validate_json(read.content) == wallet


async def test_a_new_wallet_has_its_risk_rows_and_one_ledger_entry(
    api: httpx.AsyncClient, alice: Person, settings: Settings, owner_connection: asyncpg.Connection
) -> None:
    wallet_id = UUID((await opened(api, alice)).json()["id"])
    rows = await owner_connection.fetch(
        "SELECT wallet_id FROM risk_state WHERE user_id = $1 AND environment = 'paper'", alice.user_id
    )
    assert {row["wallet_id"] for row in rows} == {None, wallet_id}
    ledger = await owner_connection.fetch(
        "SELECT kind, amount FROM ledger_events WHERE wallet_id = $1", wallet_id
    )
    assert [(row["kind"], int(row["amount"])) for row in ledger] == [("deposit", 10_000)]
    shard = await owner_connection.fetchval("SELECT shard FROM wallets WHERE id = $1", wallet_id)
    assert shard == shard_of(wallet_id, settings.shard_count)


async def test_the_same_key_and_body_open_one_wallet(api: httpx.AsyncClient, alice: Person) -> None:
    key = uuid4().hex
    first, second = await opened(api, alice, key), await opened(api, alice, key)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


async def test_the_same_key_at_once_opens_one_wallet(
    api: httpx.AsyncClient, alice: Person, owner_connection: asyncpg.Connection
) -> None:
    key = uuid4().hex
    answers = await asyncio.gather(*(opened(api, alice, key) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    count = await owner_connection.fetchval(
        "SELECT count(*) FROM ledger_events WHERE user_id = $1", alice.user_id
    )
    assert count == 1


async def test_the_same_key_with_another_body_is_refused(api: httpx.AsyncClient, alice: Person) -> None:
    key = uuid4().hex
    await opened(api, alice, key)
    assert code(await opened(api, alice, key, name="Third")) == (409, "idempotency_key_reused")


async def test_a_key_is_the_tenants_own(api: httpx.AsyncClient, alice: Person, bob: Person) -> None:
    key = uuid4().hex
    mine, theirs = await opened(api, alice, key), await opened(api, bob, key, name="Theirs")
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]


@pytest.mark.parametrize("key", [None, "", "short", "x" * 101, "with blank in it"])
async def test_a_post_without_a_usable_key_is_refused(
    api: httpx.AsyncClient, alice: Person, key: str | None
) -> None:
    headers = alice.headers | ({} if key is None else {"Idempotency-Key": key})
    assert code(await api.post("/wallets", json=PAPER, headers=headers)) == (422, "invalid_input")


async def test_a_refused_request_gives_its_key_back(api: httpx.AsyncClient, alice: Person) -> None:
    key = uuid4().hex
    assert (await opened(api, alice, key, name="Main")).status_code == 409
    assert (await opened(api, alice, key, name="Another")).status_code == 201


async def test_with_the_venue_away_nothing_is_seen_and_the_same_key_completes(
    settings: Settings,
    start_paper_exchange: Callable[..., PaperVenue],
    alice: Person,
    owner_connection: asyncpg.Connection,
) -> None:
    venue = start_paper_exchange()
    venue.pause()
    known = settings.model_copy(update={"paper_url": venue.url})
    key = uuid4().hex
    async with (
        running_api(known) as url,
        httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=120, verify=PLAIN) as api,
    ):
        venue.stop()
        assert code(await opened(api, alice, key)) == (503, "venue_unavailable")
        assert [
            one["name"] for one in (await api.get("/wallets", headers=alice.headers)).json()["items"]
        ] == ["Main"]
        venue.start()
        answer = await opened(api, alice, key)
    assert (answer.status_code, answer.json()["balance"]) == (201, "10000")
    count = await owner_connection.fetchval("SELECT count(*) FROM wallets WHERE user_id = $1", alice.user_id)
    assert count == 2


@pytest.mark.parametrize(
    ("changes", "status", "expected"),
    [
        ({"venue": "kraken"}, 422, "venue_not_allowed"),
        ({"venue": "kraken", "api_key": "k" * 20, "api_secret": "s" * 20}, 422, "venue_not_allowed"),
        ({"environment": "live"}, 422, "environment_not_offered"),
        ({"environment": "demo"}, 422, "invalid_input"),
        ({"api_key": "k" * 20}, 422, "keys_not_wanted"),
        ({"initial_deposit": "-1"}, 422, "invalid_input"),
        ({"initial_deposit": "0"}, 422, "invalid_input"),
        ({"initial_deposit": "NaN"}, 422, "invalid_input"),
        ({"initial_deposit": "0.000000001"}, 422, "invalid_input"),
        ({"name": "   "}, 422, "invalid_input"),
        ({"name": "a\x00b"}, 422, "invalid_input"),
        ({"name": "Main"}, 409, "wallet_name_taken"),
        ({"hostname": "evil.example"}, 422, "invalid_input"),
    ],
)
async def test_a_wallet_with_one_thing_wrong_is_not_opened(
    api: httpx.AsyncClient, alice: Person, changes: dict[str, object], status: int, expected: str
) -> None:
    answer = await api.post("/wallets", json=PAPER | changes, headers=keyed(alice))
    assert code(answer) == (status, expected)
    listed = WalletsOut.model_validate_json((await api.get("/wallets", headers=alice.headers)).content)
    assert [wallet.name for wallet in listed.items] == ["Main"]


@pytest.mark.parametrize(
    ("changes", "status", "expected"),
    [
        ({}, 403, "live_not_allowed"),
        ({"environment": "paper"}, 422, "environment_not_offered"),
        ({"api_secret": None}, 422, "keys_missing"),
        ({"initial_deposit": "5"}, 422, "deposit_not_possible"),
    ],
)
async def test_an_exchange_wallet_is_refused_while_live_is_not_armed(
    api: httpx.AsyncClient, alice: Person, changes: dict[str, object], status: int, expected: str
) -> None:
    body = EXCHANGE | {"api_secret": "s3cr3t-s3cr3t-s3cr3t"} | changes
    answer = await api.post("/wallets", json=body, headers=keyed(alice))
    assert code(answer) == (status, expected)
    assert "s3cr3t" not in answer.text


async def test_wallets_of_another_tenant_are_neither_listed_nor_found(
    api: httpx.AsyncClient, alice: Person, bob: Person
) -> None:
    listed = (await api.get("/wallets", headers=alice.headers)).json()["items"]
    assert [wallet["id"] for wallet in listed] == [str(alice.wallet_id)]
    foreign = f"/wallets/{bob.wallet_id}"
    assert code(await api.get(foreign, headers=alice.headers)) == (404, "not_found")
    assert code(await api.patch(foreign, json={"name": "Mine"}, headers=alice.headers)) == (404, "not_found")


async def test_a_wallet_is_renamed(api: httpx.AsyncClient, alice: Person) -> None:
    path = f"/wallets/{alice.wallet_id}"
    answer = await api.patch(path, json={"name": "  Other  "}, headers=alice.headers)
    assert answer.json()["name"] == "Other"
    await opened(api, alice, name="Taken")
    taken = await api.patch(path, json={"name": "Taken"}, headers=alice.headers)
    assert code(taken) == (409, "wallet_name_taken")


async def test_a_wallet_with_an_open_trade_is_not_archived(
    api: httpx.AsyncClient, world: World, alice: Person
) -> None:
    trade_id = await world.trade(alice)
    path = f"/wallets/{alice.wallet_id}/archive"
    assert code(await api.post(path, headers=alice.headers)) == (409, "wallet_has_open_positions")
    await world.sql.execute("UPDATE trades SET status = 'CLOSED' WHERE id = $1", trade_id)
    answer = await api.post(path, headers=alice.headers)
    assert (answer.json()["status"], answer.json()["auto_trade_enabled"]) == ("archived", False)
    assert (await api.post(path, headers=alice.headers)).json()["status"] == "archived"


async def test_an_archived_wallet_is_not_changed_and_frees_its_name(
    api: httpx.AsyncClient, alice: Person
) -> None:
    path = f"/wallets/{alice.wallet_id}"
    await api.post(f"{path}/archive", headers=alice.headers)
    renamed = await api.patch(path, json={"name": "New"}, headers=alice.headers)
    enabled = await api.post(f"{path}/auto-trade/enable", json={}, headers=alice.headers)
    deposit = await api.post(f"{path}/deposit", json={"amount": "5"}, headers=keyed(alice))
    assert {code(answer) for answer in (renamed, enabled, deposit)} == {(409, "wallet_archived")}
    assert (await opened(api, alice, name="Main")).status_code == 201


async def test_a_change_tells_the_users_screens(
    api: httpx.AsyncClient, alice: Person, owner_connection: asyncpg.Connection
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    await owner_connection.add_listener("user_events", lambda *event: heard.put_nowait(str(event[3])))
    await api.patch(f"/wallets/{alice.wallet_id}", json={"name": "Heard"}, headers=alice.headers)
    async with asyncio.timeout(90):
        while str(alice.wallet_id) not in await heard.get():
            pass
