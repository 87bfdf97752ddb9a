"""Doubled, bounded and spread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.backoff import backoff_seconds


@pytest.mark.parametrize(("failures", "longest"), [(1, 0.1), (2, 0.2), (3, 0.4), (6, 2.0), (9_999, 2.0)])
def test_the_wait_doubles_up_to_its_bound(failures: int, longest: float) -> None:
    least = backoff_seconds(failures, base_seconds=0.1, most_seconds=2.0, draw=0.0)
    most = backoff_seconds(failures, base_seconds=0.1, most_seconds=2.0, draw=0.999_999)
    assert least == pytest.approx(longest / 2)
    assert most == pytest.approx(longest, rel=1e-5)


@given(failures=st.integers(1, 100), draw=st.floats(0, 1, exclude_max=True))
def test_no_wait_is_shorter_than_half_its_base_or_longer_than_its_bound(failures: int, draw: float) -> None:
    assert 0.05 <= backoff_seconds(failures, base_seconds=0.1, most_seconds=2.0, draw=draw) <= 2.0


@pytest.mark.parametrize(("failures", "draw"), [(0, 0.5), (1, 1.0), (1, -0.1)])
def test_what_makes_no_sense_is_refused(failures: int, draw: float) -> None:
    with pytest.raises(ValueError, match="no wait"):
        backoff_seconds(failures, base_seconds=0.1, most_seconds=2.0, draw=draw)


@pytest.mark.parametrize(("failures", "wait"), [(62, 1.0), (63, 2.0), (64, 2.0), (99_999, 2.0)])
def test_a_wait_is_doubled_sixty_two_times_at_most(failures: int, wait: float) -> None:
    """Beyond it floats would overflow; the least float of a base shows it."""
    found = backoff_seconds(failures, base_seconds=2.0**-61, most_seconds=1e9, draw=0.0)
    assert found == wait / 2
