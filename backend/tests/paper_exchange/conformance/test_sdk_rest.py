"""Every REST answer of a trading session parses with the official SDK's strict models, field for field."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from binance_common.errors import BadRequestError
from binance_sdk_derivatives_trading_usds_futures.rest_api.models import (
    ModifyMultipleOrdersBatchOrdersParameterInner,
    PlaceMultipleOrdersBatchOrdersParameterInner,
)

from tests.paper_exchange.conformance.sdk import Deviations, no_complaints, sdk_for
from tests.paper_exchange.running import Running

SYMBOL = "BTCUSDT"
FAR_FUTURE_MS = 4_102_444_800_000
# The venue sends these, its SDK's models do not know them.
UNDOCUMENTED = frozenset(
    {
        "exchange_information.futuresType",
        "exchange_information.symbols.maxMoveOrderLimit",
        "new_order.avgPrice",
        "new_order.cumQuote",
        "query_current_open_order.cumQty",
        "query_order.cumQty",
        "symbol_order_book_ticker.lastUpdateId",
    }
)
# "Only for trailing stops", which have been conditional orders since.
ONLY_TRAILING = ("activatePrice", "priceRate")


class Client:
    """One account of the venue behind the SDK; remembers where answers differ from the documented ones."""

    def __init__(self, running: Running, account: str) -> None:
        self._rest = sdk_for(running.base, *running.open_account(account)).rest_api
        self.deviations = Deviations()

    def call(self, name: str, **parameters: object):  # type: ignore[no-untyped-def]
        """The parsed answer of that SDK method."""
        answer = getattr(self._rest, name)(**parameters).data()
        self.deviations.note(name, answer)
        return answer

    def price(self, factor: float) -> float:
        """The last price times `factor`, on the tick."""
        last = self.call("symbol_price_ticker", symbol=SYMBOL).actual_instance.price
        return round(float(last) * factor, 1)

    def buy(self, quantity: float = 0.05):  # type: ignore[no-untyped-def]
        return self.call("new_order", symbol=SYMBOL, side="BUY", type="MARKET", quantity=quantity)

    def bid(self, factor: float = 0.97, **more: object):  # type: ignore[no-untyped-def]
        """A limit order that rests below the market."""
        return self.call(
            "new_order",
            symbol=SYMBOL,
            side="BUY",
            type="LIMIT",
            quantity=0.01,
            price=self.price(factor),
            **({"time_in_force": "GTC"} | more),
        )

    def leave_with(self, kind: str, **more: object):  # type: ignore[no-untyped-def]
        """A conditional order that sells what `buy` bought."""
        return self.call(
            "new_algo_order",
            algo_type="CONDITIONAL",
            symbol=SYMBOL,
            side="SELL",
            type=kind,
            quantity=0.05,
            reduce_only="true",
            **more,
        )


@pytest.fixture
def client(still_exchange: Running, request: pytest.FixtureRequest) -> Iterator[Client]:
    """The SDK for an account of the test's own; every answer must have been as documented."""
    one = Client(still_exchange, request.node.name)
    with no_complaints():
        yield one
    assert one.deviations.unknown <= UNDOCUMENTED
    assert [
        path
        for path in sorted(one.deviations.absent)
        if not path.endswith(ONLY_TRAILING) and ".filters." not in path
    ] == []


def test_market_data(client: Client) -> None:
    for name in ("check_server_time", "test_connectivity", "exchange_information", "get_funding_rate_info"):
        client.call(name)
    for asked in ({}, {"symbol": SYMBOL}):
        for name in (
            "mark_price",
            "ticker24hr_price_change_statistics",
            "symbol_price_ticker",
            "symbol_price_ticker_v2",
            "symbol_order_book_ticker",
        ):
            client.call(name, **asked)
    for name in ("order_book", "recent_trades_list", "compressed_aggregate_trades_list"):
        client.call(name, symbol=SYMBOL, limit=5)
    for name in ("kline_candlestick_data", "mark_price_kline_candlestick_data", "premium_index_kline_data"):
        assert len(client.call(name, symbol=SYMBOL, interval="1m", limit=3)) == 3
    assert len(client.call("index_price_kline_candlestick_data", pair=SYMBOL, interval="1m", limit=3)) == 3
    client.call("get_funding_rate_history", symbol=SYMBOL, limit=5)
    client.call("open_interest", symbol=SYMBOL)
    client.call("open_interest_statistics", symbol=SYMBOL, period="5m", limit=2)


def _read_account(client: Client) -> None:
    for name in (
        "account_information_v3",
        "account_information_v2",
        "futures_account_balance_v3",
        "futures_account_balance_v2",
        "symbol_configuration",
        "futures_account_configuration",
        "notional_and_leverage_brackets",
        "get_current_position_mode",
        "get_current_multi_assets_mode",
        "query_user_rate_limit",
        "position_information_v3",
        "position_information_v2",
        "get_income_history",
    ):
        client.call(name)
    client.call("user_commission_rate", symbol=SYMBOL)
    client.call("account_trade_list", symbol=SYMBOL)


def test_account_before_and_with_a_position(client: Client) -> None:
    _read_account(client)
    client.call("change_initial_leverage", symbol=SYMBOL, leverage=10)
    client.buy()
    client.bid()
    _read_account(client)


def test_modes_and_isolated_margin(client: Client) -> None:
    client.call("change_position_mode", dual_side_position="true")
    client.call("change_position_mode", dual_side_position="false")
    client.call("change_margin_type", symbol=SYMBOL, margin_type="ISOLATED")
    client.buy()
    client.call("modify_isolated_position_margin", symbol=SYMBOL, amount=10.0, type=1)
    client.call("modify_isolated_position_margin", symbol=SYMBOL, amount=5.0, type=2)
    client.call("get_position_margin_change_history", symbol=SYMBOL)
    _read_account(client)


def test_orders(client: Client) -> None:
    client.buy()
    client.call("test_order", symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.05)
    placed = client.bid()
    client.bid(time_in_force="GTD", good_till_date=FAR_FUTURE_MS)
    chosen = {"symbol": SYMBOL, "order_id": placed.order_id}
    client.call("query_order", **chosen)
    client.call("query_current_open_order", **chosen)
    assert len(client.call("current_all_open_orders", symbol=SYMBOL)) == 2
    client.call("modify_order", side="BUY", quantity=0.01, price=client.price(0.965), **chosen)
    client.call("get_order_modify_history", **chosen)
    assert client.call("cancel_order", **chosen).status == "CANCELED"
    client.call("auto_cancel_all_open_orders", symbol=SYMBOL, countdown_time=0)
    client.call("cancel_all_open_orders", symbol=SYMBOL)
    client.call("all_orders", symbol=SYMBOL)


def test_batches(client: Client) -> None:
    orders = [
        PlaceMultipleOrdersBatchOrdersParameterInner(
            symbol=SYMBOL, side="BUY", type="LIMIT", quantity=0.01, price=price, timeInForce="GTC"
        )
        for price in (client.price(0.97), client.price(0.96), client.price(2))
    ]
    first, second, refused = client.call("place_multiple_orders", batch_orders=orders)
    assert refused.code == -4016
    changed = ModifyMultipleOrdersBatchOrdersParameterInner(
        symbol=SYMBOL, side="BUY", quantity=0.02, price=client.price(0.965), orderId=first.order_id
    )
    (amended,) = client.call("modify_multiple_orders", batch_orders=[changed])
    assert amended.orig_qty == "0.020"
    both = [first.order_id, second.order_id]
    cancelled = client.call("cancel_multiple_orders", symbol=SYMBOL, order_id_list=both)
    assert {one.status for one in cancelled} == {"CANCELED"}


def test_conditional_orders(client: Client) -> None:
    client.buy()
    stop = client.leave_with("STOP_MARKET", trigger_price=client.price(0.99))
    trailing = client.leave_with("TRAILING_STOP_MARKET", callback_rate=1.0)
    for kind, factor in (("TAKE_PROFIT", 1.02), ("TAKE_PROFIT_MARKET", 1.02), ("STOP", 0.98)):
        limited = {} if kind.endswith("MARKET") else {"price": client.price(factor)}
        client.leave_with(kind, trigger_price=client.price(factor), **limited)
    client.call("query_algo_order", algo_id=stop.algo_id)
    assert len(client.call("current_all_algo_open_orders", symbol=SYMBOL)) == 5
    client.call("cancel_algo_order", algo_id=trailing.algo_id)
    client.call("query_all_algo_orders", symbol=SYMBOL)
    client.call("cancel_all_algo_open_orders", symbol=SYMBOL)


def test_listen_key(client: Client) -> None:
    assert len(client.call("start_user_data_stream").listen_key) == 64
    client.call("keepalive_user_data_stream")
    client.call("close_user_data_stream")


def test_refusal_carries_the_venues_code(client: Client) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.bid(factor=2)
    assert refused.value.status_code == -4016
