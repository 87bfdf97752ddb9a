"""How much of an aggregate limit one level uses now: the same sums that the gate holds against it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.domain.drawdown import drawdown_fraction
from app.domain.exposure import fraction_of_equity
from app.domain.limit_table import LIMITS, Aggregation, LimitDeclaration, Refuses, Resets
from app.domain.loss_windows import window_loss
from app.domain.risk_facts import LossWindow, ScopeFacts, StrategyFacts, SymbolFacts
from app.domain.risk_limits import RiskLimits

# What they compare depends on the order that is asked about: why, and what is shown without one.
PER_ORDER: Final[Mapping[str, str]] = {
    "max_positions_per_wallet": "Counted in the order's wallet; the fullest is shown.",
    "max_positions_per_strategy": "Counted in the order's strategy; the fullest is shown.",
    "max_positions_per_symbol": "Counted in the order's symbol; the fullest is shown.",
    "max_single_asset_exposure_fraction": "Of the order's base asset; the largest is shown.",
    "max_correlated_positions": "Depends on the order's symbol and side: no use without an order.",
    "cooldown_minutes_after_exit": "Depends on the order's symbol: no use without an order.",
    "cooldown_minutes_after_loss": "Depends on the order's symbol: no use without an order.",
}
MEASURED: Final = tuple(declared for declared in LIMITS if declared.aggregation is Aggregation.AGGREGATE)
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class LimitUse:
    """A limit's use, in the field's unit (fractions 0-1). `used` is None where a fact is not known, `limit`
    where the level has no opinion. `reached`: an entry that uses more of it would be refused; a tripped loss
    limit stays reached until its window ends. `note` says why a use depends on an order, None where it does
    not."""

    declared: LimitDeclaration
    used: Decimal | None
    limit: Decimal | None
    reached: bool
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Holdings:
    """A level's facts as they are for an order in each strategy and symbol in which something is held or awaited,
    and the facts of the wallets in which it may be made."""

    orders: Sequence[ScopeFacts] = ()
    wallets: Sequence[ScopeFacts] = ()


def uses_of(facts: ScopeFacts, limits: RiskLimits, holdings: Holdings) -> list[LimitUse]:
    """Return the use of every aggregate limit, in the order of the declarations. Of one that depends on an order
    the largest use among what is held, None where there is none without an order; where no such limit stands it
    is left out."""
    return [
        _use(declared, facts, limits, holdings)
        for declared in MEASURED
        if declared.field not in PER_ORDER or getattr(limits, declared.field) is not None
    ]


def _use(declared: LimitDeclaration, facts: ScopeFacts, limits: RiskLimits, holdings: Holdings) -> LimitUse:
    held = getattr(limits, declared.field)
    limit = None if held is None else Decimal(held)
    note = PER_ORDER.get(declared.field)
    used = _used(declared, facts) if note is None else _largest(declared, holdings)
    reached = used is not None and limit is not None and used >= limit
    window = _window(declared, facts)
    if window is not None and limit is not None:
        reached = reached or window.tripped
    return LimitUse(declared, used, limit, reached, note)


def _largest(declared: LimitDeclaration, holdings: Holdings) -> Decimal | None:
    """Return the largest use that an order would find now; zero where nothing is held."""
    match declared.field:
        case "max_positions_per_wallet":
            found = [_sum(one.open_positions, one.pending_entries) for one in holdings.wallets]
        case "max_positions_per_strategy":
            found = [_sum(one.positions_in_strategy) for one in holdings.orders]
        case "max_positions_per_symbol":
            found = [_sum(one.positions_in_symbol) for one in holdings.orders]
        case "max_single_asset_exposure_fraction":
            found = [_of_equity(one, one.asset_notional) for one in holdings.orders]
        case _:
            return None
    known = [use for use in found if use is not None]
    return max(known, default=_ZERO) if len(known) == len(found) else None


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
