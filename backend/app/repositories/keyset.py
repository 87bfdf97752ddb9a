"""Keyset paging: where a page ended, as an opaque text that the client hands back.

A page is ordered by (timestamp, id), newest first, and the next one begins strictly behind the last row, so
that rows written meanwhile neither repeat nor push others over the edge.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

from app.core.errors import FieldError, InvalidInputError

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Keyset:
    """The last row of a page."""

    at: datetime
    id: UUID

    def encode(self) -> str:
        """The opaque text of this place."""
        raw = self.at.astimezone(UTC).isoformat().encode() + b"|" + self.id.bytes
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Page(Generic[Record]):
    """Rows, newest first, and where the next page begins; None where this is the last."""

    items: list[Record]
    next_cursor: str | None


def decode_cursor(cursor: str | None) -> Keyset | None:
    """The place that a cursor names, None for the first page; a foreign text is refused."""
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        at, _, identifier = raw.partition(b"|")
        place = Keyset(datetime.fromisoformat(at.decode("ascii")), UUID(bytes=identifier))
    except (ValueError, binascii.Error) as error:
        message = "The cursor is none that this server gave: begin again without one."
        raise InvalidInputError(
            message, code="invalid_cursor", errors=(FieldError("cursor", "invalid_cursor", message),)
        ) from error
    return Keyset(place.at.replace(tzinfo=UTC), place.id)


def page_of(rows: Sequence[Record], limit: int, place: Callable[[Record], Keyset]) -> Page[Record]:
    """The page of at most `limit` rows out of a read of `limit` + 1."""
    items = list(rows[:limit])
    return Page(items, place(items[-1]).encode() if len(rows) > limit else None)
