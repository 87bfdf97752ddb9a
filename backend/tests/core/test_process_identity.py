"""Whether another process of this machine still lives is known from its name."""

import subprocess
import sys

from app.core.process_identity import is_dead, own_identity

PRINT = "from app.core.process_identity import own_identity; print(own_identity())"


def test_this_process_is_alive() -> None:
    assert not is_dead(own_identity())


def test_process_that_ended_is_dead() -> None:
    ended = subprocess.run([sys.executable, "-c", PRINT], capture_output=True, text=True, check=True)
    assert is_dead(ended.stdout.strip())


def test_process_of_another_machine_is_not_known_to_be_dead() -> None:
    assert not is_dead("elsewhere/1/1")


def test_same_number_started_at_another_time_is_another_process() -> None:
    host, pid, started = own_identity().rsplit("/", 2)
    assert is_dead(f"{host}/{pid}/{int(started) - 1000}")
