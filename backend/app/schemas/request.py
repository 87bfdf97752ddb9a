"""What every request body has in common."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

FIRST_PRINTABLE: Final = 32
DELETE_CHARACTER: Final = 127


def plain_text(text: str) -> str:
    """Refuse control characters and lone surrogates, which neither a table nor a log can hold."""
    if any(ord(character) < FIRST_PRINTABLE or ord(character) == DELETE_CHARACTER for character in text):
        raise ValueError("control characters are not allowed")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("this is not valid Unicode") from error
    return text


PlainText = Annotated[
    str, AfterValidator(plain_text), Field(json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f]*$"})
]


class RequestBody(BaseModel):
    """A request body: an unknown field is refused rather than ignored, text loses its outer blanks."""

    model_config = ConfigDict(extra="forbid", frozen=True)
