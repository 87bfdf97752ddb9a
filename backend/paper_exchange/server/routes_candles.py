"""Candles of every kind: of trades, of a continuous contract, of mark, index and premium."""

from __future__ import annotations

from collections.abc import Callable

from paper_exchange.engine.bars import INTERVALS_MS, Bar
from paper_exchange.engine.contracts import Contract
from paper_exchange.engine.market import Market
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.server.render_market import (
    index_kline_fields,
    kline_fields,
    mark_kline_fields,
    premium_kline_fields,
)
from paper_exchange.server.routing import Access, Answer, Call, Route, Routes, tiered

MOST_KLINES = 1_500
KLINE_WEIGHT = tiered(500, (99, 1), (499, 2), (1_000, 5), (MOST_KLINES, 10))

Shape = Callable[[Bar, Contract, int], list[object]]


def interval_asked(call: Call, name: str = "interval") -> int:
    """Milliseconds of the candle length that the parameter names."""
    interval_ms = INTERVALS_MS.get(call.parameters.text(name))
    if interval_ms is None:
        raise VenueError(Refusal.BAD_INTERVAL)
    return interval_ms


def market_of_pair(call: Call) -> Market:
    """The market of that pair and contract type; perpetual unless another type is named."""
    pair, wanted = call.parameters.text("pair"), call.parameters.optional("contractType") or "PERPETUAL"
    for market in call.venue.exchange.markets.values():
        if (market.contract.pair, market.contract.contract_type) == (pair, wanted):
            return market
    raise VenueError(Refusal.BAD_SYMBOL)


def bars_asked(call: Call, market: Market, interval_ms: int, default: int, most: int) -> list[Bar]:
    parameters = call.parameters
    start, end = parameters.integer("startTime"), parameters.integer("endTime")
    if start is not None and end is not None and start > end:
        raise VenueError(Refusal.START_AFTER_END)
    return market.candles.window(interval_ms, parameters.limit(default, most), start, end)


def _rows(call: Call, market: Market, shape: Shape) -> object:
    interval_ms = interval_asked(call)
    bars = bars_asked(call, market, interval_ms, 500, MOST_KLINES)
    return [shape(bar, market.contract, interval_ms) for bar in bars]


def klines(call: Call) -> object:
    return _rows(call, call.market(), kline_fields)


def continuous_klines(call: Call) -> object:
    call.parameters.text("contractType")
    return _rows(call, market_of_pair(call), kline_fields)


def mark_klines(call: Call) -> object:
    return _rows(call, call.market(), mark_kline_fields)


def index_klines(call: Call) -> object:
    return _rows(call, market_of_pair(call), index_kline_fields)


def premium_klines(call: Call) -> object:
    return _rows(call, call.market(), premium_kline_fields)


def _get(path: str, answer: Answer) -> tuple[tuple[str, str], Route]:
    return ("GET", path), Route(answer, KLINE_WEIGHT, Access.PUBLIC)


ROUTES: Routes = dict(
    [
        _get("/fapi/v1/klines", klines),
        _get("/fapi/v1/continuousKlines", continuous_klines),
        _get("/fapi/v1/markPriceKlines", mark_klines),
        _get("/fapi/v1/indexPriceKlines", index_klines),
        _get("/fapi/v1/premiumIndexKlines", premium_klines),
    ]
)
