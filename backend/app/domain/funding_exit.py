"""Leaving before funding: whether holding a position over the next funding would cost too much, and when to leave.

A rate that is not known says nothing: then the position is kept, and its owner is told that it is.
"""

from decimal import Decimal
from typing import Final

from app.domain.funding import NextFunding
from app.domain.types import Side

LEAD_MS: Final = 120_000
"""How long before the funding a position is left: time enough for a market order and its tries."""


def funding_leaves_ms(side: Side, funding: NextFunding | None, most_fraction: Decimal | None) -> int | None:
    """Return when to leave, in market milliseconds: `LEAD_MS` before a funding that costs more than
    `most_fraction` of the notional. None where it does not, where no most is set, or where the funding is not known
    (a venue that names no time has none)."""
    if funding is None or most_fraction is None or funding.at_ms <= 0:
        return None
    costs = side.sign * funding.rate
    return funding.at_ms - LEAD_MS if costs > most_fraction else None
