"""Scales of charts: every value inside, round marks, and sense for one value alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.chart_scale import scale_of, spread

values = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=50)


@given(values, st.booleans())
def test_every_value_stands_inside_between_rising_marks(held: list[float], with_zero: bool) -> None:
    scale = scale_of(held, with_zero=with_zero)
    assert 2 <= len(scale.marks) <= 8
    assert list(scale.marks) == sorted(set(scale.marks))
    for value in [*held, *([0.0] if with_zero else [])]:
        assert -1e-6 <= scale.place(value) <= 1 + 1e-6


@pytest.mark.parametrize(
    ("held", "marks"),
    [
        ([1_007, 1_052], (1_000, 1_020, 1_040, 1_060)),
        ([-1.66, 0], (-2, -1.5, -1, -0.5, 0)),
        ([5, 5], (4.95, 4.975, 5, 5.025, 5.05)),
        ([0, 4], (0, 1, 2, 3, 4)),
        ([0, 8], (0, 2, 4, 6, 8)),
        ([0, 10], (0, 2.5, 5, 7.5, 10)),
        ([0, 20], (0, 5, 10, 15, 20)),
        ([0, 36], (0, 10, 20, 30, 40)),
        ([0], (-1, -0.5, 0, 0.5, 1)),
        ([0, 1e-13], (0, 2.5e-14, 5e-14, 7.5e-14, 1e-13)),
        ([1e6, 1e6 + 1e-7], (990_000, 995_000, 1_000_000, 1_005_000, 1_010_000)),
        ([1e12 - 1, 1e12], (9.9e11, 9.95e11, 1e12, 1.005e12, 1.01e12)),  # one in 10^12 apart is one value
        ([1e12 - 2, 1e12], (1e12 - 2, 1e12 - 1.5, 1e12 - 1, 1e12 - 0.5, 1e12)),
        ([0, 4.000000004], (0, 1, 2, 3, 4, 5)),  # a step that is short by a billionth is long enough
    ],
)
def test_marks_are_round(held: list[float], marks: tuple[float, ...]) -> None:
    assert scale_of(held).marks == pytest.approx(marks, rel=1e-14, abs=0)


def test_zero_is_on_the_scale_where_it_is_asked_for_and_marks_are_as_many_as_asked_for() -> None:
    assert scale_of([5, 9], with_zero=True).marks == (0, 2.5, 5, 7.5, 10)
    assert scale_of([-5, -9], with_zero=True).marks == (-10, -7.5, -5, -2.5, 0)
    assert scale_of([0, 4], most=2).marks == (0, 5)
    assert scale_of([0, 5], most=1).marks == (0, 5)
    scale = scale_of([5, 9])
    assert (scale.low, scale.high, scale.place(7)) == (5, 9, 0.5)


@pytest.mark.parametrize("held", [[float("nan")], [1.0, float("inf")]])
def test_a_value_that_is_not_finite_is_refused(held: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        scale_of(held)


def test_positions_are_spread_from_the_first_to_the_last() -> None:
    assert spread([10, 15, 20]) == [0, 0.5, 1]
    assert spread([7]) == [0.5]
    assert spread([0, 0.25, 1]) == [0, 0.25, 1]
    assert spread([3, 3]) == [0.5, 0.5]
