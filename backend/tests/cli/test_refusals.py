"""What the command line refuses: one sentence on standard error, an exit code, nothing left running."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.embedded.ports import free_port
from app.adapters.embedded.postgres_home import remove_postgres_home
from app.cli import preflight
from app.cli.market_choice import check_market, note_market
from app.cli.preflight import check_folder
from app.cli.processes import paper_arguments
from app.cli.run_folder import RunFolder, running_settings
from app.cli.terminal import CommandError
from app.core.config import PaperFeed, Settings, SettingsError
from tests.cli.running import command


@pytest.fixture
def var_dir(tmp_path: Path) -> Iterator[Path]:
    """A folder for one run."""
    yield tmp_path / "var"
    remove_postgres_home(tmp_path / "var" / "postgres")


def test_a_live_market_that_cannot_be_reached_is_one_sentence_and_binds_nobody(var_dir: Path) -> None:
    done = command(var_dir, "up", "--live", STACKALPHA_PAPER_LIVE_URL="http://127.0.0.1:1")

    assert done.returncode == 1
    assert "cannot be followed" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    check_market(Settings(var_dir=var_dir, paper_seed=7))


def test_a_live_market_has_its_own_prices_and_speed(var_dir: Path) -> None:
    done = command(var_dir, "up", "--live", "--speed", "60")

    assert done.returncode == 2
    assert "--speed" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_followed_venue_is_named_by_its_address_and_has_no_speed(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path, paper_feed=PaperFeed.LIVE, paper_live_url="http://127.0.0.1:9")
    arguments = paper_arguments(settings)
    assert arguments[arguments.index("--live-url") + 1] == "http://127.0.0.1:9"
    assert "--speed" not in arguments


def test_a_port_in_use_is_named_with_its_holder(var_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        done = command(var_dir, "up", "--port", str(port))

    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {port} is in use by ")
    assert done.stderr.count("\n") == 1


def test_a_setting_that_cannot_be_read_is_named(var_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKALPHA_PORT", "99999")

    done = command(var_dir, "up")

    assert done.returncode == 1
    assert done.stderr.startswith("STACKALPHA_PORT cannot be used")


@pytest.mark.parametrize("kind", ["absent", "empty"])
def test_a_replay_folder_without_prices_is_refused(var_dir: Path, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "prices"
    if kind == "empty":
        folder.mkdir()

    done = command(var_dir, "up", "--replay", str(folder))

    assert done.returncode == 2
    assert str(folder) in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_malformed_price_file_is_refused_with_its_row(var_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "prices"
    folder.mkdir()
    rows = ["open_time,open,high,low,close,volume"]
    rows += [f"{1_756_684_800_000 + i * 3_600_000},100,101,99,100,5" for i in range(200)]
    rows[150] = rows[150].replace("101", "not a price")
    (folder / "btcusdt_perp_1h_2025.csv").write_text("\n".join(rows) + "\n")

    done = command(var_dir, "up", "--no-demo", "--port", str(free_port()), "--replay", str(folder))

    assert done.returncode == 1
    assert "btcusdt_perp_1h_2025.csv" in done.stderr
    assert done.stderr.strip().count("\n") == 0


def test_commands_beside_a_platform_that_does_not_run_say_how_to_start_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STACKALPHA_VAR_DIR", str(tmp_path))

    with pytest.raises(SettingsError, match="stackalpha up"):
        running_settings()


def test_a_disk_with_too_little_space_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "FREE_BYTES_NEEDED", 10**18)

    with pytest.raises(CommandError, match="MB are needed"):
        check_folder(tmp_path)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")

    with pytest.raises(CommandError, match="cannot be written"):
        check_folder(tmp_path / "var")


def test_another_market_over_stored_trades_needs_a_fresh_start(tmp_path: Path) -> None:
    note_market(Settings(var_dir=tmp_path, paper_seed=7))

    check_market(Settings(var_dir=tmp_path, paper_seed=7, paper_speed=99))
    with pytest.raises(CommandError, match="--fresh"):
        check_market(Settings(var_dir=tmp_path, paper_seed=8))
    with pytest.raises(CommandError, match="--fresh"):
        check_market(Settings(var_dir=tmp_path, paper_feed=PaperFeed.REPLAY, paper_replay_dir=tmp_path))
    with pytest.raises(CommandError, match="live market of Binance"):
        check_market(Settings(var_dir=tmp_path, paper_feed=PaperFeed.LIVE))


def test_a_pid_file_that_names_another_program_ends_nothing(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.path.mkdir()
    folder.write_pid("executor", 1)

    with folder.held():
        assert folder.read_pid("executor") is None
