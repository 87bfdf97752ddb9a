"""`make acceptance [ARGS="ccxt python-binance freqtrade"]`: the paper exchange before programs of other people.

ccxt runs the test-suite that it ships, whose only failures may be the suite's own; python-binance trades by the
README's words; freqtrade trades in live mode, by the README's configuration, until its books can be compared with
the venue's ledger. Prints a table, one JSON object per figure, and exits 1
when a limit is not kept.
"""

from __future__ import annotations

import sys

from benchmarks.acceptance.ccxt_suite import ccxt_verdict
from benchmarks.acceptance.freqtrade_live import freqtrade_verdict
from benchmarks.acceptance.python_binance import python_binance_verdict
from benchmarks.acceptance.verdict import show

JUDGES = {"ccxt": ccxt_verdict, "python-binance": python_binance_verdict, "freqtrade": freqtrade_verdict}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in JUDGES]
    if unknown:
        print(f"Unknown judge {unknown[0]!r}; there are: {', '.join(JUDGES)}.", file=sys.stderr)
        return 2
    return 0 if show([JUDGES[name]() for name in names or JUDGES]) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
