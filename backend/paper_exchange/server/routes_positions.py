"""Positions: what is held, how it is margined, how the account is set, and what the venue closed itself."""

from __future__ import annotations

from paper_exchange.engine.accounts import Position
from paper_exchange.engine.orders import AutoClose, PositionSide
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.engine.settings import ADD_MARGIN, REDUCE_MARGIN, MarginRequest
from paper_exchange.journal.history import Range
from paper_exchange.server.render_account import PositionRows, margin_change_fields
from paper_exchange.server.render_orders import order_fields
from paper_exchange.server.routing import Call, Routes, per_symbol, signed
from paper_exchange.server.windows import any_span

SUCCESS = {"code": 200, "msg": "success"}


def every_position(call: Call) -> list[Position]:
    """The positions of the account's mode in every contract asked for, flat ones too."""
    account = call.account
    return [
        account.positions.get((market.symbol, side)) or Position(account.id, market.symbol, side=side)
        for market in call.markets()
        for side in account.sides
    ]


def rows_of(call: Call) -> PositionRows:
    return PositionRows(call.venue.exchange, call.account, call.now)


def positions_v3(call: Call) -> object:
    """Only positions that are not flat or have open orders."""
    rows = rows_of(call)
    return [rows.v3(one) for one in every_position(call) if one.amount or rows.has_orders(one.key)]


def positions_v2(call: Call) -> object:
    """Every contract, flat or not."""
    rows = rows_of(call)
    return [rows.v2(one) for one in every_position(call)]


def adl_quantiles(call: Call) -> object:
    """Contracts with a position only."""
    account, queues = call.account, call.venue.exchange.deleveraging
    return [
        {"symbol": market.symbol, "adlQuantile": queues.quantiles(account, market.symbol, call.now)}
        for market in call.markets()
        if account.held_on(market.symbol)
    ]


def set_leverage(call: Call) -> object:
    market = call.market()
    asked = call.parameters.integer("leverage")
    if asked is None:
        raise VenueError(Refusal.MANDATORY, "leverage")
    call.venue.exchange.set_leverage(call.account, market.symbol, asked, call.now)
    return {
        "symbol": market.symbol,
        "leverage": asked,
        "maxNotionalValue": str(market.contract.max_notional(asked)),
    }


def set_margin_type(call: Call) -> object:
    call.venue.exchange.set_margin_type(
        call.account, call.parameters.text("symbol"), call.parameters.optional("marginType"), call.now
    )
    return SUCCESS


def position_mode(call: Call) -> object:
    return {"dualSidePosition": call.account.record.hedged}


def set_position_mode(call: Call) -> object:
    call.parameters.text("dualSidePosition")
    call.venue.exchange.set_hedge_mode(call.account, call.parameters.flag("dualSidePosition"), call.now)
    return SUCCESS


def multi_assets_mode(_: Call) -> object:
    return {"multiAssetsMargin": False}


def set_multi_assets_mode(call: Call) -> object:
    call.parameters.text("multiAssetsMargin")
    call.venue.exchange.set_multi_assets(call.parameters.flag("multiAssetsMargin"))
    return SUCCESS


def adjust_margin(call: Call) -> object:
    parameters = call.parameters
    request = MarginRequest(
        symbol=parameters.text("symbol"),
        amount=parameters.decimal("amount"),
        kind=parameters.integer("type"),
        position_side=parameters.optional("positionSide") or PositionSide.BOTH.value,
    )
    call.venue.exchange.adjust_margin(call.account, request, call.now)
    # The one amount of the dialect that is a number: its models insist.
    amount = float(request.amount or 0)
    return {
        "amount": amount,
        "type": request.kind,
        "code": 200,
        "msg": "Successfully modify position margin.",
    }


def margin_history(call: Call) -> object:
    parameters = call.parameters
    kind = parameters.integer("type")
    if kind not in (None, ADD_MARGIN, REDUCE_MARGIN):
        raise VenueError(Refusal.MALFORMED, "type")
    start_ms, end_ms = any_span(parameters)
    wanted = Range(
        account=call.account.id,
        symbol=call.market().symbol,
        start_ms=start_ms,
        end_ms=end_ms,
        limit=parameters.limit(500, 1_000),
    )
    return [margin_change_fields(row) for row in call.venue.history.margin_changes(wanted, _sign(kind))]


def _sign(kind: int | None) -> int | None:
    return None if kind is None else 1 if kind == ADD_MARGIN else -1


def forced_orders(call: Call) -> object:
    """Liquidations and deleveragings of the account, newest `limit`."""
    parameters = call.parameters
    named = parameters.optional("autoCloseType")
    if named not in (None, *AutoClose):
        raise VenueError(Refusal.MALFORMED, "autoCloseType")
    symbol = parameters.optional("symbol")
    start_ms, end_ms = any_span(parameters)
    wanted = Range(
        account=call.account.id,
        symbol=None if symbol is None else call.market().symbol,
        start_ms=start_ms,
        end_ms=end_ms,
        limit=parameters.limit(50 if symbol is None else 100, 100),
    )
    markets = call.venue.exchange.markets
    kind = None if named is None else AutoClose(named)
    return [
        order_fields(order, markets[order.symbol].contract)
        for order in call.venue.history.forced_orders(wanted, kind)
    ]


ROUTES: Routes = dict(
    [
        signed("GET", "/fapi/v3/positionRisk", positions_v3, 5),
        signed("GET", "/fapi/v2/positionRisk", positions_v2, 5),
        signed("GET", "/fapi/v1/adlQuantile", adl_quantiles, 5),
        signed("POST", "/fapi/v1/leverage", set_leverage),
        signed("POST", "/fapi/v1/marginType", set_margin_type),
        signed("GET", "/fapi/v1/positionSide/dual", position_mode, 30),
        signed("POST", "/fapi/v1/positionSide/dual", set_position_mode),
        signed("GET", "/fapi/v1/multiAssetsMargin", multi_assets_mode, 30),
        signed("POST", "/fapi/v1/multiAssetsMargin", set_multi_assets_mode),
        signed("POST", "/fapi/v1/positionMargin", adjust_margin),
        signed("GET", "/fapi/v1/positionMargin/history", margin_history, reads_history=True),
        signed("GET", "/fapi/v1/forceOrders", forced_orders, per_symbol(20, 50), reads_history=True),
    ]
)
