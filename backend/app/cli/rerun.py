"""Decides stored receipts again, without database or network, and says which no longer give the same bytes."""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from app.cli.terminal import CommandError, out
from app.domain.receipts import RULE_VERSION, ReceiptError, rerun

SHOWN = 20


def rerun_receipts(path: Path | None) -> int:
    """Decide every receipt of a file again (standard input without one): one receipt per line, as JSON or as
    Postgres prints bytes (`\\x…`) or in base64. Return how many differ."""
    if path is None:
        return _rerun_lines(sys.stdin)
    try:
        with path.open(encoding="utf-8") as lines:
            return _rerun_lines(lines)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.", 2) from error


def _rerun_lines(lines: TextIO) -> int:
    read = differing = 0
    for number, receipt in _receipts(lines):
        read += 1
        try:
            again = rerun(receipt)
        except ReceiptError as error:
            raise CommandError(f"Line {number}: {error}", 2) from error
        if again.identical:
            continue
        differing += 1
        if differing <= SHOWN:
            out.print(_difference(number, again.stored_version, same_answer=again.same_answer), markup=False)
    out.print(f"{read} receipts decided again, {read - differing} to identical bytes, {differing} not.")
    return differing


def _difference(number: int, version: str, *, same_answer: bool) -> str:
    if version != RULE_VERSION:
        alike = "the same answer" if same_answer else "another answer"
        return f"Line {number}: made by rule version {version}; version {RULE_VERSION} gives {alike}."
    return f"Line {number}: the receipt does not follow from its own facts; it was altered."


def _receipts(lines: TextIO) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        try:
            yield number, _bytes(text)
        except ValueError as error:
            raise CommandError(f"Line {number} is neither JSON, hexadecimal nor base64.", 2) from error


def _bytes(text: str) -> bytes:
    if text.startswith("{"):
        return text.encode()
    if text.startswith('"'):
        return str(json.loads(text)).encode()
    if text.startswith("\\x"):
        return bytes.fromhex(text[2:])
    return base64.b64decode(text, validate=True)
