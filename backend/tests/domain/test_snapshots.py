"""The clock of snapshots, which of them were missed, and what an account was worth."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.domain.accounting import Fill
from app.domain.snapshots import Marks, Posting, Resolution, SymbolFill, missing_slots, rebuilt
from app.domain.types import OrderSide

NOON = datetime(2025, 10, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("resolution", "slot", "kept", "periods"),
    [
        (Resolution.FINE, NOON + timedelta(minutes=35), timedelta(days=30), 105_120),
        (Resolution.HOUR, NOON, timedelta(days=365), 8_760),
        (Resolution.DAY, NOON - 12 * HOUR, None, 365),
    ],
)
def test_a_slot_begins_on_the_clock(
    resolution: Resolution, slot: datetime, kept: timedelta | None, periods: int
) -> None:
    assert resolution.slot(NOON + timedelta(minutes=37, seconds=12, microseconds=5)) == slot
    assert resolution.slot(slot) == slot
    assert (resolution.kept, resolution.periods_per_year) == (kept, periods)


def test_holes_are_the_slots_from_the_first_to_the_clock() -> None:
    taken = [NOON, NOON + 2 * HOUR]
    assert missing_slots(taken, NOON - HOUR, NOON + 4 * HOUR, Resolution.HOUR) == [
        NOON - HOUR,
        NOON + HOUR,
        NOON + 3 * HOUR,
        NOON + 4 * HOUR,
    ]
    assert missing_slots(taken, NOON, NOON, Resolution.HOUR) == []
    assert missing_slots([], NOON + HOUR, NOON, Resolution.HOUR) == []


def long_of_two() -> tuple[list[Posting], list[SymbolFill]]:
    """1,000 paid in, two bought at 100 for a fee of 1, one sold at 130."""
    postings = [
        Posting(NOON, Decimal(1000), is_flow=True),
        Posting(NOON + HOUR, Decimal(-1), is_flow=False),
        Posting(NOON + 3 * HOUR, Decimal(30), is_flow=False),
    ]
    fills = [
        SymbolFill(NOON + HOUR, "BTC", Fill(OrderSide.BUY, Decimal(100), Decimal(2), Decimal(1)), leverage=4),
        SymbolFill(
            NOON + 3 * HOUR, "BTC", Fill(OrderSide.SELL, Decimal(130), Decimal(1), Decimal(0)), leverage=4
        ),
    ]
    return postings, fills


def test_an_account_is_worth_its_balance_and_what_its_positions_would_give() -> None:
    closes = [(NOON + step * HOUR, Decimal(price)) for step, price in enumerate((100, 100, 120, 130, 90))]
    slots = [NOON + step * HOUR for step in range(5)]
    found = list(rebuilt(*long_of_two(), Marks({"BTC": closes}, 2 * HOUR), slots))
    assert [state.balance for state in found] == [1000, 999, 999, 1029, 1029]
    assert [state.unrealized for state in found] == [0, 0, 40, 30, -10]
    assert [state.equity for state in found] == [1000, 999, 1039, 1059, 1019]
    assert [state.exposure for state in found] == [0, 200, 240, 130, 90]
    assert found[2].margin == 60
    assert [state.peak for state in found] == [1000, 1000, 1039, 1059, 1059]
    assert found[4].drawdown == Decimal(40) / Decimal(1059)


def test_a_deposit_carries_the_peak_with_it() -> None:
    postings = [
        Posting(NOON, Decimal(1000), is_flow=True),
        Posting(NOON + HOUR, Decimal(-100), is_flow=False),
        Posting(NOON + 2 * HOUR, Decimal(900), is_flow=True),
    ]
    found = list(rebuilt(postings, [], Marks({}, HOUR), [NOON + step * HOUR for step in range(3)]))
    assert [state.drawdown for state in found] == [0, Decimal("0.1"), Decimal("0.1")]


def test_a_slot_whose_price_is_not_known_is_left_out() -> None:
    marks = Marks({"BTC": [(NOON + HOUR, Decimal(100))]}, 2 * HOUR)
    slots = [NOON + step * HOUR for step in (2, 3, 4)]
    found = list(rebuilt(*long_of_two(), marks, slots))
    assert [state.at for state in found] == [NOON + 2 * HOUR, NOON + 3 * HOUR]  # the fourth hour's is too old


def test_a_flow_while_a_price_is_missing_carries_the_peak_by_the_balance() -> None:
    """At the deposit nobody knows what the position is worth: 999 and 1,000 more double the peak of 1,000 and a
    little."""
    postings, fills = long_of_two()
    postings = [*postings[:2], Posting(NOON + 2 * HOUR, Decimal(1000), is_flow=True)]
    marks = Marks({"BTC": [(NOON + 3 * HOUR, Decimal(100))]}, 2 * HOUR)
    slots = [NOON, NOON + 3 * HOUR]
    first, last = rebuilt(postings, fills[:1], marks, slots)
    assert [first.peak, last.equity] == [1000, 1999]
    assert last.peak == pytest.approx(Decimal(1000) * 1999 / 999, abs=Decimal("1e-6"))


def test_two_symbols_add_up_and_what_is_flat_needs_no_price() -> None:
    postings, fills = long_of_two()
    sold = Fill(OrderSide.SELL, Decimal(50), Decimal(3), Decimal(0))
    fills = [fills[0], SymbolFill(NOON + HOUR, "ETH", sold, leverage=2)]
    marks = Marks({"BTC": [(NOON, Decimal(110))], "ETH": [(NOON, Decimal(60))]}, 9 * HOUR)
    (state,) = rebuilt(postings[:1], fills, marks, [NOON + HOUR])
    assert [state.unrealized, state.exposure, state.margin] == [20 - 30, 220 + 180, 55 + 90]
    bought = Fill(OrderSide.BUY, Decimal(50), Decimal(3), Decimal(0))
    flat = [fills[1], SymbolFill(NOON + HOUR, "ETH", bought)]
    (state,) = rebuilt(postings[:1], flat, Marks({}, HOUR), [NOON + HOUR])
    assert [state.exposure, state.equity] == [0, 1000]


def test_a_price_counts_until_it_is_too_old() -> None:
    marks = Marks({"BTC": [(NOON, Decimal(1)), (NOON + HOUR, Decimal(2))]}, 2 * HOUR)
    assert marks.at("BTC", NOON - HOUR) is None
    assert marks.at("BTC", NOON) == 1
    assert marks.at("BTC", NOON + 3 * HOUR) == 2
    assert marks.at("BTC", NOON + 4 * HOUR) is None
    assert marks.at("ETH", NOON) is None


def test_a_deposit_beside_a_position_carries_the_peak_by_what_the_account_was_worth() -> None:
    """Two bought at 100 stand at 150: 1,099 are worth the peak of 1,099, and twice as much is after a deposit of as
    much. By the balance of 999 the peak would be above it."""
    postings, fills = long_of_two()
    postings = [*postings[:2], Posting(NOON + 2 * HOUR, Decimal(1099), is_flow=True)]
    marks = Marks({"BTC": [(NOON, Decimal(100)), (NOON + 2 * HOUR, Decimal(150))]}, 9 * HOUR)
    slots = [NOON + 2 * HOUR - HOUR / 2, NOON + 2 * HOUR]
    early = Marks({"BTC": [(NOON, Decimal(150))]}, 9 * HOUR)
    for prices in (marks, early):
        *_, last = rebuilt(postings, fills[:1], prices, slots, peak=Decimal(1099))
        assert [last.equity, last.peak, last.drawdown] == [2198, 2198, 0]
