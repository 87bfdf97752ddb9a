"""Every REST answer of a trading session parses with the official SDK's strict models, field for field."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from binance_common.errors import BadRequestError

from tests.paper_exchange.conformance.sdk import Deviations, no_complaints, sdk_for
from tests.paper_exchange.running import Running

SYMBOL = "BTCUSDT"
FAR_FUTURE_MS = 4_102_444_800_000
# The venue sends these, its SDK's models do not know them.
UNDOCUMENTED = frozenset(
    {
        "account_information_v2.positions.breakEvenPrice",
        "account_information_v2.positions.isolatedMargin",
        "account_information_v2.positions.isolatedWallet",
        "account_information_v2.positions.notional",
        "account_information_v3.assets.marginAvailable",
        "exchange_information.futuresType",
        "exchange_information.symbols.maxMoveOrderLimit",
        "new_order.avgPrice",
        "new_order.cumQuote",
        "query_current_open_order.cumQty",
        "query_order.cumQty",
        "symbol_order_book_ticker.lastUpdateId",
    }
)
# Documented for trailing stops (which have been conditional orders since) and for coin-margined symbols.
OTHERS_ONLY = (".activatePrice", ".priceRate", "account_trade_list.baseQty", "account_trade_list.pair")


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
        if not path.endswith(OTHERS_ONLY) and ".filters." not in path
    ] == []


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


def test_listen_key(client: Client) -> None:
    assert len(client.call("start_user_data_stream").listen_key) == 64
    client.call("keepalive_user_data_stream")
    client.call("close_user_data_stream")


def test_refusal_carries_the_venues_code(client: Client) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.bid(factor=2)
    assert refused.value.status_code == -4016
