"""Work that a job is asked for: how many may be, and how often one is tried before its owner is told that it failed."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, Protocol, TypeVar
from uuid import UUID

import structlog

from app.core.errors import TooManyRequestsError

MOST_ATTEMPTS: Final = 3
A_DAY: Final = timedelta(days=1)

Made = TypeVar("Made")
log = structlog.get_logger(__name__)


class Taken(Protocol):
    """A row that a job took up; `attempts` counts how often one did, this time included."""

    @property
    def id(self) -> UUID: ...

    @property
    def attempts(self) -> int: ...


class GivenUpError(Exception):
    """Its owner gave the work up while it was made."""


def check_quota(what: str, asked: int, allowed: int) -> None:
    """Refuse one more `what` (a plural) than are allowed in 24 hours."""
    if asked >= allowed:
        raise TooManyRequestsError(
            f"You have asked for {asked} {what} in 24 hours; {allowed} are allowed.", code="quota_exceeded"
        )


async def tried(
    what: str,
    taken: Taken,
    work: Callable[[], Awaitable[Made]],
    fail: Callable[[str], Awaitable[None]],
) -> Made | None:
    """What `work` made; None where its owner gave it up or it failed for good, which `fail` has then been told in a
    sentence. What nobody foresaw is raised, for the worker to log and the sweep to try again, until there were as
    many tries as are allowed."""
    if taken.attempts > MOST_ATTEMPTS:
        log.error("a job was begun too often", what=what, id=str(taken.id), attempts=taken.attempts)
        await fail(f"It was begun {MOST_ATTEMPTS} times and never ended. Ask again.")
        return None
    try:
        return await work()
    except GivenUpError:
        return None
    except (OSError, ValueError, ArithmeticError) as error:
        log.exception("a job failed", what=what, id=str(taken.id))
        await fail(f"It could not be made: {type(error).__name__}. Ask again.")
        return None
    except Exception as error:
        if taken.attempts >= MOST_ATTEMPTS:
            await fail(f"It failed {MOST_ATTEMPTS} times, last by {type(error).__name__}. Ask again.")
        raise
