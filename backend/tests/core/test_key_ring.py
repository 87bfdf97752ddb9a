"""The key-encryption keys by version: derived, written, read again, retired."""

import stat
from pathlib import Path

import pytest

from app.core.key_ring import KeyRing, KeyRingError

FIRST = b"1" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ring" / "key-ring"


def test_without_a_file_the_first_key_is_the_derived_one(path: Path) -> None:
    ring = KeyRing(path, FIRST)
    assert (ring.newest(), ring.key(1), ring.versions()) == (1, FIRST, [1])
    with pytest.raises(KeyRingError, match="no key-encryption key 2"):
        ring.key(2)


def test_another_process_meets_a_new_key_without_a_restart(path: Path) -> None:
    ours, theirs = KeyRing(path, FIRST), KeyRing(path, FIRST)
    assert theirs.newest() == 1
    assert ours.add() == 2
    assert theirs.newest() == 2
    assert theirs.key(2) == ours.key(2) != FIRST
    assert theirs.key(1) == FIRST
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_retired_key_is_never_used_again_and_its_number_neither(path: Path) -> None:
    ring = KeyRing(path, FIRST)
    ring.add()
    ring.retire([1])
    assert ring.versions() == [2]
    with pytest.raises(KeyRingError, match="retired"):
        ring.key(1)
    assert ring.add() == 3
    ring.retire([2])
    assert (ring.versions(), ring.add()) == ([3], 4)


def test_the_newest_key_is_not_retired(path: Path) -> None:
    ring = KeyRing(path, FIRST)
    with pytest.raises(KeyRingError, match="newest"):
        ring.retire([1])


@pytest.mark.parametrize("line", ["2", "2 abc", "two " + "ab" * 32, "2 " + "ab" * 31])
def test_a_line_that_is_no_key_is_named(path: Path, line: str) -> None:
    path.parent.mkdir()
    path.write_text(f"# keys\n{line}\n")
    with pytest.raises(KeyRingError, match="Line 2"):
        KeyRing(path, FIRST).newest()
