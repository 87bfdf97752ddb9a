"""A key that its owner has deleted, or taken its rights from, while positions are open: the owner is told."""

import pytest

from tests.services.trading.floor import BTC, TradingFloor, until


@pytest.mark.parametrize("code", [-2014, -2015])
async def test_owner_is_told_once_and_the_account_goes_on_when_the_key_works_again(
    code: int, floor: TradingFloor
) -> None:
    account = await floor.wallet(await floor.user())
    refused = {
        "path": "/fapi/",
        "mode": f"code:{code}",
        "account": str(account.wallet_id),
        "count": None,
    }

    async def told() -> list[str] | None:
        rows = await floor.sql.fetch(
            "SELECT sentence FROM notifications WHERE event = 'key_refused' AND wallet_id = $1",
            account.wallet_id,
        )
        return [row["sentence"] for row in rows] or None

    async with floor.executor():
        await floor.signal(BTC)
        await floor.until_status(account, "PROTECTED")
        assert await told() is None
        floor.venue.control("POST", "/sim/fault", {"rules": [refused]})
        for _ in range(2):
            await floor.enqueue("reconcile", {"wallet_id": str(account.wallet_id)})
            await until(told)
            await floor.until_outbox_empty()
        (sentence,) = await told() or []
        floor.venue.control("POST", "/sim/fault", {})
        trade = await floor.until_status(account, "PROTECTED")
        await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})
        await floor.until_status(account, "CLOSED")
    assert "Trades of ours that live there: 1." in sentence
    assert str(code) in sentence
