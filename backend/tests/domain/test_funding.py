"""Who would pay a funding that is near."""

from decimal import Decimal

import pytest

from app.domain.funding import NextFunding, pays_within
from app.domain.types import Side

NOW_MS = 1_750_000_000_000
MINUTE_MS = 60_000


@pytest.mark.parametrize(
    ("ahead_ms", "pays"),
    [
        (30 * MINUTE_MS - 1, True),
        (30 * MINUTE_MS, True),
        (30 * MINUTE_MS + 1, False),
        (1, True),
        (0, None),
        (-1, None),
    ],
)
def test_funding_is_near_from_its_minutes_on_and_unknown_once_it_is_over(
    ahead_ms: int, pays: bool | None
) -> None:
    funding = NextFunding(Decimal("0.0001"), NOW_MS + ahead_ms)
    assert pays_within(Side.LONG, funding, NOW_MS, 30) is pays


@pytest.mark.parametrize(
    ("side", "rate", "pays"),
    [
        (Side.LONG, "0.0001", True),
        (Side.LONG, "0", False),
        (Side.LONG, "-0.0001", False),
        (Side.SHORT, "-0.0001", True),
        (Side.SHORT, "0.0001", False),
    ],
)
def test_longs_pay_a_positive_rate_and_shorts_a_negative_one(side: Side, rate: str, pays: bool) -> None:
    assert pays_within(side, NextFunding(Decimal(rate), NOW_MS + MINUTE_MS), NOW_MS, 30) is pays


def test_funding_that_nobody_tells_is_not_known() -> None:
    assert pays_within(Side.LONG, None, NOW_MS, 30) is None
