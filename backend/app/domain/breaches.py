"""Breaches: every reason for which an order can be turned down, and its sentence for 3 a.m."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from app.domain.types import BreakerScope


class Breach(StrEnum):
    """A limit crossed, or a fact missing. The value is the stable code of the API and the tables."""

    TRADING_NOT_ACTIVE = "trading_not_active"
    TRADING_STATE_UNKNOWN = "trading_state_unknown"
    INSTRUMENT_UNKNOWN = "instrument_unknown"
    SIGNAL_EXPIRED = "signal_expired"
    SIGNAL_CONFIDENCE = "signal_confidence"
    SIGNAL_CONFIDENCE_UNKNOWN = "signal_confidence_unknown"
    STOP_MISSING = "stop_missing"
    STOP_WRONG_SIDE = "stop_wrong_side"
    TARGET_WRONG_SIDE = "target_wrong_side"
    RISK_REWARD = "risk_reward"
    RISK_REWARD_UNKNOWN = "risk_reward_unknown"
    QUANTITY_ZERO = "quantity_zero"
    QUANTITY_UNDER_STEP = "quantity_under_step"
    SIZING_METHOD_UNAVAILABLE = "sizing_method_unavailable"
    MAX_ORDER_NOTIONAL = "max_order_notional"
    MAX_POSITION_SIZE_USD = "max_position_size_usd"
    MAX_POSITION_SIZE_PERCENT = "max_position_size_percent"
    MAX_LEVERAGE = "max_leverage"
    MAX_OPEN_POSITIONS = "max_open_positions"
    OPEN_POSITIONS_UNKNOWN = "open_positions_unknown"
    SYMBOL_ALREADY_OPEN = "symbol_already_open"
    PORTFOLIO_HEAT = "portfolio_heat"
    OPEN_RISK = "open_risk"
    SINGLE_ASSET_EXPOSURE = "single_asset_exposure"
    EXPOSURE_UNKNOWN = "exposure_unknown"
    DAILY_LOSS_USD = "daily_loss_usd"
    DAILY_LOSS_PERCENT = "daily_loss_percent"
    DAILY_LOSS_TRIPPED = "daily_loss_tripped"
    DAILY_LOSS_UNKNOWN = "daily_loss_unknown"
    PRICE_UNKNOWN = "price_unknown"
    PRICE_STALE = "price_stale"
    PRICE_MOVED = "price_moved"
    EQUITY_UNKNOWN = "equity_unknown"
    BALANCE_STALE = "balance_stale"
    MARGIN_UNKNOWN = "margin_unknown"
    MARGIN_INSUFFICIENT = "margin_insufficient"
    AMOUNT_OUT_OF_RANGE = "amount_out_of_range"


@dataclass(frozen=True, slots=True)
class BreachDetail:
    """One reason of a refusal. `limit` and `value` are in the unit of the code: a `*_percent`, the heat,
    the exposure and the open risk in percent 0-100, `*_usd`, notional and margin in quote currency, ages
    in seconds, `price_moved` in basis points, counts and ratios as they are. None where there is no figure.
    `scope` says whose limit it was where one limit stands at several levels."""

    code: Breach
    message: str
    limit: Decimal | None = None
    value: Decimal | None = None
    scope: BreakerScope | None = None


_USER_WALLET = {BreakerScope.USER: "the user's", BreakerScope.WALLET: "the wallet's"}

_SENTENCES: dict[Breach, str] = {
    Breach.TRADING_NOT_ACTIVE: "trading is not active for the {scope}.",
    Breach.TRADING_STATE_UNKNOWN: "the trading state of the {scope} is not known.",
    Breach.INSTRUMENT_UNKNOWN: "the venue has no such instrument.",
    Breach.SIGNAL_EXPIRED: "the signal expired {value} s ago.",
    Breach.SIGNAL_CONFIDENCE: "signal confidence {value} is below the minimum {limit}.",
    Breach.SIGNAL_CONFIDENCE_UNKNOWN: "the signal's confidence is not known.",
    Breach.STOP_MISSING: "an entry needs a protective stop.",
    Breach.STOP_WRONG_SIDE: "stop {value} is not on the losing side of {limit}.",
    Breach.TARGET_WRONG_SIDE: "target {value} is not on the winning side of {limit}.",
    Breach.RISK_REWARD: "reward-to-risk {value} after costs is below the minimum {limit}.",
    Breach.RISK_REWARD_UNKNOWN: "no target, so reward-to-risk is unknown (minimum {limit}).",
    Breach.QUANTITY_ZERO: "nothing to trade, the quantity is zero ({note}).",
    Breach.QUANTITY_UNDER_STEP: "quantity {value} is not whole steps of {limit}.",
    Breach.SIZING_METHOD_UNAVAILABLE: "{note}.",
    Breach.MAX_ORDER_NOTIONAL: "order of {value} exceeds the platform's largest order {limit}.",
    Breach.MAX_POSITION_SIZE_USD: "position of {value} exceeds max_position_size_usd {limit}.",
    Breach.MAX_POSITION_SIZE_PERCENT: "position of {value} % of equity exceeds {limit} %.",
    Breach.MAX_LEVERAGE: "leverage would be {value}, the limit is {limit}.",
    Breach.MAX_OPEN_POSITIONS: "{value} positions open or pending, {scope} limit is {limit}.",
    Breach.OPEN_POSITIONS_UNKNOWN: "{scope} open positions are not known.",
    Breach.SYMBOL_ALREADY_OPEN: "the wallet already has a trade in it.",
    Breach.PORTFOLIO_HEAT: "exposure heat would be {value} %, {scope} limit is {limit} %.",
    Breach.OPEN_RISK: "open risk would be {value} %, {scope} limit is {limit} %.",
    Breach.SINGLE_ASSET_EXPOSURE: "exposure to it would be {value} %, {scope} limit is {limit} %.",
    Breach.EXPOSURE_UNKNOWN: "{scope} exposure or open risk is not known.",
    Breach.DAILY_LOSS_USD: "the day's loss {value} has reached {scope} limit {limit}.",
    Breach.DAILY_LOSS_PERCENT: "the day's loss {value} % has reached {scope} limit {limit} %.",
    Breach.DAILY_LOSS_TRIPPED: "{scope} daily loss limit tripped and stays so until the day ends.",
    Breach.DAILY_LOSS_UNKNOWN: "{scope} loss of the day is not known.",
    Breach.PRICE_UNKNOWN: "there is no price.",
    Breach.PRICE_STALE: "the price is {value} s old, at most {limit} s is accepted.",
    Breach.PRICE_MOVED: "the price moved {value} bps against the signal, limit {limit} bps.",
    Breach.EQUITY_UNKNOWN: "{scope} equity is not known or not above zero.",
    Breach.BALANCE_STALE: "the balance is {value} s old, at most {limit} s is accepted.",
    Breach.MARGIN_UNKNOWN: "the wallet's free margin is not known.",
    Breach.MARGIN_INSUFFICIENT: "margin of {value} is needed, {limit} is free.",
    Breach.AMOUNT_OUT_OF_RANGE: "an amount is beyond what can be decided exactly.",
}

_NAMED_BY_LEVEL = frozenset({Breach.TRADING_NOT_ACTIVE, Breach.TRADING_STATE_UNKNOWN})


def breach_detail(
    code: Breach,
    symbol: str,
    *,
    limit: Decimal | None = None,
    value: Decimal | None = None,
    scope: BreakerScope | None = None,
    note: str = "",
) -> BreachDetail:
    """Return the breach with its sentence: what was refused, the limit, the value."""
    if scope is None:
        owner = ""
    elif code in _NAMED_BY_LEVEL:
        owner = scope.value
    else:
        owner = _USER_WALLET.get(scope, f"the {scope.value}'s")
    message = f"{symbol} refused: " + _SENTENCES[code].format(
        limit=_plain(limit), value=_plain(value), scope=owner, note=note
    )
    return BreachDetail(code, message, limit, value, scope)


def _plain(figure: Decimal | None) -> str:
    """Return the figure without exponent and trailing zeros, "unknown" where there is none."""
    if figure is None:
        return "unknown"
    text = f"{figure:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
