"""Contracts, candles, tickers and books as the REST dialect shows them."""

from __future__ import annotations

from decimal import Decimal

from paper_exchange.engine.bars import MINUTE_MS, Bar
from paper_exchange.engine.contracts import Contract
from paper_exchange.engine.market import INTEREST_RATE, Market, Trade
from paper_exchange.server.text import amount_text, units_text

USD_MARGINED = (
    1  # what streams call the kind of symbol; 2 are the coin-margined ones, none of which is listed
)
ONBOARD_MS = 1_569_398_400_000
DAY_MS = 1_440 * MINUTE_MS
ORDER_TYPES = [
    "LIMIT",
    "MARKET",
    "STOP",
    "STOP_MARKET",
    "TAKE_PROFIT",
    "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
]


def contract_fields(contract: Contract) -> dict[str, object]:
    """A row of exchangeInfo.

    Clients refuse conditional orders on their own side unless all types are listed.
    """
    step, largest = contract.quantity_text(contract.step), f"{contract.max_quantity:f}"
    largest_market = f"{contract.max_market_quantity:f}"
    tick = contract.price_text(contract.tick)
    filters: list[dict[str, object]] = [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": f"{contract.max_price:f}",
            "tickSize": tick,
        },
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": largest, "stepSize": step},
        {"filterType": "MARKET_LOT_SIZE", "minQty": step, "maxQty": largest_market, "stepSize": step},
        {"filterType": "MAX_NUM_ORDERS", "limit": contract.max_orders},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": contract.max_conditionals},
        {"filterType": "MIN_NOTIONAL", "notional": f"{contract.min_notional:f}"},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": f"{contract.band_up:.4f}",
            "multiplierDown": f"{contract.band_down:.4f}",
            "multiplierDecimal": "4",
        },
    ]
    return {
        "symbol": contract.symbol,
        "pair": contract.pair,
        "contractType": contract.contract_type,
        "deliveryDate": contract.delivery_ms,
        "onboardDate": ONBOARD_MS,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": contract.base,
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "pricePrecision": contract.price_decimals,
        "quantityPrecision": contract.quantity_decimals,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["PoW"],
        "triggerProtect": f"{contract.trigger_protect:.4f}",
        "liquidationFee": f"{contract.liquidation_fee:f}",
        "marketTakeBound": f"{contract.market_take_bound:.2f}",
        "maxMoveOrderLimit": contract.max_amendments,
        "settlePlan": 0,
        "filters": filters,
        "orderTypes": ORDER_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }


def kline_fields(bar: Bar, contract: Contract, interval_ms: int) -> list[object]:
    price, quantity = contract.price_decimals, contract.quantity_decimals
    return [
        bar.open_ms,
        units_text(bar.open, price),
        units_text(bar.high, price),
        units_text(bar.low, price),
        units_text(bar.close, price),
        units_text(bar.volume, quantity),
        bar.open_ms + interval_ms - 1,
        units_text(bar.quote, price + quantity),
        bar.trades,
        units_text(bar.taker_volume, quantity),
        units_text(bar.taker_quote, price + quantity),
        "0",
    ]


def mark_kline_fields(bar: Bar, contract: Contract, interval_ms: int) -> list[object]:
    """Mark prices have no volume; the venue fills the places with zeros."""
    marks = (bar.mark_open, bar.mark_high, bar.mark_low, bar.mark_close)
    prices = [units_text(ticks, contract.price_decimals) for ticks in marks]
    return [bar.open_ms, *prices, "0", bar.open_ms + interval_ms - 1, "0", bar.trades, "0", "0", "0"]


def level_rows(levels: dict[int, int], contract: Contract, limit: int) -> list[list[str]]:
    price, quantity = contract.price_decimals, contract.quantity_decimals
    return [
        [units_text(level, price), units_text(size, quantity)] for level, size in list(levels.items())[:limit]
    ]


def trade_fields(trade: Trade, contract: Contract) -> dict[str, object]:
    price, quantity = contract.price_decimals, contract.quantity_decimals
    return {
        "id": trade.id,
        "price": units_text(trade.price, price),
        "qty": units_text(trade.quantity, quantity),
        "quoteQty": units_text(trade.price * trade.quantity, price + quantity),
        "time": trade.time_ms,
        "isBuyerMaker": not trade.taker_bought,
        "isRPITrade": False,
    }


def premium_fields(market: Market, now: int) -> dict[str, object]:
    perpetual = market.contract.is_perpetual
    return {
        "symbol": market.symbol,
        "markPrice": amount_text(market.mark),
        "indexPrice": amount_text(market.record.index),
        "estimatedSettlePrice": amount_text(market.mark),
        "lastFundingRate": amount_text(market.funding_rate()) if perpetual else "",
        "interestRate": amount_text(INTEREST_RATE) if perpetual else "",
        "nextFundingTime": market.record.next_funding_ms if perpetual else 0,
        "time": now,
    }


def day_fields(market: Market, now: int) -> dict[str, object]:
    """The last 24 market hours."""
    contract = market.contract
    series = market.candles.base
    bars = market.candles.window(series.interval_ms, max(1, DAY_MS // series.interval_ms))
    price, quantity = contract.price_decimals, contract.quantity_decimals
    last = market.record.last
    first = bars[0].open if bars else last
    volume = sum(bar.volume for bar in bars)
    quote = sum(bar.quote for bar in bars)
    average = contract.price(quote) / volume if volume else contract.price(last)
    change = Decimal(last - first) / first * 100
    return {
        "symbol": market.symbol,
        "priceChange": units_text(last - first, price),
        "priceChangePercent": f"{change:.3f}",
        "weightedAvgPrice": contract.price_text(average),
        "lastPrice": units_text(last, price),
        "lastQty": units_text(market.record.last_quantity, quantity),
        "openPrice": units_text(first, price),
        "highPrice": units_text(max((bar.high for bar in bars), default=last), price),
        "lowPrice": units_text(min((bar.low for bar in bars), default=last), price),
        "volume": units_text(volume, quantity),
        "quoteVolume": units_text(quote, price + quantity),
        "openTime": bars[0].open_ms if bars else now,
        "closeTime": now,
        "firstId": 1,
        "lastId": market.record.trade_id,
        "count": sum(bar.trades for bar in bars),
    }


def book_ticker_fields(market: Market, now: int) -> dict[str, object]:
    contract, book = market.contract, market.book
    (bid,), (ask,) = level_rows(book.bids, contract, 1), level_rows(book.asks, contract, 1)
    return {
        "symbol": market.symbol,
        "bidPrice": bid[0],
        "bidQty": bid[1],
        "askPrice": ask[0],
        "askQty": ask[1],
        "time": now,
        "lastUpdateId": market.record.update_id,
    }
