"""Which Python `make` prepares a checkout with: the named one, else the one .venv has, else the first that serves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.config import ROOT_DIR
from scripts.prepare import is_ours

TOOLS = ("sh", "sed", "cut")


class Checkout:
    """A checkout whose preparation only says which Python it was given, on a system with chosen ones."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.programs = folder / "checkout", folder / "programs"
        self.programs.mkdir()
        scripts = self.folder / "backend" / "scripts"
        scripts.mkdir(parents=True)
        shutil.copy(ROOT_DIR / "Makefile", self.folder)
        (scripts / "prepare.py").write_text("import os; print(os.environ['CHOSEN'])")
        for tool in TOOLS:
            (self.programs / tool).symlink_to(shutil.which(tool) or tool)

    def python(self, name: str, version: tuple[int, int] = (3, 12)) -> Path:
        """A Python of that version on the path; one that is too old for this product says no to its question."""
        program = self.programs / name
        does = f'CHOSEN={name} exec "{sys.executable}" "$@"' if version >= (3, 11) else "exit 1"
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
        return program

    def made_with(self, python: Path) -> None:
        (self.folder / ".venv").mkdir()
        (self.folder / ".venv" / "pyvenv.cfg").write_text(f"home = {python.parent}\nexecutable = {python}\n")

    def prepare(self, *named: str, **variables: str) -> subprocess.CompletedProcess[str]:
        make = shutil.which("make") or "make"
        return subprocess.run(
            [make, "--no-print-directory", "prepare-python", *named],
            cwd=self.folder,
            env={"PATH": str(self.programs), **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def chosen(self, *named: str, **variables: str) -> str:
        done = self.prepare(*named, **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_one_for_which_every_package_has_a_wheel_comes_first(checkout: Checkout) -> None:
    for name in ("python3", "python3.13", "python3.11"):
        checkout.python(name)
    assert checkout.chosen() == "python3.11"


def test_one_that_is_too_old_is_passed_over(checkout: Checkout) -> None:
    checkout.python("python3", (3, 10))
    checkout.python("python3.13")
    assert checkout.chosen() == "python3.13"


def test_the_named_one_is_taken_before_all_others(checkout: Checkout) -> None:
    checkout.python("python3.12")
    checkout.made_with(checkout.python("python3.11"))
    named = checkout.python("mine")
    assert checkout.chosen(f"PYTHON={named}") == "mine"
    assert checkout.chosen(PYTHON=str(named)) == "mine"


def test_where_the_named_one_does_not_serve_none_stands_in_for_it(checkout: Checkout) -> None:
    checkout.python("python3.12")
    checkout.python("mine", (3, 10))
    done = checkout.prepare("PYTHON=mine")
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.startswith("PYTHON=mine is no Python 3.11 or newer with its venv module.\n")


def test_a_variable_of_the_system_that_names_an_old_one_hinders_nobody(checkout: Checkout) -> None:
    checkout.python("python3.12")
    checkout.python("mine", (3, 10))
    assert checkout.chosen(PYTHON="mine") == "python3.12"


def test_an_environment_keeps_the_python_that_it_was_made_with(checkout: Checkout) -> None:
    checkout.python("python3.12")
    checkout.made_with(checkout.python("python3.13"))
    assert checkout.chosen() == "python3.13"


def test_an_environment_whose_python_is_gone_gets_another(checkout: Checkout) -> None:
    checkout.python("python3.12")
    gone = checkout.python("python3.13")
    checkout.made_with(gone)
    gone.unlink()
    assert checkout.chosen() == "python3.12"


def test_a_system_without_one_is_told_what_is_needed(checkout: Checkout) -> None:
    done = checkout.prepare()
    assert done.returncode != 0
    assert done.stderr.startswith(
        "Python 3.11 or newer with its venv module is needed, and none was found.\n"
    )


def environment(folder: Path, executable: str) -> Path:
    version = ".".join(str(part) for part in sys.version_info[:3])
    (folder / "bin").mkdir()
    (folder / "bin" / "pip").write_text(f"#!{folder}/bin/python\n")
    (folder / "pyvenv.cfg").write_text(f"version = {version}\nexecutable = {executable}\n")
    return folder


def test_an_environment_of_this_python_is_refreshed_in_place(tmp_path: Path) -> None:
    assert is_ours(environment(tmp_path, os.path.realpath(sys.executable)))


def test_an_environment_of_another_build_of_the_same_version_is_made_anew(tmp_path: Path) -> None:
    assert not is_ours(environment(tmp_path, "/opt/python-without-optimisation/bin/python3"))
