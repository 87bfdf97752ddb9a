"""Which tests reach a module of the domain, those that look at it most closely first; and which reach the gate."""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

BACKEND = Path(__file__).parents[2]
TESTS = BACKEND / "tests" / "domain"
# Quick and telling ones come early, slow ones last: most mutants die in the first second.
EARLY = ("every_limit", "limits", "limits_of_scopes", "entry_rules", "sizing")
LATE = ("books", "receipts")
# The way of a worker: facts out of a real database, a signal in, an order or a stored refusal out.
GATE_TESTS = (
    "tests/services/test_symbol_statistics.py",
    *(
        f"tests/services/trading/test_{name}.py"
        for name in (
            "ceilings",
            "platform_floor",
            "gate_additions",
            "gate_correlation",
            "gate_kelly",
            "gate_limits",
            "scope_books",
            "skipped_fundings",
            "trading_schedule",
            "rulebook",
            "holdings",
            "windows",
            "risk_picture",
            "signal_market",
        )
    ),
)
_OURS = ("app.domain.", "tests.domain.", "tests.services.trading.")


@cache
def tests_of(module: str) -> tuple[str, ...]:
    """Return the files of tests that reach `app.domain.<module>`, as pytest names them: its namesakes, those
    that import it themselves, and the others; none for a module that only tests with a database reach."""
    name = f"app.domain.{module}"
    found = {path: imports_of(path) for path in sorted(TESTS.rglob("test_*.py"))}
    reaching = {path: direct for path, direct in found.items() if name in _reached(direct)}

    def rank(path: Path) -> tuple[bool, bool, int, str]:
        short = path.stem.removeprefix("test_")
        at = EARLY.index(short) if short in EARLY else len(EARLY) + (short in LATE)
        namesake = short == module.rpartition(".")[2]
        return not namesake, name not in reaching[path] or short in LATE, at, short

    return tuple(str(path.relative_to(BACKEND)) for path in sorted(reaching, key=rank))


@cache
def version_of(tests: tuple[str, ...]) -> str:
    """Return a hash of these files and of every module of tests that they stand on."""
    paths = {BACKEND / test for test in tests}
    for path in tuple(paths):
        named = {name for name in _reached(imports_of(path)) if name.startswith("tests.")}
        paths |= {BACKEND / (name.replace(".", "/") + ".py") for name in named}
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted(paths))).hexdigest()[:16]


@cache
def reach_version_of(test: str, modules: tuple[Path, ...]) -> str:
    """Return a hash of a file of tests and of what decides which lines it runs: the modules of the domain and of the
    tests that it stands on, and at the gate these modules."""
    path = BACKEND / test
    paths = {path} | {BACKEND / (name.replace(".", "/") + ".py") for name in _reached(imports_of(path))}
    if not path.is_relative_to(TESTS):
        paths |= set(modules)
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted(paths))).hexdigest()[:16]


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Return the modules of `app.domain` and of the tests of both kinds that a file names in its imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.ImportFrom(module=str(module)):
                found |= {module, *(f"{module}.{one.name}" for one in node.names)}
            case ast.Import():
                found |= {one.name for one in node.names}
    return frozenset(name for name in found if name.startswith(_OURS))


def _reached(names: Iterable[str]) -> set[str]:
    """Return the names, and everything that their files import."""
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        path = BACKEND / (name.replace(".", "/") + ".py")
        if name not in reached and path.exists():
            reached.add(name)
            waiting += imports_of(path)
    return reached
