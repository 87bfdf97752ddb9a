"""Postgres stopped at once, Redis flushed and the venue away, under load: one cycle of `tests.soak.restarts`."""

import asyncio

from tests.soak.restarts import services, soak


def test_work_goes_on_after_everything_was_away() -> None:
    with services() as held:
        figures = asyncio.run(soak(held, cycles=1, seed=3))
    assert figures["restarts.entries_sent"]
    assert (figures["restarts.lost"], figures["restarts.stale_entries"]) == (0, 0)
