"""Answers of the venue that arrive empty, cut, or as another's page: never taken for "nothing there"."""

from collections.abc import Awaitable, Callable

import pytest

from app.adapters.exchange.ccxt_client import CcxtGateway
from app.adapters.exchange.market_reader import CcxtMarketReader
from app.core.clock import utc_now
from app.domain.types import OrderSide, OrderStatus
from app.domain.venue import Unknown, VenueUnavailableError
from tests.adapters.exchange.accounts import (
    BTC,
    CONDITIONAL,
    PLAIN,
    QUANTITY,
    WEIGHT,
    Account,
    approved,
    enter,
    ticket,
)
from tests.adapters.exchange.test_order_outcomes import below

SPOILT = ("empty_exec", "cut_exec", "page_exec", "502exec")
READS: dict[str, Callable[[CcxtGateway], Awaitable[object]]] = {
    "/fapi/v3/positionRisk": lambda gateway: gateway.positions(None),
    "/fapi/v1/openOrders": lambda gateway: gateway.open_orders(None),
    "/fapi/v1/openAlgoOrders": lambda gateway: gateway.open_orders(BTC),
    "/fapi/v1/userTrades": lambda gateway: gateway.fills(BTC),
    "/fapi/v1/income": lambda gateway: gateway.ledger(None),
    "/fapi/v3/account": lambda gateway: gateway.balance(),
    "/fapi/v1/order": lambda gateway: gateway.find_order(BTC, "entry", conditional=False),
    "/fapi/v1/positionSide/dual": lambda gateway: gateway.refusal_of_account(),
}


@pytest.mark.parametrize("mode", SPOILT)
@pytest.mark.parametrize("path", READS)
async def test_spoilt_read_is_no_answer(path: str, mode: str, account: Account) -> None:
    gateway = account.connect()
    await enter(gateway)
    account.fault(mode, path, "GET")
    with pytest.raises(VenueUnavailableError):
        await READS[path](gateway)


@pytest.mark.parametrize("mode", SPOILT)
async def test_entry_whose_answer_is_spoilt_is_unknown_and_then_found(mode: str, account: Account) -> None:
    gateway = account.connect()
    account.fault(mode)
    outcome = await gateway.place_entry(approved(), ticket("lost"))
    assert isinstance(outcome, Unknown)
    found = await gateway.find_order(BTC, "lost", conditional=False)
    assert found is not None
    assert (found.status, found.filled_quantity) == (OrderStatus.FILLED, QUANTITY)


@pytest.mark.parametrize("mode", SPOILT)
async def test_stop_whose_answer_is_spoilt_is_unknown_and_then_found(mode: str, account: Account) -> None:
    gateway = account.connect()
    entry = await enter(gateway)
    account.fault(mode, CONDITIONAL)
    stop = ticket("stop", OrderSide.SELL, trigger_price=below(entry.average_price, "0.8"))
    assert isinstance(await gateway.place_protective(stop), Unknown)
    found = await gateway.find_order(BTC, "stop", conditional=True)
    assert found is not None
    assert found.status is OrderStatus.OPEN


@pytest.mark.parametrize("mode", SPOILT)
async def test_exits_of_a_batch_whose_answer_is_spoilt_are_unknown(mode: str, account: Account) -> None:
    gateway = account.connect()
    await enter(gateway)
    account.fault(mode, "/fapi/v1/batchOrders")
    half = QUANTITY / 2
    outcomes = await gateway.place_exits(
        [ticket("one", OrderSide.SELL, half), ticket("two", OrderSide.SELL, half)]
    )
    assert [type(outcome) for outcome in outcomes] == [Unknown, Unknown]
    assert await gateway.positions(BTC) == []


@pytest.mark.parametrize("mode", SPOILT)
async def test_spoilt_cancel_is_no_answer(mode: str, account: Account) -> None:
    gateway = account.connect()
    entry = await enter(gateway)
    price = below(entry.average_price, "0.97")
    await gateway.place_entry(approved(), ticket("rest", limit_price=price))
    account.fault(mode, PLAIN, "GET")
    with pytest.raises(VenueUnavailableError):
        await gateway.cancel(BTC, "rest", conditional=False)


@pytest.mark.parametrize("mode", SPOILT)
async def test_spoilt_price_is_no_price_and_no_fault_of_who_asks(mode: str, account: Account) -> None:
    """An exit notes the price beside what it does: it must not fail for it."""
    reader = CcxtMarketReader(account.venue.url, None, utc_now, fresh_seconds=1.0, paper_weight=WEIGHT)
    await reader.instruments("paper")
    account.fault(mode, "/fapi/v1/premiumIndex", "GET", 3)
    assert await reader.quote("paper", BTC) is None
    with pytest.raises(VenueUnavailableError):
        await reader.next_funding("paper", BTC)
    account.fault(mode, "/fapi/v1/depth", "GET")
    with pytest.raises(VenueUnavailableError):
        await reader.order_book("paper", BTC, 50)
    account.fault(mode, "/fapi/v1/klines", "GET")
    with pytest.raises(VenueUnavailableError):
        await reader.closed_candles("paper", BTC, "1h", limit=3, now_market_ms=10**13)
    await reader.close()
