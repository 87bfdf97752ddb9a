"""Prints of requirements.lock what the product runs with, hashes and all, and leaves out what only developers need:
`python -m scripts.runtime_lock`. Nothing but the standard library, since an image is built from it."""

import re
import sys
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
PRODUCT = "stackalpha (pyproject.toml)"


def blocks(lock: str) -> dict[str, list[str]]:
    """The lines of each package by its name, in the order of the lock; one may stand there once for each platform."""
    found: dict[str, list[str]] = {}
    for block in re.split(r"^(?=[a-z0-9])", lock, flags=re.M)[1:]:
        found.setdefault(re.split(r"[=\[ ]", block, maxsplit=1)[0], []).append(block)
    return found


def runtime(lock: str) -> dict[str, list[str]]:
    """Those that the product asks for, directly or through one another."""
    packages = blocks(lock)
    asked_by = {
        name: set(re.findall(r"^ +#(?: via)? +(\S.*)$", "".join(lines), flags=re.M))
        for name, lines in packages.items()
    }
    needed = {name for name, parents in asked_by.items() if PRODUCT in parents}
    while more := {name for name, parents in asked_by.items() if parents & needed} - needed:
        needed |= more
    return {name: lines for name, lines in packages.items() if name in needed}


if __name__ == "__main__":
    sys.stdout.writelines(line for lines in runtime(LOCK.read_text()).values() for line in lines)
