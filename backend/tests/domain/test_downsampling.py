"""Fewer points of a line: its ends and its extremes stay."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.downsampling import kept_points


@given(st.integers(1, 400), st.integers(3, 120))
def test_points_are_in_order_without_repeats_and_hold_both_ends(count: int, most: int) -> None:
    values = np.random.default_rng(count).normal(0, 1, count).cumsum()
    kept = kept_points(np.arange(float(count)), values, most)
    assert kept.size == min(count, most)
    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, count - 1)


def test_a_crash_of_one_point_stays() -> None:
    values = np.full(10_000, 100.0)
    values[6_789] = 40.0
    assert 6_789 in kept_points(np.arange(10_000.0), values, 50)


@pytest.mark.parametrize("most", [0, 1, 2])
def test_a_line_needs_three_points(most: int) -> None:
    with pytest.raises(ValueError, match="3 points"):
        kept_points(np.arange(5.0), np.arange(5.0), most)
