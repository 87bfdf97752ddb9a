"""How often a comparison with the venue goes before trades that never cease to wait."""

import pytest

from app.services.trading.comparison_turns import ComparisonTurns


@pytest.mark.parametrize("exposed", [False, True])
def test_a_comparison_goes_first_once_it_has_waited_for_more_than_three_seconds(exposed: bool) -> None:
    turns = ComparisonTurns()
    assert not turns.may_go_first(None, 100.0, exposed=exposed)
    assert not turns.may_go_first(97.0, 100.0, exposed=exposed)
    assert turns.may_go_first(96.999, 100.0, exposed=exposed)


def test_overdue_comparisons_and_trades_that_are_kept_take_turns() -> None:
    turns = ComparisonTurns()
    taken = []
    for at in (100.0, 101.0, 101.1, 103.0):
        taken.append(turns.may_go_first(90.0, at, exposed=False))
        turns.taken(at, at + 1.0)
    assert taken == [True, False, True, False]


def test_while_a_position_is_exposed_comparisons_take_at_most_a_third_of_the_time() -> None:
    turns = ComparisonTurns()
    turns.taken(begun=100.0, now=101.5)
    assert not turns.may_go_first(90.0, 104.499, exposed=True)
    assert turns.may_go_first(90.0, 104.5, exposed=True)
    turns.taken(begun=104.5, now=104.51)  # a quick one is soon followed by the next
    assert turns.may_go_first(90.0, 104.54, exposed=True)
