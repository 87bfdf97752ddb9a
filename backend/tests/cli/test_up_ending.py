"""However `stackalpha up` ends, it takes everything with it, and the next start in the same folder works."""

import os
import signal
from pathlib import Path

import psutil

from tests.cli.running import Platform, until


def test_killed_or_told_to_stop_it_leaves_nothing_and_starts_again(session_folder: Path) -> None:
    folder = session_folder / f"ending-{os.getpid()}"
    last = killed = Platform(folder)
    try:
        killed.wait_ready()
        family = killed.family()
        killed.process.send_signal(signal.SIGKILL)
        killed.process.wait()
        for how in (signal.SIGINT, signal.SIGTERM):
            last = Platform(folder)
            last.wait_ready()
            assert psutil.wait_procs(family, timeout=90)[1] == []
            family = last.family()

            last.process.send_signal(how)

            assert last.process.wait(60) == 0
            assert psutil.wait_procs(family, timeout=90)[1] == []
            assert list(last.folder.path.glob("*.pid")) == []
            assert last.folder.announced() is None
    finally:
        last.remove()


def test_being_stopped_during_the_start_leaves_nothing_running(session_folder: Path) -> None:
    started = Platform(session_folder / f"early-{os.getpid()}")
    try:
        assert until(lambda: started.folder.read_pid("postgres") is not None)
        family = started.family()

        assert started.stop() == 0
        assert psutil.wait_procs(family, timeout=90)[1] == []
    finally:
        started.remove()
