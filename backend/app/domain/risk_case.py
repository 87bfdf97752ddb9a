"""One question to the rulebook, whole: an entry, how it is sized, and every fact and limit that decides.

Calculator, validation, preview, gate and backtest build a `RiskCase` and ask `decision.decide`; the same case
always has the same answer, and its receipt can be decided again anywhere.
"""

from decimal import Decimal

from app.domain.breaches import BreachDetail
from app.domain.position_size import PositionSize, Rung
from app.domain.records import Record
from app.domain.risk_facts import (
    NO_STRATEGY_FACTS,
    NO_SYMBOL_FACTS,
    EntryOrder,
    MarketFacts,
    StrategyFacts,
    SymbolFacts,
    UserFacts,
    WalletFacts,
)
from app.domain.risk_limits import LimitLevels
from app.domain.types import SizingMethod


class ClosedTradeStatistics(Record, frozen=True):
    """The user's closed trades of one strategy in one environment, net of costs.

    `average_win` and `average_loss` are both positive, in quote currency; zero where there is none.
    """

    trades: int
    wins: int
    average_win: Decimal
    average_loss: Decimal


class SizingTerms(Record, frozen=True, kw_only=True):
    """How a size is proposed. `leverage` is the venue's setting of the wallet. `statistics` is what Kelly
    asks about, None where there is no closed trade. `daily_volatility` is the standard deviation of the
    symbol's daily returns, a fraction, None where not known. `planned_quantity` is the most that may be
    traded because it was planned and reserved before; None where nothing was. `planned_steps` are the steps of the
    ladder that is reserved behind it; None without one."""

    method: SizingMethod
    leverage: int
    risk_per_trade_fraction: Decimal
    fixed_amount_usd: Decimal | None = None
    kelly_fraction: Decimal = Decimal("0.25")
    statistics: ClosedTradeStatistics | None = None
    daily_volatility: Decimal | None = None
    planned_quantity: Decimal | None = None
    planned_steps: tuple[Rung, ...] | None = None


class RiskCase(Record, frozen=True, kw_only=True):
    """An entry and everything that decides about it."""

    order: EntryOrder
    terms: SizingTerms
    market: MarketFacts
    wallet: WalletFacts
    user: UserFacts
    limits: LimitLevels
    strategy: StrategyFacts = NO_STRATEGY_FACTS
    symbol: SymbolFacts = NO_SYMBOL_FACTS


class RiskAnswer(Record, frozen=True):
    """The answer to a case: the size, and every breach, none where it is approved."""

    size: PositionSize
    breaches: tuple[BreachDetail, ...]

    @property
    def approved(self) -> bool:
        return not self.breaches
