"""The README's way to point a bot at the paper exchange, executed as it stands there.

`make acceptance` executes those of the other programs.
"""

from __future__ import annotations

import json
import subprocess
import sys

from tests.paper_exchange.readme import snippet
from tests.paper_exchange.running import Running, ccxt_options


def test_ccxt_snippet_trades(shared_exchange: Running) -> None:
    text = snippet("ccxt", shared_exchange.base, shared_exchange.open_account("readme-ccxt"))
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("closed ")


def test_freqtrade_snippet_names_every_address_that_ccxt_needs() -> None:
    base = "http://127.0.0.1:8001"
    api = json.loads(snippet("freqtrade", base, ("", "")))["exchange"]["ccxt_config"]["urls"]["api"]
    urls = ccxt_options(base, "", "")["urls"]
    assert isinstance(urls, dict)
    assert api | {"ws": None} == urls["api"] | {"ws": None}
    assert api["ws"]["linear"] == urls["api"]["ws"]["linear"]
