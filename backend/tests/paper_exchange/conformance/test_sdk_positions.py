"""Hedge mode, isolated margin and liquidation as the official SDK's strict models read them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from binance_common.errors import BadRequestError

from tests.paper_exchange.conformance.sdk import no_complaints, sdk_for
from tests.paper_exchange.conformance.test_sdk_rest import SYMBOL, UNDOCUMENTED, Client
from tests.paper_exchange.conformance.test_sdk_streams import ear_of
from tests.paper_exchange.running import Running

CHUNK_STEPS = 120
MOST_CHUNKS = 60
# A position's queue has BOTH, or HEDGE when it is hedged on cross margin; the venue sends a transfer's number
# empty, and its models do not know it.
EITHER = frozenset({"position_adl_quantile_estimation.adlQuantile.HEDGE"})
BESIDES = frozenset({"get_position_margin_change_history.clientTranId"})
COIN_MARGINED = (".baseQty", ".cumBase", ".pair")


@pytest.fixture
def client(still_exchange: Running, request: pytest.FixtureRequest) -> Iterator[Client]:
    """The SDK for an account in hedge mode with isolated BTC; every answer must have been as documented."""
    one = Client(still_exchange, request.node.name)
    with no_complaints():
        one.call("change_position_mode", dual_side_position="true")
        one.call("change_margin_type", symbol=SYMBOL, margin_type="ISOLATED")
        yield one
    assert one.deviations.unknown <= UNDOCUMENTED | BESIDES
    assert {path for path in one.deviations.absent if not path.endswith(COIN_MARGINED)} <= EITHER


def open_both(client: Client, leverage: int, quantity: float) -> None:
    client.call("change_initial_leverage", symbol=SYMBOL, leverage=leverage)
    for side, position_side in (("BUY", "LONG"), ("SELL", "SHORT")):
        client.call(
            "new_order",
            symbol=SYMBOL,
            side=side,
            position_side=position_side,
            type="MARKET",
            quantity=quantity,
        )


def test_a_hedged_isolated_account(client: Client) -> None:
    open_both(client, 10, 0.05)
    client.call("modify_isolated_position_margin", symbol=SYMBOL, position_side="LONG", amount=10.5, type=1)
    assert client.call("get_position_margin_change_history", symbol=SYMBOL)[-1].amount == "10.50000000"
    for name in (
        "account_information_v3",
        "account_information_v2",
        "futures_account_balance_v3",
        "symbol_configuration",
        "futures_account_configuration",
        "get_bnb_burn_status",
    ):
        client.call(name)
    assert [one.position_side for one in client.call("position_information_v3")] == ["LONG", "SHORT"]
    assert {one.margin_type for one in client.call("position_information_v2", symbol=SYMBOL)} == {"isolated"}
    assert client.call("get_current_position_mode").dual_side_position is True
    (queue,) = client.call("position_adl_quantile_estimation")
    assert queue.adl_quantile.both == 0
    client.call("toggle_bnb_burn_on_futures_trade", fee_burn="false")
    assert client.call("get_bnb_burn_status").fee_burn is False


def test_modes_are_refused_with_the_venues_codes(client: Client) -> None:
    open_both(client, 10, 0.05)
    for code, name, parameters in (
        (-4068, "change_position_mode", {"dual_side_position": "false"}),
        (-4048, "change_margin_type", {"symbol": SYMBOL, "margin_type": "CROSSED"}),
        (-4161, "change_initial_leverage", {"symbol": SYMBOL, "leverage": 9}),
        (-4084, "change_multi_assets_mode", {"multi_assets_margin": "true"}),
    ):
        with pytest.raises(BadRequestError) as refused:
            client.call(name, **parameters)
        assert refused.value.status_code == code


async def test_one_side_is_liquidated_and_told_of(still_exchange: Running, client: Client) -> None:
    """Both sides at leverage 100: whichever way the market goes, one of them falls."""
    sdk = sdk_for(
        still_exchange.base, *still_exchange.open_account("test_one_side_is_liquidated_and_told_of")
    )
    async with ear_of(sdk) as ear:
        key = sdk.rest_api.start_user_data_stream().data().listen_key
        await ear.listen("user_data", listenKey=key)
        await asyncio.to_thread(open_both, client, 100, 0.05)
        for _ in range(MOST_CHUNKS):
            await asyncio.to_thread(still_exchange.admin, "feed", steps=CHUNK_STEPS)
            if "MarginCall" in ear.heard:
                break
        await ear.until({"MarginCall", "AccountUpdate", "OrderTradeUpdate", "AccountConfigUpdate"})
    forced = client.call("users_force_orders", symbol=SYMBOL, auto_close_type="LIQUIDATION")
    assert {one.client_order_id.partition("-")[0] for one in forced} == {"autoclose"}
    assert len(client.call("position_information_v3")) == 2 - len(forced)
