"""The crash run finds out executors that are wrong on purpose: without that, its zeros would prove nothing."""

from pathlib import Path

import pytest

from tests.service_host import TestServices
from tests.services.trading.mutants import MUTANTS
from tests.soak.crash import is_caught


@pytest.mark.parametrize("mutant", MUTANTS)
async def test_the_crash_run_finds_the_mutant_out(
    mutant: str, services: TestServices, session_folder: Path, tmp_path: Path
) -> None:
    assert await is_caught(mutant, services, session_folder, tmp_path)
