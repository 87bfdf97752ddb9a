"""When an order whose outcome is unknown is asked for again."""

from datetime import UTC, datetime, timedelta

import pytest

from app.models.order import Order
from app.services.trading.lookup import seconds_to_the_next_question

SENT = datetime(2026, 3, 11, 12, tzinfo=UTC)
WINDOW = timedelta(seconds=2)
MARGIN_MS = 1_500  # its absence counts 3.5 s after it was sent


@pytest.mark.parametrize(
    ("since", "wait"),
    [
        (0.05, 0.1),
        (0.2, 0.1),
        (0.6, 0.3),
        (2.0, 1.0),
        (2.4, 1.0),
        (2.6, 0.9),  # asked at the moment at which its absence counts
        (3.45, 0.05),
        (3.5, 0.01),
    ],
)
def test_an_unknown_order_is_asked_for_soon_then_rarer_and_when_its_absence_counts(
    since: float, wait: float
) -> None:
    order = Order(client_order_id="x", sent_at=SENT, deadline=SENT + WINDOW)
    now = SENT + timedelta(seconds=since)
    assert seconds_to_the_next_question(order, MARGIN_MS, now) == pytest.approx(wait)


def test_a_never_arrived_order_is_asked_for_ten_times_and_not_thirty_five() -> None:
    order, now, asked = Order(client_order_id="x", sent_at=SENT, deadline=SENT + WINDOW), SENT, 0
    while now < SENT + WINDOW + timedelta(milliseconds=MARGIN_MS):
        now += timedelta(seconds=seconds_to_the_next_question(order, MARGIN_MS, now))
        asked += 1
    assert asked == 10
