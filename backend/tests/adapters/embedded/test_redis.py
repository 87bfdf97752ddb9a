"""The embedded Redis over real folders and real processes."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from app.adapters.embedded import redis as embedded_redis
from app.adapters.embedded.child_process import EmbeddedServiceError
from app.adapters.embedded.redis import EmbeddedRedis, find_redis_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A server that is not started yet and is stopped after the test."""
    made = EmbeddedRedis(tmp_path / "redis", password="right", log_path=tmp_path / "redis.log")
    yield made
    made.stop()


def test_values_and_port_stay_from_run_to_run(server: EmbeddedRedis) -> None:
    server.start()
    url = server.url
    redis.Redis.from_url(url).set("kept", "7")
    server.stop()
    server.start()

    assert server.url == url
    assert redis.Redis.from_url(url).get("kept") == b"7"


def test_a_wrong_password_is_refused(server: EmbeddedRedis) -> None:
    server.start()

    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(server.url.replace("right", "wrong")).ping()


def test_it_listens_on_loopback_alone_and_hides_its_password(server: EmbeddedRedis) -> None:
    server.start()
    process = psutil.Process(server.pid)

    listening = {
        found.laddr[0] for found in process.net_connections("tcp") if found.status == psutil.CONN_LISTEN
    }

    assert listening == {"127.0.0.1"}
    assert "right" not in " ".join(process.cmdline())


def test_another_program_on_the_remembered_port_moves_it(server: EmbeddedRedis) -> None:
    server.start()
    port = int(server.url.rsplit(":", 1)[1].split("/")[0])
    server.stop()
    with socket.create_server(("127.0.0.1", port)):
        server.start()

    assert f":{port}/" not in server.url


def test_an_unreadable_dump_is_set_aside(server: EmbeddedRedis, tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    (tmp_path / "redis" / "dump.rdb").write_bytes(b"not a dump")

    server.start()

    assert redis.Redis.from_url(server.url).dbsize() == 0
    assert (tmp_path / "redis" / "dump.unreadable.rdb").read_bytes() == b"not a dump"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_one_clear_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    server = EmbeddedRedis(tmp_path / "redis", password="right", log_path=tmp_path / "redis.log")

    with pytest.raises(EmbeddedServiceError, match="may not be written"):
        server.start()


def fake_server(folder: Path, version: str) -> Path:
    folder.mkdir()
    path = folder / "redis-server"
    path.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=0'\n")
    path.chmod(0o755)
    return path


def test_a_server_on_the_path_is_taken_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = fake_server(tmp_path / "bin", "7.4.1")
    monkeypatch.setenv("PATH", f"{found.parent}:{os.environ['PATH']}")

    assert find_redis_server() == found


def test_a_server_on_the_path_that_is_too_old_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = fake_server(tmp_path / "bin", "6.0.16")
    monkeypatch.setenv("PATH", f"{found.parent}:{os.environ['PATH']}")

    assert find_redis_server() != found


def test_without_any_server_the_sentence_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(embedded_redis, "find_spec", lambda _name: None)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    with pytest.raises(EmbeddedServiceError, match="set REDIS_URL"):
        find_redis_server()
