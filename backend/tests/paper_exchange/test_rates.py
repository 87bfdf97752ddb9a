"""Order counts and weights: how much fits, when there is room again, and how long a ban lasts."""

from __future__ import annotations

import pytest

from paper_exchange import clock
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.server.rates import (
    MINUTE_MS,
    MOST_ADDRESSES,
    REFUSALS_BEFORE_BAN,
    OrderWindow,
    RateLimits,
    retry_after_seconds,
)

START_MS = 1_700_000_040_000  # a whole minute
ADDRESS = "127.0.0.1"


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The wall clock in ms, to be set by the test."""
    now = [START_MS]
    monkeypatch.setattr(clock, "wall_ms", lambda: now[0])
    return now


def refused(limits: RateLimits, act: str, *values: object) -> VenueError:
    with pytest.raises(VenueError) as found:
        getattr(limits, act)(*values)
    return found.value


@pytest.mark.parametrize(("more", "wait_ms"), [(1, 0), (2, 0), (3, 400), (4, 700), (5, 700), (6, 1_000)])
def test_window_says_when_there_is_room(more: int, wait_ms: int) -> None:
    window = OrderWindow(span_ms=1_000, most=5, name="second")
    window.count(0, 1)
    window.count(300, 2)
    window.forget(600)
    assert window.wait_ms(600, more) == wait_ms


def test_window_forgets_at_its_end_and_not_before() -> None:
    window = OrderWindow(span_ms=1_000, most=5, name="second")
    window.count(0, 5)
    window.forget(999)
    assert window.total == 5
    window.forget(1_000)
    assert window.total == 0


def test_orders_are_refused_above_the_limit_until_the_oldest_is_forgotten(wall: list[int]) -> None:
    limits = RateLimits(2_400)
    for _ in range(300):
        limits.count_order("a")
    assert limits.count_order("b") == (1, 1)
    wall[0] += 9_999
    found = refused(limits, "count_order", "a")
    assert (found.refusal, retry_after_seconds(found)) == (Refusal.TOO_MANY_ORDERS, 1)
    wall[0] += 1
    assert limits.count_order("a") == (1, 301)


def test_batches_count_five_in_ten_seconds_and_one_in_the_minute(wall: list[int]) -> None:
    limits = RateLimits(2_400)
    assert [limits.count_order("a", 5) for _ in range(60)][-1] == (300, 60)
    assert retry_after_seconds(refused(limits, "count_order", "a", 5)) == 10


def test_minute_holds_twelve_hundred(wall: list[int]) -> None:
    limits = RateLimits(2_400)
    for _ in range(4):
        for _ in range(300):
            limits.count_order("a")
        wall[0] += 10_000
    found = refused(limits, "count_order", "a")
    assert "1200 orders per MINUTE" in found.message
    assert retry_after_seconds(found) == 20


def test_weight_is_refused_above_the_limit_until_the_minute_ends(wall: list[int]) -> None:
    limits = RateLimits(10)
    assert limits.spend(ADDRESS, 10) == 10
    wall[0] += 45_500
    found = refused(limits, "spend", ADDRESS, 1)
    assert (found.refusal.http_status, retry_after_seconds(found)) == (429, 15)
    assert limits.spend("10.0.0.2", 1) == 1
    wall[0] += 14_500
    assert limits.spend(ADDRESS, 1) == 1


def test_who_goes_on_asking_is_banned_for_longer_each_time(wall: list[int]) -> None:
    limits = RateLimits(10)
    for ban_minutes in (2, 4, 8):
        limits.spend(ADDRESS, 10)
        for _ in range(50):
            assert refused(limits, "spend", ADDRESS, 1).refusal is Refusal.TOO_MANY_REQUESTS
        found = refused(limits, "spend", ADDRESS, 1)
        assert (found.refusal, retry_after_seconds(found)) == (Refusal.BANNED, ban_minutes * 60)
        wall[0] += ban_minutes * MINUTE_MS - 1
        assert refused(limits, "spend", ADDRESS, 1).refusal is Refusal.BANNED
        wall[0] += 1


def test_ban_is_three_days_at_most(wall: list[int]) -> None:
    limits = RateLimits(1)
    for _ in range(15):
        limits.spend(ADDRESS, 1)
        for _ in range(51):
            found = refused(limits, "spend", ADDRESS, 1)
        assert found.retry_ms is not None
        wall[0] += found.retry_ms
    assert found.retry_ms == 3 * 24 * 60 * MINUTE_MS


def test_idle_addresses_are_forgotten_when_there_are_many_and_banned_ones_are_not(wall: list[int]) -> None:
    limits = RateLimits(weight_limit=1)
    limits.spend("banned", 1)
    for _ in range(REFUSALS_BEFORE_BAN + 1):
        refused(limits, "spend", "banned", 1)
    for number in range(MOST_ADDRESSES - 1):
        limits.spend(f"idle-{number}", 1)
    wall[0] += MINUTE_MS
    limits.spend("newcomer", 1)
    assert set(limits._addresses) == {"banned", "newcomer"}
    assert refused(limits, "spend", "banned", 1).refusal is Refusal.BANNED
