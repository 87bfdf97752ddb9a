"""A mutant put in the place of a function that is already loaded.

A module's text and a mutant of it compile to code that differs at one place. Where that place lies within a function,
the function that is loaded gets the mutant's code, which takes no time; elsewhere - a constant, a default, a table -
the module has to be loaded anew.
"""

import gc
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from inspect import CO_OPTIMIZED
from types import CodeType, FunctionType

FunctionKey = tuple[str, int, str]
"""(file, first line, qualified name)."""


@dataclass(frozen=True, slots=True)
class Swap:
    """The function that a mutant changes, and the code that it gets."""

    function: FunctionKey
    code: CodeType


def swap_of(file: str, original: CodeType, plain: CodeType, mutant: CodeType) -> Swap | None:
    """Return what a mutant changes, None where it changes more than one function. `original` is the module's own code,
    `plain` that of its text without its form, `mutant` that of the mutant's text in the same form."""
    if not _same_but_for_parts(plain, mutant):
        return None
    changed = [
        parts
        for parts in zip(_parts(original), _parts(plain), _parts(mutant), strict=True)
        if not _same(parts[1], parts[2])
    ]
    if len(changed) != 1:
        return None
    first, second, third = changed[0]
    if not second.co_flags & CO_OPTIMIZED:
        return swap_of(file, first, second, third)  # the body of a class
    if second.co_freevars != third.co_freevars:
        return None
    return Swap((file, first.co_firstlineno, first.co_qualname), third)


def loaded_functions(files: Iterable[str]) -> dict[FunctionKey, list[FunctionType]]:
    """Return the functions of these files that this process has loaded."""
    wanted = set(files)
    found: dict[FunctionKey, list[FunctionType]] = {}
    gc.unfreeze()
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and one.__code__.co_filename in wanted:
            code = one.__code__
            found.setdefault((code.co_filename, code.co_firstlineno, code.co_qualname), []).append(one)
    gc.freeze()
    return found


def put(swap: Swap, functions: Sequence[FunctionType]) -> None:
    """Let the loaded functions do what the mutant does."""
    for function in functions:
        function.__code__ = swap.code


def _parts(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def _same_but_for_parts(left: CodeType, right: CodeType) -> bool:
    return (
        left.co_code == right.co_code
        and left.co_names == right.co_names
        and left.co_varnames == right.co_varnames
        and left.co_freevars == right.co_freevars
        and left.co_cellvars == right.co_cellvars
        and left.co_exceptiontable == right.co_exceptiontable
        and left.co_qualname == right.co_qualname
        and len(left.co_consts) == len(right.co_consts)
        and all(
            isinstance(one, CodeType) == isinstance(other, CodeType)
            and (isinstance(one, CodeType) or (type(one) is type(other) and repr(one) == repr(other)))
            for one, other in zip(left.co_consts, right.co_consts, strict=True)
        )
    )


def _same(left: CodeType, right: CodeType) -> bool:
    return _same_but_for_parts(left, right) and all(
        _same(one, other) for one, other in zip(_parts(left), _parts(right), strict=True)
    )
