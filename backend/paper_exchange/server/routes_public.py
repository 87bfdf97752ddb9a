"""Market data, open to everybody."""

from __future__ import annotations

from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.server.rates import ORDERS_PER_MINUTE, ORDERS_PER_TEN_SECONDS
from paper_exchange.server.render_market import (
    aggregate_fields,
    book_ticker_fields,
    contract_fields,
    day_fields,
    level_rows,
    premium_fields,
    trade_fields,
)
from paper_exchange.server.routing import Access, Answer, Call, Route, Routes, Weight, per_symbol, tiered
from paper_exchange.server.text import amount_text

MOST_LEVELS = 1_000
DEPTH_WEIGHT = tiered(500, (50, 2), (100, 5), (500, 10), (MOST_LEVELS, 20))


def ping(_: Call) -> object:
    return {}


def server_time(call: Call) -> object:
    """The wall clock: clients sign by it."""
    return {"serverTime": call.services.clock.now_ms()}


def exchange_info(call: Call) -> object:
    limits = [
        ("REQUEST_WEIGHT", "MINUTE", 1, call.services.rates.weight_limit),
        ("ORDERS", "MINUTE", 1, ORDERS_PER_MINUTE),
        ("ORDERS", "SECOND", 10, ORDERS_PER_TEN_SECONDS),
    ]
    return {
        "timezone": "UTC",
        "serverTime": call.services.clock.now_ms(),
        "futuresType": "U_MARGINED",
        "rateLimits": [
            {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}
            for kind, interval, number, limit in limits
        ],
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": [contract_fields(market.contract) for market in call.venue.exchange.markets.values()],
    }


def depth(call: Call) -> object:
    market = call.market()
    limit = call.parameters.limit(500, MOST_LEVELS)
    book = market.book
    call.services.flush_depth(market.symbol)
    return {
        "lastUpdateId": market.record.update_id,
        "E": call.now,
        "T": call.now,
        "bids": level_rows(book.bids, market.contract, limit),
        "asks": level_rows(book.asks, market.contract, limit),
    }


def trades(call: Call) -> object:
    market = call.market()
    newest = list(market.trades)[-call.parameters.limit(500, 1_000) :]
    return [trade_fields(trade, market.contract) for trade in newest]


def old_trades(call: Call) -> object:
    """From a trade's number on, or the newest; the venue remembers the last thousand of each contract."""
    market, first = call.market(), call.parameters.integer("fromId")
    chosen = [trade for trade in market.trades if first is None or trade.id >= first]
    limit = call.parameters.limit(500, 500)
    kept = chosen[-limit:] if first is None else chosen[:limit]
    return [trade_fields(trade, market.contract) for trade in kept]


def aggregate_trades(call: Call) -> object:
    """From a number or a time on, oldest first; without either, the newest."""
    market, parameters = call.market(), call.parameters
    first = parameters.integer("fromId")
    start, end = parameters.integer("startTime"), parameters.integer("endTime")
    if start is not None and end is not None and start > end:
        raise VenueError(Refusal.START_AFTER_END)
    chosen = [
        trade
        for trade in market.trades
        if (first is None or trade.id >= first)
        and (start is None or trade.time_ms >= start)
        and (end is None or trade.time_ms <= end)
    ]
    limit = parameters.limit(500, 1_000)
    kept = chosen[-limit:] if first is None and start is None else chosen[:limit]
    return [aggregate_fields(trade, market.contract) for trade in kept]


def day_ticker(call: Call) -> object:
    return _one_or_all(call, [day_fields(market, call.now) for market in call.markets()])


def price_ticker(call: Call) -> object:
    rows = [
        {"symbol": m.symbol, "price": m.contract.price_text(m.last), "time": call.now} for m in call.markets()
    ]
    return _one_or_all(call, rows)


def book_ticker(call: Call) -> object:
    return _one_or_all(call, [book_ticker_fields(market, call.now) for market in call.markets()])


def premium_index(call: Call) -> object:
    return _one_or_all(call, [premium_fields(market, call.now) for market in call.markets()])


def _one_or_all(call: Call, rows: list[dict[str, object]]) -> object:
    return rows[0] if call.parameters.optional("symbol") is not None else rows


def funding_rate(call: Call) -> object:
    start, end = call.parameters.integer("startTime"), call.parameters.integer("endTime")
    points = [
        point
        for market in call.markets()
        for point in market.fundings
        if (start is None or point.time_ms >= start) and (end is None or point.time_ms <= end)
    ]
    points.sort(key=lambda point: point.time_ms)
    limit = call.parameters.limit(100, 1_000)
    chosen = points[:limit] if start is not None else points[-limit:]
    return [
        {
            "symbol": point.symbol,
            "fundingTime": point.time_ms,
            "fundingRate": amount_text(point.rate),
            "markPrice": amount_text(point.mark),
            "rateType": "Regular",  # the other kind is of stocks' dividends
        }
        for point in chosen
    ]


def funding_terms(call: Call) -> object:
    return [
        {
            "symbol": market.symbol,
            "adjustedFundingRateCap": "0.02000000",
            "adjustedFundingRateFloor": "-0.02000000",
            "fundingIntervalHours": 8,
            "disclaimer": False,
        }
        for market in call.venue.exchange.markets.values()
        if market.contract.is_perpetual
    ]


def _get(path: str, answer: Answer, weight: Weight = 1) -> tuple[tuple[str, str], Route]:
    return ("GET", path), Route(answer, weight, Access.PUBLIC)


ROUTES: Routes = dict(
    [
        _get("/fapi/v1/ping", ping),
        _get("/fapi/v1/time", server_time),
        _get("/fapi/v1/exchangeInfo", exchange_info),
        _get("/fapi/v1/depth", depth, DEPTH_WEIGHT),
        _get("/fapi/v1/trades", trades, 5),
        _get("/fapi/v1/aggTrades", aggregate_trades, 20),
        (("GET", "/fapi/v1/historicalTrades"), Route(old_trades, 200, Access.KEY)),
        _get("/fapi/v1/ticker/24hr", day_ticker, per_symbol(1, 40)),
        _get("/fapi/v1/ticker/price", price_ticker, per_symbol(1, 2)),
        _get("/fapi/v2/ticker/price", price_ticker, per_symbol(1, 2)),
        _get("/fapi/v1/ticker/bookTicker", book_ticker, per_symbol(2, 5)),
        _get("/fapi/v1/premiumIndex", premium_index, per_symbol(1, 10)),
        _get("/fapi/v1/fundingRate", funding_rate),
        _get("/fapi/v1/fundingInfo", funding_terms, 0),
    ]
)
