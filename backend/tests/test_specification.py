"""The living specification names every endpoint, limit, default and state that the code has, and no other."""

import json
import re
from decimal import Decimal
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


def operations() -> dict[tuple[str, str], str]:
    """The title of every operation."""
    document: dict[str, Any] = json.loads((ROOT_DIR / "frontend" / "openapi.json").read_text())
    return {
        (method.upper(), path.removeprefix(PREFIX)): operation["summary"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def rows(text: str) -> list[list[str]]:
    """The cells of every row of the tables in a text, without their quotes."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split(" | ")] for line in lines]


def section(specification: str, first: str, behind: str) -> str:
    start = specification.index(first)
    return specification[start : specification.index(behind, start)]


def test_specification_lists_the_endpoints(specification: str) -> None:
    listed = rows(section(specification, "| method | path |", "WebSocket:"))[1:]
    assert {(method, path): title for method, path, title in listed} == operations()
    assert len(listed) == len(operations())


def told_defaults() -> dict[str, str]:
    """The default that the table of settings tells for each; a further name of a row may be an ending."""
    text = (ROOT_DIR / "ENTERPRISE_TRADING_SPEC.md").read_text()
    told: dict[str, str] = {}
    for names, defaults, *_ in rows(section(text, "| field | default |", "**Which value binds.**"))[1:]:
        fields = re.split(r", | / ", names)
        fields = [fields[0].replace("_usd", one) if one.startswith("_") else one for one in fields]
        values = re.split(r", | / ", defaults)
        told |= dict(zip(fields, values if len(values) > 1 else values * len(fields), strict=True))
    return told


def as_told(value: object) -> str:
    if value is None:
        return "–"
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_every_setting_has_its_default_in_the_table() -> None:
    assert told_defaults().keys() == STANDARD.__dataclass_fields__.keys()


@pytest.mark.parametrize(("name", "told"), told_defaults().items())
def test_a_default_is_what_the_table_says(name: str, told: str) -> None:
    default = getattr(STANDARD, name)
    if isinstance(default, Decimal):
        assert Decimal(told) == default
    else:
        assert told == as_told(default)


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
