"""The stable codes that the product's own text hands to its errors, read out of the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

MAY_NAME_ONE = re.compile(r"\bcode\b|\bFieldError\b")
FIELD_ERROR_CODE = 1  # its place among the arguments of `FieldError`


def codes_of(source: Path) -> set[str]:
    """Every code that is written as a constant: `code="…"` of an error or of a class of errors, a field error's
    second argument, and what is handed to the `code` of a module's own function."""
    text = source.read_text()
    # Reading all modules as trees takes a second of every worker's start.
    if not MAY_NAME_ONE.search(text):
        return set()
    tree = ast.parse(text)
    places = {
        function.name: place
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for place, argument in enumerate(function.args.args)
        if argument.arg == "code"
    }
    return {
        node.value
        for node in _code_nodes(tree, places | {"FieldError": FIELD_ERROR_CODE})
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _code_nodes(tree: ast.Module, places: dict[str, int]) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=keywords):
                if name in places and len(arguments) > places[name]:
                    yield arguments[places[name]]
                if name.endswith("Error"):
                    yield from (one.value for one in keywords if one.arg == "code")
            case ast.ClassDef(name=name, body=body) if name.endswith("Error"):
                yield from (
                    one.value
                    for one in body
                    if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "code"
                )
