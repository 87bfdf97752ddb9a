"""Deposits and withdrawals over HTTP."""

from uuid import UUID

import asyncpg
import httpx
import pytest

from app.schemas.wallet import TransferPage
from tests.api.answers import code, keyed
from tests.api.desk_world import Person, World, pages
from tests.api.wallets import opened


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
