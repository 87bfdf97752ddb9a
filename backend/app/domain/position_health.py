"""How well an open position stands: a score from 0 to 100 whose parts and readings are all shown.

Each part reads one fact and gives a mark from 0 (bad) to 1 (good), linear between two bounds. The score is the
weighted mean of the parts that are known, times 100; a part whose fact is unknown is left out and said to be
unknown. Without the distance to the stop there is no score: None, never 0. The score decides nothing; it tells a
person where to look.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import isnan

HEALTHY_FROM = 70
WEAK_BELOW = 40
HYSTERESIS = 3  # points by which a score must leave its band before that is worth a message


class HealthPart(StrEnum):
    STOP_DISTANCE = "stop_distance"
    AGE = "age"
    SIGNAL = "signal"
    VOLATILITY = "volatility"
    FUNDING = "funding"
    LIQUIDATION = "liquidation"
    CROWDING = "crowding"


class HealthBand(StrEnum):
    """In the order from good to bad."""

    HEALTHY = "healthy"
    WATCH = "watch"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """Readings, None where unknown. `room_r` is the distance from mark to stop in R, positive while the stop is not
    reached; `age_share` time open over the time such trades usually take; `signal_confidence` what the strategy
    now says for this side, 0-1 (0: it says the other side); `volatility_ratio` now over at entry;
    `funding_r_per_day` what holding costs in R per day, negative when it pays; `liquidation_share` distance to
    liquidation over distance to stop; `correlated_share` correlated positions of the same side over the most
    allowed."""

    room_r: float | None
    age_share: float | None
    signal_confidence: float | None
    volatility_ratio: float | None
    funding_r_per_day: float | None
    liquidation_share: float | None
    correlated_share: float | None


@dataclass(frozen=True, slots=True)
class HealthReading:
    """One part: what was read, the mark it gives (None: unknown), its weight, and a sentence."""

    part: HealthPart
    value: float | None
    mark: float | None
    weight: float
    sentence: str


@dataclass(frozen=True, slots=True)
class PositionHealth:
    """`score` is 0-100, None where the distance to the stop is unknown."""

    score: int | None
    band: HealthBand | None
    readings: tuple[HealthReading, ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    """`good` and beyond is worth 1, `bad` and beyond 0."""

    part: HealthPart
    weight: float
    bad: float
    good: float
    text: str


SCALES = (
    _Scale(HealthPart.STOP_DISTANCE, 0.30, 0.0, 1.0, "{:.2f} R away from its stop"),
    _Scale(HealthPart.AGE, 0.10, 3.0, 1.0, "open for {:.1f} times the usual time"),
    _Scale(HealthPart.SIGNAL, 0.20, 0.0, 0.6, "its strategy now gives it {:.2f}"),
    _Scale(HealthPart.VOLATILITY, 0.10, 3.0, 1.2, "volatility is {:.1f} times that at entry"),
    _Scale(HealthPart.FUNDING, 0.10, 0.10, 0.0, "funding costs {:.3f} R a day"),
    _Scale(HealthPart.LIQUIDATION, 0.15, 1.0, 3.0, "liquidation is {:.1f} times as far as the stop"),
    _Scale(HealthPart.CROWDING, 0.05, 1.0, 0.0, "{:.0%} of the allowed correlated positions"),
)


def position_health(facts: HealthFacts) -> PositionHealth:
    """Return score, band and every part's reading, in the order of SCALES."""
    values = (
        facts.room_r,
        facts.age_share,
        facts.signal_confidence,
        facts.volatility_ratio,
        facts.funding_r_per_day,
        facts.liquidation_share,
        facts.correlated_share,
    )
    readings = tuple(_reading(scale, value) for scale, value in zip(SCALES, values, strict=True))
    known = [(reading.mark, reading.weight) for reading in readings if reading.mark is not None]
    if readings[0].mark is None:
        return PositionHealth(None, None, readings)
    weight = sum(part for _, part in known)
    score = round(100 * sum(mark * part for mark, part in known) / weight)
    return PositionHealth(score, band_of(score), readings)


def band_of(score: int) -> HealthBand:
    """Return the band that a score lies in."""
    if score >= HEALTHY_FROM:
        return HealthBand.HEALTHY
    return HealthBand.WATCH if score >= WEAK_BELOW else HealthBand.WEAK


def degraded_to(told: HealthBand, score: int | None) -> HealthBand | None:
    """Return the worse band that a position has fallen to since its owner was last told, None where it has not.

    It must be HYSTERESIS points below the border, so that a score that swings about it is told once.
    """
    if score is None:
        return None
    order = list(HealthBand)
    band = band_of(score + HYSTERESIS)
    return band if order.index(band) > order.index(told) else None


def recovered_to(told: HealthBand, score: int | None) -> HealthBand:
    """Return the band to remember: a better one once the score is HYSTERESIS points inside it."""
    if score is None:
        return told
    return min(told, band_of(score - HYSTERESIS), key=list(HealthBand).index)


def _reading(scale: _Scale, value: float | None) -> HealthReading:
    if value is None or isnan(value):
        return HealthReading(scale.part, None, None, scale.weight, f"{_WORDS[scale.part]} is unknown")
    mark = min(1.0, max(0.0, (value - scale.bad) / (scale.good - scale.bad)))
    return HealthReading(scale.part, value, mark, scale.weight, scale.text.format(value))


_WORDS = {
    HealthPart.STOP_DISTANCE: "the distance to its stop",
    HealthPart.AGE: "how long such trades usually take",
    HealthPart.SIGNAL: "what its strategy says now",
    HealthPart.VOLATILITY: "the change of volatility",
    HealthPart.FUNDING: "the cost of funding",
    HealthPart.LIQUIDATION: "the distance to liquidation",
    HealthPart.CROWDING: "the correlation with other positions",
}
