"""Conditional orders, which the venue calls algo orders."""

from __future__ import annotations

from paper_exchange.engine.orders import Conditional
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.server.order_requests import conditional_request, response_type
from paper_exchange.server.render_orders import conditional_fields
from paper_exchange.server.routing import Access, Call, Route, Routes, per_symbol
from paper_exchange.server.windows import rows_wanted


def _shown(call: Call, one: Conditional, with_actual: bool = True) -> dict[str, object]:
    return conditional_fields(one, call.venue.exchange.markets[one.symbol].contract, with_actual)


def place(call: Call) -> object:
    if call.parameters.text("algoType") != "CONDITIONAL":
        raise VenueError(Refusal.MALFORMED, "algoType")
    response_type(call.parameters)
    request = conditional_request(call.parameters)
    made = call.venue.exchange.place_conditional(call.account, request, call.now)
    return _shown(call, made, with_actual=False)


def _identity(call: Call) -> tuple[int | None, str | None]:
    number = call.parameters.integer("algoId")
    client_id = call.parameters.optional("clientAlgoId")
    if number is None and client_id is None:
        raise VenueError(Refusal.MANDATORY, "algoid")
    return number, client_id


def cancel(call: Call) -> object:
    one = call.account.find_conditional(*_identity(call))
    gone = call.venue.exchange.cancel_conditional(call.account, one, call.now)
    return {"algoId": gone.id, "clientAlgoId": gone.client_id, "code": "200", "msg": "success"}


def cancel_all(call: Call) -> object:
    call.venue.exchange.cancel_all_conditionals(call.account, call.parameters.text("symbol"), call.now)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def query(call: Call) -> object:
    identity = _identity(call)
    account = call.account
    one = account.find_conditional(*identity) or call.venue.history.find_conditional(account.id, *identity)
    if one is None:
        raise VenueError(Refusal.NO_SUCH_ORDER)
    return _shown(call, one)


def open_conditionals(call: Call) -> object:
    wanted = {market.symbol for market in call.markets()}
    number = call.parameters.integer("algoId")
    return [
        _shown(call, one)
        for one in call.account.live_conditionals.values()
        if one.is_waiting and one.symbol in wanted and number in (None, one.id)
    ]


def all_conditionals(call: Call) -> object:
    wanted = rows_wanted(call, call.market().symbol, from_id=call.parameters.integer("algoId"))
    return [_shown(call, one) for one in call.venue.history.conditionals(wanted)]


ROUTES: Routes = {
    ("POST", "/fapi/v1/algoOrder"): Route(place, 0, Access.SIGNED, counts_as_order=True),
    ("DELETE", "/fapi/v1/algoOrder"): Route(cancel, 1, Access.SIGNED),
    ("DELETE", "/fapi/v1/algoOpenOrders"): Route(cancel_all, 1, Access.SIGNED),
    ("GET", "/fapi/v1/algoOrder"): Route(query, 1, Access.SIGNED, reads_history=True),
    ("GET", "/fapi/v1/openAlgoOrders"): Route(open_conditionals, per_symbol(1, 40), Access.SIGNED),
    ("GET", "/fapi/v1/allAlgoOrders"): Route(all_conditionals, 5, Access.SIGNED, reads_history=True),
}
