"""Tests end only processes of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.services.trading.nursery import ForkedProcess

WAITS = [sys.executable, "-c", "import signal; print(flush=True); signal.pause()"]


@pytest.fixture
def child() -> Iterator["subprocess.Popen[bytes]"]:
    held = subprocess.Popen(WAITS, stdout=subprocess.PIPE)
    assert held.stdout is not None
    held.stdout.readline()
    yield held
    held.kill()
    held.communicate()


def test_process_that_is_there_is_signalled_and_seen_to_end(child: "subprocess.Popen[bytes]") -> None:
    process = ForkedProcess(child.pid)
    assert process.is_alive
    assert not process.wait(0.0)
    process.send_signal(signal.SIGTERM)
    assert child.wait() == -signal.SIGTERM
    assert process.wait(0.0)


def test_number_of_a_process_that_is_gone_is_never_signalled(
    child: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel may have given it to somebody else."""
    process = ForkedProcess(child.pid)
    child.kill()
    child.wait()
    signalled: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, how: signalled.append((pid, how)))
    for _ in range(3):
        assert not process.is_alive
        process.send_signal(signal.SIGTERM)
    assert signalled == []
