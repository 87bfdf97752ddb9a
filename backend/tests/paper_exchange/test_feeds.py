"""The feeds: paths inside bars, replay of files, invented prices, and going on after a stop."""

from __future__ import annotations

import gzip
import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper_exchange.assembly import scales
from paper_exchange.feeds.bars import FeedBar
from paper_exchange.feeds.candle_files import FeedFileError, Scale, read_candles, read_folder
from paper_exchange.feeds.path import path
from paper_exchange.feeds.play import FeedStep
from paper_exchange.feeds.playback import Playback
from paper_exchange.feeds.replay import ReplaySource
from paper_exchange.feeds.synthetic import CRASH, SyntheticSource
from paper_exchange.pacing import steps_per_bar
from paper_exchange.randomness import seeded

HOUR_MS = 3_600_000
DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
SCALE = Scale(1, 3)
GOOD = (
    "timestamp,open,high,low,close,volume\n3600000,100.0,110.0,90.0,105.0,7.5\n7200000,105,106,104,104.5,1\n"
)


@st.composite
def bars(draw: st.DrawFn) -> FeedBar:
    low = draw(st.integers(1, 10**6))
    high = low + draw(st.integers(0, 10**4))
    between = st.integers(low, high)
    return FeedBar(draw(between), high, low, draw(between), draw(st.integers(0, 10**9)))


@given(bars(), st.integers(4, 80), st.integers(0, 100))
def test_path_is_the_bar(bar: FeedBar, steps: int, seed: int) -> None:
    points = path(bar, steps, seeded(seed))
    prices = [point.price for point in points]
    assert len(points) == steps
    assert (prices[0], prices[-1]) == (bar.open, bar.close)
    assert (max(prices), min(prices)) == (bar.high, bar.low)
    assert sum(point.quantity for point in points) == bar.volume
    assert all(point.quantity >= 0 for point in points)


def test_path_visits_the_nearer_extreme_first() -> None:
    prices = [point.price for point in path(FeedBar(100, 200, 90, 150, 50), 60, seeded(1))]
    assert prices.index(90) < prices.index(200)
    prices = [point.price for point in path(FeedBar(190, 200, 90, 150, 50), 60, seeded(1))]
    assert prices.index(200) < prices.index(90)


def _written(folder: Path, text: str, name: str = "btcusdt_perp_1h_test.csv") -> Path:
    file = folder / name
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return file


def test_good_file_is_read_plain_and_packed(tmp_path: Path) -> None:
    plain = read_candles(_written(tmp_path, GOOD), SCALE, HOUR_MS)
    packed = read_candles(_written(tmp_path, GOOD, "btcusdt_perp_1h_test.csv.gz"), SCALE, HOUR_MS)
    assert plain == packed
    assert plain[HOUR_MS] == FeedBar(1_000, 1_100, 900, 1_050, 7_500)


@pytest.mark.parametrize(
    ("changed", "row", "word"),
    [
        (("timestamp,open", "time,open"), 1, "header"),
        (("7200000,", "3600000,"), 3, "does not follow"),
        (("7200000,", "7200001,"), 3, "opening of a bar"),
        (("7200000,", "x,"), 3, "whole number"),
        (("106,104", "104,106"), 3, "below"),
        (("105,106,104,104.5", "105,106,104.8,104.5"), 3, "above"),
        (("110.0", "-110"), 2, "above zero"),
        (("90.0", "nan"), 2, "finite"),
        (("90.0", "abc"), 2, "not a number"),
        (("7.5", "-1"), 2, "below zero"),
        (("7.5", "7.5,9"), 2, "columns"),
    ],
)
def test_malformed_row_is_named(tmp_path: Path, changed: tuple[str, str], row: int, word: str) -> None:
    file = _written(tmp_path, GOOD.replace(*changed))
    with pytest.raises(FeedFileError) as refused:
        read_candles(file, SCALE, HOUR_MS)
    assert f"btcusdt_perp_1h_test.csv, row {row}:" in str(refused.value)
    assert word in str(refused.value)


def test_broken_archive_and_empty_folder_are_named(tmp_path: Path) -> None:
    (tmp_path / "btcusdt_perp_1h_test.csv.gz").write_bytes(gzip.compress(GOOD.encode())[:40])
    with pytest.raises(FeedFileError, match="cannot be read"):
        read_folder(tmp_path, scales(), "1h", HOUR_MS)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(FeedFileError, match="holds no"):
        read_folder(empty, scales(), "1h", HOUR_MS)
    with pytest.raises(FeedFileError, match="is not a folder"):
        read_folder(tmp_path / "absent", scales(), "1h", HOUR_MS)


def test_unlisted_symbol_is_refused(tmp_path: Path) -> None:
    _written(tmp_path, GOOD, "abcusdt_perp_1h_test.csv")
    with pytest.raises(FeedFileError, match="ABCUSDT is not a perpetual"):
        read_folder(tmp_path, scales(), "1h", HOUR_MS)


def _replay(tmp_path: Path) -> Playback:
    other = GOOD.replace("100.0,110.0,90.0,105.0", "10,11,9,10").replace("105,106,104,104.5", "10,12,9.5,11")
    _written(tmp_path, GOOD)
    _written(tmp_path, other, "ethusdt_perp_1h_test.csv")
    source = ReplaySource(read_folder(tmp_path, scales(), "1h", HOUR_MS), HOUR_MS, history=0)
    return Playback(source, seed=1, start_ms=source.start_ms)


def _all_steps(playback: Playback) -> list[FeedStep]:
    steps = []
    while (step := playback.next_step(60)) is not None:
        steps.append(step)
    return steps


def test_replay_moves_all_symbols_on_one_clock_and_finishes(tmp_path: Path) -> None:
    playback = _replay(tmp_path)
    steps = _all_steps(playback)
    assert len(steps) == 121
    assert all(set(step.points) == {"BTCUSDT", "ETHUSDT"} for step in steps[:-1])
    times = [step.time_ms for step in steps]
    assert times == sorted(set(times))
    assert times[-1] == 3 * HOUR_MS
    assert playback.finished
    assert playback.progress == 1.0


@pytest.mark.parametrize("taken", [0, 1, 37, 60, 61, 119, 120, 121])
def test_replay_goes_on_from_a_bookmark_as_if_nothing_had_happened(tmp_path: Path, taken: int) -> None:
    whole = _all_steps(_replay(tmp_path))
    first = _replay(tmp_path)
    for _ in range(taken):
        first.next_step(60)
    second = _replay(tmp_path)
    second.resume(first.bookmark())
    assert _all_steps(second) == whole[taken:]


def _synthetic(seed: int = 1, history: int = 1_500) -> SyntheticSource:
    return SyntheticSource(scales(), seed, 1_700_000_000_000, history)


def test_synthetic_is_the_same_for_a_seed_and_differs_between_seeds() -> None:
    assert _synthetic().history()[-5:] == _synthetic().history()[-5:]
    assert _synthetic().history()[-5:] != _synthetic(2).history()[-5:]


def test_synthetic_goes_on_from_a_bookmark() -> None:
    first = _synthetic()
    first.history()
    for _ in range(70):
        first.next_row()
    bookmark = first.bookmark()
    wanted = [first.next_row() for _ in range(50)]
    second = _synthetic(history=3)
    second.resume(bookmark)
    assert [second.next_row() for _ in range(50)] == wanted


def test_synthetic_bars_are_coherent_and_join() -> None:
    rows = _synthetic(seed=3).history()
    for before, after in pairwise(rows):
        assert after.open_ms == before.open_ms + 60_000
        for symbol, bar in after.bars.items():
            assert bar.open == before.bars[symbol].close
            assert 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
            assert bar.volume > 0


def test_synthetic_symbols_move_together() -> None:
    rows = _synthetic(seed=3).history()
    returns = {
        symbol: [math.log(row.bars[symbol].close / row.bars[symbol].open) for row in rows]
        for symbol in ("BTCUSDT", "ETHUSDT")
    }
    pairs = list(zip(returns["BTCUSDT"], returns["ETHUSDT"], strict=True))
    together = sum(a * b for a, b in pairs) / len(pairs)
    scale = math.prod(math.sqrt(sum(x * x for x in one) / len(one)) for one in returns.values())
    assert 0.4 < together / scale < 0.95


@pytest.mark.parametrize("seed", range(1, 6))
def test_synthetic_crashes_after_an_hour_and_trends_before(seed: int) -> None:
    source = _synthetic(seed=seed)
    source.history()
    rows = []
    for _ in range(CRASH.stop + 1):
        row = source.next_row()
        assert row is not None
        rows.append(row.bars)
    fall = rows[CRASH.stop - 1]["BTCUSDT"].close / rows[CRASH.start]["BTCUSDT"].open - 1
    assert -0.2 < fall < -0.06
    # Both sides get a trend in the first minutes.
    assert rows[24]["BTCUSDT"].close > rows[0]["BTCUSDT"].open
    assert rows[24]["DOGEUSDT"].close < rows[0]["DOGEUSDT"].open


@pytest.mark.skipif(not DATA.is_dir(), reason=f"recorded market files are not at {DATA}")
def test_recorded_files_are_all_readable() -> None:
    series = read_folder(DATA, scales(), "1h", HOUR_MS)
    assert sorted(series) == ["BTCUSDT", "DOGEUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"]
    assert {len(bars) for bars in series.values()} == {1_000}


@pytest.mark.parametrize(
    ("interval_ms", "speed", "steps"),
    [
        (HOUR_MS, 3_600, 60),
        (HOUR_MS, 20, 3_600),
        (HOUR_MS, 1, 3_600),
        (HOUR_MS, 200, 360),
        (60_000, 20, 60),
        (60_000, 600, 6),
        (60_000, 1_000_000, 4),
    ],
)
def test_bars_are_played_as_finely_as_the_speed_allows(interval_ms: int, speed: float, steps: int) -> None:
    assert steps_per_bar(interval_ms, speed) == steps
