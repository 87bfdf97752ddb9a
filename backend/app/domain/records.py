"""Records: what a frozen, slotted dataclass is, made by C in a fifth of the time.

A decision makes some forty values of facts and figures, and a fan-out ten thousand decisions: setting the fields of
frozen dataclasses one by one took a twelfth of it. To whoever asks for its fields, and for `dataclasses.replace`, a
record is a dataclass.
"""

from dataclasses import MISSING, Field, field, fields, make_dataclass
from functools import cache
from typing import Any, ClassVar

import msgspec


class _Fields:
    """The fields of a record, as a dataclass tells them."""

    def __get__(self, _record: object, kind: type[msgspec.Struct]) -> dict[str, Field[Any]]:
        return _fields_of(kind)


@cache
def _fields_of(kind: type[msgspec.Struct]) -> dict[str, Field[Any]]:
    alike = make_dataclass(
        kind.__name__,
        [
            (one.name, Any, field(default=MISSING if one.default is msgspec.NODEFAULT else one.default))
            for one in msgspec.structs.fields(kind)
        ],
        kw_only=True,
    )
    return {one.name: one for one in fields(alike)}


class Record(msgspec.Struct, frozen=True, gc=False):
    """An immutable value of values. None holds itself, so that the garbage collector need not look."""

    __dataclass_fields__: ClassVar[_Fields] = _Fields()
