"""Fills that somebody else caused on an account that we trade too: which part of them touched what is ours.

A one-way account nets: what we hold and what the user holds by hand is one position at the venue. A fill that
is not ours reduces the user's own part first, then what we hold, and what is left opens or adds to the user's
own part.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from app.domain.types import OrderSide

ZERO: Final = Decimal(0)


class Effect(StrEnum):
    """What a manual trade did. `closed_ours`: our position is gone; `reduced_ours`: a part of it."""

    CLOSED_OURS = "closed_ours"
    REDUCED_OURS = "reduced_ours"
    REDUCED_OWN = "reduced_own"
    OPENED_OWN = "opened_own"


@dataclass(frozen=True, slots=True)
class NettedBook:
    """One symbol of one account, signed (positive long): our fills' sum, and what is not ours."""

    ours: Decimal
    external: Decimal


@dataclass(frozen=True, slots=True)
class Shared:
    """The parts of one external fill, base units >= 0; they add up to its quantity. `after` is the book then."""

    reduced_own: Decimal
    closed_ours: Decimal
    opened_own: Decimal
    after: NettedBook


def share_out(book: NettedBook, side: OrderSide, quantity: Decimal, *, ours_was_open: bool) -> Shared:
    """Return what an external fill of `quantity` > 0 did to the book. `ours_was_open` is False for a fill that
    happened before our position was opened: it cannot have closed it."""
    sign = 1 if side is OrderSide.BUY else -1
    own = min(quantity, max(-sign * book.external, ZERO))
    left = quantity - own
    ours = min(left, max(-sign * book.ours, ZERO)) if ours_was_open else ZERO
    opened = left - ours
    after = NettedBook(book.ours + sign * ours, book.external + sign * (own + opened))
    return Shared(own, ours, opened, after)
