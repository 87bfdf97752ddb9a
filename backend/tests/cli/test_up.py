"""`stackalpha up` keeps the whole platform alive and leaves nothing behind."""

import json
import os
import signal
import stat
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.embedded.ports import free_port
from tests.cli.running import Platform, command, until

CHILDREN = ("paper", "api", "executor", "monitor", "jobs", "notifier")


@pytest.fixture(scope="module")
def platform(session_folder: Path) -> Iterator[Platform]:
    """A running platform without the demo."""
    started = Platform(session_folder / f"up-{os.getpid()}")
    try:
        started.wait_ready()
        yield started
    finally:
        started.remove()


def test_every_child_has_a_pid_file_that_names_it(platform: Platform) -> None:
    commands = {name: " ".join(platform.child(name).cmdline()) for name in CHILDREN}

    assert "paper_exchange" in commands.pop("paper")
    assert all(line.endswith(f"app.cli.entry {name}") for name, line in commands.items())


def test_the_api_answers_at_the_printed_address(platform: Platform) -> None:
    address = f"http://127.0.0.1:{platform.port}/api/v1/health/ready"

    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=90) as answer:
        assert answer.status == 200
    assert f"http://localhost:{platform.port}" in platform.words()


def test_addresses_are_noted_for_their_owner_alone(platform: Platform) -> None:
    note = platform.folder.path / "services.json"

    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert set(json.loads(note.read_text())) == {"database_url", "redis_url", "paper_url", "web_url"}


def test_children_do_not_hold_the_database_owners_login(platform: Platform) -> None:
    for name in ("api", "executor", "monitor", "jobs"):
        assert "@" not in platform.child(name).environ()["DATABASE_URL"]


def test_a_second_up_in_the_same_folder_says_so_in_one_sentence(platform: Platform) -> None:
    second = command(platform.var_dir, "up", "--port", str(free_port()))

    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert f"already runs in this folder at http://localhost:{platform.port}" in second.stderr


@pytest.mark.parametrize("name", CHILDREN)
def test_a_killed_child_is_started_again_and_counted(platform: Platform, name: str) -> None:
    killed = platform.child(name)
    killed.send_signal(signal.SIGKILL)

    assert until(lambda: platform.folder.read_pid(name) not in {None, killed.pid})
    assert platform.child(name).is_running()
    assert until(lambda: f"{name} ended and was started again (1)" in platform.words())


@pytest.mark.parametrize("name", ["redis", "postgres"])
def test_a_killed_service_is_started_again_at_its_old_address(platform: Platform, name: str) -> None:
    before = platform.folder.announced()
    killed = platform.child(name)
    killed.send_signal(signal.SIGKILL)

    assert until(lambda: platform.folder.read_pid(name) not in {None, killed.pid})
    assert platform.folder.announced() == before
