"""How often a comparison with the venue goes before trades that never cease to wait."""

from app.services.trading.comparison_turns import ComparisonTurns


def test_a_comparison_goes_first_once_it_has_waited_for_more_than_three_seconds() -> None:
    turns = ComparisonTurns()
    assert not turns.may_go_first(None, 100.0)
    assert not turns.may_go_first(97.0, 100.0)
    assert turns.may_go_first(96.999, 100.0)


def test_comparisons_that_go_first_take_at_most_a_third_of_the_time() -> None:
    turns = ComparisonTurns()
    turns.taken(begun=100.0, now=101.5)
    assert not turns.may_go_first(90.0, 104.499)
    assert turns.may_go_first(90.0, 104.5)
    turns.taken(begun=104.5, now=104.51)  # a quick one is soon followed by the next
    assert turns.may_go_first(90.0, 104.54)
