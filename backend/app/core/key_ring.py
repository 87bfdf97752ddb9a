"""The key-encryption keys of this deployment by version, read again whenever their file changes.

Version 1 is derived from the master secret and needs no file. Rotation writes further versions into the ring
file; every process meets them at its next use of a key, without a restart. A retired version is never used again.
The file is lines of `<version> <64 hexadecimal digits>` or `<version> retired`, for its owner's eyes only.
"""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

KEY_BYTES: Final = 32
FIRST_VERSION: Final = 1
RETIRED: Final = "retired"
OWNER_ONLY: Final = 0o600


class KeyRingError(Exception):
    """The ring cannot be read, or does not hold what is asked for; one sentence for the operator."""


class WrappingKeys(Protocol):
    """Keys that wrap others, by version."""

    def newest(self) -> int:
        """The version under which everything new is sealed."""
        ...

    def key(self, version: int) -> bytes:
        """Its 32 bytes; raises `KeyRingError` where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class _Read:
    """The file as it was at `stamp` (its time, length and inode); None: no file."""

    stamp: tuple[int, int, int] | None
    keys: dict[int, bytes] = field(repr=False)
    retired: frozenset[int]


class KeyRing:
    """The ring file, and version 1, which is derived."""

    def __init__(self, path: Path, first: bytes) -> None:
        self._path = path
        self._first = first
        self._read = _Read(None, {}, frozenset())

    def newest(self) -> int:
        """The highest version, 1 where the ring holds no other."""
        return max(self._now().keys, default=FIRST_VERSION)

    def key(self, version: int) -> bytes:
        """The key of a version that is not retired; raises `KeyRingError`."""
        read = self._now()
        if version in read.retired:
            raise KeyRingError(f"Key-encryption key {version} is retired.")
        if version in read.keys:
            return read.keys[version]
        if version == FIRST_VERSION:
            return self._first
        raise KeyRingError(f"There is no key-encryption key {version} in {self._path}.")

    def versions(self) -> list[int]:
        """The versions that still open something, in order."""
        read = self._now()
        held = set(read.keys) | {FIRST_VERSION}
        return sorted(held - read.retired)

    def add(self) -> int:
        """Write a new random key beside the others; returns its version."""
        read = self._now()
        version = max([FIRST_VERSION, *read.keys, *read.retired]) + 1
        self._write(read.keys | {version: secrets.token_bytes(KEY_BYTES)}, read.retired)
        return version

    def retire(self, versions: list[int]) -> None:
        """Forget the keys of these versions for ever; the newest stays."""
        read = self._now()
        if self.newest() in versions:
            raise KeyRingError("The newest key-encryption key cannot be retired.")
        kept = {version: key for version, key in read.keys.items() if version not in versions}
        self._write(kept, read.retired | set(versions))

    def _now(self) -> _Read:
        stamp = _stamp(self._path)
        if stamp != self._read.stamp:
            keys, retired = _parse(self._path) if stamp is not None else ({}, frozenset())
            self._read = _Read(stamp, keys, retired)
        return self._read

    def _write(self, keys: dict[int, bytes], retired: frozenset[int]) -> None:
        """Put a whole new file in the place of the old one: nobody ever reads half of it."""
        lines = [f"{version} {key.hex()}" for version, key in keys.items()]
        lines += [f"{version} {RETIRED}" for version in retired]
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
            with os.fdopen(descriptor, "w") as file:
                file.write("\n".join(sorted(lines, key=_version_of)) + "\n")
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise KeyRingError(f"The key ring {self._path} cannot be written: {error.strerror}.") from error


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeyRingError(f"The key ring {path} cannot be read: {error.strerror}.") from error
    return found.st_mtime_ns, found.st_size, found.st_ino


def _version_of(line: str) -> int:
    return int(line.split(maxsplit=1)[0])


def _parse(path: Path) -> tuple[dict[int, bytes], frozenset[int]]:
    keys: dict[int, bytes] = {}
    retired: set[int] = set()
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyRingError(f"The key ring {path} cannot be read.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        version, _, rest = line.strip().partition(" ")
        try:
            if rest == RETIRED:
                retired.add(int(version))
                continue
            key = bytes.fromhex(rest)
            keys[int(version)] = key
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise KeyRingError(f"Line {number} of the key ring {path} is no version and key.")
    return keys, frozenset(retired)
