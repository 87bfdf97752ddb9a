"""Leaving before funding: at, below and above what it may cost, for the side that pays it."""

from decimal import Decimal

import pytest

from app.domain.funding import NextFunding
from app.domain.funding_exit import LEAD_MS, funding_leaves_ms
from app.domain.types import Side

AT_MS = 1_800_000_000_000
LEAVES = AT_MS - LEAD_MS


@pytest.mark.parametrize(
    ("side", "rate", "most", "leaves"),
    [
        (Side.LONG, "0.0009", "0.001", None),
        (Side.LONG, "0.001", "0.001", None),
        (Side.LONG, "0.0011", "0.001", LEAVES),
        (Side.LONG, "-0.0011", "0.001", None),  # it is paid
        (Side.SHORT, "-0.0011", "0.001", LEAVES),
        (Side.SHORT, "0.0011", "0.001", None),
        (Side.LONG, "0.00000001", "0", LEAVES),  # whatever it costs
        (Side.LONG, "0", "0", None),
    ],
)
def test_position_is_left_only_before_a_funding_that_costs_more(
    side: Side, rate: str, most: str, leaves: int | None
) -> None:
    assert funding_leaves_ms(side, NextFunding(Decimal(rate), AT_MS), Decimal(most)) == leaves


def test_what_is_not_known_or_not_wanted_leaves_nothing() -> None:
    dear = NextFunding(Decimal("0.01"), AT_MS)
    assert funding_leaves_ms(Side.LONG, None, Decimal(0)) is None
    assert funding_leaves_ms(Side.LONG, dear, None) is None
    assert funding_leaves_ms(Side.LONG, NextFunding(Decimal("0.01"), 0), Decimal(0)) is None
    assert funding_leaves_ms(Side.LONG, NextFunding(Decimal("0.01"), 1), Decimal(0)) == 1 - LEAD_MS
