"""One calm case that every check lets pass; each test changes one fact of it."""

from collections.abc import Mapping
from dataclasses import fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from app.domain.limits import (
    LimitLevels,
    LossWindow,
    MarketFacts,
    OrderIntent,
    RefusedOrder,
    RiskLimits,
    StrategyFacts,
    SymbolFacts,
    UserFacts,
    WalletFacts,
    review,
)
from app.domain.position_size import PositionSize
from app.domain.risk_facts import NEVER_MS, OpenTrade
from app.domain.sizing import SizingInputs
from app.domain.types import Environment, Instrument, Side, SizingMethod, TradingState

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = TypeVar("Row", bound="DataclassInstance")

SYMBOL = "BTC/USDT:USDT"
INSTRUMENT = Instrument(
    symbol=SYMBOL,
    price_tick=Decimal("0.1"),
    quantity_step=Decimal("0.001"),
    min_quantity=Decimal("0.001"),
    max_quantity=Decimal(1000),
    min_notional=Decimal(5),
    contract_size=Decimal(1),
    max_leverage=125,
    taker_fee_rate=Decimal(0),
    maker_fee_rate=Decimal(0),
)
# 0.1 coin at 10 000: 1 000 of notional, 100 of margin at 10x, 20 at risk, 30 to win.
SIZE = PositionSize(
    quantity=Decimal("0.1"),
    notional=Decimal(1000),
    margin=Decimal(100),
    risk_amount=Decimal(20),
    risk_reward=Decimal("1.5"),
    binding_cap=None,
    method=SizingMethod.FIXED_PERCENT,
)
INTENT = OrderIntent(
    symbol=SYMBOL,
    environment=Environment.PAPER,
    side=Side.LONG,
    signal_price=Decimal(10_000),
    entry_price=Decimal(10_000),
    stop_price=Decimal(9_800),
    take_profit_price=Decimal(10_300),
    signal_confidence=Decimal("0.8"),
    expires_at_ms=60_000,
    size=SIZE,
    slippage_allowance_fraction=Decimal(0),
)
MARKET = MarketFacts(
    platform_state=TradingState.ACTIVE,
    venue_state=TradingState.ACTIVE,
    instrument=INSTRUMENT,
    mark_price=Decimal(10_000),
    price_age_seconds=1.0,
    market_ms=0,
)
DAY = LossWindow(start_equity=Decimal(10_000))
WALLET = WalletFacts(
    trading_state=TradingState.ACTIVE,
    equity=Decimal(10_000),
    open_positions=0,
    pending_entries=0,
    notional=Decimal(0),
    reserved_notional=Decimal(0),
    open_risk=Decimal(0),
    reserved_risk=Decimal(0),
    asset_notional=Decimal(0),
    day=DAY,
    week=DAY,
    month=DAY,
    peak_equity=Decimal(10_000),
    margin_used=Decimal(0),
    positions_in_strategy=0,
    positions_in_symbol=0,
    consecutive_losses=0,
    trades_today=0,
    orders_last_minute=0,
    last_exit_ms=NEVER_MS,
    last_loss_ms=NEVER_MS,
    position_correlations=(),
    free_margin=Decimal(10_000),
    reserved_margin=Decimal(0),
    balance_age_seconds=1.0,
    symbol_is_open=False,
)
HELD = OpenTrade(
    side=Side.LONG,
    entry_price=Decimal(9_900),
    quantity=Decimal("0.1"),
    notional=Decimal(1_000),
    risk_amount=Decimal(0),
    additions=1,
)
"""A position in profit that can lose no more, and to which was added once."""
HOLDING = replace(WALLET, symbol_is_open=True, open_trade=HELD)
USER = UserFacts(
    trading_state=TradingState.ACTIVE,
    equity=Decimal(10_000),
    open_positions=0,
    pending_entries=0,
    notional=Decimal(0),
    reserved_notional=Decimal(0),
    open_risk=Decimal(0),
    reserved_risk=Decimal(0),
    asset_notional=Decimal(0),
    day=DAY,
    week=DAY,
    month=DAY,
    peak_equity=Decimal(10_000),
    margin_used=Decimal(0),
    reserved_margin=Decimal(0),
    positions_in_strategy=0,
    positions_in_symbol=0,
    consecutive_losses=0,
    trades_today=0,
    orders_last_minute=0,
    last_exit_ms=NEVER_MS,
    last_loss_ms=NEVER_MS,
    position_correlations=(),
)
OWN = LossWindow(start_equity=Decimal(10_000), pnl=Decimal(0))
STRATEGY = StrategyFacts(
    equity=Decimal(10_000),
    open_positions=0,
    pending_entries=0,
    positions_in_strategy=0,
    positions_in_symbol=0,
    notional=Decimal(0),
    reserved_notional=Decimal(0),
    open_risk=Decimal(0),
    reserved_risk=Decimal(0),
    asset_notional=Decimal(0),
    margin_used=Decimal(0),
    reserved_margin=Decimal(0),
    day=OWN,
    week=OWN,
    month=OWN,
    peak_equity=Decimal(10_000),
    book_equity=Decimal(10_000),
    consecutive_losses=0,
    trades_today=0,
    orders_last_minute=0,
    last_exit_ms=NEVER_MS,
    last_loss_ms=NEVER_MS,
    position_correlations=(),
)
SYMBOL_FACTS = SymbolFacts(**{field.name: getattr(STRATEGY, field.name) for field in fields(STRATEGY)})
NO_LIMITS = LimitLevels(RiskLimits(), RiskLimits(), RiskLimits())
SIZING = SizingInputs(
    method=SizingMethod.FIXED_PERCENT,
    side=Side.LONG,
    entry_price=Decimal(10_000),
    stop_price=Decimal(9_800),
    take_profit_price=None,
    instrument=INSTRUMENT,
    equity=Decimal(10_000),
    free_margin=Decimal(10_000),
    notional_used=Decimal(0),
    leverage=10,
    limits=RiskLimits(),
    risk_per_trade_fraction=Decimal("0.01"),
    slippage_allowance_fraction=Decimal(0),
)


def user_limits(limits: RiskLimits) -> LimitLevels:
    return replace(NO_LIMITS, user=limits)


def wallet_limits(limits: RiskLimits) -> LimitLevels:
    return replace(NO_LIMITS, wallet=limits)


def codes(
    intent: OrderIntent = INTENT,
    market: MarketFacts = MARKET,
    wallet: WalletFacts = WALLET,
    user: UserFacts = USER,
    limits: LimitLevels = NO_LIMITS,
    strategy: StrategyFacts = STRATEGY,
    symbol: SymbolFacts = SYMBOL_FACTS,
) -> list[str]:
    """Return the breaches as "code" or "code:level", an empty list when approved."""
    verdict = review(intent, market, wallet, user, limits, strategy, symbol)
    if not isinstance(verdict, RefusedOrder):
        return []
    return [f"{b.code}:{b.scope}" if b.scope else str(b.code) for b in verdict.breaches]


def with_facts(row: Row, changed: Mapping[str, object]) -> Row:
    """Return the row with the named fields changed."""
    values: Any = changed
    return replace(row, **values)


def one_limit(field: str, value: Decimal) -> RiskLimits:
    """Return limits with that one opinion."""
    return with_facts(RiskLimits(), {field: value})
