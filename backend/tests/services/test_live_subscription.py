"""What waits for a slow screen stays bounded, and numbers have no gap."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from app.services.live_subscription import (
    MAX_WAITING_ROWS,
    PRICES_STOP_AT_ROWS,
    TOO_SLOW,
    Subscription,
)
from app.services.stream_tickets import TicketHolder


@pytest.fixture
def screen() -> Subscription:
    return Subscription(TicketHolder(uuid4(), uuid4(), datetime(2100, 1, 1, tzinfo=UTC)))


def frames(screen: Subscription) -> list[dict[str, object]]:
    return [json.loads(frame) for frame in screen.take_frames()]


def test_newer_row_takes_the_place_of_an_unsent_one(screen: Subscription) -> None:
    screen.offer("position", "one", b'{"stop":1}')
    screen.offer("position", "two", b'{"stop":2}')
    screen.offer("position", "one", b'{"stop":3}')
    assert [frame["data"] for frame in frames(screen)] == [{"stop": 2}, {"stop": 3}]


def test_numbers_go_on_from_one_batch_to_the_next(screen: Subscription) -> None:
    for key in ("one", "two"):
        screen.offer("position", key, b"{}")
    assert [frame["seq"] for frame in frames(screen)] == [1, 2]
    screen.offer_prices({"BTC": b"1"})
    assert [frame["seq"] for frame in frames(screen)] == [3]


def test_prices_are_dropped_before_rows(screen: Subscription) -> None:
    screen.offer_prices({"BTC": b"1"})
    for number in range(PRICES_STOP_AT_ROWS):
        screen.offer("execution", str(number), b"{}")
    screen.offer_prices({"ETH": b"1"})
    found = frames(screen)
    assert [frame["seq"] for frame in found] == list(range(1, PRICES_STOP_AT_ROWS + 1))
    assert {frame["topic"] for frame in found} == {"execution"}


def test_screen_at_the_bound_is_kept(screen: Subscription) -> None:
    for number in range(MAX_WAITING_ROWS):
        screen.offer("execution", str(number), b"{}")
    assert screen.closing is None


def test_screen_beyond_the_bound_is_closed(screen: Subscription) -> None:
    for number in range(MAX_WAITING_ROWS + 1):
        screen.offer("execution", str(number), b"{}")
    assert screen.closing is TOO_SLOW


def test_snapshot_begins_the_numbers_anew(screen: Subscription) -> None:
    screen.offer("position", "one", b"{}")
    frames(screen)
    screen.begin_snapshot()
    assert json.loads(screen.snapshot_frame(b"{}"))["seq"] == 0
    screen.offer("position", "one", b"{}")
    assert frames(screen)[0]["seq"] == 1
