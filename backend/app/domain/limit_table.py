"""Every limit, declared once: the gate, the status, the API, the form and the specification read this list.

A limit is one field of `RiskLimits`. Usage limits refuse above the limit, loss limits at it, minimums below.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from app.domain.breaches import Breach
from app.domain.types import RiskLevel


class LimitUnit(StrEnum):
    """The unit in which a limit is stored, sent and shown. Percent is 0-100, `confidence` 0-1."""

    USD = "usd"
    PERCENT = "percent"
    BPS = "bps"
    COUNT = "count"
    RATIO = "ratio"
    CONFIDENCE = "confidence"
    CORRELATION = "correlation"
    LOTS = "lots"
    TICKS = "ticks"
    SECONDS = "seconds"
    MINUTES = "minutes"


class Refuses(StrEnum):
    """Where a limit begins to refuse: a usage above it, a loss at it, a minimum below it."""

    ABOVE = "above"
    AT = "at"
    BELOW = "below"


class Aggregation(StrEnum):
    """`per_trade`: the strictest opinion of all levels binds each order. `aggregate`: each level's limit is
    held against that level's own sum."""

    PER_TRADE = "per_trade"
    AGGREGATE = "aggregate"


class Resets(StrEnum):
    """When the use of a limit begins anew, in the user's time zone."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitDeclaration:
    """One limit. `field` names it in `RiskLimits`, `setting` at the API and in the table (None: the
    platform's own, no user sets it). `breaches` are the codes of its refusals and `unknown` the code where
    its fact is missing. `least` and `greatest` are the smallest and the largest value, as a field, that still mean
    something. `label` and `explains` are for people."""

    field: str
    setting: str | None
    label: str
    explains: str
    unit: LimitUnit
    refuses: Refuses
    aggregation: Aggregation
    levels: frozenset[RiskLevel]
    breaches: tuple[Breach, ...]
    unknown: Breach
    greatest: Decimal
    least: Decimal = Decimal(0)
    resets: Resets | None = None

    @property
    def name(self) -> str:
        """The limit's public name."""
        return self.field if self.setting is None else self.setting

    @property
    def shown_factor(self) -> int:
        """What the field is multiplied by to be stored and shown."""
        return _FACTORS.get(self.unit, 1)

    @property
    def larger_is_stricter(self) -> bool:
        return self.refuses is Refuses.BELOW


_FACTORS: Final = {LimitUnit.PERCENT: 100, LimitUnit.BPS: 10_000}
EVERY_LEVEL: Final = frozenset(set(RiskLevel) - {RiskLevel.VENUE})
_MOST_USD: Final = Decimal(1_000_000_000)
_MOST_LEVERED: Final = Decimal(125)
_WHOLE: Final = Decimal(1)
_MOST_COUNTED: Final = Decimal(10_000)


def _per_trade(
    field: str,
    setting: str | None,
    label: str,
    explains: str,
    unit: LimitUnit,
    breach: Breach,
    greatest: Decimal,
    *,
    unknown: Breach = Breach.AMOUNT_OUT_OF_RANGE,
    refuses: Refuses = Refuses.ABOVE,
    least: Decimal = Decimal(0),
) -> LimitDeclaration:
    return LimitDeclaration(
        field=field,
        setting=setting,
        label=label,
        explains=explains,
        unit=unit,
        refuses=refuses,
        aggregation=Aggregation.PER_TRADE,
        levels=EVERY_LEVEL,
        breaches=(breach,),
        unknown=unknown,
        greatest=greatest,
        least=least,
    )


def _aggregate(
    field: str,
    setting: str | None,
    label: str,
    explains: str,
    unit: LimitUnit,
    breaches: tuple[Breach, ...],
    unknown: Breach,
    greatest: Decimal,
    *,
    refuses: Refuses = Refuses.ABOVE,
    resets: Resets | None = None,
) -> LimitDeclaration:
    return LimitDeclaration(
        field=field,
        setting=setting,
        label=label,
        explains=explains,
        unit=unit,
        refuses=refuses,
        aggregation=Aggregation.AGGREGATE,
        levels=EVERY_LEVEL,
        breaches=breaches,
        unknown=unknown,
        greatest=greatest,
        resets=resets,
    )


_SIZE: Final = (
    _per_trade(
        "max_position_size_usd", "max_position_size_usd", "Largest position",
        "Notional of one position.",
        LimitUnit.USD, Breach.MAX_POSITION_SIZE_USD, _MOST_USD,
    ),
    _per_trade(
        "max_position_size_fraction", "max_position_size_percent", "Largest position",
        "Notional of one position, of the wallet's equity.",
        LimitUnit.PERCENT, Breach.MAX_POSITION_SIZE_PERCENT, _MOST_LEVERED,
    ),
    _per_trade(
        "max_position_size_lots", "max_position_size_lots", "Largest position in lots",
        "Quantity of one position, in the venue's lots.",
        LimitUnit.LOTS, Breach.MAX_POSITION_SIZE_LOTS, Decimal(1_000_000),
    ),
    _per_trade(
        "max_risk_per_trade_fraction", "max_risk_per_trade_percent", "Largest risk of a trade",
        "Loss at the stop, fees and slippage allowance included, of the wallet's equity.",
        LimitUnit.PERCENT, Breach.MAX_RISK_PER_TRADE, _WHOLE, unknown=Breach.RISK_UNKNOWN,
    ),
    _per_trade(
        "max_order_notional_usd", None, "Largest order",
        "Notional of one order, whoever sends it.",
        LimitUnit.USD, Breach.MAX_ORDER_NOTIONAL, _MOST_USD,
    ),
    _per_trade(
        "max_leverage", "max_leverage", "Largest leverage",
        "Notional of the wallet's positions over its equity, and the venue's own setting.",
        LimitUnit.RATIO, Breach.MAX_LEVERAGE, _MOST_LEVERED, unknown=Breach.EXPOSURE_UNKNOWN, least=_WHOLE,
    ),
    _per_trade(
        "max_adds_per_trade", "max_adds_per_trade", "Additions to a position",
        "How often may be added to one position.",
        LimitUnit.COUNT, Breach.MAX_ADDS_PER_TRADE, Decimal(100), unknown=Breach.PYRAMIDING_WITHOUT_POSITION,
    ),
    _per_trade(
        "max_dca_steps", "dca_max_steps", "Steps of a ladder",
        "How many steps lie between an entry and its stop, where averaging down is switched on.",
        LimitUnit.COUNT, Breach.MAX_DCA_STEPS, Decimal(20),
    ),
)  # fmt: skip
_QUALITY: Final = (
    _per_trade(
        "min_signal_confidence", "min_signal_confidence", "Least confidence",
        "The signal's confidence, 0 to 1.",
        LimitUnit.CONFIDENCE, Breach.SIGNAL_CONFIDENCE, _WHOLE,
        unknown=Breach.SIGNAL_CONFIDENCE_UNKNOWN, refuses=Refuses.BELOW,
    ),
    _per_trade(
        "min_risk_reward_ratio", "min_risk_reward_ratio", "Least reward-to-risk",
        "Net of costs, to the target; with scale-out on, to the targets of the parts, weighed by their sizes.",
        LimitUnit.RATIO, Breach.RISK_REWARD, Decimal(100),
        unknown=Breach.RISK_REWARD_UNKNOWN, refuses=Refuses.BELOW,
    ),
    _per_trade(
        "max_price_age_seconds", None, "Oldest price",
        "Age of the price that an entry is decided on.",
        LimitUnit.SECONDS, Breach.PRICE_STALE, Decimal(86_400), unknown=Breach.PRICE_UNKNOWN,
    ),
    _per_trade(
        "max_balance_age_seconds", None, "Oldest balance",
        "Age of the balance that an entry is decided on.",
        LimitUnit.SECONDS, Breach.BALANCE_STALE, Decimal(86_400), unknown=Breach.BALANCE_STALE,
    ),
    _per_trade(
        "max_entry_slippage_fraction", None, "Largest move since the signal",
        "How far the price may have moved against the signal.",
        LimitUnit.BPS, Breach.PRICE_MOVED, _WHOLE, unknown=Breach.PRICE_UNKNOWN,
    ),
    _per_trade(
        "min_stop_distance_ticks", None, "Nearest stop",
        "Distance of the stop from the mark price, in price ticks.",
        LimitUnit.TICKS, Breach.STOP_TOO_NEAR, Decimal(1_000_000),
        unknown=Breach.STOP_DISTANCE_UNKNOWN, refuses=Refuses.BELOW,
    ),
    _per_trade(
        "max_stop_distance_fraction", None, "Farthest stop",
        "Distance of the stop from the mark price, of that price.",
        LimitUnit.PERCENT, Breach.STOP_TOO_FAR, _WHOLE, unknown=Breach.STOP_DISTANCE_UNKNOWN,
    ),
    _per_trade(
        "min_liquidation_buffer_fraction", None, "Least distance from stop to liquidation",
        "How far beyond the stop the liquidation price lies, of the entry price.",
        LimitUnit.PERCENT, Breach.LIQUIDATION_NEAR, _WHOLE,
        unknown=Breach.LIQUIDATION_UNKNOWN, refuses=Refuses.BELOW,
    ),
    _per_trade(
        "max_peg_deviation_fraction", None, "Largest deviation of the quote currency from the dollar",
        "How far the quote currency is from one dollar.",
        LimitUnit.PERCENT, Breach.PEG_BROKEN, _WHOLE, unknown=Breach.PEG_UNKNOWN,
    ),
)  # fmt: skip
_EXPOSURE: Final = (
    _aggregate(
        "max_portfolio_heat_fraction", "max_portfolio_heat", "Exposure heat",
        "Notional of all positions and pending entries, of equity.",
        LimitUnit.PERCENT, (Breach.PORTFOLIO_HEAT,), Breach.EXPOSURE_UNKNOWN, _MOST_LEVERED,
    ),
    _aggregate(
        "max_open_risk_fraction", "max_open_risk_percent", "Open risk",
        "Loss if every stop fills, costs included, of equity; without a stop the whole notional.",
        LimitUnit.PERCENT, (Breach.OPEN_RISK,), Breach.EXPOSURE_UNKNOWN, _WHOLE,
    ),
    _aggregate(
        "max_margin_utilisation_fraction", "max_margin_utilisation_percent", "Margin in use",
        "Margin of all positions and pending entries, of equity.",
        LimitUnit.PERCENT, (Breach.MARGIN_UTILISATION,), Breach.MARGIN_UNKNOWN, _WHOLE,
    ),
    _aggregate(
        "max_single_asset_exposure_fraction", "max_single_asset_exposure_percent", "Exposure to one asset",
        "Notional in the order's base asset over all symbols, of equity.",
        LimitUnit.PERCENT, (Breach.SINGLE_ASSET_EXPOSURE,), Breach.EXPOSURE_UNKNOWN, _MOST_LEVERED,
    ),
    _aggregate(
        "max_open_positions", "max_open_positions", "Open positions",
        "Positions open or pending.",
        LimitUnit.COUNT, (Breach.MAX_OPEN_POSITIONS,), Breach.OPEN_POSITIONS_UNKNOWN, _MOST_COUNTED,
    ),
    _aggregate(
        "max_positions_per_wallet", "max_positions_per_wallet", "Open positions of a wallet",
        "Positions open or pending in the order's wallet.",
        LimitUnit.COUNT, (Breach.MAX_POSITIONS_PER_WALLET,), Breach.OPEN_POSITIONS_UNKNOWN, _MOST_COUNTED,
    ),
    _aggregate(
        "max_positions_per_strategy", "max_positions_per_strategy", "Open positions of a strategy",
        "Positions open or pending of the order's strategy.",
        LimitUnit.COUNT, (Breach.MAX_POSITIONS_PER_STRATEGY,), Breach.OPEN_POSITIONS_UNKNOWN, _MOST_COUNTED,
    ),
    _aggregate(
        "max_positions_per_symbol", "max_positions_per_symbol", "Open positions in a symbol",
        "Positions open or pending in the order's symbol.",
        LimitUnit.COUNT, (Breach.MAX_POSITIONS_PER_SYMBOL,), Breach.OPEN_POSITIONS_UNKNOWN, _MOST_COUNTED,
    ),
    _aggregate(
        "max_correlated_positions", "max_correlated_positions", "Correlated positions",
        "Open positions that correlate with the candidate above max_correlation, a hedge counted as none.",
        LimitUnit.COUNT, (Breach.CORRELATED_POSITIONS,), Breach.CORRELATION_UNKNOWN, _MOST_COUNTED,
    ),
)  # fmt: skip
CORRELATION_THRESHOLD: Final = _per_trade(
    "max_correlation", "max_correlation", "Correlation that counts",
    "Above it an open position counts as correlated with the candidate.",
    LimitUnit.CORRELATION, Breach.CORRELATED_POSITIONS, _WHOLE, unknown=Breach.CORRELATION_UNKNOWN,
)  # fmt: skip
_LOSS: Final = (
    _aggregate(
        "max_daily_loss_usd", "max_daily_loss_usd", "Loss of a day",
        "Loss of the calendar day, realised and unrealised, transfers apart.",
        LimitUnit.USD, (Breach.DAILY_LOSS_USD, Breach.DAILY_LOSS_BUDGET_USD), Breach.DAILY_LOSS_UNKNOWN,
        _MOST_USD, refuses=Refuses.AT, resets=Resets.DAY,
    ),
    _aggregate(
        "max_daily_loss_fraction", "max_daily_loss_percent", "Loss of a day",
        "Loss of the calendar day, of the equity at its start less what was withdrawn since.",
        LimitUnit.PERCENT, (Breach.DAILY_LOSS_PERCENT, Breach.DAILY_LOSS_BUDGET_PERCENT),
        Breach.DAILY_LOSS_UNKNOWN, _WHOLE, refuses=Refuses.AT, resets=Resets.DAY,
    ),
    _aggregate(
        "max_weekly_loss_usd", "max_weekly_loss_usd", "Loss of a week",
        "Loss of the calendar week, which begins on Monday.",
        LimitUnit.USD, (Breach.WEEKLY_LOSS_USD,), Breach.WEEKLY_LOSS_UNKNOWN,
        _MOST_USD, refuses=Refuses.AT, resets=Resets.WEEK,
    ),
    _aggregate(
        "max_weekly_loss_fraction", "max_weekly_loss_percent", "Loss of a week",
        "Loss of the calendar week, of the equity at its start less what was withdrawn since.",
        LimitUnit.PERCENT, (Breach.WEEKLY_LOSS_PERCENT,), Breach.WEEKLY_LOSS_UNKNOWN,
        _WHOLE, refuses=Refuses.AT, resets=Resets.WEEK,
    ),
    _aggregate(
        "max_monthly_loss_usd", "max_monthly_loss_usd", "Loss of a month",
        "Loss of the calendar month.",
        LimitUnit.USD, (Breach.MONTHLY_LOSS_USD,), Breach.MONTHLY_LOSS_UNKNOWN,
        _MOST_USD, refuses=Refuses.AT, resets=Resets.MONTH,
    ),
    _aggregate(
        "max_monthly_loss_fraction", "max_monthly_loss_percent", "Loss of a month",
        "Loss of the calendar month, of the equity at its start less what was withdrawn since.",
        LimitUnit.PERCENT, (Breach.MONTHLY_LOSS_PERCENT,), Breach.MONTHLY_LOSS_UNKNOWN,
        _WHOLE, refuses=Refuses.AT, resets=Resets.MONTH,
    ),
    _aggregate(
        "max_drawdown_fraction", "max_drawdown_percent", "Drawdown",
        "Peak to now of equity, transfers apart, of the peak.",
        LimitUnit.PERCENT, (Breach.MAX_DRAWDOWN,), Breach.DRAWDOWN_UNKNOWN, _WHOLE, refuses=Refuses.AT,
    ),
    _aggregate(
        "max_consecutive_losses", "max_consecutive_losses", "Losses in a row",
        "Closed trades below zero in a row, net of costs; a winner or a resume starts anew.",
        LimitUnit.COUNT, (Breach.CONSECUTIVE_LOSSES,), Breach.CONSECUTIVE_LOSSES_UNKNOWN,
        _MOST_COUNTED, refuses=Refuses.AT,
    ),
)  # fmt: skip
_PACE: Final = (
    _aggregate(
        "max_trades_per_day", "max_trades_per_day", "Trades of a day",
        "Entries of the calendar day, pending ones included.",
        LimitUnit.COUNT, (Breach.MAX_TRADES_PER_DAY,), Breach.TRADES_TODAY_UNKNOWN,
        _MOST_COUNTED, resets=Resets.DAY,
    ),
    _aggregate(
        "max_orders_per_minute", None, "Orders of a minute",
        "Entry orders of the last minute.",
        LimitUnit.COUNT, (Breach.ORDER_RATE,), Breach.ORDER_RATE_UNKNOWN, _MOST_COUNTED,
    ),
    _aggregate(
        "cooldown_minutes_after_exit", "cooldown_minutes_after_exit", "Rest after an exit",
        "Minutes without an entry in a symbol after leaving it.",
        LimitUnit.MINUTES, (Breach.COOLDOWN_AFTER_EXIT,), Breach.COOLDOWN_UNKNOWN,
        Decimal(43_200), refuses=Refuses.BELOW,
    ),
    _aggregate(
        "cooldown_minutes_after_loss", "cooldown_minutes_after_loss", "Rest after a loss",
        "Minutes without an entry in a symbol after losing in it.",
        LimitUnit.MINUTES, (Breach.COOLDOWN_AFTER_LOSS,), Breach.COOLDOWN_UNKNOWN,
        Decimal(43_200), refuses=Refuses.BELOW,
    ),
)  # fmt: skip
LIMITS: Final = (*_SIZE, *_QUALITY, *_EXPOSURE, CORRELATION_THRESHOLD, *_LOSS, *_PACE)
BY_FIELD: Final = {declared.field: declared for declared in LIMITS}
BY_SETTING: Final = {declared.setting: declared for declared in LIMITS if declared.setting is not None}
