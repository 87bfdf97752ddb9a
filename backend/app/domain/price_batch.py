"""Prices of one flush, packed into the bytes of one stream entry.

Layout, little-endian: version (u16), count n (u32), then columns: mark (n x f64), last (n x f64), market time
(n x i64, milliseconds), then the n symbols in UTF-8, joined by line feeds. Columns, so that a book of many
markets reads them without a loop. A float64 carries every price of up to 15 significant digits exactly.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

VERSION: Final = 1
_HEADER: Final = struct.Struct("<HI")
_SEPARATOR: Final = "\n"
_COLUMN_BYTES: Final = 8
_ROW_BYTES: Final = 3 * _COLUMN_BYTES


class PriceBatchError(ValueError):
    """The bytes are no price batch of this version."""


class PriceTick(NamedTuple):
    """Prices in quote currency; `market_ms` is the venue's time in milliseconds since 1970."""

    symbol: str
    mark: float
    last: float
    market_ms: int


class PricesUnavailableError(Exception):
    """The shared price stream does not answer; nothing is known beyond the last prices."""


@dataclass(frozen=True, slots=True)
class PriceFlush:
    """The prices of one publication; `wall_ms` is when the oldest of them came, milliseconds since 1970."""

    venue: str
    ticks: list[PriceTick]
    wall_ms: int


@dataclass(frozen=True, slots=True)
class PriceColumns:
    """The same ticks as columns, in the order in which they were packed; the arrays are read-only views."""

    symbols: list[str]
    mark: NDArray[np.float64]
    last: NDArray[np.float64]
    market_ms: NDArray[np.int64]


def encode_prices(ticks: Sequence[PriceTick]) -> bytes:
    """Return the ticks as one packed batch; a symbol may occur more than once, later ones are newer."""
    if any(_SEPARATOR in tick.symbol or not tick.symbol for tick in ticks):
        raise PriceBatchError("A symbol is empty or holds a line feed.")
    n = len(ticks)
    columns = struct.pack(
        f"<{2 * n}d{n}q",
        *(tick.mark for tick in ticks),
        *(tick.last for tick in ticks),
        *(tick.market_ms for tick in ticks),
    )
    return _HEADER.pack(VERSION, n) + columns + _SEPARATOR.join(tick.symbol for tick in ticks).encode()


def decode_columns(batch: bytes) -> PriceColumns:
    """Return the columns of a packed batch; raises `PriceBatchError` where the bytes are not one."""
    if len(batch) < _HEADER.size:
        raise PriceBatchError(f"{len(batch)} bytes are too few for a price batch.")
    version, n = _HEADER.unpack_from(batch)
    if version != VERSION:
        raise PriceBatchError(f"Version {version} of the price batch is not known.")
    end = _HEADER.size + n * _ROW_BYTES
    if len(batch) < end:
        raise PriceBatchError(f"A batch of {n} prices is cut off after {len(batch)} bytes.")
    try:
        symbols = str(batch[end:], "utf-8").split(_SEPARATOR) if n else []
    except UnicodeDecodeError as error:
        raise PriceBatchError("The symbols of the batch are not UTF-8.") from error
    if len(symbols) != n:
        raise PriceBatchError(f"A batch of {n} prices names {len(symbols)} symbols.")
    width = n * _COLUMN_BYTES
    return PriceColumns(
        symbols,
        np.frombuffer(batch, "<f8", n, _HEADER.size),
        np.frombuffer(batch, "<f8", n, _HEADER.size + width),
        np.frombuffer(batch, "<i8", n, _HEADER.size + 2 * width),
    )


def decode_prices(batch: bytes) -> list[PriceTick]:
    """Return the ticks of a packed batch; raises `PriceBatchError` where the bytes are not one."""
    columns = decode_columns(batch)
    rows = zip(
        columns.symbols,
        columns.mark.tolist(),
        columns.last.tolist(),
        columns.market_ms.tolist(),
        strict=True,
    )
    return [PriceTick(*row) for row in rows]


def price_decimal(price: float) -> Decimal:
    """Return the price in the digits that the venue wrote: the shortest decimal of this float."""
    return Decimal(repr(price))
