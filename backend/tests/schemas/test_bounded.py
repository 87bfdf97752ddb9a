"""Clients learn the bounds of every setting from the description; what is beyond them is refused by the domain."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.domain.defaults import RiskSettingsValues
from app.domain.settings_rules import BOUNDS, setting_errors
from app.schemas.execution_settings import ExecutionSettingsPatch
from app.schemas.request import RequestBody
from app.schemas.risk import RiskSettingsPatch, WalletRiskSettingsPatch
from app.schemas.scoped_risk import ScopedRiskSettingsPatch

Way = dict[str, Any]
STEP = Decimal("0.0001")


def numbers(model: type[RequestBody]) -> dict[str, Way]:
    """How each field that may be a number is described as one."""
    found = {}
    for name, described in model.model_json_schema()["properties"].items():
        for way in ways(described):
            if way.get("type") in ("number", "integer"):
                found[name] = way
    return found


def ways(described: Way) -> list[Way]:
    """The single ways in which a field may be sent."""
    return [leaf for way in described["anyOf"] for leaf in ways(way)] if "anyOf" in described else [described]


@pytest.mark.parametrize("model", [RiskSettingsPatch, WalletRiskSettingsPatch, ScopedRiskSettingsPatch])
def test_every_number_of_the_risk_settings_is_described_with_both_bounds(model: type[RequestBody]) -> None:
    described = numbers(model)
    assert "max_leverage" in described
    assert all({"minimum", "maximum"} <= way.keys() for way in described.values())


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("max_leverage", 1, 125),
        ("max_daily_loss_percent", 0, 100),
        ("min_signal_confidence", 0, 1),
        ("max_position_size_usd", 0, 1_000_000_000),
        ("max_position_size_percent", 0, 999.99),
        ("stop_loss_percent", 0.01, 99.99),
        ("trailing_atr_multiple", 0.1, 100),
        ("kelly_fraction", 0, 1),
    ],
)
def test_the_described_bounds_are_those_that_the_specification_names(
    name: str, least: float, most: float
) -> None:
    way = numbers(RiskSettingsPatch)[name]
    assert (way["minimum"], way["maximum"]) == (least, most)


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_the_domain_takes_a_bound_and_refuses_what_is_just_beyond_it(name: str) -> None:
    def refused(value: Decimal) -> set[str]:
        values: dict[str, Any] = {name: value}
        return {error.field for error in setting_errors(replace(RiskSettingsValues(), **values))}

    least, most = BOUNDS[name]
    assert (refused(least), refused(most)) == (set(), set())
    assert (refused(least - STEP), refused(most + STEP)) == ({name}, {name})


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("retry_attempts", 0, 10),
        ("retry_delay_seconds", 0.1, 60),
        ("execution_timeout_seconds", 1, 600),
        ("confirm_seconds", 10, 3600),
        ("max_slippage", 0.0001, 100_000),
    ],
)
def test_execution_settings_are_described_with_their_bounds(name: str, least: float, most: float) -> None:
    way = numbers(ExecutionSettingsPatch)[name]
    assert (way["minimum"], way["maximum"]) == (least, most)
