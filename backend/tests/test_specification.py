"""The living specification names every endpoint, every limit and every state that the code has."""

import json
from typing import Any

import pytest

from app.core.config import BACKEND_DIR, ROOT_DIR
from app.domain.defaults import STANDARD
from app.domain.signals.registry import STRATEGIES
from app.domain.types import OrderStatus, TradeStatus
from tests.stable_codes import codes_of

PREFIX = "/api/v1"


@pytest.fixture(scope="module")
def specification() -> str:
    return (ROOT_DIR / "ENTERPRISE_TRADING_SPEC.md").read_text()


def operations() -> list[tuple[str, str]]:
    document: dict[str, Any] = json.loads((ROOT_DIR / "frontend" / "openapi.json").read_text())
    return [
        (method.upper(), path.removeprefix(PREFIX))
        for path, methods in document["paths"].items()
        for method in methods
    ]


@pytest.mark.parametrize(("method", "path"), operations())
def test_specification_lists_the_endpoint(specification: str, method: str, path: str) -> None:
    assert f"| {method} | `{path}` |" in specification


@pytest.mark.parametrize("name", [n for n in STANDARD.__dataclass_fields__ if n.startswith(("max_", "min_"))])
def test_specification_names_the_limit(specification: str, name: str) -> None:
    """Percent twins share a row with their amount, written as `_percent`."""
    amount = name.replace("_percent", "_usd")
    assert name in specification or (amount in specification and "_percent" in specification)


@pytest.mark.parametrize("word", [*TradeStatus, *OrderStatus, *STRATEGIES])
def test_specification_names_the_state_or_strategy(specification: str, word: str) -> None:
    assert word in specification


def stable_codes() -> list[str]:
    sources = (BACKEND_DIR / "app").rglob("*.py")
    return sorted({code for source in sources for code in codes_of(source)})


@pytest.mark.parametrize("code", stable_codes())
def test_specification_lists_the_error_code(specification: str, code: str) -> None:
    """A program that reads answers acts on codes: one that is nowhere written down cannot be acted on."""
    listed = specification[specification.index("| status | `code` |") :]
    assert f"`{code}`" in listed[: listed.index("What the gate refuses is no error")]
