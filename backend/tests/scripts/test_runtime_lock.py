"""What an image is made from is what the product needs of the lock, all of it, and no developer's tool."""

from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.runtime_lock import LOCK, runtime

PACKAGES = runtime(LOCK.read_text())


@pytest.mark.parametrize(
    "tool", ["pytest", "mypy", "ruff", "hypothesis", "playwright", "schemathesis", "hatchling"]
)
def test_a_developers_tool_is_left_out(tool: str) -> None:
    assert tool in LOCK.read_text()
    assert tool not in PACKAGES


@pytest.mark.parametrize("package", ["stackalpha", *PACKAGES])
def test_all_that_a_package_needs_is_there(package: str) -> None:
    try:
        named = [Requirement(line) for line in requires(package) or []]
    except PackageNotFoundError:
        return  # of another platform
    needed = {
        canonicalize_name(one.name)
        for one in named
        if one.marker is None or one.marker.evaluate({"extra": ""})
    }
    assert needed <= PACKAGES.keys()


def test_each_package_is_pinned_with_its_hashes() -> None:
    for lines in PACKAGES.values():
        assert all("==" in line and "--hash=sha256:" in line for line in lines)
