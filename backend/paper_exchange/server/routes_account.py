"""Balances, positions, settings, income and the listen key."""

from __future__ import annotations

from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.journal.history import Range
from paper_exchange.server.rates import ORDERS_PER_MINUTE, ORDERS_PER_TEN_SECONDS
from paper_exchange.server.render_account import (
    asset_fields,
    balance_row,
    totals_fields,
)
from paper_exchange.server.render_orders import income_fields
from paper_exchange.server.routes_positions import SUCCESS, every_position, rows_of
from paper_exchange.server.routing import Access, Answer, Call, Route, Routes, per_symbol, signed
from paper_exchange.server.windows import any_span

# Every kind the venue knows; of most of them nothing ever happens here, and the answer is an empty list.
INCOME_TYPES = frozenset(
    {
        "TRANSFER",
        "WELCOME_BONUS",
        "REALIZED_PNL",
        "FUNDING_FEE",
        "COMMISSION",
        "INSURANCE_CLEAR",
        "REFERRAL_KICKBACK",
        "COMMISSION_REBATE",
        "API_REBATE",
        "CONTEST_REWARD",
        "CROSS_COLLATERAL_TRANSFER",
        "OPTIONS_PREMIUM_FEE",
        "OPTIONS_SETTLE_PROFIT",
        "INTERNAL_TRANSFER",
        "AUTO_EXCHANGE",
        "DELIVERED_SETTELMENT",
        "COIN_SWAP_DEPOSIT",
        "COIN_SWAP_WITHDRAW",
        "POSITION_LIMIT_INCREASE_FEE",
        "STRATEGY_UMFUTURES_TRANSFER",
        "FEE_RETURN",
        "BFUSD_REWARD",
    }
)


def account_v3(call: Call) -> object:
    return _account(call, full=False)


def _standing() -> dict[str, object]:
    """What the account is allowed and how it is set."""
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": False,
        "updateTime": 0,  # the venue's own word for "reserved"
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def account_v2(call: Call) -> object:
    """Every position of the account's mode, flat or not."""
    return _standing() | {"feeBurn": call.account.record.fee_burn} | _account(call, full=True)


def _account(call: Call, full: bool) -> dict[str, object]:
    account = call.account
    found = call.venue.exchange.summary(account)
    rows = rows_of(call)
    positions = every_position(call)
    if not full:
        positions = [one for one in positions if one.amount or rows.has_orders(one.key)]
    return totals_fields(found) | {
        "assets": [asset_fields(account, found, call.now)],
        "positions": rows.of_account(positions, full),
    }


def balance(call: Call) -> object:
    return [balance_row(call.account, call.venue.exchange.summary(call.account), call.now)]


def symbol_config(call: Call) -> object:
    account = call.account
    return [
        {
            "symbol": market.symbol,
            "marginType": account.margin_type(market.symbol).value,
            "isAutoAddMargin": False,
            "leverage": account.leverage(market.symbol),
            "maxNotionalValue": str(market.contract.max_notional(account.leverage(market.symbol))),
        }
        for market in call.markets()
    ]


def account_config(call: Call) -> object:
    return _standing() | {"dualSidePosition": call.account.record.hedged}


def fee_burn(call: Call) -> object:
    return {"feeBurn": call.account.record.fee_burn}


def set_fee_burn(call: Call) -> object:
    call.parameters.text("feeBurn")
    call.venue.exchange.set_fee_burn(call.account, call.parameters.flag("feeBurn"), call.now)
    return SUCCESS


def trading_status(call: Call) -> object:
    """No quantitative rules are in force here, so there is no indicator to show."""
    call.markets()
    return {"indicators": {}, "updateTime": call.now}


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


def order_limits(_: Call) -> object:
    limits = (("SECOND", 10, ORDERS_PER_TEN_SECONDS), ("MINUTE", 1, ORDERS_PER_MINUTE))
    return [
        {"rateLimitType": "ORDERS", "interval": interval, "intervalNum": number, "limit": limit}
        for interval, number, limit in limits
    ]


def _income_type(named: str | None) -> str | None:
    if named is not None and named not in INCOME_TYPES:
        raise VenueError(Refusal.MALFORMED, "incomeType")
    return named


def income(call: Call) -> object:
    parameters = call.parameters
    start_ms, end_ms = any_span(parameters)
    wanted = Range(
        account=call.account.id,
        symbol=parameters.optional("symbol"),
        kind=_income_type(parameters.optional("incomeType")),
        start_ms=start_ms,
        end_ms=end_ms,
        limit=parameters.limit(100, 1_000),
        page=parameters.page(),
    )
    return [income_fields(row) for row in call.venue.history.income(wanted)]


def open_listen_key(call: Call) -> object:
    return {"listenKey": call.services.listen_keys.open(call.account.id)}


def prolong_listen_key(call: Call) -> object:
    return {"listenKey": call.services.listen_keys.prolong(call.account.id)}


def close_listen_key(call: Call) -> object:
    call.services.listen_keys.close(call.account.id)
    return {}


def _keyed(method: str, answer: Answer) -> tuple[tuple[str, str], Route]:
    return (method, "/fapi/v1/listenKey"), Route(answer, 1, Access.KEY)


ROUTES: Routes = dict(
    [
        signed("GET", "/fapi/v3/account", account_v3, 5),
        signed("GET", "/fapi/v2/account", account_v2, 5),
        signed("GET", "/fapi/v2/balance", balance, 5),
        signed("GET", "/fapi/v3/balance", balance, 5),
        signed("GET", "/fapi/v1/symbolConfig", symbol_config, 5),
        signed("GET", "/fapi/v1/accountConfig", account_config, 5),
        signed("GET", "/fapi/v1/leverageBracket", leverage_bracket),
        signed("GET", "/fapi/v1/commissionRate", commission_rate, 20),
        signed("GET", "/fapi/v1/rateLimit/order", order_limits),
        signed("GET", "/fapi/v1/income", income, 30, reads_history=True),
        signed("GET", "/fapi/v1/feeBurn", fee_burn, 30),
        signed("POST", "/fapi/v1/feeBurn", set_fee_burn),
        signed("GET", "/fapi/v1/apiTradingStatus", trading_status, per_symbol(1, 10)),
        _keyed("POST", open_listen_key),
        _keyed("PUT", prolong_listen_key),
        _keyed("DELETE", close_listen_key),
    ]
)
