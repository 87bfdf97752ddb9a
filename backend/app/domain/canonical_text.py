"""Values as canonical JSON text, and back: for dataclasses of decimals, numbers, words and tuples.

Fields are written in the order of their names and left away where they are None. Decimals are plain digits
in quotes, so that none of them passes through a float; floats are their shortest exact text.
"""

import json
import math
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from itertools import repeat
from operator import attrgetter
from types import NoneType, UnionType
from typing import Final, TypeVar, Union, get_args, get_origin, get_type_hints

from app.domain.decimal_text import plain_text
from app.domain.position_size import CapStep
from app.domain.risk_facts import LossWindow

Held = TypeVar("Held")
# Objects that many cases of a batch have in common.
_SHARED: Final = frozenset(
    {"EntryOrder", "RiskLimits", "MarketFacts", "Instrument", "SizingTerms"}
    | {"StrategyFacts", "SymbolFacts", "UserFacts"}
)

_ON_ITSELF: Final = frozenset({"LimitLevels"})  # the same object through many batches
_TEXT: Final = "_canonical_text"


class CanonicalTextError(ValueError):
    """Text that is not of the expected value."""


class TextWriter:
    """Writes values; what has been written before is not written out again."""

    def __init__(self) -> None:
        # By id; with the object, so that its id stays its own.
        self.written: dict[int, tuple[object, str]] = {}

    def text(self, value: object) -> str:
        """Return the canonical text of a value."""
        return _WRITERS[type(value)](value, self)


class _Writers(dict[type, Callable[..., str]]):
    """What writes a value of each type. Dataclasses and enumerations join when they are met."""

    def __missing__(self, kind: type) -> Callable[..., str]:
        write = self[kind] = _word if issubclass(kind, Enum) else _writer_of(kind)
        return write


def _field(key: str, held: object, writer: TextWriter) -> str:
    """A field behind its key, which begins with the comma before it; nothing where it is not known."""
    if held is None:
        return ""
    kind = type(held)
    if kind is Decimal:
        if not held:
            return key + '"0"'
        digits = str(held)
        if digits[-1] == "0" or "E" in digits:  # most are plain digits as they stand
            digits = plain_text(digits)
        return f'{key}"{digits}"'
    if kind is int:
        return f"{key}{held}"
    return key + _WRITERS[kind](held, writer)


def _decimal(value: Decimal, writer: TextWriter) -> str:
    return _field("", value, writer)


def _tuple(values: tuple[object, ...], writer: TextWriter) -> str:
    return f"[{','.join([_WRITERS[type(one)](one, writer) for one in values])}]"


def _word(value: Enum, _writer: TextWriter | None = None) -> str:
    return _word_of(value)


@cache
def _word_of(value: Enum) -> str:
    return json.dumps(value.value, ensure_ascii=False)


def _writer_of(kind: type) -> Callable[..., str]:
    """Return what writes a dataclass: its known fields in the order of their names."""
    if not is_dataclass(kind):
        raise TypeError(f"{kind.__name__} has no canonical text")
    names = sorted(field.name for field in fields(kind))
    keys = [f',"{name}":' for name in names]
    held_by = attrgetter(*names, names[0])  # one more than there are keys, so that it is always a tuple

    def write(value: object, writer: TextWriter) -> str:
        return f"{{{''.join(map(_field, keys, held_by(value), repeat(writer)))[1:]}}}"

    if kind.__name__ in _ON_ITSELF:
        return _kept_on_itself(write)
    return _kept_with_writer(write) if kind.__name__ in _SHARED else write


def _kept_with_writer(write: Callable[..., str]) -> Callable[..., str]:
    def kept(value: object, writer: TextWriter) -> str:
        known = writer.written.get(id(value))
        if known is None:
            known = writer.written[id(value)] = (value, write(value, writer))
        return known[1]

    return kept


def _kept_on_itself(write: Callable[..., str]) -> Callable[..., str]:
    """What stands through many batches and never changes keeps its own text."""

    def kept(value: object, writer: TextWriter) -> str:
        known: str | None = value.__dict__.get(_TEXT)
        if known is None:
            known = value.__dict__[_TEXT] = write(value, writer)
        return known

    return kept


# The dataclasses that a receipt holds most of are written out here; what writes any other gives the same text.


def _cap_step(step: CapStep, writer: TextWriter) -> str:
    return "".join(('{"cap":', _word(step.cap), _field(',"notional":', step.notional, writer), "}"))


def _loss_window(window: LossWindow, writer: TextWriter) -> str:
    return "".join(
        (
            _field('{"deposits":', window.deposits, writer),
            _field(',"pnl":', window.pnl, writer),
            _field(',"start_equity":', window.start_equity, writer),
            ',"tripped":true' if window.tripped else ',"tripped":false',
            _field(',"withdrawals":', window.withdrawals, writer),
            "}",
        )
    )


_KNOWN: Final[dict[type, Callable[..., str]]] = {
    Decimal: _decimal,
    bool: lambda value, _: "true" if value else "false",
    NoneType: lambda _, __: "null",
    int: lambda value, _: str(value),
    str: lambda value, _: json.dumps(value, ensure_ascii=False),
    float: lambda value, _: repr(value) if math.isfinite(value) else f'"{value}"',
    tuple: _tuple,
    CapStep: _kept_with_writer(_cap_step),
    LossWindow: _kept_with_writer(_loss_window),
}
_WRITERS: Final = _Writers(_KNOWN)


def from_text(kind: type[Held], held: object) -> Held:
    """Return the value of that dataclass from its parsed JSON; CanonicalTextError where it is none."""
    value = _value(kind, held, kind.__name__)
    if not isinstance(value, kind):
        raise CanonicalTextError(f"{kind.__name__} expected")
    return value


def _value(kind: object, held: object, where: str) -> object:
    if get_origin(kind) in (UnionType, Union):
        return _optional(kind, held, where)
    if get_origin(kind) is tuple:
        if not isinstance(held, list):
            raise CanonicalTextError(f"{where} must be a list")
        (element, _) = get_args(kind)
        return tuple(_value(element, one, where) for one in held)
    if not isinstance(kind, type):
        raise CanonicalTextError(f"{where} has no readable type")
    if is_dataclass(kind):
        return _dataclass(kind, held, where)
    try:
        return _plain_value(kind, held)
    except (ValueError, TypeError, InvalidOperation) as error:
        raise CanonicalTextError(f"{where} cannot be {held!r}") from error


def _optional(kind: object, held: object, where: str) -> object:
    if held is None:
        return None
    (inner,) = (one for one in get_args(kind) if one is not NoneType)
    return _value(inner, held, where)


def _plain_value(kind: type, held: object) -> object:
    if issubclass(kind, Enum):
        return kind(held)
    if kind in (Decimal, int) and type(held) in (int, str):  # a whole number may stand for a decimal
        return held if isinstance(held, int) else Decimal(str(held))
    if kind is float and isinstance(held, float | int | str) and not isinstance(held, bool):
        return float(held)
    if type(held) is kind and kind in (bool, str):
        return held
    raise TypeError(f"{held!r} is no {kind.__name__}")


@cache
def _types(kind: type) -> dict[str, object]:
    return get_type_hints(kind)


def _dataclass(kind: type, held: object, where: str) -> object:
    if not isinstance(held, dict):
        raise CanonicalTextError(f"{where} must be an object")
    types = _types(kind)
    unknown = sorted(set(held) - {field.name for field in fields(kind)})
    if unknown:
        raise CanonicalTextError(f"{where} has no {unknown[0]}")
    values = {}
    for field in fields(kind):
        name = field.name
        if name in held:
            values[name] = _value(types[name], held[name], f"{where}.{name}")
        elif NoneType in get_args(types[name]):
            values[name] = None
        elif field.default is MISSING:
            raise CanonicalTextError(f"{where} lacks {name}")
    return kind(**values)
