"""What the bad intervals cost: value at risk and expected shortfall, three ways, and a test of the claim.

Both are positive losses as fractions of equity at a confidence level (0.95: one interval in twenty is worse), over
a horizon of whole intervals. A negative figure says that even the bad intervals gained. Undefined is None.

historical      the sample's own quantile; longer horizons compound overlapping windows
normal          mean and standard deviation, as if returns were Gaussian
cornish_fisher  the normal quantile corrected for skew and excess kurtosis (Cornish and Fisher 1938); its expected
                shortfall is the average of that quantile over the tail (Maillard 2012)
"""

from dataclasses import dataclass
from enum import StrEnum
from math import erfc, exp, log, pi, sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Series = npt.NDArray[np.float64]
STANDARD_NORMAL = NormalDist()
LEAST_LEVEL = 0.5  # below it, it is no tail
LEAST_OF_A_SHAPE = 3  # returns, without which it has none
NO_SPREAD = 1e-12  # beside the mean: constant returns have no shape, however they round


class TailMethod(StrEnum):
    HISTORICAL = "historical"
    NORMAL = "normal"
    CORNISH_FISHER = "cornish_fisher"


@dataclass(frozen=True, slots=True)
class TailRisk:
    """`value_at_risk` and `expected_shortfall` are positive losses, as fractions."""

    method: TailMethod
    confidence_level: float
    horizon: int
    value_at_risk: float
    expected_shortfall: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Kupiec's test of proportion of failures: how often a loss exceeded the claim, and how likely so many or
    so few are where the claim is right."""

    observations: int
    exceptions: int
    expected: float
    p_value: float

    def is_rejected(self, significance: float = 0.05) -> bool:
        """True where the claim does not fit the losses at this significance."""
        return self.p_value < significance


def tail_risk(
    returns: Series, method: TailMethod, confidence_level: float = 0.95, horizon: int = 1
) -> TailRisk | None:
    """Return both figures; None where the sample is too short to have such a tail: fewer returns than one per
    tail (20 at 95 %), or for the shaped methods no variation. Raises ValueError for a level outside (0.5, 1) or
    a horizon under 1."""
    if not LEAST_LEVEL < confidence_level < 1:
        raise ValueError(f"a confidence level is above 0.5 and below 1, not {confidence_level}")
    if horizon < 1:
        raise ValueError(f"a horizon is one interval or more, not {horizon}")
    tail = 1 - confidence_level
    count = returns.size - horizon + 1 if method is TailMethod.HISTORICAL else returns.size
    if not has_tail(count, tail):
        return None
    losses: tuple[float, float] | None
    match method:
        case TailMethod.HISTORICAL:
            losses = _historical(_compounded(returns, horizon), tail)
        case TailMethod.NORMAL:
            losses = _shaped(returns, tail, horizon, cornish_fisher=False)
        case TailMethod.CORNISH_FISHER:
            losses = _shaped(returns, tail, horizon, cornish_fisher=True)
    if losses is None:
        return None
    return TailRisk(method, confidence_level, horizon, *losses)


def has_tail(count: int, tail: float) -> bool:
    """Whether so many values have one or more in such a tail, however its share was rounded."""
    return round(count * tail, 9) >= 1


def skewness(returns: Series) -> float | None:
    """Return the population skewness; None under three returns or without variation."""
    shape = _shape(returns)
    return None if shape is None else shape[0]


def excess_kurtosis(returns: Series) -> float | None:
    """Return the population kurtosis less 3; None under three returns or without variation."""
    shape = _shape(returns)
    return None if shape is None else shape[1]


def coverage(returns: Series, values_at_risk: Series, confidence_level: float) -> Coverage | None:
    """Return Kupiec's test (1995) of claims made before each return; None without observations.

    Both series are equally long; an exception is a loss above the claim. The p-value is that of the likelihood
    ratio, chi-square with one degree of freedom.
    """
    count = returns.size
    if count == 0:
        return None
    exceptions = int(np.sum(-returns > values_at_risk))
    claimed, seen = 1 - confidence_level, exceptions / count
    ratio = 2 * (_log_likelihood(exceptions, count, seen) - _log_likelihood(exceptions, count, claimed))
    return Coverage(count, exceptions, claimed * count, erfc(sqrt(max(ratio, 0.0) / 2)))


def rolling_claims(
    returns: Series, method: TailMethod, confidence_level: float = 0.95, window: int = 250
) -> Series:
    """Return the value at risk that would have been claimed before each return from place `window` on, out of
    the `window` returns before it: what `coverage` judges. Empty where there is no such return; NaN where the
    window has no variation (such a claim is left out by the caller)."""
    tail = 1 - confidence_level
    if returns.size <= window or not has_tail(window, tail):
        return np.empty(0)
    windows = np.lib.stride_tricks.sliding_window_view(returns, window)[:-1]
    if method is TailMethod.HISTORICAL:
        return np.asarray(-np.quantile(windows, tail, axis=1))
    mean = windows.mean(axis=1)
    centred = windows - mean[:, None]
    square = np.mean(centred**2, axis=1)
    spread = np.sqrt(square * window / (window - 1))
    skew = kurtosis = np.zeros(mean.size)
    varies = np.sqrt(square) > NO_SPREAD * np.abs(mean)
    if method is TailMethod.CORNISH_FISHER:
        safe = np.where(varies, square, 1.0)
        skew = np.mean(centred**3, axis=1) / safe**1.5
        kurtosis = np.mean(centred**4, axis=1) / safe**2 - 3
    z = STANDARD_NORMAL.inv_cdf(tail)
    quantile = z + (z**2 - 1) * skew / 6 + (z**3 - 3 * z) * kurtosis / 24 - (2 * z**3 - 5 * z) * skew**2 / 36
    return np.where(varies, -(mean + spread * quantile), np.nan)


def rolling_coverage(
    returns: Series, method: TailMethod, confidence_level: float = 0.95, window: int = 250
) -> Coverage | None:
    """Return Kupiec's test of the claims that a method would have made before each return; None where the series
    is too short for one claim."""
    claims = rolling_claims(returns, method, confidence_level, window)
    judged = returns[returns.size - claims.size :]
    known = np.isfinite(claims)
    return coverage(judged[known], claims[known], confidence_level)


def _historical(sample: Series, tail: float) -> tuple[float, float]:
    worst = np.sort(sample)[: int((sample.size - 1) * tail) + 1]
    return -float(np.quantile(sample, tail)), -float(np.mean(worst))


def _shaped(
    returns: Series, tail: float, horizon: int, *, cornish_fisher: bool
) -> tuple[float, float] | None:
    shape = _shape(returns)
    if shape is None:
        return None
    skew, kurtosis = shape if cornish_fisher else (0.0, 0.0)
    mean = float(np.mean(returns)) * horizon
    spread = float(np.std(returns, ddof=1)) * sqrt(horizon)
    skew, kurtosis = skew / sqrt(horizon), kurtosis / horizon
    z = STANDARD_NORMAL.inv_cdf(tail)
    density = exp(-z * z / 2) / sqrt(2 * pi) / tail
    powers = (z, z**2, z**3)
    averages = (-density, 1 - z * density, -density * (z * z + 2))  # of z, z^2, z^3 below the quantile
    at_quantile, below_quantile = (_corrected(*terms, skew, kurtosis) for terms in (powers, averages))
    return -(mean + spread * at_quantile), -(mean + spread * below_quantile)


def _corrected(z: float, z2: float, z3: float, skew: float, kurtosis: float) -> float:
    """The Cornish-Fisher polynomial, from the powers of z (or their averages: it is linear in them)."""
    return z + (z2 - 1) * skew / 6 + (z3 - 3 * z) * kurtosis / 24 - (2 * z3 - 5 * z) * skew**2 / 36


def _compounded(returns: Series, horizon: int) -> Series:
    if horizon == 1:
        return returns
    windows = np.lib.stride_tricks.sliding_window_view(1 + returns, horizon)
    return np.asarray(np.prod(windows, axis=1) - 1)


def _shape(returns: Series) -> tuple[float, float] | None:
    """Skewness and excess kurtosis."""
    if returns.size < LEAST_OF_A_SHAPE:
        return None
    mean = float(returns.mean())
    spread = float(returns.std())
    if spread <= NO_SPREAD * abs(mean):
        return None
    scaled = (returns - mean) / spread
    return float(np.mean(scaled**3)), float(np.mean(scaled**4)) - 3


def _log_likelihood(exceptions: int, count: int, share: float) -> float:
    """Of so many exceptions where each interval has one with probability `share`."""
    parts = ((exceptions, share), (count - exceptions, 1 - share))
    return sum(times * log(chance) for times, chance in parts if times)
