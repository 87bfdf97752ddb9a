"""Trading hours and fundings of several orders side by side."""

from dataclasses import replace
from decimal import Decimal

from app.domain.funding import NextFunding
from app.domain.hours_columns import (
    CLOSED,
    HOURS_LEVELS,
    OPEN,
    UNKNOWN,
    funding_codes,
    open_codes,
    opening_of,
    seconds_until_funding,
    skipped_minutes_of,
)
from app.domain.risk_facts import HoursFact, ReviewRow
from app.domain.types import RiskLevel
from tests.domain.examples import INTENT, MARKET, USER, WALLET

NOW_MS = 600_000
"""A long pays the next funding, in 20 and a half minutes."""
PAYS = replace(
    MARKET, market_ms=NOW_MS, funding=NextFunding(Decimal("0.0001"), NOW_MS + 20 * 60_000 + 30_000)
)
ROWS = [
    ReviewRow(INTENT, MARKET, WALLET, USER),
    ReviewRow(
        INTENT,
        PAYS,
        replace(WALLET, hours=HoursFact(is_open=None), venue_hours=HoursFact(True, skip_funding_minutes=20)),
        replace(USER, hours=HoursFact(is_open=False, opens_ms=7, skip_funding_minutes=21)),
    ),
    ReviewRow(INTENT, MARKET, WALLET, replace(USER, hours=HoursFact(True, skip_funding_minutes=5))),
]


def test_the_levels_are_the_user_the_wallet_and_the_venue() -> None:
    assert (OPEN, CLOSED, UNKNOWN) == (1, 0, -1)  # as a review's columns say
    assert HOURS_LEVELS == (RiskLevel.USER, RiskLevel.WALLET, RiskLevel.VENUE)


def test_each_level_of_each_order_is_open_closed_or_not_known() -> None:
    assert open_codes(ROWS).tolist() == [[OPEN, CLOSED, OPEN], [OPEN, UNKNOWN, OPEN], [OPEN, OPEN, OPEN]]
    opens = [[opening_of(row, level) for level in HOURS_LEVELS] for row in ROWS]
    assert opens == [[None, None, None], [7, None, None], [None, None, None]]


def test_an_entry_is_not_made_within_the_minutes_before_a_funding_that_it_would_pay() -> None:
    codes = funding_codes(ROWS).tolist()
    assert codes == [[OPEN, CLOSED, UNKNOWN], [OPEN, OPEN, OPEN], [OPEN, OPEN, OPEN]]


def test_the_minutes_of_each_level_and_the_seconds_until_the_funding() -> None:
    """None where no schedule asks, and no seconds where no funding is known."""
    skipped = [[skipped_minutes_of(row, level) for level in HOURS_LEVELS] for row in ROWS]
    assert skipped == [[0, 0, 0], [21, 0, 20], [5, 0, 0]]
    assert [seconds_until_funding(row) for row in ROWS] == [0, 1_230, 0]
