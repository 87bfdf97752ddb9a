"""Wallets over HTTP, before the real paper exchange."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from app.core.config import Settings
from app.schemas.risk import WalletRiskSettingsOut
from app.schemas.wallet import TransferPage, WalletOut, WalletsOut
from app.services.wallet_opening import shard_of
from tests.api.desk_world import Person, World, pages, running_api
from tests.paper_venue import PaperVenue

PAPER = {"name": "Second", "venue": "paper", "environment": "paper", "initial_deposit": "10000"}
EXCHANGE = {"name": "Real", "venue": "binanceusdm", "environment": "live", "api_key": "k" * 20}


def keyed(person: Person, key: str | None = None) -> dict[str, str]:
    return person.headers | {"Idempotency-Key": key or uuid4().hex}


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture(scope="module")
def patient_venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperVenue]:
    """A paper exchange whose market stands still, and which lets many wallets a minute be opened."""
    options = ("--feed", "synthetic", "--seed", "7", "--weight-limit", "1000000")
    venue = PaperVenue(tmp_path_factory.mktemp("venue"), options)
    venue.start()
    venue.pause()
    yield venue
    venue.stop()


@pytest_asyncio.fixture(scope="module")
async def venue_api(settings: Settings, patient_venue: PaperVenue) -> AsyncIterator[str]:
    """The address of an API that knows this paper exchange."""
    settings = settings.model_copy(update={"paper_url": patient_venue.url})
    async with running_api(settings) as url:
        yield url


@pytest_asyncio.fixture
async def api(venue_api: str, redis_client: Redis) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API; nothing of the venue's rate limit is used up."""
    async with httpx.AsyncClient(base_url=f"{venue_api}/api/v1", timeout=20) as client:
        yield client


async def opened(
    api: httpx.AsyncClient, person: Person, key: str | None = None, **changes: object
) -> httpx.Response:
    return await api.post("/wallets", json=PAPER | changes, headers=keyed(person, key))


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
    async with running_api(known) as url, httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=20) as api:
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
        ({}, 403, "live_not_armed"),
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


async def test_a_deposit_counts_once_per_key(
    api: httpx.AsyncClient, alice: Person, owner_connection: asyncpg.Connection
) -> None:
    wallet_id = (await opened(api, alice)).json()["id"]
    headers, path = keyed(alice), f"/wallets/{wallet_id}/deposit"
    for _ in range(2):
        answer = await api.post(path, json={"amount": "250.5"}, headers=headers)
        assert (answer.status_code, answer.json()["balance"]) == (200, "10250.5")
    amounts = await owner_connection.fetch(
        "SELECT amount FROM ledger_events WHERE wallet_id = $1 ORDER BY amount", UUID(wallet_id)
    )
    assert [float(row["amount"]) for row in amounts] == [250.5, 10_000]


async def test_a_withdrawal_counts_once_per_key_and_is_no_loss(
    api: httpx.AsyncClient, alice: Person, world: World
) -> None:
    wallet_id = (await opened(api, alice)).json()["id"]
    headers, path = keyed(alice), f"/wallets/{wallet_id}/withdraw"
    for _ in range(2):
        answer = await api.post(path, json={"amount": "4000"}, headers=headers)
        assert (answer.status_code, answer.json()["balance"]) == (200, "6000")
    listed = TransferPage.model_validate_json(
        (await api.get(f"/wallets/{wallet_id}/transfers", headers=alice.headers)).content
    )
    assert [(one.kind, one.amount) for one in listed.items] == [("withdrawal", "4000"), ("deposit", "10000")]
    await world.sql.execute("UPDATE wallets SET status = 'archived' WHERE id = $1", alice.wallet_id)
    [held] = (await api.get("/risk/status", headers=alice.headers)).json()["environments"]
    assert (held["equity"], held["day_pnl"]) == ("6000", "0")


async def test_transfers_are_paged(api: httpx.AsyncClient, alice: Person) -> None:
    wallet_id = (await opened(api, alice)).json()["id"]
    for amount in ("1", "2"):
        await api.post(f"/wallets/{wallet_id}/deposit", json={"amount": amount}, headers=keyed(alice))
    items = await pages(api, f"/wallets/{wallet_id}/transfers", alice.headers, 1)
    assert [item["amount"] for item in items] == ["2", "1", "10000"]


async def test_more_than_is_free_is_not_withdrawn(api: httpx.AsyncClient, alice: Person) -> None:
    wallet_id = (await opened(api, alice)).json()["id"]
    path = f"/wallets/{wallet_id}/withdraw"
    answer = await api.post(path, json={"amount": "10000.00000001"}, headers=keyed(alice))
    assert code(answer) == (409, "withdrawal_refused")
    [error] = answer.json()["errors"]
    assert (error["field"], error["limit"], error["value"]) == ("amount", "10000", "10000.00000001")
    answer = await api.post(path, json={"amount": "10000"}, headers=keyed(alice))
    assert answer.json()["balance"] == "0"


@pytest.mark.parametrize("way", ["deposit", "withdraw"])
@pytest.mark.parametrize("amount", ["0", "-1", "Infinity", "1e30", "x", None])
async def test_a_transfer_of_no_real_amount_is_refused(
    api: httpx.AsyncClient, alice: Person, amount: str | None, way: str
) -> None:
    path = f"/wallets/{alice.wallet_id}/{way}"
    answer = await api.post(path, json={"amount": amount}, headers=keyed(alice))
    assert code(answer) == (422, "invalid_input")


async def test_a_deposit_into_another_tenants_wallet_is_not_found(
    api: httpx.AsyncClient, alice: Person, bob: Person
) -> None:
    answer = await api.post(f"/wallets/{bob.wallet_id}/deposit", json={"amount": "5"}, headers=keyed(alice))
    assert code(answer) == (404, "not_found")


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


async def test_auto_trade_is_enabled_with_overrides_and_subscriptions(
    api: httpx.AsyncClient, alice: Person
) -> None:
    body = {
        "min_signal_confidence": 0.75,
        "enable_trailing_stop": True,
        "enable_scale_out": False,
        "strategies": ["ema_trend"],
        "symbols": ["eth", "BTCUSDT", "BTC/USDT:USDT"],
        "timeframes": ["1h"],
        "max_open_positions": 2,
    }
    path = f"/wallets/{alice.wallet_id}/auto-trade"
    answer = await api.post(f"{path}/enable", json=body, headers=alice.headers)
    assert answer.status_code == 200, answer.text
    wallet = WalletOut.model_validate_json(answer.content)
    assert wallet.auto_trade_enabled
    assert wallet.subscriptions.model_dump() == {
        "strategies": ["ema_trend"],
        "symbols": ["ETH/USDT:USDT", "BTC/USDT:USDT"],
        "timeframes": ["1h"],
    }
    assert (wallet.overrides.min_signal_confidence, wallet.overrides.max_open_positions) == ("0.75", 2)
    assert (wallet.overrides.enable_trailing_stop, wallet.overrides.enable_scale_out) == (True, False)
    off = WalletOut.model_validate_json((await api.post(f"{path}/disable", headers=alice.headers)).content)
    assert not off.auto_trade_enabled
    assert off.subscriptions == wallet.subscriptions


async def test_auto_trade_without_choices_takes_everything_that_is_followed(
    api: httpx.AsyncClient, settings: Settings, alice: Person
) -> None:
    answer = await api.post(f"/wallets/{alice.wallet_id}/auto-trade/enable", json={}, headers=alice.headers)
    subscriptions = answer.json()["subscriptions"]
    assert subscriptions["symbols"] == list(settings.feed_symbols)
    assert subscriptions["timeframes"] == list(settings.feed_timeframes)
    assert {"ema_trend", "donchian_breakout"} <= set(subscriptions["strategies"])


@pytest.mark.parametrize(
    ("body", "expected", "field"),
    [
        ({"symbols": ["BTC", "NOPE"]}, "unknown_symbol", "symbols.1"),
        ({"symbols": ["BTC/USD:BTC"]}, "unknown_symbol", "symbols.0"),
        ({"symbols": ["BTCUSDT_260327"]}, "unknown_symbol", "symbols.0"),
        ({"symbols": []}, "none_chosen", "symbols"),
        ({"strategies": ["astrology"]}, "unknown_strategy", "strategies.0"),
        ({"strategies": []}, "none_chosen", "strategies"),
        ({"timeframes": ["7m"]}, "unknown_timeframe", "timeframes.0"),
        ({"min_signal_confidence": "-0.1"}, "limits_not_coherent", "min_signal_confidence"),
        ({"max_daily_loss_usd": -1}, "limits_not_coherent", "max_daily_loss_usd"),
    ],
)
async def test_auto_trade_with_one_thing_wrong_changes_nothing(
    api: httpx.AsyncClient, alice: Person, body: dict[str, object], expected: str, field: str
) -> None:
    path = f"/wallets/{alice.wallet_id}"
    before = (await api.get(path, headers=alice.headers)).json()
    answer = await api.post(f"{path}/auto-trade/enable", json=body, headers=alice.headers)
    assert code(answer) == (422, expected)
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await api.get(path, headers=alice.headers)).json() == before


async def test_a_wallets_own_limits_are_changed_with_their_version(
    api: httpx.AsyncClient, world: World, alice: Person
) -> None:
    wallet_id = (await opened(api, alice)).json()["id"]
    path = f"/wallets/{wallet_id}/risk-settings"
    read = await api.get(path, headers=alice.headers)
    assert WalletRiskSettingsOut.model_validate_json(read.content).max_daily_loss_usd is None
    headers = alice.headers | {"If-Match": read.headers["ETag"]}
    changed = await api.patch(
        path, json={"max_daily_loss_usd": "150", "max_holding_minutes": 60}, headers=headers
    )
    assert (changed.json()["max_daily_loss_usd"], changed.json()["max_holding_minutes"]) == ("150", 60)
    assert code(await api.patch(path, json={"max_leverage": 2}, headers=headers)) == (412, "version_mismatch")
    anything = alice.headers | {"If-Match": "*"}
    for looser in ({"max_daily_loss_usd": None}, {"max_holding_minutes": 61}):
        answer = await api.patch(path, json=looser, headers=anything)
        assert (answer.json()["max_daily_loss_usd"], answer.json()["max_holding_minutes"]) == ("150", 60)
    waiting = {change["setting"]: change["value"] for change in answer.json()["pending"]}
    assert waiting == {"max_daily_loss_usd": None, "max_holding_minutes": "61"}
    tighter = await api.patch(path, json={"max_daily_loss_usd": 100}, headers=anything)
    assert tighter.json()["max_daily_loss_usd"] == "100"
    assert [change["setting"] for change in tighter.json()["pending"]] == ["max_holding_minutes"]
    left = await api.delete(f"{path}/pending/max_holding_minutes", headers=alice.headers)
    assert left.json()["pending"] == []
    assert code(await api.patch(path, json={}, headers=alice.headers)) == (428, "if_match_required")


async def test_a_change_tells_the_users_screens(
    api: httpx.AsyncClient, alice: Person, owner_connection: asyncpg.Connection
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    await owner_connection.add_listener("user_events", lambda *event: heard.put_nowait(str(event[3])))
    await api.patch(f"/wallets/{alice.wallet_id}", json={"name": "Heard"}, headers=alice.headers)
    async with asyncio.timeout(5):
        while str(alice.wallet_id) not in await heard.get():
            pass
