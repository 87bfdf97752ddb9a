"""What each sizing method asks for: a part of equity to risk at the stop, an amount, or nothing and why.

`fixed_percent` risks a fixed part. `kelly` risks a quarter of the lower bound of the edge, times the signal's
confidence. `risk_parity` gives every position the same part of equity per day of volatility, and never risks
more than the fixed part at the stop. `fixed_amount` is a notional.
"""

import math
from decimal import Decimal
from typing import Final, assert_never

from app.domain import fixed_point as fp
from app.domain.position_size import SizeRefusal
from app.domain.records import Record
from app.domain.risk_case import ClosedTradeStatistics
from app.domain.types import SizingMethod

MIN_KELLY_TRADES: Final = 30
KELLY_Z: Final = 1.6448536269514722  # one-sided 95 %
ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)
_MOST: Final = fp.from_units(fp.MAX_UNITS)


class MethodProposal(Record, frozen=True):
    """What a method asks for: `risk_fraction` of equity at the stop, with `confidence_factor` in it, or an
    `amount` of notional. `volatility` is what risk parity divides by. `refusal` where it asks for nothing."""

    risk_fraction: Decimal | None = None
    amount: Decimal | None = None
    volatility: Decimal | None = None
    confidence_factor: Decimal = _ONE
    refusal: SizeRefusal | None = None


def method_proposal(
    method: SizingMethod,
    *,
    risk_per_trade_fraction: Decimal,
    fixed_amount_usd: Decimal | None,
    kelly_fraction: Decimal,
    statistics: ClosedTradeStatistics | None,
    signal_confidence: Decimal | None,
    daily_volatility: Decimal | None,
) -> MethodProposal:
    """Return what the method asks for."""
    match method:
        case SizingMethod.FIXED_PERCENT:
            return _risking(risk_per_trade_fraction)
        case SizingMethod.FIXED_AMOUNT:
            if fixed_amount_usd is None or not fixed_amount_usd.is_finite():
                return MethodProposal(refusal=SizeRefusal.FIXED_AMOUNT_MISSING)
            return MethodProposal(amount=_at_least_zero(fixed_amount_usd))
        case SizingMethod.KELLY:
            return _kelly(statistics, kelly_fraction, risk_per_trade_fraction, signal_confidence)
        case SizingMethod.RISK_PARITY:
            if not is_above_zero(daily_volatility):
                return MethodProposal(refusal=SizeRefusal.VOLATILITY_UNKNOWN)
            return MethodProposal(
                risk_fraction=max(risk_per_trade_fraction, ZERO), volatility=daily_volatility
            )
        case _:
            assert_never(method)


def is_above_zero(amount: Decimal | None) -> bool:
    """Whether there is an amount, above zero and within what fixed point can decide."""
    return amount is not None and amount.is_finite() and 0 < amount <= _MOST


def _risking(fraction: Decimal) -> MethodProposal:
    return MethodProposal(risk_fraction=_at_least_zero(fraction))


def _at_least_zero(figure: Decimal) -> Decimal:
    """Return the figure, zero where it is no number or below zero."""
    return max(figure, ZERO) if figure.is_finite() else ZERO


def _kelly(
    statistics: ClosedTradeStatistics | None,
    kelly_fraction: Decimal,
    risk_per_trade_fraction: Decimal,
    confidence: Decimal | None,
) -> MethodProposal:
    if confidence is None or not confidence.is_finite():
        return MethodProposal(refusal=SizeRefusal.CONFIDENCE_UNKNOWN)
    fraction, refusal = kelly_risk_fraction(statistics, kelly_fraction, risk_per_trade_fraction)
    if refusal is not None:
        return MethodProposal(refusal=refusal)
    factor = min(max(confidence, ZERO), _ONE)
    return MethodProposal(risk_fraction=_at_least_zero(fraction * factor), confidence_factor=factor)


def kelly_risk_fraction(
    statistics: ClosedTradeStatistics | None, kelly_fraction: Decimal, risk_per_trade_fraction: Decimal
) -> tuple[Decimal, SizeRefusal | None]:
    """Return the fraction of equity to risk at the stop, never below zero, and why it is zero.

    kelly_fraction x the lower confidence bound of (b p - q) / b (Kelly, 1956), where p is the win rate at
    the lower Wilson bound (Wilson, 1927; one-sided 95 %) and b average win / average loss. Fewer than 30
    trades prove nothing: half of `risk_per_trade_fraction`. An edge whose lower bound is not above zero
    is size zero; it counts as negative when its upper bound is below zero, else as not proven.
    """
    if statistics is None or statistics.trades < MIN_KELLY_TRADES:
        return risk_per_trade_fraction / 2, None
    lower = _kelly_edge(statistics, -KELLY_Z)
    if lower > 0:
        return kelly_fraction * Decimal(repr(lower)), None
    upper = _kelly_edge(statistics, KELLY_Z)
    return ZERO, SizeRefusal.NEGATIVE_EDGE if upper < 0 else SizeRefusal.EDGE_NOT_PROVEN


def _kelly_edge(statistics: ClosedTradeStatistics, z: float) -> float:
    """Return (b p - q) / b with p moved by z to its Wilson bound; -1 when nothing was ever won."""
    n = statistics.trades
    p = statistics.wins / n
    centre = p + z * z / (2 * n)
    bound = (centre + z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)
    if statistics.average_loss <= 0:
        return bound
    if statistics.average_win <= 0:
        return -1.0
    payoff = float(statistics.average_win / statistics.average_loss)
    return bound - (1 - bound) / payoff
