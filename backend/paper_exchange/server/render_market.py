"""Contracts, candles, tickers and books as the REST dialect shows them."""

from __future__ import annotations

from decimal import Decimal

from paper_exchange.engine.bars import Bar, Ohlc, flat, history_bar
from paper_exchange.engine.contracts import Contract
from paper_exchange.engine.market import INTEREST_RATE, Market, Trade
from paper_exchange.server.text import amount_text, units_text

USD_MARGINED = (
    1  # what streams call the kind of symbol; 2 are the coin-margined ones, none of which is listed
)
ONBOARD_MS = 1_569_398_400_000
PREMIUM_DECIMALS = 8
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
    tick = contract.price_text(contract.order_tick)
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


def reference_kline_fields(bar: Bar, prices: Ohlc, decimals: int, interval_ms: int) -> list[object]:
    """Mark, index and premium have no volume; the venue fills the places with zeros."""
    four = [units_text(one, decimals) for one in (prices.open, prices.high, prices.low, prices.close)]
    return [bar.open_ms, *four, "0", bar.open_ms + interval_ms - 1, "0", bar.trades, "0", "0", "0"]


def mark_kline_fields(bar: Bar, contract: Contract, interval_ms: int) -> list[object]:
    marks = Ohlc(bar.mark_open, bar.mark_high, bar.mark_low, bar.mark_close)
    return reference_kline_fields(bar, marks, contract.price_decimals, interval_ms)


def index_kline_fields(bar: Bar, contract: Contract, interval_ms: int) -> list[object]:
    """Where the index was not kept (history), the last price stands for it."""
    index = bar.index or Ohlc(bar.open, bar.high, bar.low, bar.close)
    return reference_kline_fields(bar, index, contract.price_decimals, interval_ms)


def premium_kline_fields(bar: Bar, _: Contract, interval_ms: int) -> list[object]:
    """Fractions of the index; nothing where the index was not kept, as the last price stands for it there."""
    return reference_kline_fields(bar, bar.premium or flat(0), PREMIUM_DECIMALS, interval_ms)


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


def aggregate_fields(trade: Trade, contract: Contract) -> dict[str, object]:
    """Every trade here is an aggregate of itself alone."""
    quantity = units_text(trade.quantity, contract.quantity_decimals)
    return {
        "a": trade.id,
        "p": units_text(trade.price, contract.price_decimals),
        "q": quantity,
        "nq": quantity,
        "f": trade.id,
        "l": trade.id,
        "T": trade.time_ms,
        "m": not trade.taker_bought,
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
    price, quantity = contract.price_decimals, contract.quantity_decimals
    last = market.record.last
    day = market.candles.day() or history_bar(now, (last, last, last, last), 0)
    average = contract.price(day.quote) / day.volume if day.volume else contract.price(last)
    change = Decimal(last - day.open) / day.open * 100
    return {
        "symbol": market.symbol,
        "priceChange": units_text(last - day.open, price),
        "priceChangePercent": f"{change:.3f}",
        "weightedAvgPrice": contract.price_text(average),
        "lastPrice": units_text(last, price),
        "lastQty": units_text(market.record.last_quantity, quantity),
        "openPrice": units_text(day.open, price),
        "highPrice": units_text(day.high, price),
        "lowPrice": units_text(day.low, price),
        "volume": units_text(day.volume, quantity),
        "quoteVolume": units_text(day.quote, price + quantity),
        "openTime": day.open_ms,
        "closeTime": now,
        "firstId": 1,
        "lastId": market.record.trade_id,
        "count": day.trades,
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
