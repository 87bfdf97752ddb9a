"""Decimals of requests, described as exactly as they are taken."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from app.schemas.decimal_pattern import decimal_pattern


def describe_decimal(
    described: JsonSchemaValue, core: core_schema.CoreSchema, least: Decimal | None, most: Decimal | None
) -> None:
    """Write into the two ways in which a decimal may come, as a number or as text, what is taken: the digits that the
    type holds, and nothing beyond the bounds. None: as far as the digits reach, on both sides of zero."""
    told: dict[str, Any] = dict(core)
    places = told["decimal_places"]
    step = Decimal(1).scaleb(-places)
    held = Decimal(1).scaleb(told["max_digits"] - places) - step
    for way in described["anyOf"]:
        if way["type"] == "number":
            way["multipleOf"] = float(step)
            if least is not None and "gt" not in told:
                way["minimum"] = float(least)
            if most is not None:
                way["maximum"] = float(min(most, held))
        elif way["type"] == "string":
            sign = "-?" if least is None or least < 0 else ""
            first = step if "gt" in told else max(least or Decimal(0), Decimal(0))
            last = held if most is None else min(most, held)
            way["pattern"] = f"^{sign}({decimal_pattern(first, last, places)})$"


@dataclass(frozen=True, slots=True)
class ExactDecimal:
    """An annotation behind `Field(max_digits=…, decimal_places=…)`: the description says how many digits are
    taken, where pydantic alone promises that any text is a number."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return handler(source)

    def __get_pydantic_json_schema__(
        self, core: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        described = handler(core)
        told: dict[str, Any] = dict(core)
        describe_decimal(described, core, told.get("gt", told.get("ge")), told.get("le"))
        return described


EXACT = ExactDecimal()
