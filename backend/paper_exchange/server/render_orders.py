"""Orders, conditional orders, fills and income as the REST dialect shows them."""

from __future__ import annotations

from paper_exchange.engine.contracts import Contract
from paper_exchange.engine.money import ZERO
from paper_exchange.engine.orders import Amendment, Conditional, Fill, Income, Order, OrderStatus, Side
from paper_exchange.server.text import amount_text, average_text, quote_text


def order_fields(order: Order, contract: Contract, with_time: bool = True) -> dict[str, object]:
    """Queries show the creation time too; answers to placing and cancelling do not."""
    fields: dict[str, object] = {
        "orderId": order.id,
        "symbol": order.symbol,
        "status": order.status.value,
        "clientOrderId": order.client_id,
        "price": contract.price_text(order.price),
        "avgPrice": average_text(order.average_price, contract.price_decimals),
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
        "priceProtect": order.price_protect,
        "origType": order.origin_type,
        "priceMatch": order.price_match.value,
        "selfTradePreventionMode": order.self_trade_prevention.value,
        "goodTillDate": order.good_till_ms or 0,
        "updateTime": order.updated_ms,
    }
    if with_time:
        fields["time"] = order.created_ms
    return fields


def accepted_fields(order: Order, contract: Contract) -> dict[str, object]:
    """An order as it was when it was accepted, before anything of it was filled."""
    nothing = contract.quantity_text(ZERO)
    return order_fields(order, contract, with_time=False) | {
        "status": OrderStatus.NEW.value,
        "avgPrice": contract.price_text(ZERO),
        "executedQty": nothing,
        "cumQty": nothing,
        "cumQuote": quote_text(ZERO),
    }


def amended_fields(order: Order, contract: Contract, modify_id: int | None) -> dict[str, object]:
    """The answer to an amendment; the caller's own number comes back when there was one."""
    fields = order_fields(order, contract, with_time=False) | {"pair": contract.pair}
    return fields if modify_id is None else fields | {"modifyId": modify_id}


def amendment_fields(one: Amendment, contract: Contract) -> dict[str, object]:
    change: dict[str, object] = {
        "price": {
            "before": contract.price_text(one.price_before),
            "after": contract.price_text(one.price_after),
        },
        "origQty": {
            "before": contract.quantity_text(one.quantity_before),
            "after": contract.quantity_text(one.quantity_after),
        },
        "count": one.count,
    }
    if one.modify_id is not None:
        change["modifyId"] = one.modify_id
    return {
        "amendmentId": one.id,
        "symbol": one.symbol,
        "pair": contract.pair,
        "orderId": one.order_id,
        "clientOrderId": one.client_id,
        "time": one.time_ms,
        "amendment": change,
    }


def activation_text(one: Conditional, contract: Contract) -> str:
    """A trailing stop's activation price; empty when it was active at once."""
    return "" if one.activation_price is None else contract.price_text(one.activation_price)


def callback_text(one: Conditional) -> str:
    """A trailing stop's callback rate in percent; empty for every other."""
    return "" if one.callback_fraction is None else f"{(one.callback_fraction * 100).normalize():f}"


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
        "selfTradePreventionMode": one.self_trade_prevention.value,
        "workingType": one.working_type.value,
        "priceMatch": one.price_match.value,
        "closePosition": one.close_position,
        "priceProtect": one.price_protect,
        "reduceOnly": one.reduce_only,
        "createTime": one.created_ms,
        "updateTime": one.updated_ms,
        "triggerTime": one.triggered_ms,
        "goodTillDate": one.good_till_ms or 0,
    }
    if one.callback_fraction is not None:
        fields |= {"activatePrice": activation_text(one, contract), "callbackRate": callback_text(one)}
    if with_actual:
        fields |= {
            "actualOrderId": "" if one.actual_order_id is None else str(one.actual_order_id),
            "actualPrice": average_text(one.actual_price, contract.price_decimals),
            "actualQty": contract.quantity_text(one.actual_quantity),
            "actualType": one.actual_type,
            "tpOrderType": "",
        }
        nothing = contract.price_text(ZERO)
        # A take-profit and a stop that ride on the conditional; the venue offers none here.
        fields |= dict.fromkeys(("tpTriggerPrice", "tpPrice", "slTriggerPrice", "slPrice"), nothing)
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
