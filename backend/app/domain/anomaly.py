"""Unusual activity of one wallet: is this hour like the weeks before it, and if not, in what way.

Each test gives the probability of so much under the wallet's own history, so that a busy wallet and a quiet
one are judged alike. Counts follow a negative binomial fitted by moments (a Poisson where they do not spread
more); sizes a normal law of their logarithm around the median, its spread from the median absolute deviation
and widened by half (sizes have fatter tails); a symbol never traded before has Good and Turing's probability
of a first sighting (Good 1953), and so does an hour of the day without any order before; another hour has the
share of orders in hours no more usual than it. A wallet with too little history is not judged: None.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import erfc, exp, lgamma, log, log10, sqrt

import numpy as np
import numpy.typing as npt

ALARM_BELOW = (
    1e-4  # probability per test and hour: five tests an hour make less than one false alarm in two months
)
LEAST_HOURS = 7 * 24
LEAST_ORDERS = 30
WIDENED = 1.5
LEAST_LOG_SPREAD = 0.05
MAD_TO_DEVIATION = 1.4826  # of a normal law
HOURS_OF_DAY = 24
WORST_SCORE = 100.0

Counts = npt.NDArray[np.int64]


class ActivityChoice(StrEnum):
    """What a user wants unusual activity to do: be told, be told and have entries paused, or nothing."""

    NOTIFY = "notify"
    PAUSE = "pause"
    IGNORE = "ignore"


class UnusualKind(StrEnum):
    """What stands out."""

    ORDER_RATE = "order_rate"
    REFUSAL_RATE = "refusal_rate"
    ORDER_SIZE = "order_size"
    SYMBOL = "symbol"
    HOUR = "hour"
    SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True)
class ActivityHistory:
    """What a wallet did in the hours before: orders and refusals of each hour, the notional of each entry in quote
    currency, how often each symbol was traded, and orders by hour of the day in the owner's time zone."""

    orders_per_hour: Counts
    refusals_per_hour: Counts
    notionals: npt.NDArray[np.float64]
    symbols: Mapping[str, int]
    orders_by_hour_of_day: Counts


@dataclass(frozen=True, slots=True)
class ActivityHour:
    """What it did in the hour that is judged."""

    orders: int
    refusals: int
    notionals: Sequence[float]
    symbols: Sequence[str]
    hour_of_day: int


@dataclass(frozen=True, slots=True)
class Oddity:
    """One test that stood out. `usual` is what the history has instead."""

    kind: UnusualKind
    value: float
    usual: float
    probability: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Unusual:
    """`score` is 0-100: ten points for each power of ten of the least probability, more than 40 is an alarm."""

    score: float
    oddities: tuple[Oddity, ...]

    @property
    def is_alarm(self) -> bool:
        return bool(self.oddities)


def judge(history: ActivityHistory, hour: ActivityHour) -> Unusual | None:
    """Return how unusual the hour is, its oddities least probable first; None with under a week of history."""
    if history.orders_per_hour.size < LEAST_HOURS:
        return None
    found = [
        _count(UnusualKind.ORDER_RATE, "orders", history.orders_per_hour, hour.orders),
        _count(UnusualKind.REFUSAL_RATE, "refusals", history.refusals_per_hour, hour.refusals),
        _size(history.notionals, hour.notionals),
        _symbol(history.symbols, hour.symbols),
        _hour_of_day(history.orders_by_hour_of_day, hour),
    ]
    tested = [oddity for oddity in found if oddity is not None]
    least = min((oddity.probability for oddity in tested), default=1.0)
    odd = sorted(
        (oddity for oddity in tested if oddity.probability < ALARM_BELOW),
        key=lambda oddity: oddity.probability,
    )
    return Unusual(min(WORST_SCORE, 10 * log10(1 / max(least, 1e-300))), tuple(odd))


def judge_sign_in(known_places: Mapping[str, int], place: str) -> Oddity | None:
    """Return the oddity of a sign-in from a place never seen before; None for a known one, or the first ever."""
    if not known_places or place in known_places:
        return None
    probability = _first_sighting(known_places)
    sentence = f"a sign-in from {place}, never seen in {sum(known_places.values())} sign-ins"
    return Oddity(UnusualKind.SIGN_IN, 1, 0, probability, sentence)


def tail_probability(mean: float, variance: float, count: int) -> float:
    """Return the probability of `count` or more under a negative binomial with these moments, a Poisson where the
    variance is not above the mean. A mean of zero counts as one in the history's length: see `_count`."""
    below = 0.0
    if variance <= mean * (1 + 1e-9):
        for k in range(count):
            below += exp(k * log(mean) - mean - lgamma(k + 1))
    else:
        size = mean * mean / (variance - mean)
        share = size / (size + mean)
        for k in range(count):
            below += exp(
                lgamma(k + size) - lgamma(size) - lgamma(k + 1) + size * log(share) + k * log(1 - share)
            )
    return max(0.0, 1.0 - below)


def _count(kind: UnusualKind, noun: str, history: Counts, count: int) -> Oddity | None:
    if count == 0:
        return None
    mean = max(float(history.mean()), 1 / history.size)  # never seen is not impossible
    probability = tail_probability(mean, float(history.var()), count)
    return Oddity(kind, count, mean, probability, f"{count} {noun} in an hour; {mean:.2g} are usual")


def _size(history: npt.NDArray[np.float64], notionals: Sequence[float]) -> Oddity | None:
    if history.size < LEAST_ORDERS or not notionals:
        return None
    logs = np.log(history[history > 0])
    usual = float(np.median(logs))
    spread = MAD_TO_DEVIATION * float(np.median(np.abs(logs - usual)))
    largest = max(notionals)
    z = (log(largest) - usual) / (WIDENED * max(spread, LEAST_LOG_SPREAD)) if largest > 0 else 0.0
    probability = erfc(z / sqrt(2)) / 2 * len(notionals)  # of the largest of so many
    sentence = f"an order of {largest:,.0f}; {exp(usual):,.0f} is usual"
    return Oddity(UnusualKind.ORDER_SIZE, largest, exp(usual), min(1.0, probability), sentence)


def _symbol(history: Mapping[str, int], symbols: Sequence[str]) -> Oddity | None:
    fresh = sorted(set(symbols) - set(history))
    if sum(history.values()) < LEAST_ORDERS or not fresh:
        return None
    probability = _first_sighting(history) ** len(fresh)
    sentence = f"{', '.join(fresh)} traded for the first time"
    return Oddity(UnusualKind.SYMBOL, len(fresh), 0, probability, sentence)


def _first_sighting(seen: Mapping[str, int]) -> float:
    """Good and Turing: the share of those seen exactly once, of half a sighting where there is none."""
    once = sum(1 for count in seen.values() if count == 1)
    return max(once, 0.5) / max(sum(seen.values()), 1)


def _hour_of_day(history: Counts, hour: ActivityHour) -> Oddity | None:
    """Good and Turing's probability for an hour without any order so far; for another the share of orders in hours
    that are no more usual, and what an unseen one would have."""
    total = int(history.sum())
    if total < LEAST_ORDERS or hour.orders == 0:
        return None
    count = int(history[hour.hour_of_day])
    unseen = _first_sighting({str(place): int(held) for place, held in enumerate(history) if held})
    as_rare = unseen + float(history[history <= count].sum()) / total
    # orders of one hour come together: a third proves nothing more
    probability = as_rare ** min(hour.orders, 2)
    sentence = (
        f"{hour.orders} orders between {hour.hour_of_day}:00 and {hour.hour_of_day}:59;"
        f" {count / total:.1%} of all fall there"
    )
    return Oddity(UnusualKind.HOUR, hour.hour_of_day, count / total, probability, sentence)
