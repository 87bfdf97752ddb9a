"""`stackalpha up` keeps the whole platform alive and leaves nothing behind."""

import json
import os
import signal
import stat
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.adapters.embedded.ports import free_port
from tests.cli.running import Platform, command, until

CHILDREN = ("paper", "api", "executor", "monitor", "jobs", "notifier")


@pytest.fixture(scope="module")
def platform(session_folder: Path) -> Iterator[Platform]:
    """A running platform without the demo."""
    started = Platform(session_folder / f"up-{os.getpid()}", "--no-demo")
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


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_in_order(session_folder: Path, how: signal.Signals) -> None:
    started = Platform(session_folder / f"stop-{how.name}-{os.getpid()}", "--no-demo")
    try:
        started.wait_ready()
        family = started.family()

        started.process.send_signal(how)

        assert started.process.wait(60) == 0
        assert psutil.wait_procs(family, timeout=90)[1] == []
        assert list(started.folder.path.glob("*.pid")) == []
        assert started.folder.announced() is None
    finally:
        started.remove()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")
def test_killing_it_ends_its_children_and_the_next_start_works(session_folder: Path) -> None:
    folder = session_folder / f"killed-{os.getpid()}"
    first = Platform(folder, "--no-demo")
    second: Platform | None = None
    try:
        first.wait_ready()
        family = first.family()

        first.process.send_signal(signal.SIGKILL)

        first.process.wait()
        second = Platform(folder, "--no-demo")
        second.wait_ready()
        assert psutil.wait_procs(family, timeout=90)[1] == []
    finally:
        (second or first).remove()


def test_being_stopped_during_the_start_leaves_nothing_running(session_folder: Path) -> None:
    started = Platform(session_folder / f"early-{os.getpid()}", "--no-demo")
    try:
        assert until(lambda: started.folder.read_pid("postgres") is not None)
        family = started.family()

        assert started.stop() == 0
        assert psutil.wait_procs(family, timeout=90)[1] == []
    finally:
        started.remove()
