"""For every declared limit: a value, and the facts at which exactly that much is used.

The order is that of `examples`: 1 000 of notional, 100 of margin, 20 at risk, 0.1 coin, one position.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as field_of
from decimal import Decimal

from app.domain.breaches import Breach
from app.domain.risk_facts import LossWindow, MarketFacts, OrderIntent, WalletFacts
from app.domain.types import RiskLevel
from tests.domain.examples import HOLDING, INSTRUMENT, INTENT, MARKET, WALLET

NOW_MS = 50_000_000
LATER = replace(INTENT, expires_at_ms=60_000_000)
NOW = replace(MARKET, market_ms=NOW_MS)
LEVELS = (RiskLevel.USER, RiskLevel.WALLET, RiskLevel.STRATEGY, RiskLevel.SYMBOL)
TINY = Decimal("1e-8")
START = Decimal(10_000)
Facts = Mapping[str, object]


@dataclass(frozen=True)
class AggregateExample:
    """`facts(level, amount)` are the level's facts when `amount` is used beside the order; the limit is
    reached at `at`, and `step` is the smallest amount that tells inside from outside."""

    field: str
    limit: Decimal
    breach: Breach
    facts: Callable[[RiskLevel, Decimal], Facts]
    missing: str
    at: Decimal
    step: Decimal = TINY
    beside: Mapping[str, object] = field_of(default_factory=dict)


def _fact(name: str) -> Callable[[RiskLevel, Decimal], Facts]:
    return lambda _level, amount: {name: amount}


def _count(name: str) -> Callable[[RiskLevel, Decimal], Facts]:
    return lambda _level, amount: {name: int(amount)}


def _lost(window: str) -> Callable[[RiskLevel, Decimal], Facts]:
    def facts(level: RiskLevel, amount: Decimal) -> Facts:
        if level in (RiskLevel.USER, RiskLevel.WALLET):
            return {"equity": START - amount}
        return {window: LossWindow(START, pnl=-amount)}

    return facts


def _fallen(level: RiskLevel, amount: Decimal) -> Facts:
    own = level in (RiskLevel.USER, RiskLevel.WALLET)
    return {"equity" if own else "book_equity": START - amount}


def _correlated(_level: RiskLevel, amount: Decimal) -> Facts:
    return {"position_correlations": (Decimal("0.7"), *[Decimal("0.700001")] * int(amount))}


def _minutes(name: str) -> Callable[[RiskLevel, Decimal], Facts]:
    return lambda _level, amount: {name: NOW_MS - int(amount * 60_000)}


_MS = Decimal(1) / 60_000
_ONE = Decimal(1)
AGGREGATES = (
    AggregateExample(
        "max_portfolio_heat_fraction",
        Decimal("0.5"),
        Breach.PORTFOLIO_HEAT,
        _fact("notional"),
        "notional",
        Decimal(4_000),
    ),
    AggregateExample(
        "max_open_risk_fraction",
        Decimal("0.1"),
        Breach.OPEN_RISK,
        _fact("open_risk"),
        "open_risk",
        Decimal(980),
    ),
    AggregateExample(
        "max_margin_utilisation_fraction",
        Decimal("0.2"),
        Breach.MARGIN_UTILISATION,
        _fact("margin_used"),
        "margin_used",
        Decimal(1_900),
    ),
    AggregateExample(
        "max_single_asset_exposure_fraction",
        Decimal("0.2"),
        Breach.SINGLE_ASSET_EXPOSURE,
        _fact("asset_notional"),
        "asset_notional",
        Decimal(1_000),
    ),
    AggregateExample(
        "max_open_positions",
        Decimal(5),
        Breach.MAX_OPEN_POSITIONS,
        _count("open_positions"),
        "open_positions",
        Decimal(4),
        _ONE,
    ),
    AggregateExample(
        "max_positions_per_strategy",
        Decimal(3),
        Breach.MAX_POSITIONS_PER_STRATEGY,
        _count("positions_in_strategy"),
        "positions_in_strategy",
        Decimal(2),
        _ONE,
    ),
    AggregateExample(
        "max_positions_per_symbol",
        Decimal(2),
        Breach.MAX_POSITIONS_PER_SYMBOL,
        _count("positions_in_symbol"),
        "positions_in_symbol",
        Decimal(1),
        _ONE,
    ),
    AggregateExample(
        "max_correlated_positions",
        Decimal(2),
        Breach.CORRELATED_POSITIONS,
        _correlated,
        "position_correlations",
        Decimal(2),
        _ONE,
        {"max_correlation": Decimal("0.7")},
    ),
    *(
        AggregateExample(
            f"max_{word}_loss_{unit}",
            limit,
            Breach(f"{word}_loss_{shown}"),
            _lost(window),
            window,
            Decimal(500),
        )
        for word, window in (("daily", "day"), ("weekly", "week"), ("monthly", "month"))
        for unit, shown, limit in (("usd", "usd", Decimal(500)), ("fraction", "percent", Decimal("0.05")))
    ),
    AggregateExample(
        "max_drawdown_fraction", Decimal("0.15"), Breach.MAX_DRAWDOWN, _fallen, "peak_equity", Decimal(1_500)
    ),
    AggregateExample(
        "max_consecutive_losses",
        Decimal(3),
        Breach.CONSECUTIVE_LOSSES,
        _count("consecutive_losses"),
        "consecutive_losses",
        Decimal(3),
        _ONE,
    ),
    AggregateExample(
        "max_trades_per_day",
        Decimal(10),
        Breach.MAX_TRADES_PER_DAY,
        _count("trades_today"),
        "trades_today",
        Decimal(9),
        _ONE,
    ),
    AggregateExample(
        "max_orders_per_minute",
        Decimal(6),
        Breach.ORDER_RATE,
        _count("orders_last_minute"),
        "orders_last_minute",
        Decimal(5),
        _ONE,
    ),
    AggregateExample(
        "cooldown_minutes_after_exit",
        Decimal(30),
        Breach.COOLDOWN_AFTER_EXIT,
        _minutes("last_exit_ms"),
        "last_exit_ms",
        Decimal(30),
        _MS,
    ),
    AggregateExample(
        "cooldown_minutes_after_loss",
        Decimal(60),
        Breach.COOLDOWN_AFTER_LOSS,
        _minutes("last_loss_ms"),
        "last_loss_ms",
        Decimal(60),
        _MS,
    ),
)


@dataclass(frozen=True)
class OrderExample:
    """The limit at which the order, in that market, is exactly at it; `step` tells inside from outside."""

    field: str
    limit: Decimal
    breach: Breach
    intent: OrderIntent = INTENT
    market: MarketFacts = MARKET
    step: Decimal = TINY
    wallet: WalletFacts = WALLET
    beside: Mapping[str, object] = field_of(default_factory=dict)


_BEYOND = replace(INTENT, liquidation_price=Decimal(9_700))
ORDERS = (
    OrderExample("max_position_size_usd", Decimal(1_000), Breach.MAX_POSITION_SIZE_USD),
    OrderExample("max_position_size_fraction", Decimal("0.1"), Breach.MAX_POSITION_SIZE_PERCENT),
    OrderExample("max_position_size_lots", Decimal("0.1"), Breach.MAX_POSITION_SIZE_LOTS),
    OrderExample(
        "max_position_size_lots",
        Decimal(10),
        Breach.MAX_POSITION_SIZE_LOTS,
        market=replace(MARKET, instrument=replace(INSTRUMENT, lot_size=Decimal("0.01"))),
    ),
    OrderExample("max_risk_per_trade_fraction", Decimal("0.002"), Breach.MAX_RISK_PER_TRADE),
    OrderExample("max_order_notional_usd", Decimal(1_000), Breach.MAX_ORDER_NOTIONAL),
    OrderExample("max_leverage", Decimal("0.1"), Breach.MAX_LEVERAGE),
    OrderExample(
        "max_adds_per_trade",
        Decimal(2),
        Breach.MAX_ADDS_PER_TRADE,
        intent=replace(INTENT, adds=True),
        wallet=HOLDING,
        beside={"enable_pyramiding": True},
    ),
    OrderExample(
        "max_dca_steps",
        Decimal(2),
        Breach.MAX_DCA_STEPS,
        intent=replace(INTENT, adds=True, ladder_step=2),
        wallet=HOLDING,
        beside={"enable_dca": True},
    ),
    OrderExample("min_signal_confidence", Decimal("0.8"), Breach.SIGNAL_CONFIDENCE),
    OrderExample("min_risk_reward_ratio", Decimal("1.5"), Breach.RISK_REWARD),
    OrderExample("max_price_age_seconds", Decimal(1), Breach.PRICE_STALE),
    OrderExample("max_balance_age_seconds", Decimal(1), Breach.BALANCE_STALE),
    OrderExample(
        "max_entry_slippage_fraction",
        Decimal("0.01"),
        Breach.PRICE_MOVED,
        market=replace(MARKET, mark_price=Decimal(10_100)),
    ),
    OrderExample("min_stop_distance_ticks", Decimal(2_000), Breach.STOP_TOO_NEAR),
    OrderExample("max_stop_distance_fraction", Decimal("0.02"), Breach.STOP_TOO_FAR),
    OrderExample("min_liquidation_buffer_fraction", Decimal("0.01"), Breach.LIQUIDATION_NEAR, intent=_BEYOND),
    OrderExample(
        "max_peg_deviation_fraction",
        Decimal("0.01"),
        Breach.PEG_BROKEN,
        market=replace(MARKET, quote_usd_price=Decimal("0.99")),
    ),
    OrderExample(
        "max_peg_deviation_fraction",
        Decimal("0.01"),
        Breach.PEG_BROKEN,
        market=replace(MARKET, quote_usd_price=Decimal("1.01")),
    ),
)
