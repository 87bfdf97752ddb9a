"""The long run of mutants can unwire every limit where it is read: that place may not move unnoticed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.domain import limit_checks
from app.domain.limit_table import LIMITS
from app.services.trading import rulebook
from tests.soak.mutants import Mutant, unbound_limits, unwired_limits

CORRELATION = "max_correlation"  # not a limit of its own in the review: what it groups is


@pytest.mark.parametrize(
    ("file", "unwired", "spared"),
    [(limit_checks.__file__, unwired_limits, {CORRELATION}), (rulebook.__file__, unbound_limits, set())],
)
def test_every_limit_can_be_unwired(
    file: str, unwired: Callable[[str], Iterator[Mutant]], spared: set[str]
) -> None:
    source = Path(file).read_text()
    made = {one.name: one.source for one in unwired(source)}
    for text in made.values():
        compile(text, file, "exec")
        assert text != source
    assert {f"unwired {one.field}" for one in LIMITS if one.field not in spared} <= set(made)
