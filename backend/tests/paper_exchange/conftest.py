"""A running paper exchange for the tests that need the real process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paper_exchange.running import Running


@pytest.fixture(scope="package")
def shared_exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One process for all tests that use accounts of their own; its market runs, so it ends with the last of them."""
    running = Running(tmp_path_factory.mktemp("exchange") / "journal.sqlite")
    running.start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def own_exchange(tmp_path: Path) -> Iterator[Running]:
    """A process that the test may stop and start; it begins stopped."""
    running = Running(tmp_path / "journal.sqlite")
    yield running
    if running.process is not None:
        running.stop()
