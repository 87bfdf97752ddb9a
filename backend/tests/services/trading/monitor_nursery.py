"""Monitors that start at once: everything is imported here, and each monitor is a fork of this process.

`python -m tests.services.trading.monitor_nursery` forks one monitor per line on its standard input and answers with
its process id; it ends when the input ends.
"""

from app.domain.signals.ta_lib import ta_lib
from app.workers.position_monitor import main
from tests.services.trading.forking import fork_on_demand

if __name__ == "__main__":
    ta_lib()
    fork_on_demand(main)
