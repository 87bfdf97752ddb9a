"""Reading orders out of a request's parameters, wherever they came from: query, body, batch or socket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from paper_exchange import clock
from paper_exchange.engine.amending import AmendRequest
from paper_exchange.engine.instructions import PriceMatch, SelfTradePrevention
from paper_exchange.engine.orders import ConditionalRequest, OrderRequest, WorkingType
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.server.parameters import Parameters

HUNDRED = Decimal(100)
LONGEST_LIST = 100
LONGEST_ECHO = 64


class ResponseType(StrEnum):
    """How much the answer to a new order tells: that it was accepted, or what became of it."""

    ACK = "ACK"
    RESULT = "RESULT"


def response_type(parameters: Parameters) -> ResponseType:
    try:
        return ResponseType(parameters.optional("newOrderRespType") or ResponseType.ACK)
    except ValueError:
        raise VenueError(Refusal.BAD_RESPONSE_TYPE) from None


def order_request(parameters: Parameters) -> OrderRequest:
    return OrderRequest(
        symbol=parameters.text("symbol"),
        side=parameters.text("side"),
        type=parameters.text("type"),
        quantity=parameters.decimal("quantity"),
        price=parameters.decimal("price"),
        time_in_force=parameters.optional("timeInForce"),
        reduce_only=parameters.flag("reduceOnly"),
        close_position=parameters.flag("closePosition"),
        position_side=parameters.optional("positionSide") or "BOTH",
        client_id=parameters.optional("newClientOrderId"),
        good_till_ms=parameters.integer("goodTillDate"),
        self_trade_prevention=parameters.optional("selfTradePreventionMode")
        or SelfTradePrevention.EXPIRE_MAKER.value,
        price_match=parameters.optional("priceMatch") or PriceMatch.NONE.value,
        received_ms=clock.wall_ms(),
    )


def amend_request(parameters: Parameters) -> AmendRequest:
    reduce_only = parameters.flag("reduceOnly") if parameters.optional("reduceOnly") is not None else None
    return AmendRequest(
        symbol=parameters.text("symbol"),
        side=parameters.text("side"),
        order_id=parameters.integer("orderId"),
        client_id=parameters.optional("origClientOrderId"),
        quantity=parameters.decimal("quantity"),
        price=parameters.decimal("price"),
        price_match=parameters.optional("priceMatch") or PriceMatch.NONE.value,
        reduce_only=reduce_only,
        modify_id=parameters.integer("modifyId"),
    )


def conditional_request(parameters: Parameters) -> ConditionalRequest:
    callback = parameters.decimal("callbackRate")
    return ConditionalRequest(
        symbol=parameters.text("symbol"),
        side=parameters.text("side"),
        type=parameters.text("type"),
        trigger_price=parameters.decimal("triggerPrice"),
        quantity=parameters.decimal("quantity"),
        price=parameters.decimal("price"),
        time_in_force=parameters.optional("timeInForce"),
        reduce_only=parameters.flag("reduceOnly"),
        close_position=parameters.flag("closePosition"),
        position_side=parameters.optional("positionSide") or "BOTH",
        client_id=parameters.optional("clientAlgoId"),
        working_type=parameters.optional("workingType") or WorkingType.CONTRACT_PRICE.value,
        price_protect=parameters.flag("priceProtect"),
        activation_price=parameters.decimal("activatePrice"),
        callback_fraction=None if callback is None else callback / HUNDRED,
        good_till_ms=parameters.integer("goodTillDate"),
        self_trade_prevention=parameters.optional("selfTradePreventionMode")
        or SelfTradePrevention.NONE.value,
        price_match=parameters.optional("priceMatch") or PriceMatch.NONE.value,
        received_ms=clock.wall_ms(),
    )


def is_text(value: str) -> bool:
    """Whether it can be written as UTF-8; JSON may hold halves of characters."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def echoed(name: str) -> str:
    """A name out of a request as a refusal may repeat it."""
    return name if name.isascii() and name.isprintable() and len(name) <= LONGEST_ECHO else "parameters"


def from_json(fields: Mapping[str, object]) -> Parameters:
    """Parameters out of a JSON object; null counts as not sent, anything but a scalar is refused."""
    values: dict[str, str] = {}
    for name, value in fields.items():
        if isinstance(value, bool):
            values[name] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            values[name] = str(value)
            if not is_text(values[name]):
                raise VenueError(Refusal.ILLEGAL_PARAMETER, echoed(name))
        elif value is not None:
            raise VenueError(Refusal.MALFORMED, echoed(name))
    return Parameters(values)


def json_list(parameters: Parameters, name: str, *other_names: str) -> list[object] | None:
    """A parameter that is a JSON list, numbers in it as text; None when it was not sent."""
    sent = (parameters.optional(one) for one in (name, *other_names))
    text = next((value for value in sent if value is not None), None)
    if text is None:
        return None
    try:
        found = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise VenueError(Refusal.MALFORMED, name) from None
    if not isinstance(found, list) or len(found) > LONGEST_LIST:
        raise VenueError(Refusal.MALFORMED, name)
    return found
