"""Drawdown: how far equity is below its highest point, transfers apart.

A transfer changes equity without being a result, so the peak moves with it in proportion: after it, equity is
as far below its peak as before. Deposits and withdrawals therefore never look like profit or loss.
"""

from decimal import ROUND_CEILING, Decimal
from typing import Final

_UNIT: Final = Decimal("1e-8")


def peak_after(peak: Decimal | None, equity: Decimal) -> Decimal:
    """Return the peak once equity is known to be `equity`; it never falls."""
    return equity if peak is None else max(peak, equity)


def peak_after_flow(peak: Decimal, equity_before: Decimal, flow: Decimal) -> Decimal:
    """Return the peak after a flow (deposit above zero, withdrawal below) into equity of `equity_before`.

    peak x (equity after / equity before), rounded up to 1e-8, never below the equity after. Where nothing
    was left before, the flow begins a new account and the peak with it.
    """
    after = equity_before + flow
    if not equity_before > 0 or not after > 0:
        return max(after, Decimal(0))
    scaled = (peak * after / equity_before).quantize(_UNIT, ROUND_CEILING)
    return max(scaled, after)


def book_equity(
    peak_equity: Decimal | None, closed_result: Decimal, best_result: Decimal, open_result: Decimal | None
) -> Decimal | None:
    """Return what is left of a user's highest equity after what the trades of one strategy, or of one symbol, gave
    back since they had made the most; None where a part is not known.

    They have no equity of their own: `closed_result` is what their closed trades made in all, `open_result` what
    the live ones made so far, `best_result` the highest that the sum was seen at, all net of costs. A sum above it
    is a new highest. Transfers move the user's peak, and leave the results as they are.
    """
    if peak_equity is None or open_result is None:
        return None
    result = closed_result + open_result
    return peak_equity - (max(best_result, result) - result)


def drawdown_fraction(peak: Decimal | None, equity: Decimal | None) -> Decimal | None:
    """Return (peak - equity) / peak, at least zero; None where either is not known or there is no peak."""
    if peak is None or equity is None or not peak > 0:
        return None
    return max(peak - equity, Decimal(0)) / peak
