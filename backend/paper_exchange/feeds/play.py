"""What the venue asks of a market, whoever makes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from paper_exchange.feeds.path import PathPoint


@dataclass(frozen=True, slots=True)
class MarkPoint:
    """Mark and index price (USDT) as the followed venue has them."""

    mark: Decimal
    index: Decimal


@dataclass(frozen=True, slots=True)
class FeedStep:
    """What happens at one moment of market time.

    `points` are trades, `marks` comes only from a followed venue; both are empty for the moment the last bar closes.
    """

    time_ms: int
    points: dict[str, PathPoint]
    marks: dict[str, MarkPoint] = field(default_factory=dict)


class Play(Protocol):
    """A market being played: where it stands, and what comes next."""

    @property
    def kind(self) -> str:
        """`synthetic`, `replay` or `live`."""
        ...

    @property
    def interval_ms(self) -> int:
        """Length of the feed's own bars."""
        ...

    @property
    def time_ms(self) -> int:
        """Market time of the step last given."""
        ...

    @property
    def finished(self) -> bool: ...

    @property
    def progress(self) -> float:
        """Fraction 0-1 of the play; 0 when it has no end."""
        ...

    def next_step(self, steps_per_bar: int) -> FeedStep | None:
        """The next step; None when there is none now (or none any more: see `finished`)."""
        ...

    def next_time_ms(self) -> int:
        """Market time may run up to here, exclusive, before the next step."""
        ...

    def bookmark(self) -> str:
        """Where it stands, as text for the journal."""
        ...
