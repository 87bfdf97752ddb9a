"""The README's way to point a bot at the paper exchange, executed as it stands there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.paper_exchange.running import Running, ccxt_options

README = Path(__file__).resolve().parents[3] / "README.md"
BLOCK = re.compile(r"\*\*(ccxt|python-binance|freqtrade)\*\*[^\n]*\n\n```\w+\n(.*?)```", re.DOTALL)
LOGIN = 'ADDRESS, KEY, SECRET = "http://127.0.0.1:8001", "api key", "api secret"'


def _snippets() -> dict[str, str]:
    return {name: text for name, text in BLOCK.findall(README.read_text())}  # noqa: C416 - findall's rows are untyped


def test_ccxt_snippet_trades(shared_exchange: Running) -> None:
    key, secret = shared_exchange.open_account("readme-ccxt")
    text = _snippets()["ccxt"]
    assert text.count(LOGIN) == 1
    text = text.replace(LOGIN, f'ADDRESS, KEY, SECRET = "{shared_exchange.base}", "{key}", "{secret}"')
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("closed ")


def test_freqtrade_snippet_names_every_address_that_ccxt_needs() -> None:
    api = json.loads(_snippets()["freqtrade"])["exchange"]["ccxt_config"]["urls"]["api"]
    urls = ccxt_options("http://127.0.0.1:8001", "", "")["urls"]
    assert isinstance(urls, dict)
    assert api | {"ws": None} == urls["api"] | {"ws": None}
    assert api["ws"]["linear"] == urls["api"]["ws"]["linear"]
