"""How often every account can be compared with its venue: arithmetic over the request weight of an address.

A comparison reads positions and balance of the account, and per symbol in question its orders, position and trades.
Now and then it reads every order and the ledger. Sweeps take half of what the venue grants; what happens in between
is told by streams, and what is unprotected or unknown is asked for out of the other half.
"""

from typing import Final

POSITIONS: Final = 5
BALANCE: Final = 5
PER_SYMBOL: Final = 12  # orders 1, conditional orders 1, position 5, trades 5
EVERY_ORDER: Final = 80  # open orders 40, conditional orders 40
LEDGER: Final = 30
SWEEP_SHARE: Final = 0.5
SWEEPS_PER_FULL_READ: Final = 20


def account_weight(symbols: int, *, every_order: bool) -> int:
    """Return the request weight of comparing one account that has something going on in so many symbols."""
    return POSITIONS + BALANCE + symbols * PER_SYMBOL + (EVERY_ORDER + LEDGER if every_order else 0)


def average_weight(symbols: int) -> float:
    """Return the weight of one comparison on average, full reads included."""
    return account_weight(symbols, every_order=False) + (EVERY_ORDER + LEDGER) / SWEEPS_PER_FULL_READ


def pause_seconds(weight: float, weight_per_minute: int, share: float = 1.0) -> float:
    """Return the time from the start of a comparison of that weight to the next one's. `weight_per_minute` is that
    of all addresses together; `share` the part of the accounts that this process looks after, 0-1."""
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1, was {share}")
    return 60 * weight / (weight_per_minute * SWEEP_SHARE * share)
