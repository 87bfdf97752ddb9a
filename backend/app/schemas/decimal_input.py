"""Decimals of requests, described as exactly as they are taken."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema


def decimal_pattern(whole: int, places: int, *, is_signed: bool, is_positive: bool, most: int | None) -> str:
    """How a decimal of at most `whole` digits before its point and `places` behind it is written.

    `is_positive` leaves zero out. `most` is the greatest value, a power of ten: it may stand, nothing above it.
    """
    digits = whole if most is None else min(whole, len(str(most)) - 1)
    last = [] if most is None else [str(most)]
    fraction = rf"(\.[0-9]{{1,{places}}})?"
    if is_positive:
        above_one = [rf"[1-9][0-9]{{0,{digits - 1}}}{fraction}"] if digits else []
        ways = [*above_one, rf"0\.[0-9]{{0,{places - 1}}}[1-9]", *last]
    else:
        ways = [rf"[0-9]{{1,{digits}}}{fraction}" if digits else rf"0{fraction}", *last]
    return f"^{'-?' if is_signed else ''}({'|'.join(ways)})$"


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
        places, least, most = told["decimal_places"], told.get("gt", told.get("ge")), told.get("le")
        for way in described["anyOf"]:
            if way["type"] == "number":
                way["multipleOf"] = float(Decimal(1).scaleb(-places))
            else:
                way["pattern"] = decimal_pattern(
                    told["max_digits"] - places,
                    places,
                    is_signed=least is None or least < 0,
                    is_positive="gt" in told and least == 0,
                    most=None if most is None else int(most),
                )
        return described


EXACT = ExactDecimal()
