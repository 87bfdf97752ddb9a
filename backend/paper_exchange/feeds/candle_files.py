"""Reads OHLCV files: `timestamp,open,high,low,close,volume`, timestamp = open time in ms UTC, plain
or gzip.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

from paper_exchange.feeds.bars import FeedBar

HEADER = ["timestamp", "open", "high", "low", "close", "volume"]


class FeedFileError(Exception):
    """A file that cannot be played; says which, and at which row (the header is row 1)."""

    def __init__(self, path: Path, row: int | None, why: str) -> None:
        where = path.name if row is None else f"{path.name}, row {row}"
        super().__init__(f"{where}: {why}")


@dataclass(frozen=True, slots=True)
class Scale:
    """Decimals of a symbol's price tick and quantity step."""

    price: int
    quantity: int


def _number(text: str, name: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{name} '{text}' is not a number") from None
    if not value.is_finite():
        raise ValueError(f"{name} '{text}' is not finite")
    return value


def _units(value: Decimal, decimals: int) -> int:
    return int(value.scaleb(decimals).to_integral_value(ROUND_HALF_UP))


def _bar(cells: list[str], scale: Scale) -> FeedBar:
    open_, high, low, close = (
        _number(text, name) for text, name in zip(cells[1:5], HEADER[1:5], strict=True)
    )
    volume = _number(cells[5], "volume")
    if min(open_, high, low, close) <= 0:
        raise ValueError("every price must be above zero")
    if volume < 0:
        raise ValueError(f"volume {volume} is below zero")
    if high < max(open_, close, low):
        raise ValueError(f"high {high} is below open {open_}, close {close} or low {low}")
    if low > min(open_, close):
        raise ValueError(f"low {low} is above open {open_} or close {close}")
    first, highest, lowest, last = (_units(price, scale.price) for price in (open_, high, low, close))
    if lowest < 1:
        raise ValueError(f"low {low} is below one tick of the contract")
    return FeedBar(first, highest, lowest, last, _units(volume, scale.quantity))


def _row(cells: list[str], scale: Scale, before_ms: int | None, interval_ms: int) -> tuple[int, FeedBar]:
    if len(cells) != len(HEADER):
        raise ValueError(f"{len(cells)} columns, expected {len(HEADER)}")
    if not cells[0].isascii() or not cells[0].isdigit():
        raise ValueError(f"timestamp '{cells[0]}' is not a whole number of milliseconds")
    open_ms = int(cells[0])
    if open_ms % interval_ms:
        raise ValueError(f"timestamp {open_ms} is not the opening of a bar of {interval_ms} ms")
    if before_ms is not None and open_ms <= before_ms:
        raise ValueError(f"timestamp {open_ms} does not follow {before_ms}")
    return open_ms, _bar(cells, scale)


def _lines(path: Path) -> Iterator[str]:
    with path.open("rb") as raw, gzip.open(raw) if path.suffix == ".gz" else raw as unpacked:
        yield from io.TextIOWrapper(unpacked, newline="")


def read_candles(path: Path, scale: Scale, interval_ms: int) -> dict[int, FeedBar]:
    """Every bar of the file by its open time, in order; raises FeedFileError at the first fault."""
    bars: dict[int, FeedBar] = {}
    before: int | None = None
    number = 0
    try:
        for number, cells in enumerate(csv.reader(_lines(path)), start=1):
            if number == 1:
                if cells != HEADER:
                    raise FeedFileError(path, 1, f"header is {','.join(cells)}, expected {','.join(HEADER)}")
                continue
            before, bar = _placed(path, number, cells, scale, before, interval_ms)
            bars[before] = bar
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise FeedFileError(path, number + 1, f"cannot be read ({error})") from error
    if not bars:
        raise FeedFileError(path, None, "holds no bars")
    return bars


def _placed(
    path: Path, number: int, cells: list[str], scale: Scale, before: int | None, interval_ms: int
) -> tuple[int, FeedBar]:
    try:
        return _row(cells, scale, before, interval_ms)
    except ValueError as fault:
        raise FeedFileError(path, number, str(fault)) from fault


def read_folder(
    folder: Path, scales: Mapping[str, Scale], interval_name: str, interval_ms: int
) -> dict[str, dict[int, FeedBar]]:
    """Bars of every `<symbol>_perp_<interval>_*.csv[.gz]` in the folder, by symbol.

    Files of one symbol are joined.
    """
    out: dict[str, dict[int, FeedBar]] = {}
    for path in _matching(folder, interval_name):
        symbol = path.name.partition("_")[0].upper()
        scale = scales.get(symbol)
        if scale is None:
            raise FeedFileError(path, None, f"{symbol} is not a perpetual listed here")
        bars = read_candles(path, scale, interval_ms)
        known = out.setdefault(symbol, {})
        twice = known.keys() & bars.keys()
        if twice:
            raise FeedFileError(
                path, None, f"opens a bar at {min(twice)} that another file of {symbol} holds too"
            )
        known.update(bars)
    if not out:
        raise FeedFileError(folder, None, f"holds no <symbol>_perp_{interval_name}_*.csv or .csv.gz file")
    return out


def _matching(folder: Path, interval_name: str) -> Iterable[Path]:
    if not folder.is_dir():
        raise FeedFileError(folder, None, "is not a folder")
    pattern = f"*_perp_{interval_name}_*.csv"
    return sorted([*folder.glob(pattern), *folder.glob(f"{pattern}.gz")])
