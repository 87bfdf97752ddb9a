"""What real order books of the BTCUSDT perpetual looked like, to hold the simulated one against.

Facts read off published recordings of Binance's public depth streams; one figure per book and side, no rows:

* 2020-09-01 00:00:03, five levels: Tardis' free sample, as kept in nautilus_trader's test data
  (`tardis/binance-futures_book_snapshot_5_BTCUSDT.csv`, first row).
* 2020, ten of 25 levels: the figures this exchange was first calibrated on (spread 0.01, 25 levels spanning 2.26, the
  ten best asks holding 11.5 BTC); the day was not kept, so the span of ten is 9/24 of that of 25, and price and
  activity are those of 2020-09.
* 2021-03-23 14:19:51, twenty levels: a `btcusdt@depth20@100ms` message kept in geometrybase/hft-micro.
* 2022-11-01 23:49:39, twenty and a hundred bids: nautilus_trader's `binance-btcusdt-depth-snap.csv`.

How lively the market was is taken from its monthly candle (volume, high and low; freqtrade's test data), because no
recording has the minutes around it: volume a minute is the month's mean, and the deviation a minute is Parkinson's
estimate from the month's range. November 2022 broke down a week later, so its first day is given October's candle.
A single book is one draw of a noisy thing: bids and asks of the same moment differ by up to four times.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

PARKINSON = 4 * math.log(2)
MINUTES_OF_30_DAYS = 30 * 1_440
MINUTES_OF_31_DAYS = 31 * 1_440


@dataclass(frozen=True, slots=True)
class Month:
    """A monthly candle: high and low in USDT, volume in BTC."""

    high: float
    low: float
    volume: float
    minutes: int

    @property
    def sigma(self) -> float:
        """Deviation of log returns a minute."""
        return math.sqrt(math.log(self.high / self.low) ** 2 / PARKINSON / self.minutes)

    @property
    def minute_volume(self) -> float:
        return self.volume / self.minutes


@dataclass(frozen=True, slots=True)
class RealBook:
    """One recorded book: prices in USDT, quantities in BTC.

    `sides` holds (distance of the last recorded level from the best, quantity in all) of each recorded side; `spread`
    is None where only one side was recorded.
    """

    name: str
    price: float
    decimals: int
    spread: float | None
    sides: tuple[tuple[float, float], ...]
    month: Month


SEPTEMBER_2020 = Month(12_061.07, 9_808.58, 6_442_697.051, MINUTES_OF_30_DAYS)
MARCH_2021 = Month(61_950.0, 44_972.49, 9_459_821.467, MINUTES_OF_31_DAYS)
OCTOBER_2022 = Month(21_088.0, 17_917.8, 16_625_843.584, MINUTES_OF_31_DAYS)

REAL_BOOKS = (
    RealBook("2020-09-01_5", 11_657.08, 2, 0.01, ((0.84, 8.347), (1.39, 12.387)), SEPTEMBER_2020),
    RealBook("2020_10", 11_657.08, 2, 0.01, ((2.26 * 9 / 24, 11.5),), SEPTEMBER_2020),
    RealBook("2021-03-23_20", 55_302.94, 2, 0.01, ((8.12, 11.129), (9.48, 2.852)), MARCH_2021),
    RealBook("2022-11-01_20", 20_377.0, 1, None, ((2.0, 34.739),), OCTOBER_2022),
    RealBook("2022-11-01_100", 20_377.0, 1, None, ((11.1, 176.960),), OCTOBER_2022),
)
