"""Columns of which rows can be taken."""

from typing import ClassVar, Self

from app.domain.fixed_point import IntColumn
from app.domain.limit_columns import LimitColumns


class Taking:
    """Columns by name; rows are the last axis."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]]  # the names of a dataclass' fields, which every subclass is

    def take(self, rows: IntColumn | slice) -> Self:
        """Return the named rows of every column; a row may be taken more than once."""
        taken = []
        for name in self.__match_args__:
            held = getattr(self, name)
            nested = isinstance(held, Taking | LimitColumns)
            taken.append(held.take(rows) if nested else held[..., rows])
        return type(self)(*taken)
