"""Balances and positions as the REST dialect shows them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from paper_exchange.engine import margin
from paper_exchange.engine.accounts import Account, Position, PositionKey
from paper_exchange.engine.contracts import Contract
from paper_exchange.engine.exchange import Exchange
from paper_exchange.engine.margin import MarginSummary, Resting
from paper_exchange.engine.money import money_down
from paper_exchange.engine.orders import MarginChange
from paper_exchange.server.text import amount_text

ACCOUNT_ROW = (
    "symbol",
    "positionSide",
    "positionAmt",
    "isolatedMargin",
    "notional",
    "isolatedWallet",
    "initialMargin",
    "maintMargin",
    "updateTime",
)
ACCOUNT_ROW_V2 = (
    "leverage",
    "isolated",
    "entryPrice",
    "positionInitialMargin",
    "openOrderInitialMargin",
    "breakEvenPrice",
    "bidNotional",
    "askNotional",
)


def break_even(contract: Contract, position: Position) -> Decimal:
    """The price (USDT) that makes up for a taker's fee on the entry, as the venue has it; 0 when flat."""
    return position.entry_price * (1 + contract.taker_fee * position.sign)


class PositionRows:
    """The rows of one account at one moment; what is open is grouped once for all of them."""

    def __init__(self, exchange: Exchange, account: Account, now: int) -> None:
        self._exchange = exchange
        self._account = account
        self._now = now
        self._resting = margin.resting(account)
        self._ordered = {(one.symbol, one.position_side) for one in account.open_orders.values()}

    def has_orders(self, key: PositionKey) -> bool:
        """Whether any order is open on that position, one that only reduces included."""
        return key in self._ordered

    def v3(self, position: Position) -> dict[str, object]:
        """A row of v3 positionRisk."""
        exchange, account = self._exchange, self._account
        market = exchange.markets[position.symbol]
        pot = margin.position_pot(market, account, position)
        resting: Resting = self._resting.get(position.key, margin.NOTHING_RESTING)
        ordered = margin.orders_initial(account, market, position.side, resting)
        liquidation = exchange.liquidation_price(account, position)
        isolated = account.is_isolated(position.symbol)
        return {
            "symbol": position.symbol,
            "positionSide": position.side.value,
            "positionAmt": market.contract.quantity_text(position.amount),
            "entryPrice": amount_text(position.entry_price),
            "breakEvenPrice": amount_text(break_even(market.contract, position)),
            "markPrice": amount_text(market.mark),
            "unRealizedProfit": amount_text(pot.unrealized),
            "liquidationPrice": "0" if liquidation is None else amount_text(liquidation),
            "isolatedMargin": amount_text(pot.equity) if isolated and position.amount else "0",
            "notional": amount_text(position.amount * market.mark),
            "marginAsset": "USDT",
            "isolatedWallet": amount_text(pot.wallet) if isolated and position.amount else "0",
            "initialMargin": amount_text(pot.initial + ordered),
            "maintMargin": amount_text(pot.maintenance),
            "positionInitialMargin": amount_text(pot.initial),
            "openOrderInitialMargin": amount_text(ordered),
            "adl": exchange.deleveraging.quantile(account, position, self._now),
            "bidNotional": amount_text(resting.bids),
            "askNotional": amount_text(resting.asks),
            "updateTime": position.updated_ms,
        }

    def v2(self, position: Position) -> dict[str, object]:
        """A row of v2 positionRisk: with leverage and margin type."""
        account = self._account
        leverage = account.leverage(position.symbol)
        isolated = account.is_isolated(position.symbol)
        row = self.v3(position)
        return row | {
            "leverage": str(leverage),
            "maxNotionalValue": str(self._exchange.markets[position.symbol].contract.max_notional(leverage)),
            "marginType": "isolated" if isolated else "cross",
            "isAutoAddMargin": "false",
            "isolated": isolated,
            "adlQuantile": row["adl"],
        }

    def of_account(self, positions: Iterable[Position], full: bool) -> list[dict[str, object]]:
        """Rows of `positions` in an account answer; `full` is the v2 form."""
        names = ACCOUNT_ROW + ACCOUNT_ROW_V2 if full else ACCOUNT_ROW
        found = []
        for position in positions:
            row = self.v2(position)
            fields = {name: row[name] for name in names} | {"unrealizedProfit": row["unRealizedProfit"]}
            if full:
                fields["maxNotional"] = row["maxNotionalValue"]
            found.append(fields)
        return found


def _balance(found: MarginSummary) -> dict[str, object]:
    return {
        "walletBalance": amount_text(found.wallet),
        "unrealizedProfit": amount_text(found.unrealized),
        "marginBalance": amount_text(found.equity),
        "maintMargin": amount_text(found.maintenance),
        "initialMargin": amount_text(found.initial),
        "positionInitialMargin": amount_text(found.position_initial),
        "openOrderInitialMargin": amount_text(found.order_initial),
        "crossWalletBalance": amount_text(found.cross.wallet),
        "crossUnPnl": amount_text(found.cross.unrealized),
        "availableBalance": amount_text(money_down(found.available)),
        "maxWithdrawAmount": amount_text(money_down(found.transferable)),
    }


def asset_fields(account: Account, found: MarginSummary, now: int) -> dict[str, object]:
    # ccxt skips assets whose updateTime is 0.
    return (
        {"asset": "USDT"}
        | _balance(found)
        | {
            "marginAvailable": True,
            "updateTime": account.record.updated_ms or now,
        }
    )


def totals_fields(found: MarginSummary) -> dict[str, object]:
    balance = _balance(found)
    return {
        "totalInitialMargin": balance["initialMargin"],
        "totalMaintMargin": balance["maintMargin"],
        "totalWalletBalance": balance["walletBalance"],
        "totalUnrealizedProfit": balance["unrealizedProfit"],
        "totalMarginBalance": balance["marginBalance"],
        "totalPositionInitialMargin": balance["positionInitialMargin"],
        "totalOpenOrderInitialMargin": balance["openOrderInitialMargin"],
        "totalCrossWalletBalance": balance["crossWalletBalance"],
        "totalCrossUnPnl": balance["crossUnPnl"],
        "availableBalance": balance["availableBalance"],
        "maxWithdrawAmount": balance["maxWithdrawAmount"],
    }


def balance_row(account: Account, found: MarginSummary, now: int) -> dict[str, object]:
    """A row of the balance endpoint."""
    asset = asset_fields(account, found, now)
    names = ["asset", "crossWalletBalance", "crossUnPnl", "availableBalance", "maxWithdrawAmount"]
    names += ["marginAvailable", "updateTime"]
    return {"accountAlias": "paper", "balance": asset["walletBalance"]} | {
        name: asset[name] for name in names
    }


def margin_change_fields(row: MarginChange) -> dict[str, object]:
    """A row of positionMargin/history: type 1 is money added, 2 money taken out."""
    return {
        "symbol": row.symbol,
        "type": 1 if row.amount > 0 else 2,
        "deltaType": row.kind.value,
        "amount": amount_text(abs(row.amount)),
        "asset": "USDT",
        "time": row.time_ms,
        "positionSide": row.position_side.value,
        "clientTranId": "",
    }
