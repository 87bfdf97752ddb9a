"""An exit waits for no other work of its account, however long the venue takes to answer about that."""

import asyncio

import pytest

from app.adapters.exchange.ccxt_client import CcxtGateway
from app.domain.limits import ApprovedOrder
from app.domain.venue import AccountBalance, OrderTicket, PlaceOutcome
from app.services.trading.audit import verify_wallet
from app.services.trading.balances import account_key
from tests.services.trading.floor import BTC, ETH, TradingFloor


async def test_exit_is_through_while_a_comparison_still_waits_for_the_venue(
    floor: TradingFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await floor.wallet(await floor.user())
    gateway = await floor.desk.gateways.for_account(account_key(account))
    assert isinstance(gateway, CcxtGateway)
    asked, answered, read = asyncio.Event(), asyncio.Event(), gateway.balance

    async def slow() -> AccountBalance:
        asked.set()
        await answered.wait()
        return await read()

    async with floor.executor():
        await floor.signal(BTC)
        held = await floor.until_status(account, "PROTECTED")
        monkeypatch.setattr(gateway, "balance", slow)
        await floor.enqueue("reconcile", {"wallet_id": str(account.wallet_id)})
        await asked.wait()
        await floor.enqueue("exit", {"trade_id": str(held["id"]), "reason": "manual"})
        await floor.until_status(account, "CLOSED")
        answered.set()
        await floor.until_outbox_empty()
    found = await verify_wallet(floor.desk.database, floor.desk.gateways, account, "sa")
    assert found.is_sound, found


async def test_exit_is_through_while_an_entry_still_waits_for_its_answer(
    floor: TradingFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await floor.wallet(await floor.user())
    gateway = await floor.desk.gateways.for_account(account_key(account))
    assert isinstance(gateway, CcxtGateway)
    under_way, answered, place = asyncio.Event(), asyncio.Event(), gateway.place_entry

    async def slow(order: ApprovedOrder, ticket: OrderTicket) -> PlaceOutcome:
        outcome = await place(order, ticket)
        under_way.set()
        await answered.wait()
        return outcome

    async with floor.executor():
        await floor.signal(BTC)
        held = await floor.until_status(account, "PROTECTED", symbol=BTC)
        monkeypatch.setattr(gateway, "place_entry", slow)
        await floor.signal(ETH)
        await under_way.wait()
        await floor.enqueue("exit", {"trade_id": str(held["id"]), "reason": "manual"})
        await floor.until_status(account, "CLOSED", symbol=BTC)
        entry = await floor.sql.fetchval("SELECT status FROM orders WHERE symbol = $1 AND leg = 'entry'", ETH)
        answered.set()
        await floor.until_status(account, "PROTECTED", symbol=ETH)
    assert entry == "SENDING"
    found = await verify_wallet(floor.desk.database, floor.desk.gateways, account, "sa")
    assert found.is_sound, found
