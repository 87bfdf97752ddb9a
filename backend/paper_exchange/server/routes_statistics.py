"""What the venue tells of its own activity: open interest, basis, takers' volumes, the insurance fund.

Open interest is what the accounts here hold, each contract counted once: the simulated crowd on the other side is not
an account. Its history is kept in memory, a sample every five market minutes, and begins anew with the process.
"""

from __future__ import annotations

from decimal import Decimal

from paper_exchange.engine.bars import INTERVALS_MS
from paper_exchange.engine.contracts import PERPETUAL_DELIVERY_MS
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.server.routes_candles import bars_asked, market_of_pair
from paper_exchange.server.routing import Access, Answer, Call, Route, Routes, Weight
from paper_exchange.server.text import amount_text, units_text

PERIODS = ("5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d")
DEFAULT_ROWS = 30
MOST_ROWS = 500
YEAR_MS = 365 * 24 * 3_600_000


def _period(call: Call) -> int:
    name = call.parameters.text("period")
    if name not in PERIODS:
        raise VenueError(Refusal.BAD_INTERVAL)
    return INTERVALS_MS[name]


def open_interest(call: Call) -> object:
    market = call.market()
    held = call.venue.exchange.open_interest(market.symbol)
    return {
        "symbol": market.symbol,
        "openInterest": market.contract.quantity_text(held),
        "time": call.now,
    }


def open_interest_history(call: Call) -> object:
    market, period = call.market(), _period(call)
    start, end = call.parameters.integer("startTime"), call.parameters.integer("endTime")
    chosen = [
        point
        for point in market.interest
        if not point.time_ms % period
        and (start is None or point.time_ms >= start)
        and (end is None or point.time_ms <= end)
    ]
    limit = call.parameters.limit(DEFAULT_ROWS, MOST_ROWS)
    return [
        {
            "symbol": market.symbol,
            "sumOpenInterest": amount_text(point.quantity),
            "sumOpenInterestValue": amount_text(point.quantity * point.mark),
            "CMCCirculatingSupply": "0.00000000",
            "timestamp": point.time_ms,
        }
        for point in (chosen[:limit] if start is not None else chosen[-limit:])
    ]


def basis(call: Call) -> object:
    """Last price over the pair's index at the end of each period; annualised for dated contracts only.

    The index of a pair is that of its perpetual contract.
    """
    call.parameters.text("contractType")
    market, period = market_of_pair(call), _period(call)
    contract = market.contract
    perpetual = call.venue.exchange.state.market(contract.pair)
    indexes = {
        bar.open_ms: bar.close if bar.index is None else bar.index.close
        for bar in bars_asked(call, perpetual, period, DEFAULT_ROWS, MOST_ROWS)
    }
    rows = []
    for bar in bars_asked(call, market, period, DEFAULT_ROWS, MOST_ROWS):
        if bar.open_ms not in indexes:
            continue
        index = contract.price(indexes[bar.open_ms])
        futures = contract.price(bar.close)
        rate = (futures - index) / index
        left_ms = contract.delivery_ms - bar.open_ms
        dated = contract.delivery_ms != PERPETUAL_DELIVERY_MS and left_ms > 0
        rows.append(
            {
                "pair": contract.pair,
                "contractType": contract.contract_type,
                "indexPrice": amount_text(index),
                "futuresPrice": amount_text(futures),
                "basis": amount_text(futures - index),
                "basisRate": f"{rate:.4f}",
                "annualizedBasisRate": f"{rate * YEAR_MS / left_ms:.4f}" if dated else "",
                "timestamp": bar.open_ms,
            }
        )
    return rows


def taker_volumes(call: Call) -> object:
    market, period = call.market(), _period(call)
    decimals = market.contract.quantity_decimals
    rows = []
    for bar in bars_asked(call, market, period, DEFAULT_ROWS, MOST_ROWS):
        sold = bar.volume - bar.taker_volume
        ratio = f"{Decimal(bar.taker_volume) / sold:.4f}" if sold else ""
        rows.append(
            {
                "buySellRatio": ratio,
                "buyVol": units_text(bar.taker_volume, decimals),
                "sellVol": units_text(sold, decimals),
                "timestamp": bar.open_ms,
            }
        )
    return rows


def insurance_balance(call: Call) -> object:
    """One fund for all contracts."""
    state = call.venue.exchange.state
    return {
        "symbols": list(state.markets),
        "assets": [{"asset": "USDT", "marginBalance": amount_text(state.insurance), "updateTime": call.now}],
    }


def deliveries(call: Call) -> object:
    """No dated contract has been settled yet."""
    call.parameters.text("pair")
    return []


def _get(path: str, answer: Answer, weight: Weight) -> tuple[tuple[str, str], Route]:
    return ("GET", path), Route(answer, weight, Access.PUBLIC)


ROUTES: Routes = dict(
    [
        _get("/fapi/v1/openInterest", open_interest, 1),
        _get("/fapi/v1/insuranceBalance", insurance_balance, 1),
        _get("/futures/data/openInterestHist", open_interest_history, 0),
        _get("/futures/data/basis", basis, 0),
        _get("/futures/data/takerlongshortRatio", taker_volumes, 0),
        _get("/futures/data/delivery-price", deliveries, 0),
    ]
)
