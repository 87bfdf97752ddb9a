"""The user stream's events, field by field as the venue sends them."""

from __future__ import annotations

from paper_exchange.engine import margin
from paper_exchange.engine.contracts import Contract
from paper_exchange.engine.events import (
    BalanceChanged,
    ConditionalChanged,
    FillBooked,
    LeverageChanged,
    MarginCalled,
    OrderChanged,
    UserEvent,
)
from paper_exchange.engine.exchange import Exchange
from paper_exchange.engine.money import ZERO
from paper_exchange.engine.orders import ConditionalStatus, ConditionalType
from paper_exchange.server.render_account import break_even
from paper_exchange.server.render_orders import activation_text, callback_text
from paper_exchange.server.text import amount_text, average_text


def user_event_fields(exchange: Exchange, event: UserEvent) -> list[dict[str, object]]:
    """The messages that tell of the event, in the order they are sent."""
    match event:
        case OrderChanged():
            return [_order_update(exchange, event)]
        case FillBooked():
            return [_trade_lite(exchange, event)]
        case BalanceChanged():
            return [_account_update(exchange, event)]
        case ConditionalChanged():
            return _algo_update(exchange, event)
        case LeverageChanged():
            return [
                {
                    "e": "ACCOUNT_CONFIG_UPDATE",
                    "E": event.time_ms,
                    "T": event.time_ms,
                    "ac": {"s": event.symbol, "l": event.leverage},
                }
            ]
        case MarginCalled():
            return [_margin_call(exchange, event)]


def _contract(exchange: Exchange, symbol: str) -> Contract:
    return exchange.markets[symbol].contract


def _order_update(exchange: Exchange, event: OrderChanged) -> dict[str, object]:
    order, fill = event.order, event.fill
    contract = _contract(exchange, order.symbol)
    fields: dict[str, object] = {
        "s": order.symbol,
        "c": order.client_id,
        "S": order.side.value,
        "o": order.type.value,
        "f": order.time_in_force.value,
        "q": contract.quantity_text(order.quantity),
        "p": contract.price_text(order.price),
        "ap": average_text(order.average_price, contract.price_decimals),
        "sp": contract.price_text(order.trigger_price),
        "x": event.execution.value,
        "X": order.status.value,
        "i": order.id,
        "l": contract.quantity_text(fill.quantity if fill is not None else ZERO),
        "z": contract.quantity_text(order.filled),
        "L": contract.price_text(fill.price if fill is not None else ZERO),
        "T": event.time_ms,
        "t": fill.id if fill is not None else 0,
        "b": "0",
        "a": "0",
        "m": fill is not None and fill.is_maker,
        "R": order.reduce_only,
        "wt": order.working_type.value,
        "ot": order.origin_type,
        "ps": order.position_side.value,
        "cp": order.close_position,
        "rp": amount_text(fill.realized if fill is not None else ZERO),
        "pP": order.price_protect,
        "si": 0,
        "ss": 0,
        "V": order.self_trade_prevention.value,
        "pm": order.price_match.value,
        "gtd": order.good_till_ms or 0,
        "er": event.why.value,
    }
    if event.modify_id is not None:
        fields["M"] = str(event.modify_id)
    if order.origin_type == ConditionalType.TRAILING_STOP_MARKET:
        one = event.account.find_conditional(order.conditional_id, None)
        if one is not None:
            fields |= {"AP": activation_text(one, contract), "cr": callback_text(one)}
    if fill is not None:
        fields |= {"n": amount_text(fill.fee), "N": "USDT"}
    return {"e": "ORDER_TRADE_UPDATE", "E": event.time_ms, "T": event.time_ms, "o": fields}


def _trade_lite(exchange: Exchange, event: FillBooked) -> dict[str, object]:
    order, fill = event.order, event.fill
    contract = _contract(exchange, order.symbol)
    return {
        "e": "TRADE_LITE",
        "E": fill.time_ms,
        "T": fill.time_ms,
        "s": order.symbol,
        "q": contract.quantity_text(order.quantity),
        "p": contract.price_text(order.price),
        "m": fill.is_maker,
        "c": order.client_id,
        "S": order.side.value,
        "L": contract.price_text(fill.price),
        "l": contract.quantity_text(fill.quantity),
        "t": fill.id,
        "i": order.id,
    }


def _account_update(exchange: Exchange, event: BalanceChanged) -> dict[str, object]:
    account = event.account
    positions = []
    for position in event.positions:
        market = exchange.markets[position.symbol]
        positions.append(
            {
                "s": position.symbol,
                "pa": market.contract.quantity_text(position.amount),
                "ep": amount_text(position.entry_price),
                "bep": amount_text(break_even(market.contract, position)),
                "cr": amount_text(position.realized),
                "up": amount_text(position.unrealized(market.mark)),
                "mt": "isolated" if account.is_isolated(position.symbol) else "cross",
                "iw": amount_text(position.isolated_wallet),
                "ps": position.side.value,
                "ma": "USDT",
            }
        )
    balance = {
        "a": "USDT",
        "wb": amount_text(account.record.wallet),
        "cw": amount_text(account.cross_wallet),
        "bc": amount_text(event.change),
    }
    fields: dict[str, object] = {"m": event.reason.value, "B": [balance], "P": positions}
    if event.symbol:
        fields["S"] = event.symbol
    return {"e": "ACCOUNT_UPDATE", "E": event.time_ms, "T": event.time_ms, "a": fields}


def _algo_update(exchange: Exchange, event: ConditionalChanged) -> list[dict[str, object]]:
    one = event.conditional
    contract = _contract(exchange, one.symbol)
    fields: dict[str, object] = {
        "caid": one.client_id,
        "aid": one.id,
        "at": "CONDITIONAL",
        "o": one.type.value,
        "s": one.symbol,
        "S": one.side.value,
        "ps": one.position_side.value,
        "f": one.time_in_force.value,
        "q": contract.quantity_text(one.quantity),
        "X": one.status.value,
        "ai": "" if one.actual_order_id is None else str(one.actual_order_id),
        "tp": contract.price_text(one.trigger_price),
        "p": contract.price_text(one.price),
        "V": one.self_trade_prevention.value,
        "wt": one.working_type.value,
        "pm": one.price_match.value,
        "cp": one.close_position,
        "pP": one.price_protect,
        "R": one.reduce_only,
        "tt": one.triggered_ms,
        "gtd": one.good_till_ms or 0,
        "rm": event.reject_reason,
    }
    if one.actual_order_id is not None:
        fields |= {
            "ap": average_text(one.actual_price, contract.price_decimals),
            "aq": contract.quantity_text(one.actual_quantity),
            "act": one.actual_type,
        }
    told: list[dict[str, object]] = [
        {"e": "ALGO_UPDATE", "T": event.time_ms, "E": event.time_ms, "o": fields}
    ]
    if one.status is ConditionalStatus.REJECTED:
        why = {"s": one.symbol, "i": one.id, "r": event.reject_reason}
        rejection = {"e": "CONDITIONAL_ORDER_TRIGGER_REJECT", "E": event.time_ms, "T": event.time_ms}
        told.append(rejection | {"or": why})
    return told


def _margin_call(exchange: Exchange, event: MarginCalled) -> dict[str, object]:
    account = event.account
    rows = []
    for position in event.positions:
        market = exchange.markets[position.symbol]
        rows.append(
            {
                "s": position.symbol,
                "ps": position.side.value,
                "pa": market.contract.quantity_text(position.amount),
                "mt": account.margin_type(position.symbol).value,
                "iw": amount_text(position.isolated_wallet),
                "mp": amount_text(market.mark),
                "up": amount_text(position.unrealized(market.mark)),
                "mm": amount_text(margin.maintenance(market, position)),
            }
        )
    return {"e": "MARGIN_CALL", "E": event.time_ms, "cw": amount_text(account.cross_wallet), "p": rows}
