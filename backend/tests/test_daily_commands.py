"""The commands that the documents name are there, and every long run is named."""

import re

import pytest

from app.core.config import BACKEND_DIR, ROOT_DIR

FOLDERS = {"soak": BACKEND_DIR / "tests" / "soak", "bench": BACKEND_DIR / "benchmarks"}
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "ENTERPRISE_TRADING_SPEC.md")


def runnable(kind: str) -> set[str]:
    return {path.stem for path in FOLDERS[kind].glob("*.py") if "__main__" in path.read_text()}


def named(document: str, kind: str) -> set[str]:
    """Names after `make soak` or `make bench`, also further ones of the same sentence."""
    found = set()
    for line in (ROOT_DIR / document).read_text().splitlines():
        for part in line.split("make ")[1:]:
            if part.startswith(kind):
                found |= set(re.findall(r"NAME=([a-z_]+)", part))
    return found


@pytest.mark.parametrize("kind", FOLDERS)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_named_command_is_there(document: str, kind: str) -> None:
    assert named(document, kind) <= runnable(kind)


def test_every_long_run_is_listed_for_contributors() -> None:
    assert named("CONTRIBUTING.md", "soak") == runnable("soak")
