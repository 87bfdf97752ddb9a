"""Rules beyond ruff and import-linter. Run as `python -m scripts.house_rules app paper_exchange`.

approved-order  Only app/domain/limits.py may construct ApprovedOrder.
tenant-scope    Every public repository method takes `user_id`, so no query can span tenants by accident.
                A class named System* is the visible exception.
name            No module is called utils, helpers, common or misc: a name says what is inside.
swallowed       `except Exception` re-raises, hands on or logs the failure; `suppress(Exception)` is refused.
counted         In app, an `except Exception` that neither raises nor hands on counts itself with `loop_failed`.
length          No file over 400 lines and no function over 50 (its docstring not counted).
clock           Only clock.py reads the wall clock.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

Finding = tuple[int, str]
Rule = Callable[[Path, ast.Module], Iterator[Finding]]
Function = ast.FunctionDef | ast.AsyncFunctionDef

EMPTY_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "misc"})
BROAD = frozenset({"Exception", "BaseException"})
LOGGING_CALLS = frozenset(
    {"exception", "error", "warning", "critical", "aexception", "aerror", "awarning", "set_exception"}
)  # fmt: skip
COUNTING_CALL = "loop_failed"
WALL_CLOCK = frozenset(
    {
        "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
        "time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime",
    }
)  # fmt: skip
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50


def approved_order(path: Path, tree: ast.Module) -> Iterator[Finding]:
    """Constructions of ApprovedOrder outside the rulebook."""
    if path.as_posix().endswith("domain/limits.py"):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _last_name(node.func) == "ApprovedOrder":
            yield node.lineno, "approved-order: obtain it from domain.limits.review"


def tenant_scope(path: Path, tree: ast.Module) -> Iterator[Finding]:
    """Public repository methods without `user_id`."""
    if "repositories" not in path.parts:
        return
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for owner in (found for found in classes if not found.name.startswith("System")):
        for method in owner.body:
            if not isinstance(method, ast.AsyncFunctionDef) or method.name.startswith("_"):
                continue
            names = {argument.arg for argument in [*method.args.args, *method.args.kwonlyargs]}
            if "user_id" not in names:
                yield method.lineno, f"tenant-scope: {owner.name}.{method.name} must take user_id"


def telling_name(path: Path, _tree: ast.Module) -> Iterator[Finding]:
    """Modules and packages whose name says nothing."""
    for part in (*path.parts[:-1], path.stem):
        if part in EMPTY_NAMES:
            yield 1, f"name: {part} says nothing about its content"


def swallowed(_path: Path, tree: ast.Module) -> Iterator[Finding]:
    """Handlers of every exception that neither raise nor log, and suppressions of every exception."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and not _raises_or_logs(node):
            yield (
                node.lineno,
                "swallowed: catch what is expected, or re-raise, or log with the work's identity",
            )
        if (
            isinstance(node, ast.Call)
            and _last_name(node.func) == "suppress"
            and any(map(_is_broad, node.args))
        ):
            yield node.lineno, "swallowed: suppress names the exceptions that are expected"


def counted(path: Path, tree: ast.Module) -> Iterator[Finding]:
    """Handlers of every exception in the product that go on without having counted it."""
    if "app" not in path.parts:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type):
            calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
            is_counted = any(_last_name(one.func) == COUNTING_CALL for one in calls)
            handed_on = any(_hands_on(one, node.name) for one in calls)
            if not (is_counted or handed_on or isinstance(node.body[-1], ast.Raise)):
                yield node.lineno, f"counted: count it with {COUNTING_CALL}, and log the work's identity"


def length(path: Path, tree: ast.Module) -> Iterator[Finding]:
    """Files and functions that ask to be two."""
    lines = len(path.read_text().splitlines())
    if lines > MAX_FILE_LINES:
        yield 1, f"length: {lines} lines, {MAX_FILE_LINES} are allowed; split by noun"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = _function_lines(node)
            if size > MAX_FUNCTION_LINES:
                yield node.lineno, f"length: {node.name} has {size} lines, {MAX_FUNCTION_LINES} are allowed"


def clock(path: Path, tree: ast.Module) -> Iterator[Finding]:
    """Readings of the wall clock outside clock.py."""
    if path.name == "clock.py":
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        if f"{_last_name(node.value)}.{node.attr}" in WALL_CLOCK:
            yield node.lineno, f"clock: take `now` as an argument instead of {node.attr}"


RULES: tuple[Rule, ...] = (approved_order, tenant_scope, telling_name, swallowed, counted, length, clock)


def check(root: Path) -> list[str]:
    """Every finding under `root`, as `path:line: message`."""
    findings = []
    for path in sorted(root.rglob("*.py")):
        tree = ast.parse(path.read_text(), filename=str(path))
        findings += [f"{path}:{line}: {message}" for rule in RULES for line, message in rule(path, tree)]
    return findings


def _last_name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def _is_broad(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    if isinstance(caught, ast.Tuple):
        return any(_is_broad(element) for element in caught.elts)
    return _last_name(caught) in BROAD


def _hands_on(call: ast.Call, caught: str | None) -> bool:
    """Whether the error itself is given to somebody, rather than its text to the log."""
    given = any(isinstance(one, ast.Name) and one.id == caught for one in call.args)
    return given and _last_name(call.func) not in LOGGING_CALLS - {"set_exception"} | {"str", "repr", "type"}


def _raises_or_logs(handler: ast.ExceptHandler) -> bool:
    for node in ast.walk(handler):
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.Call) and _last_name(node.func) in LOGGING_CALLS:
            return True
    return False


def _function_lines(function: Function) -> int:
    first = function.body[0]
    docstring = 0
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        docstring = (first.end_lineno or first.lineno) - first.lineno + 1
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def main(roots: list[Path]) -> int:
    """Print every finding; 1 where there is one."""
    findings = [finding for root in roots for finding in check(root)]
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main([Path(argument) for argument in sys.argv[1:]]))
