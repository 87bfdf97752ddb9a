"""Fundings of perpetuals: who pays, and when.

A positive rate is paid by longs to shorts, a negative one by shorts to longs; rates are fractions of the notional at
the mark price.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.domain.types import Side

MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class NextFunding:
    """The rate of the next funding as it stands now, a signed fraction, and its market time in milliseconds."""

    rate: Decimal
    at_ms: int


def pays_within(side: Side, funding: NextFunding | None, market_ms: int, minutes: int) -> bool | None:
    """Return whether a position of that side would pay a funding that is at most `minutes` ahead. None where the
    funding is not known; one that lies behind the market's time says nothing about the next."""
    if funding is None or funding.at_ms <= market_ms:
        return None
    return side.sign * funding.rate > 0 and funding.at_ms - market_ms <= minutes * MINUTE_MS
