"""Brings the checkout's tools up to date: `python backend/scripts/prepare.py python frontend browser`.

Runs under the system's Python with nothing but its standard library, since it makes the environment that
everything else runs in. Each part notes what it was made from and is skipped while that is unchanged. Who comes while
another prepares the same checkout waits for it.

python    .venv with the locked packages, and this checkout installed in it
peers     .venv-peers with the programs that the paper exchange is judged by; never part of the product
packages  the web app's locked packages (Node 20 or newer)
frontend  the packages and the built web app
browser   a browser for the browser tests
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BACKEND = ROOT / "backend"
FRONTEND = ROOT / "frontend"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
PEERS = ROOT / ".venv-peers"
PIP_INSTALL = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input"]
OLDEST_NODE = (20, 19)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BUILD_INPUTS = ("src", "public", "index.html", "vite.config.ts", "tsconfig.json", "package-lock.json")


class PrepareError(Exception):
    """The checkout cannot be prepared; the message is one sentence."""


def prepare_python() -> None:
    """Make or refresh .venv when the lock, the project file, Python or the checkout's place has changed."""
    lock, project = BACKEND / "requirements.lock", BACKEND / "pyproject.toml"
    made_from = _digest([lock, project], f"{sys.version} {VENV}")
    stamp = VENV / ".made-from"
    if _is(stamp, made_from) and VENV_PYTHON.exists():
        return
    version = ".".join(str(part) for part in sys.version_info[:3])
    _say(f"Installing the packages for Python {version}; the first time this takes about a minute.")
    _install_locked(VENV, lock, "Installing the Python packages")
    install = [str(VENV_PYTHON), *PIP_INSTALL, "--no-build-isolation", "--no-deps", "-e", str(BACKEND)]
    _run(install, ROOT, "Installing this checkout")
    stamp.write_text(made_from)


def prepare_peers() -> None:
    """Make or refresh .venv-peers when its lock, Python or the checkout's place has changed."""
    lock = BACKEND / "benchmarks" / "requirements-peers.txt"
    made_from = _digest([lock], f"{sys.version} {PEERS}")
    stamp = PEERS / ".made-from"
    if _is(stamp, made_from):
        return
    _say("Installing the programs that judge the paper exchange; they take about 800 MB.")
    _install_locked(PEERS, lock, "Installing the judges")
    stamp.write_text(made_from)


def prepare_packages() -> None:
    """Install the web app's packages when its lock or Node has changed."""
    stamp = FRONTEND / "node_modules" / ".made-from"
    made_from = _digest([FRONTEND / "package-lock.json"], _node_version())
    if _is(stamp, made_from):
        return
    _say("Installing the web app's packages.")
    quiet = ["--no-progress", "--no-update-notifier", "--loglevel=error"]
    _run(["npm", "ci", *quiet], FRONTEND, "Installing the web app's packages")
    stamp.write_text(made_from)


def prepare_frontend() -> None:
    """Build the web app when its sources have changed; Node is needed only then."""
    stamp = FRONTEND / "dist" / ".made-from"
    made_from = _digest(_files_of(FRONTEND / name for name in BUILD_INPUTS), "")
    if _is(stamp, made_from) and (FRONTEND / "dist" / "index.html").exists():
        return
    prepare_packages()
    _say("Building the web app.")
    _run(["npm", "run", "--silent", "build", "--", "--logLevel=warn"], FRONTEND, "Building the web app")
    stamp.write_text(made_from)


def prepare_browser() -> None:
    """Find a browser for the tests, or install one; without any they are skipped, on CI refused."""
    if any(shutil.which(name) for name in BROWSERS) or _playwright_has_one():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _say("No browser found: installing the distribution's chromium with apt-get for the browser tests.")
        command = "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium"
        if _tries(["sh", "-c", command]) and any(shutil.which(name) for name in BROWSERS):
            return
    _say("No browser found: asking Playwright for its own chromium.")
    if _tries([str(VENV_PYTHON), "-m", "playwright", "install", "chromium"]) and _playwright_has_one():
        return
    if os.environ.get("CI") == "true":
        raise PrepareError(
            "No browser could be found or installed, and with CI=true the browser tests must run."
        )
    _say("No browser could be installed: the browser tests will be skipped.")


PARTS: dict[str, Callable[[], None]] = {
    "python": prepare_python,
    "peers": prepare_peers,
    "packages": prepare_packages,
    "frontend": prepare_frontend,
    "browser": prepare_browser,
}


def _install_locked(folder: Path, lock: Path, what: str) -> None:
    """The environment `folder` with exactly the packages of the lock."""
    try:
        venv.EnvBuilder(with_pip=True, clear=not is_ours(folder), symlinks=True).create(folder)
    except (OSError, subprocess.CalledProcessError) as error:
        raise PrepareError(
            f"{sys.executable} cannot make a virtual environment in {folder}"
            " (on Debian the package python3-venv may be missing; elsewhere look for space and rights)."
        ) from error
    python = str(folder / "bin" / "python")
    _run([python, *PIP_INSTALL, "--require-hashes", "-r", str(lock)], ROOT, what)


def is_ours(folder: Path) -> bool:
    """True when the environment was made here by this very Python, so that it can be refreshed in place: one of the
    same version elsewhere would be noted in it, and not be linked."""
    try:
        config = (folder / "pyvenv.cfg").read_text()
    except OSError:
        return False
    version = ".".join(str(part) for part in sys.version_info[:3])
    made_by = {f"version = {version}", f"executable = {os.path.realpath(sys.executable)}"}
    script = folder / "bin" / "pip"
    return made_by <= set(config.splitlines()) and script.exists() and str(folder) in script.read_text()[:500]


def _node_version() -> str:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        raise PrepareError("Node 20.19 or newer with npm is needed to build the web app, and none was found.")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    found = re.match(r"v(\d+)\.(\d+)", said)
    if found is None or (int(found.group(1)), int(found.group(2))) < OLDEST_NODE:
        raise PrepareError(
            f"Node 20.19 or newer is needed to build the web app; {node} is {said or 'unknown'}."
        )
    return said


def _playwright_has_one() -> bool:
    program = (
        "from pathlib import Path; from playwright.sync_api import sync_playwright;"
        "p = sync_playwright().start(); found = Path(p.chromium.executable_path).exists(); p.stop();"
        "raise SystemExit(0 if found else 1)"
    )
    return _tries([str(VENV_PYTHON), "-c", program])


def _digest(paths: Iterable[Path], also: str) -> str:
    digest = hashlib.sha256(also.encode())
    for path in paths:
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files_of(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sorted(found)


def _is(stamp: Path, content: str) -> bool:
    try:
        return stamp.read_text() == content
    except OSError:
        return False


def _run(command: list[str], folder: Path, what: str) -> None:
    started = time.monotonic()
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise PrepareError(f"{what} failed; what went wrong is above.")
    _say(f"{what}: done in {time.monotonic() - started:.0f} s.")


def _tries(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


@contextmanager
def _alone() -> Iterator[None]:
    """One process of a checkout at a time."""
    folder = ROOT / "var"
    folder.mkdir(exist_ok=True)
    with (folder / "prepare.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Somebody else prepares this checkout: waiting for that.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def main(parts: list[str]) -> int:
    """Prepare the named parts in order; 1 with one sentence when one cannot be."""
    try:
        with _alone():
            for part in parts:
                PARTS[part]()
    except PrepareError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Preparing the checkout failed: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
