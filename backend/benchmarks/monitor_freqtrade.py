"""freqtrade's exit check of one open position, in the judges' environment: prints nanoseconds per check.

Executed by benchmarks/monitor.py with the judges' Python; nothing of ours imports it.
"""

import sys
import time
from datetime import UTC, datetime
from typing import ClassVar

from freqtrade.persistence import LocalTrade
from freqtrade.strategy import IStrategy


class Held(IStrategy):
    """Stop, trailing stop with an offset, and a ladder of targets; freqtrade's own words for our rules."""

    INTERFACE_VERSION = 3
    timeframe = "1h"
    stoploss = -0.05
    trailing_stop = True
    trailing_stop_positive = 0.015
    trailing_stop_positive_offset = 0.02
    trailing_only_offset_is_reached = True
    minimal_roi: ClassVar = {0: 0.10, 720: 0.06}
    use_exit_signal, exit_profit_only, exit_profit_offset = True, False, 0.0
    ignore_roi_if_entry_signal = False

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe


def main(count: int) -> None:
    """Check that many positions three times, and print the best time per check."""
    opened, now = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 3, tzinfo=UTC)
    strategy = Held({"runmode": "dry_run", "stoploss": -0.05})
    strategy.dp = None
    trades = []
    for number in range(count):
        trade = LocalTrade(
            id=number,
            pair="BTC/USDT:USDT",
            base_currency="BTC",
            stake_currency="USDT",
            stake_amount=100,
            amount=1,
            amount_requested=1,
            open_rate=100.0,
            open_rate_requested=100.0,
            open_date=opened,
            fee_open=0.0005,
            fee_close=0.0005,
            is_open=True,
            exchange="binance",
            leverage=1.0,
            is_short=False,
        )
        trade.adjust_stop_loss(100.0, -0.05, initial=True)
        trades.append(trade)
    best = float("inf")
    for _ in range(3):
        begun = time.perf_counter()
        for trade in trades:
            strategy.should_exit(trade, 100.7, now, enter=False, exit_=False)
        best = min(best, (time.perf_counter() - begun) / count)
    print(best * 1e9)


if __name__ == "__main__":
    main(int(sys.argv[1]))
