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
    sample = _compounded(returns, horizon) if method is TailMethod.HISTORICAL else returns
    if sample.size * tail < 1 - 1e-9:
        return None
    losses: tuple[float, float] | None
    match method:
        case TailMethod.HISTORICAL:
            losses = _historical(sample, tail)
        case TailMethod.NORMAL:
            losses = _shaped(returns, tail, horizon, cornish_fisher=False)
        case TailMethod.CORNISH_FISHER:
            losses = _shaped(returns, tail, horizon, cornish_fisher=True)
    if losses is None:
        return None
    return TailRisk(method, confidence_level, horizon, *losses)


def skewness(returns: Series) -> float | None:
    """Return the population skewness; None under three returns or without variation."""
    return _moment(returns, 3)


def excess_kurtosis(returns: Series) -> float | None:
    """Return the population kurtosis less 3; None under three returns or without variation."""
    found = _moment(returns, 4)
    return None if found is None else found - 3


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
    if returns.size <= window or window * (1 - confidence_level) < 1 - 1e-9:
        return np.empty(0)
    windows = np.lib.stride_tricks.sliding_window_view(returns, window)[:-1]
    tail = 1 - confidence_level
    if method is TailMethod.HISTORICAL:
        return np.asarray(-np.quantile(windows, tail, axis=1))
    mean = windows.mean(axis=1)
    centred = windows - mean[:, None]
    square = np.mean(centred**2, axis=1)
    spread = np.sqrt(square * window / (window - 1))
    skew = kurtosis = np.zeros(mean.size)
    varies = square > (1e-12 * np.maximum(np.abs(windows).max(axis=1), 1e-300)) ** 2
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
    skew, kurtosis = skewness(returns), excess_kurtosis(returns)
    if skew is None or kurtosis is None:
        return None
    if not cornish_fisher:
        skew = kurtosis = 0.0
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
    if horizon == 1 or returns.size < horizon:
        return returns if horizon == 1 else returns[:0]
    windows = np.lib.stride_tricks.sliding_window_view(1 + returns, horizon)
    return np.asarray(np.prod(windows, axis=1) - 1)


def _moment(returns: Series, power: int) -> float | None:
    if returns.size < LEAST_OF_A_SHAPE:
        return None
    centred = returns - returns.mean()
    spread = float(np.sqrt(np.mean(centred**2)))
    if spread <= 1e-12 * max(float(np.max(np.abs(returns))), 1e-300):
        return None
    return float(np.mean((centred / spread) ** power))


def _log_likelihood(exceptions: int, count: int, share: float) -> float:
    """Of so many exceptions where each interval has one with probability `share`."""
    held = 0.0 if exceptions == count else (count - exceptions) * log(1 - share)
    return held + (0.0 if exceptions == 0 else exceptions * log(share))
