"""The leverage that each wallet has at its venue in a symbol, as far as we set it."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

KEPT: Final = timedelta(minutes=1)
"""For so long nothing else is expected of the venue. Its user may change it by hand, and another executor may have
had the account meanwhile: with more leverage than the trade reckons with, liquidation would come before the stop."""


class VenueLeverage:
    """What was set last, by wallet and symbol."""

    def __init__(self) -> None:
        self._set: dict[tuple[UUID, str], tuple[int, datetime]] = {}

    def is_set(self, wallet_id: UUID, symbol: str, leverage: int, now: datetime) -> bool:
        """Whether it was the last one that was set, and lately."""
        held, at = self._set.get((wallet_id, symbol), (None, now))
        return held == leverage and now - at < KEPT

    def note(self, wallet_id: UUID, symbol: str, leverage: int, now: datetime) -> None:
        """The venue took it."""
        self._set[wallet_id, symbol] = (leverage, now)
