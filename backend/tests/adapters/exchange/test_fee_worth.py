"""A fee that is paid in the venue's own coin costs what the coin is worth."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from app.adapters.exchange.dialect import fill
from app.domain.venue import VenueUnavailableError
from tests.adapters.exchange.accounts import BTC, Account, enter

ROW: Mapping[str, Any] = {
    "id": 1,
    "orderId": 2,
    "symbol": "BTCUSDT",
    "side": "BUY",
    "qty": "0.5",
    "price": "60000",
    "realizedPnl": "0",
    "maker": False,
    "time": 1_767_787_200_000,
}


@pytest.mark.parametrize(
    ("asset", "commission", "worth", "fee", "currency"),
    [
        ("USDT", "15", {}, "15", "USDT"),
        ("USDC", "15", {}, "15", "USDC"),
        # 0.0225 of a coin of 600 is 13.50; a tenth of a percent of 30,000 is 30.
        ("BNB", "0.0225", {"BNB": Decimal(600)}, "13.5", "USDT"),
        ("BNB", "0.0225", {"BNB": None}, "30", "USDT"),
        ("BNB", "0.0225", {}, "30", "USDT"),
        ("BNB", "0.000000001", {"BNB": Decimal(600)}, "0.0000006", "USDT"),
    ],
)
def test_a_fee_is_what_was_paid_in_dollars(
    asset: str, commission: str, worth: dict[str, Decimal | None], fee: str, currency: str
) -> None:
    held = fill({**ROW, "commission": commission, "commissionAsset": asset}, worth)
    assert (held.fee, held.fee_currency) == (Decimal(fee), currency)


@pytest.mark.parametrize("tells", [True, False])
async def test_fills_of_an_account_that_pays_in_the_venues_coin(account: Account, tells: bool) -> None:
    """The simulated venue takes dollars; its answer is altered to say that a hundredth of a coin was paid."""
    gateway = account.connect()
    order = await enter(gateway)
    trades, asked = gateway._client.fapiPrivateGetUserTrades, []

    async def in_coins(params: dict[str, object]) -> list[dict[str, object]]:
        rows = await trades(params)
        return [row | {"commission": "0.01", "commissionAsset": "BNB"} for row in rows]

    async def premium(params: dict[str, object]) -> dict[str, object]:
        asked.append(params["symbol"])
        if not tells:
            raise VenueUnavailableError("no such market")
        return {"markPrice": "600.5"}

    gateway._client.fapiPrivateGetUserTrades = in_coins
    gateway._client.fapiPublicGetPremiumIndex = premium
    found = await gateway.fills(BTC, exchange_order_id=order.exchange_order_id)
    assert asked == ["BNBUSDT"]
    for one in found:
        worth = Decimal("6.005") if tells else (one.quantity * one.price / 1_000)
        assert abs(one.fee - worth) < Decimal("1e-8")
        assert one.fee_currency == "USDT"
