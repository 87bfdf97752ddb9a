"""The audit agrees with the venue to the last digit, and sees one altered figure."""

from decimal import Decimal

from app.services.trading.audit import verify_wallet
from tests.services.trading.floor import BTC, ETH, TradingFloor


async def test_books_of_a_round_trip_and_an_open_position_agree_with_the_venue(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC, "short")
        trade = await floor.until_status(account, "PROTECTED")
        await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})
        await floor.until_status(account, "CLOSED")
        await floor.signal(ETH)
        await floor.until_status(account, "PROTECTED", symbol=ETH)
    audit = await verify_wallet(floor.desk.database, floor.desk.gateways, account, "sa")
    assert audit.difference == 0
    assert audit.is_sound
    assert audit.closed_trades == 1
    assert audit.venue.fees > 0


async def test_one_altered_fill_is_seen(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        trade = await floor.until_status(account, "PROTECTED")
        await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})
        await floor.until_status(account, "CLOSED")
    await floor.sql.execute(
        "UPDATE fills SET price = price + 0.1 WHERE venue_trade_id ="
        " (SELECT min(venue_trade_id) FROM fills WHERE wallet_id = $1)",
        account.wallet_id,
    )
    audit = await verify_wallet(floor.desk.database, floor.desk.gateways, account, "sa")
    assert audit.difference > Decimal("1e-8")
    assert audit.lost_fills == 1
    assert not audit.is_sound


async def test_position_whose_stop_was_cancelled_by_hand_is_unprotected(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        await floor.until_status(account, "PROTECTED")
    gateway = await floor.desk.gateway(account)
    (stop,) = await floor.venue_orders(account)
    await gateway.cancel(BTC, stop.client_order_id, conditional=True)
    audit = await verify_wallet(floor.desk.database, floor.desk.gateways, account, "sa")
    assert audit.unprotected_positions == 1
    assert not audit.is_sound
