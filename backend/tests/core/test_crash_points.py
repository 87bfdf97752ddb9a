"""A crash point kills only when its own label is asked for, and only once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.crash_points import CRASH_POINTS, VARIABLE, crash_point

CALL = "import sys; from app.core.crash_points import crash_point; crash_point(sys.argv[1])"


def call(label: str, file: Path) -> int:
    return subprocess.run(
        [sys.executable, "-c", CALL, label], env=os.environ | {VARIABLE: str(file)}, check=False
    ).returncode


def test_label_that_is_asked_for_kills_and_takes_the_file_away(tmp_path: Path) -> None:
    file = tmp_path / "crash"
    file.write_text("after_commit_intent\n")
    assert call("after_commit_intent", file) == -signal.SIGKILL
    assert not file.exists()
    assert call("after_commit_intent", file) == 0


def test_other_label_passes_and_leaves_the_file(tmp_path: Path) -> None:
    file = tmp_path / "crash"
    file.write_text("after_commit_intent")
    assert call("after_response_entry", file) == 0
    assert file.exists()


def test_without_the_variable_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    crash_point("after_commit_intent")


def test_labels_are_unique_and_name_every_leg() -> None:
    assert len(set(CRASH_POINTS)) == len(CRASH_POINTS)
    for leg in ("entry", "stop", "move", "exit"):
        assert f"after_commit_sending_{leg}" in CRASH_POINTS
