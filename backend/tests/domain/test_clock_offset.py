"""An alarm from half a second on, no entries beyond a second, in either direction."""

import pytest

from app.domain.clock_offset import is_alarming, may_enter_by_clock


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("offset_ms", "alarming"), [(499, False), (500, True), (501, True)])
def test_the_alarm_begins_at_half_a_second(offset_ms: int, alarming: bool, sign: int) -> None:
    assert is_alarming(sign * offset_ms) is alarming


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("offset_ms", "may"), [(999, True), (1_000, True), (1_001, False)])
def test_entries_stop_beyond_a_second(offset_ms: int, may: bool, sign: int) -> None:
    assert may_enter_by_clock(sign * offset_ms) is may
