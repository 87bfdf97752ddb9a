"""Orders, conditional orders, fills and income as the REST dialect shows them."""

from __future__ import annotations

from paper_exchange.engine.contracts import Contract
from paper_exchange.engine.orders import Conditional, Fill, Income, Order, Side
from paper_exchange.server.text import amount_text, quote_text


def order_fields(order: Order, contract: Contract, with_time: bool = True) -> dict[str, object]:
    """Queries show the creation time too; answers to placing and cancelling do not."""
    fields: dict[str, object] = {
        "orderId": order.id,
        "symbol": order.symbol,
        "status": order.status.value,
        "clientOrderId": order.client_id,
        "price": contract.price_text(order.price),
        "avgPrice": contract.price_text(order.average_price),
        "origQty": contract.quantity_text(order.quantity),
        "executedQty": contract.quantity_text(order.filled),
        "cumQty": contract.quantity_text(order.filled),
        "cumQuote": quote_text(order.quote),
        "timeInForce": order.time_in_force.value,
        "type": order.type.value,
        "reduceOnly": order.reduce_only,
        "closePosition": order.close_position,
        "side": order.side.value,
        "positionSide": order.position_side.value,
        "stopPrice": contract.price_text(order.trigger_price),
        "workingType": order.working_type.value,
        "priceProtect": False,
        "origType": order.origin_type,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "NONE",
        "goodTillDate": 0,
        "updateTime": order.updated_ms,
    }
    if with_time:
        fields["time"] = order.created_ms
    return fields


def conditional_fields(one: Conditional, contract: Contract, with_actual: bool = True) -> dict[str, object]:
    """Queries show what the conditional became; the answer to placing it does not."""
    fields: dict[str, object] = {
        "algoId": one.id,
        "clientAlgoId": one.client_id,
        "algoType": "CONDITIONAL",
        "orderType": one.type.value,
        "symbol": one.symbol,
        "side": one.side.value,
        "positionSide": one.position_side.value,
        "timeInForce": one.time_in_force.value,
        "quantity": contract.quantity_text(one.quantity),
        "algoStatus": one.status.value,
        "triggerPrice": contract.price_text(one.trigger_price),
        "price": contract.price_text(one.price),
        "icebergQuantity": None,
        "selfTradePreventionMode": "NONE",
        "workingType": one.working_type.value,
        "priceMatch": "NONE",
        "closePosition": one.close_position,
        "priceProtect": one.price_protect,
        "reduceOnly": one.reduce_only,
        "createTime": one.created_ms,
        "updateTime": one.updated_ms,
        "triggerTime": one.triggered_ms,
        "goodTillDate": 0,
    }
    if with_actual:
        fields |= {
            "actualOrderId": "" if one.actual_order_id is None else str(one.actual_order_id),
            "actualPrice": contract.price_text(one.actual_price),
            "actualQty": contract.quantity_text(one.actual_quantity),
            "actualType": one.actual_type,
            "tpOrderType": "",
        }
    return fields


def fill_fields(fill: Fill, contract: Contract) -> dict[str, object]:
    return {
        "symbol": fill.symbol,
        "id": fill.id,
        "orderId": fill.order_id,
        "side": fill.side.value,
        "price": contract.price_text(fill.price),
        "qty": contract.quantity_text(fill.quantity),
        "realizedPnl": amount_text(fill.realized),
        "marginAsset": "USDT",
        "quoteQty": quote_text(fill.price * fill.quantity),
        "commission": amount_text(fill.fee),
        "commissionAsset": "USDT",
        "time": fill.time_ms,
        "positionSide": fill.position_side.value,
        "buyer": fill.side is Side.BUY,
        "maker": fill.is_maker,
    }


def income_fields(row: Income) -> dict[str, object]:
    return {
        "symbol": row.symbol,
        "incomeType": row.kind.value,
        "income": amount_text(row.amount),
        "asset": "USDT",
        "info": row.note,
        "time": row.time_ms,
        "tranId": row.id,
        "tradeId": row.trade_id,
    }
