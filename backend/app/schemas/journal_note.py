"""Notes, tags, ratings, screenshots and saved views."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from app.schemas.figures import Answer, Instant
from app.schemas.request import PlainText, RequestBody

BREAKS = "\n\r\t"
MOST_NOTE = 20_000


def _note_text(text: str) -> str:
    """Refuse what neither a table nor a log can hold; lines and tabs may be."""
    if any(ord(character) < ord(" ") and character not in BREAKS for character in text):
        raise ValueError("control characters are not allowed")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("this is not valid Unicode") from error
    return text


Name = Annotated[PlainText, Field(min_length=1, max_length=60)]


class TradeNotePatch(RequestBody):
    """What to write; what is left out stays. Markdown is kept as it is typed and shown without any HTML in it."""

    note: Annotated[str, AfterValidator(_note_text)] = Field("", max_length=MOST_NOTE)
    rating: Annotated[int, Field(ge=1, le=5)] | None = None


class TradeNoteOut(Answer):
    """What was noted beside a trade, and its tags (written by `PUT /trades/{id}/tags`); version 0 where no note was
    ever written."""

    note: str
    tags: list[str]
    rating: int | None
    version: int


class TagOut(Answer):
    """A tag and how many trades have it."""

    tag: str
    trades: int


class TagsOut(Answer):
    """The user's tags, most used first."""

    items: list[TagOut]


class ScreenshotOut(Answer):
    """A picture beside a trade; its content is at `/journal/screenshots/{id}`. Size in bytes."""

    id: UUID
    trade_id: UUID
    media_type: str
    width: int
    height: int
    size_bytes: int
    created_at: Instant


class ScreenshotsOut(Answer):
    """The pictures beside a trade, oldest first."""

    items: list[ScreenshotOut]


class SavedViewIn(RequestBody):
    """The journal's filters, as they stand in its address, under a name."""

    name: Name
    search: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z_]{1,20}$")], Annotated[PlainText, Field(max_length=100)]],
        Field(max_length=20),
    ]


class SavedViewOut(Answer):
    """Filters under a name."""

    id: UUID
    name: str
    search: dict[str, str]
    created_at: Instant


class SavedViewsOut(Answer):
    """Saved views by name."""

    items: list[SavedViewOut]
