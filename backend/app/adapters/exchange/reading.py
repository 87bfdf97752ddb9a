"""What a venue answers, read. An answer that is empty, cut, or no JSON at all arrives as text: it tells nothing, and
above all not that there is nothing."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from app.domain.venue import VenueUnavailableError

Answer = Any  # a decoded JSON answer
Found = TypeVar("Found")
UNREADABLE = (KeyError, TypeError, ValueError, ArithmeticError)


def is_spoilt(answer: Answer) -> bool:
    """Whether an answer is not even JSON of the venue's; the transport gives its text then."""
    return not isinstance(answer, Mapping | list)


def told(answer: Answer) -> Answer:
    """The answer as it is; raises VenueUnavailableError for one that is spoilt."""
    if is_spoilt(answer):
        raise VenueUnavailableError(f"the answer cannot be read: {len(str(answer or ''))} characters")
    return answer


def understood(answer: Answer, read: Callable[[Any], Found]) -> Found:
    """What `read` makes of an answer; raises VenueUnavailableError where it lacks something or says it otherwise."""
    try:
        return read(told(answer))
    except UNREADABLE as error:
        raise VenueUnavailableError(f"the answer cannot be read: {type(error).__name__}") from None


def every(answer: Answer, read: Callable[[Any], Found]) -> list[Found]:
    """What `read` makes of each row of a list; raises VenueUnavailableError where the answer is none, or one of its
    rows cannot be read."""
    if not isinstance(answer, list):
        raise VenueUnavailableError("the answer cannot be read: it is no list")
    return [understood(row, read) for row in answer]
