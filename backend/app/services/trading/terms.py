"""The terms on which orders are sent: time limits that decide when an outcome is known."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TradingTerms:
    """All times are wall time.

    `receive_window_ms` is signed into every order: the venue refuses it afterwards. `outcome_margin_ms` is
    added before an order that nobody has seen counts as not accepted; it must be at least the clock offset,
    plus the venue's read lag, plus one second. `unprotected_ms` is how long a position may be without a
    live stop before it is left at market. A balance older than `balance_fresh_ms` is read again before a
    decision.
    """

    deployment: str
    receive_window_ms: int = 2_000
    outcome_margin_ms: int = 1_500
    unprotected_ms: int = 15_000
    balance_fresh_ms: int = 30_000
    sweep_interval_seconds: float = 5.0
    lease_seconds: float = 3.0
