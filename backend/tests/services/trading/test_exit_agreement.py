"""The book with its gates and the rules asked of every row at every tick cause the same events."""

import pytest

from tests.services.trading.exit_walk import ExitWalk


@pytest.mark.parametrize("seed", range(4))
def test_book_and_single_rows_agree_tick_by_tick(seed: int) -> None:
    walk = ExitWalk(seed)
    walk.run(ticks=3_000, positions=40)
    kinds = {what for (_, what, _), _ in walk.events}
    assert kinds >= {
        "arm trailing_armed",
        "move_stop trailing_stop",
        "scale_out scale_out",
        "ladder_step ladder_step",
        "exit take_profit",
        "exit trailing_stop",
        "exit time_exit",
    }
    assert walk.asked < walk.looked_at / 10


def test_ticks_taken_together_cause_what_they_cause_one_by_one() -> None:
    walk = ExitWalk(99)
    walk.run(ticks=5_000, positions=60, batch=25)
    assert len(walk.events) > 200
