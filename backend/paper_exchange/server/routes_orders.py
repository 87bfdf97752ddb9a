"""Placing, changing, cancelling and finding orders, one at a time."""

from __future__ import annotations

from paper_exchange import clock
from paper_exchange.engine.orders import Order
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.journal.history import Range
from paper_exchange.server.order_requests import ResponseType, amend_request, order_request, response_type
from paper_exchange.server.parameters import Parameters
from paper_exchange.server.render_orders import (
    accepted_fields,
    amended_fields,
    amendment_fields,
    fill_fields,
    order_fields,
)
from paper_exchange.server.routing import Access, Call, Route, Routes, per_symbol
from paper_exchange.server.windows import rows_wanted

MOST_AMENDMENTS = 100


def shown(call: Call, order: Order, with_time: bool = True) -> dict[str, object]:
    return order_fields(order, call.venue.exchange.markets[order.symbol].contract, with_time)


def place_one(call: Call, parameters: Parameters) -> dict[str, object]:
    """Place the order that the parameters describe."""
    answer, request = response_type(parameters), order_request(parameters)
    order = call.venue.exchange.place(call.account, request, call.now)
    if answer is ResponseType.RESULT:
        return shown(call, order, with_time=False)
    return accepted_fields(order, call.venue.exchange.markets[order.symbol].contract)


def amend_one(call: Call, parameters: Parameters) -> dict[str, object]:
    """Change the order that the parameters name."""
    request = amend_request(parameters)
    order = call.venue.exchange.amend(call.account, request, call.now)
    return amended_fields(order, call.venue.exchange.markets[order.symbol].contract, request.modify_id)


def place(call: Call) -> object:
    return place_one(call, call.parameters)


def rehearse(call: Call) -> object:
    """All checks of a new order, and nothing more."""
    response_type(call.parameters)
    request = order_request(call.parameters)
    order = call.venue.exchange.rehearse(call.account, request, call.now)
    return accepted_fields(order, call.venue.exchange.markets[order.symbol].contract)


def amend(call: Call) -> object:
    return amend_one(call, call.parameters)


def _identity(call: Call) -> tuple[int | None, str | None]:
    number = call.parameters.integer("orderId")
    client_id = call.parameters.optional("origClientOrderId")
    if number is None and client_id is None:
        raise VenueError(Refusal.NEITHER_ID)
    return number, client_id


def cancel(call: Call) -> object:
    symbol = call.parameters.text("symbol")
    number, client_id = _identity(call)
    order = call.account.find_order(number, client_id)
    return shown(call, call.venue.exchange.cancel(call.account, symbol, order, call.now), with_time=False)


def cancel_all(call: Call) -> object:
    call.venue.exchange.cancel_all(call.account, call.parameters.text("symbol"), call.now)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def countdown(call: Call) -> object:
    """The dead man's switch: cancel the symbol's orders unless this is called again in time."""
    market = call.market()
    wait_ms = call.parameters.integer("countdownTime")
    if wait_ms is None:
        raise VenueError(Refusal.MANDATORY, "countdowntime")
    if wait_ms < 0:
        raise VenueError(Refusal.MALFORMED, "countdownTime")
    until_ms = clock.wall_ms() + wait_ms if wait_ms else None
    call.venue.exchange.set_countdown(call.account, market.symbol, until_ms)
    return {"symbol": market.symbol, "countdownTime": str(wait_ms)}


def _found(call: Call) -> Order:
    """The order asked for, open or closed."""
    market = call.market()
    number, client_id = _identity(call)
    account = call.account
    order = account.find_order(number, client_id)
    if order is None:
        order = call.venue.history.find_order(account.id, number, client_id)
    if order is None or order.symbol != market.symbol:
        raise VenueError(Refusal.NO_SUCH_ORDER)
    return order


def query(call: Call) -> object:
    return shown(call, _found(call))


def query_open(call: Call) -> object:
    market = call.market()
    number, client_id = _identity(call)
    order = call.account.find_order(number, client_id)
    if order is None or not order.is_open or order.symbol != market.symbol:
        raise VenueError(Refusal.NO_SUCH_ORDER)
    return shown(call, order)


def open_orders(call: Call) -> object:
    wanted = {market.symbol for market in call.markets()}
    return [shown(call, order) for order in call.account.open_orders.values() if order.symbol in wanted]


def all_orders(call: Call) -> object:
    symbol = call.market().symbol if call.parameters.optional("symbol") is not None else None
    wanted = rows_wanted(call, symbol, from_id=call.parameters.integer("orderId"))
    return [shown(call, order) for order in call.venue.history.orders(wanted)]


def fills(call: Call) -> object:
    """`fromId` pages through all there are; it goes with no time."""
    market, parameters = call.market(), call.parameters
    from_id = parameters.integer("fromId")
    times = (parameters.integer("startTime"), parameters.integer("endTime"))
    if from_id is not None and times != (None, None):
        raise VenueError(Refusal.BAD_COMBINATION)
    wanted = rows_wanted(call, market.symbol, from_id, parameters.integer("orderId"))
    return [fill_fields(fill, market.contract) for fill in call.venue.history.fills(wanted)]


def amendments(call: Call) -> object:
    """How an order was changed, newest change first."""
    order = _found(call)
    parameters = call.parameters
    wanted = Range(
        account=call.account.id,
        order_id=order.id,
        start_ms=parameters.integer("startTime"),
        end_ms=parameters.integer("endTime"),
        limit=parameters.limit(50, MOST_AMENDMENTS),
        oldest_first=False,
    )
    contract = call.venue.exchange.markets[order.symbol].contract
    return [amendment_fields(one, contract) for one in reversed(call.venue.history.amendments(wanted))]


ROUTES: Routes = {
    ("POST", "/fapi/v1/order"): Route(place, 0, Access.SIGNED, counts_as_order=True),
    ("POST", "/fapi/v1/order/test"): Route(rehearse, 1, Access.SIGNED),
    ("PUT", "/fapi/v1/order"): Route(amend, 0, Access.SIGNED, counts_as_order=True),
    ("DELETE", "/fapi/v1/order"): Route(cancel, 1, Access.SIGNED),
    ("DELETE", "/fapi/v1/allOpenOrders"): Route(cancel_all, 1, Access.SIGNED),
    ("POST", "/fapi/v1/countdownCancelAll"): Route(countdown, 10, Access.SIGNED),
    ("GET", "/fapi/v1/order"): Route(query, 1, Access.SIGNED, reads_history=True),
    ("GET", "/fapi/v1/openOrder"): Route(query_open, 1, Access.SIGNED),
    ("GET", "/fapi/v1/openOrders"): Route(open_orders, per_symbol(1, 40), Access.SIGNED),
    ("GET", "/fapi/v1/allOrders"): Route(all_orders, 5, Access.SIGNED, reads_history=True),
    ("GET", "/fapi/v1/userTrades"): Route(fills, 5, Access.SIGNED, reads_history=True),
    ("GET", "/fapi/v1/orderAmendment"): Route(amendments, 1, Access.SIGNED, reads_history=True),
}
