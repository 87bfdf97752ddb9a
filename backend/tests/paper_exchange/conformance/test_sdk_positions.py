"""Hedge mode, isolated margin and liquidation as the official SDK's strict models read them."""

from __future__ import annotations

import asyncio

import pytest
from binance_common.errors import BadRequestError

from tests.paper_exchange.conformance.judge import SYMBOL, Judge
from tests.paper_exchange.conformance.test_sdk_streams import ear_of
from tests.paper_exchange.running import Running

CHUNK_STEPS = 120
MOST_CHUNKS = 60


@pytest.fixture
def hedged(judge: Judge) -> Judge:
    """An account in hedge mode with isolated BTC."""
    judge.call("change_position_mode", dual_side_position="true")
    judge.call("change_margin_type", symbol=SYMBOL, margin_type="ISOLATED")
    return judge


def open_both(hedged: Judge, leverage: int, quantity: float) -> None:
    hedged.call("change_initial_leverage", symbol=SYMBOL, leverage=leverage)
    for side, position_side in (("BUY", "LONG"), ("SELL", "SHORT")):
        hedged.call(
            "new_order",
            symbol=SYMBOL,
            side=side,
            position_side=position_side,
            type="MARKET",
            quantity=quantity,
        )


def test_a_hedged_isolated_account(hedged: Judge) -> None:
    open_both(hedged, 10, 0.05)
    hedged.call("modify_isolated_position_margin", symbol=SYMBOL, position_side="LONG", amount=10.5, type=1)
    assert hedged.call("get_position_margin_change_history", symbol=SYMBOL)[-1].amount == "10.50000000"
    for name in (
        "account_information_v3",
        "account_information_v2",
        "futures_account_balance_v3",
        "symbol_configuration",
        "futures_account_configuration",
        "get_bnb_burn_status",
    ):
        hedged.call(name)
    assert [one.position_side for one in hedged.call("position_information_v3")] == ["LONG", "SHORT"]
    assert {one.margin_type for one in hedged.call("position_information_v2", symbol=SYMBOL)} == {"isolated"}
    assert hedged.call("get_current_position_mode").dual_side_position is True
    (queue,) = hedged.call("position_adl_quantile_estimation")
    assert queue.adl_quantile.both == 0
    hedged.call("toggle_bnb_burn_on_futures_trade", fee_burn="false")
    assert hedged.call("get_bnb_burn_status").fee_burn is False


def test_modes_are_refused_with_the_venues_codes(hedged: Judge) -> None:
    open_both(hedged, 10, 0.05)
    for code, name, parameters in (
        (-4068, "change_position_mode", {"dual_side_position": "false"}),
        (-4048, "change_margin_type", {"symbol": SYMBOL, "margin_type": "CROSSED"}),
        (-4161, "change_initial_leverage", {"symbol": SYMBOL, "leverage": 9}),
        (-4084, "change_multi_assets_mode", {"multi_assets_margin": "true"}),
    ):
        with pytest.raises(BadRequestError) as refused:
            hedged.call(name, **parameters)
        assert refused.value.status_code == code


async def test_one_side_is_liquidated_and_told_of(still_exchange: Running, hedged: Judge) -> None:
    """Both sides at leverage 100: whichever way the market goes, one of them falls."""
    async with ear_of(hedged.sdk) as ear:
        key = hedged.sdk.rest_api.start_user_data_stream().data().listen_key
        await ear.listen("user_data", listenKey=key)
        await asyncio.to_thread(open_both, hedged, 100, 0.05)
        for _ in range(MOST_CHUNKS):
            await asyncio.to_thread(still_exchange.admin, "feed", steps=CHUNK_STEPS)
            if "MarginCall" in ear.heard:
                break
        await ear.until({"MarginCall", "AccountUpdate", "OrderTradeUpdate", "AccountConfigUpdate"})
    forced = hedged.call("users_force_orders", symbol=SYMBOL, auto_close_type="LIQUIDATION")
    assert {one.client_order_id.partition("-")[0] for one in forced} == {"autoclose"}
    assert len(hedged.call("position_information_v3")) == 2 - len(forced)
