"""Breaches: every reason for which an order can be turned down, and its sentence for 3 a.m."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from app.domain.breach_sentences import FigureKind, figures
from app.domain.types import RiskLevel


class Breach(StrEnum):
    """A limit crossed, or a fact missing. The value is the stable code of the API and the tables."""

    TRADING_NOT_ACTIVE = "trading_not_active"
    TRADING_STATE_UNKNOWN = "trading_state_unknown"
    TRADING_PAUSED = "trading_paused"
    OUTSIDE_TRADING_HOURS = "outside_trading_hours"
    TRADING_HOURS_UNKNOWN = "trading_hours_unknown"
    FUNDING_TOO_NEAR = "funding_too_near"
    FUNDING_UNKNOWN = "funding_unknown"
    INSTRUMENT_UNKNOWN = "instrument_unknown"
    SIGNAL_EXPIRED = "signal_expired"
    SIGNAL_CONFIDENCE = "signal_confidence"
    SIGNAL_CONFIDENCE_UNKNOWN = "signal_confidence_unknown"
    STOP_MISSING = "stop_missing"
    STOP_WRONG_SIDE = "stop_wrong_side"
    STOP_OFF_TICK = "stop_off_tick"
    STOP_TOO_NEAR = "stop_too_near"
    STOP_TOO_FAR = "stop_too_far"
    STOP_OUTSIDE_VENUE_BOUNDS = "stop_outside_venue_bounds"
    STOP_DISTANCE_UNKNOWN = "stop_distance_unknown"
    LIQUIDATION_NEAR = "liquidation_near"
    LIQUIDATION_UNKNOWN = "liquidation_unknown"
    TARGET_WRONG_SIDE = "target_wrong_side"
    RISK_REWARD = "risk_reward"
    RISK_REWARD_UNKNOWN = "risk_reward_unknown"
    QUANTITY_ZERO = "quantity_zero"
    QUANTITY_UNDER_STEP = "quantity_under_step"
    MAX_ORDER_NOTIONAL = "max_order_notional"
    MAX_POSITION_SIZE_USD = "max_position_size_usd"
    MAX_POSITION_SIZE_PERCENT = "max_position_size_percent"
    MAX_POSITION_SIZE_LOTS = "max_position_size_lots"
    MAX_RISK_PER_TRADE = "max_risk_per_trade"
    RISK_UNKNOWN = "risk_unknown"
    MAX_LEVERAGE = "max_leverage"
    MAX_OPEN_POSITIONS = "max_open_positions"
    MAX_POSITIONS_PER_WALLET = "max_positions_per_wallet"
    MAX_POSITIONS_PER_STRATEGY = "max_positions_per_strategy"
    MAX_POSITIONS_PER_SYMBOL = "max_positions_per_symbol"
    CORRELATED_POSITIONS = "correlated_positions"
    CORRELATION_UNKNOWN = "correlation_unknown"
    OPEN_POSITIONS_UNKNOWN = "open_positions_unknown"
    SYMBOL_ALREADY_OPEN = "symbol_already_open"
    PYRAMIDING_NOT_ENABLED = "pyramiding_not_enabled"
    PYRAMIDING_WITHOUT_POSITION = "pyramiding_without_position"
    PYRAMIDING_NOT_IN_PROFIT = "pyramiding_not_in_profit"
    PYRAMIDING_STOP_AT_RISK = "pyramiding_stop_at_risk"
    MAX_ADDS_PER_TRADE = "max_adds_per_trade"
    DCA_NOT_ENABLED = "dca_not_enabled"
    DCA_WITHOUT_POSITION = "dca_without_position"
    MAX_DCA_STEPS = "max_dca_steps"
    PORTFOLIO_HEAT = "portfolio_heat"
    OPEN_RISK = "open_risk"
    MARGIN_UTILISATION = "margin_utilisation"
    SINGLE_ASSET_EXPOSURE = "single_asset_exposure"
    EXPOSURE_UNKNOWN = "exposure_unknown"
    DAILY_LOSS_USD = "daily_loss_usd"
    DAILY_LOSS_PERCENT = "daily_loss_percent"
    DAILY_LOSS_BUDGET_USD = "daily_loss_budget_usd"
    DAILY_LOSS_BUDGET_PERCENT = "daily_loss_budget_percent"
    DAILY_LOSS_TRIPPED = "daily_loss_tripped"
    DAILY_LOSS_UNKNOWN = "daily_loss_unknown"
    WEEKLY_LOSS_USD = "weekly_loss_usd"
    WEEKLY_LOSS_PERCENT = "weekly_loss_percent"
    WEEKLY_LOSS_TRIPPED = "weekly_loss_tripped"
    WEEKLY_LOSS_UNKNOWN = "weekly_loss_unknown"
    MONTHLY_LOSS_USD = "monthly_loss_usd"
    MONTHLY_LOSS_PERCENT = "monthly_loss_percent"
    MONTHLY_LOSS_TRIPPED = "monthly_loss_tripped"
    MONTHLY_LOSS_UNKNOWN = "monthly_loss_unknown"
    MAX_DRAWDOWN = "max_drawdown"
    DRAWDOWN_UNKNOWN = "drawdown_unknown"
    CONSECUTIVE_LOSSES = "consecutive_losses"
    CONSECUTIVE_LOSSES_UNKNOWN = "consecutive_losses_unknown"
    MAX_TRADES_PER_DAY = "max_trades_per_day"
    TRADES_TODAY_UNKNOWN = "trades_today_unknown"
    ORDER_RATE = "order_rate"
    ORDER_RATE_UNKNOWN = "order_rate_unknown"
    COOLDOWN_AFTER_EXIT = "cooldown_after_exit"
    COOLDOWN_AFTER_LOSS = "cooldown_after_loss"
    COOLDOWN_UNKNOWN = "cooldown_unknown"
    PRICE_UNKNOWN = "price_unknown"
    PRICE_STALE = "price_stale"
    PRICE_MOVED = "price_moved"
    PEG_BROKEN = "peg_broken"
    PEG_UNKNOWN = "peg_unknown"
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
    scope: RiskLevel | None = None


_SENTENCES: dict[Breach, str] = {
    Breach.TRADING_NOT_ACTIVE: "trading is not active for the {scope}: {note}.",
    Breach.TRADING_STATE_UNKNOWN: "the trading state of the {scope} is not known.",
    Breach.TRADING_PAUSED: "trading is paused for the {scope}.",
    Breach.OUTSIDE_TRADING_HOURS: "outside of {scope} trading hours; {note}.",
    Breach.TRADING_HOURS_UNKNOWN: "whether it is within {scope} trading hours is not known.",
    Breach.FUNDING_TOO_NEAR: "it would pay the funding in {value} minutes, {scope} entries end {limit} minutes before.",
    Breach.FUNDING_UNKNOWN: "the next funding is not known, {scope} entries end before one that they would pay.",
    Breach.INSTRUMENT_UNKNOWN: "the venue has no such instrument.",
    Breach.SIGNAL_EXPIRED: "the signal expired {value} s ago.",
    Breach.SIGNAL_CONFIDENCE: "signal confidence {value} is below the minimum {limit}.",
    Breach.SIGNAL_CONFIDENCE_UNKNOWN: "the signal's confidence is not known.",
    Breach.STOP_MISSING: "an entry needs a protective stop.",
    Breach.STOP_WRONG_SIDE: "stop {value} is not on the losing side of {limit}.",
    Breach.STOP_OFF_TICK: "stop {value} is not on a price tick of {limit}.",
    Breach.STOP_TOO_NEAR: "the stop is {value} ticks away, at least {limit} are needed.",
    Breach.STOP_TOO_FAR: "the stop is {value} % away, at most {limit} % is accepted.",
    Breach.STOP_OUTSIDE_VENUE_BOUNDS: "the venue takes no stop {value} % away, its bound is {limit} %.",
    Breach.STOP_DISTANCE_UNKNOWN: "the distance of the stop is not known.",
    Breach.LIQUIDATION_NEAR: "liquidation is {value} % beyond the stop, at least {limit} % is needed.",
    Breach.LIQUIDATION_UNKNOWN: "the liquidation price is not known.",
    Breach.TARGET_WRONG_SIDE: "target {value} is not on the winning side of {limit}.",
    Breach.RISK_REWARD: "reward-to-risk {value} after costs is below the minimum {limit}.",
    Breach.RISK_REWARD_UNKNOWN: "no target, so reward-to-risk is unknown (minimum {limit}).",
    Breach.QUANTITY_ZERO: "nothing to trade, the quantity is zero ({note}).",
    Breach.QUANTITY_UNDER_STEP: "quantity {value} is not whole steps of {limit}.",
    Breach.MAX_ORDER_NOTIONAL: "order of {value} exceeds the platform's largest order {limit}.",
    Breach.MAX_POSITION_SIZE_USD: "position of {value} exceeds max_position_size_usd {limit}.",
    Breach.MAX_POSITION_SIZE_PERCENT: "position of {value} % of equity exceeds {limit} %.",
    Breach.MAX_POSITION_SIZE_LOTS: "position of {value} lots exceeds {limit} lots.",
    Breach.MAX_RISK_PER_TRADE: "risk of {value} % of equity exceeds {limit} %.",
    Breach.RISK_UNKNOWN: "the loss at the stop is not known.",
    Breach.MAX_LEVERAGE: "leverage would be {value}, the limit is {limit}.",
    Breach.MAX_OPEN_POSITIONS: "{value} positions open or pending, {scope} limit is {limit}.",
    Breach.MAX_POSITIONS_PER_WALLET: "{value} positions open or pending in the wallet, {scope} limit is {limit}.",
    Breach.MAX_POSITIONS_PER_STRATEGY: "{value} positions of the strategy, {scope} limit is {limit}.",
    Breach.MAX_POSITIONS_PER_SYMBOL: "{value} positions in it, {scope} limit is {limit}.",
    Breach.CORRELATED_POSITIONS: "{value} open positions correlate with it, {scope} limit is {limit}.",
    Breach.CORRELATION_UNKNOWN: "{scope} open positions' correlation with it is not known.",
    Breach.OPEN_POSITIONS_UNKNOWN: "{scope} open positions are not known.",
    Breach.SYMBOL_ALREADY_OPEN: "the wallet already has a trade in it.",
    Breach.PYRAMIDING_NOT_ENABLED: "adding to a position is not enabled.",
    Breach.PYRAMIDING_WITHOUT_POSITION: "there is no open position of its side to add to.",
    Breach.PYRAMIDING_NOT_IN_PROFIT: "the position is not in profit: the price is {value}, its entry {limit}.",
    Breach.PYRAMIDING_STOP_AT_RISK: "the position may still lose {value} at its stop; move it to break-even first.",
    Breach.MAX_ADDS_PER_TRADE: "it would be addition {value} to the position, the limit is {limit}.",
    Breach.DCA_NOT_ENABLED: "averaging down is not enabled.",
    Breach.DCA_WITHOUT_POSITION: "there is no open position of its side that the ladder belongs to.",
    Breach.MAX_DCA_STEPS: "it would be step {value} of the ladder, the limit is {limit}.",
    Breach.PORTFOLIO_HEAT: "exposure heat would be {value} %, {scope} limit is {limit} %.",
    Breach.OPEN_RISK: "open risk would be {value} %, {scope} limit is {limit} %.",
    Breach.MARGIN_UTILISATION: "margin in use would be {value} %, {scope} limit is {limit} %.",
    Breach.SINGLE_ASSET_EXPOSURE: "exposure to it would be {value} %, {scope} limit is {limit} %.",
    Breach.EXPOSURE_UNKNOWN: "{scope} exposure or open risk is not known.",
    Breach.DAILY_LOSS_USD: "the day's loss {value} has reached {scope} limit {limit}.",
    Breach.DAILY_LOSS_PERCENT: "the day's loss {value} % has reached {scope} limit {limit} %.",
    Breach.DAILY_LOSS_BUDGET_USD: "the day's loss could become {value}, {scope} limit is {limit}.",
    Breach.DAILY_LOSS_BUDGET_PERCENT: "the day's loss could become {value} %, {scope} limit is {limit} %.",
    Breach.DAILY_LOSS_TRIPPED: "{scope} daily loss limit tripped and stays so until the day ends.",
    Breach.DAILY_LOSS_UNKNOWN: "{scope} loss of the day is not known.",
    Breach.WEEKLY_LOSS_USD: "the week's loss {value} has reached {scope} limit {limit}.",
    Breach.WEEKLY_LOSS_PERCENT: "the week's loss {value} % has reached {scope} limit {limit} %.",
    Breach.WEEKLY_LOSS_TRIPPED: "{scope} weekly loss limit tripped and stays so until the week ends.",
    Breach.WEEKLY_LOSS_UNKNOWN: "{scope} loss of the week is not known.",
    Breach.MONTHLY_LOSS_USD: "the month's loss {value} has reached {scope} limit {limit}.",
    Breach.MONTHLY_LOSS_PERCENT: "the month's loss {value} % has reached {scope} limit {limit} %.",
    Breach.MONTHLY_LOSS_TRIPPED: "{scope} monthly loss limit tripped and stays so until the month ends.",
    Breach.MONTHLY_LOSS_UNKNOWN: "{scope} loss of the month is not known.",
    Breach.MAX_DRAWDOWN: "the drawdown {value} % has reached {scope} limit {limit} %.",
    Breach.DRAWDOWN_UNKNOWN: "{scope} drawdown is not known.",
    Breach.CONSECUTIVE_LOSSES: "{value} losses in a row have reached {scope} limit {limit}.",
    Breach.CONSECUTIVE_LOSSES_UNKNOWN: "{scope} losses in a row are not known.",
    Breach.MAX_TRADES_PER_DAY: "it would be trade {value} of the day, {scope} limit is {limit}.",
    Breach.TRADES_TODAY_UNKNOWN: "{scope} number of trades today is not known.",
    Breach.ORDER_RATE: "it would be order {value} of the minute, {scope} limit is {limit}.",
    Breach.ORDER_RATE_UNKNOWN: "{scope} rate of orders is not known.",
    Breach.COOLDOWN_AFTER_EXIT: "the last exit was {value} minutes ago, {scope} rest is {limit} minutes.",
    Breach.COOLDOWN_AFTER_LOSS: "the last loss was {value} minutes ago, {scope} rest is {limit} minutes.",
    Breach.COOLDOWN_UNKNOWN: "{scope} last exit is not known.",
    Breach.PRICE_UNKNOWN: "there is no price.",
    Breach.PRICE_STALE: "the price is {value} s old, at most {limit} s is accepted.",
    Breach.PRICE_MOVED: "the price moved {value} bps against the signal, limit {limit} bps.",
    Breach.PEG_BROKEN: "the quote currency is {value} % off the dollar, at most {limit} % is accepted.",
    Breach.PEG_UNKNOWN: "the quote currency's price in dollars is not known.",
    Breach.EQUITY_UNKNOWN: "{scope} equity is not known or not above zero.",
    Breach.BALANCE_STALE: "the balance is {value} s old, at most {limit} s is accepted.",
    Breach.MARGIN_UNKNOWN: "the margin in use or free is not known.",
    Breach.MARGIN_INSUFFICIENT: "margin of {value} is needed, {limit} is free.",
    Breach.AMOUNT_OUT_OF_RANGE: "an amount is beyond what can be decided exactly.",
}

_KINDS = {
    **dict.fromkeys(
        (
            Breach.MAX_ORDER_NOTIONAL,
            Breach.MAX_POSITION_SIZE_USD,
            Breach.PYRAMIDING_STOP_AT_RISK,
            Breach.DAILY_LOSS_USD,
            Breach.DAILY_LOSS_BUDGET_USD,
            Breach.WEEKLY_LOSS_USD,
            Breach.MONTHLY_LOSS_USD,
            Breach.MARGIN_INSUFFICIENT,
        ),
        FigureKind.MONEY,
    ),
    **dict.fromkeys(
        (Breach.STOP_WRONG_SIDE, Breach.TARGET_WRONG_SIDE, Breach.PYRAMIDING_NOT_IN_PROFIT), FigureKind.PRICE
    ),
    **dict.fromkeys(
        (
            Breach.STOP_OFF_TICK,
            Breach.QUANTITY_ZERO,
            Breach.QUANTITY_UNDER_STEP,
            Breach.MAX_POSITION_SIZE_LOTS,
        ),
        FigureKind.EXACT,
    ),
}
_NAMED_BY_LEVEL = frozenset({Breach.TRADING_NOT_ACTIVE, Breach.TRADING_STATE_UNKNOWN, Breach.TRADING_PAUSED})


def breach_detail(
    code: Breach,
    symbol: str,
    *,
    limit: Decimal | None = None,
    value: Decimal | None = None,
    scope: RiskLevel | None = None,
    note: str = "",
    price_tick: Decimal | None = None,
) -> BreachDetail:
    """Return the breach with its sentence: what was refused, the limit, the value. `price_tick` is the
    instrument's, None where that is not known."""
    if scope is None:
        owner = ""
    elif code in _NAMED_BY_LEVEL:
        owner = scope.value
    else:
        owner = f"the {scope.value}'s"
    kind = _KINDS.get(code, FigureKind.SHARE)
    limit_text, value_text = figures(kind, limit, value, symbol=symbol, price_tick=price_tick)
    message = f"{symbol} refused: " + _SENTENCES[code].format(
        limit=limit_text, value=value_text, scope=owner, note=note
    )
    return BreachDetail(code, message, limit, value, scope)
