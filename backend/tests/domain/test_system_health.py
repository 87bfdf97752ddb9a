"""Alarms of the platform: inside, at and beyond each limit, and what is not known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.system_health import (
    LEAST_VENUE_CALLS,
    LIMITS,
    CallFigures,
    Gauge,
    GaugeReading,
    Pulse,
    alarms,
    call_figures,
    crashes,
    error_percent,
    readings_of,
)

NOON = datetime(2026, 1, 7, 12, tzinfo=UTC)


@pytest.mark.parametrize("gauge", list(Gauge))
def test_reading_at_its_limit_is_an_alarm_and_just_below_it_is_not(gauge: Gauge) -> None:
    limit = LIMITS[gauge]
    assert alarms([GaugeReading("x", gauge, limit - 0.01)]) == ()
    assert [alarm.value for alarm in alarms([GaugeReading("x", gauge, limit)])] == [limit]


def test_thresholds_are_those_that_were_asked_for() -> None:
    assert (LIMITS[Gauge.CPU], LIMITS[Gauge.MEMORY], LIMITS[Gauge.DISK]) == (80, 80, 90)


def test_what_is_not_known_is_no_alarm() -> None:
    assert alarms([GaugeReading("x", Gauge.DISK, None)]) == ()


def test_error_rate_of_a_few_calls_is_not_known() -> None:
    assert error_percent(CallFigures(LEAST_VENUE_CALLS - 1, 5, 1.0, 1.0)) is None
    assert error_percent(CallFigures(LEAST_VENUE_CALLS, 5, 1.0, 1.0)) == 50


def test_percentiles_are_nearest_ranks_and_unknown_without_calls() -> None:
    seconds = [place / 1000 for place in range(1, 101)]
    found = call_figures(seconds, 0)
    assert (found.p50_milliseconds, found.p95_milliseconds) == (50, 95)
    assert call_figures([0.007], 0).p95_milliseconds == 7
    assert call_figures([], 0).p50_milliseconds is None
    few = call_figures([0.003, 0.001, 0.0021234], 0)
    assert (few.p50_milliseconds, few.p95_milliseconds) == (2.123, 3)


def pulse_at(seconds: int, pid: int = 1, process: str = "monitor") -> Pulse:
    """A process that started, and told, so many seconds after noon."""
    moment = NOON + timedelta(seconds=seconds)
    return Pulse(
        process=process,
        host="one",
        pid=pid,
        started_at=moment,
        at=moment,
        cpu_percent=1.0,
        memory_percent=1.0,
        disk_percent=1.0,
        rss_bytes=1,
        loop_lag_milliseconds=0.0,
    )


@pytest.mark.parametrize(("seconds", "count"), [(19, 0), (20, 1), (21, 1)])
def test_a_process_is_taken_for_crashed_from_its_limit_of_silence_on(seconds: int, count: int) -> None:
    assert len(crashes([pulse_at(0)], NOON + timedelta(seconds=seconds))) == count


def test_a_crashed_process_is_replaced_by_a_younger_one_of_its_name_that_lives() -> None:
    now = NOON + timedelta(seconds=40)
    for other, replaced in (
        (pulse_at(30, 2), True),
        (pulse_at(30, 2, "executor"), False),
        (pulse_at(10, 2), False),
        (pulse_at(20, 2), False),  # silent for just too long itself
        (replace(pulse_at(30, 2), started_at=NOON), False),  # no younger
    ):
        first = crashes([pulse_at(0), other], now)[0]
        assert (first.pulse.pid, first.is_replaced) == (1, replaced)


def test_two_crashes_of_one_component_are_told_apart() -> None:
    first, second = crashes([pulse_at(0), pulse_at(5, 2)], NOON + timedelta(minutes=1))
    assert first.component == second.component
    assert first.key != second.key


def test_silent_process_is_told_by_its_silence() -> None:
    pulse = pulse_at(0)
    assert alarms(list(readings_of(pulse, NOON + timedelta(seconds=19)))) == ()
    late = alarms(list(readings_of(pulse, NOON + timedelta(seconds=20))))
    assert [(alarm.component, alarm.gauge) for alarm in late] == [("monitor on one", Gauge.SILENCE)]
