"""Balances and positions as the REST dialect shows them."""

from __future__ import annotations

from paper_exchange.engine import margin
from paper_exchange.engine.accounts import Account, Position
from paper_exchange.engine.exchange import Exchange
from paper_exchange.engine.margin import MarginSummary
from paper_exchange.engine.money import ZERO, money_down
from paper_exchange.server.text import amount_text


def position_fields(exchange: Exchange, account: Account, position: Position) -> dict[str, object]:
    """A row of v3 positionRisk."""
    market = exchange.markets[position.symbol]
    initial = margin.position_initial(market, account, position)
    exposure = margin.order_exposure(account, market)
    fee = market.contract.taker_fee
    break_even = position.entry_price * (1 + fee * position.sign)
    liquidation = exchange.liquidation_price(account, position)
    return {
        "symbol": position.symbol,
        "positionSide": "BOTH",
        "positionAmt": market.contract.quantity_text(position.amount),
        "entryPrice": amount_text(position.entry_price),
        "breakEvenPrice": amount_text(break_even),
        "markPrice": amount_text(market.mark),
        "unRealizedProfit": amount_text(position.unrealized(market.mark)),
        "liquidationPrice": "0" if liquidation is None else amount_text(liquidation),
        "isolatedMargin": "0",
        "notional": amount_text(position.amount * market.mark),
        "marginAsset": "USDT",
        "isolatedWallet": "0",
        "initialMargin": amount_text(initial + exposure.initial),
        "maintMargin": amount_text(margin.maintenance(market, position)),
        "positionInitialMargin": amount_text(initial),
        "openOrderInitialMargin": amount_text(exposure.initial),
        "adl": 2 if position.amount else 0,
        "bidNotional": amount_text(exposure.bids),
        "askNotional": amount_text(exposure.asks),
        "updateTime": position.updated_ms,
    }


def position_fields_v2(exchange: Exchange, account: Account, position: Position) -> dict[str, object]:
    """A row of v2 positionRisk: with leverage and margin type."""
    leverage = account.leverage(position.symbol)
    return position_fields(exchange, account, position) | {
        "leverage": str(leverage),
        "maxNotionalValue": str(exchange.markets[position.symbol].contract.max_notional(leverage)),
        "marginType": "cross",
        "isAutoAddMargin": "false",
        "isolated": False,
        "adlQuantile": 2,
    }


def _balance(found: MarginSummary) -> dict[str, object]:
    available = amount_text(money_down(found.available))
    return {
        "walletBalance": amount_text(found.wallet),
        "unrealizedProfit": amount_text(found.unrealized),
        "marginBalance": amount_text(found.equity),
        "maintMargin": amount_text(found.maintenance),
        "initialMargin": amount_text(found.initial),
        "positionInitialMargin": amount_text(found.position_initial),
        "openOrderInitialMargin": amount_text(found.order_initial),
        "crossWalletBalance": amount_text(found.wallet),
        "crossUnPnl": amount_text(found.unrealized),
        "availableBalance": available,
        "maxWithdrawAmount": amount_text(max(ZERO, min(money_down(found.available), found.wallet))),
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


def account_position_fields(
    exchange: Exchange, account: Account, position: Position, full: bool
) -> dict[str, object]:
    """A row of `positions` in an account answer; `full` is the v2 form."""
    row = position_fields_v2(exchange, account, position)
    names = ["symbol", "positionSide", "positionAmt", "isolatedMargin", "notional", "isolatedWallet"]
    names += ["initialMargin", "maintMargin", "updateTime"]
    if full:
        names += ["leverage", "isolated", "entryPrice", "positionInitialMargin", "openOrderInitialMargin"]
        names += ["breakEvenPrice", "bidNotional", "askNotional"]
    fields = {name: row[name] for name in names} | {"unrealizedProfit": row["unRealizedProfit"]}
    if full:
        fields["maxNotional"] = row["maxNotionalValue"]
    return fields


def balance_row(account: Account, found: MarginSummary, now: int) -> dict[str, object]:
    """A row of the balance endpoint."""
    asset = asset_fields(account, found, now)
    names = ["asset", "crossWalletBalance", "crossUnPnl", "availableBalance", "maxWithdrawAmount"]
    names += ["marginAvailable", "updateTime"]
    return {"accountAlias": "paper", "balance": asset["walletBalance"]} | {
        name: asset[name] for name in names
    }
