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


def by_hand(times: list[float], values: list[float], most: int) -> list[int]:
    """Steinarsson's own words, point by point: buckets of equal numbers between the ends."""
    count = len(times)
    edges = [int(1 + (count - 2) * place / (most - 2)) for place in range(most - 1)]
    kept = [0]
    for begin, end, after in zip(edges[:-1], edges[1:], [*edges[2:], count], strict=True):
        ahead = range(end, max(after, end + 1))
        c = (sum(times[i] for i in ahead) / len(ahead), sum(values[i] for i in ahead) / len(ahead))
        a = (times[kept[-1]], values[kept[-1]])

        def area(i: int, a: tuple[float, float] = a, c: tuple[float, float] = c) -> float:
            b = (times[i], values[i])
            return abs((a[0] - c[0]) * (b[1] - a[1]) - (a[0] - b[0]) * (c[1] - a[1])) / 2

        kept.append(max(range(begin, end), key=area))
    return [*kept, count - 1]


@pytest.mark.parametrize(("count", "most"), [(20, 6), (60, 3), (61, 12), (200, 50), (7, 6)])
def test_the_largest_triangles_are_kept(count: int, most: int) -> None:
    random = np.random.default_rng(count)
    times = random.exponential(1, count).cumsum()
    values = random.normal(0, 1, count).cumsum()
    assert kept_points(times, values, most).tolist() == by_hand(times.tolist(), values.tolist(), most)
