"""Figures for Prometheus: a loop that outlives an error shows it."""

from prometheus_client import REGISTRY

from app.core.metrics import loop_failed

NAME = "stackalpha_loop_failures_total"


def test_an_outlived_error_is_counted_under_its_loop_and_told_to_the_log() -> None:
    before = REGISTRY.get_sample_value(NAME, {"loop": "a loop of this test"}) or 0.0
    counts = [loop_failed("a loop of this test"), loop_failed("a loop of this test")]
    assert counts[1] == counts[0] + 1
    assert REGISTRY.get_sample_value(NAME, {"loop": "a loop of this test"}) == before + 2
