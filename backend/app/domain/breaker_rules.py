"""When a circuit breaker trips by itself, decided exactly: at a limit is tripped, just inside is not.

Losses and drawdowns meet their limits in fixed point; shares are compared as products of whole numbers. What
cannot be measured trips nothing here: the gate refuses what it cannot evaluate.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from statistics import median
from typing import Final

from app.domain import fixed_point as fp
from app.domain.breaker import BreakerCause
from app.domain.loss_windows import WindowLength, window_loss
from app.domain.risk_facts import LossWindow

CAUSE_OF_WINDOW: Final = {
    WindowLength.DAY: BreakerCause.DAILY_LOSS,
    WindowLength.WEEK: BreakerCause.WEEKLY_LOSS,
    WindowLength.MONTH: BreakerCause.MONTHLY_LOSS,
}
HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class BreakerTerms:
    """The operator's own limits, which nobody's settings loosen. Shares are 0-1 of at least `least_orders` sent
    within `look_back`; slippage is the median in basis points, adverse-positive; times are wall time."""

    look_back: timedelta = timedelta(minutes=5)
    least_orders: int = 10
    max_reject_share: Decimal = Decimal("0.5")
    max_slippage_bps: Decimal = Decimal(100)
    max_user_orders_per_minute: int = 120
    max_platform_orders_per_minute: int = 12_000
    max_price_age: timedelta = timedelta(seconds=15)
    max_failed_probes: int = 3
    max_clock_offset: timedelta = timedelta(seconds=2)
    max_naked: timedelta = timedelta(seconds=20)
    max_troubled_share: Decimal = Decimal("0.2")
    least_troubled: int = 3
    probe_successes: int = 3
    probe_pause: timedelta = timedelta(seconds=5)
    longest_probe_pause: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a rule measured against its limit, in the rule's own unit, and whether it was reached. `resets_at` is
    market time."""

    cause: BreakerCause
    value: Decimal
    limit: Decimal
    reached: bool
    resets_at: datetime | None = None


def loss_reading(
    length: WindowLength,
    window: LossWindow,
    equity: Decimal,
    *,
    max_loss_usd: Decimal | None,
    max_loss_fraction: Decimal | None,
    resets_at: datetime,
) -> Reading | None:
    """Return a window's loss (positive) against the limit that is reached first, both in quote currency; None
    without a limit. A window that tripped before stays tripped."""
    if max_loss_usd is None and max_loss_fraction is None:
        return None
    verdict = window_loss(window, equity, max_loss_usd=max_loss_usd, max_loss_fraction=max_loss_fraction)
    limits = [max_loss_usd, None if max_loss_fraction is None else verdict.base * max_loss_fraction]
    limit = min(held for held in limits if held is not None)
    return Reading(CAUSE_OF_WINDOW[length], verdict.loss, limit, verdict.tripped, resets_at)


def drawdown_reading(
    peak: Decimal | None, equity: Decimal | None, max_fraction: Decimal | None
) -> Reading | None:
    """Return how far equity is below its peak, in quote currency, against its limit; None where something is
    not known or there is no limit."""
    if peak is None or equity is None or max_fraction is None or peak <= 0:
        return None
    fallen = max(fp.to_units(peak) - fp.to_units(equity), 0)
    least = -(-fp.to_units(peak) * fp.to_units(max_fraction) // fp.SCALE)
    reached = fallen >= least
    return Reading(BreakerCause.DRAWDOWN, fp.from_units(fallen), fp.from_units(least), reached)


def count_reading(cause: BreakerCause, count: int, limit: int | None) -> Reading | None:
    """Return a count against its limit; None without one. A limit of 0 allows none."""
    if limit is None:
        return None
    return Reading(cause, Decimal(count), Decimal(limit), count >= max(limit, 1))


def share_reading(
    cause: BreakerCause, part: int, whole: int, *, max_share: Decimal, least: int
) -> Reading | None:
    """Return a share in percent against its limit; None while there are fewer than `least` to judge by."""
    if whole < max(least, 1):
        return None
    shown = (HUNDRED * part / whole).quantize(Decimal("0.01"))
    return Reading(cause, shown, max_share * HUNDRED, Decimal(part) >= max_share * whole)


def slippage_reading(slippages_bps: list[Decimal], terms: BreakerTerms) -> Reading | None:
    """Return the median slippage of the newest fills against its limit; None while there are too few: one bad
    fill is not an anomaly."""
    if len(slippages_bps) < max(terms.least_orders // 2, 1):
        return None
    middle = Decimal(median(slippages_bps))
    return Reading(BreakerCause.SLIPPAGE, middle, terms.max_slippage_bps, middle >= terms.max_slippage_bps)


def seconds_reading(cause: BreakerCause, age: timedelta, limit: timedelta) -> Reading:
    """Return an age or an offset against its limit, both in seconds; only its size counts."""
    held = abs(age)
    return Reading(cause, _seconds(held), _seconds(limit), held >= limit)


def troubled_reading(
    cause: BreakerCause, troubled: int, accounts: int, terms: BreakerTerms
) -> Reading | None:
    """Return the share of a venue's accounts that have one trouble, in percent; None while they are few: one
    account's trouble is its own."""
    if troubled < terms.least_troubled:
        return None
    return share_reading(cause, troubled, accounts, max_share=terms.max_troubled_share, least=1)


class ProbeVerdict(StrEnum):
    """What a probe leaves behind."""

    WAITING = "waiting"
    PROBING = "probing"
    WELL = "well"


@dataclass(frozen=True, slots=True)
class Probe:
    """How far a venue in trouble has come back: good answers in a row, and the pause (seconds) after which it is
    next asked. `next_at` is wall time."""

    successes: int
    pause_seconds: float
    next_at: datetime


def first_probe(now: datetime, terms: BreakerTerms) -> Probe:
    """Return where a venue stands that has just tripped."""
    return Probe(0, terms.probe_pause.total_seconds(), now + terms.probe_pause)


def after_probe(probe: Probe, *, is_well: bool, now: datetime, terms: BreakerTerms) -> Probe:
    """Return what follows an answer: half open after the first good one, and after a bad one closed again for
    twice as long."""
    if now < probe.next_at:
        return probe
    if is_well:
        return Probe(probe.successes + 1, probe.pause_seconds, now)
    longer = min(probe.pause_seconds * 2, terms.longest_probe_pause.total_seconds())
    return Probe(0, longer, now + timedelta(seconds=longer))


def verdict_of(probe: Probe, terms: BreakerTerms) -> ProbeVerdict:
    """Return whether the venue is well again: after enough good answers in a row."""
    if probe.successes >= terms.probe_successes:
        return ProbeVerdict.WELL
    return ProbeVerdict.PROBING if probe.successes else ProbeVerdict.WAITING


def _seconds(length: timedelta) -> Decimal:
    return (Decimal(length // timedelta(milliseconds=1)) / 1000).quantize(Decimal("0.001"))
