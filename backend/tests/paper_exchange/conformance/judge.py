"""One account's dealings through the official SDK, and where the answers differ from the documented ones."""

from __future__ import annotations

from typing import Any

from tests.paper_exchange.conformance.sdk import Deviations, sdk_for
from tests.paper_exchange.running import Running

SYMBOL = "BTCUSDT"
# The venue sends these, its SDK's models do not know them.
UNDOCUMENTED = frozenset(
    {
        "account_information_v2.positions.breakEvenPrice",
        "account_information_v2.positions.isolatedMargin",
        "account_information_v2.positions.isolatedWallet",
        "account_information_v2.positions.notional",
        "account_information_v3.assets.marginAvailable",
        "exchange_information.futuresType",
        "get_position_margin_change_history.clientTranId",
        "exchange_information.symbols.maxMoveOrderLimit",
        "modify_order.avgPrice",
        "modify_order.cumQuote",
        "new_order.avgPrice",
        "new_order.cumQuote",
        "order_book.result.asks",
        "order_book.result.bids",
        "query_algo_order.activatePrice",
        "query_algo_order.callbackRate",
        "query_algo_order.slPrice",
        "query_algo_order.slTriggerPrice",
        "query_algo_order.tpPrice",
        "query_algo_order.tpTriggerPrice",
        "query_current_open_order.cumQty",
        "query_order.cumQty",
        "symbol_order_book_ticker.lastUpdateId",
    }
)
# Of other products (iceberg, strategies, coin-margined symbols, the former trailing orders), of refusals, of one
# kind of position only, and what only comes back when it was sent.
NOT_OURS = (
    ".icebergQuantity",
    ".baseQty",
    ".cumBase",
    ".pair",
    ".activatePrice",
    ".callbackRate",
    ".priceRate",
    ".code",
    ".msg",
    ".modifyId",
    ".adlQuantile.HEDGE",
    # Levels are pairs of text, for which there is no model.
    ".asks",
    ".bids",
)
# Each filter of a symbol has its own fields, its model has those of all.
MIXED = ".filters."


class Judge:
    """The SDK for one account, and where the answers differ from the documented ones."""

    def __init__(self, running: Running, account: str) -> None:
        self.sdk = sdk_for(running.base, *running.open_account(account))
        self.deviations = Deviations()

    def call(self, name: str, **parameters: object) -> Any:
        answer = getattr(self.sdk.rest_api, name)(**parameters).data()
        self.deviations.note(name, answer)
        return answer

    def price(self, factor: float) -> float:
        last = self.sdk.rest_api.symbol_price_ticker(symbol=SYMBOL).data().actual_instance.price
        return round(float(last) * factor, 1)

    def bid(self, factor: float = 0.95) -> dict[str, object]:
        """A bid below the market, in the SDK's own words."""
        return {
            "symbol": SYMBOL,
            "side": "BUY",
            "type": "LIMIT",
            "quantity": 0.01,
            "price": self.price(factor),
            "time_in_force": "GTC",
        }

    def complaints(self) -> list[str]:
        """Fields that came though nothing documents them, and documented ones that did not come."""
        absent = [path for path in self.deviations.absent if not (path.endswith(NOT_OURS) or MIXED in path)]
        return sorted([*(self.deviations.unknown - UNDOCUMENTED), *absent])
