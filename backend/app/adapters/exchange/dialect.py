"""Binance's USD-M answers in the product's words. Numbers come from the venue's text, never from floats."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any

from app.domain.fixed_point import UNIT
from app.domain.symbols import symbol_from_venue
from app.domain.types import Instrument, OrderSide, OrderStatus, Side
from app.domain.venue import AccountBalance, LedgerEntry, LedgerKind, VenueFill, VenueOrder, VenuePosition

Row = Mapping[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ORDER_STATUS = {
    "NEW": OrderStatus.OPEN,
    "PARTIALLY_FILLED": OrderStatus.PARTIAL,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELED,
    "EXPIRED": OrderStatus.CANCELED,
    "EXPIRED_IN_MATCH": OrderStatus.CANCELED,
    "REJECTED": OrderStatus.REJECTED,
}
CONDITIONAL_STATUS = {
    "NEW": OrderStatus.OPEN,
    "TRIGGERING": OrderStatus.OPEN,
    "TRIGGERED": OrderStatus.OPEN,
    "FINISHED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELED,
    "EXPIRED": OrderStatus.CANCELED,
    "REJECTED": OrderStatus.REJECTED,
}
LEDGER_KIND = {
    "REALIZED_PNL": LedgerKind.REALIZED_PNL,
    "COMMISSION": LedgerKind.COMMISSION,
    "FUNDING_FEE": LedgerKind.FUNDING,
    "INSURANCE_CLEAR": LedgerKind.LIQUIDATION,
}

TRANSFER = "TRANSFER"
# The venue's other words for money that is moved in or out; each numbers its postings by itself.
TRANSFERS = frozenset(
    {
        TRANSFER,
        "INTERNAL_TRANSFER",
        "CROSS_COLLATERAL_TRANSFER",
        "STRATEGY_UMFUTURES_TRANSFER",
        "COIN_SWAP_DEPOSIT",
        "COIN_SWAP_WITHDRAW",
        "AUTO_EXCHANGE",
        "WELCOME_BONUS",
    }
)
BALANCE_ASSET = "USDT"
DOLLARS = frozenset({BALANCE_ASSET, "USDC"})
MOST_FEE = Decimal("0.001")


def moment(milliseconds: object) -> datetime:
    """The venue's milliseconds since 1970 as an aware time."""
    return _EPOCH + timedelta(milliseconds=int(str(milliseconds)))


def milliseconds(at: datetime) -> int:
    return round((at - _EPOCH) / timedelta(milliseconds=1))


def positive(value: object) -> Decimal | None:
    """A decimal above zero, else None: the venue writes 0 for "none"."""
    number = Decimal(str(value or 0))
    return number if number > 0 else None


def own_milliseconds(headers: Mapping[str, str]) -> Decimal | None:
    """What the venue says that it took to answer; None where it says nothing that can be read."""
    told = {name.lower(): value for name, value in headers.items()}.get("x-response-time", "")
    try:
        taken = Decimal(told.removesuffix("ms"))
    except InvalidOperation:
        return None
    return taken if taken.is_finite() and taken >= 0 else None


def levels(rows: Iterable[Sequence[str]]) -> list[tuple[Decimal, Decimal]]:
    """Price and quantity of the levels of one side of a book."""
    return [(Decimal(str(price)), Decimal(str(quantity))) for price, quantity, *_ in rows]


def order(row: Row) -> VenueOrder:
    return VenueOrder(
        client_order_id=str(row["clientOrderId"]),
        exchange_order_id=str(row["orderId"]),
        triggered_order_id=None,
        symbol=symbol_from_venue(str(row["symbol"])),
        side=OrderSide(str(row["side"]).lower()),
        status=ORDER_STATUS[str(row["status"])],
        quantity=Decimal(str(row["origQty"])),
        filled_quantity=Decimal(str(row["executedQty"])),
        average_price=positive(row.get("avgPrice")),
        trigger_price=positive(row.get("stopPrice")),
        reduce_only=_truth(row.get("reduceOnly")),
        conditional=False,
        updated_at=moment(row["updateTime"]),
    )


def conditional_order(row: Row, became: Row | None = None) -> VenueOrder:
    """A conditional order; `became` is the plain order that it triggered, whose fills are its own."""
    status = CONDITIONAL_STATUS[str(row["algoStatus"])]
    filled, average = Decimal(0), None
    if became is not None:
        status = ORDER_STATUS[str(became["status"])]
        filled, average = Decimal(str(became["executedQty"])), positive(became.get("avgPrice"))
    return VenueOrder(
        client_order_id=str(row["clientAlgoId"]),
        exchange_order_id=str(row["algoId"]),
        triggered_order_id=str(row.get("actualOrderId") or "") or None,
        symbol=symbol_from_venue(str(row["symbol"])),
        side=OrderSide(str(row["side"]).lower()),
        status=status,
        quantity=Decimal(str(row["quantity"])),
        filled_quantity=filled,
        average_price=average,
        trigger_price=positive(row.get("triggerPrice")),
        reduce_only=_truth(row.get("reduceOnly")) or _truth(row.get("closePosition")),
        conditional=True,
        updated_at=moment(row["updateTime"]),
    )


def fill(row: Row, dollars: Mapping[str, Decimal | None] | None = None) -> VenueFill:
    """A fill with its fee in dollars: one that was paid in another coin is worth what `dollars` says a coin is, and
    where that is not known more than any taker pays."""
    fee, paid_in = Decimal(str(row["commission"])), str(row["commissionAsset"])
    if paid_in not in DOLLARS:
        price, paid_in = (dollars or {}).get(paid_in), BALANCE_ASSET
        notional = Decimal(str(row["qty"])) * Decimal(str(row["price"]))
        fee = (notional * MOST_FEE if price is None else fee * price).quantize(UNIT, ROUND_CEILING)
    return VenueFill(
        venue_trade_id=str(row["id"]),
        exchange_order_id=str(row["orderId"]),
        symbol=symbol_from_venue(str(row["symbol"])),
        side=OrderSide(str(row["side"]).lower()),
        quantity=Decimal(str(row["qty"])),
        price=Decimal(str(row["price"])),
        fee=fee,
        fee_currency=paid_in,
        realized_pnl=Decimal(str(row["realizedPnl"])),
        is_maker=_truth(row["maker"]),
        executed_at=moment(row["time"]),
    )


def position(row: Row) -> VenuePosition:
    amount = Decimal(str(row["positionAmt"]))
    side = None if amount == 0 else (Side.LONG if amount > 0 else Side.SHORT)
    return VenuePosition(
        symbol=symbol_from_venue(str(row["symbol"])),
        side=side,
        quantity=abs(amount),
        entry_price=positive(row.get("entryPrice")),
        mark_price=positive(row.get("markPrice")),
        liquidation_price=positive(row.get("liquidationPrice")),
    )


def account_balance(row: Row) -> AccountBalance:
    return AccountBalance(
        balance=Decimal(str(row["totalWalletBalance"])),
        equity=Decimal(str(row["totalMarginBalance"])),
        free_margin=Decimal(str(row["availableBalance"])),
    )


def ledger_entry(row: Row) -> LedgerEntry | None:
    """None for a kind of posting that does not concern a futures wallet's books."""
    kind, amount = str(row["incomeType"]), Decimal(str(row["income"]))
    if kind in TRANSFERS:
        if row["asset"] != BALANCE_ASSET:  # the balance does not hold it
            return None
        known = LedgerKind.DEPOSIT if amount >= 0 else LedgerKind.WITHDRAWAL
    elif kind in LEDGER_KIND:
        known = LEDGER_KIND[kind]
    else:
        return None
    symbol = str(row.get("symbol") or "")
    return LedgerEntry(
        kind=known,
        amount=amount,
        symbol=symbol_from_venue(symbol) if symbol else None,
        reference=f"{kind}:{row['tranId']}" if kind in TRANSFERS - {TRANSFER} else str(row["tranId"]),
        occurred_at=moment(row["time"]),
    )


def instrument(market: Row, taker: Decimal, maker: Decimal, max_leverage: int) -> Instrument:
    """The instrument of a ccxt market, from the venue's own filters. The maintenance rate is the one that is
    public; a position's own bracket is known to its account only."""
    filters = {str(entry["filterType"]): entry for entry in market["info"]["filters"]}
    lot = filters.get("MARKET_LOT_SIZE") or filters["LOT_SIZE"]
    return Instrument(
        symbol=str(market["symbol"]),
        price_tick=Decimal(str(filters["PRICE_FILTER"]["tickSize"])),
        quantity_step=Decimal(str(filters["LOT_SIZE"]["stepSize"])),
        min_quantity=Decimal(str(filters["LOT_SIZE"]["minQty"])),
        max_quantity=Decimal(str(lot["maxQty"])),
        min_notional=Decimal(str(filters["MIN_NOTIONAL"]["notional"])),
        contract_size=Decimal(1),
        max_leverage=max_leverage,
        taker_fee_rate=taker,
        maker_fee_rate=maker,
        maintenance_margin_fraction=_fraction(market["info"].get("maintMarginPercent")),
    )


def _fraction(percent: object) -> Decimal | None:
    return None if percent is None else Decimal(str(percent)) / 100


def _truth(value: object) -> bool:
    return value is True or str(value).lower() == "true"
