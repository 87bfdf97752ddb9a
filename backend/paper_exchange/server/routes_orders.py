"""Orders and fills."""

from __future__ import annotations

from paper_exchange.engine.orders import Order, OrderRequest
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.journal.history import Range
from paper_exchange.server.render_orders import fill_fields, order_fields
from paper_exchange.server.routing import Access, Call, Route, Routes, per_symbol


def order_request(call: Call) -> OrderRequest:
    parameters = call.parameters
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
    )


def _shown(call: Call, order: Order, with_time: bool = True) -> dict[str, object]:
    return order_fields(order, call.venue.exchange.markets[order.symbol].contract, with_time)


def place(call: Call) -> object:
    order = call.venue.exchange.place(call.account, order_request(call), call.now)
    return _shown(call, order, with_time=False)


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
    return _shown(call, call.venue.exchange.cancel(call.account, symbol, order, call.now), with_time=False)


def cancel_all(call: Call) -> object:
    call.venue.exchange.cancel_all(call.account, call.parameters.text("symbol"), call.now)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def query(call: Call) -> object:
    market = call.market()
    number, client_id = _identity(call)
    account = call.account
    order = account.find_order(number, client_id)
    if order is None:
        order = call.venue.history.find_order(account.id, number, client_id)
    if order is None or order.symbol != market.symbol:
        raise VenueError(Refusal.NO_SUCH_ORDER)
    return _shown(call, order)


def query_open(call: Call) -> object:
    market = call.market()
    number, client_id = _identity(call)
    order = call.account.find_order(number, client_id)
    if order is None or not order.is_open or order.symbol != market.symbol:
        raise VenueError(Refusal.NO_SUCH_ORDER)
    return _shown(call, order)


def open_orders(call: Call) -> object:
    wanted = {market.symbol for market in call.markets()}
    return [_shown(call, order) for order in call.account.open_orders.values() if order.symbol in wanted]


def all_orders(call: Call) -> object:
    parameters = call.parameters
    wanted = Range(
        account=call.account.id,
        symbol=call.market().symbol,
        start_ms=parameters.integer("startTime"),
        end_ms=parameters.integer("endTime"),
        from_id=parameters.integer("orderId"),
        limit=parameters.limit(500, 1_000),
    )
    return [_shown(call, order) for order in call.venue.history.orders(wanted)]


def fills(call: Call) -> object:
    parameters = call.parameters
    market = call.market()
    wanted = Range(
        account=call.account.id,
        symbol=market.symbol,
        start_ms=parameters.integer("startTime"),
        end_ms=parameters.integer("endTime"),
        from_id=parameters.integer("fromId"),
        order_id=parameters.integer("orderId"),
        limit=parameters.limit(500, 1_000),
    )
    return [fill_fields(fill, market.contract) for fill in call.venue.history.fills(wanted)]


ROUTES: Routes = {
    ("POST", "/fapi/v1/order"): Route(place, 0, Access.SIGNED, counts_as_order=True),
    ("DELETE", "/fapi/v1/order"): Route(cancel, 1, Access.SIGNED),
    ("DELETE", "/fapi/v1/allOpenOrders"): Route(cancel_all, 1, Access.SIGNED),
    ("GET", "/fapi/v1/order"): Route(query, 1, Access.SIGNED, reads_history=True),
    ("GET", "/fapi/v1/openOrder"): Route(query_open, 1, Access.SIGNED),
    ("GET", "/fapi/v1/openOrders"): Route(open_orders, per_symbol(1, 40), Access.SIGNED),
    ("GET", "/fapi/v1/allOrders"): Route(all_orders, 5, Access.SIGNED, reads_history=True),
    ("GET", "/fapi/v1/userTrades"): Route(fills, 5, Access.SIGNED, reads_history=True),
}
