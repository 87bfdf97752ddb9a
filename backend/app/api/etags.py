"""Versions as ETags, and the version that a change was made from."""

import re
from typing import Annotated, Final

from fastapi import Depends, Header, Response

from app.core.errors import FieldError, InvalidInputError, PreconditionRequiredError

_VERSION: Final = re.compile(r'(?:W/)?"(\d{1,9})"')


def matched_version(
    if_match: Annotated[
        str | None, Header(max_length=100, description='Needed: the ETag read before, or "*" for any')
    ] = None,
) -> int | None:
    """The version that the change must find; None where any will do. Without the header it is refused."""
    if if_match is None:
        raise PreconditionRequiredError(
            'Send If-Match with the ETag that you read, so that nobody\'s change is overwritten; "*" takes any.'
        )
    if if_match.strip() == "*":
        return None
    found = _VERSION.fullmatch(if_match.strip())
    if found is None:
        message = 'If-Match is an ETag that this server gave, such as "3".'
        raise InvalidInputError(message, errors=(FieldError("if-match", "invalid", message),))
    return int(found.group(1))


def set_etag(response: Response, version: int) -> None:
    """Give the version with the answer."""
    response.headers["ETag"] = f'"{version}"'


MatchedVersion = Annotated[int | None, Depends(matched_version)]
