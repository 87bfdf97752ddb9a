"""Values as canonical JSON text, and back: for dataclasses of decimals, numbers, words and tuples.

Fields are written in the order of their names and left away where they are None. Decimals are plain digits
in quotes, so that none of them passes through a float; floats are their shortest exact text.
"""

import json
import math
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Final, TypeVar, Union, get_args, get_origin, get_type_hints

from app.domain.decimal_text import plain_text

Held = TypeVar("Held")
# Objects that many cases of a batch have in common.
_SHARED: Final = frozenset(
    {"EntryOrder", "RiskLimits", "LossWindow", "MarketFacts", "Instrument", "SizingTerms"}
    | {"StrategyFacts", "SymbolFacts", "UserFacts"}
)

_ON_ITSELF: Final = frozenset({"LimitLevels"})  # the same object through many batches
_TEXT: Final = "_canonical_text"


class _Keeping(Enum):
    """Where the text of an object is kept: nowhere, with the writer, or on the object, which never changes."""

    NOTHING = "nothing"
    WITH_WRITER = "with_writer"
    ON_ITSELF = "on_itself"


class CanonicalTextError(ValueError):
    """Text that is not of the expected value."""


class TextWriter:
    """Writes values; what has been written before is not written out again."""

    def __init__(self) -> None:
        # By id; with the object, so that its id stays its own.
        self._written: dict[int, tuple[object, str]] = {}

    def text(self, value: object) -> str:
        """Return the canonical text of a value."""
        kind = type(value)
        write = _SCALARS.get(kind)
        if write is not None:
            return write(value)
        shape = _SHAPES.get(kind)
        if shape is not None:
            return self._object(shape, value)
        if isinstance(value, tuple):
            return f"[{','.join([self.text(one) for one in value])}]"
        if isinstance(value, Enum):
            _SCALARS[kind] = _word
            return _word(value)
        shape = _SHAPES[kind] = _shape_of(kind)
        return self._object(shape, value)

    def _object(self, shape: "_Shape", value: object) -> str:
        """A dataclass: the fields that are known, each with its key. The frequent kinds are asked about first."""
        if shape.keeping is not _Keeping.NOTHING:
            known = self._known(shape.keeping, value)
            if known is not None:
                return known
        parts = []
        for key, held in zip(shape.keys, shape.held_by(value), strict=True):
            if held is None:
                continue
            kind = type(held)
            if isinstance(held, Decimal):
                parts.append(f'{key}"{_digits(held)}"' if held else key + '"0"')
            elif kind is int:
                parts.append(f"{key}{held}")
            elif (write := _SCALARS.get(kind)) is not None:
                parts.append(key + write(held))
            else:
                parts.append(key + self.text(held))
        written = "{" + ",".join(parts) + "}"
        if shape.keeping is _Keeping.WITH_WRITER:
            self._written[id(value)] = (value, written)
        elif shape.keeping is _Keeping.ON_ITSELF:
            value.__dict__[_TEXT] = written
        return written

    def _known(self, keeping: _Keeping, value: object) -> str | None:
        """The text of an object that was written before, None where it was not."""
        if keeping is _Keeping.WITH_WRITER:
            shared = self._written.get(id(value))
            return None if shared is None else shared[1]
        kept: str | None = value.__dict__.get(_TEXT)
        return kept


def _decimal(value: Decimal) -> str:
    return f'"{_digits(value)}"' if value else '"0"'


def _digits(value: Decimal) -> str:
    """`plain_text` of a decimal that is not zero."""
    digits = str(value)
    if "E" in digits:
        return plain_text(digits)
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _float(value: float) -> str:
    return repr(value) if math.isfinite(value) else f'"{value}"'


@cache
def _word(value: Enum) -> str:
    return json.dumps(value.value, ensure_ascii=False)


# Enumerations join when they are met.
_SCALARS: Final[dict[type, Callable[..., str]]] = {
    Decimal: _decimal,
    bool: lambda value: "true" if value else "false",
    NoneType: lambda _: "null",
    int: str,
    str: lambda value: json.dumps(value, ensure_ascii=False),
    float: _float,
}


@dataclass(frozen=True, slots=True)
class _Shape:
    """The keys of a dataclass in order, what reads all of its fields in that order, and where its text is kept."""

    keys: tuple[str, ...]
    held_by: Callable[[object], tuple[object, ...]]
    keeping: _Keeping


_SHAPES: Final[dict[type, _Shape]] = {}


def _shape_of(kind: type) -> _Shape:
    if not is_dataclass(kind):
        raise TypeError(f"{kind.__name__} has no canonical text")
    names = sorted(field.name for field in fields(kind))
    keys, keeping = tuple(f'"{name}":' for name in names), _Keeping.NOTHING
    if kind.__name__ in _ON_ITSELF:
        keeping = _Keeping.ON_ITSELF
    elif kind.__name__ in _SHARED:
        keeping = _Keeping.WITH_WRITER
    held_by = attrgetter(*names)
    if len(names) == 1:
        return _Shape(keys, lambda value: (held_by(value),), keeping)
    return _Shape(keys, held_by, keeping)


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
