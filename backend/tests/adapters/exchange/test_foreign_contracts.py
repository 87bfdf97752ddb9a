"""What stands on an account in contracts that the product does not trade: counted, and hiding nothing that it does."""

from dataclasses import replace
from decimal import Decimal

from app.domain.types import OrderSide, Side
from tests.adapters.exchange.accounts import BTC, QUANTITY, Account, accepted, enter, ticket

QUARTERLY, ITS_SYMBOL = "BTCUSDT_301227", "BTC/USDT:USDT-301227"


async def by_hand(account: Account, **order: str) -> None:
    """An order that the account's owner sends himself."""
    client = account.connect()._client
    await client.fapiPrivatePostOrder({"symbol": QUARTERLY, "side": "BUY", "quantity": "0.02"} | order)


async def test_position_and_order_in_a_delivery_contract_stand_beside_ours(account: Account) -> None:
    gateway = account.connect()
    await enter(gateway)
    await by_hand(account, type="MARKET")
    (held,) = [one for one in await gateway.positions(None) if one.symbol != BTC]
    assert held.mark_price is not None
    price = f"{held.mark_price * Decimal('0.97'):.1f}"
    await by_hand(account, type="LIMIT", price=price, timeInForce="GTC")
    shown = {one.symbol: (one.side, one.quantity) for one in await gateway.positions(None)}
    assert shown == {BTC: (Side.LONG, QUANTITY), ITS_SYMBOL: (Side.LONG, Decimal("0.02"))}
    assert [order.symbol for order in await gateway.open_orders(None)] == [ITS_SYMBOL]
    assert {entry.symbol for entry in await gateway.ledger(None)} == {None, BTC, ITS_SYMBOL}


async def test_position_in_a_delivery_contract_is_asked_for_and_left_by_its_symbol(account: Account) -> None:
    gateway = account.connect()
    await by_hand(account, type="MARKET")
    assert sum(fill.quantity for fill in await gateway.fills(ITS_SYMBOL)) == Decimal("0.02")
    leave = ticket("leave", OrderSide.SELL, Decimal("0.02"))
    order = accepted(await gateway.place_exit(replace(leave, symbol=ITS_SYMBOL)))
    assert (order.symbol, order.filled_quantity) == (ITS_SYMBOL, Decimal("0.02"))
    assert await gateway.positions(ITS_SYMBOL) == []
