"""Each house rule refuses what it names, and lets its nearest legal neighbour pass."""

from pathlib import Path

import pytest

from scripts.house_rules import check

BODY = "    x = 1\n"


@pytest.mark.parametrize(
    ("rule", "path", "refused", "allowed"),
    [
        ("approved-order", "app/services/a.py", "ApprovedOrder(1)\n", "review(1)\n"),
        (
            "tenant-scope",
            "app/repositories/a.py",
            "class Trades:\n    async def all(self): ...\n",
            "class SystemTrades:\n    async def all(self): ...\n",
        ),
        (
            "swallowed",
            "app/services/a.py",
            "try:\n    f()\nexcept Exception:\n    loop_failed('f')\n",
            "try:\n    f()\nexcept Exception:\n    log.exception('f', failures=loop_failed('f'))\n",
        ),
        (
            "counted",
            "app/services/a.py",
            "try:\n    f()\nexcept Exception:\n    log.exception('f')\n",
            "try:\n    f()\nexcept Exception:\n    log.exception('f', failures=loop_failed('f'))\n",
        ),
        (
            "swallowed",
            "app/services/a.py",
            "with suppress(Exception):\n    f()\n",
            "with suppress(KeyError):\n    f()\n",
        ),
        (
            "swallowed",
            "app/a.py",
            "try:\n    f()\nexcept:\n    loop_failed('f')\n",
            "try:\n    f()\nexcept:\n    raise\n",
        ),
        ("length", "app/a.py", "x = 1\n" * 401, "x = 1\n" * 400),
        ("length", "app/a.py", "def f():\n" + BODY * 50, "def f():\n" + BODY * 49),
        ("clock", "app/a.py", "datetime.now(UTC)\n", "datetime.fromtimestamp(0, UTC)\n"),
        ("clock", "app/a.py", "time.time()\n", "time.monotonic()\n"),
    ],
)
def test_rule(tmp_path: Path, rule: str, path: str, refused: str, allowed: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)

    file.write_text(allowed)
    assert check(tmp_path) == []

    file.write_text(refused)
    assert len(check(tmp_path)) == 1
    assert f"{rule}:" in check(tmp_path)[0]


@pytest.mark.parametrize("name", ["app/utils.py", "app/core/common/a.py", "app/helpers.py", "app/misc.py"])
def test_empty_names_are_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    file.write_text("")

    assert any("name:" in finding for finding in check(tmp_path))


def test_clock_and_rulebook_may_do_what_they_are_for(tmp_path: Path) -> None:
    for path, text in (
        ("app/core/clock.py", "datetime.now(UTC)\n"),
        ("app/domain/limits.py", "ApprovedOrder(1)\n"),
    ):
        file = tmp_path / path
        file.parent.mkdir(parents=True)
        file.write_text(text)

    assert check(tmp_path) == []


def test_a_docstring_does_not_count_toward_the_length_of_a_function(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('def f():\n    """One.\n\n    Two.\n    """\n' + BODY * 49)

    assert check(tmp_path) == []
