"""How much of an aggregate limit one level uses now: the same sums that the gate holds against it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.domain.drawdown import drawdown_fraction
from app.domain.exposure import fraction_of_equity
from app.domain.limit_table import LIMITS, Aggregation, LimitDeclaration, Refuses, Resets
from app.domain.loss_windows import window_loss
from app.domain.risk_facts import LossWindow, ScopeFacts, StrategyFacts, SymbolFacts
from app.domain.risk_limits import RiskLimits

# What they compare depends on the order that is asked about, so that there is no use of them by itself.
PER_ORDER: Final = frozenset(
    {
        "max_positions_per_wallet",
        "max_positions_per_strategy",
        "max_positions_per_symbol",
        "max_correlated_positions",
        "max_single_asset_exposure_fraction",
        "cooldown_minutes_after_exit",
        "cooldown_minutes_after_loss",
    }
)
MEASURED: Final = tuple(
    declared
    for declared in LIMITS
    if declared.aggregation is Aggregation.AGGREGATE and declared.field not in PER_ORDER
)
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class LimitUse:
    """A limit's use, in the field's unit (fractions 0-1). `used` is None where a fact is not known, `limit`
    where the level has no opinion. `reached`: an entry that uses more of it would be refused; a tripped loss
    limit stays reached until its window ends."""

    declared: LimitDeclaration
    used: Decimal | None
    limit: Decimal | None
    reached: bool


def uses_of(facts: ScopeFacts, limits: RiskLimits) -> list[LimitUse]:
    """Return the use of every limit that has one by itself, in the order of the declarations."""
    return [_use(declared, facts, limits) for declared in MEASURED]


def _use(declared: LimitDeclaration, facts: ScopeFacts, limits: RiskLimits) -> LimitUse:
    held = getattr(limits, declared.field)
    limit = None if held is None else Decimal(held)
    used = _used(declared, facts)
    reached = used is not None and limit is not None and used >= limit
    window = _window(declared, facts)
    if window is not None and limit is not None:
        reached = reached or window.tripped
    return LimitUse(declared, used, limit, reached)


def _used(declared: LimitDeclaration, facts: ScopeFacts) -> Decimal | None:
    match declared.field:
        case "max_portfolio_heat_fraction":
            return _of_equity(facts, facts.notional, facts.reserved_notional)
        case "max_open_risk_fraction":
            return _of_equity(facts, facts.open_risk, facts.reserved_risk)
        case "max_margin_utilisation_fraction":
            return _of_equity(facts, facts.margin_used, facts.reserved_margin)
        case "max_open_positions":
            return _sum(facts.open_positions, facts.pending_entries)
        case "max_drawdown_fraction":
            return drawdown_fraction(facts.peak_equity, _book(facts))
        case "max_consecutive_losses":
            return _sum(facts.consecutive_losses)
        case "max_trades_per_day":
            return _sum(facts.trades_today)
        case "max_orders_per_minute":
            return _sum(facts.orders_last_minute)
        case _:
            return _loss(declared, facts)


def _book(facts: ScopeFacts) -> Decimal | None:
    """Return the equity that a drawdown is read from: a strategy and a symbol have only their trades'."""
    return facts.book_equity if isinstance(facts, StrategyFacts | SymbolFacts) else facts.equity


def _loss(declared: LimitDeclaration, facts: ScopeFacts) -> Decimal | None:
    """Return the window's loss, zero where it is a gain; as a fraction None where its base is zero."""
    window = _window(declared, facts)
    if window is None or facts.equity is None:
        return None
    equity = facts.equity
    if window.pnl is not None:
        equity = window.start_equity + window.deposits - window.withdrawals + window.pnl
    verdict = window_loss(window, equity)
    if declared.field.endswith("_usd"):
        return max(verdict.loss, _ZERO)
    return None if verdict.percent is None else max(verdict.percent, _ZERO) / 100


def _window(declared: LimitDeclaration, facts: ScopeFacts) -> LossWindow | None:
    if declared.refuses is not Refuses.AT or declared.resets is None:
        return None
    return {Resets.DAY: facts.day, Resets.WEEK: facts.week, Resets.MONTH: facts.month}[declared.resets]


def _of_equity(facts: ScopeFacts, *amounts: Decimal | None) -> Decimal | None:
    total = _sum(*amounts)
    return None if total is None else fraction_of_equity(total, facts.equity)


def _sum(*amounts: Decimal | int | None) -> Decimal | None:
    total = _ZERO
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total
