"""The README's ways to point a bot at the paper exchange."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).resolve().parents[3] / "README.md"
BLOCK = re.compile(r"\*\*(ccxt|python-binance|freqtrade)\*\*[^\n]*\n\n```\w+\n(.*?)```", re.DOTALL)
ADDRESS = "127.0.0.1:8001"


def snippet(program: str, base: str, keys: tuple[str, str]) -> str:
    """What the README shows for that program, with another address and another account's keys."""
    texts: dict[str, str] = dict(BLOCK.findall(README.read_text()))
    text = texts[program].replace(ADDRESS, base.partition("://")[2])
    for shown, key in zip(('"api key"', '"api secret"'), keys, strict=True):
        assert text.count(shown) == 1
        text = text.replace(shown, f'"{key}"')
    return text
