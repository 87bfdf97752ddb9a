"""A paper exchange that gives edge is a defect: who knows nothing must earn nothing, even before fees.

The long form, with intervals narrow enough to hold the bounds themselves, is `make soak NAME=paper`.
"""

from __future__ import annotations

import pytest

from paper_exchange.assembly import scales
from paper_exchange.feeds.synthetic import SyntheticSource
from tests.paper_exchange.book_ratios import BookRatio, book_ratios
from tests.paper_exchange.random_traders import RandomTraders, Tally, edge

RUNS = 6
STEPS = 1_200
STEPS_PER_BAR = 60
START_MS = 1_700_000_000_000
HISTORY = 400
MAKERS_WORST_BPS = -6.0
TAKERS_MOST_BPS = 1.0


@pytest.fixture(scope="module")
def tallies() -> list[Tally]:
    return [
        RandomTraders(SyntheticSource(scales(), seed, START_MS, HISTORY), seed).run(STEPS, STEPS_PER_BAR)
        for seed in range(1, RUNS + 1)
    ]


def test_random_takers_gain_nothing_and_lose_half_the_spread_only(tallies: list[Tally]) -> None:
    found = edge(one.takers for one in tallies)
    assert found.trades > 500
    assert abs(found.mean) < TAKERS_MOST_BPS + found.half_width


def test_random_makers_gain_nothing_and_are_not_robbed(tallies: list[Tally]) -> None:
    found = edge(one.makers for one in tallies)
    assert found.trades > 200
    assert MAKERS_WORST_BPS - found.half_width < found.mean < found.half_width


@pytest.mark.parametrize("found", list(book_ratios(40)), ids=lambda one: one.name)
def test_book_is_within_twice_a_recorded_one(found: BookRatio) -> None:
    assert 0.5 <= found.ratio <= 2.0
