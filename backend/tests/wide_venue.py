"""The paper exchange with ten perpetuals: the five that it lists, and one more that is like each of them.

`python -m tests.wide_venue` takes the same arguments as `python -m paper_exchange`.
"""

import sys
from dataclasses import replace
from unittest.mock import patch

from paper_exchange.__main__ import main
from paper_exchange.engine.contracts import Contract, listed_contracts
from paper_exchange.feeds.synthetic import INSTRUMENTS
from tests.services.trading.floor import SYMBOLS

LIKE = {"LTC": "BTC", "BCH": "ETH", "AVAX": "SOL", "ADA": "XRP", "TRX": "DOGE"}
WIDE_SYMBOLS = (*SYMBOLS, *(f"{base}/USDT:USDT" for base in LIKE))


def wide_contracts() -> tuple[Contract, ...]:
    """What is listed, and what is like it."""
    listed = listed_contracts()
    known = {one.base: one for one in listed if one.is_perpetual}
    return (
        *(replace(known[like], symbol=f"{base}USDT", base=base) for base, like in LIKE.items()),
        *listed,
    )


def serve() -> int:
    """Run the exchange until it is told to stop; its exit code."""
    invented = {f"{base}USDT": INSTRUMENTS[f"{like}USDT"] for base, like in LIKE.items()}
    with (
        patch("paper_exchange.assembly.listed_contracts", wide_contracts),
        patch.dict("paper_exchange.feeds.synthetic.INSTRUMENTS", invented),
    ):
        return main()


if __name__ == "__main__":
    sys.exit(serve())
