"""What the use of a refresh token comes to: the chain of a session has one newest link, and older ones tell on a thief.

A link is used once, and its use makes the next one. Twice is not theft where two tabs refresh at once, or where the
answer was lost and the browser still holds the former link: a page that is closed while it renews its session.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

GRACE: Final = timedelta(seconds=10)
"""So long after its use a link gives the very same next one again."""

LOST_ANSWER: Final = timedelta(hours=1)
"""So long after its use the browser of the session may replace a next link that nobody ever used."""


class LinkUse(StrEnum):
    """What becomes of the chain."""

    ROTATE = "rotate"  # the first use: the next link is made
    AGAIN = "again"  # a moment later: the newest link is told again
    REPLACE = "replace"  # the next link never arrived: it is struck out, and one after it is made
    REUSED = "reused"  # either the thief or the owner comes late, and we cannot tell which: the session ends
    OVER = "over"


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A link of the chain; `used_at` None: never. `struck_out`: it was replaced without having been used, so that
    whoever holds it is not who replaced it."""

    expires_at: datetime
    used_at: datetime | None
    struck_out: bool


def use_of(link: ChainLink, following: ChainLink | None, now: datetime, *, same_client: bool) -> LinkUse:
    """Return what the use of `link` comes to; `following` is the link that its first use made. Up to and including
    the end of a time is within it."""
    if link.struck_out:
        return LinkUse.REUSED
    if link.expires_at <= now:
        return LinkUse.OVER
    if link.used_at is None:
        return LinkUse.ROTATE
    since = now - link.used_at
    if since <= GRACE:
        return LinkUse.AGAIN
    is_unused = following is not None and following.used_at is None and not following.struck_out
    return LinkUse.REPLACE if is_unused and same_client and since <= LOST_ANSWER else LinkUse.REUSED
