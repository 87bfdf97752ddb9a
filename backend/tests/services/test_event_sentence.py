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


def test_quantities_are_grouped_like_everywhere() -> None:
    event = TradeEvent(AT, "scale_out", "FILLED", Decimal("0.14402"), Decimal(12770), None)
    assert event_sentence(event) == "scale out filled: 12,770 at 0.14402"


@pytest.mark.parametrize(
    ("action", "error", "sentence"),
    [
        ("place_stop", None, "stop stands at the venue"),
        ("move_stop", None, "moved stop stands at the venue"),
        ("move_stop", "the old one stays", "move stop open: the old one stays"),
        ("enter", None, "enter open"),
    ],
)
def test_a_stop_that_rests_is_said_to_stand(action: str, error: str | None, sentence: str) -> None:
    assert event_sentence(TradeEvent(AT, action, "open", None, None, error)) == sentence
