"""A venue whose market stands still unless a test moves it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.paper_exchange.running import Running

WARM_UP_STEPS = 300
CRASH_STEPS = 75 * 60


@pytest.fixture(scope="package")
def still_exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One paused venue for all conformance tests, each with accounts of its own."""
    running = Running(tmp_path_factory.mktemp("conformance") / "journal.sqlite")
    running.start()
    running.admin("feed", paused=True)
    running.admin("feed", steps=WARM_UP_STEPS)
    yield running
    assert running.stop() == 0
