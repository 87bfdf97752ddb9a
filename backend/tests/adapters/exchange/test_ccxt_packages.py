"""ccxt is entered without the exchanges at which nobody trades, and is otherwise what it always is."""

import json
import subprocess
import sys

from app.core.config import BACKEND_DIR

SAID = """
import json, sys
import app.adapters.exchange
import ccxt, ccxt.async_support, ccxt.pro
from ccxt import Exchange, NetworkError
from ccxt.base.errors import NetworkError as Declared

streaming, asking = ccxt.pro.binanceusdm, ccxt.async_support.binanceusdm
told = {
    "loaded": sum(name.startswith("ccxt") for name in sys.modules),
    "errors": NetworkError is ccxt.NetworkError is ccxt.pro.NetworkError is Declared,
    "classes": [issubclass(streaming, ccxt.async_support.binance), streaming({}).id, asking({}).id],
    "bases": [issubclass(ccxt.binanceusdm, Exchange), issubclass(asking, ccxt.async_support.Exchange)],
    "absent": hasattr(ccxt, "nonesuch"),
    "listed": ["binanceusdm" in ccxt.exchanges, "kraken" in ccxt.pro.exchanges, ccxt.__version__ > "4"],
}
print(json.dumps(told))
"""


def test_only_what_is_asked_for_is_loaded_and_all_of_it_can_be() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SAID],
        cwd=BACKEND_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.pop("loaded") < 40  # of four hundred
    assert told == {
        "errors": True,
        "classes": [True, "binanceusdm", "binanceusdm"],
        "bases": [True, True],
        "absent": False,
        "listed": [True, True, True],
    }
