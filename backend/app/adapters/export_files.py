"""Files of exports: CSV whose formulas are defused, JSON lines in one array, Parquet, and a zip of JSON lines.

A file is written under another name and given its own when it is whole, so that nobody ever loads half of one.
Everything here blocks; the job calls it in a thread.
"""

import csv
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Final
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from app.domain.decimal_text import plain
from app.domain.formula_text import defused

Cell = str | int | bool | Decimal | datetime | None
PART: Final = ".part"
PARQUET_TYPES: Final = {
    "text": pa.string(),
    "decimal": pa.decimal128(38, 14),
    "integer": pa.int64(),
    "time": pa.timestamp("us", tz="UTC"),
}
DECIMAL_PLACES: Final = Decimal("1e-14")


class _CsvFile:
    """Text cells are defused; numbers and times are written as they are."""

    def __init__(self, path: Path, columns: Sequence[tuple[str, str]]) -> None:
        self._is_text = [kind == "text" for _, kind in columns]
        self._file = path.open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)
        self._writer.writerow([name for name, _ in columns])

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        self._writer.writerows(
            [
                _text(cell) if not is_text or cell is None else defused(str(cell))
                for cell, is_text in zip(row, self._is_text, strict=True)
            ]
            for row in rows
        )

    def close(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


class _JsonFile:
    """One array of objects; decimals are text, so that nothing is rounded."""

    def __init__(self, path: Path, columns: Sequence[tuple[str, str]]) -> None:
        self._names = [name for name, _ in columns]
        self._kinds = [kind for _, kind in columns]
        self._file = path.open("w", encoding="utf-8")
        self._file.write("[")
        self._is_first = True

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        for row in rows:
            held = {
                name: cell if kind in ("text", "integer") or cell is None else _text(cell)
                for name, kind, cell in zip(self._names, self._kinds, row, strict=True)
            }
            self._file.write("\n" if self._is_first else ",\n")
            self._file.write(json.dumps(held, ensure_ascii=False))
            self._is_first = False

    def close(self) -> None:
        self._file.write("\n]\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


class _ParquetFile:
    """Typed columns: exact decimals, UTC times."""

    def __init__(self, path: Path, columns: Sequence[tuple[str, str]]) -> None:
        self._schema = pa.schema([(name, PARQUET_TYPES[kind]) for name, kind in columns])
        self._decimals = [kind == "decimal" for _, kind in columns]
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        if not rows:
            return
        columns = [
            [None if cell is None else _scaled(cell) for cell in column] if is_decimal else list(column)
            for column, is_decimal in zip(zip(*rows, strict=True), self._decimals, strict=True)
        ]
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


class _Archive:
    """A zip with one file of JSON lines per table."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._open: IO[bytes] | None = None

    def table(self, name: str) -> None:
        self._end()
        self._open = self._zip.open(f"{name}.jsonl", "w", force_zip64=True)

    def write(self, rows: Sequence[Mapping[str, object]]) -> None:
        if self._open is None:
            raise ValueError("Rows belong to a table: begin one first.")
        for row in rows:
            self._open.write(json.dumps(row, default=_plain, ensure_ascii=False).encode() + b"\n")

    def close(self) -> None:
        self._end()
        self._zip.close()

    def _end(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


class ExportFolder:
    """Satisfies `services.exports.ExportFiles`: the files of exports by the export's id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, export_id: UUID, form: str) -> Path:
        """Where the file is, or would be."""
        return self._folder / f"{export_id}.{form}"

    def begin(
        self, export_id: UUID, form: str, columns: Sequence[tuple[str, str]]
    ) -> "_CsvFile | _JsonFile | _ParquetFile":
        """A new file of rows, in the place of one that was cut off."""
        path = self._fresh(export_id, form)
        match form:
            case "csv":
                return _CsvFile(path, columns)
            case "json":
                return _JsonFile(path, columns)
            case "parquet":
                return _ParquetFile(path, columns)
        raise ValueError(f"There is no format {form!r}.")

    def begin_archive(self, export_id: UUID) -> _Archive:
        """A new archive of tables."""
        return _Archive(self._fresh(export_id, "zip"))

    def finish(self, export_id: UUID, form: str) -> int:
        """Give the whole file its name; returns its bytes."""
        path = self.path(export_id, form)
        path.with_suffix(path.suffix + PART).replace(path)
        return path.stat().st_size

    def remove(self, export_id: UUID) -> None:
        """Take the file away, whole or not."""
        for held in self._folder.glob(f"{export_id}.*"):
            held.unlink(missing_ok=True)

    def _fresh(self, export_id: UUID, form: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.path(export_id, form)
        return path.with_suffix(path.suffix + PART)


def _scaled(cell: Cell) -> Decimal:
    return Decimal(str(cell)).quantize(DECIMAL_PLACES)


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return plain(cell)
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat()
    return str(cell)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)
