"""A position that the venue liquidated is closed with that reason, not called somebody else's doing."""

from app.core.clock import utc_now
from app.domain.types import OrderSide
from app.domain.venue import Accepted, OrderTicket
from tests.services.trading.floor import BTC, TradingFloor


async def test_what_the_venue_closed_itself_is_a_liquidation(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        trade = await floor.until_status(account, "PROTECTED")
        gateway = await floor.desk.gateway(account)
        autoclose = OrderTicket(
            client_order_id="autoclose-1700000000000",  # as the venue names its own
            symbol=BTC,
            side=OrderSide.SELL,
            quantity=trade["quantity"],
            timestamp_ms=int(utc_now().timestamp() * 1000),
            receive_window_ms=2_000,
        )
        assert isinstance(await gateway.place_exit(autoclose), Accepted)
        closed = await floor.until_status(account, "CLOSED")
    assert closed["exit_reason"] == "liquidation"
    assert await floor.venue_orders(account) == []
