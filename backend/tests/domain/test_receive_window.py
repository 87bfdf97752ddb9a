"""How long the signature of a stop or an exit holds, after refusals as too late."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.receive_window import MOST_MS, receive_window_ms


@pytest.mark.parametrize(
    ("times_late", "window_ms"), [(0, 500), (1, 1_000), (3, 4_000), (4, 5_000), (1_000, MOST_MS)]
)
def test_each_refusal_doubles_it_up_to_what_the_venue_takes(times_late: int, window_ms: int) -> None:
    assert receive_window_ms(500, times_late) == window_ms


@given(base_ms=st.integers(1, 60_000), times_late=st.integers(0, 50))
def test_it_is_never_shorter_than_what_was_asked_for(base_ms: int, times_late: int) -> None:
    window_ms = receive_window_ms(base_ms, times_late)
    assert base_ms <= window_ms <= max(base_ms, MOST_MS)
    assert window_ms <= receive_window_ms(base_ms, times_late + 1)


@pytest.mark.parametrize(("base_ms", "times_late"), [(0, 0), (-1, 0), (500, -1)])
def test_no_window_of_nothing(base_ms: int, times_late: int) -> None:
    with pytest.raises(ValueError, match="no window"):
        receive_window_ms(base_ms, times_late)
