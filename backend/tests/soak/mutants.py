"""Mutants of a module: the same text with one thing wrong.

Operators, comparisons, connectives, numbers and roundings are turned round one at a time, statements that only
call are left out, and every limit is unwired by itself and at each level.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from app.domain.limit_table import LIMITS, Aggregation


@dataclass(frozen=True)
class Mutant:
    """One wrong text of a module; `name` says what is wrong and where. Of `lines` of the original one runs wherever
    the mutant can be noticed; empty where it cannot be told."""

    name: str
    source: str
    lines: frozenset[int] = field(default=frozenset())


@dataclass(frozen=True)
class _Place:
    """A node that can be changed, where its parent holds it, and the lines of its statement's own text."""

    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    lines: frozenset[int]

    def put(self, node: ast.AST) -> None:
        """Let the parent hold another node."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


_SWAPPED_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_SWAPPED_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_SWAPPED_NAMES = {
    "maximum": "minimum",
    "minimum": "maximum",
    "fmin": "fmax",
    "fmax": "fmin",
    "lower_price": "higher_price",
    "higher_price": "lower_price",
    "lesser": "greater",
    "greater": "lesser",
    "max": "min",
    "min": "max",
    "multiply_floor": "multiply_ceil",
    "multiply_ceil": "multiply_floor",
    "scaled_limit": "scaled_limit_ceil",
    "scaled_limit_ceil": "scaled_limit",
    "floor": "ceil",
    "ceil": "floor",
    "any": "all",
    "all": "any",
    "total": "less",
    "ROUND_UP": "ROUND_DOWN",
    "ROUND_CEILING": "ROUND_FLOOR",
    "ABOVE": "AT",
    "AT": "ABOVE",
    "BELOW": "ABOVE",
}
Change = tuple[str, Callable[[ast.AST], ast.AST | None]]


def mutants_of(source: str) -> Iterator[Mutant]:
    """Every mutant of the text, in the order of its lines; annotations, imports and docstrings are left."""
    tree = ast.parse(source)
    for place in list(_places(tree, frozenset())):
        node = place.node
        if not isinstance(node, ast.expr | ast.stmt):
            continue
        for what, change in _changes(node):
            changed = copy.deepcopy(node)
            replacement = change(changed)
            place.put(changed if replacement is None else replacement)
            text = ast.unparse(tree)
            place.put(node)
            yield Mutant(f"{node.lineno}:{node.col_offset} {what}", text, place.lines)


def plain(source: str) -> str:
    """Return the text in the form in which mutants are written."""
    return ast.unparse(ast.parse(source))


_ASKED = "    used, known = measured.of(rule.used)\n"
_OF_ONE_LEVEL = (
    "            if limits[place] != NO_LIMIT:\n"
    "                for breach, mask in _against(rule, cast(IntColumn, limits[place]), seen):\n"
)
_OF_ALL_LEVELS = "limits_at(field, columns.limit_set)"


def unwired_limits(source: str) -> Iterator[Mutant]:
    """The gate's checks with one limit never asked, and with one level of an aggregate never asked: of single
    orders and of columns alike."""
    for place in (_ASKED, _OF_ONE_LEVEL, _OF_ALL_LEVELS):
        if source.count(place) != 1:
            raise ValueError(f"the place where a limit is read has moved: {place.strip()}")
    for declared in LIMITS:
        if declared.field == "max_correlation":
            continue
        off = f"    if rule.declared.field == {declared.field!r}:\n        return ()\n"
        yield Mutant(f"unwired {declared.field}", source.replace(_ASKED, off + _ASKED))
        if declared.aggregation is Aggregation.AGGREGATE:
            for level, word in enumerate(("user", "wallet", "strategy", "symbol")):
                yield Mutant(
                    f"unwired {declared.field} of the {word}", _without_level(source, declared.field, level)
                )


_BOUND = "    return Rulebook(user, own, limits, limits.per_trade().max_leverage)\n"
_UNBOUND = """    import dataclasses

    for at in {levels}:
        if getattr(getattr(limits, at), {field!r}) is not None:
            without = dataclasses.replace(getattr(limits, at), {field}=None)
            limits = dataclasses.replace(limits, **{{at: without}})
"""


def unbound_limits(source: str) -> Iterator[Mutant]:
    """The gate's rulebook with one limit that reaches nobody, and with one that does not at one of its levels: the
    size is not cut to it, the review does not ask it, and the ledger has no ceiling of it."""
    if source.count(_BOUND) != 1:
        raise ValueError(f"the place where a rulebook is bound has moved: {_BOUND.strip()}")
    words = ("user", "wallet", "strategy", "symbol")
    for declared in LIMITS:
        off = _UNBOUND.format(levels=("platform", *words), field=declared.field)
        yield Mutant(f"unwired {declared.field}", source.replace(_BOUND, off + _BOUND))
        if declared.aggregation is Aggregation.AGGREGATE and declared.setting is not None:
            for word in words:
                off = _UNBOUND.format(levels=(word,), field=declared.field)
                yield Mutant(f"unwired {declared.field} of the {word}", source.replace(_BOUND, off + _BOUND))


def _without_level(source: str, field: str, level: int) -> str:
    is_it = f"rule.declared.field == {field!r} and at == {level}"
    asked, held = _OF_ONE_LEVEL.splitlines(keepends=True)
    one = asked.replace(":\n", f" and not ({is_it}):\n") + held
    without = (
        "\n\ndef _without(limit, field):\n"
        f"    if field == {field!r}:\n        limit = limit.copy()\n        limit[{level}] = NO_LIMIT\n"
        "    return limit\n"
    )
    text = source.replace(_OF_ONE_LEVEL, one).replace(_OF_ALL_LEVELS, f"_without({_OF_ALL_LEVELS}, field)")
    return text + without


def _places(tree: ast.AST, lines: frozenset[int]) -> Iterator[_Place]:
    """Walk what runs: no annotations, no imports, no docstrings."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list", "type_comment", "type_params"):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.Import | ast.ImportFrom):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id == "cast":
                continue
            here = (
                _own_lines(child)
                if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case)
                else lines
            )
            yield _Place(child, tree, name, index, here)
            yield from _places(child, here)


def _own_lines(node: ast.stmt | ast.ExceptHandler | ast.match_case) -> frozenset[int]:
    """The lines of a statement without those of the statements inside it."""
    if isinstance(node, ast.match_case):
        return frozenset(range(node.pattern.lineno, max(node.pattern.lineno + 1, node.body[0].lineno)))
    body = getattr(node, "cases", None) or getattr(node, "body", None)
    if not body:
        return frozenset(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    first = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
    return frozenset(range(node.lineno, max(node.lineno + 1, first.lineno)))


def _changes(node: ast.AST) -> list[Change]:
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in _SWAPPED_COMPARISONS:
            wanted = _SWAPPED_COMPARISONS[type(operator)]
            return [(f"{type(operator).__name__} for {wanted.__name__}", _compare(wanted))]
        case ast.BinOp(op=operator) if type(operator) in _SWAPPED_OPERATORS:
            instead = _SWAPPED_OPERATORS[type(operator)]
            return [(f"{type(operator).__name__} for {instead.__name__}", _operate(instead))]
        case ast.BoolOp(op=connective):
            other: type[ast.boolop] = ast.Or if isinstance(connective, ast.And) else ast.And
            return [("and for or", _connect(other))]
        case ast.UnaryOp(op=ast.Not() | ast.Invert() | ast.USub()):
            return [("without its sign", lambda one: getattr(one, "operand", None))]
        case ast.Constant(value=bool()):
            return [("the other truth", lambda one: ast.Constant(value=not getattr(one, "value", None)))]
        case ast.Constant(value=int() | float() as number):
            return [("one more", lambda _: ast.Constant(value=number + 1))]
        case ast.Attribute(attr=name) if name in _SWAPPED_NAMES:
            return [(f"{name} for {_SWAPPED_NAMES[name]}", _rename("attr", _SWAPPED_NAMES[name]))]
        case ast.Name(id=name) if name in _SWAPPED_NAMES:
            return [(f"{name} for {_SWAPPED_NAMES[name]}", _rename("id", _SWAPPED_NAMES[name]))]
        case ast.IfExp():
            return [("always the first", lambda one: getattr(one, "body", None))]
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            return [("left out", lambda _: ast.Pass())]
        case _:
            return []


def _compare(wanted: type[ast.cmpop]) -> Callable[[ast.AST], ast.AST | None]:
    def change(node: ast.AST) -> None:
        assert isinstance(node, ast.Compare)
        node.ops = [wanted()]

    return change


def _operate(wanted: type[ast.operator]) -> Callable[[ast.AST], ast.AST | None]:
    def change(node: ast.AST) -> None:
        assert isinstance(node, ast.BinOp)
        node.op = wanted()

    return change


def _connect(wanted: type[ast.boolop]) -> Callable[[ast.AST], ast.AST | None]:
    def change(node: ast.AST) -> None:
        assert isinstance(node, ast.BoolOp)
        node.op = wanted()

    return change


def _rename(field: str, name: str) -> Callable[[ast.AST], ast.AST | None]:
    def change(node: ast.AST) -> None:
        setattr(node, field, name)

    return change
