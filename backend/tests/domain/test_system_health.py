"""Alarms of the platform: inside, at and beyond each limit, and what is not known."""

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


def test_silent_process_is_told_by_its_silence() -> None:
    pulse = Pulse(
        process="monitor",
        host="one",
        pid=1,
        started_at=NOON,
        at=NOON,
        cpu_percent=1.0,
        memory_percent=1.0,
        disk_percent=1.0,
        rss_bytes=1,
        loop_lag_milliseconds=0.0,
    )
    assert alarms(list(readings_of(pulse, NOON + timedelta(seconds=19)))) == ()
    late = alarms(list(readings_of(pulse, NOON + timedelta(seconds=20))))
    assert [(alarm.component, alarm.gauge) for alarm in late] == [("monitor on one", Gauge.SILENCE)]
