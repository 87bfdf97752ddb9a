"""How often every account can be compared with its venue: arithmetic over the request weight of an address.

A comparison reads positions and balance of the account, and per symbol in question its orders. Where the balance
moved, or a position differs, it reads trades, position and the ledger too; now and then it reads everything.
Sweeps take half of what the venue grants; what happens in between is told by streams, and what is unprotected or
unknown is asked for out of the other half.
"""

from typing import Final

POSITIONS: Final = 5
BALANCE: Final = 5
PER_SYMBOL: Final = 2  # orders 1, conditional orders 1
TRADES_OF_SYMBOL: Final = 5
EVERY_ORDER: Final = 80  # open orders 40, conditional orders 40
LEDGER: Final = 30
AMPLE_READS: Final = 1_000  # full reads that fit into a minute
SWEEP_SHARE: Final = 0.5
SWEEPS_PER_FULL_READ: Final = 20


def account_weight(symbols: int, *, every_order: bool) -> int:
    """Return the request weight of comparing one account that has something going on in so many symbols."""
    return POSITIONS + BALANCE + symbols * PER_SYMBOL + (EVERY_ORDER + LEDGER if every_order else 0)


def reads_every_order(symbols: int, weight_per_minute: int) -> bool:
    """Return whether the working orders of so many symbols are read in one go rather than symbol by symbol: where
    that weighs no more, or where the address is granted so much that requests are scarcer than weight."""
    return symbols * PER_SYMBOL >= EVERY_ORDER or weight_per_minute >= AMPLE_READS * EVERY_ORDER


def compared_at_once(symbols: int, weight_per_minute: int, most: int) -> int:
    """Return how many accounts, with so many symbols each, are compared side by side, at least 1: no more than the
    minute's share of sweeps lets come to an end, because one that is cut off has spent its weight for nothing."""
    dearest = account_weight(symbols, every_order=True) + symbols * TRADES_OF_SYMBOL
    return max(1, min(most, int(weight_per_minute * SWEEP_SHARE) // dearest))


def average_weight(symbols: int) -> float:
    """Return the weight of one comparison on average, full reads included."""
    return account_weight(symbols, every_order=False) + (EVERY_ORDER + LEDGER) / SWEEPS_PER_FULL_READ


def pause_seconds(weight: float, weight_per_minute: int, share: float = 1.0) -> float:
    """Return the time from the start of a comparison of that weight to the next one's. `weight_per_minute` is that
    of all addresses together; `share` the part of the accounts that this process looks after, 0-1."""
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1, was {share}")
    return 60 * weight / (weight_per_minute * SWEEP_SHARE * share)
