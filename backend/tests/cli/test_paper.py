"""`stackalpha paper` and `stackalpha paper-keys`: the exchange alone, for somebody's own bot."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import ccxt
import pytest

from app.adapters.embedded.ports import free_port
from app.core.config import BACKEND_DIR
from tests.cli.running import command, environment
from tests.paper_exchange.running import ccxt_options

READY = "paper exchange ready on "


@pytest.fixture
def port(tmp_path: Path) -> Iterator[str]:
    """The port of a paper exchange that runs alone."""
    chosen = str(free_port())
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "paper", "--port", chosen, "--speed", "1"],
        cwd=BACKEND_DIR,
        env=environment(tmp_path / "var"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "stackalpha paper-keys my-bot --deposit 10000" in process.stdout.readline()
    assert process.stdout.readline() == f"{READY}http://127.0.0.1:{chosen}\n"
    yield chosen
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stdout.close()


def _lines(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert done.returncode == 0, done.stderr
    return {line[:12].strip(): line[12:] for line in done.stdout.splitlines()}


def test_paper_alone_gives_keys_that_trade(port: str, tmp_path: Path) -> None:
    var_dir = tmp_path / "var"
    first = _lines(command(var_dir, "paper-keys", "my-bot", "--deposit", "10000", "--port", port))
    assert first["balance"] == "10000.00000000 USDT"
    again = _lines(command(var_dir, "paper-keys", "my-bot", "--port", port))
    assert again == {name: value for name, value in first.items() if name != "balance"}

    options = ccxt_options(first["address"], first["api key"], first["api secret"])
    exchange = ccxt.binanceusdm(options)
    order = exchange.create_order("BTC/USDT:USDT", "market", "buy", 0.01)
    assert order["status"] == "closed"

    refused = command(var_dir, "paper-keys", "my-bot", "--deposit", "-5", "--port", port)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "-5 USDT" in refused.stderr


def _status(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert done.returncode == 0, done.stderr
    return {line[:16].strip(): line[16:] for line in done.stdout.splitlines()}


def test_market_is_paused_stepped_and_sped_up_from_the_command_line(port: str, tmp_path: Path) -> None:
    var_dir = tmp_path / "var"
    held = _status(command(var_dir, "paper-feed", "--pause", "--port", port))
    assert (held["feed"], held["paused"], held["speed"]) == ("synthetic", "True", "1.0")
    stepped = _status(command(var_dir, "paper-feed", "--step", "60", "--port", port))
    # Sixty steps of a minute bar at this speed are one market minute.
    assert 59_000 <= int(stepped["market_time"]) - int(held["market_time"]) <= 61_000
    assert _status(command(var_dir, "paper-feed", "--port", port))["market_time"] == stepped["market_time"]
    running = _status(command(var_dir, "paper-feed", "--resume", "--speed", "20", "--port", port))
    assert (running["paused"], running["speed"]) == ("False", "20.0")


def test_keys_without_an_exchange_are_refused_in_one_sentence(tmp_path: Path) -> None:
    done = command(tmp_path / "var", "paper-keys", "my-bot", "--port", str(free_port()))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "start it with `stackalpha paper`" in done.stderr
