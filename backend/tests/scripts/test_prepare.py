"""A checkout is prepared by one process at a time: two builds of the web app would write over each other."""

import fcntl
import subprocess
import sys

from app.core.config import BACKEND_DIR, ROOT_DIR


def test_who_comes_while_another_prepares_waits_for_it() -> None:
    (ROOT_DIR / "var").mkdir(exist_ok=True)
    with (ROOT_DIR / "var" / "prepare.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = subprocess.Popen(
            [sys.executable, str(BACKEND_DIR / "scripts" / "prepare.py")], stdout=subprocess.PIPE, text=True
        )
        assert second.stdout is not None
        assert second.stdout.readline() == "Somebody else prepares this checkout: waiting for that.\n"
        assert second.poll() is None
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert second.wait(90) == 0
        second.stdout.close()
