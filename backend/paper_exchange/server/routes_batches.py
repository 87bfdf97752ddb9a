"""Several orders in one request: each is answered by itself, a refusal of one says nothing of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.server.order_requests import from_json, json_list
from paper_exchange.server.parameters import Parameters
from paper_exchange.server.routes_orders import amend_one, place_one, shown
from paper_exchange.server.routing import Access, Call, Route, Routes

T = TypeVar("T")
MOST_PLACED = 5
MOST_CANCELLED = 10
ORDERS_COUNTED = 5
BATCH_WEIGHT = 5


def _one_by_one(items: Iterable[T], act: Callable[[T], dict[str, object]]) -> list[dict[str, object]]:
    """What came of each item, or the refusal in its place."""
    rows: list[dict[str, object]] = []
    for item in items:
        try:
            rows.append(act(item))
        except VenueError as refused:
            rows.append({"code": refused.refusal.code, "msg": refused.message})
    return rows


def _each(call: Call, act: Callable[[Call, Parameters], dict[str, object]]) -> object:
    """Do it for every order of the list, 1 to 5."""
    items = json_list(call.parameters, "batchOrders")
    if items is None:
        raise VenueError(Refusal.MANDATORY, "batchorders")
    if not 1 <= len(items) <= MOST_PLACED:
        raise VenueError(Refusal.BAD_BATCH_SIZE)
    orders = [item for item in items if isinstance(item, dict)]
    if len(orders) < len(items):
        raise VenueError(Refusal.MALFORMED, "batchOrders")
    return _one_by_one(orders, lambda fields: act(call, from_json(fields)))


def place(call: Call) -> object:
    return _each(call, place_one)


def amend(call: Call) -> object:
    return _each(call, amend_one)


def cancel(call: Call) -> object:
    """Cancel by numbers or by client ids, at most ten."""
    parameters = call.parameters
    symbol = call.market().symbol
    numbers = json_list(parameters, "orderIdList", "orderidlist")
    client_ids = json_list(parameters, "origClientOrderIdList", "origclientorderidlist")
    if not numbers and not client_ids:
        raise VenueError(Refusal.NEITHER_LIST)
    name, named = ("orderId", numbers) if numbers else ("origClientOrderId", client_ids or [])
    if len(named) > MOST_CANCELLED:
        raise VenueError(Refusal.BAD_BATCH_SIZE)

    def cancel_one(value: object) -> dict[str, object]:
        one = from_json({name: value})
        order = call.account.find_order(one.integer("orderId"), one.optional("origClientOrderId"))
        gone = call.venue.exchange.cancel(call.account, symbol, order, call.now)
        return shown(call, gone, with_time=False)

    return _one_by_one(named, cancel_one)


ROUTES: Routes = {
    ("POST", "/fapi/v1/batchOrders"): Route(
        place, BATCH_WEIGHT, Access.SIGNED, counts_as_order=True, orders_in_ten=ORDERS_COUNTED
    ),
    ("PUT", "/fapi/v1/batchOrders"): Route(
        amend, BATCH_WEIGHT, Access.SIGNED, counts_as_order=True, orders_in_ten=ORDERS_COUNTED
    ),
    ("DELETE", "/fapi/v1/batchOrders"): Route(cancel, 1, Access.SIGNED),
}
