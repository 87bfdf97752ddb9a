"""Balances, positions, settings, income and the listen key."""

from __future__ import annotations

from paper_exchange.engine.accounts import Position
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.journal.history import Range
from paper_exchange.server.rates import ORDERS_PER_MINUTE, ORDERS_PER_TEN_SECONDS
from paper_exchange.server.render_account import (
    account_position_fields,
    asset_fields,
    balance_row,
    position_fields,
    position_fields_v2,
    totals_fields,
)
from paper_exchange.server.render_orders import income_fields
from paper_exchange.server.routing import Access, Answer, Call, Route, Routes, Weight

SUCCESS = {"code": 200, "msg": "success"}


def account_v3(call: Call) -> object:
    return _account(call, full=False)


def account_v2(call: Call) -> object:
    head = {
        "feeTier": 0,
        "feeBurn": True,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": False,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }
    return head | _account(call, full=True)


def _account(call: Call, full: bool) -> dict[str, object]:
    exchange, account = call.venue.exchange, call.account
    found = exchange.summary(account)
    positions = account.positions.values() if full else account.held()
    return totals_fields(found) | {
        "assets": [asset_fields(account, found, call.now)],
        "positions": [account_position_fields(exchange, account, one, full) for one in positions],
    }


def balance(call: Call) -> object:
    return [balance_row(call.account, call.venue.exchange.summary(call.account), call.now)]


def positions_v3(call: Call) -> object:
    """Only contracts with a position or open orders."""
    account, exchange = call.account, call.venue.exchange
    wanted = {one.symbol for one in account.held()} | {one.symbol for one in account.open_orders.values()}
    return [
        position_fields(exchange, account, exchange.state.position(account, market.symbol))
        for market in call.markets()
        if market.symbol in wanted
    ]


def positions_v2(call: Call) -> object:
    """Every contract, flat or not."""
    account, exchange = call.account, call.venue.exchange
    return [
        position_fields_v2(
            exchange, account, account.positions.get(market.symbol) or Position(account.id, market.symbol)
        )
        for market in call.markets()
    ]


def symbol_config(call: Call) -> object:
    account = call.account
    return [
        {
            "symbol": market.symbol,
            "marginType": "CROSSED",
            "isAutoAddMargin": False,
            "leverage": account.leverage(market.symbol),
            "maxNotionalValue": str(market.contract.max_notional(account.leverage(market.symbol))),
        }
        for market in call.markets()
    ]


def account_config(_: Call) -> object:
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": False,
        "dualSidePosition": False,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def leverage_bracket(call: Call) -> object:
    return [
        {
            "symbol": market.symbol,
            "notionalCoef": 1.0,
            "brackets": [
                {
                    "bracket": one.number,
                    "initialLeverage": one.max_leverage,
                    "notionalCap": int(one.cap),
                    "notionalFloor": int(one.floor),
                    "maintMarginRatio": float(one.maintenance_fraction),
                    "cum": float(one.cumulative),
                }
                for one in market.contract.brackets
            ],
        }
        for market in call.markets()
    ]


def commission_rate(call: Call) -> object:
    contract = call.market().contract
    return {
        "symbol": contract.symbol,
        "makerCommissionRate": f"{contract.maker_fee:f}",
        "takerCommissionRate": f"{contract.taker_fee:f}",
        "rpiCommissionRate": f"{contract.maker_fee:f}",
    }


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
        call.parameters.text("symbol"), call.parameters.optional("marginType")
    )
    return SUCCESS


def position_mode(_: Call) -> object:
    return {"dualSidePosition": False}


def set_position_mode(call: Call) -> object:
    call.parameters.text("dualSidePosition")
    call.venue.exchange.set_hedge_mode(call.parameters.flag("dualSidePosition"))
    return SUCCESS


def multi_assets_mode(_: Call) -> object:
    return {"multiAssetsMargin": False}


def order_limits(_: Call) -> object:
    limits = (("SECOND", 10, ORDERS_PER_TEN_SECONDS), ("MINUTE", 1, ORDERS_PER_MINUTE))
    return [
        {"rateLimitType": "ORDERS", "interval": interval, "intervalNum": number, "limit": limit}
        for interval, number, limit in limits
    ]


def income(call: Call) -> object:
    parameters = call.parameters
    wanted = Range(
        account=call.account.id,
        symbol=parameters.optional("symbol"),
        kind=parameters.optional("incomeType"),
        start_ms=parameters.integer("startTime"),
        end_ms=parameters.integer("endTime"),
        limit=parameters.limit(100, 1_000),
    )
    return [income_fields(row) for row in call.venue.history.income(wanted)]


def open_listen_key(call: Call) -> object:
    return {"listenKey": call.services.listen_keys.open(call.account.id)}


def prolong_listen_key(call: Call) -> object:
    return {"listenKey": call.services.listen_keys.prolong(call.account.id)}


def close_listen_key(call: Call) -> object:
    call.services.listen_keys.close(call.account.id)
    return {}


def _signed(method: str, path: str, answer: Answer, weight: Weight = 1) -> tuple[tuple[str, str], Route]:
    return (method, path), Route(answer, weight, Access.SIGNED)


def _keyed(method: str, answer: Answer) -> tuple[tuple[str, str], Route]:
    return (method, "/fapi/v1/listenKey"), Route(answer, 1, Access.KEY)


ROUTES: Routes = dict(
    [
        _signed("GET", "/fapi/v3/account", account_v3, 5),
        _signed("GET", "/fapi/v2/account", account_v2, 5),
        _signed("GET", "/fapi/v2/balance", balance, 5),
        _signed("GET", "/fapi/v3/balance", balance, 5),
        _signed("GET", "/fapi/v3/positionRisk", positions_v3, 5),
        _signed("GET", "/fapi/v2/positionRisk", positions_v2, 5),
        _signed("GET", "/fapi/v1/symbolConfig", symbol_config, 5),
        _signed("GET", "/fapi/v1/accountConfig", account_config, 5),
        _signed("GET", "/fapi/v1/leverageBracket", leverage_bracket),
        _signed("GET", "/fapi/v1/commissionRate", commission_rate, 20),
        _signed("POST", "/fapi/v1/leverage", set_leverage),
        _signed("POST", "/fapi/v1/marginType", set_margin_type),
        _signed("GET", "/fapi/v1/positionSide/dual", position_mode, 30),
        _signed("POST", "/fapi/v1/positionSide/dual", set_position_mode),
        _signed("GET", "/fapi/v1/multiAssetsMargin", multi_assets_mode, 30),
        _signed("GET", "/fapi/v1/rateLimit/order", order_limits),
        (("GET", "/fapi/v1/income"), Route(income, 30, Access.SIGNED, reads_history=True)),
        _keyed("POST", open_listen_key),
        _keyed("PUT", prolong_listen_key),
        _keyed("DELETE", close_listen_key),
    ]
)
