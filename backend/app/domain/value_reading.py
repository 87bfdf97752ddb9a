"""Values read from parsed JSON: records and dataclasses of decimals, numbers, words and tuples, each field checked."""

from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import TypeVar, Union, get_args, get_origin, get_type_hints

Held = TypeVar("Held")


class UnreadableValueError(ValueError):
    """Parsed JSON that is not of the expected value."""


def read_value(kind: type[Held], held: object) -> Held:
    """Return the value of that dataclass from its parsed JSON; UnreadableValueError where it is none."""
    value = _value(kind, held, kind.__name__)
    if not isinstance(value, kind):
        raise UnreadableValueError(f"{kind.__name__} expected")
    return value


def _value(kind: object, held: object, where: str) -> object:
    if get_origin(kind) in (UnionType, Union):
        return _optional(kind, held, where)
    if get_origin(kind) is tuple:
        if not isinstance(held, list):
            raise UnreadableValueError(f"{where} must be a list")
        (element, _) = get_args(kind)
        return tuple(_value(element, one, where) for one in held)
    if not isinstance(kind, type):
        raise UnreadableValueError(f"{where} has no readable type")
    if is_dataclass(kind):
        return _dataclass(kind, held, where)
    try:
        return _plain_value(kind, held)
    except (ValueError, TypeError, InvalidOperation) as error:
        raise UnreadableValueError(f"{where} cannot be {held!r}") from error


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
        raise UnreadableValueError(f"{where} must be an object")
    types = _types(kind)
    unknown = sorted(set(held) - {field.name for field in fields(kind)})
    if unknown:
        raise UnreadableValueError(f"{where} has no {unknown[0]}")
    values = {}
    for field in fields(kind):
        name = field.name
        if name in held:
            values[name] = _value(types[name], held[name], f"{where}.{name}")
        elif NoneType in get_args(types[name]):
            values[name] = None
        elif field.default is MISSING:
            raise UnreadableValueError(f"{where} lacks {name}")
    return kind(**values)
