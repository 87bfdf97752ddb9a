"""Where the points, bars and marks of a small chart stand, for whoever draws it (SVG or PDF).

Places are fractions of the drawing area: x from left to right, y from bottom to top, both 0-1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
SPARE: Final = 1e-9  # of a step: a mark at an end is not lost to rounding


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high`, which `marks` lie between, rising."""

    low: float
    high: float
    marks: tuple[float, ...]

    def place(self, value: float) -> float:
        """Where a value stands, 0-1."""
        return (value - self.low) / (self.high - self.low)


def scale_of(values: Sequence[float], *, with_zero: bool = False, most: int = 5) -> Scale:
    """Return a scale with round marks, at most `most` or so, that all values lie in. Raises ValueError without a
    value or with one that is not finite."""
    held = [*values, 0.0] if with_zero else list(values)
    low, high = min(held), max(held)
    if not abs(low) + abs(high) < float("inf"):
        raise ValueError("a chart's values are finite")
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-12):  # one value alone: room above and below it
        room = abs(high) * 0.01 or 1.0
        low, high = low - room, high + room
    rough = (high - low) / max(most - 1, 1)
    power = 10.0 ** floor(log10(rough))
    step = next(power * one for one in STEPS if power * one >= rough * (1 - SPARE))
    first, last = floor(low / step + SPARE), ceil(high / step - SPARE)
    marks = tuple(step * place for place in range(first, last + 1))
    return Scale(marks[0], marks[-1], marks)


def spread(positions: Sequence[float]) -> list[float]:
    """Return where rising positions stand between the first and the last, 0-1; one alone stands in the middle."""
    first, length = positions[0], positions[-1] - positions[0]
    return [0.5] * len(positions) if length <= 0 else [(one - first) / length for one in positions]
