"""Which status may follow which, and in what order a sweep looks after trades.

The database moves a status only by `UPDATE ... WHERE status = <expected>`, and only along these arrows;
terminal states never leave. What a trade does next is `trade_steps.next_action`.
"""

from enum import StrEnum
from typing import Final

from app.domain.trade_steps import (
    Action,
    ActionKind,
    OrderView,
    TradeView,
    next_action,
    not_found_means,
)
from app.domain.types import OrderStatus, TradeStatus

__all__ = [
    "ORDER_MOVES",
    "TRADE_MOVES",
    "Action",
    "ActionKind",
    "OrderView",
    "SweepReason",
    "TradeView",
    "can_move",
    "next_action",
    "not_found_means",
    "sweep_rank",
    "sweep_reason",
]

_T: Final = TradeStatus
_O: Final = OrderStatus

TRADE_MOVES: Final[dict[TradeStatus, frozenset[TradeStatus]]] = {
    _T.INTENT: frozenset({_T.ENTERING, _T.OPEN_UNPROTECTED, _T.REJECTED, _T.EXPIRED, _T.NEEDS_OPERATOR}),
    _T.ENTERING: frozenset(
        {_T.OPEN_UNPROTECTED, _T.PROTECTED, _T.EXITING, _T.CLOSED, _T.REJECTED, _T.EXPIRED, _T.NEEDS_OPERATOR}
    ),
    _T.OPEN_UNPROTECTED: frozenset({_T.PROTECTED, _T.EXITING, _T.CLOSED, _T.NEEDS_OPERATOR}),
    _T.PROTECTED: frozenset({_T.OPEN_UNPROTECTED, _T.EXITING, _T.CLOSED, _T.NEEDS_OPERATOR}),
    _T.EXITING: frozenset({_T.CLOSED, _T.NEEDS_OPERATOR}),
    _T.NEEDS_OPERATOR: frozenset({_T.OPEN_UNPROTECTED, _T.PROTECTED, _T.EXITING, _T.CLOSED}),
    _T.CLOSED: frozenset(),
    _T.REJECTED: frozenset(),
    _T.EXPIRED: frozenset(),
}

ORDER_MOVES: Final[dict[OrderStatus, frozenset[OrderStatus]]] = {
    # CANCELED out of INTENT is an order that was never sent and is not wanted any more.
    _O.INTENT: frozenset({_O.SENDING, _O.CANCELED, _O.REJECTED}),
    # Back to INTENT only after a definite refusal that says nothing about the order (rate limit, clock).
    _O.SENDING: frozenset(
        {_O.INTENT, _O.OPEN, _O.PARTIAL, _O.FILLED, _O.CANCELED, _O.REJECTED, _O.NOT_ACCEPTED}
    ),
    _O.OPEN: frozenset({_O.PARTIAL, _O.FILLED, _O.CANCELED, _O.REJECTED}),
    _O.PARTIAL: frozenset({_O.FILLED, _O.CANCELED}),
    _O.FILLED: frozenset(),
    _O.CANCELED: frozenset(),
    _O.REJECTED: frozenset(),
    _O.NOT_ACCEPTED: frozenset(),
}


def can_move(a: TradeStatus | OrderStatus, b: TradeStatus | OrderStatus) -> bool:
    """Whether a trade (or an order) may go from status `a` to status `b`; staying is no move."""
    if isinstance(a, TradeStatus):
        return isinstance(b, TradeStatus) and b in TRADE_MOVES[a]
    return isinstance(b, OrderStatus) and b in ORDER_MOVES[a]


class SweepReason(StrEnum):
    """Why a sweep looks at a trade, most urgent first."""

    UNPROTECTED = "unprotected"
    UNKNOWN_OUTCOME = "unknown_outcome"
    EXITING = "exiting"
    ENTERING = "entering"
    NEEDS_OPERATOR = "needs_operator"
    ROUTINE = "routine"


_RANKS: Final = {reason: rank for rank, reason in enumerate(SweepReason)}


def sweep_rank(reason: SweepReason) -> int:
    """Return the place of a reason in a sweep, 0 first."""
    return _RANKS[reason]


def sweep_reason(status: TradeStatus, *, has_unknown_outcome: bool) -> SweepReason | None:
    """Return why a sweep should look at a trade in that status, None for one that is over.

    A trade that is entering with an unknown outcome may already be an open position without a stop, so
    unknown outcomes come right after the positions that are known to be unprotected.
    """
    if status.is_terminal:
        return None
    if status is TradeStatus.OPEN_UNPROTECTED:
        return SweepReason.UNPROTECTED
    if has_unknown_outcome:
        return SweepReason.UNKNOWN_OUTCOME
    match status:
        case TradeStatus.EXITING:
            return SweepReason.EXITING
        case TradeStatus.INTENT | TradeStatus.ENTERING:
            return SweepReason.ENTERING
        case TradeStatus.NEEDS_OPERATOR:
            return SweepReason.NEEDS_OPERATOR
        case _:
            return SweepReason.ROUTINE
