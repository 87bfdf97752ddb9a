"""Turns what is stored about an open position, and the newest price, into the facts of its health score.

Every function returns None where one of its inputs is not known or makes no sense; none of them decides anything.
"""

from dataclasses import dataclass

from app.domain.position_health import HealthFacts

DAY_SECONDS = 86_400.0
FUNDING_INTERVAL_SECONDS = 8 * 3_600.0
LEAST_USUAL_TRADES = 5  # closed trades of a strategy before their median age says what is usual
RANGE_BARS = 14  # bars whose mean range stands for volatility, as in Wilder's ATR(14)


@dataclass(frozen=True, slots=True)
class StoredReadings:
    """What changes slowly and is read by a job. `usual_seconds` is the median time that the user's closed trades of
    this strategy and timeframe were open; `signal_confidence` what the strategy's newest signal gives this side;
    `volatility_ratio` the mean range of the newest bars over that of the bars before the entry;
    `funding_r_per_day` what holding costs, in R a day; `liquidation_price` where the venue would close it;
    `correlated_share` correlated positions over the most allowed."""

    usual_seconds: float | None = None
    signal_confidence: float | None = None
    volatility_ratio: float | None = None
    funding_r_per_day: float | None = None
    liquidation_price: float | None = None
    correlated_share: float | None = None


@dataclass(frozen=True, slots=True)
class PriceFacts:
    """Where a position stands. `sign` is +1 long, -1 short; `stop` None while no stop lives at the venue;
    `open_seconds` market time since its entry."""

    sign: int
    entry: float | None
    initial_stop: float
    stop: float | None
    mark: float | None
    open_seconds: float | None


def health_facts(stored: StoredReadings, price: PriceFacts) -> HealthFacts:
    """Return the facts of the score at this price."""
    return HealthFacts(
        room_r=room_r(price),
        age_share=ratio(price.open_seconds, stored.usual_seconds),
        signal_confidence=stored.signal_confidence,
        volatility_ratio=stored.volatility_ratio,
        funding_r_per_day=stored.funding_r_per_day,
        liquidation_share=liquidation_share(price, stored.liquidation_price),
        correlated_share=stored.correlated_share,
    )


def room_r(price: PriceFacts) -> float | None:
    """Return the distance from mark to stop in R, 0 or below where the stop is reached. None without a live stop, a
    price, an entry, or where the first stop equals the entry."""
    if price.entry is None or price.stop is None or price.mark is None:
        return None
    return ratio(price.sign * (price.mark - price.stop), price.sign * (price.entry - price.initial_stop))


def liquidation_share(price: PriceFacts, liquidation_price: float | None) -> float | None:
    """Return distance to liquidation over distance to stop; None where either is unknown or the stop is reached."""
    if liquidation_price is None or price.stop is None or price.mark is None:
        return None
    return ratio(price.sign * (price.mark - liquidation_price), price.sign * (price.mark - price.stop))


def funding_r_per_day(funding: float, risk_amount: float, open_seconds: float | None) -> float | None:
    """Return what funding costs in R a day, negative where it pays; `funding` is signed as booked (paid < 0).

    None until a first funding has been booked or a whole funding interval has passed.
    """
    if open_seconds is None or (funding == 0 and open_seconds < FUNDING_INTERVAL_SECONDS):
        return None
    days = max(open_seconds, FUNDING_INTERVAL_SECONDS) / DAY_SECONDS
    return ratio(0.0 - funding, risk_amount * days)


def standing_signal(side: str, signal_side: str | None, confidence: float | None) -> float | None:
    """Return what a strategy's newest signal gives a position of that side, 0-1: its confidence, or 0 where it is
    for the other side. None where the strategy never spoke about this market."""
    if signal_side is None or confidence is None:
        return None
    return confidence if signal_side == side else 0.0


def ratio(value: float | None, base: float | None) -> float | None:
    """Return value / base; None where either is unknown or the base is not above zero."""
    return None if value is None or base is None or not base > 0 else value / base
