"""One question to the rulebook, whole: an entry, how it is sized, and every fact and limit that decides.

Calculator, validation, preview, gate and backtest build a `RiskCase` and ask `decision.decide`; the same case
always has the same answer, and its receipt can be decided again anywhere.
"""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.breaches import BreachDetail
from app.domain.position_size import PositionSize
from app.domain.risk_facts import (
    NO_STRATEGY_FACTS,
    NO_SYMBOL_FACTS,
    MarketFacts,
    OrderIntent,
    StrategyFacts,
    SymbolFacts,
    UserFacts,
    WalletFacts,
)
from app.domain.risk_limits import LimitLevels
from app.domain.types import Environment, Side, SizingMethod


@dataclass(frozen=True, slots=True)
class ClosedTradeStatistics:
    """The user's closed trades of one strategy in one environment, net of costs.

    `average_win` and `average_loss` are both positive, in quote currency; zero where there is none.
    """

    trades: int
    wins: int
    average_win: Decimal
    average_loss: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryOrder:
    """An entry before it has a size; the fields are those of `OrderIntent`."""

    symbol: str
    environment: Environment
    side: Side
    signal_price: Decimal
    entry_price: Decimal
    stop_price: Decimal | None
    take_profit_price: Decimal | None
    signal_confidence: Decimal | None
    expires_at_ms: int
    slippage_allowance_fraction: Decimal
    adds: bool = False
    liquidation_price: Decimal | None = None

    def sized(self, size: PositionSize) -> OrderIntent:
        """Return the order with its size."""
        return OrderIntent(
            symbol=self.symbol,
            environment=self.environment,
            side=self.side,
            signal_price=self.signal_price,
            entry_price=self.entry_price,
            stop_price=self.stop_price,
            take_profit_price=self.take_profit_price,
            signal_confidence=self.signal_confidence,
            expires_at_ms=self.expires_at_ms,
            size=size,
            slippage_allowance_fraction=self.slippage_allowance_fraction,
            adds=self.adds,
            liquidation_price=self.liquidation_price,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingTerms:
    """How a size is proposed. `leverage` is the venue's setting of the wallet. `statistics` is what Kelly
    asks about, None where there is no closed trade. `daily_volatility` is the standard deviation of the
    symbol's daily returns, a fraction, None where not known. `planned_quantity` is the most that may be
    traded because it was planned and reserved before; None where nothing was."""

    method: SizingMethod
    leverage: int
    risk_per_trade_fraction: Decimal
    fixed_amount_usd: Decimal | None = None
    kelly_fraction: Decimal = Decimal("0.25")
    statistics: ClosedTradeStatistics | None = None
    daily_volatility: Decimal | None = None
    planned_quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskCase:
    """An entry and everything that decides about it."""

    order: EntryOrder
    terms: SizingTerms
    market: MarketFacts
    wallet: WalletFacts
    user: UserFacts
    limits: LimitLevels
    strategy: StrategyFacts = NO_STRATEGY_FACTS
    symbol: SymbolFacts = NO_SYMBOL_FACTS


@dataclass(frozen=True, slots=True)
class RiskAnswer:
    """The answer to a case: the size, and every breach, none where it is approved."""

    size: PositionSize
    breaches: tuple[BreachDetail, ...]

    @property
    def approved(self) -> bool:
        return not self.breaches
