"""Every answer about orders parses with the official SDK's strict models, over REST and the order socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.paper_exchange.conformance.judge import SYMBOL, Judge

Socket = Callable[..., Awaitable[Any]]


def test_one_order_through_its_life(judge: Judge) -> None:
    judge.call("test_order", **judge.bid())
    made = judge.call("new_order", **judge.bid(), self_trade_prevention_mode="EXPIRE_BOTH")
    named = {"symbol": SYMBOL, "order_id": made.order_id}
    changed = judge.call(
        "modify_order", **named, side="BUY", quantity=0.02, price=judge.price(0.94), modify_id=3
    )
    assert (changed.modify_id, changed.orig_qty) == (3, "0.020")
    [amendment] = judge.call("get_order_modify_history", **named)
    assert amendment.amendment.count == 1
    judge.call("query_order", **named)
    judge.call("query_current_open_order", **named)
    judge.call("current_all_open_orders", symbol=SYMBOL)
    assert judge.call("auto_cancel_all_open_orders", symbol=SYMBOL, countdown_time=0).countdown_time == "0"
    judge.call("cancel_all_open_orders", symbol=SYMBOL)
    assert [one.status for one in judge.call("all_orders", symbol=SYMBOL)] == ["CANCELED"]


def test_orders_in_batches(judge: Judge) -> None:
    first, second = judge.bid(), judge.bid(0.94)
    for one in (first, second):
        one["timeInForce"] = one.pop("time_in_force")
    made = judge.call("place_multiple_orders", batch_orders=[first, second])
    change = {"symbol": SYMBOL, "side": "BUY", "quantity": 0.03, "price": judge.price(0.93)}
    judge.call("modify_multiple_orders", batch_orders=[change | {"orderId": made[0].order_id}])
    gone = judge.call("cancel_multiple_orders", symbol=SYMBOL, order_id_list=[one.order_id for one in made])
    assert [one.status for one in gone] == ["CANCELED", "CANCELED"]


def test_trailing_stop(judge: Judge) -> None:
    made = judge.call(
        "new_algo_order",
        algo_type="CONDITIONAL",
        symbol=SYMBOL,
        side="SELL",
        type="TRAILING_STOP_MARKET",
        quantity=0.01,
        callback_rate=1.5,
        activate_price=judge.price(1.02),
    )
    assert made.callback_rate == "1.5"
    judge.call("current_all_algo_open_orders", symbol=SYMBOL)
    judge.call("query_algo_order", algo_id=made.algo_id)
    judge.call("cancel_algo_order", algo_id=made.algo_id)
    judge.call("query_all_algo_orders", symbol=SYMBOL)


@pytest.fixture
async def socket(judge: Judge) -> AsyncIterator[Socket]:
    """The SDK's order socket: `await socket(method, ...)` is the parsed answer."""
    connection = await judge.sdk.websocket_api.create_connection()

    async def ask(name: str, **parameters: object) -> Any:
        answer = (await getattr(connection, name)(**parameters)).data()
        judge.deviations.note(name, answer)
        return getattr(answer, "actual_instance", answer).result

    yield ask
    await connection.close_connection(close_session=True)


async def test_order_socket(judge: Judge, socket: Socket) -> None:
    made = await socket("new_order", **judge.bid())
    named = {"symbol": SYMBOL, "order_id": made.order_id}
    changed = await socket("modify_order", **named, side="BUY", quantity=0.02, price=judge.price(0.94))
    assert changed.orig_qty == "0.020"
    assert (await socket("query_order", **named)).status == "NEW"
    assert (await socket("cancel_order", **named)).status == "CANCELED"
    stop = await socket(
        "new_algo_order",
        algo_type="CONDITIONAL",
        symbol=SYMBOL,
        side="SELL",
        type="STOP_MARKET",
        quantity=0.01,
        trigger_price=judge.price(0.9),
    )
    await socket("cancel_algo_order", algo_id=stop.algo_id)


async def test_account_and_market_on_the_order_socket(socket: Socket) -> None:
    for name in (
        "account_information",
        "account_information_v2",
        "futures_account_balance",
        "futures_account_balance_v2",
        "position_information",
        "position_information_v2",
        "start_user_data_stream",
        "keepalive_user_data_stream",
        "close_user_data_stream",
    ):
        await socket(name)
    for name in ("order_book", "symbol_price_ticker", "symbol_order_book_ticker"):
        await socket(name, symbol=SYMBOL)
