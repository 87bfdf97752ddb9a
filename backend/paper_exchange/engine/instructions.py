"""How an order asks to be carried out, beyond its price and time in force."""

from __future__ import annotations

from enum import StrEnum

MINUTE_MS = 60_000
LEAST_LIFE_MS = 10 * MINUTE_MS
LAST_GOOD_TILL_MS = 253_402_300_799_000


class SelfTradePrevention(StrEnum):
    """What happens when an order would meet one of the same account's.

    NONE lets them pass each other, as orders of different accounts do here.
    """

    NONE = "NONE"
    EXPIRE_TAKER = "EXPIRE_TAKER"
    EXPIRE_MAKER = "EXPIRE_MAKER"
    EXPIRE_BOTH = "EXPIRE_BOTH"

    @property
    def expires_taker(self) -> bool:
        return self in (SelfTradePrevention.EXPIRE_TAKER, SelfTradePrevention.EXPIRE_BOTH)

    @property
    def expires_maker(self) -> bool:
        return self in (SelfTradePrevention.EXPIRE_MAKER, SelfTradePrevention.EXPIRE_BOTH)


class PriceMatch(StrEnum):
    """Take the limit from the book: from the other side's or the own side's best, fifth ... price."""

    NONE = "NONE"
    OPPONENT = "OPPONENT"
    OPPONENT_5 = "OPPONENT_5"
    OPPONENT_10 = "OPPONENT_10"
    OPPONENT_20 = "OPPONENT_20"
    QUEUE = "QUEUE"
    QUEUE_5 = "QUEUE_5"
    QUEUE_10 = "QUEUE_10"
    QUEUE_20 = "QUEUE_20"

    @property
    def is_of_opponent(self) -> bool:
        return self.value.startswith("OPPONENT")

    @property
    def level(self) -> int:
        """Which level of that side, counted from 1."""
        return int(self.value.rpartition("_")[2]) if "_" in self.value else 1


class ExpiryReason(StrEnum):
    """The venue's `er`: why an order ended without anybody cancelling it."""

    NONE = "0"
    SELF_TRADE = "1"
    IMMEDIATE_REST = "2"
    IMMEDIATE_SELF_TRADE = "3"
    NOTHING_TO_REDUCE = "4"
    LIQUIDATED = "5"
    MARKET_REST = "9"
