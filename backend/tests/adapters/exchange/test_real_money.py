"""Orders of a real venue say so in the log."""

from decimal import Decimal

from structlog.testing import capture_logs

from app.adapters.exchange.ccxt_client import CcxtGateway
from app.adapters.exchange.venues import BINANCE
from app.domain.types import OrderSide
from tests.adapters.exchange.accounts import Account, enter, ticket

LINE = "REAL MONEY: an order leaves"


async def entry_stop_and_exits(gateway: CcxtGateway) -> list[tuple[object, object]]:
    """Send one order of each kind, and a batch; (purpose, order) of every line about real money."""
    with capture_logs() as logs:
        entered = await enter(gateway)
        assert entered.average_price is not None
        trigger = (entered.average_price * Decimal("0.8")).quantize(Decimal(1))
        await gateway.place_protective(ticket("stop", OrderSide.SELL, trigger_price=trigger))
        half = entered.filled_quantity / 2
        await gateway.place_exits(
            [ticket("first", OrderSide.SELL, half), ticket("second", OrderSide.SELL, half)]
        )
        await gateway.place_exit(ticket("nothing left", OrderSide.SELL))  # refused, and told all the same
    return [(line["purpose"], line["order"]) for line in logs if line["event"] == LINE]


async def test_each_order_of_a_real_venue_is_told_as_real_money(account: Account) -> None:
    told = await entry_stop_and_exits(account.connect(venue=BINANCE))
    assert told == [
        ("entry", "entry"),
        ("stop", "stop"),
        ("exit", "first"),
        ("exit", "second"),
        ("exit", "nothing left"),
    ]


async def test_no_order_of_the_paper_exchange_is_told_as_real_money(account: Account) -> None:
    assert await entry_stop_and_exits(account.connect()) == []
