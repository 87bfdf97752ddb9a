import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.timeframes import Timeframe

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("timeframe", "milliseconds"),
    [("1m", 60_000), ("5m", 300_000), ("15m", 900_000), ("1h", HOUR), ("4h", 4 * HOUR)],
)
def test_milliseconds(timeframe: str, milliseconds: int) -> None:
    assert Timeframe(timeframe).milliseconds == milliseconds


@given(timeframe=st.sampled_from(Timeframe), market_ms=st.integers(0, 2**45))
def test_a_moment_falls_in_exactly_one_bar(timeframe: Timeframe, market_ms: int) -> None:
    opened = timeframe.bar_open(market_ms)
    assert opened <= market_ms < timeframe.bar_close(opened)
    assert opened % timeframe.milliseconds == 0
    assert timeframe.bar_open(opened) == opened


def test_a_bar_is_known_by_its_length() -> None:
    assert [Timeframe.of_milliseconds(frame.milliseconds) for frame in Timeframe] == list(Timeframe)
    with pytest.raises(ValueError, match="no bar lasts 60001 ms"):
        Timeframe.of_milliseconds(60_001)
