"""The public streams' events, field by field as the venue sends them; times are market time."""

from __future__ import annotations

from paper_exchange.engine.bars import Bar
from paper_exchange.engine.events import Liquidated
from paper_exchange.engine.market import Market, Trade
from paper_exchange.server.render_market import (
    USD_MARGINED,
    aggregate_fields,
    book_ticker_fields,
    day_fields,
    kline_fields,
    level_rows,
)
from paper_exchange.server.text import amount_text, average_text, units_text
from paper_exchange.venue import FeedHealth

Message = dict[str, object]


def trade_message(market: Market, trade: Trade) -> Message:
    return {
        "e": "trade",
        "E": trade.time_ms,
        "T": trade.time_ms,
        "s": market.symbol,
        "t": trade.id,
        "p": units_text(trade.price, market.contract.price_decimals),
        "q": units_text(trade.quantity, market.contract.quantity_decimals),
        "X": "MARKET",
        "m": not trade.taker_bought,
    }


def aggregate_trade_message(market: Market, trade: Trade) -> Message:
    head: Message = {"e": "aggTrade", "E": trade.time_ms, "s": market.symbol, "st": USD_MARGINED}
    return head | aggregate_fields(trade, market.contract)


def kline_message(market: Market, bar: Bar, interval: tuple[str, int], now: int, closed: bool) -> Message:
    """`interval` is its name and its length in ms."""
    name, interval_ms = interval
    row = kline_fields(bar, market.contract, interval_ms)
    keys = ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B")
    fields: Message = dict(zip(keys, row, strict=True))
    last = market.record.trade_id
    fields |= {"s": market.symbol, "i": name, "f": max(1, last - bar.trades + 1), "L": last, "x": closed}
    return {"e": "kline", "E": now, "s": market.symbol, "k": fields}


def continuous_kline_message(
    market: Market, bar: Bar, interval: tuple[str, int], now: int, closed: bool
) -> Message:
    """The candle of a pair's contract of one type, whatever its symbol."""
    single = kline_message(market, bar, interval, now, closed)
    fields = single["k"]
    candle = (
        {name: value for name, value in fields.items() if name != "s"} if isinstance(fields, dict) else {}
    )
    return {
        "e": "continuous_kline",
        "E": now,
        "ps": market.contract.pair,
        "ct": market.contract.contract_type,
        "k": candle,
    }


def mark_message(market: Market, now: int) -> Message:
    return {
        "e": "markPriceUpdate",
        "E": now,
        "s": market.symbol,
        "st": USD_MARGINED,
        "p": amount_text(market.mark),
        "i": amount_text(market.record.index),
        "P": amount_text(market.mark),
        "ap": amount_text(market.mark),
        "r": amount_text(market.funding_rate()) if market.contract.is_perpetual else "",
        "T": market.record.next_funding_ms if market.contract.is_perpetual else 0,
    }


def ticker_message(market: Market, now: int) -> Message:
    day = day_fields(market, now)
    return {
        "e": "24hrTicker",
        "E": now,
        "s": market.symbol,
        "st": USD_MARGINED,
        "ps": market.contract.pair,
        "p": day["priceChange"],
        "P": day["priceChangePercent"],
        "w": day["weightedAvgPrice"],
        "c": day["lastPrice"],
        "Q": day["lastQty"],
        "o": day["openPrice"],
        "h": day["highPrice"],
        "l": day["lowPrice"],
        "v": day["volume"],
        "q": day["quoteVolume"],
        "O": day["openTime"],
        "C": day["closeTime"],
        "F": day["firstId"],
        "L": day["lastId"],
        "n": day["count"],
    }


def mini_ticker_message(market: Market, now: int) -> Message:
    full = ticker_message(market, now)
    return {"e": "24hrMiniTicker"} | {
        name: full[name] for name in ("E", "s", "st", "ps", "c", "o", "h", "l", "v", "q")
    }


def book_ticker_message(market: Market, now: int) -> Message:
    best = book_ticker_fields(market, now)
    return {
        "e": "bookTicker",
        "u": best["lastUpdateId"],
        "s": market.symbol,
        "st": USD_MARGINED,
        "ps": market.contract.pair,
        "b": best["bidPrice"],
        "B": best["bidQty"],
        "a": best["askPrice"],
        "A": best["askQty"],
        "T": now,
        "E": now,
    }


def depth_message(
    market: Market, before: int, now: int, bids: dict[int, int], asks: dict[int, int]
) -> Message:
    """These levels (price in ticks to size in steps, best first); `before` is the update id of the message before."""
    contract = market.contract
    return {
        "e": "depthUpdate",
        "E": now,
        "T": now,
        "s": market.symbol,
        "st": USD_MARGINED,
        "ps": contract.pair,
        "U": before + 1,
        "u": market.record.update_id,
        "pu": before,
        "b": level_rows(bids, contract, len(bids)),
        "a": level_rows(asks, contract, len(asks)),
    }


def feed_status_message(health: FeedHealth, now: int) -> Message:
    """Our own event: which contracts are stale; an empty list when all are fresh again."""
    return {
        "e": "feedStatus",
        "E": now,
        "stale": sorted(health.stale),
        "silentSeconds": round(health.silent_seconds, 3),
        "trouble": health.trouble,
    }


def force_order_message(market: Market, event: Liquidated) -> Message:
    order, contract = event.order, market.contract
    quantity = contract.quantity_text(order.quantity)
    return {
        "e": "forceOrder",
        "E": event.time_ms,
        "st": USD_MARGINED,
        "ps": market.contract.pair,
        "o": {
            "s": market.symbol,
            "S": order.side.value,
            "o": order.type.value,
            "f": order.time_in_force.value,
            "q": quantity,
            "p": contract.price_text(order.price),
            "ap": average_text(order.average_price, contract.price_decimals),
            "X": order.status.value,
            "l": quantity,
            "z": contract.quantity_text(order.filled),
            "T": event.time_ms,
        },
    }
