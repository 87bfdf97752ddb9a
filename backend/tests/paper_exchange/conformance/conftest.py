"""A venue whose market stands still unless a test moves it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.paper_exchange.conformance.judge import Judge
from tests.paper_exchange.conformance.sdk import no_complaints
from tests.paper_exchange.running import Running

WARM_UP_STEPS = 300


@pytest.fixture(scope="package")
def still_exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One paused venue for all conformance tests, each with accounts of its own."""
    running = Running(tmp_path_factory.mktemp("conformance") / "journal.sqlite")
    running.start()
    running.admin("feed", paused=True)
    running.admin("feed", steps=WARM_UP_STEPS)
    yield running
    assert running.stop() == 0


@pytest.fixture
def judge(still_exchange: Running, request: pytest.FixtureRequest) -> Iterator[Judge]:
    """The SDK for an account of the test's own; every answer must have been as documented."""
    made = Judge(still_exchange, request.node.name)
    with no_complaints():
        yield made
    assert made.complaints() == []
