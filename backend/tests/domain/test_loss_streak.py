"""Losing streaks: inside, at and outside the limit."""

from decimal import Decimal

import pytest

from app.domain.loss_streak import pauses, streak_after, streak_of


@pytest.mark.parametrize(("net_pnl", "streak"), [("-0.00000001", 3), ("0", 2), ("0.00000001", 0)])
def test_a_loss_adds_a_gain_ends_and_zero_leaves_the_streak(net_pnl: str, streak: int) -> None:
    assert streak_after(2, Decimal(net_pnl)) == streak


def test_the_streak_of_trades_is_that_at_their_end() -> None:
    assert streak_of(map(Decimal, (-1, -1, 5, -1, 0, -2))) == 2
    assert streak_of(()) == 0


@pytest.mark.parametrize(
    ("streak", "limit", "paused"), [(2, 3, False), (3, 3, True), (4, 3, True), (9, None, False)]
)
def test_the_streak_pauses_at_its_limit(streak: int, limit: int | None, paused: bool) -> None:
    assert pauses(streak, limit) is paused
