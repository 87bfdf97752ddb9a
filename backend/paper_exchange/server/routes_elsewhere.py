"""The few answers of the venue's other halves (spot, coin futures, wallet) that futures clients ask
for on the way.
"""

from __future__ import annotations

from paper_exchange.server.routes_public import ping, server_time
from paper_exchange.server.routing import Access, Call, Route, Routes


def nothing_listed(call: Call) -> object:
    return {
        "timezone": "UTC",
        "serverTime": call.services.clock.now_ms(),
        "rateLimits": [],
        "exchangeFilters": [],
        "symbols": [],
    }


def system_status(_: Call) -> object:
    return {"status": 0, "msg": "normal"}


def coins(call: Call) -> object:
    """Every coin, none of which can be paid in or out."""
    bases = sorted({market.contract.base for market in call.venue.exchange.markets.values()})
    zeros = dict.fromkeys(("free", "locked", "freeze", "withdrawing", "ipoing", "ipoable", "storage"), "0")
    return [
        {
            "coin": coin,
            "name": coin,
            "depositAllEnable": False,
            "withdrawAllEnable": False,
            "isLegalMoney": False,
            "trading": True,
            "networkList": [],
        }
        | zeros
        for coin in ("USDT", *bases)
    ]


def nothing(_: Call) -> object:
    return []


def no_rows(_: Call) -> object:
    return {"total": 0, "rows": []}


ROUTES: Routes = {
    ("GET", "/api/v3/ping"): Route(ping, 1, Access.PUBLIC),
    ("GET", "/api/v3/time"): Route(server_time, 1, Access.PUBLIC),
    ("GET", "/api/v3/exchangeInfo"): Route(nothing_listed, 1, Access.PUBLIC),
    ("GET", "/dapi/v1/ping"): Route(ping, 1, Access.PUBLIC),
    ("GET", "/dapi/v1/time"): Route(server_time, 1, Access.PUBLIC),
    ("GET", "/dapi/v1/exchangeInfo"): Route(nothing_listed, 1, Access.PUBLIC),
    ("GET", "/sapi/v1/system/status"): Route(system_status, 1, Access.PUBLIC),
    ("GET", "/sapi/v1/capital/config/getall"): Route(coins, 1, Access.SIGNED),
    ("GET", "/sapi/v1/margin/allPairs"): Route(nothing, 1, Access.KEY),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): Route(nothing, 1, Access.KEY),
    ("GET", "/sapi/v1/capital/deposit/hisrec"): Route(nothing, 1, Access.SIGNED),
    ("GET", "/sapi/v1/capital/withdraw/history"): Route(nothing, 1, Access.SIGNED),
    ("GET", "/sapi/v1/asset/transfer"): Route(no_rows, 1, Access.SIGNED),
    ("GET", "/sapi/v1/margin/interestHistory"): Route(no_rows, 1, Access.SIGNED),
}
