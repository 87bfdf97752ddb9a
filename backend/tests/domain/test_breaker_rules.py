"""Every automatic rule just inside, exactly at and just outside its limit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.domain.breaker import BreakerCause
from app.domain.breaker_rules import (
    BreakerTerms,
    ProbeVerdict,
    after_probe,
    count_reading,
    drawdown_reading,
    first_probe,
    loss_reading,
    seconds_reading,
    share_reading,
    slippage_reading,
    troubled_reading,
    verdict_of,
)
from app.domain.loss_windows import WindowLength
from app.domain.risk_facts import LossWindow

NOON = datetime(2025, 10, 10, 12, tzinfo=UTC)
TERMS = BreakerTerms()
ZERO = Decimal(0)


@pytest.mark.parametrize(
    ("equity", "reached"), [("9500.00000001", False), ("9500", True), ("9499.99999999", True)]
)
def test_a_loss_trips_at_its_percent(equity: str, reached: bool) -> None:
    reading = loss_reading(
        WindowLength.DAY,
        LossWindow(Decimal(10_000), ZERO, ZERO),
        Decimal(equity),
        max_loss_usd=None,
        max_loss_fraction=Decimal("0.05"),
        resets_at=NOON,
    )
    assert reading is not None
    assert (reading.reached, reading.limit, reading.resets_at) == (reached, Decimal(500), NOON)


@pytest.mark.parametrize(("usd", "reached"), [("500.01", False), ("500", True), ("499.99", True)])
def test_of_an_amount_and_a_percent_the_first_that_is_reached_binds(usd: str, reached: bool) -> None:
    reading = loss_reading(
        WindowLength.WEEK,
        LossWindow(Decimal(10_000), ZERO, ZERO),
        Decimal(9_500),
        max_loss_usd=Decimal(usd),
        max_loss_fraction=Decimal("0.10"),
        resets_at=NOON,
    )
    assert reading is not None
    assert (reading.reached, reading.limit) == (reached, Decimal(usd))  # 10 % would be 1,000


def test_a_window_that_tripped_stays_tripped_after_a_rebound() -> None:
    window = LossWindow(Decimal(10_000), ZERO, ZERO, tripped=True)
    reading = loss_reading(
        WindowLength.DAY,
        window,
        Decimal(11_000),
        max_loss_usd=Decimal(500),
        max_loss_fraction=None,
        resets_at=NOON,
    )
    assert reading is not None
    assert reading.reached


@pytest.mark.parametrize(("equity", "reached"), [("8500.00000001", False), ("8500", True), ("8499", True)])
def test_a_drawdown_trips_at_its_percent_of_the_peak(equity: str, reached: bool) -> None:
    reading = drawdown_reading(Decimal(10_000), Decimal(equity), Decimal("0.15"))
    assert reading is not None
    assert reading.reached is reached


@pytest.mark.parametrize(("count", "reached"), [(2, False), (3, True), (4, True)])
def test_losses_in_a_row_trip_at_their_limit(count: int, reached: bool) -> None:
    reading = count_reading(BreakerCause.CONSECUTIVE_LOSSES, count, 3)
    assert reading is not None
    assert reading.reached is reached


@pytest.mark.parametrize(("refused", "reached"), [(4, False), (5, True), (6, True)])
def test_a_share_of_refusals_trips_at_its_limit(refused: int, reached: bool) -> None:
    reading = share_reading(BreakerCause.REJECT_RATE, refused, 10, max_share=Decimal("0.5"), least=10)
    assert reading is not None
    assert reading.reached is reached


def test_a_share_of_few_orders_says_nothing() -> None:
    assert share_reading(BreakerCause.REJECT_RATE, 9, 9, max_share=Decimal("0.5"), least=10) is None
    assert share_reading(BreakerCause.REJECT_RATE, 0, 0, max_share=Decimal("0.5"), least=0) is None


@pytest.mark.parametrize(("part", "whole", "percent"), [(1, 3, "33.33"), (2, 3, "66.67"), (1, 1, "100")])
def test_a_share_is_told_in_percent_beside_its_limit(part: int, whole: int, percent: str) -> None:
    reading = share_reading(BreakerCause.REJECT_RATE, part, whole, max_share=Decimal("0.6"), least=1)
    assert reading is not None
    assert [reading.value, reading.limit] == [Decimal(percent), 60]


@pytest.mark.parametrize(("bps", "reached"), [("99.9999", False), ("100", True), ("101", True)])
def test_slippage_trips_at_its_median(bps: str, reached: bool) -> None:
    reading = slippage_reading([ZERO, ZERO, Decimal(bps), Decimal(900), Decimal(900)], TERMS)
    assert reading is not None
    assert reading.reached is reached


def test_one_bad_fill_is_no_anomaly() -> None:
    assert slippage_reading([Decimal(5_000)], TERMS) is None


@pytest.mark.parametrize(("least_orders", "fills"), [(10, 5), (11, 5), (2, 1), (1, 1)])
def test_slippage_is_judged_from_half_as_many_fills_as_orders_on(least_orders: int, fills: int) -> None:
    terms = replace(TERMS, least_orders=least_orders)
    assert slippage_reading([Decimal(500)] * (fills - 1), terms) is None
    assert slippage_reading([Decimal(500)] * fills, terms) is not None


@pytest.mark.parametrize(("ms", "reached"), [(1_999, False), (-2_000, True), (2_001, True)])
def test_a_clock_trips_at_its_offset_either_way(ms: int, reached: bool) -> None:
    offset = timedelta(milliseconds=ms)
    reading = seconds_reading(BreakerCause.CLOCK, offset, TERMS.max_clock_offset)
    assert reading.reached is reached
    assert [reading.value, reading.limit] == [Decimal(abs(ms)).scaleb(-3), 2]


@pytest.mark.parametrize(("troubled", "accounts", "reached"), [(3, 16, False), (3, 15, True), (4, 15, True)])
def test_trouble_of_many_accounts_is_the_venues(troubled: int, accounts: int, reached: bool) -> None:
    reading = troubled_reading(BreakerCause.DRIFT, troubled, accounts, TERMS)
    assert reading is not None
    assert reading.reached is reached


def test_trouble_of_few_accounts_is_their_own() -> None:
    assert troubled_reading(BreakerCause.DRIFT, 2, 2, TERMS) is None
    alone = troubled_reading(BreakerCause.DRIFT, 1, 1, replace(TERMS, least_troubled=1))
    assert alone is not None
    assert alone.value == 100
    assert alone.reached


def test_what_is_not_known_and_what_has_no_limit_reads_nothing() -> None:
    assert drawdown_reading(None, Decimal(1), Decimal("0.1")) is None
    assert drawdown_reading(Decimal(1), Decimal(1), None) is None
    assert count_reading(BreakerCause.ORDER_RATE, 10**6, None) is None


def test_a_venue_is_well_after_enough_good_answers_in_a_row() -> None:
    probe = first_probe(NOON, TERMS)
    assert after_probe(probe, is_well=True, now=NOON, terms=TERMS) == probe  # not asked before its pause
    later = NOON + TERMS.probe_pause
    for successes in range(1, TERMS.probe_successes):
        probe = after_probe(probe, is_well=True, now=later, terms=TERMS)
        assert (probe.successes, verdict_of(probe, TERMS)) == (successes, ProbeVerdict.PROBING)
    probe = after_probe(probe, is_well=True, now=later, terms=TERMS)
    assert verdict_of(probe, TERMS) is ProbeVerdict.WELL


def test_a_bad_answer_begins_again_and_waits_twice_as_long_up_to_a_bound() -> None:
    probe, now = first_probe(NOON, TERMS), NOON + TERMS.probe_pause
    probe = after_probe(probe, is_well=True, now=now, terms=TERMS)
    pauses = []
    for _ in range(10):
        probe = after_probe(probe, is_well=False, now=now, terms=TERMS)
        assert (probe.successes, verdict_of(probe, TERMS)) == (0, ProbeVerdict.WAITING)
        assert probe.next_at == now + timedelta(seconds=probe.pause_seconds)
        pauses.append(probe.pause_seconds)
        now = probe.next_at
    assert pauses[:3] == [10.0, 20.0, 40.0]
    assert pauses[-1] == TERMS.longest_probe_pause.total_seconds()


@pytest.mark.parametrize(
    ("count", "limit", "reached"), [(0, 0, False), (1, 0, True), (0, 1, False), (1, 1, True), (1, 2, False)]
)
def test_a_limit_of_nothing_trips_with_the_first(count: int, limit: int, reached: bool) -> None:
    reading = count_reading(BreakerCause.ORDER_RATE, count, limit)
    assert reading is not None
    assert [reading.value, reading.limit] == [count, limit]
    assert reading.reached is reached


def test_a_peak_of_nothing_reads_nothing_and_an_equity_above_it_has_not_fallen() -> None:
    assert drawdown_reading(ZERO, Decimal(1), Decimal("0.1")) is None
    assert drawdown_reading(Decimal(1), None, Decimal("0.1")) is None
    above = drawdown_reading(Decimal(100), Decimal(101), Decimal("0.1"))
    assert above is not None
    assert [above.value, above.limit] == [0, 10]
    assert not above.reached


def test_a_limit_of_a_drawdown_is_rounded_up_to_the_unit() -> None:
    tiny = Decimal("0.00000001")
    reading = drawdown_reading(tiny, tiny, Decimal("0.1"))
    assert reading is not None
    assert (reading.limit, reading.reached) == (tiny, False)
