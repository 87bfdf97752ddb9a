"""A contract that is not traded here, held by hand on an account: counted, and no end of looking after the account."""

from decimal import Decimal

from app.domain.types import OrderSide
from app.services.trading.balances import account_key
from tests.services.trading.floor import BTC, ETH, TradingFloor
from tests.services.trading.test_manual_trades import by_hand, until_manual

QUARTERLY = "BTC/USDT:USDT-301227"


async def test_account_with_a_delivery_contract_is_still_looked_after(floor: TradingFloor) -> None:
    """The stop that its owner cancels by hand is placed again, and the account goes on entering."""
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.until_compared(account)
        await by_hand(floor, account, OrderSide.BUY, Decimal("0.002"), QUARTERLY)
        (manual,) = await until_manual(floor, account)
        assert (manual["symbol"], manual["effect"]) == (QUARTERLY, "opened_own")
        await floor.signal(BTC)
        trade = await floor.until_status(account, "PROTECTED")
        (stop,) = await floor.venue_orders(account)
        gateway = await floor.desk.gateways.for_account(account_key(account))
        await gateway.cancel(BTC, stop.client_order_id, conditional=True)
        await floor.enqueue("reconcile", {"wallet_id": str(account.wallet_id)})
        (anew,) = await floor.until_orders(
            account, 1, lambda order: order.client_order_id != stop.client_order_id
        )
        assert anew.quantity == trade["quantity"]
        await floor.signal(ETH)
        await floor.until_status(account, "PROTECTED", symbol=ETH)

    held = await floor.sql.fetchval(
        "SELECT quantity FROM external_positions WHERE wallet_id = $1 AND symbol = $2",
        *(account.wallet_id, QUARTERLY),
    )
    assert held == Decimal("0.002")
    frozen = await floor.sql.fetchval(
        "SELECT entries_frozen_reason FROM wallets WHERE id = $1", account.wallet_id
    )
    assert frozen is None
