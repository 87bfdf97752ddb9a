"""Unusual activity: false alarms on wallets that never change, and how many planted hours are found.

    make soak NAME=anomaly ARGS="--wallets 200"

Every wallet has habits of its own (how often, in which hours, how large, in which markets, how often refused), lives
by them for four weeks, and is then judged for a month as the product judges it: each hour by the four weeks before.
In other hours of the same wallets something is planted: a burst of orders, a burst of refusals, an order of many times
the size, markets never traded, orders in the middle of the night. Nothing but arithmetic: seconds. Prints one JSON
object per figure; exits 1 where a bound is missed.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.domain.anomaly import ActivityHistory, ActivityHour, UnusualKind, judge

DAY = 24
HISTORY_HOURS = 28 * DAY
MONTH_HOURS = 30 * DAY
STEP_HOURS = DAY  # the history is read anew each day, as far as this soak is concerned
PLANTED_OF_EACH = 10
MARKETS = ("BTC", "ETH", "SOL", "XRP", "DOGE")
NEVER = ("PEPE", "WIF")
FOUND_LIMIT = 0.95
FALSE_LIMIT = 1.0  # alarms per wallet and month


@dataclass(frozen=True, slots=True)
class Habits:
    """What a wallet does in an hour of its day: mean orders, how they cluster (size of a negative binomial), the
    middle and spread (of the logarithm) of its sizes, its share of refusals, its markets."""

    begins: int
    hours: int
    mean: float
    clusters: float
    middle: float
    spread: float
    refused: float
    markets: Sequence[str]

    def hour(self, dice: np.random.Generator, hour_of_day: int) -> ActivityHour:
        awake = (hour_of_day - self.begins) % DAY < self.hours
        share = self.clusters / (self.clusters + self.mean)
        orders = int(dice.negative_binomial(self.clusters, share)) if awake else 0
        return ActivityHour(
            orders=orders,
            refusals=int(dice.binomial(orders, self.refused)),
            notionals=tuple(dice.lognormal(np.log(self.middle), self.spread, orders).tolist()),
            symbols=tuple(dice.choice(list(self.markets), orders).tolist()),
            hour_of_day=hour_of_day,
        )


def habits(dice: np.random.Generator) -> Habits:
    """A wallet drawn at random: from a few orders a week to several an hour."""
    return Habits(
        begins=int(dice.integers(0, DAY)),
        hours=int(dice.integers(8, 17)),
        mean=float(np.exp(dice.uniform(np.log(0.3), np.log(3.0)))),
        clusters=float(dice.uniform(0.5, 3.0)),
        middle=float(np.exp(dice.uniform(np.log(200), np.log(50_000)))),
        spread=float(dice.uniform(0.1, 0.5)),
        refused=float(dice.uniform(0.0, 0.4)),
        markets=MARKETS[: int(dice.integers(2, 6))],
    )


def remembered(hours: Sequence[ActivityHour]) -> ActivityHistory:
    """The hours as the product reads them."""
    by_hour = np.zeros(DAY, dtype=np.int64)
    for hour in hours:
        by_hour[hour.hour_of_day] += hour.orders
    return ActivityHistory(
        orders_per_hour=np.array([hour.orders for hour in hours], dtype=np.int64),
        refusals_per_hour=np.array([hour.refusals for hour in hours], dtype=np.int64),
        notionals=np.array([size for hour in hours for size in hour.notionals]),
        symbols=Counter(symbol for hour in hours for symbol in hour.symbols),
        orders_by_hour_of_day=by_hour,
    )


def planted(dice: np.random.Generator, held: Habits, kind: UnusualKind) -> ActivityHour:
    """An ordinary hour with something that the wallet never does."""
    hour = held.hour(dice, (held.begins + int(dice.integers(0, held.hours))) % DAY)
    peak = held.mean * (1 + 1 / held.clusters)
    match kind:
        case UnusualKind.ORDER_RATE:
            return replace(hour, orders=hour.orders + 30 + int(12 * peak))
        case UnusualKind.REFUSAL_RATE:
            return replace(hour, refusals=hour.refusals + 15 + int(8 * peak))
        case UnusualKind.ORDER_SIZE:
            return replace(hour, notionals=(*hour.notionals, held.middle * float(dice.uniform(20, 100))))
        case UnusualKind.SYMBOL:
            return replace(hour, symbols=(*hour.symbols, *NEVER))
        case _:
            asleep = (held.begins + held.hours + int(dice.integers(0, DAY - held.hours))) % DAY
            return replace(held.hour(dice, held.begins), orders=2, hour_of_day=asleep)


KINDS = (
    UnusualKind.ORDER_RATE,
    UnusualKind.REFUSAL_RATE,
    UnusualKind.ORDER_SIZE,
    UnusualKind.SYMBOL,
    UnusualKind.HOUR,
)


def false_alarms(dice: np.random.Generator, held: Habits, history: list[ActivityHour]) -> int:
    """Alarms in a month in which nothing changed."""
    alarms, hours = 0, list(history)
    for begin in range(0, MONTH_HOURS, STEP_HOURS):
        known = remembered(hours[-HISTORY_HOURS:])
        day = [held.hour(dice, (begin + place) % DAY) for place in range(STEP_HOURS)]
        alarms += sum(1 for hour in day if (found := judge(known, hour)) is not None and found.is_alarm)
        hours += day
    return alarms


def main() -> int:
    """Run, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wallets", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    dice = np.random.default_rng(arguments.seed)
    alarms: list[int] = []
    found, named, tried = Counter[UnusualKind](), Counter[UnusualKind](), Counter[UnusualKind]()
    for _ in range(arguments.wallets):
        held = habits(dice)
        history = [held.hour(dice, place % DAY) for place in range(HISTORY_HOURS)]
        alarms.append(false_alarms(dice, held, history))
        known = remembered(history)
        for kind in KINDS:
            for _ in range(PLANTED_OF_EACH):
                judged = judge(known, planted(dice, held, kind))
                tried[kind] += 1
                found[kind] += judged is not None and judged.is_alarm
                named[kind] += judged is not None and kind in {oddity.kind for oddity in judged.oddities}
    share = found.total() / tried.total()
    rate = sum(alarms) / len(alarms)
    figures: list[tuple[str, object, str, object]] = [
        ("wallets", len(alarms), "count", None),
        ("false_alarms", round(rate, 3), "per wallet and month", FALSE_LIMIT),
        ("false_alarms_of_the_worst_wallet", max(alarms), "a month", None),
        ("planted", tried.total(), "hours", None),
        ("found", round(share, 4), "share of planted hours", FOUND_LIMIT),
    ]
    figures += [(f"found.{kind}", round(found[kind] / tried[kind], 4), "share", None) for kind in KINDS]
    figures += [(f"named.{kind}", round(named[kind] / tried[kind], 4), "share", None) for kind in KINDS]
    for name, value, unit, limit in figures:
        print(json.dumps({"name": f"anomaly.{name}", "value": value, "unit": unit, "limit": limit}))
    return 0 if share >= FOUND_LIMIT and rate <= FALSE_LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
