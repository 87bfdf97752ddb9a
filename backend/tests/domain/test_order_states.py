from itertools import product

import pytest

from app.domain.order_states import (
    ORDER_MOVES,
    TRADE_MOVES,
    SweepReason,
    can_move,
    sweep_rank,
    sweep_reason,
)
from app.domain.types import OrderStatus, TradeStatus


@pytest.mark.parametrize("status", [s for s in TradeStatus if s.is_terminal])
def test_a_trade_never_leaves_a_terminal_status(status: TradeStatus) -> None:
    assert not any(can_move(status, other) for other in TradeStatus)


@pytest.mark.parametrize("status", [s for s in OrderStatus if s.is_terminal])
def test_an_order_never_leaves_a_terminal_status(status: OrderStatus) -> None:
    assert not any(can_move(status, other) for other in OrderStatus)


def test_every_status_has_its_moves_and_none_to_itself() -> None:
    assert set(TRADE_MOVES) == set(TradeStatus)
    assert set(ORDER_MOVES) == set(OrderStatus)
    assert not any(status in moves for status, moves in [*TRADE_MOVES.items(), *ORDER_MOVES.items()])


@pytest.mark.parametrize("status", [s for s in TradeStatus if not s.is_terminal])
def test_every_living_trade_can_reach_its_end(status: TradeStatus) -> None:
    reached, frontier = {status}, [status]
    while frontier:
        for after in TRADE_MOVES[frontier.pop()] - reached:
            reached.add(after)
            frontier.append(after)
    assert TradeStatus.CLOSED in reached


@pytest.mark.parametrize(
    ("a", "b", "allowed"),
    [
        (TradeStatus.INTENT, TradeStatus.ENTERING, True),
        (TradeStatus.ENTERING, TradeStatus.OPEN_UNPROTECTED, True),
        (TradeStatus.OPEN_UNPROTECTED, TradeStatus.PROTECTED, True),
        (TradeStatus.PROTECTED, TradeStatus.EXITING, True),
        (TradeStatus.EXITING, TradeStatus.CLOSED, True),
        (TradeStatus.EXITING, TradeStatus.PROTECTED, False),
        (TradeStatus.PROTECTED, TradeStatus.EXPIRED, False),
        (TradeStatus.INTENT, TradeStatus.PROTECTED, False),
        (OrderStatus.INTENT, OrderStatus.SENDING, True),
        (OrderStatus.SENDING, OrderStatus.NOT_ACCEPTED, True),
        (OrderStatus.OPEN, OrderStatus.NOT_ACCEPTED, False),
        (OrderStatus.OPEN, OrderStatus.SENDING, False),
        (OrderStatus.INTENT, OrderStatus.OPEN, False),
    ],
)
def test_moves(a: TradeStatus | OrderStatus, b: TradeStatus | OrderStatus, allowed: bool) -> None:
    assert can_move(a, b) is allowed


def test_a_trade_does_not_move_to_an_orders_status() -> None:
    assert not any(can_move(a, b) for a, b in product(TradeStatus, OrderStatus))
    assert not any(can_move(a, b) for a, b in product(OrderStatus, TradeStatus))


def test_a_sweep_begins_with_what_is_unprotected_and_what_is_unknown() -> None:
    ranks = [sweep_rank(reason) for reason in SweepReason]
    assert ranks == sorted(ranks)
    assert sweep_rank(SweepReason.UNPROTECTED) == 0
    assert sweep_rank(SweepReason.UNKNOWN_OUTCOME) == 1


@pytest.mark.parametrize(
    ("status", "unknown", "reason"),
    [
        (TradeStatus.OPEN_UNPROTECTED, False, SweepReason.UNPROTECTED),
        (TradeStatus.OPEN_UNPROTECTED, True, SweepReason.UNPROTECTED),
        (TradeStatus.ENTERING, True, SweepReason.UNKNOWN_OUTCOME),
        (TradeStatus.ENTERING, False, SweepReason.ENTERING),
        (TradeStatus.PROTECTED, True, SweepReason.UNKNOWN_OUTCOME),
        (TradeStatus.PROTECTED, False, SweepReason.ROUTINE),
        (TradeStatus.EXITING, False, SweepReason.EXITING),
        (TradeStatus.NEEDS_OPERATOR, False, SweepReason.NEEDS_OPERATOR),
        (TradeStatus.CLOSED, True, None),
    ],
)
def test_sweep_reasons(status: TradeStatus, unknown: bool, reason: SweepReason | None) -> None:
    assert sweep_reason(status, has_unknown_outcome=unknown) is reason
