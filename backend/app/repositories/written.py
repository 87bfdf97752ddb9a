"""Keeping a loaded row in step with what a statement of ours just wrote to it, without reading it again."""

from collections.abc import Mapping

from sqlalchemy.orm.attributes import set_committed_value

from app.models.base import Base


def as_written(row: Base, values: Mapping[str, object]) -> None:
    """Set the attributes as if they had been read back; the session has nothing left to write of them."""
    for name, value in values.items():
        set_committed_value(row, name, value)
