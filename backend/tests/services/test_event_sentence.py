"""A trade's history in words, as the drawer of a position shows it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.repositories.positions import TradeEvent
from app.services.positions import event_sentence

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("action", "status", "sentence"),
    [
        ("enter", "FILLED", "enter filled: 0.5 at 41,512.35"),
        ("stop_filled", "FILLED", "stop filled: 0.5 at 41,512.35"),
    ],
)
def test_a_line_says_what_was_done_and_what_became_of_it_once(
    action: str, status: str, sentence: str
) -> None:
    event = TradeEvent(
        AT,
        action,
        status,
        filled_size=Decimal("0.50"),
        executed_price=Decimal("41512.345678"),
        error_message=None,
    )
    assert event_sentence(event) == sentence
